"""Write the audit trail. Nothing here changes or deletes a row, and the database refuses it too (see the first migration)."""

from __future__ import annotations

import datetime as dt

from sqlalchemy.orm import Session

from casefile.models import Audit


def note(session: Session, now: dt.datetime, action: str, staff_id: int | None = None, person_id: int | None = None,
         detail: str | None = None) -> None:
    """Record that `staff_id` (None = the service itself) did `action`. `detail` holds ids and plain words only."""
    session.add(Audit(at=now, action=action, staff_id=staff_id, person_id=person_id, detail=detail))
