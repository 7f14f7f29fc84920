"""Change a plan or the person's settings so that it is written down and can be put back. Keeps the next check-in's time right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import audit, live
from casefile.models import Checkin, Person, Plan, PlanChange
from casefile.vocabulary import Purpose
from checkins import schedule
from checkins.ladder_terms import Ended, Paused
from checkins.moves import hear, move_all, open_checkins
from messaging import outbox
from messaging.safe_hours import next_safe

PLAN_FIELDS = frozenset({
    "confirmed_by", "confirmed_at", "review_on", "rule", "starts_on", "at_time", "jitter_minutes", "safe_hours", "never_dates", "stress_dates",
    "channels", "ladder", "cover", "after_alarm", "daily_cap", "inbound_only", "paused_until", "paused", "moved_to", "consent",
    "consent_withdrawn_at"})
PERSON_FIELDS = frozenset({"language", "dialect", "interpreter_needed", "time_zone", "caseworker_id", "adult", "stopped_at", "suspended_at",
                           "suspended_why"})
# What these hold back begins again only by an act for which somebody asked her (start, phone back, confirm), never by putting a change back.
_ASKS_HER = frozenset({"stopped_at", "suspended_at", "consent_withdrawn_at", "confirmed_at"})
# A pause that came with her block at the provider: it, too, is hers to end.
BLOCKED = "blocked us at the provider"


class NoPlan(LookupError):
    """The person has no contact plan yet."""


class ChangeGone(RuntimeError):
    """The change cannot be put back, or not any more; the message can be shown to staff."""


def locked_person(session: Session, person_id: int) -> Person:
    """The person, locked first in every change so that two changes of one person wait for each other."""
    return session.scalars(select(Person).where(Person.id == person_id).with_for_update(key_share=True).execution_options(populate_existing=True)).one()


def locked(session: Session, person_id: int) -> tuple[Person, Plan | None]:
    """The person and her plan if she has one, locked in this order."""
    person = locked_person(session, person_id)
    return person, session.scalar(select(Plan).where(Plan.person_id == person_id).with_for_update().execution_options(populate_existing=True))


def planned(session: Session, person_id: int) -> tuple[Person, Plan]:
    """The person and her plan, locked. Raises NoPlan."""
    person, plan = locked(session, person_id)
    if plan is None:
        raise NoPlan("This person has no contact plan yet.")
    return person, plan


def make(session: Session, person_id: int, what: str, values: Mapping[str, Any], now: dt.datetime, staff_id: int | None = None) -> PlanChange:
    """Set fields of the plan or the person (PLAN_FIELDS, PERSON_FIELDS), write the change down, and set the next check-in's time.

    `staff_id` None = by the person's own text, or her block at the provider. Raises NoPlan when a field of a plan is named and there is none.
    """
    return _set(session, *locked(session, person_id), what, values, now, staff_id)


def _set(session: Session, person: Person, plan: Plan | None, what: str, values: Mapping[str, Any], now: dt.datetime, staff_id: int | None) -> PlanChange:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    for name, value in values.items():
        row = _owner(name, person, plan)
        before[name], after[name] = _plain(getattr(row, name)), _plain(value)
        setattr(row, name, value)
    change = PlanChange(person_id=person.id, at=now, by_staff_id=staff_id, what=what[:40], before=before, after=after)
    session.add(change)
    settle(session, person, plan, now)
    if staff_id is not None:
        audit.note(session, now, f"plan: {what}"[:60], staff_id, person.id, f"change {change.id}")
    live.tell(session, "person", now, person.id)
    return change


def revert(session: Session, change_id: int, staff_id: int, now: dt.datetime) -> PlanChange:
    """Put back what a change altered and nobody altered since, and write that down as a change of its own. Raises ChangeGone."""
    change = session.get(PlanChange, change_id)
    if change is None:
        raise ChangeGone("There is no such change.")
    person, plan = locked(session, change.person_id)
    session.refresh(change)
    values = to_put_back(change, person, plan)
    change.reverted_at = now
    return _set(session, person, plan, f"put back: {change.what}", values, now, staff_id)


def to_put_back(change: PlanChange, person: Person, plan: Plan | None) -> dict[str, Any]:
    """The fields that putting a change back sets: those it altered and nobody altered since. Raises ChangeGone when it cannot be put back."""
    if change.reverted_at is not None:
        raise ChangeGone("This was put back already.")
    altered = {name: value for name, value in change.before.items() if value != change.after[name]}
    if change.what == BLOCKED or any(_holds(name, change.after[name]) and not _holds(name, value) for name, value in altered.items() if name in _ASKS_HER):
        raise ChangeGone("Not by this list: it begins again only when somebody has asked them.")
    left = {name: _rich(name, value) for name, value in altered.items() if getattr(_owner(name, person, plan), name) == _rich(name, change.after[name])}
    if "confirmed_at" not in left:
        left.pop("confirmed_by", None)  # who confirmed goes with when
    if not left:
        raise ChangeGone("What it altered was altered again since." if altered else "It altered nothing.")
    return left


def _holds(name: str, value: Any) -> bool:
    """Whether nothing is sent with this value of one of _ASKS_HER: a stop that is set, a confirmation that is missing."""
    return (value is None) == (name == "confirmed_at")


def settle(session: Session, person: Person, plan: Plan | None, now: dt.datetime) -> None:
    """After any change: what may not be sent any more is ended and taken back, the next check-in's time is set (one that is due and not made yet
    stays due, while it may be asked), and the ladder told to look at the open ones again. What people are at goes on, unless she asked us to stop."""
    ends = _what_ends(person, plan, now)
    if ends is not None:
        fact, purposes = ends
        move_all(session, person.id, fact, now)
        outbox.cancel_pending(session, person.id, now, purposes)
    if plan is not None:
        if _wish_is_done(session, person, plan, now):
            plan.moved_to = None
        view = view_of(person, plan)
        found = schedule.next_after(view, now)
        if ends is not None or not _stays_due(view, plan.next_at, found, now):
            plan.next_at = found.at if found else None
    session.flush()
    for checkin in open_checkins(session, person.id):
        hear(session, checkin.id, "plan_changed")


def _wish_is_done(session: Session, person: Person, plan: Plan, now: dt.datetime) -> bool:
    """Whether the check-in at the time she had wished for was made, on a day before today: left standing, the wish would come back as another
    check-in whenever her safe hours change. (On its own day it keeps the usual hour from being asked as well.)"""
    if plan.moved_to is None or plan.moved_to.astimezone(zone := ZoneInfo(person.time_zone)).date() >= now.astimezone(zone).date():
        return False
    return session.scalar(select(Checkin.id).where(Checkin.person_id == person.id, Checkin.planned_at >= plan.moved_to).limit(1)) is not None


def _stays_due(view: schedule.PlanView, due: dt.datetime | None, found: schedule.Moment | None, now: dt.datetime) -> bool:
    """Whether a check-in is due that the worker has not made yet (it may have been away): no change may lose it untold. It gives way only to her
    wish for a moment ahead, to a first day ahead, and to another one of its own day or of the day on which it could be asked."""
    if due is None or due > now or not view.live:
        return False
    if (view.moved_to is not None and view.moved_to > now) or view.starts_on > schedule.local_day(view, now):
        return False
    at = next_safe(now, view.zone, view.hours, view.never)
    return found is None or found.day not in {schedule.local_day(view, day) for day in (due, at) if day is not None}


def _what_ends(person: Person, plan: Plan | None, now: dt.datetime) -> tuple[Ended | Paused, tuple[Purpose, ...]] | None:
    automatic = (Purpose.CHECKIN, Purpose.REPLY)
    if person.suspended_at is not None:
        return Paused(), (*automatic, Purpose.HUMAN)
    if person.stopped_at is not None:
        return Ended("stopped"), automatic
    if not person.adult:
        return Paused(), automatic  # people go on with what they are at
    if plan is not None and plan.consent_withdrawn_at is not None:
        return Ended("consent withdrawn"), automatic
    if plan is not None and (plan.paused or (plan.paused_until is not None and plan.paused_until > now)):
        return Paused(), (Purpose.CHECKIN,)
    return None


def view_of(person: Any, plan: Any) -> schedule.PlanView:
    """A plan as the schedule sees it; `live` only while something may be sent by it."""
    alive = (plan.confirmed_at is not None and not plan.paused and not plan.inbound_only and plan.consent_withdrawn_at is None
             and person.stopped_at is None and person.suspended_at is None and person.adult)
    return schedule.PlanView(
        person_id=plan.person_id, rule=plan.rule, starts_on=plan.starts_on, at_time=dt.time.fromisoformat(plan.at_time), zone=person.time_zone,
        hours=plan.safe_hours, never=plan.never_dates, jitter_minutes=plan.jitter_minutes, live=alive, paused_until=plan.paused_until,
        moved_to=plan.moved_to, review_on=plan.review_on)


def _owner(name: str, person: Person, plan: Plan | None) -> Person | Plan:
    if name in PERSON_FIELDS:
        return person
    if name not in PLAN_FIELDS:
        raise ValueError(f"{name} is not a field of a plan")
    if plan is None:
        raise NoPlan("This person has no contact plan yet.")
    return plan


_MOMENTS = frozenset({"confirmed_at", "paused_until", "moved_to", "consent_withdrawn_at", "stopped_at", "suspended_at"})
_DATES = frozenset({"review_on", "starts_on"})


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, (dt.datetime, dt.date)) else value


def _rich(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name in _MOMENTS:
        return dt.datetime.fromisoformat(value)
    return dt.date.fromisoformat(value) if name in _DATES else value
