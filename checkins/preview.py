"""Who will get what, and when, in the next days: read from the very functions by which the run asks, so that it equals what is then sent.

What nobody can know beforehand is left out: answers, repeats, wishes still to come, a colleague taking a conversation over.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.models import Person, Plan
from casefile.vocabulary import Channel
from checkins import introduction, schedule
from checkins.changes import view_of
from checkins.gather import Scene

AHEAD = dt.timedelta(days=14)
BATCH = 500


@dataclass(frozen=True)
class Coming:
    """One check-in to come. `at` is UTC, `day` her local day; `channel` None = there is no agreed way to write, a colleague is asked to call.

    `why` says why it is not at the usual hour (None = it is); `introduces`: its words say that it is automated.
    """

    at: dt.datetime
    day: dt.date
    person_id: int
    ref: str
    channel: Channel | None
    language: str
    text_key: str
    why: str | None
    introduces: bool = False


def person(session: Session, person_id: int, now: dt.datetime, ahead: dt.timedelta = AHEAD) -> list[Coming]:
    """Her check-ins to come, in order."""
    return sorted(_coming(session, [person_id], now, ahead), key=lambda c: c.at)


def team(session: Session, now: dt.datetime, ahead: dt.timedelta = AHEAD, caseworker_id: int | None = None) -> list[Coming]:
    """Everybody's check-ins to come, in order; of one caseworker when given."""
    ids = select(Person.id).join(Plan, Plan.person_id == Person.id).where(Plan.next_at <= now + ahead).order_by(Person.id)
    if caseworker_id is not None:
        ids = ids.where(Person.caseworker_id == caseworker_id)
    found = list(session.scalars(ids))
    coming = [c for i in range(0, len(found), BATCH) for c in _coming(session, found[i:i + BATCH], now, ahead)]
    return sorted(coming, key=lambda c: (c.at, c.person_id))


def _coming(session: Session, person_ids: Iterable[int], now: dt.datetime, ahead: dt.timedelta) -> Iterator[Coming]:
    ids = list(person_ids)
    scene = Scene(session, ids, now)
    plans = session.execute(select(
        Plan.person_id, Plan.next_at, Plan.rule, Plan.starts_on, Plan.at_time, Plan.jitter_minutes, Plan.safe_hours, Plan.never_dates, Plan.review_on,
        Plan.confirmed_at, Plan.paused, Plan.paused_until, Plan.moved_to, Plan.inbound_only, Plan.consent_withdrawn_at, Plan.cover,
        Person.time_zone, Person.stopped_at, Person.suspended_at, Person.adult, Person.ref, Person.language,
    ).join(Person, Person.id == Plan.person_id).where(Plan.person_id.in_(ids)))
    threads = introduction.threads(session, ids)
    for plan in plans:
        for moment in _moments(plan, now, now + ahead):
            way = next(iter(scene.ways(plan.person_id, moment.at)), None)
            if way is None:
                yield Coming(moment.at, moment.day, plan.person_id, plan.ref, None, plan.language, f"checkin.ask.{plan.cover}", moment.why)
                continue
            channel, address_id = way
            thread = threads.get(address_id, introduction.Thread())
            first = introduction.due(thread, moment.at)
            threads[address_id] = introduction.after(thread, moment.at, channel)
            yield Coming(moment.at, moment.day, plan.person_id, plan.ref, channel, plan.language,
                         introduction.text_key(channel, plan.cover, first), moment.why, first)


def _moments(plan: object, now: dt.datetime, end: dt.datetime) -> list[schedule.Moment]:
    """The plan's next time as it stands (that is what the run goes by), and the ones after it."""
    view = view_of(plan, plan)
    next_at: dt.datetime | None = plan.next_at  # type: ignore[attr-defined]
    if next_at is None or not view.live:
        return []
    later = schedule.upcoming(view, max(next_at, now) + dt.timedelta(microseconds=1), end)
    if next_at >= end:
        return []
    known = next(iter(schedule.upcoming(view, next_at, next_at + dt.timedelta(microseconds=1))), None)
    return [known or schedule.Moment(next_at, schedule.local_day(view, next_at)), *later]
