"""What the sending rules look at, read for a whole batch in a few queries."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from casefile.encryption import readable
from casefile.models import Address, Outbox, Person, Plan, Staff
from casefile.vocabulary import Channel, OutboxState, Purpose
from messaging.rules import View

# Her name may be beyond reading: no rule asks for it.
_NOTHING_ENCRYPTED = load_only(Person.id, Person.stopped_at, Person.suspended_at, Person.adult, Person.taken_over_at, Person.time_zone)


class Views:
    """The records around a batch of outbox rows."""

    def __init__(self, session: Session, rows: list[Outbox], now: dt.datetime):
        self._now = now
        person_ids = {r.person_id for r in rows if r.person_id}
        people = session.scalars(select(Person).where(Person.id.in_(person_ids)).options(_NOTHING_ENCRYPTED)) if person_ids else []
        self._people = {p.id: p for p in people}
        self._plans = {p.person_id: p for p in session.scalars(select(Plan).where(Plan.person_id.in_(person_ids)))} if person_ids else {}
        self._addresses = _addresses(session, person_ids) if person_ids else {}
        staff_ids = {r.staff_id for r in rows if r.staff_id}
        self._phones = _phones(session, staff_ids) if staff_ids else {}
        self._sent: Counter[tuple[int, Purpose]] = Counter()
        self._sent_at: dict[int, list[tuple[Purpose, dt.datetime]]] = {}
        if person_ids:
            # Local midnight differs by person; the widest day is read and counted by each person's own date.
            recent = session.execute(select(Outbox.person_id, Outbox.purpose, Outbox.sent_at).where(
                Outbox.person_id.in_(person_ids), Outbox.purpose.in_([Purpose.CHECKIN, Purpose.REPLY]),
                Outbox.state.in_([OutboxState.SENT, OutboxState.SENDING, OutboxState.UNKNOWN]), Outbox.sent_at >= now - dt.timedelta(hours=36)))
            for person_id, purpose, sent_at in recent:
                self._sent_at.setdefault(person_id, []).append((purpose, sent_at))

    def of(self, row: Outbox) -> View:
        """The view of one row to a person. Without a plan the most careful values hold. Raises KeyError when its address cannot be read."""
        person = self._people[row.person_id]  # type: ignore[index]
        plan: Plan | None = self._plans.get(person.id)
        address = self._addresses[row.address_id] if row.address_id else None
        zone = ZoneInfo(person.time_zone)
        today = self._today(person)
        # Answers to her own texts must not use up the check-in she was promised.
        counted = (Purpose.CHECKIN,) if row.purpose is Purpose.CHECKIN else (Purpose.CHECKIN, Purpose.REPLY)
        before = sum(purpose in counted and at.astimezone(zone).date() == today for purpose, at in self._sent_at.get(person.id, ()))
        return View(
            purpose=row.purpose, channel=row.channel, not_after=row.not_after, stopped=person.stopped_at is not None,
            suspended=person.suspended_at is not None, adult=person.adult, taken_over=person.taken_over_at is not None,
            consent=address is not None and address.consent, safe_to_contact=address is not None and address.safe_to_contact,
            address_suspended=address is not None and address.suspended_at is not None, opted_out=address is not None and address.opted_out_at is not None,
            review_by=address.review_by if address else None, plan_review_on=plan.review_on if plan else None,
            last_inbound_at=address.last_inbound_at if address else None, plan_confirmed=plan is not None and plan.confirmed_at is not None,
            consent_withdrawn=plan is not None and plan.consent_withdrawn_at is not None, inbound_only=plan is not None and plan.inbound_only,
            paused=plan is not None and (plan.paused or (plan.paused_until is not None and plan.paused_until > self._now)),
            zone=person.time_zone, hours=plan.safe_hours if plan else {}, never=plan.never_dates if plan else (),
            sent_today=before + sum(self._sent[person.id, purpose] for purpose in counted), daily_cap=plan.daily_cap if plan else 4, today=today)

    def count(self, row: Outbox) -> None:
        """A row of this batch goes out: the daily cap counts it for the rows after it."""
        if row.person_id and row.purpose in (Purpose.CHECKIN, Purpose.REPLY):
            self._sent[row.person_id, row.purpose] += 1

    def address(self, row: Outbox) -> str | None:
        address = self._addresses.get(row.address_id or 0)
        return address.address if address else None

    def sender(self, row: Outbox) -> str | None:
        """The number this person knows us by; None = the service's own."""
        address = self._addresses.get(row.address_id or 0)
        return address.sender if address else None

    def staff_phone(self, row: Outbox) -> str | None:
        return self._phones.get(row.staff_id or 0)

    def number(self, row: Outbox) -> str | None:
        """The number a row goes to, whoever it is for."""
        return self.staff_phone(row) if row.purpose is Purpose.PAGE else self.address(row)

    def other_address(self, row: Outbox, channel: Channel) -> Address | None:
        """Another agreed address of the person on this channel; None where her plan leaves the channel out. Without a plan, texts alone are agreed."""
        person = self._people[row.person_id]  # type: ignore[index]
        plan: Plan | None = self._plans.get(person.id)
        if channel not in (plan.channels if plan else [Channel.SMS]):
            return None
        return next((a for a in self._addresses.values() if a.person_id == person.id and a.channel is channel and a.consent
                     and a.safe_to_contact and a.suspended_at is None and a.opted_out_at is None
                     and (a.review_by is None or a.review_by >= self._today(person))), None)

    def _today(self, person: Person) -> dt.date:
        return self._now.astimezone(ZoneInfo(person.time_zone)).date()


def _addresses(session: Session, person_ids: set[int]) -> dict[int, Address]:
    """People's addresses by id. One that cannot be decrypted is left out: nothing is sent to it."""
    ids = session.scalars(select(Address.id).where(Address.person_id.in_(person_ids))).all()
    return readable(lambda some: {a.id: a for a in session.scalars(select(Address).where(Address.id.in_(some)))}, ids, "address")


def _phones(session: Session, staff_ids: set[int]) -> dict[int, str]:
    """The numbers to page colleagues on. One that cannot be decrypted is left out, and that of a closed account: the next person is told."""
    return readable(lambda some: dict(session.execute(select(Staff.id, Staff.phone).where(Staff.id.in_(some), Staff.active)).all()),
                    staff_ids, "staff")
