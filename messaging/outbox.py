"""Queue what is to be sent: a row written in the transaction that decided it; `messaging.run` sends it after commit."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Iterable, Sequence

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.orm import Session, defer

from casefile import live
from casefile.encryption import readable
from casefile.models import Outbox, Person
from casefile.vocabulary import Channel, Lane, OutboxState, Purpose
from messaging.segments import segments

# A row without its words, which may be beyond reading: what becomes of it is written down and told all the same.
WORDLESS = (defer(Outbox.body), defer(Outbox.own_words))


def queue(session: Session, *, dedupe: str, purpose: Purpose, channel: Channel, body: str, now: dt.datetime, person_id: int | None = None,
          address_id: int | None = None, staff_id: int | None = None, sent_by: int | None = None, checkin_id: int | None = None,
          inbound_id: int | None = None, alert_id: int | None = None, text_key: str | None = None, language: str | None = None,
          own_words: str | None = None, content_sid: str | None = None, lane: Lane = Lane.REPLY, run_at: dt.datetime | None = None,
          not_after: dt.datetime | None = None) -> Outbox | None:
    """Queue one message; None when `dedupe` was queued before. Nothing is sent before the transaction commits."""
    if session.scalar(select(Outbox.id).where(Outbox.dedupe == dedupe)) is not None:
        return None
    row = Outbox(dedupe=dedupe, token=secrets.token_urlsafe(16), purpose=purpose, channel=channel, body=body, created_at=now, person_id=person_id,
                 address_id=address_id, staff_id=staff_id, sent_by=sent_by, checkin_id=checkin_id, inbound_id=inbound_id, alert_id=alert_id,
                 text_key=text_key, language=language, own_words=own_words, content_sid=content_sid, lane=lane, run_at=run_at or now,
                 not_after=not_after, state=OutboxState.READY, segments=segments(body).count, attempt=0, status_rank=-1)
    session.add(row)
    session.flush()
    return row


def lock_people(session: Session, person_ids: Iterable[int | None]) -> None:
    """Lock these people before any row of the outbox that is to be cancelled or has failed.

    Whoever stops or answers for a person locks her first and her rows of the outbox last; what became of a row is told the other way round. With
    one order for all, nobody waits in a circle.
    """
    ids = sorted({i for i in person_ids if i is not None})
    if ids:
        session.execute(select(Person.id).where(Person.id.in_(ids)).order_by(Person.id).with_for_update(key_share=True)).all()


def locked(session: Session, *where: ColumnElement[bool]) -> Outbox | None:
    """The one row that fits, without its words, locked after its person."""
    lock_people(session, session.scalars(select(Outbox.person_id).where(*where)))
    return session.scalars(select(Outbox).where(*where).options(*WORDLESS).with_for_update().execution_options(populate_existing=True)).first()


def words(session: Session, row_ids: Sequence[int]) -> dict[int, str]:
    """What these rows say, by id. One that cannot be decrypted is left out."""
    return readable(lambda some: dict(session.execute(select(Outbox.id, Outbox.body).where(Outbox.id.in_(some))).all()), row_ids, "outbox")


def cancel_pending(session: Session, person_id: int, now: dt.datetime,
                   purposes: Sequence[Purpose] = (Purpose.CHECKIN, Purpose.REPLY)) -> int:
    """Cancel everything of these purposes that has not begun to be sent to the person; returns how many."""
    done = session.execute(
        update(Outbox).where(Outbox.person_id == person_id, Outbox.state == OutboxState.READY, Outbox.purpose.in_([str(p) for p in purposes]))
        .values(state=OutboxState.CANCELLED, run_at=None, fault="cancelled").execution_options(synchronize_session="fetch"))
    if done.rowcount:  # type: ignore[attr-defined]
        live.tell(session, "delivery", now, person_id)
    return int(done.rowcount)  # type: ignore[attr-defined]
