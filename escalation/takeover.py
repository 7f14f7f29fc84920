"""A caseworker takes a conversation over; the machine is silent in it until she hands it back."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casefile import audit, live
from casefile.models import Outbox, Person
from casefile.vocabulary import Purpose
from messaging import outbox

# A colleague who took the conversation over and has not written for so long may have left it.
LEFT_ALONE = dt.timedelta(hours=1)


class InUse(RuntimeError):
    """A colleague holds the conversation; the message can be shown to staff."""


def take_over(session: Session, person_id: int, staff_id: int, now: dt.datetime) -> Person:
    """Take the conversation; waiting automatic replies are cancelled. Raises InUse when a colleague holds it."""
    person = _locked(session, person_id)
    if person.taken_over_by not in (None, staff_id):
        raise InUse("A colleague holds this conversation. Ask them to hand it back first.")
    if person.taken_over_by is None:
        person.taken_over_by, person.taken_over_at = staff_id, now
        person.awaiting = ""
        outbox.cancel_pending(session, person.id, now, purposes=(Purpose.REPLY, Purpose.CHECKIN))
        _written(session, person, "took the conversation over", staff_id, now)
    return person


def hand_back(session: Session, person_id: int, staff_id: int | None, now: dt.datetime, *, by_manager: bool = False) -> Person:
    """Give the conversation back to the machine; `staff_id` None = from the command line. Raises InUse when a colleague holds it (a manager may end that)."""
    person = _locked(session, person_id)
    if person.taken_over_by not in (None, staff_id) and not by_manager:
        raise InUse("A colleague holds this conversation; only they or a manager can hand it back.")
    if person.taken_over_by is not None:
        person.taken_over_by = person.taken_over_at = None
        _written(session, person, "handed the conversation back", staff_id, now)
    return person


def last_word(session: Session, person_id: int | None) -> dt.datetime | None:
    """When a colleague last wrote to her, or took the conversation that is held now (UTC)."""
    return max((at for at in _taken_and_wrote(session, person_id) if at is not None), default=None)


def attended(session: Session, person_id: int | None, now: dt.datetime, lately: dt.timedelta = LEFT_ALONE) -> bool:
    """Whether a colleague holds the conversation and took it, or wrote in it, less than `lately` ago. One who went home holds it, too."""
    taken, wrote = _taken_and_wrote(session, person_id)
    return taken is not None and max(taken, wrote or taken) > now - lately


def _taken_and_wrote(session: Session, person_id: int | None) -> tuple[dt.datetime | None, dt.datetime | None]:
    return (session.scalar(select(Person.taken_over_at).where(Person.id == person_id)),
            session.scalar(select(func.max(Outbox.created_at)).where(Outbox.person_id == person_id, Outbox.purpose == Purpose.HUMAN)))


def _locked(session: Session, person_id: int) -> Person:
    return session.scalars(select(Person).where(Person.id == person_id).with_for_update()
                           .execution_options(populate_existing=True)).one()


def _written(session: Session, person: Person, what: str, staff_id: int | None, now: dt.datetime) -> None:
    audit.note(session, now, what, staff_id, person.id)
    live.tell(session, "person", now, person.id)
