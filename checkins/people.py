"""Make a record of a person and of the ways to reach her. Everything is off: consent and safety are confirmed way by way, by a colleague."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import audit, live
from casefile.models import Address, Person, Staff
from casefile.numbers import NumberWrong, address_hash, address_hashes, canonical
from casefile.vocabulary import LANGUAGES, Channel

SHARED = ("no", "yes", "unknown")
LONGEST_REVIEW = dt.timedelta(days=366)
# Without letters and digits that are taken for each other on the phone.
_LETTERS = "23456789ACDEFGHJKMNPQRTUVWXY"


class PersonWrong(ValueError):
    """The record cannot be made like this; `problems` maps each field to what is wrong, without repeating what was given."""

    def __init__(self, problems: dict[str, str]):
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = problems


@dataclass(frozen=True)
class Way:
    """A way to reach her, as she told it. Not used for anything before `confirm_address`."""

    channel: Channel
    number: str
    whose: str = "own"
    shared: str = "unknown"


def add_person(session: Session, *, name: str, language: str, staff_id: int, now: dt.datetime, time_zone: str = "Europe/London", adult: bool = True,
               dialect: str | None = None, interpreter_needed: bool = False, caseworker_id: int | None = None, ways: Sequence[Way] = ()) -> Person:
    """Make a record; nothing is sent by it. Raises PersonWrong naming every problem."""
    problems = person_problems(name, language, time_zone)
    if caseworker_id is not None and session.scalar(select(Staff.id).where(Staff.id == caseworker_id, Staff.active)) is None:
        problems["caseworker"] = "Choose a colleague from the list"
    for way in ways:
        problems |= _way_problems(session, way)
    if problems:
        raise PersonWrong(problems)
    made = Person(ref=new_ref(session), name=name.strip(), language=language, dialect=dialect or None, interpreter_needed=interpreter_needed,
                  time_zone=time_zone, adult=adult, caseworker_id=caseworker_id, conversation=secrets.token_hex(16), duress_hashes=[], created_at=now)
    session.add(made)
    session.flush()
    for way in ways:
        _insert(session, made.id, way)
    audit.note(session, now, "made a record", staff_id, made.id)
    live.tell(session, "person", now, made.id)
    return made


def add_address(session: Session, person_id: int, way: Way, staff_id: int, now: dt.datetime) -> Address:
    """Another way to reach her, unconfirmed. Raises PersonWrong."""
    if problems := _way_problems(session, way):
        raise PersonWrong(problems)
    made = _insert(session, person_id, way)
    _noted(session, "saved an address", made, staff_id, now)
    return made


def confirm_address(session: Session, address_id: int, staff_id: int, now: dt.datetime, *, consent: bool, safe: bool, review_by: dt.date | None) -> Address:
    """What was agreed with her about a way: consent, safety, and when it is asked again. Both and a review day, or it is not used.

    Raises PersonWrong.
    """
    if consent and safe and (review_by is None or not now.date() < review_by <= now.date() + LONGEST_REVIEW):
        raise PersonWrong({"review_by": "Give a day within a year on which you ask again whether this is still safe"})
    address = session.scalars(select(Address).where(Address.id == address_id).with_for_update().execution_options(populate_existing=True)).one()
    address.consent, address.safe_to_contact, address.review_by = consent, safe, review_by
    address.confirmed_by, address.confirmed_at = (staff_id, now) if consent and safe else (None, None)
    if consent and safe:
        address.suspended_at = address.suspended_why = None
    _noted(session, "confirmed an address" if consent and safe else "closed an address", address, staff_id, now)
    return address


def set_agreed_words(session: Session, person_id: int, staff_id: int, now: dt.datetime, *, safe_hash: str | None, duress_hashes: Sequence[str]) -> None:
    """Store the hashes of her agreed words (made by `triage.agreed_words`); None and () remove them. The words themselves come nowhere near."""
    person = session.scalars(select(Person).where(Person.id == person_id).with_for_update(key_share=True).execution_options(populate_existing=True)).one()
    person.safe_word_hash, person.duress_hashes = safe_hash, list(duress_hashes)
    audit.note(session, now, "set the agreed words", staff_id, person_id)
    live.tell(session, "person", now, person_id)


def person_problems(name: str, language: str, time_zone: str) -> dict[str, str]:
    """What is wrong with these fields of a record."""
    problems = {}
    if not name.strip() or len(name) > 200:
        problems["name"] = "Give a name, or what she wants to be called"
    if language not in LANGUAGES:
        problems["language"] = "Choose a language from the list"
    if time_zone not in available_timezones():
        problems["time_zone"] = "Give a time zone such as Europe/London"
    return problems


def number_problem(session: Session, channel: Channel, number: str) -> str | None:
    """Why a number cannot be added for a channel; None when it can."""
    try:
        written = canonical(number)
    except NumberWrong as wrong:
        return str(wrong)[:1].upper() + str(wrong)[1:]
    known = session.scalar(select(Address.id).where(Address.channel == channel, Address.address_hash.in_(address_hashes(written))))
    return "This number is in a record already for this channel" if known is not None else None


def number_hash(session: Session, number: str) -> str:
    """What a number is stored under: as it is already on any channel, so that after a change of keys its rows still go by one hash."""
    known = session.scalar(select(Address.address_hash).where(Address.address_hash.in_(address_hashes(number))).order_by(Address.id).limit(1))
    return known or address_hash(number)


def new_ref(session: Session) -> str:
    """A reference nobody has: short, for saying on the phone."""
    for length in (3, 3, 3, 4, 5, 6):
        ref = "".join(secrets.choice(_LETTERS) for _ in range(length))
        if session.scalar(select(Person.id).where(Person.ref == ref)) is None:
            return ref
    return secrets.token_hex(6).upper()


def _way_problems(session: Session, way: Way) -> dict[str, str]:
    problems = {}
    if (why := number_problem(session, way.channel, way.number)) is not None:
        problems["number"] = why
    if way.shared not in SHARED:
        problems["shared"] = "Say whether others use the phone: " + ", ".join(SHARED)
    return problems


def _insert(session: Session, person_id: int, way: Way) -> Address:
    number = canonical(way.number)
    made = Address(person_id=person_id, channel=way.channel, address=number, address_hash=number_hash(session, number), whose=way.whose[:40] or "own",
                   shared=way.shared)
    session.add(made)
    session.flush()
    return made


def _noted(session: Session, what: str, address: Address, staff_id: int, now: dt.datetime) -> None:
    audit.note(session, now, what, staff_id, address.person_id, f"address {address.id}, {address.channel}")
    live.tell(session, "person", now, address.person_id)
