"""How many sends one of our own numbers' rate allows now: a token bucket kept in the database, so that it holds for all workers together."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import encryption
from casefile.models import SenderBucket


def take(session: Session, sender: str, wanted: int, per_second: float, now: dt.datetime) -> int:
    """Take up to `wanted` tokens of a sender; returns how many there were. A bucket holds at most one second's worth (at least one)."""
    key = encryption.ring().lookup("sender:" + sender)
    row = session.scalar(select(SenderBucket).where(SenderBucket.sender_hash == key).with_for_update())
    full = max(1.0, per_second)
    if row is None:
        row = SenderBucket(sender_hash=key, tokens=full, at=now)
        session.add(row)
    row.tokens = min(full, row.tokens + max(0.0, (now - row.at).total_seconds()) * per_second)
    row.at = now
    taken = min(wanted, int(row.tokens))
    row.tokens -= taken
    return taken
