"""Emoji and courtesies at the ends of a plain answer, and of a language's name."""

from __future__ import annotations

import time
import unicodedata

import pytest

from casefile.vocabulary import LANGUAGES
from triage.phrases import Heard, PhraseBook
from triage.run import name_of_language, wish_in
from triage.trimmings import ENOUGH, NO_COURTESY, trimmed
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


@pytest.mark.parametrize("code", LANGUAGES)
def test_agreement_beside_one_word_is_no_stop_unless_a_list_says_so(code: str) -> None:
    forms = {name: [form for form, means in BOOK.keywords.items() if (name, code) in means and len(form) == 1 and form[0].isalnum()] for name in ("ok", "yes", "stop")}
    for agreed in (*forms["ok"], *forms["yes"]):
        for stop in forms["stop"]:
            for said in (agreed + stop, stop + agreed):
                assert said in BOOK.keywords or "stop" not in heard(" ".join(said), code).keywords, said


@pytest.mark.parametrize(("lang", "text"), [
    ("pl", "Dość dobrze"), ("pl", "dość dobrze, dziękuję"), ("uk", "Досить добре"), ("sq", "Mjaft mirë"), ("sq", "mjaft mire faleminderit"), ("sq", "Bol mirë"), ("lt", "gana gerai, ačiū"),
    ("hu", "Köszönöm, elég"), ("ro", "destul, mulțumesc"), ("fr", "merci, assez"), ("ru", "хватит, спасибо"), ("bg", "Добре, стига"), ("pl", "tak, koniec"), ("es", "sí, para"), ("en", "ok end"),
    ("zh", "停吗"), ("zh", "请停吗"),
])
def test_an_answer_to_how_she_is_is_no_stop(lang: str, text: str) -> None:
    assert "stop" not in heard(text, lang).keywords


@pytest.mark.parametrize(("lang", "text"), [
    ("pl", "dość proszę"), ("uk", "досить, будь ласка"), ("ru", "Хватит, пожалуйста"), ("bg", "моля, стига"), ("fr", "assez s'il vous plaît"), ("ro", "Destul!"), ("sq", "mjaft 😭"), ("fr", "arrêtez, merci"),
])
def test_enough_is_still_a_stop_alone_and_with_please(lang: str, text: str) -> None:
    assert "stop" in heard(text, lang).keywords


def test_agreement_is_taken_off_no_pause_and_no_start() -> None:
    assert heard("ok continue").keywords == heard("yes pause").keywords == frozenset()
    assert "start" in heard("continue please").keywords and "pause" in heard("pause thanks").keywords


def test_what_means_enough_are_stops_of_the_lists() -> None:
    """Else they guard nothing."""
    assert all("stop" in {name for name, _ in BOOK.keywords.get(form, ())} for form in ENOUGH)


def test_what_is_no_courtesy_stands_in_the_lists() -> None:
    """Else this guards nothing."""
    assert NO_COURTESY <= {c for forms in WISHES.courtesies.values() for c in forms}


@pytest.mark.parametrize(("lang", "text"), [("pl", "po angielsku proszę"), ("es", "inglés por favor"), ("en", "in english please"), ("ru", "английский пожалуйста"), ("en", "Romanian 🙏"), ("tl", "english po")])
def test_a_language_is_asked_for_politely(lang: str, text: str) -> None:
    assert name_of_language(WISHES, text, lang) is not None


@pytest.mark.parametrize(("lang", "text"), [("tl", "hindi po"), ("tl", "hindi 😭"), ("en", "please"), ("en", "🙏"), ("en", "no English please"), ("en", "maybe english"), ("en", "now english")])
def test_a_refusal_is_no_language(lang: str, text: str) -> None:
    assert name_of_language(WISHES, text, lang) is None


def test_a_long_row_of_emoji_is_no_trouble() -> None:
    assert "help" in heard("help " + "😭" * 1500).keywords and len(list(trimmed(("🙏",) * 1500))) < 20_000


@pytest.mark.parametrize("text", [
    "".join([chr(c) for c in range(0x2190, 0x1FAFF) if unicodedata.category(chr(c)) == "So"][-1600:]), "😭👍" * 800, "please " * 228,
    " ".join("please " + chr(c) for c in range(0x1F300, 0x1F3C8)), "".join(chr(c) for c in range(0x1F300, 0x1F328)),
])
def test_a_crowd_of_emoji_takes_no_time(text: str) -> None:
    """The lease of a message is short."""
    heard("ok 👍"), wish_in(WISHES, "ok 👍", "en", {"en"})  # what is read once is read
    for look in (lambda: heard(text), lambda: wish_in(WISHES, text, "en", {"en"}), lambda: name_of_language(WISHES, text, "en")):
        began = time.process_time()
        look()
        assert time.process_time() - began < 0.5


def test_among_many_emoji_a_cry_for_help_is_heard() -> None:
    assert "help" in heard("😭🙏" * 300 + "help" + "😭🙏" * 300).keywords and "ok" in heard("👍👍").keywords
