"""Tell open dashboards that something changed: a row written in the same transaction as the change."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from casefile.models import LiveEvent


def tell(session: Session, kind: str, now: dt.datetime, person_id: int | None = None, alert_id: int | None = None) -> None:
    """`kind` is one of alert, message, delivery, checkin, person, call, system."""
    session.add(LiveEvent(kind=kind, at=now, person_id=person_id, alert_id=alert_id))


def latest(session: Session) -> int:
    """The id of the newest event; 0 when there is none."""
    return session.scalar(select(func.max(LiveEvent.id))) or 0


def since(session: Session, last_id: int, limit: int = 500) -> list[LiveEvent]:
    """Events after `last_id`, oldest first."""
    return list(session.scalars(select(LiveEvent).where(LiveEvent.id > last_id).order_by(LiveEvent.id).limit(limit)))


def forget(session: Session, before: dt.datetime) -> int:
    """Remove events older than `before`; nothing reads them again."""
    return int(session.execute(delete(LiveEvent).where(LiveEvent.at < before)).rowcount)  # type: ignore[attr-defined]
