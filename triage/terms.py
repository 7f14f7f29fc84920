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
    now_from: float = 1.0  # the lower limit of the chance of "immediate", which alarms by itself
    part_alarms: bool = False  # a sentence of it would alarm as a message of its own

    @property
    def chance(self) -> str:
        """The chance and limit that staff read: of a person being needed, unless it alarms by that of life or liberty at risk alone."""
        if self.alarms and self.escalate < self.alarm_from:
            return f"life or liberty at risk {self.urgency.get('immediate', 0.0):.0%}, alarms from {self.now_from:.0%}"
        alone = "; that sentence by itself would alarm" if self.part_alarms and not self.alarms else ""
        return f"alarm {self.escalate:.0%}, alarms from {self.alarm_from:.0%}{alone}"

    @property
    def to_be_read(self) -> bool:
        """Whether it says more than nothing, so that a person must read it."""
        return self.alarms or self.part_alarms or 1.0 - self.urgency.get("none", 0.0) >= self.person_from


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
