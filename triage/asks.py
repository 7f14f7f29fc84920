"""What a person asks for in a text: a language by name, a day and an hour. Our own lists know how people text them (named.py); well-kept libraries
know the languages' names and written dates: Babel and dateparser."""

from __future__ import annotations

import datetime as dt
import logging
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from casefile.vocabulary import LANGUAGES
from triage import hours_in_words, named
from triage.normalise import clean, fold, printable

# dateparser does not know it; our lists do.
_NO_DATES = frozenset({"ti"})
# Their clock begins at dawn: 3 o'clock is nine in the morning, or 3 in the afternoon to whoever has got used to ours.
_FROM_DAWN = frozenset({"am", "ti"})
# They write the month before the day: in them 5/12 could be either.
_MONTH_FIRST = frozenset({"hu", "lt", "zh"})
# To the library a date; to whoever texts it rather two hours: "10-12", "between 10 and 12", "5.12".
_TWO_NUMBERS = re.compile(r"\d{1,2}[^\d/月]{1,5}\d{1,2}")
# 17:30, 5h30, 5pm. With a dot only what cannot be a date: 17.00, 5.30, not 1.12.
_CLOCK = re.compile(r"(?<![\d.:])([01]?\d|2[0-3])(?:[:h]([0-5]\d)|\.(00|1[3-9]|[2-5]\d))(?![\d.])")
_AM_PM = re.compile(r"(?<![\d.:])(1[0-2]|0?[1-9])(?:[:.]([0-5]\d))?\s?([ap])\.?m\b")
# Vietnamese "tối" (evening) and "tôi" (I) are the same letters, told apart only by their signs; without any, an hour beside them can be of either.
_VI_HOUR = r"\d{1,2} ?(?:(?:giờ|gio|[hg](?![^\W\d]))(?: ?[0-5]\d| rưỡi| ruoi)?|rưỡi|ruoi)"
_VI_EVENING = re.compile(rf"({_VI_HOUR}) (?:tối|đêm)\b(?! (?:nay|mai)\b)|\b(?:tối|đêm) (?:lúc |vào )?({_VI_HOUR})")
_VI_EITHER = re.compile(rf"\b(?:toi|dem) (?:luc )?{_VI_HOUR}|{_VI_HOUR} (?:toi|dem)\b(?! (?:nay|mai)\b)")
# When in a part of the day; her safe hours narrow it.
_USUAL = {"morning": dt.time(10), "noon": dt.time(12), "afternoon": dt.time(15), "evening": dt.time(19)}
# An hour up to this without anything else is one of the afternoon: nobody asks for a text at 5 in the morning.
_AFTERNOON = 6
_SHORTEST_DAY = 4  # letters of a day's name to dateparser: its abbreviations are everyday words ("je", "sa", "mai")


@dataclass(frozen=True)
class When:
    """A day and an hour, local to the person. `unclear`: more was named than was understood (an hour in words, say), so a person must arrange it."""

    day: dt.date | None = None
    time: dt.time | None = None
    unclear: bool = False


@lru_cache(maxsize=64)
def _names(spoken: str) -> dict[str, str]:
    """Names of our languages as written in `spoken`, in comparable form -> code."""
    names: dict[str, str] = {}
    try:
        locale = Locale.parse(LANGUAGES[spoken].locale or spoken)
    except (UnknownLocaleError, ValueError, KeyError):
        locale = Locale("en")
    for code, language in LANGUAGES.items():
        for name in (locale.languages.get("fil" if code == "tl" else code, ""), language.english, *language.own.split("/")):
            for part in re.split(r"[/(),]", name):
                if len(form := clean(part)) > 2 or (form and not form.isascii()):
                    names[form] = code
    names |= {"farsi": "fa", "dari": "fa", "mandarin": "zh", "filipino": "tl", "somali": "so", "soomali": "so"}
    return names


def language(text: str, spoken: str) -> str | None:
    """The language a text names, in the person's own words, in English or by its own name; None when it names none of ours, refuses it ("not in
    English"), or names several."""
    listed = [n for _, found in named.named(text, _lists(spoken)) for n in found if n.kind.startswith(named.LANGUAGE)]
    wanted = {n.kind.removeprefix(named.LANGUAGE) for n in listed if not n.refused}
    if listed:
        return wanted.pop() if len(wanted) == 1 else None
    form = f" {clean(text)} "
    for code in (spoken, "en"):
        found = {c for name, c in _names(code).items() if (f" {name} " in form if name.isascii() else name in form)}
        if found:
            return found.pop() if len(found) == 1 else None
    # Endings differ ("shqip", "somalisht"): a long enough beginning will do.
    words = form.split()
    return next((c for name, c in _names(spoken).items() for w in words if len(name) >= 5 and w.startswith(name[:5])), None)


def _lists(spoken: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys((spoken, "en")))


def only_language(text: str, spoken: str) -> str | None:
    """The language when its name is the whole text ("Romanian", "in English"); None when there is anything else, and for a name that is a refusal as
    well (Tagalog "hindi": no)."""
    kinds = named.whole(text, _lists(spoken))
    if named.NOT in kinds:
        return None
    form = clean(text).removeprefix("in ")
    if by_library := next((names[form] for names in (_names(spoken), _names("en")) if form in names), None):
        return by_library
    kind = kinds.pop() if len(kinds) == 1 else ""
    return kind.removeprefix(named.LANGUAGE) if kind.startswith(named.LANGUAGE) else None


def when(text: str, spoken: str, zone: str, now: dt.datetime) -> When:
    """The local day and hour a text names, as far as our lists and a well-kept library understand its language. An hour that could be told by
    either of two clocks is none."""
    local, two_clocks = now.astimezone(ZoneInfo(zone)), spoken in _FROM_DAWN
    text = _vietnamese(text) if spoken == "vi" else text
    folded = hours_in_words.with_digits(fold(text))
    hour, rest = _clock(folded, spoken)
    doubtful = hour is None and rest != folded
    things, left, in_words = [], 0, False
    days: set[dt.date] = set()
    for words, found in named.named(rest, _lists(spoken)):
        told = {place for n in found if n.kind != named.SPAN for place in range(n.start, n.end)}
        left += sum(word[0].isdigit() for place, word in enumerate(words) if place not in told)
        in_words |= hours_in_words.named(tuple("" if place in told else word for place, word in enumerate(words)), _lists(spoken))
        things += found
        days |= _days([n for n in found if not n.refused], local.date())
        # The next but one (下下周): the two days then disagree, so that a person looks.
        if any(n.kind == named.NEXT_WEEK and words[n.start - 1:n.start] == words[n.start:n.start + 1] for n in found):
            days |= {day + dt.timedelta(days=7) for day in days}
    meant = [n for n in things if not n.refused]
    day = days.pop() if len(days) == 1 else None
    part = next((n.kind for n in meant if n.kind in named.PARTS), None)
    said = next((n for n in meant if n.kind in named.HOURS), None)
    if hour is None and said is not None:
        hour = _hour(said, part, two_clocks)
        doubtful = hour is None
    elif hour is None:
        hour, left = _USUAL.get(part or ""), left + in_words
    refused = len(meant) < len(things) and day is None
    if day is None and not days and not refused and (left or not (hour or doubtful)):
        written = _written(rest, spoken, local)
        day, hour = written.day, hour or written.time
        left -= written.numbers
    doubted = _disagree(folded, part) or (spoken == "vi" and _VI_EITHER.search(text) is not None)
    return When(day, hour, unclear=bool(days) or refused or left > 0 or doubted or (doubtful and not (two_clocks and day is not None)))


def _days(found: list[named.Named], today: dt.date) -> set[dt.date]:
    """The days that these name; next week and a weekday in one form (下周五) are that day of next week."""
    of_next_week = {n.start for n in found if n.kind in named.WEEKDAYS} & {n.start for n in found if n.kind == named.NEXT_WEEK}
    monday = today + dt.timedelta(days=7 - today.weekday())
    return {monday + dt.timedelta(days=named.WEEKDAYS.index(n.kind)) if n.start in of_next_week else _day(n.kind, today)
            for n in found if n.kind in named.DAYS and not (n.start in of_next_week and n.kind == named.NEXT_WEEK)}


def _day(kind: str, today: dt.date) -> dt.date:
    if kind in named.WEEKDAYS:
        return today + dt.timedelta(days=(named.WEEKDAYS.index(kind) - today.weekday() - 1) % 7 + 1)
    return today + dt.timedelta(days={"today": 0, "tomorrow": 1, "day after tomorrow": 2, "next week": 7}[kind])


def _vietnamese(text: str) -> str:
    """The text with an hour's evening written out as our lists have it, and without "I"."""
    text = re.sub(r"\btôi\b", " ", " ".join(unicodedata.normalize("NFC", text).casefold().split()))
    return _VI_EVENING.sub(lambda found: f"{found[1] or found[2]} buổi tối", text)


def _clock(folded: str, spoken: str) -> tuple[dt.time | None, str]:
    """An hour written with its minutes or with am or pm, and the text without it."""
    if found := _AM_PM.search(folded):
        if spoken == "ro" and found[0].endswith("am"):  # "I have"; as a.m. it has a dot
            return None, folded[:found.start()] + folded[found.end():]
        time = dt.time(int(found[1]) % 12 + (12 if found[3] == "p" else 0), int(found[2] or 0))
    elif found := _CLOCK.search(folded):
        hour = int(found[1])
        if spoken in _FROM_DAWN and hour <= 12:
            return None, folded[:found.start()] + folded[found.end():]
        time = dt.time(hour + 12 if hour <= _AFTERNOON and not found[1].startswith("0") else hour, int(found[2] or found[3]))
    else:
        return None, folded
    return time, folded[:found.start()] + folded[found.end():]


def _disagree(folded: str, part: str | None) -> bool:
    """Whether an hour that was read with its minutes is not of the part of the day named beside it: "8:30 in the evening"."""
    found = None if _AM_PM.search(folded) else _CLOCK.search(folded)
    if found is None or int(found[1]) >= 12:
        return False
    return part in ("afternoon", "evening") or (part == "morning" and int(found[1]) <= _AFTERNOON and not found[1].startswith("0"))


def _hour(said: named.Named, part: str | None, two_clocks: bool) -> dt.time | None:
    hour = said.number or 0
    if hour > 23 or (two_clocks and hour <= 12):
        return None
    if hour < 12 and (part in ("afternoon", "evening") or (part in (None, "noon") and 0 < hour <= _AFTERNOON)):
        hour += 12
    minutes = {"half +30": 30, "half -30": -30}.get(said.kind, 0)
    return (dt.datetime(2000, 1, 2, hour) + dt.timedelta(minutes=minutes)).time()


@dataclass(frozen=True)
class _Written:
    """What the library found, and how many numbers that took."""

    day: dt.date | None = None
    time: dt.time | None = None
    numbers: int = 0


def _written(text: str, spoken: str, local: dt.datetime) -> _Written:
    """A day that is not past, or "in two hours"."""
    import dateparser.search  # slow to import, seldom needed

    logging.getLogger("dateparser").setLevel(logging.WARNING)
    base = local.replace(tzinfo=None, second=0, microsecond=0)
    settings = {"DATE_ORDER": "DMY", "RELATIVE_BASE": base, "PREFER_DATES_FROM": "future", "RETURN_AS_TIMEZONE_AWARE": False}
    try:
        found = dateparser.search.search_dates(printable(text)[:300], languages=[c for c in _lists(spoken) if c not in _NO_DATES], settings=settings)
    except Exception:  # any failure of the parser only means that no day was understood
        return _Written()
    for words, moment in found or []:
        numbers = len(re.findall(r"\d+", words))
        abbreviated = words.isascii() and not numbers and sum(map(str.isalpha, words)) < _SHORTEST_DAY
        now = moment.replace(second=0, microsecond=0) == base  # "not now" names no day; "today" is in our lists
        bare = re.sub(r"^[^\d]+", "", words).rstrip()  # "at 10-12"
        either = _TWO_NUMBERS.fullmatch(bare.replace("/", "-") if spoken in _MONTH_FIRST else bare)
        if not abbreviated and not now and not either and not words.strip().isdigit() and moment.date() >= local.date():
            return _Written(moment.date(), moment.time() if moment.time() not in (base.time(), dt.time()) else None, numbers)
    return _Written()


def wishes(text: str, act: str, spoken: str, zone: str, now: dt.datetime) -> dict[str, object]:
    """What an act needs to know: {"language"} for change_language; {"day", "time", "unclear"} (local) for reschedule and pause."""
    if act == "change_language":
        return {"language": language(text, spoken)}
    if act in ("reschedule", "pause"):
        found = when(text, spoken, zone, now)
        return {"day": found.day, "time": found.time, "unclear": found.unclear}
    return {}
