"""The people we walk alongside: person, addresses, contact plan."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from casefile.encryption import Encrypted
from casefile.models.base import Base, Word
from casefile.vocabulary import Channel


class Person(Base):
    """A survivor. `ref` is the only thing that names her outside her own record."""

    __tablename__ = "person"
    id: Mapped[int] = mapped_column(primary_key=True)
    ref: Mapped[str] = mapped_column(String(12), unique=True)
    name: Mapped[str] = mapped_column(Encrypted)
    language: Mapped[str] = mapped_column(String(8))
    dialect: Mapped[str | None] = mapped_column(String(40))
    interpreter_needed: Mapped[bool] = mapped_column(default=False)
    time_zone: Mapped[str] = mapped_column(String(64), default="Europe/London")
    caseworker_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    adult: Mapped[bool] = mapped_column(default=True)
    safe_word_hash: Mapped[str | None] = mapped_column(String(64))
    # Keyed hashes of the duress word and of every form with one letter left out: one typo is forgiven without storing the word.
    duress_hashes: Mapped[list[str]] = mapped_column(default=list)
    taken_over_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    taken_over_at: Mapped[dt.datetime | None]
    stopped_at: Mapped[dt.datetime | None]
    suspended_at: Mapped[dt.datetime | None]
    suspended_why: Mapped[str | None] = mapped_column(String(60))
    conversation: Mapped[str] = mapped_column(String(32))
    # What we last asked and may be answered with a bare number: checkin, clarify, call_when, language; empty when nothing.
    awaiting: Mapped[str] = mapped_column(String(20), default="")
    awaiting_since: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class Address(Base):
    """A way to reach a person, with what was agreed about it. Nothing is sent where consent or safety is missing or review has passed."""

    __tablename__ = "address"
    __table_args__ = (UniqueConstraint("channel", "address_hash"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    channel: Mapped[Channel] = mapped_column(Word(Channel))
    address: Mapped[str] = mapped_column(Encrypted)
    address_hash: Mapped[str] = mapped_column(String(64))
    external_user_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    whose: Mapped[str] = mapped_column(String(40), default="own")
    shared: Mapped[str] = mapped_column(String(8), default="unknown")
    consent: Mapped[bool] = mapped_column(default=False)
    safe_to_contact: Mapped[bool] = mapped_column(default=False)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    confirmed_at: Mapped[dt.datetime | None]
    review_by: Mapped[dt.date | None] = mapped_column(Date)
    sender: Mapped[str | None] = mapped_column(Encrypted)
    opted_out_at: Mapped[dt.datetime | None]
    suspended_at: Mapped[dt.datetime | None]
    suspended_why: Mapped[str | None] = mapped_column(String(60))
    last_inbound_at: Mapped[dt.datetime | None]
    # A keyed hash of the name last seen on the WhatsApp account: another one is a sign that somebody else may be writing.
    profile_hash: Mapped[str | None] = mapped_column(String(64))


class Plan(Base):
    """The contact plan a caseworker made with a person: when, where, how, and what silence means. Sends nothing until confirmed."""

    __tablename__ = "plan"
    __table_args__ = (Index("ix_plan_next_at", "next_at"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    confirmed_at: Mapped[dt.datetime | None]
    review_on: Mapped[dt.date | None] = mapped_column(Date)
    # RFC 5545 RRULE without DTSTART, e.g. FREQ=WEEKLY;BYDAY=TU; the hour is local to the person.
    rule: Mapped[str] = mapped_column(String(200), default="FREQ=WEEKLY;BYDAY=TU")
    starts_on: Mapped[dt.date] = mapped_column(Date)
    at_time: Mapped[str] = mapped_column(String(5), default="11:00")
    jitter_minutes: Mapped[int] = mapped_column(default=0)
    # {"mon": [["09:00", "17:00"]], ...} local time; a missing day has no safe hours.
    safe_hours: Mapped[dict[str, Any]] = mapped_column(default=dict)
    never_dates: Mapped[list[str]] = mapped_column(default=list)
    # [{"on": "2026-12-01", "why": "court"}]: a faster ladder around these days
    stress_dates: Mapped[list[Any]] = mapped_column(default=list)
    channels: Mapped[list[str]] = mapped_column(default=lambda: ["sms"])
    # [{"do": "ask"}, {"after_hours": 24, "do": "ask_again"}, ...]; empty = the defaults of checkins.ladder
    ladder: Mapped[list[Any]] = mapped_column(default=list)
    cover: Mapped[str] = mapped_column(String(20), default="plain")
    after_alarm: Mapped[str] = mapped_column(String(10), default="neutral")
    daily_cap: Mapped[int] = mapped_column(default=4)
    inbound_only: Mapped[bool] = mapped_column(default=False)
    paused_until: Mapped[dt.datetime | None]
    paused: Mapped[bool] = mapped_column(default=False)
    consent: Mapped[dict[str, Any]] = mapped_column(default=dict)
    consent_withdrawn_at: Mapped[dt.datetime | None]
    # The one next check-in she asked to have at another time (UTC); regular ones before it are left out.
    moved_to: Mapped[dt.datetime | None]
    # When the next check-in is to be made (UTC); None = none is planned.
    next_at: Mapped[dt.datetime | None]
    version: Mapped[int] = mapped_column(default=1)
    __mapper_args__ = {"version_id_col": version}


class PlanChange(Base):
    """A change of a plan, by the person's own text or by staff; `before` lets a caseworker put it back."""

    __tablename__ = "plan_change"
    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    at: Mapped[dt.datetime]
    by_staff_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"))
    what: Mapped[str] = mapped_column(String(40))
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)
    reverted_at: Mapped[dt.datetime | None]
