"""Members of staff, their sessions and the on-call rota."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from casefile.encryption import Encrypted
from casefile.models.base import Base, Word
from casefile.vocabulary import Role


class Staff(Base):
    """Someone who works for the charity and signs in."""

    __tablename__ = "staff"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Encrypted)
    email_hash: Mapped[str] = mapped_column(String(64), unique=True)
    email: Mapped[str] = mapped_column(Encrypted)
    password_hash: Mapped[str] = mapped_column(String(200))
    totp_secret: Mapped[str] = mapped_column(Encrypted)
    totp_last_used: Mapped[int] = mapped_column(default=0)
    role: Mapped[Role] = mapped_column(Word(Role), default=Role.CASEWORKER)
    phone: Mapped[str | None] = mapped_column(Encrypted)
    active: Mapped[bool] = mapped_column(default=True)
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    calendar_token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)


class StaffSession(Base):
    """A signed-in browser. Only a hash of its cookie is kept."""

    __tablename__ = "staff_session"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[dt.datetime]
    seen_at: Mapped[dt.datetime]
    # When its list of alerts last watched by itself: keeps that list alive, and nothing else.
    watched_at: Mapped[dt.datetime | None]
    expires_at: Mapped[dt.datetime]


class OnCallShift(Base):
    """Who is on call from when to when (UTC); position 0 is paged first, managers last."""

    __tablename__ = "on_call_shift"
    __table_args__ = (Index("ix_on_call_shift_when", "starts_at", "ends_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    position: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
