"""Remove message words that are no longer needed: the provider's copies soon after a final status, our own after the retention time."""

from __future__ import annotations

import datetime as dt
import logging

from sqlalchemy import select, update

from casefile.database import Database
from casefile.models import Inbound, Outbox
from casefile.vocabulary import InboundState, OutboxState
from messaging.gateway import Gateway, GatewayError, Misconfigured, Refused

log = logging.getLogger(__name__)
# Twilio refuses to empty a message before its final status; reconciliation also needs the words for a while.
SETTLED = dt.timedelta(hours=2)
NOT_FOUND = 20404


def redact(database: Database, gateway: Gateway, now: dt.datetime, retention_days: int, limit: int = 50) -> int:
    """One batch at the provider, then our own; returns how many provider copies were emptied."""
    with database.read() as session:
        sent = session.execute(select(Outbox.id, Outbox.provider_sid).where(
            Outbox.state == OutboxState.SENT, Outbox.redacted_at.is_(None), Outbox.provider_sid.like("SM%"), Outbox.sent_at < now - SETTLED).limit(limit)).all()
        received = session.execute(select(Inbound.id, Inbound.provider_sid).where(
            Inbound.state == InboundState.DONE, Inbound.redacted_at.is_(None), Inbound.provider_sid.like("SM%"),
            Inbound.handled_at < now - SETTLED).limit(limit)).all()
    done: dict[type[Outbox] | type[Inbound], list[int]] = {Outbox: [], Inbound: []}
    for model, rows in ((Outbox, sent), (Inbound, received)):
        for row_id, sid in rows:
            try:
                gateway.redact(sid)
            except Refused as refused:
                # Not there any more: there is no copy to empty. Our account is refused: the copies are there, and are emptied later.
                if isinstance(refused, Misconfigured) and refused.code != NOT_FOUND:
                    log.warning("provider copies are not emptied now: %s", refused)
                    break
            except GatewayError as error:
                log.warning("provider copies are not emptied now: %s", error)
                break
            done[model].append(row_id)
    with database.write() as session:
        for model, ids in done.items():
            if ids:
                session.execute(update(model).where(model.id.in_(ids)).values(redacted_at=now))
        if retention_days:
            before = now - dt.timedelta(days=retention_days)
            session.execute(update(Inbound).where(Inbound.handled_at < before, Inbound.state == InboundState.DONE).values(body="", extras=None))
            session.execute(update(Outbox).where(Outbox.sent_at < before).values(body="", own_words=None))
    return sum(map(len, done.values()))
