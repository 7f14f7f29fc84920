"""A cast of people for tests: made through the models, one line each."""

from __future__ import annotations

import datetime as dt
import secrets
from typing import Any

from sqlalchemy.orm import Session

from casefile import encryption
from casefile.models import Address, OnCallShift, Person, Plan, Staff
from casefile.numbers import address_hash
from casefile.vocabulary import Channel, Role
from messaging.safe_hours import WEEKDAYS
from triage.agreed_words import duress_hashes

NOW = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)  # a Tuesday, noon in London
OUR_NUMBER = "+447700900100"
ALWAYS = {day: [["00:00", "24:00"]] for day in WEEKDAYS}
OFFICE = {day: [["09:00", "17:00"]] for day in WEEKDAYS[:5]}


def staff(session: Session, name: str = "Sam", role: Role = Role.CASEWORKER, phone: str | None = "+447700900801", on_call: int | None = 0,
          now: dt.datetime = NOW) -> Staff:
    """A member of staff who cannot sign in (no real password), on call at `on_call` unless None."""
    made = Staff(name=name, email=f"{name.lower()}@example.org", email_hash=secrets.token_hex(32), password_hash="-", totp_secret="-", role=role,
                 phone=phone, created_at=now)
    session.add(made)
    session.flush()
    if on_call is not None:
        session.add(OnCallShift(staff_id=made.id, position=on_call, starts_at=now - dt.timedelta(days=30), ends_at=now + dt.timedelta(days=30)))
    return made


def person(session: Session, ref: str = "ARTA", language: str = "sq", number: str = "+447700900201", *, duress: str | None = None,
           channels: tuple[Channel, ...] = (Channel.SMS,), hours: dict[str, Any] | None = None, now: dt.datetime = NOW, **plan: Any) -> Person:
    """A person with a confirmed plan, agreed addresses and safe hours all day unless given."""
    made = Person(ref=ref, name=ref.title(), language=language, conversation=secrets.token_hex(12), created_at=now,
                  duress_hashes=duress_hashes(encryption.ring(), duress) if duress else [])
    session.add(made)
    session.flush()
    for channel in channels:
        session.add(Address(person_id=made.id, channel=channel, address=number, address_hash=address_hash(number), consent=True, safe_to_contact=True,
                            confirmed_at=now, review_by=now.date() + dt.timedelta(days=60), sender=OUR_NUMBER))
    session.add(Plan(**{"person_id": made.id, "starts_on": now.date(), "confirmed_at": now, "review_on": now.date() + dt.timedelta(days=60),
                        "safe_hours": hours or ALWAYS, "channels": [str(c) for c in channels], **plan}))
    session.flush()
    return made
