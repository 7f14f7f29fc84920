"""Safe and duress words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.encryption import KeyRing
from triage import normalise
from triage.agreed_words import SHORTEST, AgreedWordWrong, duress_hashes, is_duress, is_safe_word, safe_hash, too_common

RING = KeyRing(("a test key that is long enough, yes",))


@pytest.mark.parametrize("text", ["blue umbrella", "Blue  UMBRELLA!!", "blue umbrela", "blu umbrella", "blue umbrellla", "blue umbrolla"])
def test_duress_is_heard_with_one_typo(text: str) -> None:
    assert is_duress(RING, text, duress_hashes(RING, "blue umbrella"))


@pytest.mark.parametrize("text", ["umbrella", "i lost my blue umbrella", "all fine thanks", "", "1", "b" * 2000])
def test_other_texts_are_not_duress(text: str) -> None:
    assert not is_duress(RING, text, duress_hashes(RING, "blue umbrella"))


def test_the_safe_word_must_be_exact() -> None:
    stored = safe_hash(RING, "Tangerine")
    assert is_safe_word(RING, "tangerine", stored) and not is_safe_word(RING, "tangerin", stored) and not is_safe_word(RING, "tangerine", None)


@pytest.mark.parametrize(("word", "text"), [("苹果", "苹果"), ("苹果树", "苹果"), ("苹果树", "苹果树呀"), ("🌻", "🌻"), ("❤️", "❤"), ("🌻🌻🍎", "🌻🍎"), ("abcdefghij" * 6, "abcdefghij" * 5 + "abcdefghi")])
def test_signs_of_a_script_without_spaces_and_emoji_are_heard_alike(word: str, text: str) -> None:
    assert is_duress(RING, text, duress_hashes(RING, word))


def test_a_single_emoji_forgives_no_typo() -> None:
    assert not is_duress(RING, "🍎", duress_hashes(RING, "🌻"))


def test_an_everyday_answer_is_too_common_for_a_sign() -> None:
    everyday = [("ok",), ("fine",), ("al", "god")]
    assert all(too_common(word, everyday) for word in ("ok", "oki", "find", "All good!", "al good"))
    assert not any(too_common(word, everyday) for word in ("tangerine", "blue kettle", "🌻"))


@pytest.mark.parametrize("word", ["", "ab", "!!", "12345", "long " * 20])
def test_useless_words_are_refused_without_repeating_them(word: str) -> None:
    with pytest.raises(AgreedWordWrong) as error:
        duress_hashes(RING, word)
    assert not word or word not in str(error.value)


@given(st.text(min_size=4, max_size=20), st.integers(0, 19))
def test_any_word_with_one_letter_left_out_is_still_duress(word: str, at: int) -> None:
    try:
        stored = duress_hashes(RING, word)
    except AgreedWordWrong:
        return
    from triage.normalise import clean

    form = clean(word)
    typo = form[:at % len(form)] + form[at % len(form) + 1:]
    if clean(typo) == typo and typo and len(form.replace(" ", "")) >= SHORTEST:
        assert is_duress(RING, typo, stored)


def test_the_word_itself_is_not_in_what_is_stored() -> None:
    assert not any("umbrella" in stored for stored in duress_hashes(RING, "blue umbrella"))


@pytest.mark.parametrize(("word", "otherwise"), [("አበባ", "ኣበባ"), ("ሐምሌ ዉሃ", "ሓምሌ ውሃ")])
def test_words_agreed_before_letters_that_sound_alike_were_folded_are_still_heard(monkeypatch: pytest.MonkeyPatch, word: str, otherwise: str) -> None:
    with monkeypatch.context() as before:
        before.setattr(normalise, "_SOUND_ALIKE", {})
        old, old_safe = duress_hashes(RING, word), safe_hash(RING, word)
    assert old != duress_hashes(RING, word)
    assert is_duress(RING, word, old) and is_safe_word(RING, word, old_safe)
    assert all(is_duress(RING, text, duress_hashes(RING, word)) and is_safe_word(RING, text, safe_hash(RING, word)) for text in (word, otherwise))
