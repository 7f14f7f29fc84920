"""Normalising and the phrase lists."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.vocabulary import LANGUAGES, Concern, Urgency
from messaging.catalogue import Catalogue
from nlu_data.heads import in_order
from triage import named
from triage.normalise import clauses, clean, printable, sentences, words
from triage.phrases import PhraseBook, PhraseFileWrong
from triage.wishes import WishBook


@pytest.fixture
def small(tmp_path: Path) -> PhraseBook:
    (tmp_path / "en.txt").write_text("""# provenance: drafted
[danger_now immediate]
he is outside
lock* me in
he ... my door
= help
[trafficker_contact urgent]
my ex boss ... found me
[calm]
help me with homework
nearly died laughing
[keyword stop]
stop
[number 1]
1 one
""", "utf-8")
    return PhraseBook.load(tmp_path)


@pytest.mark.parametrize(("text", "form"), [
    ("Më ka GJETUR!!!", "me ka gjetur"), ("heeelp", "help"), ("1️⃣", "1"), ("١", "1"), ("۲", "2"), ("３", "3"), ("he's here", "hes here"),
    ("Đang ở ngoài cửa", "dang o ngoai cua"), ("أنا\u200f هنا", "انا هنا"), ("ሠላም", "ሰላም"), ("ዐብይ ዉስጥ ሐኪም", "ኣብይ ውስጥ ሃኪም"), ("naïve\u00ad café", "naive cafe"),
    ("он здecь", "он здесь"), ("пoмoгитe", "помогите"), ("рolice", "police"), ("❤️ ok", "❤ ok"), ("STRASSE straße", "strase strase"), ("a\ud83d b", "a b"), ("", ""), ("!!! ???", ""),
])
def test_what_does_not_count_is_taken_away(text: str, form: str) -> None:
    assert clean(text) == form


def test_indic_vowels_are_kept() -> None:
    assert words("वह बाहर है") == ("वह", "बाहर", "है")


def test_chinese_is_one_character_a_word() -> None:
    assert words("他在门口ok") == ("他", "在", "门", "口", "ok")


@pytest.mark.parametrize(("lang", "text"), [("ti", "አብ ገዛ ዓጽዮምኒ አለዉ"), ("am", "16 አመቴ ነው")])
def test_an_alarm_is_heard_in_letters_that_sound_alike(book: PhraseBook, lang: str, text: str) -> None:
    assert book.hear(text, (lang,)).hits


@given(st.text())
def test_any_text_can_be_normalised_and_that_changes_nothing_twice(text: str) -> None:
    assert clean(clean(text)) == clean(text)
    assert sentences(text)
    printable(text).encode("utf-8")


@pytest.mark.parametrize("text", ["He is OUTSIDE!", "omg he iss outside pls", "they locked me in", "he comes to my door", "HELP", "héélp!!"])
def test_alarms_are_heard_however_they_are_written(small: PhraseBook, text: str) -> None:
    assert small.hear(text).urgency is Urgency.IMMEDIATE


@pytest.mark.parametrize("text", ["i nearly died laughing", "can you help me with homework", "he was outside of the game too long for a door", "helpful", ""])
def test_harmless_words_are_not_alarms(small: PhraseBook, text: str) -> None:
    assert not small.hear(text).hits


def test_a_whole_message_entry_counts_only_alone(small: PhraseBook) -> None:
    assert small.hear("help").hits and not small.hear("thanks for your help").hits


def test_a_harmless_idiom_hides_only_the_alarm_inside_it(small: PhraseBook) -> None:
    assert small.hear("help me with homework. he is outside").urgency is Urgency.IMMEDIATE


@pytest.mark.parametrize(("text", "alarms"), [("he is outside", True), ("he is not outside", False), ("no he is outside", False), ("oh no: he is outside", True)])
def test_what_calms_stands_together(tmp_path: Path, text: str, alarms: bool) -> None:
    (tmp_path / "en.txt").write_text("[danger_now immediate]\nhe is ... outside\n[calm]\nno he is\nhe is not outside\n", "utf-8")
    assert bool(PhraseBook.load(tmp_path).hear(text).hits) is alarms


def test_an_answer_before_a_comma_does_not_turn_the_rest_around(book: PhraseBook) -> None:
    assert book.hear("No, he is beating me", ("en",)).hits and book.hear("Nie, bije mnie", ("pl",)).hits
    assert not book.hear("nie bije mnie", ("pl",)).hits


@given(st.text(alphabet=st.characters() | st.sampled_from("ab ,،、፣:—.1")))
def test_clauses_have_all_the_words(text: str) -> None:
    assert sum(clauses(text), ()) == words(text)


def test_a_danger_line_in_a_long_message_is_found(small: PhraseBook) -> None:
    long = "the weather is nice and we cooked rice. " * 20 + "he is outside. " + "tomorrow is school and then shopping. " * 18
    assert len(long) > 1400 and small.hear(long).urgency is Urgency.IMMEDIATE


def test_number_words_and_keywords(small: PhraseBook) -> None:
    assert small.hear("One").number == 1 and small.hear("Stop!").keywords == {"stop"} and small.hear("please stop it").keywords == frozenset()


@pytest.mark.parametrize("wrong", ["[no_such immediate]\nx y", "[danger_now routine]\nx y", "words before a section", "[keyword nonsense]\nx"])
def test_a_broken_file_is_named_with_its_line(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "en.txt").write_text(wrong + "\n", "utf-8")
    with pytest.raises(PhraseFileWrong, match=r"en\.txt:\d"):
        PhraseBook.load(tmp_path)


@pytest.mark.parametrize(("folder", "load", "content"), [
    ("phrases", PhraseBook.load, "[calm]\nvăn\n"), ("wishes", WishBook.load, "[less often]\nít hơn\n"), ("named", named.load, "[today]\nhôm nay\n")])
def test_a_list_is_read_as_windows_saves_it_and_one_in_another_encoding_or_broken_is_named_with_its_folder(
        tmp_path: Path, folder: str, load: Callable[[Path], object], content: str) -> None:
    (tmp_path / folder).mkdir()
    file = tmp_path / folder / "vi.txt"
    file.write_text("\ufeff" + content.replace("\n", "\r\n"), "utf-8")
    assert load(tmp_path / folder)
    named.load.cache_clear()
    for written, said in ((content.encode("utf-16"), "not text in UTF-8"), (content.encode("cp1258"), "not text in UTF-8"), (b"<<<<<<< HEAD\n", ":1: a line before any")):
        file.write_bytes(written)
        with pytest.raises(PhraseFileWrong, match=rf"^{folder}/vi\.txt.*{said}"):
            load(tmp_path / folder)
    (tmp_path / folder / "sq (1).txt").touch()
    with pytest.raises(PhraseFileWrong, match=rf"^{folder}/sq \(1\)\.txt: not one"):
        load(tmp_path / folder)


def test_a_file_of_an_unknown_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "xx.txt").write_text("[calm]\nhello\n", "utf-8")
    with pytest.raises(PhraseFileWrong):
        PhraseBook.load(tmp_path)


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_what_a_text_offers_in_words_is_heard_when_it_comes_back(book: PhraseBook, code: str) -> None:
    """Many answer "please call me" instead of 2, or tap the button of an old template."""
    texts = Catalogue.load().texts[code]
    offers = [(texts["button.ok"], texts["button.call"])]
    for key in ("checkin.ask.plain", "checkin.ask.class", "checkin.ask.shop", "reply.clarify"):
        found = re.search(r"1 = (.+?)[,،、，፣] ?2 = (.+?)(?:[,،、，፣] ?3 = .*|[.。۔।]?)$", texts[key])
        assert found, texts[key]
        offers.append((found[1], found[2]))
    for well, call in offers:
        heard = book.hear(well, {code})
        assert not heard.hits and (heard.keywords & {"ok", "yes"} or heard.number == 1), well
        heard = book.hear(call, {code})
        assert not heard.hits and ("call" in heard.keywords or heard.number == 2), call


def test_every_language_has_a_list_that_says_whether_it_was_reviewed(book: PhraseBook) -> None:
    folder = Path(__file__).resolve().parents[2] / "triage" / "phrases"
    for code in LANGUAGES:
        head = (folder / f"{code}.txt").read_text("utf-8").splitlines()[0]
        assert in_order(head), code
    spoken = {(name, lang) for found in book.keywords.values() for name, lang in found}
    assert {lang for name, lang in spoken if name == "stop"} == set(LANGUAGES)
    assert {lang for name, lang in spoken if name == "help"} == set(LANGUAGES)


@pytest.mark.parametrize(("text", "lang", "number"), [("nje", "sq", 1), ("một", "vi", 1), ("doi", "ro", 2), ("واحد", "ar", 1), ("ሓደ", "ti", 1), ("two", "en", 2)])
def test_number_words_of_the_first_languages(book: PhraseBook, text: str, lang: str, number: int) -> None:
    assert book.hear(text, {lang}).number == number


def test_nothing_stands_in_a_list_twice(book: PhraseBook) -> None:
    """Nor as a whole sentence where the same words alarm anywhere: who narrows an entry must not overlook its double."""
    twice = [e.written for e, count in Counter(replace(e, written="") for e in book.entries).items() if count > 1]
    anywhere = {(e.lang, e.pattern, e.concern) for e in book.entries if not e.whole}
    assert not twice
    assert not [e.written for e in book.entries if e.whole and (e.lang, e.pattern, e.concern) in anywhere]


def test_a_concern_is_named_with_the_phrase_that_was_heard(book: PhraseBook) -> None:
    hit = next(h for h in book.hear("he is outside my door", {"en"}).hits if h.concern is Concern.DANGER_NOW)
    assert hit.lang == "en" and hit.phrase
