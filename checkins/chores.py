"""What is looked after from day to day: plans and addresses near their review date, long pauses, follow-ups, patterns over weeks.

A repeat changes nothing: each task has a key of its own.
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from casefile.database import Database
from casefile.models import Address, Alert, CallAttempt, Person, Plan, PlanChange, WelfareCall
from casefile.vocabulary import AlertKind, Urgency
from checkins import calls, changes, patterns
from checkins.rows import heartbeat
from escalation.alerts import raise_alert

REMIND_BEFORE = dt.timedelta(days=14)
LONG_PAUSE = dt.timedelta(days=14)
BATCH = 50


def daily(database: Database, now: dt.datetime) -> None:
    """Do all chores; each task is raised once."""
    with database.write() as session:
        _reviews(session, now)
        _long_pauses(session, now)
        _follow_ups(session, now)
        _heal(session, now)
    _patterns(database, now)


def _reviews(session: Session, now: dt.datetime) -> None:
    """A plan, or an address it uses, is to be reviewed soon: nothing is sent once the date has passed."""
    soon = (now + REMIND_BEFORE).date()
    for person_id, on in session.execute(select(Plan.person_id, Plan.review_on).where(
            Plan.confirmed_at.is_not(None), Plan.review_on <= soon, Plan.consent_withdrawn_at.is_(None))).all():
        _task(session, f"review:plan:{person_id}:{on}", person_id, f"Her contact plan is to be reviewed by {on}; after that nothing is sent", now)
    for address_id, person_id, channel, on in session.execute(select(Address.id, Address.person_id, Address.channel, Address.review_by).where(
            Address.consent, Address.review_by <= soon, Address.suspended_at.is_(None))).all():
        _task(session, f"review:address:{address_id}:{on}", person_id,
              f"Please check with her by {on} whether {channel} is still safe; after that nothing is sent there", now)


def _long_pauses(session: Session, now: dt.datetime) -> None:
    """Somebody who is not asked any more for two weeks, without having asked us to stop, is not forgotten: a task every four weeks."""
    touched = exists().where(PlanChange.person_id == Plan.person_id, PlanChange.at > now - LONG_PAUSE)
    unasked = select(Plan.person_id).join(Person, Person.id == Plan.person_id).where(
        Plan.confirmed_at < now - LONG_PAUSE, Plan.next_at.is_(None), Plan.inbound_only.is_(False), Plan.consent_withdrawn_at.is_(None),
        Person.stopped_at.is_(None), ~touched)
    for person_id in session.scalars(unasked).all():
        _task(session, f"unasked:{person_id}:{now.toordinal() // 28}", person_id,
              "No check-in is planned for her (paused, phone in question, or the plan has ended). Please decide with her how to go on", now)


def _follow_ups(session: Session, now: dt.datetime) -> None:
    """What was agreed in a call comes back as a task on its day."""
    due = session.execute(select(CallAttempt, WelfareCall.person_id).join(WelfareCall, WelfareCall.id == CallAttempt.call_id).where(
        CallAttempt.follow_up.is_not(None), CallAttempt.follow_up_on <= now.date(), CallAttempt.follow_up_on > now.date() - LONG_PAUSE)).all()
    for tried, person_id in due:
        if session.scalar(select(Alert.id).where(Alert.key == f"follow-up:{tried.id}")) is None:
            calls.follow_up(session, person_id, tried, now)


def _heal(session: Session, now: dt.datetime) -> None:
    """A live plan without a next time (a suspension that ended, a wrong clock) gets one: nobody is silently left out."""
    for person, plan in session.execute(select(Person, Plan).join(Plan, Plan.person_id == Person.id).where(
            Plan.next_at.is_(None), Plan.confirmed_at.is_not(None), Plan.paused.is_(False), Plan.inbound_only.is_(False),
            Plan.consent_withdrawn_at.is_(None), Person.stopped_at.is_(None), Person.suspended_at.is_(None), Person.adult).order_by(Person.id)).all():
        try:
            changes.settle(session, person, plan, now)
        except ValueError:
            continue  # a plan that cannot be read: `run` told a person when it met it, and tells again tomorrow
        if plan.next_at is not None:
            _task(session, f"asked-again:{person.id}:{now:%Y%m%d}", person.id, "Her check-ins go on again; please see that the plan is still right", now)


def _task(session: Session, key: str, person_id: int, why: str, now: dt.datetime) -> None:
    if session.scalar(select(Alert.id).where(Alert.key == key)) is None:
        raise_alert(session, key=key, kind=AlertKind.PATTERN, urgency=Urgency.ROUTINE, person_id=person_id, why=[why], now=now)


def _patterns(database: Database, now: dt.datetime) -> None:
    """Once a day, in small transactions, so that nobody waits for it."""
    with database.write() as session:
        row = heartbeat(session, "patterns", now)
        if row.state == "up" and row.at.date() == now.date():
            return
        row.at, row.state = now, "up"
    last = 0
    while True:
        with database.write() as session:
            people = session.scalars(select(Person).join(Plan, Plan.person_id == Person.id).where(Person.id > last, Plan.confirmed_at.is_not(None))
                                     .order_by(Person.id).limit(BATCH)).all()
            for person in people:
                patterns.tell(session, person, now)
        if len(people) < BATCH:
            return
        last = people[-1].id
