"""Check-ins, welfare calls by people, alerts and what was done about them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from casefile.encryption import Encrypted, EncryptedJson
from casefile.models.base import Base, Word, Work
from casefile.vocabulary import AlertKind, AlertState, Channel, CheckinState, Urgency


class Checkin(Work, Base):
    """One planned welfare check-in and where on its ladder it stands. `run_at` is its wake time; None only when it is over or suspended."""

    __tablename__ = "checkin"
    __table_args__ = (
        UniqueConstraint("person_id", "planned_at"),
        Index("ix_checkin_wake", "run_at", sqlite_where=text("run_at is not null"),
              postgresql_where=text("run_at is not null")),
        Index("ix_checkin_person", "person_id", "state"),
        Index("ix_checkin_heard", "heard", sqlite_where=text("heard is not null"),
              postgresql_where=text("heard is not null")),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    planned_at: Mapped[dt.datetime]
    state: Mapped[CheckinState] = mapped_column(Word(CheckinState), default=CheckinState.PLANNED)
    step: Mapped[int] = mapped_column(default=0)
    step_at: Mapped[dt.datetime | None]
    channel: Mapped[Channel | None] = mapped_column(Word(Channel))
    delivery: Mapped[str | None] = mapped_column(String(24))
    faster: Mapped[bool] = mapped_column(default=False)
    late: Mapped[bool] = mapped_column(default=False)
    # What others heard about it (a failed delivery, an unclear answer, a changed plan), waiting for the ladder's next step.
    heard: Mapped[str | None] = mapped_column(String(24))
    asked_at: Mapped[dt.datetime | None]
    answered_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class WelfareCall(Base):
    """A call a person is to make: due, tried at different times of day, with an outcome in the end."""

    __tablename__ = "welfare_call"
    __table_args__ = (Index("ix_welfare_call_open", "done_at", "due_from"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    checkin_id: Mapped[int | None] = mapped_column(ForeignKey("checkin.id"), unique=True)
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    why: Mapped[str] = mapped_column(String(40))
    due_from: Mapped[dt.datetime]
    due_until: Mapped[dt.datetime | None]
    asked_for: Mapped[str | None] = mapped_column(Encrypted)
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    done_at: Mapped[dt.datetime | None]
    outcome: Mapped[str | None] = mapped_column(String(40))
    created_at: Mapped[dt.datetime]


class CallAttempt(Base):
    """One try at a welfare call and what came of it."""

    __tablename__ = "call_attempt"
    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("welfare_call.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[dt.datetime]
    outcome: Mapped[str] = mapped_column(String(40))
    # the NRM form's seven bands of last contact with the exploiters
    contact_band: Mapped[str | None] = mapped_column(String(24))
    notes: Mapped[str | None] = mapped_column(Encrypted)
    follow_up: Mapped[str | None] = mapped_column(Encrypted)
    follow_up_on: Mapped[dt.date | None] = mapped_column(Date)


class Alert(Work, Base):
    """Something a person must look at. Urgency routine = a task in the normal queue; urgent and immediate page people.

    `run_at` is its wake time: an open alert always has one until a named person acknowledges it.
    `key` keeps one incident to one alert (e.g. "silence:17" for check-in 17).
    """

    __tablename__ = "alert"
    __table_args__ = (
        Index("ix_alert_wake", "run_at", sqlite_where=text("run_at is not null"),
              postgresql_where=text("run_at is not null")),
        Index("ix_alert_open", "state", "urgency"),
        Index("ix_alert_person", "person_id", "state"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    kind: Mapped[AlertKind] = mapped_column(Word(AlertKind))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    urgency: Mapped[Urgency] = mapped_column(Word(Urgency))
    concerns: Mapped[list[str]] = mapped_column(default=list)
    why: Mapped[list[str] | None] = mapped_column(EncryptedJson)
    state: Mapped[AlertState] = mapped_column(Word(AlertState), default=AlertState.OPEN)
    step: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[dt.datetime]
    last_message_at: Mapped[dt.datetime | None]
    messages: Mapped[int] = mapped_column(default=0)
    acknowledged_at: Mapped[dt.datetime | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    assigned_to: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    resolved_at: Mapped[dt.datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str | None] = mapped_column(String(40))
    outcome_note: Mapped[str | None] = mapped_column(Encrypted)
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class AlertEvent(Base):
    """What happened to an alert, in order; never changed."""

    __tablename__ = "alert_event"
    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alert.id"), index=True)
    at: Mapped[dt.datetime]
    what: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    detail: Mapped[dict[str, Any] | None] = mapped_column(EncryptedJson)


class Intervention(Base):
    """One thing done for a person by staff; append-only. Fields follow the handbook's safety part, section 3."""

    __tablename__ = "intervention"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"))
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    at: Mapped[dt.datetime]
    type: Mapped[str] = mapped_column(String(40))
    organisation: Mapped[str | None] = mapped_column(Encrypted)
    minutes: Mapped[int | None]
    consent_basis: Mapped[str] = mapped_column(String(40))
    facts: Mapped[str] = mapped_column(Encrypted)
    opinion: Mapped[str | None] = mapped_column(Encrypted)
    outcome: Mapped[str | None] = mapped_column(Encrypted)
    next_step: Mapped[str | None] = mapped_column(Encrypted)
    next_due: Mapped[dt.date | None] = mapped_column(Date)
