"""Take one received message through its life: claim, gather (phrases, the bot outside any transaction), decide, apply in one transaction."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from casefile import encryption
from casefile.claims import Fenced, any_due, claim_ids, hold
from casefile.database import Database
from casefile.models import Alert, Inbound, Outbox, Person, Plan
from casefile.vocabulary import LANGUAGES, AlertState, InboundState, Lane
from checkins import numbers
from escalation.takeover import attended
from messaging.catalogue import Catalogue
from triage import asks
from triage.agreed_words import is_duress, is_safe_word
from triage.apply import NOTHING_ENCRYPTED, apply, awaited, only_tell, set_aside
from triage.bot_client import Bot, BotSilent
from triage.burst import Burst, burst_of
from triage.decide import OF_THE_PHONE, BotAnswer, Setting, Understanding, Verdict, decide, hint_of
from triage.language_id import Guess, identify
from triage.normalise import words
from triage.phrases import PhraseBook
from triage.reserve import Reserve
from triage.trimmings import trimmed
from triage.whose import other_profile
from triage.wishes import Wish, WishBook

log = logging.getLogger(__name__)
LEASE = dt.timedelta(seconds=15)
MOST_ATTEMPTS = 4
# The last attempts only tell people what was heard: whatever fails in answering must not hold back an alarm.
ACT_ATTEMPTS = 2
READY = Inbound.state.in_([InboundState.READY, InboundState.WORKING])


@dataclass(frozen=True)
class Tools:
    """What triage works with, made once by the wiring."""

    database: Database
    book: PhraseBook
    catalogue: Catalogue
    bot: Bot | None
    reserve: Reserve | None = None
    wishes: WishBook = field(default_factory=WishBook)


@dataclass(frozen=True)
class _Gathered:
    """All that is known of a message before the decision, read in one transaction."""

    inbound_id: int
    attempt: int
    text: str
    person_id: int | None
    language: str
    conversation: str
    burst: Burst
    setting: Setting
    zone: str
    written: dt.datetime


def handle_next(tools: Tools, owner: str, now: dt.datetime, lanes: Sequence[Lane] | None = None) -> bool:
    """Handle the next waiting message, danger first. Returns False when there is none."""
    with tools.database.read() as session:
        if not any_due(session, Inbound, READY, now, lanes):
            return False
    with tools.database.write() as session:
        claimed = claim_ids(session, Inbound, READY, owner=owner, now=now, lease=LEASE, lanes=lanes,
                            working={"state": InboundState.WORKING})
    # The claim is committed before anything of the message is read: one that cannot even be read uses up its attempts like any other.
    for inbound_id, attempt in claimed:
        try:
            _handle(tools, inbound_id, attempt, owner, now)
        except Fenced:
            log.warning("inbound %s: another worker has it", inbound_id)
        except Exception as error:
            log.exception("inbound %s: attempt %s failed: %s", inbound_id, attempt, type(error).__name__)
            _give_back(tools.database, inbound_id, attempt, owner, now)
    return bool(claimed)


def _handle(tools: Tools, inbound_id: int, attempt: int, owner: str, now: dt.datetime) -> None:
    if attempt > MOST_ATTEMPTS:
        with tools.database.write() as session:
            set_aside(session, hold(session, Inbound, inbound_id, owner, attempt, NOTHING_ENCRYPTED), now)
        return
    with tools.database.read() as session:
        gathered = _gather(session, session.get_one(Inbound, inbound_id), now)
    verdict, language, bot_answered = judge(tools, gathered)
    with tools.database.write() as session:
        row = hold(session, Inbound, inbound_id, owner, attempt)
        if attempt <= ACT_ATTEMPTS:
            apply(session, tools.catalogue, row, verdict, language=language, bot_answered=bot_answered, now=now)
        else:
            only_tell(session, row, verdict, language=language, bot_answered=bot_answered, now=now)


def _give_back(database: Database, inbound_id: int, attempt: int, owner: str, now: dt.datetime) -> None:
    """Have a failed message tried again soon, not only when its lease ends; later each time, so that it is in nobody's way."""
    again = now + dt.timedelta(seconds=min(2.0 ** attempt / 4, 60.0))
    try:
        with database.write() as session:
            session.execute(update(Inbound).where(Inbound.id == inbound_id, Inbound.owner == owner, Inbound.attempt == attempt)
                            .values(state=InboundState.READY, owner=None, lease_until=None, run_at=again))
    except Exception as error:  # the end of its lease frees it
        log.error("inbound %s: not given back: %s", inbound_id, type(error).__name__)


def judge(tools: Tools, g: _Gathered) -> tuple[Verdict, str, bool]:
    """Ask everyone and decide: the verdict, the language it seems to be in (empty: none of ours), whether the bot answered."""
    guess = identify(g.text, g.language)
    languages = {g.language, guess.language}
    heard = tools.book.hear(g.text, languages, tools.wishes.polite(languages))
    nearby = g.burst.nearby(tools.book, g.text, languages)
    wish = _wish(tools.wishes, g, languages)
    named = asks.language(g.text, g.language) if g.setting.awaiting == "language" or (wish is not None and wish.act == "change_language") else None
    answer = _ask(tools.bot, g, hint_of(heard, g.setting.awaiting, wish), named)
    setting = in_language(g.setting, guess, g.language)
    joined = g.burst.joined(g.text)
    if answer is None:
        alone, *both = _ask_reserve(tools.reserve, g, [g.text, joined] if joined else [g.text])
        together = both[0] if both else None
    else:
        alone, together = None, _understood_together(tools, g, joined)
    verdict = decide(heard, answer, setting, nearby, alone, wish, together, g.burst.told)
    return verdict, written_in(guess, g.language), answer is not None or not g.text.strip()


def in_language(setting: Setting, guess: Guess, recorded: str) -> Setting:
    """The setting with what the message's language says beside the recorded one. Many write English now and then; any other is unexpected, and so
    is one that is none of ours, which has no name here."""
    if not guess.changed:
        return setting
    return replace(setting, other_language=True, unexpected_language=guess.language != "en" or recorded == "en",
                   language=LANGUAGES[guess.language].english if written_in(guess, recorded) else "")


def written_in(guess: Guess, recorded: str) -> str:
    """The code of the language that the message is written in; empty when it is none of ours."""
    return "" if guess.changed and guess.language == recorded else guess.language


def _wish(book: WishBook, g: _Gathered, languages: set[str]) -> Wish | None:
    wish = wish_in(book, g.text, g.language, languages)
    if wish is not None and g.setting.awaiting in ("call_when", "language", "human"):
        # Whatever was asked, a phone that is lost or not hers gets no answer, and a child no automatic word.
        answers = wish.act in OF_THE_PHONE or (g.setting.awaiting == "language" and wish.act == "change_language")
        return wish if answers else None
    if wish is not None and wish.act == "reschedule":
        named = asks.when(g.text, g.language, g.zone, g.written)
        return wish if (named.day or named.time) and not named.unclear else None
    return wish


def name_of_language(book: WishBook, text: str, recorded: str) -> Wish | None:
    """What she steers by a language's name alone, courtesies and emoji apart."""
    barer = {" ".join(found.left) for found in trimmed(words(text), book.polite([recorded]))}
    if all(asks.only_language(name, recorded) is None for name in chain([text], barer)):
        return None
    return Wish("change_language", "a language’s name", recorded)


def wish_in(book: WishBook, text: str, recorded: str, languages: set[str]) -> Wish | None:
    """What she steers by a text: a language's name alone, or a wish of the lists (which for "write ..." must still name a day or an hour)."""
    return name_of_language(book, text, recorded) or book.hear(text, languages)


def _ask(bot: Bot | None, g: _Gathered, hint: str | None, named: str | None) -> BotAnswer | None:
    if bot is None or not g.text.strip():
        return None
    try:
        return bot.turn(g.conversation, g.text, hint, named)
    except BotSilent as silent:
        log.warning("inbound %s: judged without the bot: %s", g.inbound_id, silent)
        return None


def _understood_together(tools: Tools, g: _Gathered, joined: str) -> Understanding | None:
    """What the bot's model makes of the joined texts; where it takes too long, the reserve."""
    if tools.bot is None or not joined:
        return None
    try:
        return tools.bot.understand([joined], timeout=2.0)[0]
    except BotSilent as silent:
        # What it made of this text alone still counts.
        log.warning("inbound %s: the bot did not judge it together with the texts beside it: %s", g.inbound_id, silent)
        return _ask_reserve(tools.reserve, g, [joined])[0]


def _ask_reserve(reserve: Reserve | None, g: _Gathered, texts: list[str]) -> list[Understanding | None]:
    """What our own copy of the bot's model makes of each text; None where there is none, or it fails."""
    nothing: list[Understanding | None] = [None] * len(texts)
    if reserve is None or not g.text.strip():
        return nothing
    try:
        return [*reserve.understand(texts)]
    except Exception as error:  # whatever fails in it, phrase lists are left, and a person reads the message
        log.error("inbound %s: the reserve failed: %s", g.inbound_id, type(error).__name__)
        return nothing


def _gather(session: Session, row: Inbound, now: dt.datetime) -> _Gathered:
    person = session.get(Person, row.person_id) if row.person_id else None
    extras = row.extras or {}
    burst = burst_of(session, row)
    attachment = extras.get("attachment") or ("a forwarded message" if extras.get("forwarded") else "")
    if person is None:
        setting = Setting(known=False, opt_out_type=row.opt_out_type, attachment=attachment, empty=not row.body.strip(), emptied="emptied" in extras)
        return _Gathered(row.id, row.attempt, row.body, None, "en", f"i{row.id}", burst, setting, "UTC", row.received_at)
    plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
    alarm = session.scalar(select(Alert.id).where(
        Alert.person_id == person.id, Alert.state != AlertState.RESOLVED, Alert.urgency.in_(["urgent", "immediate"])).limit(1))
    local = row.received_at.astimezone(ZoneInfo(person.time_zone))
    setting = Setting(
        awaiting=awaited(session, person, row), taken_over=person.taken_over_at is not None,
        stopped=person.stopped_at is not None or (plan is not None and plan.consent_withdrawn_at is not None),
        suspended=numbers.is_suspended(session, person, numbers.address_of(session, row)), opt_out_type=row.opt_out_type, attachment=attachment,
        duress=is_duress(encryption.ring(), row.body, person.duress_hashes), safe_word=is_safe_word(encryption.ring(), row.body, person.safe_word_hash), empty=not row.body.strip(),
        emptied="emptied" in extras, recent_alarm=alarm is not None, odd_hour=local.hour < 6, after_silence=_was_silent(session, person.id, now),
        quiet_after_alarm=plan is not None and plan.after_alarm == "nothing", left_alone=_left_alone(session, person, now), minor=not person.adult,
        other_profile=other_profile(session, encryption.ring(), row.address_id, extras))
    return _Gathered(row.id, row.attempt, row.body, person.id, person.language, person.conversation,
                     burst, setting, person.time_zone, row.received_at)


def _left_alone(session: Session, person: Person, now: dt.datetime) -> bool:
    """Whether a colleague holds the conversation, so that the machine is silent, but has not written lately."""
    return person.taken_over_at is not None and not attended(session, person.id, now)


def _was_silent(session: Session, person_id: int, now: dt.datetime) -> bool:
    """Whether nothing came for two weeks although we wrote."""
    since = now - dt.timedelta(days=14)
    wrote = session.scalar(select(Outbox.id).where(Outbox.person_id == person_id, Outbox.created_at >= since).limit(1))
    came = session.scalar(select(Inbound.id).where(Inbound.person_id == person_id, Inbound.received_at >= since,
                                                   Inbound.handled_at.is_not(None)).limit(1))
    return wrote is not None and came is None
