"""Demo staff and people: invented, with numbers that Ofcom keeps for drama. Never runs on a database that holds anybody."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from alongside.wiring import House
from casefile import encryption
from casefile.database import utc_now
from casefile.models import Address, OnCallShift, Person, Plan
from casefile.numbers import address_hash
from casefile.staff import create_staff
from casefile.vocabulary import Channel, Role
from messaging.safe_hours import WEEKDAYS
from triage.agreed_words import duress_hashes

PASSWORD = "seven quiet lanterns 26"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
ALWAYS = {day: [["00:00", "24:00"]] for day in WEEKDAYS}


class NotEmpty(RuntimeError):
    """The database holds people already; demo people are never mixed with them."""


@dataclass(frozen=True)
class Member:
    """A demo colleague."""

    name: str
    email: str
    phone: str
    role: Role


@dataclass(frozen=True)
class Cast:
    """A demo person. `voice` and `whatsapp` say what she agreed to besides texts."""

    ref: str
    name: str
    language: str
    number: str
    duress: str | None = None
    whatsapp: bool = False
    voice: bool = False


STAFF = (
    Member("Sam Carter", "sam@demo.example", "+447700900801", Role.CASEWORKER),
    Member("Priya Nair", "priya@demo.example", "+447700900802", Role.CASEWORKER),
    Member("Alex Morgan", "alex@demo.example", "+447700900803", Role.MANAGER),
)
CAST = (
    Cast("ARTA", "Arta", "sq", "+447700900201"),
    Cast("LINH", "Linh", "vi", "+447700900202"),
    Cast("IOANA", "Ioana", "ro", "+447700900203"),
    Cast("SELAM", "Selam", "ti", "+447700900204", duress="ጽቡቕ ፀሓይ"),
    Cast("GRACE", "Grace", "en", "+447700900205"),
    Cast("AMAL", "Amal", "ar", "+447700900206"),
    Cast("MARIA", "Maria", "pt", "+447700900207", whatsapp=True),
    Cast("ELIRA", "Elira", "sq", "+447700900208", voice=True),
    Cast("HANA", "Hana", "am", "+447700900209"),
)


def seed(house: House, now: dt.datetime | None = None) -> dict[str, object]:
    """Fill an empty database; returns the demo sign-in. Raises NotEmpty."""
    now = now or utc_now()
    with house.database.write() as session:
        if session.scalar(select(func.count()).select_from(Person)):
            raise NotEmpty("this database holds people already; the demo wants an empty one")
        staff = [create_staff(session, name=m.name, email=m.email, password=PASSWORD, role=m.role, phone=m.phone, now=now,
                              totp_secret=TOTP_SECRET).staff for m in STAFF]
        session.flush()
        for position, member in enumerate(staff):
            session.add(OnCallShift(staff_id=member.id, position=position, starts_at=now - dt.timedelta(days=1), ends_at=now + dt.timedelta(days=90)))
        for person in CAST:
            _person(session, person, staff[0].id, house, now)
    return {"email": STAFF[0].email, "password": PASSWORD, "totp_secret": TOTP_SECRET}


def _person(session: Session, cast: Cast, caseworker_id: int, house: House, now: dt.datetime) -> None:
    person = Person(ref=cast.ref, name=cast.name, language=cast.language, caseworker_id=caseworker_id, created_at=now,
                    conversation=secrets.token_hex(12), duress_hashes=duress_hashes(encryption.ring(), cast.duress) if cast.duress else [])
    session.add(person)
    session.flush()
    channels = [Channel.SMS, *([Channel.WHATSAPP] if cast.whatsapp else []), *([Channel.VOICE] if cast.voice else [])]
    senders = {Channel.SMS: house.settings.sms_sender, Channel.WHATSAPP: house.settings.whatsapp_sender, Channel.VOICE: house.settings.voice_sender}
    for channel in channels:
        session.add(Address(person_id=person.id, channel=channel, address=cast.number, address_hash=address_hash(cast.number), consent=True,
                            safe_to_contact=True, shared="no", confirmed_by=caseworker_id, confirmed_at=now, sender=senders[channel],
                            review_by=(now + dt.timedelta(days=90)).date()))
    first = [Channel.VOICE] if cast.voice else [Channel.WHATSAPP] if cast.whatsapp else []
    session.add(Plan(person_id=person.id, confirmed_by=caseworker_id, confirmed_at=now, review_on=(now + dt.timedelta(days=90)).date(),
                     starts_on=now.date(), rule="FREQ=WEEKLY;BYDAY=" + WEEKDAYS[now.weekday()][:2].upper(), at_time="11:00", safe_hours=ALWAYS,
                     channels=[str(c) for c in dict.fromkeys([*first, Channel.SMS])], daily_cap=20,
                     consent={"taken_by": "Sam Carter", "on": now.date().isoformat(), "scope": [str(c) for c in channels]},
                     next_at=now + dt.timedelta(days=7)))
