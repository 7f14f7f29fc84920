"""The worker's steps for check-ins: make those whose time has come, move ladders, daily chores. Each batch is one transaction.

People are locked before their check-ins, so that a message of hers and her ladder wait for each other. A row that fails is set aside for a
while with its error and a person is told; it never holds up the others.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, literal, select, update
from sqlalchemy.orm import Session

from casefile import live
from casefile.database import Database, UtcDateTime
from casefile.models import Checkin, Heartbeat, LiveEvent, Outbox, Person, Plan
from casefile.vocabulary import AlertKind, Channel, CheckinState, Lane, OutboxState, Purpose, Urgency
from checkins import chores, introduction, ladder, outage, schedule, telling
from checkins.changes import view_of
from checkins.gather import Scene
from checkins.ladder_terms import (
    OURS,
    UNDELIVERED,
    Answered,
    Decision,
    Delivery,
    Fact,
    Handled,
    OptedOut,
    OutageBegan,
    OutageEnded,
    PlanChanged,
    Woke,
)
from checkins.moves import columns, move_all, state_of
from checkins.rows import insert_new, set_rows
from escalation.alerts import raise_alert
from messaging.catalogue import Catalogue
from messaging.segments import segments

log = logging.getLogger(__name__)
BATCH = 200
# How long one call may go on with batches before the caller gets its turn again, and the rest between them for other writers (SQLite).
BUDGET, REST = 2.0, 0.01
WATCH_EVERY = dt.timedelta(seconds=10)
# A message of hers is being judged: look again then.
JUDGED_SOON = dt.timedelta(seconds=20)
SET_ASIDE = dt.timedelta(minutes=5)


def plan_due(database: Database, now: dt.datetime, limit: int = BATCH) -> int:
    """Make a check-in of every plan whose next time has come, and set its time after that; returns how many. Missed ones become one."""
    return _in_batches(database, lambda: _plan_batch(database, now, limit), limit)


def wake_due(database: Database, catalogue: Catalogue, owner: str, now: dt.datetime, scale: float = 1.0, limit: int = BATCH) -> int:
    """Move every check-in whose wake time has come, or about which something was heard; returns how many. `scale` multiplies waiting times."""
    _watch(database, now)
    return _in_batches(database, lambda: _wake_batch(database, catalogue, owner, now, scale, limit), limit)


def daily(database: Database, now: dt.datetime) -> None:
    """Reminders and patterns; a repeat changes nothing."""
    chores.daily(database, now)


def _in_batches(database: Database, batch: Callable[[], int], limit: int) -> int:
    done, began = 0, time.monotonic()
    while (n := batch()) > 0:
        done += n
        if time.monotonic() - began > BUDGET:
            break
        if database.sqlite and n >= limit:
            time.sleep(REST)
    return done


def _watch(database: Database, now: dt.datetime) -> None:
    with database.read() as session:
        row = session.get(Heartbeat, outage.LADDER)
        if row is not None and abs(now - row.at) < WATCH_EVERY:
            return
    with database.write() as session:
        outage.pulse(session, now)
        outage.watch(session, now)


# Plans -> check-ins

def _plan_batch(database: Database, now: dt.datetime, limit: int) -> int:
    with database.read() as session:
        if session.scalar(select(Plan.id).where(Plan.next_at <= now).limit(1)) is None:
            return 0
    with database.write() as session:
        plans = session.execute(select(
            Plan.id, Plan.person_id, Plan.next_at, Plan.rule, Plan.starts_on, Plan.at_time, Plan.jitter_minutes, Plan.safe_hours, Plan.never_dates,
            Plan.review_on, Plan.confirmed_at, Plan.paused, Plan.paused_until, Plan.moved_to, Plan.inbound_only, Plan.consent_withdrawn_at,
            Person.time_zone, Person.stopped_at, Person.suspended_at, Person.adult,
        ).join(Person, Person.id == Plan.person_id).where(Plan.next_at <= now).order_by(Plan.next_at, Plan.id).limit(limit)
            .with_for_update(skip_locked=True, of=Plan)).all()
        made, times = [], []
        for plan in plans:
            following, live_now = _following(session, plan, now)
            times.append({"id": plan.id, "next_at": following})
            if live_now:
                made.append({"person_id": plan.person_id, "planned_at": plan.next_at, "state": CheckinState.PLANNED, "step": -1, "run_at": now,
                             "lane": Lane.LADDER, "attempt": 0, "faster": False, "late": False, "version": 1})
        if made:
            insert_new(session, Checkin, made, ["person_id", "planned_at"])
        set_rows(session, Plan, times)
        return len(plans)


def _following(session: Session, plan: Any, now: dt.datetime) -> tuple[dt.datetime | None, bool]:
    """The plan's time after this one, and whether it may ask at all. A plan that cannot be read is stopped and a person told."""
    try:
        view = view_of(plan, plan)
        following = schedule.next_after(view, now)
    except Exception as error:  # noqa: BLE001
        log.error("plan %s: no next time: %s", plan.id, type(error).__name__)
        raise_alert(session, key=f"plan-broken:{plan.id}:{now:%Y%m%d}", kind=AlertKind.SYSTEM, urgency=Urgency.URGENT, person_id=plan.person_id,
                    why=["The next check-in cannot be worked out from this plan: please set its days and hours anew"], now=now)
        return None, True
    return (following.at if following else None), view.live


# Ladders

@dataclass(frozen=True)
class _Ask:
    """One message to queue."""

    checkin_id: int
    person_id: int
    channel: Channel
    address_id: int
    decision: Decision


def _wake_batch(database: Database, catalogue: Catalogue, owner: str, now: dt.datetime, scale: float, limit: int) -> int:
    with database.read() as session:
        if not _due(session, now, 1):
            return 0
    try:
        with database.write() as session:
            return _move(session, catalogue, _claimed(session, _due(session, now, limit)), now, scale)
    except Exception as error:  # noqa: BLE001
        log.error("%s: a batch of check-ins failed, trying one by one: %s", owner, type(error).__name__)
    with database.read() as session:
        ids = _due(session, now, limit)
    for checkin_id in ids:
        try:
            with database.write() as session:
                _move(session, catalogue, _claimed(session, [checkin_id]), now, scale)
        except Exception as error:  # noqa: BLE001
            log.exception("check-in %s failed: %s", checkin_id, type(error).__name__)
            _set_aside(database, checkin_id, type(error).__name__, now)
    return len(ids)


def _due(session: Session, now: dt.datetime, limit: int) -> list[int]:
    """What was heard first, then what is due, oldest first."""
    heard = list(session.scalars(select(Checkin.id).where(Checkin.heard.is_not(None)).order_by(Checkin.id).limit(limit)))
    if len(heard) == limit:
        return heard
    due = session.scalars(select(Checkin.id).where(Checkin.run_at <= now, Checkin.run_at.is_not(None)).order_by(Checkin.run_at, Checkin.id).limit(limit))
    return list(dict.fromkeys([*heard, *due]))[:limit]


def _claimed(session: Session, ids: Sequence[int]) -> list[Any]:
    """Lock the people, then these check-ins of theirs; one check-in a person at a time, the newest, so that an older one sees it asked."""
    people = session.scalars(select(Person.id).where(Person.id.in_(select(Checkin.person_id).where(Checkin.id.in_(ids)))).order_by(Person.id)
                             .with_for_update(skip_locked=True, key_share=True)).all()
    rows = session.execute(select(
        Checkin.id, Checkin.person_id, Checkin.planned_at, Checkin.state, Checkin.step, Checkin.step_at, Checkin.channel, Checkin.delivery,
        Checkin.faster, Checkin.late, Checkin.heard, Checkin.asked_at, Checkin.run_at, Checkin.outcome)
        .where(Checkin.id.in_(ids), Checkin.person_id.in_(people)).order_by(Checkin.planned_at).with_for_update()).all()
    return list({row.person_id: row for row in rows}.values())


def _move(session: Session, catalogue: Catalogue, rows: list[Any], now: dt.datetime, scale: float) -> int:
    if not rows:
        return 0
    scene = Scene(session, [r.person_id for r in rows], now, scale)
    asked_since, handled, down = scene.asked_since(rows), scene.handled([r.id for r in rows]), outage.is_on(session)
    machines = scene.machines(rows)
    updates, asks, late = [], [], []
    for row in rows:
        if row.person_id in scene.writing and row.heard is None:
            # Her message may be the answer: it is judged first.
            updates.append({"id": row.id, **_as_is(row), "run_at": now + JUDGED_SOON})
            continue
        ways = scene.ways(row.person_id)
        fact = _fact(row, scene, ways, asked_since, handled, down)
        state = replace(state_of(row), delivery="undelivered") if row.id in machines else state_of(row)
        decision = ladder.decide(state, fact, now, scene.policy(row.person_id))
        if decision is None:
            updates.append({"id": row.id, **_as_is(row)})
            continue
        if decision.wake_at is None:  # a person dealt with it: it ends with the call that it asked for
            move_all(session, row.person_id, Handled(decision.outcome or "handled"), now, {row.id})
            continue
        channel = row.channel
        if decision.send:
            channel, address_id = _pick(ways, row.channel, decision.other_way)
            asks.append(_Ask(row.id, row.person_id, channel, address_id, decision))
        if decision.alarm is not None:
            telling.alarm(session, row.id, row.person_id, decision.alarm, now)
        if decision.reported_late or (down and decision.state.state is CheckinState.SUSPENDED):
            late.append(scene.people[row.person_id].ref)
        updates.append({"id": row.id, **_as_is(row), **columns(decision, now), "channel": channel})
    session.flush()
    set_rows(session, Checkin, updates)
    if asks:
        _queue(session, catalogue, scene, asks, now)
    if late:
        _report_late(session, late, down, now)
    session.execute(insert(LiveEvent).from_select(["kind", "at", "person_id"], select(
        literal("checkin"), literal(now, UtcDateTime), Person.id).where(Person.id.in_([r.person_id for r in rows]))))
    return len(rows)


def _as_is(row: Any) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in ("state", "step", "step_at", "asked_at", "delivery", "faster", "late", "run_at", "channel", "outcome")}
    return values | {"heard": None, "answered_at": None, "closed_at": None, "attempt": 0, "fault": None}


def _fact(row: Any, scene: Scene, ways: list[tuple[Channel, int]], asked_since: set[int], handled: set[int], down: bool) -> Fact:
    other = any(channel is not row.channel for channel, _ in ways)
    match row.heard:
        case "unclear":
            return Answered(False)
        case "opted_out":
            return OptedOut()
        case "outage_began":
            return OutageBegan()
        case "outage_ended":
            return OutageEnded()
        case "plan_changed":
            return PlanChanged()
        case what if what in UNDELIVERED | OURS:
            return Delivery(what, other_way=other, repeated=scene.undelivered_before(row))
    return Woke(row.step, channels=len(ways), faster=row.person_id in scene.urgent, asked_since=row.id in asked_since,
                in_conversation=scene.people[row.person_id].taken_over_at is not None, outage=down, handled=row.id in handled)


def _pick(ways: list[tuple[Channel, int]], last: Channel | None, other_way: bool) -> tuple[Channel, int]:
    """Her first choice; after a message that did not arrive another way, and for a plain repeat the same way again."""
    if other_way:
        return next((way for way in ways if way[0] is not last), ways[0])
    return next((way for way in ways if way[0] is last), ways[0])


def _queue(session: Session, catalogue: Catalogue, scene: Scene, asks: list[_Ask], now: dt.datetime) -> None:
    rows, threads = [], introduction.threads(session, [a.person_id for a in asks])
    for ask in asks:
        language = scene.people[ask.person_id].language
        first = introduction.due(threads.get(ask.address_id, introduction.Thread()), now)
        key = introduction.text_key(ask.channel, scene.plans[ask.person_id].cover, first)
        body = catalogue.text(key, language)
        rows.append({
            "dedupe": f"checkin:{ask.checkin_id}:step:{ask.decision.state.step}", "token": secrets.token_urlsafe(16), "purpose": Purpose.CHECKIN,
            "channel": ask.channel, "person_id": ask.person_id, "address_id": ask.address_id, "checkin_id": ask.checkin_id, "text_key": key,
            "language": language, "body": body, "lane": Lane.LADDER, "run_at": now, "not_after": ask.decision.not_after, "created_at": now,
            "state": OutboxState.READY, "segments": segments(body).count, "attempt": 0, "status_rank": -1})
    insert_new(session, Outbox, rows, ["dedupe"])
    # The version stays: a message of hers that is being judged must not fail over this.
    session.execute(update(Person.__table__).where(Person.__table__.c.id.in_([a.person_id for a in asks]))
                    .values(awaiting="checkin", awaiting_since=now))


def _report_late(session: Session, refs: list[str], down: bool, now: dt.datetime) -> None:
    if down:
        telling.report(session, "outage:", Urgency.URGENT, outage.LINE, refs, now)
    else:
        telling.report(session, f"late:{now:%Y%m%d}:", Urgency.ROUTINE,
                       "Check-ins were not asked in the safe hours they were planned in; those named are asked in the next safe hours", refs, now)


def _set_aside(database: Database, checkin_id: int, fault: str, now: dt.datetime) -> None:
    with database.write() as session:
        checkin = session.scalar(select(Checkin).where(Checkin.id == checkin_id).with_for_update())
        if checkin is None:
            return
        checkin.attempt, checkin.fault, checkin.heard = checkin.attempt + 1, fault[:200], None
        checkin.run_at = now + SET_ASIDE * min(checkin.attempt, 12)
        raise_alert(session, key=f"checkin-failed:{checkin_id}", kind=AlertKind.SYSTEM, urgency=Urgency.URGENT, person_id=checkin.person_id, now=now,
                    why=["This check-in could not be carried out by the service: please contact her yourself and tell who looks after the service"])
        live.tell(session, "checkin", now, checkin.person_id)
