"""What a text asks for: a day, an hour, a language."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.vocabulary import LANGUAGES
from nlu_data.heads import in_order
from triage.asks import When, language, only_language, when, wishes
from triage.named import DAYS, LANGUAGE, PARTS, SECTIONS, load, named
from triage.phrases import PhraseFileWrong

NOW = dt.datetime(2026, 11, 30, 11, tzinfo=dt.UTC)  # a Monday
TODAY, TOMORROW, TUESDAY, WEDNESDAY, FRIDAY = (dt.date(2026, 11, 30), dt.date(2026, 12, 1), dt.date(2026, 12, 1), dt.date(2026, 12, 2), dt.date(2026, 12, 4))


def told(text: str, lang: str = "en") -> When:
    return when(text, lang, "Europe/London", NOW)


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "tmrw"), ("en", "2moro"), ("tl", "bukas na lang"), ("vi", "ngày mai"), ("ar", "بكرة"), ("ti", "ጽባሕ"), ("ur", "kal"), ("ur", "کل"), ("bn", "কাল"), ("hi", "कल"),
    ("am", "nege"), ("fa", "farda"), ("fa", "فردا"), ("ru", "zavtra"), ("uk", "завтра"), ("bg", "utre"), ("tr", "yarin"), ("zh", "聽日"), ("zh", "明天吧"), ("es", "mañana"),
    ("pt", "amanhã"), ("fr", "demain"), ("pl", "jutro"), ("hu", "holnap"), ("lt", "rytoj"), ("ro", "mâine"), ("sq", "neser"), ("so", "berri"),
])
def test_tomorrow_is_known_however_it_is_texted(lang: str, text: str) -> None:
    assert told(text, lang) == When(TOMORROW)


@pytest.mark.parametrize(("lang", "text", "day", "hour"), [
    ("en", "tomorrow evening", TOMORROW, 19), ("en", "evening", None, 19), ("en", "today 17:30", TODAY, (17, 30)), ("en", "friday afternoon", FRIDAY, 15),
    ("es", "mañana por la mañana", TOMORROW, 10), ("es", "mañana a las 18", TOMORROW, 18), ("pl", "jutro o 17", TOMORROW, 17), ("fr", "demain 18h", TOMORROW, 18),
    ("en", "text me at 6", None, 18), ("en", "17h", None, 17), ("bg", "в 18 часа", None, 18), ("pt", "às 18h", None, 18), ("ru", "завтра в 6 вечера", TOMORROW, 18),
    ("hi", "कल 6 बजे", TOMORROW, 18), ("zh", "明天6点", TOMORROW, 18), ("tr", "yarın saat 15", TOMORROW, 15), ("en", "not tomorrow, friday", FRIDAY, None),
    ("en", "friday not tomorrow", FRIDAY, None), ("pt", "depois de amanhã", WEDNESDAY, None), ("es", "pasado mañana", WEDNESDAY, None), ("en", "tomorrow at 8pm", TOMORROW, 20),
    ("en", "17:30", None, (17, 30)), ("en", "5.30 please", None, (17, 30)), ("en", "05:30", None, (5, 30)), ("so", "tomorrow at 9", TOMORROW, 9),
    ("hi", "कल नहीं शुक्रवार को", FRIDAY, None), ("am", "ዛሬ አይደለም ነገ ጻፉልኝ", TOMORROW, None), ("tr", "yarın değil cuma", FRIDAY, None), ("en", "on 5/12", dt.date(2026, 12, 5), None),
    ("en", "12/1", dt.date(2027, 1, 12), None), ("ro", "la 5 p.m.", None, 17), ("sq", "nesër pas 5", TOMORROW, 17), ("vi", "nhắn lại 7h tối", None, 19), ("vi", "tối 9 giờ", None, 21), ("vi", "8h tối thứ 6", FRIDAY, 20),
    ("vi", "nhắn tôi 8h", None, 8), ("vi", "10h tôi rảnh", None, 10), ("hu", "holnap fél 6", TOMORROW, (17, 30)), ("en", "on 4 December", FRIDAY, None), ("en", "in two hours", TODAY, 13), ("en", "monday", dt.date(2026, 12, 7), None),
])
def test_a_day_and_an_hour_are_understood(lang: str, text: str, day: dt.date | None, hour: int | tuple[int, int] | None) -> None:
    time = None if hour is None else dt.time(*hour) if isinstance(hour, tuple) else dt.time(hour)
    assert told(text, lang) == When(day, time)


@pytest.mark.parametrize(("text", "lang", "hour"), [
    ("tomorrow at 3:00", "am", None), ("tomorrow at 3:00", "ti", None), ("tomorrow at 15:00", "am", dt.time(15)), ("tomorrow at 3pm", "ti", dt.time(15)),
    ("tomorrow at 3:00", "so", dt.time(15)), ("tomorrow at 9:00", "so", dt.time(9)),
])
def test_an_hour_that_two_clocks_tell_differently_is_not_guessed(text: str, lang: str, hour: dt.time | None) -> None:
    """Amharic and Tigrinya count the hours from dawn."""
    assert told(text, lang) == When(TOMORROW, hour)


@pytest.mark.parametrize(("lang", "text"), [("pl", "nie teraz"), ("fr", "je peux pas maintenant"), ("tl", "sa ibang araw"), ("ro", "mai tarziu"), ("so", "mar dambe"),
                                            ("en", "i may be free later"), ("en", "not now please")])
def test_everyday_words_are_no_days(lang: str, text: str) -> None:
    assert told(text, lang) == When()


@pytest.mark.parametrize(("lang", "text"), [("en", "don't write tomorrow"), ("en", "i cannot tomorrow evening"), ("en", "not monday not tuesday"), ("en", "monday or tuesday"), ("en", "in 45"), ("en", "after 6 or 7"),
                                            ("am", "at 3:00"), ("en", "at 31"), ("es", "hoy no mañana"), ("fa", "امروز نه فردا"), ("zh", "今天不行明天再发"), ("hi", "kal shaam nahi"),
                                            ("en", "between 10 and 12"), ("en", "5-7"), ("zh", "5/12"), ("ro", "mâine după 5 am treabă"), ("sq", "pas 2 orësh"), ("sq", "pas 3 ditësh"),
                                            ("vi", "8h30 tối"), ("vi", "nhan toi 8h"), ("vi", "8h toi ranh"), ("vi", "nhan 9h toi nhe"), ("en", "at 8:30 in the evening"), ("en", "tomorrow morning 5:30")])
def test_what_is_not_wholly_understood_moves_nothing(lang: str, text: str) -> None:
    assert told(text, lang).unclear and wishes(text, "reschedule", lang, "Europe/London", NOW)["unclear"]


@pytest.mark.parametrize(("lang", "text", "code"), [
    ("en", "please write in Arabic, I don't understand English", "ar"), ("en", "write in Somali not English", "so"), ("sq", "shkruani shqip, jo anglisht", "sq"),
    ("ro", "în română, nu engleză", "ro"), ("am", "በሶማሊኛ ጻፉልኝ", "so"), ("ar", "بالعربي لو سمحت", "ar"), ("hi", "हिंदी में लिखो", "hi"), ("ur", "angrezi me", "en"),
    ("lt", "rašykite rusiškai", "ru"), ("ru", "po russki", "ru"), ("zh", "英文", "en"), ("sq", "në shqip jo anglisht", "sq"), ("hi", "angrezi nahi hindi", "hi"), ("es", "en castellano", "es"), ("en", "Romanian please", "ro"), ("fa", "به دری", "fa"),
])
def test_a_language_is_understood_by_its_name(lang: str, text: str, code: str) -> None:
    assert language(text, lang) == code


@pytest.mark.parametrize(("lang", "text"), [("en", "Arabic or Somali"), ("sq", "jo anglisht"), ("en", "I don't understand English"), ("en", "another one please")])
def test_a_language_that_is_refused_or_one_of_several_is_asked_for(lang: str, text: str) -> None:
    assert language(text, lang) is None


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_names_days_hours_and_all_our_languages(code: str) -> None:
    lists = load()[code]
    forms = [(form, kind) for each in (*lists.by_first.values(), lists.numbered) for form, kind in each]
    kinds = {kind for _, kind in forms}
    assert {*DAYS, *PARTS, "hour", "not"} <= kinds
    assert {LANGUAGE + other for other in LANGUAGES} <= kinds
    head = (Path(__file__).resolve().parents[2] / "triage" / "named" / f"{code}.txt").read_text("utf-8").splitlines()[0]
    assert in_order(head)


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_language_s_name_alone_is_its_own_wish(code: str) -> None:
    """In her own words she can choose each of our languages."""
    for form, kind in ((form, kind) for each in load()[code].by_first.values() for form, kind in each if kind.startswith(LANGUAGE)):
        found = only_language(" ".join(form), code)
        assert found is not None and (found == kind.removeprefix(LANGUAGE) or language(" ".join(form), code) is None), form


@pytest.mark.parametrize("wrong", ["a form before any section", "[no such section]", "[hour]\nsix o'clock", "[tomorrow]\nat {n}"])
def test_a_broken_list_is_named_with_its_line(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "en.txt").write_text(wrong, "utf-8")
    with pytest.raises(PhraseFileWrong, match=r"en\.txt:[12]"):
        load(tmp_path)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60), st.sampled_from(sorted(LANGUAGES)))
def test_any_text_can_be_read(text: str, code: str) -> None:
    for words, found in named(text, (code, "en")):
        assert all(n.kind in SECTIONS and 0 <= n.start < n.end <= len(words) for n in found)
    assert language(text, code) in {None, *LANGUAGES}
