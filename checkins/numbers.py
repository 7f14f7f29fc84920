"""A number that is not, or no longer, hers: nothing more goes to it on any channel until a colleague confirms it anew with her."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import select, update
from sqlalchemy.orm import Session, load_only

from casefile import live
from casefile.encryption import Unreadable
from casefile.models import Address, Inbound, Outbox, Person
from casefile.numbers import address_hashes
from casefile.vocabulary import OutboxState
from checkins.moves import hear, open_checkins

NOTHING_ENCRYPTED = load_only(Address.id, Address.person_id, Address.address_hash, Address.opted_out_at, Address.suspended_at)


def suspend(session: Session, address_id: int | None, why: str, now: dt.datetime) -> bool:
    """Suspend the address and every other channel of the same number; what is queued to them is cancelled. False when it was suspended already.

    It works on a record that cannot be decrypted, too. Whoever calls it tells a person, once.
    """
    address = session.get(Address, address_id, options=[NOTHING_ENCRYPTED]) if address_id else None
    if address is None or address.suspended_at is not None:
        return False
    same = list(session.scalars(select(Address).where(Address.person_id == address.person_id, Address.address_hash.in_(_hashes(session, address)))
                                .options(NOTHING_ENCRYPTED)))
    for each in same:
        each.suspended_at, each.suspended_why = each.suspended_at or now, why[:60]
    session.flush()
    cancel_to(session, [each.id for each in same])
    live.tell(session, "person", now, address.person_id)
    return True


def _hashes(session: Session, address: Address) -> list[str]:
    """What the address's number may be stored under; of one that cannot be decrypted, what this row says."""
    try:
        return [address.address_hash, *address_hashes(session.scalars(select(Address.address).where(Address.id == address.id)).one())]
    except Unreadable:
        return [address.address_hash]


def wrong(session: Session, person_id: int, address_id: int | None, now: dt.datetime) -> bool:
    """Somebody says that the number is not hers. Her open check-ins go on with what is left: another way, or a call by a person."""
    done = suspend(session, address_id, "somebody wrote that it is not her number", now)
    if done:
        for checkin in open_checkins(session, person_id):
            hear(session, checkin.id, "plan_changed")
    return done


def address_of(session: Session, message: Inbound) -> int | None:
    """The address that a message of hers came from. On a channel that was not agreed, another of the same number, a suspended one first."""
    if message.address_id is not None:
        return message.address_id
    return session.scalar(select(Address.id).where(
        Address.person_id == message.person_id, Address.address_hash.in_(address_hashes(message.from_address)))
        .order_by(Address.suspended_at.is_(None), Address.id).limit(1))


def is_suspended(session: Session, person: Person, address_id: int | None) -> bool:
    """Whether her phone, or this address of hers, is suspended: what comes from it may be somebody else's."""
    return person.suspended_at is not None or (
        address_id is not None and session.scalar(select(Address.suspended_at).where(Address.id == address_id)) is not None)


def cancel_to(session: Session, address_ids: list[int]) -> None:
    """Cancel what waits to be sent to these addresses."""
    session.execute(update(Outbox).where(Outbox.address_id.in_(address_ids), Outbox.state == OutboxState.READY).values(
        state=OutboxState.CANCELLED, run_at=None, fault="the address is no longer used").execution_options(synchronize_session="fetch"))
