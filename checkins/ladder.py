"""What a check-in does next: ask, repeat once, then people. Pure; every transition on one page.

    PLANNED -> ASKED -> ANSWERED                          she answered
       |         |`---> CALL_DUE -> ANSWERED | CLOSED     silence, or no way to write: a person calls; then professional, manager
       |         `----> SUSPENDED                         our own or the provider's trouble: not her silence
       `-> SUSPENDED -> ASKED | CALL_DUE                  asked when the trouble is over; a person if it lasts
    any open state -> CANCELLED                           she stopped or paused, or staff cancelled

Laws: silence alone always reaches a person; every open check-in has a wake time; a timer set for another step changes nothing; only
`Alarm` tells people and it names one alert a check-in; what did not reach her phone is never called silence. Steps for people do not wait
for safe hours (only what goes to her phone does).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from casefile.vocabulary import CheckinState, Urgency
from checkins.ladder_terms import (
    ARRIVED,
    NOT_PICKED_UP,
    OURS,
    UNDELIVERED,
    Alarm,
    Answered,
    Decision,
    Delivery,
    Do,
    Ended,
    Fact,
    Handled,
    OptedOut,
    OutageBegan,
    OutageEnded,
    Paused,
    PlanChanged,
    Policy,
    State,
    Woke,
)
from messaging.safe_hours import is_safe, next_safe, window_end


def decide(s: State, fact: Fact, now: dt.datetime, policy: Policy) -> Decision | None:
    """The next move; None = leave the check-in and its timer alone."""
    C = CheckinState
    match s.state, fact:
        case (C.ANSWERED | C.CLOSED | C.CANCELLED, _):
            return None
        # She answers, or she or staff end it.
        case (_, Answered(clear=True)):
            return _over(s, C.ANSWERED, "answered")
        case (C.ASKED | C.SUSPENDED, Answered(clear=False)):
            return _wait(replace(s, state=C.ASKED, step=_last_ask(policy), asked_at=s.asked_at or now), now, policy, outcome="unclear")
        case (_, Ended(why)):
            return _over(s, C.CANCELLED, why)
        case (C.PLANNED | C.ASKED | C.SUSPENDED, Paused()):
            return _over(s, C.CANCELLED, "paused")
        case (_, Handled(how)):
            return _over(s, C.CLOSED, how)
        # Trouble of ours.
        case (C.PLANNED | C.ASKED, OutageBegan()):
            return _suspend(s, now, policy)
        case (C.PLANNED | C.ASKED, Woke(outage=True) as woke) if woke.step == s.step:
            return _suspend(s, now, policy)
        case (C.SUSPENDED, Woke(outage=True) as woke) if woke.step == s.step and not _waited_too_long(s, now, policy):
            return Decision(s, now + policy.recheck * policy.scale)
        case (C.SUSPENDED, Woke(outage=True) as woke) if woke.step == s.step:
            return _tell(s, Do.CALL, now, policy, silence=False, why=_OUR_FAULT)
        case (C.SUSPENDED, OutageEnded()):
            return Decision(s, now)
        case (C.SUSPENDED, Woke() as woke) if woke.step == s.step:
            return _resume(s, woke, now, policy)
        # What the provider says of our message.
        case (C.ASKED, OptedOut()):
            return _tell(s, Do.CALL, now, policy, silence=False,
                         why="she blocked our messages at the provider, so her plan is paused; ask her by another agreed route whether that is her wish")
        case (C.ASKED, Delivery(what)) if what in OURS:
            return _suspend(replace(s, delivery=what), now, policy)
        case (C.ASKED, Delivery(what, other_way=True)) if what in UNDELIVERED and _next_is_repeat(s, policy):
            at = _safe(now, policy)
            return None if at is None else Decision(replace(s, delivery=what), at)
        case (C.ASKED, Delivery("undelivered")) if _next_is_repeat(s, policy) or s.delivery == NOT_PICKED_UP:
            return None
        case (C.ASKED, Delivery(what, repeated=repeated)) if what in UNDELIVERED:
            return _tell(replace(s, delivery=what, faster=s.faster or repeated), Do.CALL, now, policy, silence=False, why=_NOT_DELIVERED[what])
        # Its time has come.
        case (C.PLANNED, Woke() as woke) if woke.step == s.step:
            return _first_ask(replace(s, faster=s.faster or woke.faster), woke, now, policy)
        case (C.ASKED, Woke() as woke) if woke.step == s.step:
            return _next_step(replace(s, faster=s.faster or woke.faster), woke, now, policy)
        case (C.CALL_DUE, Woke(handled=True) as woke) if woke.step == s.step:
            return _over(s, C.CLOSED, "handled")
        case (C.CALL_DUE, Woke() as woke) if woke.step == s.step:
            return _tell(replace(s, faster=s.faster or woke.faster), _do(s.step + 1, policy), now, policy, silence=_is_silence(s),
                         why=f"{_hours(s, now, policy)} hours on there is still no word from her")
        case (C.PLANNED | C.ASKED | C.SUSPENDED, PlanChanged()):
            return Decision(s, now) if s.state is not C.ASKED else _wait(s, now, policy)
    return None


_NOT_DELIVERED = {"undelivered": "our messages do not arrive on her phone", "refused": "the provider does not take messages for her number",
                  "number_gone": "her number is no longer in use, or is somebody else's by now"}

_OUR_FAULT = "we could not write to her: our own service or the provider failed"
_HELD_BACK = "we did not write to her: the rules of her plan held the message back, or it could not be sent, or not in time"


def _no_way(woke: Woke) -> str | None:
    if woke.in_conversation:
        return "a check-in is due while a colleague holds the conversation: ask her yourself"
    return None if woke.channels else "there is no agreed way left to write to her"


def _first_ask(s: State, woke: Woke, now: dt.datetime, policy: Policy) -> Decision:
    missed = not _same_window(s.planned_at, now, policy)
    if (why := _no_way(woke)) is not None:
        return _tell(s, Do.CALL, now, policy, silence=False, why=why)
    if woke.asked_since:
        return _wait(replace(s, state=CheckinState.ASKED, step=_last_ask(policy), step_at=now, asked_at=now), now, policy)
    if not is_safe(now, policy.zone, policy.hours, policy.never):
        at = _safe(now, policy)
        if at is None or at > now + dt.timedelta(days=7):
            return replace(_tell(replace(s, late=True), Do.CALL, now, policy, silence=False, why="there was no safe hour left to ask her in"),
                           reported_late=not s.late)
        return Decision(replace(s, late=True), at, reported_late=not s.late)
    asked = _ask(s, 0, now, policy)
    late = missed and not s.late
    return replace(asked, state=replace(asked.state, late=s.late or missed), reported_late=late)


def _next_step(s: State, woke: Woke, now: dt.datetime, policy: Policy) -> Decision:
    """The step after this one; a repeat that cannot or need not be sent gives way to people, at their time."""
    wanted = woke.channels and not woke.asked_since and not woke.in_conversation
    if _repeats(s, policy) and wanted:
        if s.delivery not in UNDELIVERED and now < _due(s, s.step + 1, policy):
            return _wait(s, now, policy)
        if is_safe(now, policy.zone, policy.hours, policy.never):
            again = replace(_ask(s, s.step + 1, now, policy).state, asked_at=s.asked_at)
            return replace(_wait(again, now, policy), send=True, other_way=s.delivery in UNDELIVERED,
                           not_after=window_end(now, policy.zone, policy.hours))
        if (at := _safe(now, policy)) is not None and at < _due(s, _first_human(policy), policy):
            return Decision(s, at)
    s = replace(s, step=max(s.step, _last_ask(policy)))
    if _due(s, s.step + 1, policy) > now:
        return _wait(s, now, policy)
    return _tell(s, _do(s.step + 1, policy), now, policy, silence=_is_silence(s), why=_still(s, now, policy))


def _resume(s: State, woke: Woke, now: dt.datetime, policy: Policy) -> Decision:
    """Our trouble is over: what had arrived waits on by as long as the trouble lasted; what had not is asked in the next safe hour."""
    if s.asked_at is not None and (s.delivery in ARRIVED or s.delivery == NOT_PICKED_UP):
        shifted = s.asked_at + (now - (s.step_at or now))
        # However often our service fails, a person is told in the end.
        shifted = min(shifted, max(s.asked_at, s.planned_at + policy.patience * policy.scale))
        return _wait(replace(s, state=CheckinState.ASKED, asked_at=shifted, step_at=now), now, policy)
    if s.asked_at is None:
        return _first_ask(replace(s, state=CheckinState.PLANNED), woke, now, policy)
    if (why := _no_way(woke)) is not None or not _next_is_repeat(s, policy):
        return _tell(s, Do.CALL, now, policy, silence=False, why=why or _not_asked(s))
    if woke.asked_since:
        return _wait(replace(s, state=CheckinState.ASKED, step=_last_ask(policy), step_at=now, asked_at=now, delivery=None), now, policy)
    if not is_safe(now, policy.zone, policy.hours, policy.never):
        at = _safe(now, policy)
        if at is not None and not _waited_too_long(s, at, policy):
            return Decision(s, at)
        return _tell(s, Do.CALL, now, policy, silence=False, why=_not_asked(s))
    return replace(_ask(s, s.step + 1, now, policy), other_way=True)


def _ask(s: State, step: int, now: dt.datetime, policy: Policy) -> Decision:
    asked = replace(s, state=CheckinState.ASKED, step=step, step_at=now, asked_at=now, delivery=None)
    return replace(_wait(asked, now, policy), send=True, not_after=window_end(now, policy.zone, policy.hours))


def _wait(s: State, now: dt.datetime, policy: Policy, outcome: str | None = None) -> Decision:
    """Wake at the next step that will be done: a repeat inside safe hours, or people at their time whatever the hour."""
    if _repeats(s, policy):
        at = _safe(max(_due(s, s.step + 1, policy), now), policy)
        if at is not None and at < _due(s, _first_human(policy), policy):
            return Decision(s, at, outcome=outcome)
    following = max(s.step, _last_ask(policy)) + 1
    return Decision(s, max(_due(s, following, policy), now), outcome=outcome)


def _tell(s: State, do: Do, now: dt.datetime, policy: Policy, *, silence: bool, why: str) -> Decision:
    """A step for people: at the call step or later, with the time of the one after it."""
    step = max(s.step + 1, _first_human(policy))
    told = replace(s, state=CheckinState.CALL_DUE, step=step, step_at=now, asked_at=s.asked_at or now)
    gap = _due(told, step + 1, policy) - _due(told, step, policy)
    urgency = Urgency.URGENT if s.faster else Urgency.ROUTINE
    return Decision(told, now + gap, alarm=Alarm(do, urgency, silence, why))


def _suspend(s: State, now: dt.datetime, policy: Policy) -> Decision:
    return Decision(replace(s, state=CheckinState.SUSPENDED, step_at=now), now + policy.recheck * policy.scale)


def _over(s: State, state: CheckinState, outcome: str) -> Decision:
    return Decision(replace(s, state=state), None, outcome=outcome)


def _still(s: State, now: dt.datetime, policy: Policy) -> str:
    hours = _hours(s, now, policy)
    if s.delivery in UNDELIVERED:
        return f"not reached for {hours} hours: {_NOT_DELIVERED[s.delivery or 'undelivered']}"
    if s.delivery in OURS:
        return f"not reached for {hours} hours; {_not_asked(s)}"
    reached = {"read": "the message was read", "delivered": "the message was delivered", NOT_PICKED_UP: "the call was not picked up"}
    return f"no answer for {hours} hours; {reached.get(s.delivery or '', 'whether the message arrived is not known')}"


def _not_asked(s: State) -> str:
    return _HELD_BACK if s.delivery == "not_sent" else _OUR_FAULT


def _hours(s: State, now: dt.datetime, policy: Policy) -> int:
    return round((now - (s.asked_at or now)) / dt.timedelta(hours=1) / policy.scale)


def _is_silence(s: State) -> bool:
    return s.delivery not in UNDELIVERED | OURS


def _due(s: State, step: int, policy: Policy) -> dt.datetime:
    """When a step is due; after the last one, the reminders."""
    asked = s.asked_at or s.planned_at
    if step >= len(policy.steps):
        return asked + (policy.steps[-1].after + policy.remind * (step - len(policy.steps) + 1)) * policy.scale
    step_after = policy.steps[step].after
    fast = policy.faster if s.faster and step > _last_ask(policy) else 1.0
    return asked + step_after * policy.scale * fast


def _do(step: int, policy: Policy) -> Do:
    return policy.steps[step].do if step < len(policy.steps) else Do.REMIND


def _last_ask(policy: Policy) -> int:
    return sum(step.do in (Do.ASK, Do.ASK_AGAIN) for step in policy.steps) - 1


def _first_human(policy: Policy) -> int:
    return _last_ask(policy) + 1


def _next_is_repeat(s: State, policy: Policy) -> bool:
    return s.step < _last_ask(policy)


def _repeats(s: State, policy: Policy) -> bool:
    """Whether she is asked once more: not on a faster ladder, unless the first message did not arrive."""
    return _next_is_repeat(s, policy) and (not s.faster or s.delivery in UNDELIVERED)


def _waited_too_long(s: State, now: dt.datetime, policy: Policy) -> bool:
    return now - (s.step_at or now) >= policy.patience * policy.scale


def _safe(moment: dt.datetime, policy: Policy) -> dt.datetime | None:
    return next_safe(moment, policy.zone, policy.hours, policy.never)


def _same_window(planned: dt.datetime, now: dt.datetime, policy: Policy) -> bool:
    end = window_end(planned, policy.zone, policy.hours)
    return end is None or now < end
