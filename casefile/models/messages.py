"""Everything received and everything sent."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from casefile.encryption import Encrypted, EncryptedJson
from casefile.models.base import Base, Word, Work
from casefile.vocabulary import Channel, InboundState, OutboxState, Purpose, Urgency


class Inbound(Work, Base):
    """A message as the provider delivered it, stored once by its id before anybody thinks about it."""

    __tablename__ = "inbound"
    __table_args__ = (
        Index("ix_inbound_ready", "lane", "run_at", sqlite_where=text("state = 'ready'"),
              postgresql_where=text("state = 'ready'")),
        Index("ix_inbound_working", "lease_until", sqlite_where=text("state = 'working'"),
              postgresql_where=text("state = 'working'")),
        Index("ix_inbound_person", "person_id", "received_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    provider_sid: Mapped[str] = mapped_column(String(64), unique=True)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))
    from_address: Mapped[str] = mapped_column(Encrypted)
    to_address: Mapped[str] = mapped_column(Encrypted)
    from_hash: Mapped[str] = mapped_column(String(64), index=True)
    body: Mapped[str] = mapped_column(Encrypted)
    # pictures, places, button payload, reply-to and the like
    extras: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)
    opt_out_type: Mapped[str | None] = mapped_column(String(10))
    received_at: Mapped[dt.datetime]
    state: Mapped[InboundState] = mapped_column(Word(InboundState), default=InboundState.READY)
    # What it was heard as
    urgency: Mapped[Urgency | None] = mapped_column(Word(Urgency))
    concerns: Mapped[list[str]] = mapped_column(default=list)
    why: Mapped[list[str] | None] = mapped_column(EncryptedJson)
    language: Mapped[str | None] = mapped_column(String(8))
    confidence: Mapped[float | None]
    bot_answered: Mapped[bool | None]
    duress: Mapped[bool] = mapped_column(default=False)
    checkin_id: Mapped[int | None] = mapped_column(ForeignKey("checkin.id"))
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"), index=True)
    handled_at: Mapped[dt.datetime | None]
    redacted_at: Mapped[dt.datetime | None]


class Outbox(Work, Base):
    """A text, WhatsApp message or call to be made: written in the transaction that decided it, sent after commit.

    `dedupe` names the one thing it is for (a check-in's step, the reply to a message): it can be queued only once.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_ready", "lane", "run_at", sqlite_where=text("state = 'ready'"),
              postgresql_where=text("state = 'ready'")),
        Index("ix_outbox_sending", "lease_until", sqlite_where=text("state in ('sending', 'unknown')"),
              postgresql_where=text("state in ('sending', 'unknown')")),
        Index("ix_outbox_person", "person_id", "created_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    token: Mapped[str] = mapped_column(String(32), unique=True)
    dedupe: Mapped[str] = mapped_column(String(80), unique=True)
    purpose: Mapped[Purpose] = mapped_column(Word(Purpose))
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    address_id: Mapped[int | None] = mapped_column(ForeignKey("address.id"))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    sent_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    checkin_id: Mapped[int | None] = mapped_column(ForeignKey("checkin.id"), index=True)
    inbound_id: Mapped[int | None] = mapped_column(ForeignKey("inbound.id"), index=True)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    text_key: Mapped[str | None] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(8))
    body: Mapped[str] = mapped_column(Encrypted)
    # a caseworker's own English beside the machine translation that was sent
    own_words: Mapped[str | None] = mapped_column(Encrypted)
    content_sid: Mapped[str | None] = mapped_column(String(40))
    state: Mapped[OutboxState] = mapped_column(Word(OutboxState), default=OutboxState.READY)
    not_after: Mapped[dt.datetime | None]
    segments: Mapped[int] = mapped_column(default=1)
    provider_sid: Mapped[str | None] = mapped_column(String(64), index=True)
    provider_status: Mapped[str | None] = mapped_column(String(24))
    status_rank: Mapped[int] = mapped_column(default=-1)
    error_code: Mapped[int | None]
    answered_by: Mapped[str | None] = mapped_column(String(24))
    created_at: Mapped[dt.datetime]
    sent_at: Mapped[dt.datetime | None]
    redacted_at: Mapped[dt.datetime | None]


class DeliveryEvent(Base):
    """Every status the provider reported, in the order it came."""

    __tablename__ = "delivery_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)
    at: Mapped[dt.datetime]
    status: Mapped[str] = mapped_column(String(24))
    error_code: Mapped[int | None]


class SenderBucket(Base):
    """The token bucket of one of our own numbers: how many sends its rate allows now."""

    __tablename__ = "sender_bucket"
    sender_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    tokens: Mapped[float]
    at: Mapped[dt.datetime]
