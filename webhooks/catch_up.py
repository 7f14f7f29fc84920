"""Fetch what reached the provider while our door was shut: by default Twilio does not deliver a message again (handbook, twilio 1.3)."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from casefile.database import Database
from casefile.models import Inbound
from casefile.numbers import split_address
from casefile.vocabulary import Channel
from messaging.gateway import Gateway, GatewayError
from messaging.redaction import SETTLED
from triage.phrases import PhraseBook
from webhooks.forms import InboundForm, enclosed
from webhooks.receive import store

log = logging.getLogger(__name__)
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
        # The provider lists the newest first; what was written first must be stored first, to be judged with what follows it.
        for message in sorted(reversed(received), key=lambda m: m.at or now):
            if message.sid in known or (message.at is not None and message.at > now - on_its_way):
                continue
            extras: dict[str, Any] = {"fetched": True} | (_enclosed(gateway, message.sid) if message.media else {})
            if not message.body and message.at is not None and message.at < now - SETTLED:
                # After a restore: the record that was lost had handled it, and its words were emptied there (`messaging.redaction`).
                extras["emptied"] = True
            elif not message.body and not message.media:
                # The list does not tell of a place; the webhook would have.
                extras["attachment"] = "something without words, perhaps a place: look at Twilio"
            form = InboundForm(message.sid, channel, split_address(message.sender)[1], number, message.body, extras=extras)
            stored += store(database, book, form, now, received_at=message.at)
    return stored


def _enclosed(gateway: Gateway, sid: str) -> dict[str, Any]:
    """What came with a message. When the provider does not say, the message must not wait for it."""
    try:
        media = gateway.media(sid)
    except GatewayError as error:
        log.warning("%s: what came with it cannot be listed: %s", sid, error)
        media = []
    return enclosed(media) if media else {"attachment": "a picture or file: look at Twilio"}
