"""What one form of the lists names besides, and hours that are told in words."""

from __future__ import annotations

import datetime as dt

import pytest

from casefile.vocabulary import LANGUAGES
from triage import hours_in_words
from triage.asks import When, when
from triage.named import DAYS, FOLDER, HOURS, PARTS, load, named
from triage.normalise import words
from triage.phrases import PhraseBook, in_sections

NOW = dt.datetime(2026, 12, 1, 10, tzinfo=dt.UTC)  # a Tuesday
TODAY, TOMORROW = dt.date(2026, 12, 1), dt.date(2026, 12, 2)


def told(text: str, lang: str) -> When:
    return when(text, lang, "Europe/London", NOW)


def forms(code: str, kinds: tuple[str, ...]) -> dict[tuple[str, ...], set[str]]:
    found: dict[tuple[str, ...], set[str]] = {}
    for form, kind in (each for listed in load()[code].by_first.values() for each in listed):
        if kind in kinds:
            found.setdefault(form, set()).add(kind)
    return found


def inside(form: tuple[str, ...], others: dict[tuple[str, ...], set[str]]) -> list[tuple[tuple[str, ...], set[str]]]:
    return [(form[i:j], others[form[i:j]]) for i in range(len(form)) for j in range(i + 1, len(form) + 1) if form[i:j] in others]


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_day_in_a_form_of_a_part_of_the_day_is_not_lost(code: str) -> None:
    days, parts = forms(code, DAYS), forms(code, PARTS)
    for form in parts:
        held = inside(form, days)
        if held and not {"manana", "mananita", "manha"} & set(form):
            kinds = {n.kind for _, found in named(" ".join(form), (code,)) for n in found}
            assert max(held, key=lambda each: len(each[0]))[1] & kinds, form


@pytest.mark.parametrize("code", LANGUAGES)
def test_a_part_of_the_day_in_a_form_of_an_hour_tells_morning_from_evening(code: str) -> None:
    parts = forms(code, PARTS)
    for _, section, line in in_sections(FOLDER / f"{code}.txt", lambda section: True):
        if section not in HOURS or code in ("am", "ti"):
            continue
        for part in {kind for _, kinds in inside(words(line.replace("{n}", "7")), parts) for kind in kinds} - {"noon"}:
            found = told(line.replace("{n}", "5" if part == "morning" else "8"), code)
            assert found.unclear or (found.time is not None and (found.time.hour < 12) == (part == "morning")), (line, found)


@pytest.mark.parametrize(("lang", "text", "day", "time"), [
    ("zh", "明天晚上再写", TOMORROW, "19:00"), ("zh", "明天晚上8点再发", TOMORROW, "20:00"), ("zh", "明天下午3点", TOMORROW, "15:00"), ("tl", "bukas gabi na lang", TOMORROW, "19:00"),
    ("fr", "écrivez demain matin tôt", TOMORROW, "10:00"), ("fa", "فردا صبح بنویس", TOMORROW, "10:00"), ("es", "por la mañana", None, "10:00"), ("es", "esta mañana", None, "10:00"),
    ("es", "mañana por la mañana", TOMORROW, "10:00"), ("pl", "jutro o 8 wieczorem", TOMORROW, "20:00"), ("bg", "пишете ми утре в 8 вечерта", TOMORROW, "20:00"),
    ("hu", "írjon holnap este 8kor", TOMORROW, "20:00"), ("hu", "este fél 8kor", None, "19:30"), ("lt", "rašykite rytoj 8 val vakaro", TOMORROW, "20:00"),
    ("tl", "text mo ako bukas ng 8 ng gabi", TOMORROW, "20:00"), ("tl", "1 ng tanghali", None, "13:00"), ("ro", "scrie mâine la 8 seara", TOMORROW, "20:00"),
    ("zh", "下周五再联系", dt.date(2026, 12, 11), None), ("zh", "下周一", dt.date(2026, 12, 7), None), ("zh", "下个礼拜三", dt.date(2026, 12, 9), None), ("zh", "下周", dt.date(2026, 12, 8), None),
    ("zh", "明天晚上八点", TOMORROW, "20:00"), ("zh", "晚上八点半", None, "20:30"), ("zh", "下午一点", None, "13:00"), ("zh", "十二点", None, "12:00"), ("zh", "二十一点", None, "21:00"),
])
def test_both_are_understood(lang: str, text: str, day: dt.date | None, time: str | None) -> None:
    assert told(text, lang) == When(day, dt.time.fromisoformat(time) if time else None)


@pytest.mark.parametrize(("lang", "text"), [
    ("hu", "holnap este nyolckor"), ("tl", "bukas alas otso ng gabi"), ("tr", "akşam sekizde"), ("pl", "jutro o wpół do piątej"), ("ru", "завтра в полшестого"), ("en", "tomorrow at eight"),
    ("es", "mañana a las ocho"), ("fr", "à huit heures"), ("ar", "بكرة الساعة ثمانية"), ("zh", "晚上两三点"), ("zh", "八点一刻"), ("zh", "不要下周五"), ("zh", "周二十点联系我"), ("zh", "星期二十一点给我发"), ("zh", "下周二十点半"), ("zh", "週二十點"), ("zh", "周三十一点"), ("tl", "hindi bukas gabi"),
])
def test_an_hour_in_words_that_is_not_understood_and_a_refused_day_are_for_a_person(lang: str, text: str) -> None:
    assert told(text, lang).unclear


@pytest.mark.parametrize("text", ["下下周五联系", "下下周一", "下下周", "下下个星期三", "下下禮拜"])
def test_the_week_after_next_is_not_next_week(text: str) -> None:
    assert told(text, "zh") == When(unclear=True)


@pytest.mark.parametrize(("lang", "text"), [("zh", "晚一点再说"), ("zh", "早点"), ("zh", "我有一点忙"), ("hu", "máskor"), ("pl", "w innej godzinie"), ("es", "a otra hora"), ("en", "another time")])
def test_later_is_no_hour(lang: str, text: str) -> None:
    assert told(text, lang) == When()


def test_what_the_library_reads_is_no_hour_in_words() -> None:
    assert told("in two hours", "en") == When(TODAY, dt.time(12)) and told("через два часа", "ru").time == dt.time(12)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_language_has_hours_in_words(code: str) -> None:
    assert hours_in_words._forms(code)


def test_no_plain_later_names_an_hour_in_words() -> None:
    later = [(form, lang) for form, means in PhraseBook.load().keywords.items() for name, lang in means if name == "later"]
    assert later and not [form for form, lang in later if hours_in_words.named(form, (lang, "en"))]
