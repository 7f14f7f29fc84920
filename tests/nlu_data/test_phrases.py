"""The asset the bot learns from: whole, labelled by the taxonomy, and apart from what it is measured with."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path

import pytest

from casefile.vocabulary import LANGUAGES, Concern
from nlu_data import check, heads, read
from nlu_data.dialects import DIALECTS

LONG = "he waits outside my door"
HEAD_WRONG = "its first line says neither that it awaits native review nor who reviewed it and when"


def test_the_words_are_those_of_the_taxonomy() -> None:
    assert set(read.LANGUAGES) == set(LANGUAGES) == set(DIALECTS)
    assert set(read.DANGER + read.OTHER) == {str(c) for c in Concern}


@pytest.mark.parametrize("lang", read.LANGUAGES)
def test_the_phrases_of_a_language_keep_the_rules(lang: str) -> None:
    assert check.problems(lang) == []


def test_every_danger_has_thirty_terse_forms() -> None:
    terse = Counter(p.intent for p in read.training() if "terse" in p.tags)
    assert all(terse[i] >= 30 for i in read.DANGER), terse


def test_a_phrase_whose_label_is_put_right_is_learned_from_again() -> None:
    spare = read.spare()
    left_out = next(p for p in read.training(["en"]) if p.mark in spare)
    assert {dataclasses.replace(left_out, **change).mark for change in ({"urgency": "urgent" if left_out.urgency == "none" else "none"}, {"intent": "pause"})}.isdisjoint(spare)


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A language with one phrase to learn from, one held out and one for development."""
    phrases = {"training": [read.Phrase(LONG, "en", "danger_now", "urgent", frozenset({"hard_negative", "dialect:scottish", "dialect:martian"}))] * 3,
               "held_out": [read.Phrase(LONG.upper() + "!", "sq", "danger_now", "urgent")],
               "development": [read.Phrase(LONG, "sq", "danger_now", "urgent")]}
    for name, found in phrases.items():
        monkeypatch.setattr(read, name, lambda languages=None, found=found: found)
    monkeypatch.setattr(read, "HERE", tmp_path)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "en.txt").write_text(f"{read.PROVENANCE}\n[none]\n")
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "en.txt").write_text("# provenance: reviewed\n")


@pytest.mark.parametrize("problem", [
    "danger_now: 3 of 120 phrases", "chat: 0 of 60 phrases", "0 of 1 calm phrases that look alarming", "1 of 60 replies held out", "threats: no reply held out",
    f"danger_now: learned and held out: {LONG}", f"danger_now: for development and held out: {LONG.upper()}!", "dialect:martian: no dialect in dialects.py",
    f"en.txt: {HEAD_WRONG}", f"danger_now.txt: {HEAD_WRONG}",
])
def test_what_breaks_the_rules_is_named(broken: None, problem: str) -> None:
    assert problem in check.problems("en")


def test_a_near_copy_is_named_and_another_situation_is_not() -> None:
    held = [read.Phrase("I took all of the tablets an hour ago", "en", "suicide_self_harm", "immediate"), read.Phrase("call me", "en", "wants_contact", "routine")]
    near = ["i took all the tablets an hour ago", "I tuk all of teh tablets an hour ago!!", "i took all of the tablets, an hour ago x"]
    other = ["she took all of the tablets back to the chemist an hour ago", "I took the tram an hour ago", "call me!"]
    learned = [read.Phrase(text, "en", "chat", "none") for text in near + other]
    assert [p.text for p in check.near_copies(learned, held)] == near
    assert check.near_copies(learned, []) == check.near_copies([], held) == []


def test_what_keeps_the_rules_is_not_named(broken: None) -> None:
    found = check.problems("en")
    assert not [p for p in found if "scottish" in p or p.startswith("danger_now: no reply")]
    assert found.count(f"en.txt: {HEAD_WRONG}") == 1, "the file for development says so"
    (read.HERE / "test" / "en.txt").write_text("# provenance: reviewed by A. Reviewer on 2026-11-30\n")
    assert f"en.txt: {HEAD_WRONG}" not in check.problems("en"), "a sign-off is in order"


@pytest.mark.parametrize(("head", "reviewed"), [
    (read.PROVENANCE, False), ("# provenance: reviewed by Zoë O'Neil on 2026-11-30", True), ("# provenance: reviewed by on 2026-11-30", False),
    ("# provenance: reviewed by A. Reviewer", False), ("# provenance: reviewed by A. Reviewer on 30/11/2026", False),
    ("# provenance: reviewed by A. Reviewer on 2026-13-30", False), ("# provenance: read by A. Reviewer on 2026-11-30", False), ("", False),
])
def test_a_first_line_is_one_of_two_and_a_comment(tmp_path: Path, head: str, reviewed: bool) -> None:
    assert heads.reviewed(head) is reviewed and heads.in_order(head) is (reviewed or head == read.PROVENANCE)
    for written in (f"{head}\n[chat none]\nhello\n", f"\ufeff{head} \r\n[chat none]\r\nhello\r\n"):  # the second as Windows saves it
        (tmp_path / "en.txt").write_bytes(written.encode())
        assert heads.head_of(tmp_path / "en.txt") == head and [p.text for p in read.held_out(["en"], tmp_path)] == ["hello"]
    (tmp_path / "en.txt").write_text(f"{head}\n[chat none]\nhello\n", "utf-16")
    assert not heads.in_order(heads.head_of(tmp_path / "en.txt"))
    with pytest.raises(read.BadFile, match=r"en\.txt: not text in UTF-8"):
        read.held_out(["en"], tmp_path)


def test_the_check_says_what_is_wrong_and_fails(broken: None, capsys: pytest.CaptureFixture[str]) -> None:
    assert check.main(["en"]) == 1
    said = capsys.readouterr().out
    assert "en: 3 phrases, 3 danger, 0 calm though alarming, 0 terse, 1 near-copies" in said and "    chat: 0 of 60 phrases" in said


@pytest.mark.parametrize(("lang", "written", "name"), [
    ("ar", "شامي", "levantine"), ("ar", "Levantine", "levantine"), ("ro", "moldovenesc", "moldovan"), ("pt", "BR", "brazilian"), ("fr", "Côte_d'Ivoire", "ivorian"),
    ("vi", "miền_nam", "southern"), ("zh", "dialect_of_nowhere", "dialect_of_nowhere"), ("zh", "br", "br"),
])
def test_a_dialect_has_one_name(tmp_path: Path, lang: str, written: str, name: str) -> None:
    (tmp_path / f"{lang}.txt").write_text(f"[chat none]\nx || terse, dialect:{written}\n", "utf-8")
    assert [p.tags for p in read.held_out([lang], tmp_path)] == [{"terse", f"dialect:{name}"}]


@pytest.mark.parametrize("lang", read.LANGUAGES)
def test_no_dialect_is_written_like_another(lang: str) -> None:
    written = [read.key(word) for word in DIALECTS[lang].replace(",", " ").split()]
    assert len(written) == len(set(written)) == len(read.dialects(lang))


@pytest.mark.parametrize("broken_file", ["no section", "[nonsense none]\nx", "[immediate]\nx"])
def test_a_broken_held_out_file_is_named(tmp_path: Path, broken_file: str) -> None:
    (tmp_path / "en.txt").write_text(broken_file + "\n", "utf-8")
    with pytest.raises(read.BadFile, match=r"en\.txt:\d"):
        read.held_out(["en"], tmp_path)
