"""She answered: what that means for the check-ins that wait for it."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casefile.models import Checkin, Inbound, Outbox, Person
from casefile.vocabulary import Channel, Concern, Purpose, Urgency
from checkins import numbers
from checkins.ladder_terms import Answered
from checkins.moves import hear, move_all, open_checkins
from escalation.alerts import eased

# A text may seem by so much older than the question it answers: the provider's clock and ours differ.
CLOCKS = dt.timedelta(minutes=1)


def answered(session: Session, person: Person, inbound_id: int, now: dt.datetime, clear: bool, replies_to: int | None = None) -> Checkin | None:
    """A message of hers came (`inbound_id`); returns the newest check-in it answers, None when none was open.

    Clear: every open check-in is answered, and alarms about her show a calm answer (they stay open: only a person closes them), unless she wrote it
    before the danger.
    A STOP ends them as stopped, which `steering` does. Unclear, or somebody else seems to write: the machine does not ask again, but the steps for people stay.
    From a suspended phone or number nothing moves: it is no word from her. Nor does a check-in that she was asked after she wrote this, unless it
    replies to that very check-in (`replies_to`), which is surer than clocks.
    """
    message = session.get(Inbound, inbound_id)
    waiting = [c for c in open_checkins(session, person.id) if message is None or c.id == replies_to or not _asked_later(session, c, message)]
    if numbers.is_suspended(session, person, numbers.address_of(session, message) if message is not None else None):
        return next(iter(waiting), None)
    if message is not None and Concern.STOP in (message.concerns or ()):
        # `steering` ends them as stopped, in the same transaction.
        return next(iter(waiting), None)
    if message is not None and (Concern.WRONG_PERSON in (message.concerns or ()) or (message.channel is Channel.VOICE and not message.body)):
        clear = False  # rang our number, without a key or a word: how she is, nobody knows
    if clear:
        ended = move_all(session, person.id, Answered(True), now, {c.id for c in waiting})
        if message is not None and message.urgency is Urgency.NONE and not message.duress and not alarmed_since(session, message):
            eased(session, person.id, now)
        return ended[0] if ended else None
    for checkin in waiting:
        hear(session, checkin.id, "unclear")
    return waiting[0] if waiting else None


def alarmed_since(session: Session, message: Inbound) -> bool:
    """Whether a danger that she wrote at the same time or later was handled before this message, which came late or waited."""
    return session.scalar(select(Inbound.id).where(
        Inbound.person_id == message.person_id, Inbound.id != message.id, Inbound.received_at >= message.received_at,
        Inbound.urgency.in_([Urgency.URGENT, Urgency.IMMEDIATE])).limit(1)) is not None


def _asked_later(session: Session, checkin: Checkin, message: Inbound) -> bool:
    """Whether she was asked only after she wrote: our door was shut, and her text was fetched afterwards."""
    written = message.received_at + CLOCKS
    if (checkin.asked_at or checkin.planned_at) <= written:
        return False
    # Trouble of ours moves `asked_at` on; her first message of the check-in tells when she was asked.
    first = session.scalar(select(func.min(Outbox.created_at)).where(Outbox.checkin_id == checkin.id, Outbox.purpose == Purpose.CHECKIN))
    return first is None or first > written
