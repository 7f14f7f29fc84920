"""The asset the bot learns from: whole, labelled by the taxonomy, and apart from what it is measured with."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from casefile.vocabulary import LANGUAGES, Concern
from nlu_data import read
from nlu_data.check import key, wanted

ROOT = Path(read.HERE)


def test_the_words_are_those_of_the_taxonomy() -> None:
    assert set(read.LANGUAGES) == set(LANGUAGES)
    assert set(read.DANGER + read.OTHER) == {str(c) for c in Concern}


@pytest.mark.parametrize("lang", read.LANGUAGES)
def test_each_intent_has_as_many_phrases_as_its_language_owes(lang: str) -> None:
    counts = Counter(p.intent for p in read.training([lang]))
    short = {i: f"{counts[i]}/{wanted(lang, i)}" for i in read.INTENTS if counts[i] < wanted(lang, i)}
    assert not short


@pytest.mark.parametrize("lang", read.LANGUAGES)
def test_calm_texts_that_look_alarming_are_a_third_of_the_danger(lang: str) -> None:
    phrases = read.training([lang])
    calm = sum(bool(p.tags & {"hard_negative", "negation", "past"}) and p.urgency in ("none", "routine") for p in phrases)
    assert calm * 3 >= sum(p.intent in read.DANGER for p in phrases) * 0.95


def test_every_danger_has_thirty_terse_forms() -> None:
    terse = Counter(p.intent for p in read.training() if "terse" in p.tags)
    assert all(terse[i] >= 30 for i in read.DANGER), terse


@pytest.mark.parametrize("lang", read.LANGUAGES)
def test_sixty_replies_a_language_are_held_out(lang: str) -> None:
    held = read.held_out([lang])
    assert len(held) >= 60 and {p.intent for p in held} >= set(read.DANGER)


def test_nothing_held_out_is_learned_from() -> None:
    learned = {key(p.text) for p in read.training()}
    held = [p for p in (*read.held_out(), *read.development()) if len(key(p.text)) >= 12]
    assert not [f"{p.lang} {p.intent}" for p in held if key(p.text) in learned]
    assert not {key(p.text) for p in read.held_out()} & {key(p.text) for p in read.development() if len(key(p.text)) >= 12}


def test_every_file_says_that_it_was_not_reviewed() -> None:
    files = [*ROOT.glob("train/*/*.txt"), *ROOT.glob("test/*.txt"), *ROOT.glob("dev/*.txt")]
    assert len(files) >= 24 * 26
    assert not [str(f.relative_to(ROOT)) for f in files if f.read_text("utf-8").splitlines()[0] != read.PROVENANCE]


@pytest.mark.parametrize("broken", ["no section", "[nonsense none]\nx", "[immediate]\nx"])
def test_a_broken_held_out_file_is_named(tmp_path: Path, broken: str) -> None:
    (tmp_path / "en.txt").write_text(broken + "\n", "utf-8")
    with pytest.raises(read.BadFile, match=r"en\.txt:\d"):
        read.held_out(["en"], tmp_path)
