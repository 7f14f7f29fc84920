"""Fetch what reached the provider while our door was shut: by default Twilio does not deliver a message again (handbook, twilio 1.3)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select

from casefile.database import Database
from casefile.models import Inbound
from casefile.numbers import split_address
from casefile.vocabulary import Channel
from messaging.gateway import Gateway
from triage.phrases import PhraseBook
from webhooks.forms import InboundForm
from webhooks.receive import store

# The provider gives our door 15 s. A message as young as this may still be on its way there, with more than the list tells (what kind of
# file it is, which button was pressed): the next look takes it, if it has not come by then.
ON_ITS_WAY = dt.timedelta(seconds=20)


def catch_up(database: Database, book: PhraseBook, gateway: Gateway, our_numbers: Sequence[tuple[Channel, str]], since: dt.datetime,
             now: dt.datetime, on_its_way: dt.timedelta = ON_ITS_WAY) -> int:
    """Store every message since `since`, but for those younger than `on_its_way`, that is not in the record yet; returns how many.
    Raises GatewayError."""
    stored = 0
    for channel, number in our_numbers:
        received = gateway.received(channel, number, since)
        with database.read() as session:
            known = set(session.scalars(select(Inbound.provider_sid).where(Inbound.provider_sid.in_([m.sid for m in received]))))
        for message in received:
            if message.sid in known or (message.at is not None and message.at > now - on_its_way):
                continue
            extras = {"attachment": "a picture or file", "fetched": True} if message.media else {"fetched": True}
            form = InboundForm(message.sid, channel, split_address(message.sender)[1], number, message.body, extras=extras)
            stored += store(database, book, form, now, received_at=message.at)
    return stored
