"""What of the bot's answer counts, and which vetted text answers a message. Pure."""

from __future__ import annotations

from dataclasses import replace

from casefile.vocabulary import Concern, Urgency
from triage.terms import BotAnswer, Setting

_DEFAULT_REPLY = {
    "checkin_answered": "reply.ok", "call_requested": "reply.call_when", "reschedule": "reply.later", "pause": "reply.paused",
    "start": "reply.started", "change_language": "reply.which_language", "introduced": "reply.automated", "clarify": "reply.clarify",
    "handover": "reply.person_reads", "concern": "reply.person_reads", "less_often": "reply.less_often", "change_channel": "reply.person_reads",
}


def answering(bot: BotAnswer, awaiting: str) -> BotAnswer:
    """The bot's answer as one to what was asked (`awaiting`). The bot knows nothing of what a colleague asked, and may hold a question of yesterday open."""
    intent = bot.understanding.intent
    if awaiting == "call_when":
        # "Tomorrow at 6" says when to call her, not when to write.
        return replace(bot, text_keys=("reply.call_noted",), acts=("call_requested",)) if {"reschedule", "checkin_answered"} & set(bot.acts) else bot
    if "reply.call_noted" in bot.text_keys:
        # Nobody asked her when to call: an answer to a check-in since is none to that.
        return replace(bot, text_keys=(), acts=("call_requested",) if intent == "wants_contact" else ("checkin_answered",) if intent == "fine" else ("handover",))
    return bot


def silent(s: Setting) -> bool:
    """Whether nothing of ours goes to her now."""
    return s.stopped or s.taken_over or s.suspended or s.minor or s.emptied or not s.known or s.opt_out_type is not None


def reply_to(urgency: Urgency, concerns: tuple[Concern, ...], acts: list[str], bot: BotAnswer | None, s: Setting) -> str | None:
    """The key of the text; None when nothing is sent. `bot`: whose proposal counts, None when that answers something else."""
    if "start" in acts and not (s.suspended or s.minor or s.taken_over or not s.known or s.opt_out_type):
        return "reply.started"
    if silent(s) or {"stop", "under_age"} & set(acts) or Concern.WRONG_PERSON in concerns and "introduced" not in acts:
        return None
    if urgency.escalates:
        return None if s.quiet_after_alarm else "reply.received"
    proposed = bot.text_keys[0] if bot and bot.text_keys else None
    if proposed == "reply.clarify" and s.awaiting == "clarify":
        proposed = "reply.person_reads"
    return proposed or next((_DEFAULT_REPLY[a] for a in acts if a in _DEFAULT_REPLY), "reply.person_reads")
