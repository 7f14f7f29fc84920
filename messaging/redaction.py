"""Remove what is no longer needed: words at the provider soon after a final status; after the retention time our own, reasons that quote them, and
the files that only the provider has."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from casefile.database import Database
from casefile.models import Alert, Inbound, Outbox
from casefile.vocabulary import AlertState, InboundState, OutboxState
from messaging.gateway import Gateway, GatewayError, Misconfigured, Refused

log = logging.getLogger(__name__)
# Twilio refuses to empty a message before its final status; reconciliation also needs the words for a while.
SETTLED = dt.timedelta(hours=2)
# A text is valid for four hours at most: what is refused so long after is not merely "not final yet".
GIVE_UP = dt.timedelta(days=2)
KEPT = "the provider keeps its copy"
NOT_FOUND = 20404
# Twilio's ids of texts, and of those with a picture or file.
FILED = "MM%"
AT_PROVIDER, AT_ONCE = 50, 500


def redact(database: Database, gateway: Gateway, now: dt.datetime) -> int:
    """Empty one batch at the provider; returns how many copies are there no more."""
    emptied = 0
    for model, state, at in ((Outbox, Outbox.state == OutboxState.SENT, Outbox.sent_at), (Inbound, Inbound.state == InboundState.DONE, Inbound.handled_at)):
        with database.read() as session:
            # In any order, so that some which are refused again and again hold up none of the others.
            rows = session.execute(select(model.id, model.provider_sid, at).where(
                state, model.redacted_at.is_(None), or_(model.fault.is_(None), model.fault != KEPT), at < now - SETTLED,
                or_(model.provider_sid.like("SM%"), model.provider_sid.like(FILED))).order_by(func.random()).limit(AT_PROVIDER)).all()
        gone, kept = _remove(gateway.redact, rows, now - GIVE_UP)
        for ids, values in ((gone, {"redacted_at": now}), (kept, {"fault": KEPT})):
            if ids:
                with database.write() as session:
                    session.execute(update(model).where(model.id.in_(ids)).values(values))
        emptied += len(gone)
    return emptied


def forget(database: Database, gateway: Gateway, now: dt.datetime, retention_days: int) -> int:
    """Empty one batch of each sort that is older than the retention time (0 days = keep everything); returns how many rows.

    Words, reasons and links of handled messages; words of sent ones; reasons of closed alerts that a message belongs to. Until then staff may open
    what came with a message, and the provider has the only copy: it goes when its link goes.
    """
    if not retention_days:
        return 0
    before = now - dt.timedelta(days=retention_days)
    old, filed = and_(Inbound.state == InboundState.DONE, Inbound.handled_at < before), Inbound.provider_sid.like(FILED)
    with database.read() as session:
        rows = session.execute(select(Inbound.id, Inbound.provider_sid, Inbound.handled_at).where(old, filed, Inbound.extras.is_not(None))
                               .order_by(func.random()).limit(AT_PROVIDER)).all()
    gone, kept = _remove(gateway.remove_media, rows, before - GIVE_UP)
    # Each asks for what is not empty yet, so that nothing is written twice and the lock is held for a moment only.
    todo: list[tuple[type[Any], ColumnElement[bool], dict[str, Any]]] = [
        (Inbound, and_(old, Inbound.extras.is_not(None), or_(~filed, Inbound.id.in_([*gone, *kept]))), {"extras": None}),
        (Inbound, and_(old, or_(Inbound.body != "", Inbound.why.is_not(None))), {"body": "", "why": None}),
        (Outbox, and_(Outbox.sent_at < before, or_(Outbox.body != "", Outbox.own_words.is_not(None))), {"body": "", "own_words": None}),
        (Alert, and_(Alert.state == AlertState.RESOLVED, Alert.resolved_at < before, Alert.why.is_not(None),
                     select(Inbound.id).where(Inbound.alert_id == Alert.id).exists()), {"why": None}),
    ]
    emptied = 0
    for model, full, nothing in todo:
        with database.read() as session:
            ids = list(session.scalars(select(model.id).where(full).limit(AT_ONCE)))
        if ids:
            with database.write() as session:
                session.execute(update(model).where(model.id.in_(ids)).values(nothing))
        emptied += len(ids)
    return emptied


def _remove(remove: Callable[[str], None], rows: Iterable[Any], give_up_before: dt.datetime) -> tuple[list[int], list[int]]:
    """Ask the provider for each row (its id, the provider's id, since when); returns the rows of which it has nothing more, and those given up."""
    gone: list[int] = []
    kept: list[int] = []
    for row_id, sid, at in rows:
        try:
            remove(sid)
        except GatewayError as error:
            # Not there any more: there is no copy. Our account is refused, or nothing answers: the copies are there, and are removed later.
            if error.code != NOT_FOUND:
                if not isinstance(error, Refused) or isinstance(error, Misconfigured):
                    log.warning("provider copies are not removed now: %s", error)
                    break
                if at < give_up_before:
                    log.error("%s is given up: %s: %s", sid, KEPT, error)
                    kept.append(row_id)
                continue
        gone.append(row_id)
    return gone, kept
