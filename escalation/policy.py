"""When the next person is told about an alert nobody has acknowledged. Pure; every rule on one page.

Law: an open alert keeps a wake time until a named person acknowledges it. Times are the taxonomy's defaults (set by the charity):
immediate 5 minutes, then the next person, manager at 10; urgent 15 minutes in hours, 30 out of hours; routine by the end of the day.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum
from zoneinfo import ZoneInfo

from casefile.vocabulary import AlertState, Urgency


class Whom(StrEnum):
    """Who is paged."""

    ON_CALL = "on call"
    NEXT = "next on call"
    MANAGER = "manager"


@dataclass(frozen=True)
class Policy:
    """The charity's times. Hours are local to `zone`; `days` are ISO weekdays."""

    immediate: dt.timedelta = dt.timedelta(minutes=5)
    urgent_in_hours: dt.timedelta = dt.timedelta(minutes=15)
    urgent_out_of_hours: dt.timedelta = dt.timedelta(minutes=30)
    zone: str = "Europe/London"
    opens: dt.time = dt.time(9)
    closes: dt.time = dt.time(17)
    days: tuple[int, ...] = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class State:
    """An alert as far as paging goes. `step` counts the pages sent."""

    urgency: Urgency
    state: AlertState
    step: int


@dataclass(frozen=True)
class Opened:
    """The alert was opened, reopened or rose."""


@dataclass(frozen=True)
class Woke:
    """The timer set at `step` went off."""

    step: int


@dataclass(frozen=True)
class Acknowledged:
    """A named person said "I have it"."""


Fact = Opened | Woke | Acknowledged


@dataclass(frozen=True)
class Decision:
    """Page `whom` (None = nobody now), then wake at `wake_at` with `step`; wake_at None only once acknowledged."""

    whom: Whom | None
    step: int
    wake_at: dt.datetime | None


def decide(state: State, fact: Fact, now: dt.datetime, policy: Policy = Policy()) -> Decision | None:
    """The next move; None = leave the alert and its timer alone."""
    match state.state, state.urgency, fact:
        case (AlertState.OPEN, _, Acknowledged()):
            return Decision(None, state.step, None)
        case (AlertState.OPEN, Urgency.ROUTINE | Urgency.NONE, Opened()):
            return Decision(None, 0, end_of_day(now, policy))
        case (AlertState.OPEN, Urgency.ROUTINE | Urgency.NONE, Woke(step)) if step == state.step:
            return Decision(Whom.MANAGER, step + 1, end_of_day(now + dt.timedelta(minutes=1), policy))
        case (AlertState.OPEN, _, Opened()):
            return Decision(Whom.ON_CALL, 1, now + patience(state.urgency, now, policy))
        case (AlertState.OPEN, _, Woke(step)) if step == state.step:
            return Decision(Whom.NEXT if step == 1 else Whom.MANAGER, step + 1, now + patience(state.urgency, now, policy))
    return None


def patience(urgency: Urgency, now: dt.datetime, policy: Policy = Policy()) -> dt.timedelta:
    """How long a person has to acknowledge before the next one is paged."""
    if urgency is Urgency.IMMEDIATE:
        return policy.immediate
    return policy.urgent_in_hours if in_hours(now, policy) else policy.urgent_out_of_hours


def target(urgency: Urgency, opened_at: dt.datetime, policy: Policy = Policy()) -> dt.datetime:
    """By when a person must have acknowledged an alert (UTC)."""
    if urgency.escalates:
        return opened_at + patience(urgency, opened_at, policy)
    return end_of_day(opened_at, policy)


def in_hours(now: dt.datetime, policy: Policy = Policy()) -> bool:
    """Whether the charity is staffed at this moment."""
    local = now.astimezone(ZoneInfo(policy.zone))
    return local.isoweekday() in policy.days and policy.opens <= local.time() < policy.closes


def end_of_day(now: dt.datetime, policy: Policy = Policy()) -> dt.datetime:
    """The next closing time of a working day that lies after `now` (UTC)."""
    zone = ZoneInfo(policy.zone)
    day = now.astimezone(zone).date()
    for _ in range(10):
        closing = dt.datetime.combine(day, policy.closes, zone).astimezone(dt.UTC)
        if day.isoweekday() in policy.days and closing > now:
            return closing
        day += dt.timedelta(days=1)
    raise ValueError("the policy has no working days")
