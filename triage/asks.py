"""What a person asks for in a text: a language by name, a day and an hour. Well-kept libraries know the words: Babel and dateparser."""

from __future__ import annotations

import datetime as dt
import logging
import re
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError

from casefile.vocabulary import LANGUAGES
from triage.normalise import clean, printable

# dateparser does not know these; English words and plain digits are still understood.
_DATEPARSER = {"zh": "zh", "tl": "tl"}
_NO_DATES = frozenset({"ti"})
# Their clock begins at dawn: 3 o'clock is nine in the morning, or 3 in the afternoon to whoever has got used to ours.
_FROM_DAWN = frozenset({"am", "ti"})
_HOUR = re.compile(r"\b([01]?\d|2[0-3])[:.h]([0-5]\d)\b|\b(1[0-2]|[1-9])\s?([ap])\.?m\b", re.IGNORECASE)


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
    """The language a text names, in the person's own words, in English or by its own name; None when it names none of ours."""
    form = f" {clean(text)} "
    for code in (spoken, "en"):
        named = [(form.find(name), c) for name, c in _names(code).items()
                 if (f" {name} " in form if name.isascii() else name in form)]
        if named:
            return max(named)[1]
    # Endings differ ("shqip", "somalisht"): a long enough beginning will do.
    words = form.split()
    return next((c for name, c in _names(spoken).items() for w in words if len(name) >= 5 and w.startswith(name[:5])), None)


def only_language(text: str, spoken: str) -> str | None:
    """The language when its name is the whole text ("Romanian", "in English"); None when there is anything else."""
    form = clean(text).removeprefix("in ")
    return next((names[form] for names in (_names(spoken), _names("en")) if form in names), None)


def when(text: str, spoken: str, zone: str, now: dt.datetime) -> tuple[dt.date | None, dt.time | None]:
    """The local day and hour a text names, as far as a well-kept library understands its language; (None, None) when it names none. An hour that
    could be told by either of two clocks is none."""
    import dateparser.search  # slow to import, seldom needed

    logging.getLogger("dateparser").setLevel(logging.WARNING)
    local = now.astimezone(ZoneInfo(zone))
    codes = [c for c in dict.fromkeys((_DATEPARSER.get(spoken, spoken), "en")) if c not in _NO_DATES]
    settings = {"RELATIVE_BASE": local.replace(tzinfo=None), "PREFER_DATES_FROM": "future", "RETURN_AS_TIMEZONE_AWARE": False}
    hour = _hour(text, two_clocks=spoken in _FROM_DAWN)
    try:
        found = dateparser.search.search_dates(printable(text)[:300], languages=codes, settings=settings)
    except Exception:  # any failure of the parser only means that no day was understood
        found = None
    if not found:
        return None, hour
    day = next((moment.date() for words, moment in found if not words.strip().isdigit() and moment.date() >= local.date()), None)
    return day, hour


def _hour(text: str, two_clocks: bool) -> dt.time | None:
    found = _HOUR.search(text)
    if not found or (two_clocks and found.group(1) and int(found.group(1)) <= 12):
        return None
    if found.group(1):
        return dt.time(int(found.group(1)), int(found.group(2)))
    return dt.time(int(found.group(3)) % 12 + (12 if found.group(4).lower() == "p" else 0))


def wishes(text: str, act: str, spoken: str, zone: str, now: dt.datetime) -> dict[str, object]:
    """What an act needs to know: {"language"} for change_language; {"day", "time"} (local) for reschedule and pause."""
    if act == "change_language":
        return {"language": language(text, spoken)}
    if act in ("reschedule", "pause"):
        day, hour = when(text, spoken, zone, now)
        return {"day": day, "time": hour}
    return {}
