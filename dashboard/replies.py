"""What a caseworker sends to a person: where it would go, whether it may go, and the row that sends it once."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import audit, live
from casefile.models import Address, Outbox, Person, Plan
from casefile.vocabulary import Channel, Lane, Purpose
from dashboard.timeline import last_channel
from messaging import outbox
from messaging.rules import Cancel, Go, Move, may_send
from messaging.views import Views
from triage.apply import awaits

LONGEST = 600
# Words that would tell whoever reads over her shoulder what this is about (handbook, safety 1.2).
REVEALING = re.compile(
    r"\b(traffick\w*|slave\w*|victim\w*|survivor\w*|police|999|112|solicitor\w*|lawyer\w*|home[ -]?office|safe[ -]?house|nrm|msvcc|refuge|shelter|therap\w*|"
    r"asylum|immigration|(?:case|key|social|support)[ -]?worker\w*|your case|charit\w*|ngos?|helplines?|detention|detained|courts?|tribunals?|abus\w*|"
    r"exploit\w*|helen bamber|alongside|https?://\S+|www\.\S+)\b", re.IGNORECASE)


class CannotReply(RuntimeError):
    """Nothing can be sent now; the message can be shown to staff."""


@dataclass(frozen=True)
class Way:
    """Where a reply goes; `later` is when, if it must wait for safe hours.

    `instead` is why it does not go to where she wrote from last; then `to` says whose phone will ring.
    """

    channel: Channel
    address_id: int
    later: dt.datetime | None = None
    instead: str = ""
    to: str = ""


def way(session: Session, person: Person, now: dt.datetime) -> Way:
    """Where a reply would go now: the way she wrote last, else, where that may not be used (any more), the plan's first that may. Raises
    CannotReply in words for staff."""
    last, why = last_channel(session, person.id), ""
    for channel, address_id in ([last] if last else []) + _planned(session, person):
        probe = Outbox(purpose=Purpose.HUMAN, channel=channel, person_id=person.id, address_id=address_id, not_after=None)
        verdict = _verdict(session, probe, now)
        if not isinstance(verdict, Cancel):
            instead = why if last else ""
            return Way(channel, address_id, verdict.at if isinstance(verdict, Move) else None, instead, _phone(session, address_id) if instead else "")
        why = why or verdict.why
    raise CannotReply(f"Nothing can be sent: {why}." if why else
                      "There is no agreed address to write to. Add one in the record, with consent and confirmed as safe.")


def _verdict(session: Session, probe: Outbox, now: dt.datetime) -> Go | Move | Cancel:
    try:
        view = Views(session, [probe], now).of(probe)
    except KeyError:
        return Cancel("the number cannot be read")
    return may_send(view, now)


def _phone(session: Session, address_id: int) -> str:
    address = session.get_one(Address, address_id)
    return f"…{address.address[-3:]} ({address.whose}; shared: {address.shared})"


def _planned(session: Session, person: Person) -> list[tuple[Channel, int]]:
    """The agreed ways of the plan, in its order. Nothing encrypted is read: an address beyond reading must not hide the others."""
    channels = session.scalar(select(Plan.channels).where(Plan.person_id == person.id))
    agreed = session.execute(select(Address.channel, Address.id).where(
        Address.person_id == person.id, Address.consent, Address.safe_to_contact, Address.suspended_at.is_(None), Address.opted_out_at.is_(None))
        .order_by(Address.id)).all()
    wanted = [c for c in channels or ["sms"] if c != Channel.VOICE] or ["sms"]
    return [(channel, address_id) for c in wanted for channel, address_id in agreed if channel == c]


def send(session: Session, person_id: int, staff_id: int, *, token: str, body: str, now: dt.datetime, text_key: str | None = None,
         language: str | None = None, own_words: str | None = None, address_id: int | None = None) -> Outbox | None:
    """Queue a reply; None when this form was sent before. Only whoever holds the conversation may, and only to `address_id`, which the page told her.
    Raises CannotReply."""
    person = session.scalars(select(Person).where(Person.id == person_id).with_for_update().execution_options(populate_existing=True)).one()
    if person.taken_over_by is None:
        raise CannotReply("Take the conversation over first, so that the automatic messages are silent.")
    if person.taken_over_by != staff_id:
        raise CannotReply("A colleague holds this conversation now. Your words were not sent.")
    there = way(session, person, now)
    # A form without an address comes from a page that said nothing of another phone.
    if there.instead if address_id is None else there.address_id != address_id:
        raise CannotReply("Where it goes has changed since you opened the page, and nothing was sent. Read below where it would go now, then send it again.")
    row = outbox.queue(session, dedupe=f"human:{token}"[:80], purpose=Purpose.HUMAN, channel=there.channel, person_id=person.id,
                       address_id=there.address_id, sent_by=staff_id, text_key=text_key, language=language, own_words=own_words, body=body,
                       lane=Lane.REPLY, now=now)
    if row is not None:
        if there.later is not None:
            row.run_at = there.later
        person.awaiting, person.awaiting_since = awaits(Purpose.HUMAN, text_key), now
        audit.note(session, now, "wrote to the person", staff_id, person.id, f"message {row.id}" + (f", {text_key}" if text_key else ""))
        live.tell(session, "message", now, person.id)
    return row


def revealing(text: str) -> list[str]:
    """Words in a text that would tell a bystander what this is about."""
    return list(dict.fromkeys(m.group(0) for m in REVEALING.finditer(text)))
