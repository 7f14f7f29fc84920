"""Move check-ins by what she or staff do, one person at a time, in the caller's transaction. Timers are moved by `checkins.run`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from casefile import live
from casefile.models import Checkin, Outbox, WelfareCall
from casefile.vocabulary import CheckinState, OutboxState
from checkins import ladder
from checkins.ladder_terms import OPEN, Decision, Fact, Paused, Policy, State

# What may wait in `Checkin.heard`, the weightier later: a weightier fact replaces a lighter one, never the other way round.
HEARD = ("plan_changed", "outage_ended", "outage_began", "undelivered", "not_sent", "lost", "our_fault", "refused", "number_gone", "unclear",
         "opted_out")
# Why a call is wanted, silence apart, the weightier later: no answer to a check-in ends such a call.
WANTED = ("planned", "staff", "asked")


def state_of(row: Any) -> State:
    """A check-in's row as the ladder sees it."""
    return State(row.state, row.step, row.planned_at, row.step_at, row.asked_at, row.delivery, row.faster, row.late)


def open_checkins(session: Session, person_id: int) -> list[Checkin]:
    """The person's open check-ins, newest first, locked."""
    return list(session.scalars(select(Checkin).where(Checkin.person_id == person_id, Checkin.state.in_(OPEN))
                                .order_by(Checkin.planned_at.desc()).with_for_update().execution_options(populate_existing=True)))


def move_all(session: Session, person_id: int, fact: Fact, now: dt.datetime, only: Collection[int] | None = None) -> list[Checkin]:
    """Give all open check-ins of a person (of these ids, where given) a fact that ends them (answered, stopped, paused, handled); returns those
    that ended, newest first.

    What is queued for them and not yet sent is cancelled, and a call that only their silence asked for is done.
    """
    ended = []
    for checkin in open_checkins(session, person_id):
        if only is not None and checkin.id not in only:
            continue
        if checkin.heard == "opted_out" and isinstance(fact, Paused):
            continue  # the ladder's next step tells people of the block: the pause that comes with it must not end the check-in untold
        decision = ladder.decide(state_of(checkin), fact, now, Policy())
        if decision is not None and decision.wake_at is None:
            write(checkin, decision, now)
            ended.append(checkin)
    if ended:
        ids = [c.id for c in ended]
        session.execute(update(Outbox).where(Outbox.checkin_id.in_(ids), Outbox.state == OutboxState.READY).values(
            state=OutboxState.CANCELLED, run_at=None, fault="no longer needed").execution_options(synchronize_session="fetch"))
        session.execute(update(WelfareCall).where(WelfareCall.checkin_id.in_(ids), WelfareCall.done_at.is_(None), WelfareCall.asked_for.is_(None),
                                                  WelfareCall.why.not_in(WANTED)).values(done_at=now, outcome=ended[0].outcome)
                        .execution_options(synchronize_session="fetch"))
        live.tell(session, "checkin", now, person_id)
    return ended


def hear(session: Session, checkin_id: int, what: str) -> None:
    """Leave a fact (one of HEARD) for the ladder's next step, unless a weightier one waits there already."""
    weight = case({name: number for number, name in enumerate(HEARD)}, value=Checkin.heard, else_=-1)
    session.execute(update(Checkin).where(Checkin.id == checkin_id, Checkin.state.in_(OPEN), weight < HEARD.index(what))
                    .values(heard=what).execution_options(synchronize_session="fetch"))


def write(checkin: Checkin, decision: Decision, now: dt.datetime) -> None:
    """Write a decision that sends nothing into its row."""
    for name, value in columns(decision, now).items():
        setattr(checkin, name, value)


def columns(decision: Decision, now: dt.datetime) -> dict[str, Any]:
    """The columns of a check-in after a decision."""
    s = decision.state
    values: dict[str, Any] = {"state": s.state, "step": s.step, "step_at": s.step_at, "asked_at": s.asked_at, "delivery": s.delivery,
                              "faster": s.faster, "late": s.late, "run_at": decision.wake_at, "heard": None}
    if decision.outcome is not None:
        values["outcome"] = decision.outcome
    if s.state is CheckinState.ANSWERED:
        values |= {"answered_at": now, "closed_at": now}
    elif s.state in (CheckinState.CLOSED, CheckinState.CANCELLED):
        values["closed_at"] = now
    return values
