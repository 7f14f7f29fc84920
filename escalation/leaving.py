"""A colleague leaves: her account is closed, and nothing waits for her any more."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import staff_changes
from casefile.models import Person, Staff
from escalation.alerts import let_go
from escalation.takeover import hand_back


def leave(session: Session, staff: Staff, now: dt.datetime, by: int | None = None) -> list[str]:
    """Close the account, hand her conversations back, page others about her alerts; returns whose caseworker she stays, by reference.

    `by`: who did it; None = from the command line. Raises StaffWrong, and then nothing has changed.
    """
    staff_changes.close(session, staff, now, by)
    for person_id in session.scalars(select(Person.id).where(Person.taken_over_by == staff.id).order_by(Person.id)).all():
        hand_back(session, person_id, by, now, by_manager=True)
    let_go(session, staff.id, now)
    return list(session.scalars(select(Person.ref).where(Person.caseworker_id == staff.id).order_by(Person.ref)))
