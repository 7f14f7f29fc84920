"""Short dangers amid harmless replies."""

from __future__ import annotations

from listening.small_talk import AMID, amid

LANGS = ["en"] * 12 + ["sq"] * 3
TEXTS = [f"reply {n}" for n in range(15)]
SERIOUS = [n in (0, 1, 12) for n in range(15)]
HARMLESS = [not serious for serious in SERIOUS]


def test_each_danger_stands_in_the_middle_of_harmless_replies_of_its_language() -> None:
    rows = amid(LANGS, TEXTS, SERIOUS, HARMLESS)
    assert [row[AMID // 2] for row in rows] == [0, 1], "a language with too few harmless replies is left out"
    assert all(len(set(row)) == AMID + 1 and {LANGS[n] for n in row} == {"en"} and not {0, 1} & {*row[:AMID // 2], *row[AMID // 2 + 1:]} for row in rows)
    assert rows == amid(LANGS, TEXTS, SERIOUS, HARMLESS)


def test_only_short_dangers_and_replies_of_one_sentence_are_taken() -> None:
    long = ["he stands outside my door with another man now", *TEXTS[1:]]
    assert [row[AMID // 2] for row in amid(LANGS, long, SERIOUS, HARMLESS)] == [1]
    two = ["He came. He is outside.", *TEXTS[1:11], "All is well. I was at work.", *TEXTS[12:]]
    rows = amid(LANGS, two, SERIOUS, HARMLESS)
    assert [row[AMID // 2] for row in rows] == [1] and not any(11 in row for row in rows)
