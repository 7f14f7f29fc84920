"""Tell our own or the provider's trouble apart from people's silence: ladders wait, and one alert names everybody it touches."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import and_, or_, select, update
from sqlalchemy.orm import Session

from casefile import live
from casefile.models import Checkin, Heartbeat, Outbox, Person, Plan
from casefile.vocabulary import CheckinState, OutboxState, Urgency
from checkins.ladder_terms import OPEN
from checkins.outcomes import HER_NUMBER
from checkins.rows import heartbeat
from checkins.telling import report, tell_again
from messaging.delivery import NUMBER_GONE, OPTED_OUT, OUR_FAULT

SENDING, LADDER = "sending", "ladder"
# So many newest sends, all failing for a reason of ours within this time, are an outage.
ENOUGH, WITHIN = 3, dt.timedelta(hours=6)
# Nothing has failed any more for so long: try again.
QUIET = dt.timedelta(minutes=30)
# The ladder was not looked at for so long: the worker was away.
AWAY = dt.timedelta(minutes=15)
_HERS = OPTED_OUT | NUMBER_GONE | HER_NUMBER
LINE = ("Check-ins could not be sent: our own service or the provider failed. This is not the people's silence; those named were not asked "
         "or may not have been able to answer")


def is_on(session: Session) -> bool:
    """Whether ladders are suspended now."""
    row = session.get(Heartbeat, SENDING)
    return row is not None and row.state == "down"


def watch(session: Session, now: dt.datetime) -> bool:
    """Look at the newest sends, suspend or resume the ladders accordingly; returns whether there is an outage now."""
    on = heartbeat(session, SENDING, now).state == "down"
    failing = _failing(session, now)
    if failing and not on:
        suspend_for_outage(session, now)
        return True
    if on and not failing:
        resume(session, now)
        return False
    return on


def _failing(session: Session, now: dt.datetime) -> bool:
    """Whether the newest sends all failed for a reason of ours; one that works ends it, and so does nothing failing any more for a while."""
    tried = or_(Outbox.state.in_([OutboxState.SENT, OutboxState.FAILED, OutboxState.UNKNOWN]),
                and_(Outbox.state == OutboxState.READY, Outbox.fault.is_not(None)))
    newest = session.execute(select(Outbox.state, Outbox.error_code, Outbox.created_at).where(tried, Outbox.created_at >= now - WITHIN)
                             .order_by(Outbox.id.desc()).limit(ENOUGH)).all()
    if len(newest) < ENOUGH or newest[0].created_at < now - QUIET:
        return False
    return all(row.error_code in OUR_FAULT if row.state is OutboxState.SENT else row.error_code not in _HERS for row in newest)


def suspend_for_outage(session: Session, now: dt.datetime) -> None:
    """Suspend every ladder that waits for her; people who are already at work on a silence go on. Names everybody due."""
    _mark(heartbeat(session, SENDING, now), "down", now)
    waiting = (CheckinState.PLANNED, CheckinState.ASKED)
    session.execute(update(Checkin).where(Checkin.state.in_(waiting), Checkin.heard.is_(None)).values(heard="outage_began")
                    .execution_options(synchronize_session=False))
    refs = session.scalars(select(Person.ref).join(Checkin, Checkin.person_id == Person.id)
                           .where(Checkin.state.in_([*waiting, CheckinState.SUSPENDED])).distinct())
    # The same people may be named from an earlier outage; this one is news all the same.
    tell_again(report(session, "outage:", Urgency.URGENT, LINE, refs, now), now)
    live.tell(session, "system", now)


def resume(session: Session, now: dt.datetime) -> None:
    """Let the ladders go on. The alert stays until a person has looked at who was touched."""
    _mark(heartbeat(session, SENDING, now), "up", now)
    session.execute(update(Checkin).where(Checkin.state == CheckinState.SUSPENDED, Checkin.heard.is_(None)).values(heard="outage_ended")
                    .execution_options(synchronize_session=False))
    session.execute(update(Checkin).where(Checkin.heard == "outage_began").values(heard=None).execution_options(synchronize_session=False))
    live.tell(session, "system", now)


def pulse(session: Session, now: dt.datetime) -> None:
    """Say that the ladder is looked at; after a gap, report everybody who was due meanwhile."""
    row = heartbeat(session, LADDER, now)
    last = row.at
    _mark(row, "up", now)
    if now - last < AWAY:
        return
    overdue = now - AWAY
    due = select(Person.ref).join(Plan, Plan.person_id == Person.id).where(Plan.next_at > last, Plan.next_at <= overdue)
    waiting = select(Person.ref).join(Checkin, Checkin.person_id == Person.id).where(
        Checkin.state.in_(OPEN), or_(and_(Checkin.run_at > last, Checkin.run_at <= overdue), and_(
            Checkin.state == CheckinState.PLANNED, Checkin.planned_at > last, Checkin.planned_at <= overdue)))
    refs = {*session.scalars(due), *session.scalars(waiting)}
    if refs:
        # Each absence is an alert of its own: another one is news, and so is who was due in it.
        report(session, f"away:{now:%Y%m%d%H%M%S}:", Urgency.URGENT,
               f"The service was not working from {last:%d %b %H:%M} to {now:%d %b %H:%M} UTC. For those named something was due meanwhile", refs, now)


def _mark(row: Heartbeat, state: str, now: dt.datetime) -> None:
    if row.state != state:
        row.since, row.state = now, state
    row.at = now
