"""When a person is asked: an RFC 5545 rule, an hour of hers, her safe hours and never dates -> moments (UTC). Pure.

`upcoming` is the one source of times: the run, the preview and the calendar all read it, so what is shown beforehand is what is sent.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from messaging.safe_hours import Hours, next_safe, wall, windows

# How far a moment may be moved to find a safe one; the days before a range that are looked at for moments moved into it.
FURTHEST = 60
# Nothing within so many days = the rule has ended.
HORIZON = 400
# A moment of hers is only ever moved by the clocks within so many days.
_CLOCKS = 2


class RuleWrong(ValueError):
    """The rule cannot be used; the message can be shown to staff."""


@dataclass(frozen=True)
class PlanView:
    """All of a plan that decides when. `live` is False while nothing may be sent at all. Dates and `at_time` are local to `zone`."""

    person_id: int
    rule: str
    starts_on: dt.date
    at_time: dt.time
    zone: str
    hours: Hours
    never: Collection[str] = ()
    jitter_minutes: int = 0
    live: bool = True
    paused_until: dt.datetime | None = None
    moved_to: dt.datetime | None = None
    review_on: dt.date | None = None


@dataclass(frozen=True)
class Moment:
    """One check-in to be asked: when (UTC), on which local day, and why it is not at the usual hour (None = it is)."""

    at: dt.datetime
    day: dt.date
    why: str | None = None


def check_rule(rule: str, starts_on: dt.date) -> None:
    """Raise RuleWrong unless the rule is one of whole days that can be understood and ever happens."""
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    if parts.get("FREQ") not in ("DAILY", "WEEKLY", "MONTHLY", "YEARLY"):
        raise RuleWrong("choose every so many days, weeks or months")
    if parts.keys() & {"DTSTART", "BYHOUR", "BYMINUTE", "BYSECOND", "TZID"} or "\n" in rule:
        raise RuleWrong("the rule names days only; the hour is set beside it")
    try:
        first = _parsed(rule, starts_on).after(_midnight(starts_on), inc=True)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise RuleWrong("the rule cannot be understood") from None
    if first is None or first.date() > starts_on + dt.timedelta(days=HORIZON):
        raise RuleWrong("by this rule nobody would ever be asked")


def upcoming(view: PlanView, start: dt.datetime, end: dt.datetime) -> list[Moment]:
    """Every moment with start <= at < end, in order, at most one a local day, each inside safe hours."""
    if not view.live:
        return []
    zone = ZoneInfo(view.zone)
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    own: dict[dt.date, Moment] = {}
    moved: dict[dt.date, Moment] = {}
    if (wish := _wish(view)) is not None:
        own[wish.day] = wish
    for day in _days(view.rule, view.starts_on, first - dt.timedelta(days=FURTHEST + _CLOCKS), last):
        usual = _is_usual(view, day)
        if usual and day < first - dt.timedelta(days=_CLOCKS):
            continue
        moment = _moment(view, day)
        if moment is None:
            continue
        if usual and moment.day == day:
            own.setdefault(day, moment)
        elif moment.day not in moved or moment.at < moved[moment.day].at:
            moved[moment.day] = moment
    chosen = sorted((moved | own).values(), key=lambda m: m.at)
    return [m for m in chosen if start <= m.at < end and _allowed(view, m, wish)]


def next_after(view: PlanView, after: dt.datetime) -> Moment | None:
    """The first moment later than `after`; None when there is none (not live, or the rule, the review date or the safe hours end it)."""
    if not view.live:
        return None
    since = max(after + dt.timedelta(microseconds=1), view.paused_until or after)
    begin = since
    for days in (15, 75, HORIZON):
        end = since + dt.timedelta(days=days)
        if found := upcoming(view, begin, end):
            return found[0]
        begin = end
    return None


def local_day(view: PlanView, moment: dt.datetime) -> dt.date:
    """The person's local day of a moment."""
    return moment.astimezone(ZoneInfo(view.zone)).date()


def jitter(view: PlanView, day: dt.date, end: dt.time) -> dt.timedelta:
    """Minutes after the usual hour, the same for a person and day whenever it is asked, always before the window's end."""
    room = _minutes(end) - _minutes(view.at_time) - 1
    span = min(view.jitter_minutes, max(room, 0))
    digest = hashlib.blake2b(f"{view.person_id}:{day.isoformat()}".encode(), digest_size=8).digest()
    return dt.timedelta(minutes=int.from_bytes(digest, "big") % (span + 1))


def _moment(view: PlanView, day: dt.date) -> Moment | None:
    window = next(((b, e) for b, e in windows(view.hours, day) if b <= view.at_time < e), None)
    hour = view.at_time
    if window is not None and view.jitter_minutes:
        hour = (dt.datetime.combine(day, hour) + jitter(view, day, window[1])).time()
    wanted = wall(day, hour, view.zone)
    at = next_safe(wanted, view.zone, view.hours, view.never, FURTHEST)
    if at is None:
        return None
    if at == wanted and window is not None:
        return Moment(at, at.astimezone(ZoneInfo(view.zone)).date())
    why = "a day with no contact" if day.isoformat() in view.never else "outside the safe hours"
    return Moment(at, at.astimezone(ZoneInfo(view.zone)).date(), why)


def _wish(view: PlanView) -> Moment | None:
    """The one check-in she asked to have at another time, kept inside safe hours as they are now."""
    if view.moved_to is None:
        return None
    at = next_safe(view.moved_to, view.zone, view.hours, view.never, FURTHEST)
    return Moment(at, at.astimezone(ZoneInfo(view.zone)).date(), "her own wish") if at else None


def _allowed(view: PlanView, moment: Moment, wish: Moment | None) -> bool:
    if view.review_on is not None and moment.day > view.review_on:
        return False
    if view.paused_until is not None and moment.at < view.paused_until:
        return False
    return wish is None or moment.at >= wish.at


def _is_usual(view: PlanView, day: dt.date) -> bool:
    """Whether the usual hour of this day is safe as it stands, so that only the clocks could move it."""
    return day.isoformat() not in view.never and any(b <= view.at_time < e for b, e in windows(view.hours, day))


def _days(rule: str, starts_on: dt.date, first: dt.date, last: dt.date) -> list[dt.date]:
    """The rule's days from `first` to `last`, both included."""
    found: list[dt.date] = []
    for year in range(max(first.year, starts_on.year), last.year + 1):
        found += [day for day in _year(rule, starts_on, year) if first <= day <= last]
    return found


@lru_cache(maxsize=4096)
def _year(rule: str, starts_on: dt.date, year: int) -> tuple[dt.date, ...]:
    found = _parsed(rule, starts_on).between(_midnight(dt.date(year, 1, 1)), _midnight(dt.date(year, 12, 31)), inc=True)
    return tuple(sorted({moment.date() for moment in found}))


@lru_cache(maxsize=1024)
def _parsed(rule: str, starts_on: dt.date):
    return rrulestr(rule, dtstart=_midnight(starts_on))


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _minutes(hour: dt.time) -> int:
    return hour.hour * 60 + hour.minute
