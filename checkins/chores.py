"""What is looked after from day to day: plans and addresses near their review date, long pauses, follow-ups, patterns over weeks.

A repeat changes nothing: each task has a key of its own. A chore, or a person, that fails (a value that cannot be read) holds up nothing else.
"""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, load_only

from casefile.database import Database
from casefile.encryption import readable
from casefile.models import Address, Alert, CallAttempt, Person, Plan, PlanChange, WelfareCall
from casefile.vocabulary import AlertKind, Urgency
from checkins import calls, changes, patterns
from checkins.rows import heartbeat
from escalation.alerts import raise_alert

log = logging.getLogger(__name__)
REMIND_BEFORE = dt.timedelta(days=14)
LONG_PAUSE = dt.timedelta(days=14)
# Her name may be beyond reading: no chore asks for it.
_NOTHING_ENCRYPTED = load_only(Person.id, Person.time_zone, Person.adult, Person.stopped_at, Person.suspended_at)


def daily(database: Database, now: dt.datetime) -> None:
    """Do all chores; each task is raised once."""
    for chore in (_reviews, _long_pauses, _follow_ups):
        with _alone(chore.__name__), database.write() as session:
            chore(session, now)
    _heal(database, now)
    _patterns(database, now)


@contextmanager
def _alone(what: str) -> Iterator[None]:
    """What fails in here is said in the log and tried again another time."""
    try:
        yield
    except Exception as error:  # noqa: BLE001
        log.exception("%s failed: %s", what, type(error).__name__)


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
    due = dict(session.execute(select(CallAttempt.id, WelfareCall.person_id).join(WelfareCall, WelfareCall.id == CallAttempt.call_id).where(
        CallAttempt.follow_up.is_not(None), CallAttempt.follow_up_on <= now.date(), CallAttempt.follow_up_on > now.date() - LONG_PAUSE)).all())
    told = set(session.scalars(select(Alert.key).where(Alert.key.in_([f"follow-up:{tried_id}" for tried_id in due]))))
    new = [tried_id for tried_id in due if f"follow-up:{tried_id}" not in told]
    agreed = readable(lambda some: dict(session.execute(select(CallAttempt.id, CallAttempt.follow_up).where(CallAttempt.id.in_(some))).all()),
                      new, "call attempt")
    for tried_id in new:
        calls.follow_up(session, due[tried_id], tried_id, agreed.get(tried_id, "what was agreed cannot be read (a key is missing)"), now)


def _heal(database: Database, now: dt.datetime) -> None:
    """A live plan without a next time (a suspension that ended, a wrong clock) gets one: nobody is silently left out."""
    left_out = select(Person, Plan).join(Plan, Plan.person_id == Person.id).where(
        Plan.next_at.is_(None), Plan.confirmed_at.is_not(None), Plan.paused.is_(False), Plan.inbound_only.is_(False),
        Plan.consent_withdrawn_at.is_(None), Person.stopped_at.is_(None), Person.suspended_at.is_(None), Person.adult)
    with database.read() as session:
        ids = session.scalars(left_out.with_only_columns(Person.id).order_by(Person.id)).all()
    for person_id in ids:
        # A plan that cannot be read (ValueError): `run` told a person when it met it, and tells again tomorrow.
        with _alone(f"healing the plan of person {person_id}"), suppress(ValueError), database.write() as session:
            for person, plan in session.execute(left_out.where(Person.id == person_id).options(_NOTHING_ENCRYPTED)).all():
                changes.settle(session, person, plan, now)
                if plan.next_at is not None:
                    _task(session, f"asked-again:{person_id}:{now:%Y%m%d}", person_id,
                          "Her check-ins go on again; please see that the plan is still right", now)


def _task(session: Session, key: str, person_id: int, why: str, now: dt.datetime) -> None:
    if session.scalar(select(Alert.id).where(Alert.key == key)) is None:
        raise_alert(session, key=key, kind=AlertKind.PATTERN, urgency=Urgency.ROUTINE, person_id=person_id, why=[why], now=now)


def _patterns(database: Database, now: dt.datetime) -> None:
    """Once a day, person by person and only read where nothing is seen, so that nobody waits for it."""
    with database.write() as session:
        row = heartbeat(session, "patterns", now)
        if row.state == "up" and row.at.date() == now.date():
            return
        row.at, row.state = now, "up"
    with database.read() as session:
        ids = session.scalars(select(Plan.person_id).where(Plan.confirmed_at.is_not(None)).order_by(Plan.person_id)).all()
    for person_id in ids:
        with _alone(f"the patterns of person {person_id}"):
            with database.read() as session:
                seen = patterns.look(session, session.get_one(Person, person_id, options=[_NOTHING_ENCRYPTED]), now)
            if seen:
                with database.write() as session:
                    patterns.tell(session, person_id, seen, now)
