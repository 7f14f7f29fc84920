"""Write a verdict into the record: alert, check-in answered, plan changed, reply queued, all in the caller's one transaction."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session, load_only

from casefile import live
from casefile.claims import release
from casefile.encryption import ring
from casefile.models import Inbound, Person
from casefile.numbers import address_hashes
from casefile.vocabulary import AlertKind, Channel, Concern, InboundState, Lane, Purpose, Urgency, most_urgent
from checkins import numbers, steering
from checkins.answers import CLOCKS, alarmed_since, answered
from checkins.calls import request_call
from escalation.alerts import raise_alert
from messaging import outbox
from messaging.catalogue import Catalogue
from triage import asks
from triage.decide import Verdict
from triage.whose import keep_profile, replied_to

# What the next bare number or short answer will be about.
_AWAITS = {"reply.clarify": "clarify", "reply.call_when": "call_when", "human.when_call": "call_when", "reply.which_language": "language"}
# After so long a bare number no longer answers what was asked.
ANSWERED_WITHIN = dt.timedelta(days=1)
# Within so short a time she can hardly have read what was asked: "2", and three seconds later "please".
TO_READ = dt.timedelta(seconds=20)
_BARE_NUMBER = re.compile(r"\W*\d+\W*")
# What only her own word may do, not that of whoever holds a suspended phone or number: a person hears that it was asked for.
_HERS = {"stop": "to stop", "start": "to write again", "pause": "to pause", "reschedule": "to write at another time", "call_requested": "to call"}
# All that `set_aside` needs of a message, even one that cannot be decrypted.
NOTHING_ENCRYPTED = load_only(Inbound.id, Inbound.person_id, Inbound.state, Inbound.owner, Inbound.attempt)


def awaited(session: Session, person: Person, row: Inbound) -> str:
    """What a short answer in this message would be about; empty when nothing was asked lately, or only after she wrote it.

    A key in a call answers the call, and a reply to a certain message of ours answers that one, however long ago it was.
    """
    if row.channel is Channel.VOICE:
        return "checkin"
    if (replied := replied_to(session, row)) is not None:
        return awaits(replied.purpose, replied.text_key)
    if person.awaiting_since is None or not -CLOCKS <= row.received_at - person.awaiting_since <= ANSWERED_WITHIN:
        return ""
    if row.received_at < person.awaiting_since + TO_READ and not _names_it(person, row):
        # Unread so far: no hour and no language, nor a wish ("later") to be done. A number may be for the check-in, or for a colleague who wrote before.
        return "" if person.taken_over_at is None and _BARE_NUMBER.fullmatch(row.body) else "human"
    if person.awaiting == "call_when" and _BARE_NUMBER.fullmatch(row.body) and _wrote_since(session, row, person.awaiting_since):
        return ""  # she came to speak of something else: 9 may be danger, and of any other number a person asks what it means
    return person.awaiting


def _wrote_since(session: Session, row: Inbound, since: dt.datetime) -> bool:
    return session.scalar(select(Inbound.id).where(Inbound.person_id == row.person_id, Inbound.id != row.id, Inbound.received_at > since,
                                                   Inbound.received_at <= row.received_at).limit(1)) is not None


def _names_it(person: Person, row: Inbound) -> bool:
    """Whether the text could as well be an answer that came at once. A bare number may be one to the check-in: 9 is danger there."""
    if person.awaiting == "call_when":
        named = asks.when(row.body, person.language, person.time_zone, row.received_at)
        return (named.day or named.time) is not None and not _BARE_NUMBER.fullmatch(row.body)
    return person.awaiting != "language" or asks.language(row.body, person.language) is not None


def awaits(purpose: Purpose, text_key: str | None) -> str:
    """What a short answer to such a message of ours would be about."""
    usual = {Purpose.CHECKIN: "checkin", Purpose.HUMAN: "human"}.get(purpose, "")
    return _AWAITS.get(text_key or "", usual)


def apply(session: Session, catalogue: Catalogue, row: Inbound, verdict: Verdict, *, language: str, bot_answered: bool,
          now: dt.datetime) -> None:
    """Finish a claimed message."""
    # The person is locked first: two messages of hers at once wait for each other instead of failing on her version.
    person = session.scalar(select(Person).where(Person.id == row.person_id).with_for_update(key_share=True)) if row.person_id else None
    _heard(row, verdict, language, bot_answered)
    if verdict.needs_person:
        _tell(session, row, verdict, now)
    keep_profile(session, ring(), row)
    if person is not None:
        about = awaited(session, person, row)
        reply, params = _act(session, person, row, verdict, about, now)
        _reply(session, catalogue, person, row, reply, params, about, now)
    _done(session, row, now)


def only_tell(session: Session, row: Inbound, verdict: Verdict, *, language: str, bot_answered: bool, now: dt.datetime) -> None:
    """Finish a claimed message that could be judged, but not be acted on: people are told what was heard, and that they must answer it."""
    verdict = replace(verdict, urgency=most_urgent(verdict.urgency, Urgency.URGENT), why=(
        *verdict.why, "The service failed in acting on this message (a check-in, a stop or a reply): please do yourself what it asks for"))
    _heard(row, verdict, language, bot_answered)
    _tell(session, row, verdict, now)
    _done(session, row, now)


def _heard(row: Inbound, verdict: Verdict, language: str, bot_answered: bool) -> None:
    row.urgency, row.concerns, row.why = verdict.urgency, [str(c) for c in verdict.concerns], list(verdict.why)
    row.language, row.bot_answered, row.duress = language, bot_answered, verdict.duress


def _done(session: Session, row: Inbound, now: dt.datetime) -> None:
    row.state, row.handled_at = InboundState.DONE, now
    release(row)
    live.tell(session, "message", now, row.person_id, row.alert_id)


def set_aside(session: Session, row: Inbound, now: dt.datetime) -> None:
    """Give up on a message that failed again and again: a person is told, at once."""
    row.state, row.fault = InboundState.ASIDE, "failed repeatedly"
    alert = raise_alert(session, key=f"aside:{row.id}", kind=AlertKind.SYSTEM, urgency=Urgency.URGENT, person_id=row.person_id,
                        concerns=[Concern.UNCLEAR], why=["This message could not be judged; please read it"], now=now)
    row.alert_id, row.handled_at = alert.id, now
    release(row)


def _tell(session: Session, row: Inbound, verdict: Verdict, now: dt.datetime) -> None:
    kind = AlertKind.DURESS if verdict.duress else AlertKind.MESSAGE if row.person_id else AlertKind.UNKNOWN_SENDER
    family = "alarm" if verdict.urgency.escalates else "queue"
    alert = raise_alert(session, key=f"{family}:message:{row.id}", kind=kind, urgency=verdict.urgency, person_id=row.person_id,
                        concerns=verdict.concerns, why=verdict.why, joins=None if row.person_id else _before(session, row), now=now)
    row.alert_id = alert.id


def _before(session: Session, row: Inbound) -> int | None:
    """The alert of an unknown sender's message before this one: somebody who writes ten texts is one incident."""
    return session.scalar(select(Inbound.alert_id).where(Inbound.from_hash.in_(address_hashes(row.from_address)), Inbound.id < row.id,
                                                         Inbound.person_id.is_(None), Inbound.alert_id.is_not(None)).order_by(Inbound.id.desc()).limit(1))


def _act(session: Session, person: Person, row: Inbound, verdict: Verdict, about: str,
         now: dt.datetime) -> tuple[str | None, Mapping[str, dt.date | dt.time]]:
    """Do what the verdict says (`about`: what a short answer is about); returns the reply's key (an act may choose a more precise one) and its
    parameters."""
    reply, acts = verdict.reply, verdict.acts
    params: Mapping[str, dt.date | dt.time] = {}
    clear = verdict.urgency is Urgency.NONE or verdict.duress
    replied, checkin = replied_to(session, row), None
    replies_to = replied.checkin_id if replied else None
    if not {"reschedule"} & set(acts):
        checkin = answered(session, person, row.id, now, clear=clear or "clarify" not in acts, replies_to=replies_to)
    row.checkin_id = replies_to or (checkin.id if checkin else None)
    if reply == "reply.ok" and not verdict.duress and alarmed_since(session, row):
        reply = None  # "Have a good day" is no word to follow a danger
    address_id = numbers.address_of(session, row)
    suspended = numbers.is_suspended(session, person, address_id)
    if about == "call_when" and not suspended and not verdict.urgency.escalates and not {"stop", "wrong_number"} & set(acts):
        request_call(session, person, "asked", now, asked_for=row.body, alert_id=row.alert_id)
    for act in acts:
        if suspended and act in _HERS:
            reply = None
            _not_done(session, row, f"A text from a suspended phone or number asks us {_HERS[act]}. Nothing is sent there, and nothing else was changed: "
                      "somebody else may be writing. Ask her by another agreed route whether it is her wish, before anything is sent there again", now)
        elif act == "start" and _stopped_since(session, person, row):
            reply = None
            _not_done(session, row, "A text that came late asks us to write again, but was written before she asked us to stop. Nothing was changed, and "
                      "nothing is sent: the stop holds", now)
        elif act == "call_requested":
            request_call(session, person, "asked", now, alert_id=row.alert_id)
        elif act in steering.ACTS:
            wishes = asks.wishes(row.body, act, person.language, person.time_zone, row.received_at)  # "tomorrow" is the day after she wrote it
            if verdict.wish is not None:
                wishes |= {"channel": verdict.wish.channel, "only": verdict.wish.only}
            change = steering.apply(session, person, act, wishes | {"here": row.channel, "address": address_id}, now)
            if change is not None and reply is not None:
                reply, params = change.reply or reply, change.params
    return reply, params


def _stopped_since(session: Session, person: Person, row: Inbound) -> bool:
    """Whether she asked us to stop after she wrote this, which came late or waited. A stop counts from when it was written, not handled."""
    if person.stopped_at is None:
        return False
    texts = session.execute(select(Inbound.received_at, Inbound.concerns).where(Inbound.person_id == person.id, Inbound.handled_at >= person.stopped_at))
    return row.received_at < max((at for at, concerns in texts if Concern.STOP in (concerns or ())), default=person.stopped_at)


def _not_done(session: Session, row: Inbound, why: str, now: dt.datetime) -> None:
    alert = raise_alert(session, key=f"not-done:{row.id}", kind=AlertKind.REQUEST, urgency=Urgency.ROUTINE, person_id=row.person_id, now=now, why=[why])
    row.alert_id = row.alert_id or alert.id


def _reply(session: Session, catalogue: Catalogue, person: Person, row: Inbound, key: str | None,
           params: Mapping[str, dt.date | dt.time], about: str, now: dt.datetime) -> None:
    if row.channel is Channel.VOICE and not row.body:
        return  # she rang our number: what was asked stays asked
    answers = key is not None and row.address_id is not None and row.channel is not Channel.VOICE
    anew = awaits(Purpose.REPLY, key) if answers else ""
    # What she did not answer by this stays asked: she wrote it before that, or about another message of ours. And to a colleague she may write "wait"
    # first, and then "1".
    if anew or (about == person.awaiting and (answers or about != "human")):
        person.awaiting, person.awaiting_since = anew, now if anew else None
    if not answers:
        return
    outbox.queue(session, dedupe=f"reply:{row.id}", purpose=Purpose.REPLY, channel=row.channel, person_id=person.id,
                 address_id=row.address_id, inbound_id=row.id, text_key=key, language=person.language,
                 body=catalogue.text(key, person.language, **steering.spoken(params, person.language)), lane=Lane.REPLY, now=now,
                 # Staff must see which day she was promised: the catalogue's English alone does not say it.
                 own_words=catalogue.text(key, "en", **steering.spoken(params, "en")) if params and person.language != "en" else None,
                 not_after=now + dt.timedelta(minutes=30))
