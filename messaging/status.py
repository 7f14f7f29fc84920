"""Take in what the provider says of a message, in any order, as often as it likes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import live
from casefile.models import DeliveryEvent, Outbox
from casefile.vocabulary import OutboxState
from messaging.delivery import FAILED, meaning, newer
from messaging.outbox import locked

# Told what became of a message (sent, delivered, read, undelivered, opted_out, number_gone, our_fault, not_sent, lost), in the same
# transaction; lives to the left, where check-ins and alerts are known.
Heard = Callable[[Session, Outbox, str, dt.datetime], None]


def record_status(session: Session, *, token: str | None, sid: str, status: str, error_code: int | None, heard: Heard, now: dt.datetime,
                  answered_by: str | None = None) -> bool:
    """Store a status and, when it moves the message forward, apply it. False when no message of ours is meant."""
    row = locked(session, Outbox.token == token if token else Outbox.provider_sid == sid)
    if row is None or (row.provider_sid is not None and row.provider_sid != sid):
        return False
    session.add(DeliveryEvent(outbox_id=row.id, at=now, status=status, error_code=error_code))
    if answered_by:
        row.answered_by = answered_by
    taken(row, sid, now)
    rank = newer(status, error_code, row.provider_status, row.status_rank)
    if rank is not None:
        row.provider_status, row.status_rank = status, rank
        row.error_code = error_code if status in FAILED else None
        if (what := meaning(status, error_code)) is not None:
            heard(session, row, what, now)
        live.tell(session, "delivery", now, row.person_id, row.alert_id)
    return True


def taken(row: Outbox, sid: str, now: dt.datetime) -> None:
    """The provider has the message: whatever we thought before (a status may come before the answer to our request)."""
    if row.provider_sid is None:
        row.provider_sid = sid
    if row.state in (OutboxState.SENDING, OutboxState.UNKNOWN, OutboxState.READY):
        row.state, row.sent_at, row.run_at, row.owner, row.lease_until = OutboxState.SENT, row.sent_at or now, None, None, None


def by_sid(session: Session, sids: list[str]) -> set[str]:
    """Which of these provider ids already belong to a message of ours."""
    return set(session.scalars(select(Outbox.provider_sid).where(Outbox.provider_sid.in_(sids)))) - {None}  # type: ignore[return-value]
