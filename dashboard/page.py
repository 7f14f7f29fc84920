"""Turn values into HTML: the Jinja environment with our filters. Times are shown in the charity's own zone."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from casefile.vocabulary import CONCERN_WORDS, LANGUAGES, Concern
from dashboard import words
from dashboard.assets import url
from escalation.policy import Policy

ZONE = ZoneInfo(Policy().zone)


def local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(ZONE)


def clock(moment: dt.datetime | None) -> Markup | str:
    """14:05, with the full moment for machines."""
    return "" if moment is None else _time(moment, f"{local(moment):%H:%M}")


def when(moment: dt.datetime | None, now: dt.datetime) -> Markup | str:
    """today 14:05, yesterday 14:05, Fri 20 Nov 14:05, or with the year when it is another one."""
    if moment is None:
        return ""
    there, today = local(moment), local(now).date()
    match (today - there.date()).days:
        case 0:
            day = "today"
        case 1:
            day = "yesterday"
        case -1:
            day = "tomorrow"
        case _:
            day = date(there.date(), today)
    return _time(moment, f"{day} {there:%H:%M}")


def date(day: dt.date | None, today: dt.date | None = None) -> str:
    """Fri 20 Nov; with the year when it is not this one."""
    if day is None:
        return ""
    year = "" if today and today.year == day.year else f" {day.year}"
    return f"{day:%a} {day.day} {day:%b}{year}"


def _time(moment: dt.datetime, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(moment.isoformat(), shown)


def due(moment: dt.datetime, now: dt.datetime) -> Markup:
    """A running clock to a moment: static/alongside.js counts it on."""
    left = (moment - now).total_seconds()
    shown = f"{words.span(left)} left" if left >= 0 else f"{words.span(left)} late"
    return Markup('<span class="clock{}" data-due="{}">{}</span>').format("" if left >= 0 else " clock--late", moment.isoformat(), shown)


def language(code: str | None) -> str:
    """The English name of a language code."""
    if not code:
        return "Unknown language"
    return LANGUAGES[code].english if code in LANGUAGES else code


def concern(code: str) -> str:
    try:
        return CONCERN_WORDS[Concern(code)]
    except ValueError:
        return code.replace("_", " ").capitalize()


def said_in(text: str, code: str | None, css: str = "words") -> Markup:
    """Somebody's words in their own language: direction by the text itself, the language named for screen readers and hyphenation."""
    lang = Markup(' lang="{}"').format(code) if code and code != "en" else Markup("")
    return Markup('<p class="{}" dir="auto"{}>{}</p>').format(css, lang, Markup("<br>").join(escape(text).splitlines()) or "")


def sentence(text: str) -> str:
    """The text with a capital letter first; the rest as it is."""
    return text[:1].upper() + text[1:]


_environment = Environment(loader=FileSystemLoader(Path(__file__).resolve().parent / "templates"), autoescape=True, undefined=StrictUndefined,
                           trim_blocks=True, lstrip_blocks=True)
_environment.filters |= {"clock": clock, "when": when, "date": date, "due": due, "language": language, "concern": concern, "said_in": said_in,
                         "span": words.span, "sentence": sentence, "local": local}
_environment.globals |= {"static": url, "W": words, "LANGUAGES": LANGUAGES}


def render(template: str, **values: Any) -> str:
    """The text of a template. Raises jinja2 errors for a template or value that is missing."""
    return _environment.get_template(template).render(**values)
