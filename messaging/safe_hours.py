"""Safe hours: when a person said that a message may reach her. Local wall time, daylight saving included. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Hours = Mapping[str, Sequence[Sequence[str]]]


class HoursWrong(ValueError):
    """The windows cannot be understood; the message names day and window."""


def windows(hours: Hours, day: dt.date) -> list[tuple[dt.time, dt.time]]:
    """The safe windows of a local day, in order; none = nothing is sent that day."""
    return sorted((_time(begin), _time(end)) for begin, end in hours.get(WEEKDAYS[day.weekday()], ()))


def check(hours: Hours) -> None:
    """Raise HoursWrong unless every window is a known day's HH:MM to a later HH:MM."""
    for day, spans in hours.items():
        if day not in WEEKDAYS:
            raise HoursWrong(f"{day} is not a day")
        for span in spans:
            if len(span) != 2 or _time(span[0]) >= _time(span[1]):
                raise HoursWrong(f"{day}: a window must begin before it ends")


def is_safe(moment: dt.datetime, zone: str, hours: Hours, never: Collection[str] = ()) -> bool:
    """Whether a message may be sent at this moment (aware). The end of a window is no longer safe."""
    local = moment.astimezone(ZoneInfo(zone))
    if local.date().isoformat() in never:
        return False
    return any(begin <= local.time().replace(tzinfo=None) < end for begin, end in windows(hours, local.date()))


def next_safe(moment: dt.datetime, zone: str, hours: Hours, never: Collection[str] = (), days: int = 60) -> dt.datetime | None:
    """The first safe moment at or after `moment` (UTC); None when there is none within `days`."""
    if is_safe(moment, zone, hours, never):
        return moment.astimezone(dt.UTC)
    local = moment.astimezone(ZoneInfo(zone))
    for ahead in range(days):
        day = local.date() + dt.timedelta(days=ahead)
        if day.isoformat() in never:
            continue
        for begin, _ in windows(hours, day):
            start = wall(day, begin, zone)
            if start >= moment and is_safe(start, zone, hours, never):
                return start
    return None


def window_end(moment: dt.datetime, zone: str, hours: Hours) -> dt.datetime | None:
    """When the safe window around `moment` ends (UTC); None outside any window."""
    local = moment.astimezone(ZoneInfo(zone))
    for begin, end in windows(hours, local.date()):
        if begin <= local.time().replace(tzinfo=None) < end:
            return wall(local.date(), end, zone)
    return None


def wall(day: dt.date, hour: dt.time, zone: str) -> dt.datetime:
    """A local wall time as UTC. A time that the clocks skip becomes the moment they resume; one that comes twice is the first."""
    local = dt.datetime.combine(day, hour, ZoneInfo(zone))
    there = local.astimezone(dt.UTC)
    back = there.astimezone(ZoneInfo(zone))
    if back.replace(tzinfo=None) == local.replace(tzinfo=None):
        return there
    # Skipped: fold=0 lands after the gap by as much as the clocks jumped; go back to the first minute that exists.
    gap = dt.datetime.combine(day, hour, ZoneInfo(zone)).replace(fold=1).utcoffset()
    before = local.utcoffset()
    assert gap is not None and before is not None
    jump = abs(gap - before)
    probe = there - jump
    while probe.astimezone(ZoneInfo(zone)).utcoffset() == (there - dt.timedelta(days=1)).astimezone(ZoneInfo(zone)).utcoffset():
        probe += dt.timedelta(minutes=1)
    return probe


def _time(text: str) -> dt.time:
    try:
        return _read(text)
    except (TypeError, ValueError):
        raise HoursWrong(f"{text!r} is not a time like 09:30") from None


@lru_cache(maxsize=2048)
def _read(text: str) -> dt.time:
    # The same few hours are read for every day of every person.
    return dt.time.fromisoformat(text if text != "24:00" else "23:59")
