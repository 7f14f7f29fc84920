"""Take one received message through its life: claim, gather (phrases, the bot outside any transaction), decide, apply in one transaction."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import encryption
from casefile.claims import Fenced, any_due, claim, hold
from casefile.database import Database
from casefile.models import Alert, Inbound, Outbox, Person, Plan
from casefile.vocabulary import AlertState, InboundState, Lane
from messaging.catalogue import Catalogue
from triage.agreed_words import is_duress
from triage.apply import apply, set_aside
from triage.bot_client import Bot, BotSilent
from triage.decide import BotAnswer, Setting, Verdict, decide, hint_of
from triage.language_id import identify
from triage.phrases import Heard, PhraseBook

log = logging.getLogger(__name__)
LEASE = dt.timedelta(seconds=15)
MOST_ATTEMPTS = 4
# Texts of the last minutes are also judged together: "he came" / "my ex boss" / "he is outside".
TOGETHER = dt.timedelta(minutes=5)
READY = Inbound.state.in_([InboundState.READY, InboundState.WORKING])


@dataclass(frozen=True)
class Tools:
    """What triage works with, made once by the wiring."""

    database: Database
    book: PhraseBook
    catalogue: Catalogue
    bot: Bot | None


@dataclass(frozen=True)
class _Gathered:
    """All that is known of a message before the decision, read in one transaction."""

    inbound_id: int
    attempt: int
    text: str
    person_id: int | None
    language: str
    conversation: str
    earlier: tuple[str, ...]
    setting: Setting


def handle_next(tools: Tools, owner: str, now: dt.datetime, lanes: Sequence[Lane] | None = None) -> bool:
    """Handle the next waiting message, danger first. Returns False when there is none."""
    with tools.database.read() as session:
        if not any_due(session, Inbound, READY, now, lanes):
            return False
    with tools.database.write() as session:
        rows = claim(session, Inbound, READY, owner=owner, now=now, lease=LEASE, lanes=lanes,
                     working={"state": InboundState.WORKING})
        if not rows:
            return False
        row = rows[0]
        if row.attempt > MOST_ATTEMPTS:
            set_aside(session, row, now)
            return True
        gathered = _gather(session, row, now)
    try:
        verdict, language, bot_answered = judge(tools, gathered)
        with tools.database.write() as session:
            apply(session, tools.catalogue, hold(session, Inbound, gathered.inbound_id, owner, gathered.attempt), verdict,
                  language=language, bot_answered=bot_answered, now=now)
    except Fenced:
        log.warning("inbound %s: another worker has it", gathered.inbound_id)
    except Exception as error:
        # The claim stays: when its lease ends the message is tried again, and after MOST_ATTEMPTS a person is told.
        log.exception("inbound %s: attempt %s failed: %s", gathered.inbound_id, gathered.attempt, type(error).__name__)
    return True


def judge(tools: Tools, g: _Gathered) -> tuple[Verdict, str, bool]:
    """Ask everyone and decide: the verdict, the language it seems to be in, whether the bot answered."""
    guess = identify(g.text, g.language)
    languages = {g.language, guess.language}
    heard = tools.book.hear(g.text, languages)
    nearby = tools.book.hear(" ".join((*g.earlier, g.text)), languages) if g.earlier else Heard()
    answer = _ask(tools.bot, g, hint_of(heard, g.setting.awaiting))
    setting = g.setting if not guess.changed else Setting(**{**vars(g.setting), "other_language": True})
    return decide(heard, answer, setting, nearby), guess.language, answer is not None


def _ask(bot: Bot | None, g: _Gathered, hint: str | None) -> BotAnswer | None:
    if bot is None or not g.text.strip():
        return None
    try:
        answer = bot.turn(g.conversation, g.text, g.language, hint)
        if not g.earlier:
            return answer
        together = bot.understand([" . ".join((*g.earlier, g.text))], timeout=2.0)[0]
    except BotSilent as silent:
        log.warning("inbound %s: judged without the bot: %s", g.inbound_id, silent)
        return None
    worse = together if together.escalate > answer.understanding.escalate else answer.understanding
    return BotAnswer(worse, answer.text_keys, answer.acts)


def _gather(session: Session, row: Inbound, now: dt.datetime) -> _Gathered:
    person = session.get(Person, row.person_id) if row.person_id else None
    extras = row.extras or {}
    if person is None:
        setting = Setting(known=False, opt_out_type=row.opt_out_type, attachment=extras.get("attachment", ""),
                          empty=not row.body.strip())
        return _Gathered(row.id, row.attempt, row.body, None, "en", f"i{row.id}", (), setting)
    plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
    earlier = session.scalars(
        select(Inbound).where(Inbound.person_id == person.id, Inbound.id < row.id, Inbound.received_at >= row.received_at - TOGETHER,
                              Inbound.redacted_at.is_(None)).order_by(Inbound.id.desc()).limit(4))
    alarm = session.scalar(select(Alert.id).where(
        Alert.person_id == person.id, Alert.state != AlertState.RESOLVED, Alert.urgency.in_(["urgent", "immediate"])).limit(1))
    local = row.received_at.astimezone(ZoneInfo(person.time_zone))
    setting = Setting(
        awaiting=person.awaiting, stopped=person.stopped_at is not None, taken_over=person.taken_over_at is not None,
        suspended=person.suspended_at is not None, opt_out_type=row.opt_out_type, attachment=extras.get("attachment", ""),
        duress=is_duress(encryption.ring(), row.body, person.duress_hashes), empty=not row.body.strip(),
        recent_alarm=alarm is not None, odd_hour=local.hour < 6, after_silence=_was_silent(session, person.id, now),
        quiet_after_alarm=plan is not None and plan.after_alarm == "nothing")
    return _Gathered(row.id, row.attempt, row.body, person.id, person.language, person.conversation,
                     tuple(reversed([m.body for m in earlier if m.body.strip()])), setting)


def _was_silent(session: Session, person_id: int, now: dt.datetime) -> bool:
    """Whether nothing came for two weeks although we wrote."""
    since = now - dt.timedelta(days=14)
    wrote = session.scalar(select(Outbox.id).where(Outbox.person_id == person_id, Outbox.created_at >= since).limit(1))
    came = session.scalar(select(Inbound.id).where(Inbound.person_id == person_id, Inbound.received_at >= since,
                                                   Inbound.handled_at.is_not(None)).limit(1))
    return wrote is not None and came is None
