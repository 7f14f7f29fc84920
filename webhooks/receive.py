"""Store a received message once by its provider id, in one transaction, and choose its lane by a cheap phrase screen."""

from __future__ import annotations

import datetime as dt

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, load_only

from casefile import live
from casefile.database import Database
from casefile.encryption import ring
from casefile.models import Address, Inbound, Outbox, Person
from casefile.numbers import address_hash, address_hashes
from casefile.vocabulary import Channel, InboundState, Lane
from triage.agreed_words import is_duress
from triage.phrases import PhraseBook
from webhooks.forms import InboundForm

# Quick replies of WhatsApp count by their payload, whatever the button's words are in her language.
BUTTONS = {"ok": "1", "call": "2"}


def store(database: Database, book: PhraseBook, form: InboundForm, now: dt.datetime, received_at: dt.datetime | None = None) -> bool:
    """Store the message; False when it was stored before. Any failure of the database is raised: the caller answers 503.

    Nothing encrypted is read: what cannot be decrypted must not shut the door.

    `received_at`: when the provider took it in, where that was earlier than now (it counts for the hours in which we may answer).
    """
    at = min(received_at or now, now)
    try:
        with database.write() as session:
            if session.scalar(select(Inbound.id).where(Inbound.provider_sid == form.sid)) is not None:
                return False
            address = _address(session, form)
            # A number known on another channel is still hers; without an agreed address nothing is answered there.
            known = address or _address(session, form, any_channel=True)
            person = session.get(Person, known.person_id, options=[load_only(Person.language, Person.duress_hashes)]) if known else None
            body = BUTTONS.get(form.extras.get("button", ""), form.body)
            screened = book.hear(body, {person.language} if person else ())
            danger = (bool(screened.hits) or "help" in screened.keywords or screened.number == 9 or form.opt_out_type == "HELP"
                      or (person is not None and is_duress(ring(), body, person.duress_hashes)))
            extras = dict(form.extras)
            if address is not None:
                address.last_inbound_at = max(at, address.last_inbound_at or at)
                if form.external_user and address.external_user_hash not in address_hashes(form.external_user):
                    if address.external_user_hash is not None:
                        extras["other_account"] = True  # a number that went to somebody else comes with a new account
                    address.external_user_hash = address_hash(form.external_user)
            session.add(Inbound(
                provider_sid=form.sid, channel=form.channel, person_id=person.id if person else None, address_id=address.id if address else None,
                from_address=form.sender, to_address=form.to, from_hash=address_hash(form.sender), body=body, extras=extras or None,
                opt_out_type=form.opt_out_type, received_at=at, state=InboundState.READY, lane=Lane.DANGER if danger else Lane.INBOUND,
                run_at=now, attempt=0, concerns=[], duress=False))
            live.tell(session, "message", now, person.id if person else None)
        return True
    except IntegrityError:
        # Two deliveries of one message at the same moment: the other one stored it.
        with database.read() as session:
            if session.scalar(select(Inbound.id).where(Inbound.provider_sid == form.sid)) is not None:
                return False
        raise


def _address(session: Session, form: InboundForm, any_channel: bool = False) -> Address | None:
    hashes = address_hashes(form.sender)
    users = address_hashes(form.external_user) if form.external_user else hashes
    query = select(Address).where(or_(Address.address_hash.in_(hashes), Address.external_user_hash.in_(users))).options(
        load_only(Address.person_id, Address.last_inbound_at, Address.external_user_hash))
    return session.scalars((query if any_channel else query.where(Address.channel == form.channel)).order_by(Address.id).limit(1)).first()


def store_key(database: Database, token: str, call_sid: str, stage: str, body: str, now: dt.datetime) -> None:
    """A key pressed in a check-in call enters triage like a text. "9" (things are bad) goes ahead of everything."""
    with database.write() as session:
        row = session.scalar(select(Outbox).where(Outbox.token == token))
        sid = f"{call_sid}:{stage}"
        if row is None or row.person_id is None or session.scalar(select(Inbound.id).where(Inbound.provider_sid == sid)) is not None:
            return
        # The call asked anew: a key never answers what a text asked before. The version stays, so that triage under way does not fail.
        session.execute(update(Person.__table__).where(Person.__table__.c.id == row.person_id).values(awaiting="checkin", awaiting_since=now))
        address = session.get(Address, row.address_id) if row.address_id else None
        number = address.address if address else ""
        session.add(Inbound(provider_sid=sid, channel=Channel.VOICE, person_id=row.person_id, address_id=row.address_id, from_address=number,
                            to_address="", from_hash=address_hash(number), body=body, received_at=now, state=InboundState.READY,
                            lane=Lane.DANGER if body == "9" else Lane.INBOUND, run_at=now, attempt=0, concerns=[], duress=False))
        live.tell(session, "message", now, row.person_id)
