"""The ladder's words: steps, policy, a check-in's state, the facts that move it, and decisions. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from casefile.vocabulary import CheckinState, Urgency
from messaging.safe_hours import Hours


class Do(StrEnum):
    """What a step does. The first two write to her; the others tell people."""

    ASK = "ask"
    ASK_AGAIN = "ask_again"
    CALL = "call"
    PROFESSIONAL = "professional"
    MANAGER = "manager"
    # after the last step, again and again
    REMIND = "remind"


@dataclass(frozen=True)
class Step:
    """`after`: since she was asked."""

    do: Do
    after: dt.timedelta = dt.timedelta()


DEFAULT_STEPS = (Step(Do.ASK), Step(Do.ASK_AGAIN, dt.timedelta(hours=24)), Step(Do.CALL, dt.timedelta(hours=48)),
                 Step(Do.PROFESSIONAL, dt.timedelta(hours=72)), Step(Do.MANAGER, dt.timedelta(hours=96)))


@dataclass(frozen=True)
class Policy:
    """A plan's ladder and safe hours. `scale` multiplies every waiting time; a faster ladder has no repeat and half the times."""

    steps: Sequence[Step] = DEFAULT_STEPS
    zone: str = "Europe/London"
    hours: Hours = field(default_factory=dict)
    never: Collection[str] = ()
    scale: float = 1.0
    faster: float = 0.5
    recheck: dt.timedelta = dt.timedelta(hours=1)
    # A check-in held up by our own trouble goes to a person after this.
    patience: dt.timedelta = dt.timedelta(hours=24)
    # After the last step the manager is told again this often, until a person closes it.
    remind: dt.timedelta = dt.timedelta(hours=24)


@dataclass(frozen=True)
class State:
    """A check-in as far as the ladder goes. `step` is the index of the last step done; -1 before the first."""

    state: CheckinState
    step: int
    planned_at: dt.datetime
    step_at: dt.datetime | None = None
    asked_at: dt.datetime | None = None
    delivery: str | None = None
    faster: bool = False
    late: bool = False


@dataclass(frozen=True)
class Woke:
    """The timer set at `step` went off; the rest is how things are now. `channels`: ways to write to her that are agreed and work."""

    step: int
    channels: int = 1
    faster: bool = False
    asked_since: bool = False
    in_conversation: bool = False
    outage: bool = False
    handled: bool = False


@dataclass(frozen=True)
class Answered:
    """She answered; `clear` when the answer was understood."""

    clear: bool


@dataclass(frozen=True)
class Delivery:
    """What became of our message (`messaging.status`). `other_way`: another agreed way to write to her is left; `repeated`: the message
    before this one did not arrive either."""

    what: str
    other_way: bool = False
    repeated: bool = False


@dataclass(frozen=True)
class OptedOut:
    """She blocked us at the provider."""


@dataclass(frozen=True)
class Ended:
    """Cancelled by her or by staff, and why: stopped, paused, phone lost, consent withdrawn..."""

    why: str


@dataclass(frozen=True)
class Paused:
    """The plan was paused: nothing more is asked, but what people are at goes on."""


@dataclass(frozen=True)
class Handled:
    """A person reached her or closed the matter, and how it ended."""

    how: str


@dataclass(frozen=True)
class OutageBegan:
    """Our own or the provider's service fails."""


@dataclass(frozen=True)
class OutageEnded:
    """The service works again."""


@dataclass(frozen=True)
class PlanChanged:
    """Steps or safe hours changed (`policy` holds the new ones)."""


Fact = Woke | Answered | Delivery | OptedOut | Ended | Paused | Handled | OutageBegan | OutageEnded | PlanChanged

UNDELIVERED = frozenset({"undelivered", "refused", "number_gone"})
OURS = frozenset({"our_fault", "lost", "not_sent"})
ARRIVED = frozenset({"sent", "delivered", "read"})
# How a call stands that rang and was not picked up: silence, though another way is tried at once as after "undelivered".
NOT_PICKED_UP = "not_picked_up"
# How the key of a check-in's one alert begins; its number follows.
ALERT_KEY = "silence:"
OPEN = frozenset({CheckinState.PLANNED, CheckinState.ASKED, CheckinState.CALL_DUE, CheckinState.SUSPENDED})


@dataclass(frozen=True)
class Alarm:
    """Tell people through the check-in's one alert. `silence` False = she could not be reached, which is not silence."""

    do: Do
    urgency: Urgency
    silence: bool
    why: str


@dataclass(frozen=True)
class Decision:
    """The check-in as it is from now on, its wake time (UTC; None only when it is over), and what is done besides."""

    state: State
    wake_at: dt.datetime | None
    send: bool = False
    other_way: bool = False
    not_after: dt.datetime | None = None
    alarm: Alarm | None = None
    outcome: str | None = None
    reported_late: bool = False
