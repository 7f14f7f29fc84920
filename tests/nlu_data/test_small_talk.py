"""Short dangers amid harmless replies."""

from __future__ import annotations

from nlu_data.small_talk import AMID, amid


def test_each_danger_stands_in_the_middle_of_harmless_replies_of_its_language() -> None:
    langs = ["en"] * 12 + ["sq"] * 3
    rows = amid(langs, [0, 1, 12], list(range(2, 12)) + [13, 14])
    assert [row[AMID // 2] for row in rows] == [0, 1], "a language with too few harmless replies is left out"
    assert all(len(set(row)) == AMID + 1 and {langs[n] for n in row} == {"en"} and not {0, 1} & {*row[:AMID // 2], *row[AMID // 2 + 1:]} for row in rows)
    assert rows == amid(langs, [0, 1, 12], list(range(2, 12)) + [13, 14])
