"""What triage's decision reads and what it gives: the bot's understanding, the setting of a message, the verdict. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from casefile.vocabulary import Concern, Urgency
from triage.wishes import Wish


@dataclass(frozen=True)
class Understanding:
    """What the bot made of a text: intents with their shares, chances of each urgency and of a person being needed today, whether it alarms;
    nearest training examples, the sentence that sounds worst where that is not the whole, further thresholds of its model."""

    intent: str
    confidence: float
    ranking: tuple[tuple[str, float], ...]
    urgency: Mapping[str, float]
    escalate: float
    alarms: bool
    nearest: tuple[str, ...] = ()
    sentence: str = ""
    immediate_from: float = 0.5
    person_from: float = 0.5
    alarm_from: float = 0.5


@dataclass(frozen=True)
class BotAnswer:
    """One turn of the bot: what it understood, and the text keys and acts it proposes."""

    understanding: Understanding
    text_keys: tuple[str, ...] = ()
    acts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Setting:
    """What is known around a message. Only ever raises. `awaiting`: what a short answer would be about; `language`: the English name of the one
    it seems to be in, where that is another than hers; `emptied`: fetched from the provider when its words were gone there."""

    awaiting: str = ""
    stopped: bool = False
    taken_over: bool = False
    suspended: bool = False
    known: bool = True
    duress: bool = False
    opt_out_type: str | None = None
    attachment: str = ""
    empty: bool = False
    emptied: bool = False
    recent_alarm: bool = False
    after_silence: bool = False
    odd_hour: bool = False
    other_language: bool = False
    quiet_after_alarm: bool = False
    unexpected_language: bool = False
    left_alone: bool = False
    other_profile: bool = False
    minor: bool = False
    safe_word: bool = False
    language: str = ""


@dataclass(frozen=True)
class Verdict:
    """The decision: how serious, about what and why; what to do; which vetted text answers (None = nothing is sent)."""

    urgency: Urgency
    concerns: tuple[Concern, ...]
    why: tuple[str, ...]
    acts: tuple[str, ...] = ()
    reply: str | None = None
    duress: bool = False
    wish: Wish | None = None

    @property
    def needs_person(self) -> bool:
        return self.urgency is not Urgency.NONE
