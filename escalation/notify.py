"""Page staff: a text that says only how urgent and which reference. Never a name, number or word of hers."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.models import Alert, AlertEvent, OnCallShift, Person, Staff
from casefile.vocabulary import Channel, Lane, Purpose, Urgency
from escalation.oncall import Colleague, Shift, who
from escalation.policy import Whom
from messaging import outbox


def page(session: Session, alert: Alert, whom: Whom, now: dt.datetime) -> int:
    """Queue a page to whoever is to be told now; returns how many were queued. The alert says so when nobody could be."""
    # Ids and roles only: a record that cannot be decrypted must not keep the others from being paged.
    staff = session.execute(select(Staff.id, Staff.role).where(Staff.active, Staff.phone.is_not(None)))
    colleagues = [Colleague(s.id, s.role) for s in staff]
    shifts = session.scalars(select(OnCallShift).where(OnCallShift.starts_at <= now, OnCallShift.ends_at > now))
    paged = who([Shift(s.staff_id, s.position, s.starts_at, s.ends_at) for s in shifts], colleagues, whom, now)
    for staff_id in paged.staff_ids:
        outbox.queue(session, dedupe=f"page:{alert.id}:{int(now.timestamp() * 1000)}:{staff_id}", purpose=Purpose.PAGE,
                     channel=Channel.SMS, staff_id=staff_id, alert_id=alert.id, body=page_text(session, alert), now=now,
                     lane=Lane.DANGER if alert.urgency.escalates else Lane.BULK)
        event(session, alert, "paged", now, detail={"staff_id": staff_id, "as": str(whom)})
    if paged.nobody_on_call:
        event(session, alert, "nobody on call", now, detail={"paged": len(paged.staff_ids)})
    return len(paged.staff_ids)


def page_text(session: Session, alert: Alert) -> str:
    """The words of a page."""
    ref = session.scalar(select(Person.ref).where(Person.id == alert.person_id))
    urgency = "TASK" if alert.urgency is Urgency.ROUTINE else alert.urgency.upper()
    return f"Alongside: {urgency}. Please open the dashboard. Ref {ref or f'A{alert.id}'}"


def event(session: Session, alert: Alert, what: str, now: dt.datetime, staff_id: int | None = None,
          detail: dict[str, object] | None = None) -> None:
    """Write down what happened to an alert."""
    session.add(AlertEvent(alert_id=alert.id, at=now, what=what, staff_id=staff_id, detail=detail))
