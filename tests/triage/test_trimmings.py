"""Emoji and courtesies at the ends of a plain answer, and of a language's name."""

from __future__ import annotations

import pytest

from casefile.vocabulary import LANGUAGES
from triage.phrases import Heard, PhraseBook
from triage.run import name_of_language
from triage.trimmings import NO_COURTESY, trimmed
from triage.wishes import WishBook

BOOK, WISHES = PhraseBook.load(), WishBook.load()


def heard(text: str, lang: str = "en") -> Heard:
    return BOOK.hear(text, {lang}, WISHES.polite([lang]))


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_emoji_keeps_help_or_a_stop_from_being_heard(code: str) -> None:
    for form, means in BOOK.keywords.items():
        said = " ".join(form)
        for name in {"help", "stop"} & {name for name, lang in means if lang == code}:
            found = [heard(text, code) for text in (f"{said} 😭", f"🙏 {said}!! 😭😭")]
            assert all(name in each.keywords for each in found), said


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_emoji_keeps_a_whole_sentence_from_alarming(code: str) -> None:
    for entry in BOOK.entries:
        if entry.lang == code and entry.whole and not entry.calm and BOOK.hear(entry.written, {code}).hits:
            assert BOOK.hear(f"😭 {entry.written} 😭😭", {code}).hits, entry.written


def test_numbers_with_emoji_and_courtesies() -> None:
    assert heard("9 😭").number == 9 and heard("2 please").number == 2 and heard("1 🙏").number == 1 and heard("5 🙂").number == 5
    assert heard("1 😭").number is None, "not calm"
    assert heard("6 please").number is None, "rather an hour"


@pytest.mark.parametrize("text", ["ok 😭", "😭 ok", "ok 💔", "thanks 😢", "yes 😱", "ok 🆘", "ok 🔪", "👍😭", "maybe ok", "sorry ok", "please ok", "hello 😨", "no 😭", "sorry no"])
def test_beside_what_may_say_something_else_nothing_is_calm(text: str) -> None:
    assert heard(text).keywords == frozenset()


@pytest.mark.parametrize(("text", "keyword"), [("ok 🙂", "ok"), ("👍👍🏽", "ok"), ("ok, thanks! hello 🙏", "ok"), ("thanks ❤️", "thanks"), ("call me 📞", "call"), ("later please", "later")])
def test_beside_what_is_calm_an_answer_stays_one(text: str, keyword: str) -> None:
    assert keyword in heard(text).keywords


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "Please could you stop messaging me, thank you"), ("en", "yes stop texting me please"), ("en", "stop texting me thanks"), ("bg", "Моля, не ми пишете повече"), ("es", "ya no me escriban por favor"),
    ("pt", "Por favor, não me mandem mais mensagens"), ("fr", "S'il vous plaît ne m'écrivez plus"), ("uk", "Будь ласка, більше мені не пишіть"), ("ru", "Пожалуйста, больше мне не пишите"),
])
def test_a_polite_stop_is_a_stop(lang: str, text: str) -> None:
    assert "stop" in heard(text, lang).keywords


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "don't text me now"), ("en", "dont text me now please"), ("en", "maybe stop"), ("en", "stop it 😂"), ("en", "can you stop him please"), ("pl", "nie pisz teraz"), ("ro", "nu-mi scrie acum"),
    ("sq", "mos me shkruaj tani"), ("tl", "sana tumigil na"), ("tl", "sana stop na"), ("en", "stop for now thanks"),
])
def test_a_stop_is_not_heard_where_something_else_is_meant(lang: str, text: str) -> None:
    assert "stop" not in heard(text, lang).keywords


def test_what_is_no_courtesy_stands_in_the_lists() -> None:
    """Else this guards nothing."""
    assert NO_COURTESY <= {c for forms in WISHES.courtesies.values() for c in forms}


@pytest.mark.parametrize(("lang", "text"), [("pl", "po angielsku proszę"), ("es", "inglés por favor"), ("en", "in english please"), ("ru", "английский пожалуйста"), ("en", "Romanian 🙏"), ("tl", "english po")])
def test_a_language_is_asked_for_politely(lang: str, text: str) -> None:
    assert name_of_language(WISHES, text, lang) is not None


@pytest.mark.parametrize(("lang", "text"), [("tl", "hindi po"), ("tl", "hindi 😭"), ("en", "please"), ("en", "🙏"), ("en", "no English please")])
def test_a_refusal_is_no_language(lang: str, text: str) -> None:
    assert name_of_language(WISHES, text, lang) is None


def test_a_long_row_of_emoji_is_no_trouble() -> None:
    assert "help" in heard("help " + "😭" * 1500).keywords and len(list(trimmed(("🙏",) * 1500))) < 20_000
