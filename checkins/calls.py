"""Welfare calls made by people: asked for or due after silence, tried at different times of day, with an outcome in the end.

No voicemail, ever; no name to anybody else; the first question is whether she can talk (the call sheet says so).
"""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import live
from casefile.models import Person, Plan, WelfareCall
from messaging.safe_hours import next_safe

# Every call is due in her safe hours, and should be made within this time of them beginning.
WITHIN = dt.timedelta(hours=24)


def request_call(session: Session, person: Person | int, why: str, now: dt.datetime, asked_for: str | None = None, alert_id: int | None = None,
                 checkin_id: int | None = None) -> WelfareCall:
    """A call to be made from her next safe hour on; one open call a person (a new wish or alert is added to it).

    `why`: asked, silence, not_reached_by_text, planned...; `asked_for`: her own words about when.
    """
    person_id = person if isinstance(person, int) else person.id
    call = session.scalars(select(WelfareCall).where(WelfareCall.person_id == person_id, WelfareCall.done_at.is_(None))
                           .order_by(WelfareCall.id).limit(1).with_for_update()).first()
    if call is None:
        due = due_from(session, person_id, now)
        call = WelfareCall(person_id=person_id, why=why, due_from=due, due_until=due + WITHIN, created_at=now, asked_for=asked_for,
                           alert_id=alert_id, checkin_id=checkin_id)
        session.add(call)
    else:
        call.asked_for = asked_for or call.asked_for
        call.alert_id = call.alert_id or alert_id
        call.checkin_id = call.checkin_id or checkin_id
        if call.why == "asked" and why != "asked":
            call.why = why
    session.flush()
    live.tell(session, "call", now, person_id, call.alert_id)
    return call


def due_from(session: Session, person_id: int, now: dt.datetime) -> dt.datetime:
    """Her next safe hour (UTC); at once when her plan names none, because then a person must decide."""
    person, plan = session.get(Person, person_id), session.scalar(select(Plan).where(Plan.person_id == person_id))
    if person is None or plan is None:
        return now
    return next_safe(now, person.time_zone, plan.safe_hours, plan.never_dates) or now
