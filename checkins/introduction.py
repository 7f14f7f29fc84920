"""Which check-in introduces itself as automated: the first text to a number, the first call, and the first after a long gap (handbook, safety 1.5).

The introduction is the check-in itself in other words, not a message beside it: one row of the outbox, so that no crash can send it twice.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import and_, case, func, or_, select
from sqlalchemy.orm import Session

from casefile.models import Address, DeliveryEvent, Outbox
from casefile.vocabulary import Channel, OutboxState, Purpose
from messaging.delivery import FAILED, RANG

# After so long without a check-in there, whoever reads there is told anew.
GAP = dt.timedelta(days=60)
# Written down as an event of a call's row when she pressed the key after which it is said: a call she did not open told her nothing.
SPOKEN = "introduced"


@dataclass(frozen=True)
class Thread:
    """What was asked at one address before: whether ever with an introduction, and when last (UTC)."""

    introduced: bool = False
    last: dt.datetime | None = None


def due(thread: Thread, at: dt.datetime) -> bool:
    """Whether a check-in at this moment must say that it is automated."""
    return not thread.introduced or thread.last is None or at - thread.last > GAP


def after(thread: Thread, at: dt.datetime, channel: Channel = Channel.SMS) -> Thread:
    """The thread once a check-in was asked there at this moment. Whether a call will be opened nobody knows beforehand."""
    return Thread(thread.introduced or channel is not Channel.VOICE, max(at, thread.last or at))


def text_key(channel: Channel, cover: str, first: bool) -> str:
    """The vetted text that asks."""
    if channel is Channel.VOICE:
        return "voice.intro" if first else "voice.open"
    return "checkin.intro" if first else f"checkin.ask.{cover}"


def threads(session: Session, person_ids: Collection[int]) -> dict[int, Thread]:
    """The threads of these people by address. What never went out, or is known not to have arrived, told nobody anything.

    What may or may not have arrived counts as told: rather once too seldom than twice. SMS and WhatsApp of one number are one thread: where
    WhatsApp has no template for a text it goes as an SMS, and would for ever be told again.
    """
    arrived = and_(
        Outbox.state != OutboxState.CANCELLED, or_(Outbox.state != OutboxState.FAILED, Outbox.error_code.is_(None)),
        or_(Outbox.provider_status.is_(None), Outbox.provider_status.not_in(FAILED | RANG)),
        or_(Outbox.answered_by.is_(None), and_(Outbox.answered_by.not_like("machine%"), Outbox.answered_by != "fax")))
    rows = session.execute(select(
        Outbox.address_id, func.max(Outbox.created_at), func.max(case((Outbox.text_key == "checkin.intro", 1), (DeliveryEvent.id.is_not(None), 1), else_=0)),
    ).outerjoin(DeliveryEvent, and_(DeliveryEvent.outbox_id == Outbox.id, DeliveryEvent.status == SPOKEN)).where(
        Outbox.person_id.in_(person_ids), Outbox.purpose == Purpose.CHECKIN, arrived).group_by(Outbox.address_id))
    found = {address_id: Thread(bool(introduced), last) for address_id, last, introduced in rows if address_id is not None}
    numbers: dict[tuple[int, str], list[int]] = {}
    for address_id, person_id, number in session.execute(select(Address.id, Address.person_id, Address.address_hash).where(
            Address.person_id.in_(person_ids), Address.channel != Channel.VOICE)):
        numbers.setdefault((person_id, number), []).append(address_id)
    for ids in numbers.values():
        if told := [found[address_id] for address_id in ids if address_id in found]:
            found |= dict.fromkeys(ids, Thread(any(t.introduced for t in told), max(t.last for t in told if t.last)))
    return found
