"""The audit trail, what the open dashboards are told, and the pulse of the programs."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from casefile.models.base import Base


class Audit(Base):
    """Every look at a person's record and every act of staff. The database refuses to change or delete a row."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_person", "person_id", "at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    action: Mapped[str] = mapped_column(String(60))
    # ids and plain words only; never message text, names or numbers
    detail: Mapped[str | None] = mapped_column(String(200))


class LiveEvent(Base):
    """Something an open dashboard should show at once: written in the transaction that changed it, read by server-sent events."""

    __tablename__ = "live_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime]
    kind: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None]
    alert_id: Mapped[int | None]


class Heartbeat(Base):
    """When each program last said that it is alive."""

    __tablename__ = "heartbeat"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    at: Mapped[dt.datetime]
    since: Mapped[dt.datetime | None]
    state: Mapped[str] = mapped_column(String(20), default="up")
