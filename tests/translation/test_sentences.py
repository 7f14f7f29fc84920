"""Cutting a text into sentences; judging what came back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translation.codes import argos_codes
from translation.reliable import Why, doubt, refuse
from translation.sentences import LONGEST, LONGEST_HAN, split

SURE = -0.1


@pytest.mark.parametrize(("text", "pieces"), [
    ("I am fine. Thank you! And you?", ["I am fine.", "Thank you!", "And you?"]),
    ("one line\nanother line", ["one line", "another line"]),
    ("He paid 3.50 at 10.30", ["He paid 3.50 at 10.30"]),
    ("Dr. Smith called", ["Dr. Smith called"]),
    ("他在门外。我很害怕！", ["他在门外。", "我很害怕！"]),
    ("ሰላም። ደሓን ዲኺ፧ ጽቡቕ", ["ሰላም።", "ደሓን ዲኺ፧", "ጽቡቕ"]),
    ("میں ٹھیک ہوں۔ آپ؟", ["میں ٹھیک ہوں۔", "آپ؟"]),
    ("আমি ভালো। তুমি?", ["আমি ভালো।", "তুমি?"]),
    ("wait... he said \"no.\" ok", ["wait...", "he said \"no.\"", "ok"]),
    ("no punctuation at all", ["no punctuation at all"]),
    ("", []),
])
def test_a_text_is_cut_at_the_ends_of_sentences(text, pieces):
    assert [words for words, _ in split(text)] == pieces


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=1500) | st.text("ab .!?\n,。好", max_size=1500))
def test_cutting_loses_and_changes_nothing(text):
    assert "".join(words + space for words, space in split(text)) == text


@given(st.text("abc ,", max_size=2000))
def test_no_piece_is_too_long(text):
    assert all(len(words) <= LONGEST for words, _ in split(text))


def test_a_long_chinese_text_is_cut_sooner():
    assert all(len(words) <= LONGEST_HAN for words, _ in split("我在这里，" * 100))


def test_a_long_sentence_is_cut_at_a_pause_rather_than_in_a_clause():
    text = "he came to the house and he shouted, " * 12
    assert all(words.endswith("shouted,") for words, _ in split(text.strip() + " x")[:-1])


@pytest.mark.parametrize(("source", "result", "confidence", "why"), [
    ("Jam mirë sot", "I am fine today", SURE, None),
    ("救命，他在门外", "Help, he is outside the door, come quickly", SURE, None),
    ("jo jo jo jo", "no no no no", SURE, None),
    ("hahahahaha", "hahahahaha!", SURE, Why.UNCHANGED),
    ("Jam mirë sot", "", SURE, Why.EMPTY),
    ("Jam mirë sot", " ... ", SURE, Why.EMPTY),
    ("Jam mirë sot", "JAM MIRË, SOT!", SURE, Why.UNCHANGED),
    ("Jam mirë sot", "the door the door the door", SURE, Why.REPEATS),
    ("Jam mirë sot", "I am fine fine fine fine", SURE, Why.REPEATS),
    ("我很好", "好的好的好的好的好的", SURE, Why.REPEATS),
    ("Jam mirë", "I am fine and " + " ".join(f"then{i} something" for i in range(9)), SURE, Why.TOO_SHORT_OR_LONG),
    ("Burri erdhi prapë te dera ime mbrëmë dhe bërtiti për para", "Good.", SURE, Why.TOO_SHORT_OR_LONG),
    ("Jam mirë sot", "The neighbour's dog", -2.0, Why.UNSURE),
])
def test_what_looks_wrong_is_refused(source, result, confidence, why):
    assert refuse(source, result, confidence) is why


@pytest.mark.parametrize(("source", "result", "confidence", "why"), [
    ("më telefono nesër pas punës", "call me tomorrow after work", SURE, None),
    ("më telefono nesër në 10", "call me tomorrow at 11", SURE, Why.NUMBERS_DIFFER),
    ("اتصل بي الساعة ١٠ صباحا", "call me at 10 in the morning", SURE, None),
    ("më telefono nesër pas punës", "call me tomorrow after work", -0.8, Why.SHAKY),
    ("më ndihmo", "contact us", SURE, Why.VERY_SHORT),
])
def test_what_may_be_wrong_is_marked(source, result, confidence, why):
    assert doubt(source, result, confidence) is why


@given(st.text(max_size=400), st.text(max_size=1500), st.floats(-100, 0))
def test_judging_never_breaks(source, result, confidence):
    refuse(source, result, confidence)
    doubt(source, result, confidence)


@pytest.mark.parametrize(("ours", "theirs"), [
    ("sq", "sq"), ("tl", "tl"), ("fil", "tl"), ("zh", "zh"), ("zh-Hant", "zt"), ("zh_TW", "zt"), ("pt", "pt"), ("pt-BR", "pb"),
    ("en-GB", "en"), ("es-MX", "es"), ("prs", "fa"), (" EN ", "en"),
])
def test_our_language_codes_are_brought_to_those_of_argos(ours, theirs):
    assert argos_codes(ours)[0] == theirs


def test_a_brazilian_package_serves_portuguese_when_there_is_no_other():
    assert argos_codes("pt") == ("pt", "pb")
