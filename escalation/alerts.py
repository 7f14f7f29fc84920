"""Alerts: opened in the transaction that saw the reason, acknowledged and resolved only by a named person."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from casefile import audit, live
from casefile.encryption import UNREADABLE, marked
from casefile.models import Alert, Outbox, Person
from casefile.vocabulary import AlertKind, AlertState, Lane, Purpose, Urgency, most_urgent
from escalation import policy
from escalation.notify import event, page
from escalation.takeover import LEFT_ALONE, attended, last_word

OUTCOMES = {
    "safe": "Spoke with the person: safe",
    "safety_plan": "Safety plan made or changed",
    "moved": "Moved to a safer place",
    "emergency_services": "Emergency services involved",
    "referred": "Referred to another service",
    "health": "Health care arranged",
    "legal": "Legal help arranged",
    "practical": "Practical help given",
    "not_reached": "Not reached: passed on for further steps",
    "no_action": "Nothing needed",
    "false_alarm": "False alarm: the message was misread",
}
_MERGES = (AlertKind.MESSAGE, AlertKind.DURESS, AlertKind.REQUEST)
_MOST_REASONS = 30
# Its reasons may be beyond reading: that keeps nobody from adding to it (`reasons`).
WORDLESS = defer(Alert.why)
# A colleague who took the conversation or wrote in it within this time is there to see an immediate danger.
HERE = dt.timedelta(minutes=15)
# So long a danger takes to be judged, shown and read: what a colleague wrote sooner was no answer to it.
SEEN = dt.timedelta(seconds=20)


class AlertError(RuntimeError):
    """The alert cannot be changed like this; the message can be shown to staff.

    AlertError
    ├── AlertGone          there is no such alert, or it is resolved already
    └── AlreadyTaken       somebody else acknowledged it a moment before
    """


class AlertGone(AlertError):
    """There is no such alert, or it is resolved already."""


class AlreadyTaken(AlertError):
    """Somebody else acknowledged it a moment before."""


def raise_alert(session: Session, *, key: str, kind: AlertKind, urgency: Urgency, now: dt.datetime, person_id: int | None = None,
                concerns: Iterable[str] = (), why: Iterable[str] = (), joins: int | None = None) -> Alert:
    """Open an alert, or add to the person's unresolved one of the same sort, so that one incident is one alert.

    `joins`: where no person is known, the alert this may belong to (the same sender wrote before).

    Urgency only rises. A new alarm reopens an acknowledged alert and pages again; while a colleague is writing with her, only if it is worse or
    she leaves it unanswered. An acknowledged task takes nothing more: what comes after it is a task of its own.
    `key` names the cause: the same cause raises nothing twice.
    """
    if person_id is not None:
        # Two messages of one person at once must not open two alerts.
        session.scalar(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    same = session.scalar(select(Alert).where(Alert.key == key).options(WORDLESS))
    if same is not None:
        return same
    known = _unresolved(session, person_id, kind, urgency, now, joins)
    if known is None:
        return _open(session, key, kind, urgency, now, person_id, concerns, why)
    _add_to(session, known, kind, urgency, now, concerns, why)
    return known


def _unresolved(session: Session, person_id: int | None, kind: AlertKind, urgency: Urgency, now: dt.datetime, joins: int | None) -> Alert | None:
    query = select(Alert).where(Alert.state != AlertState.RESOLVED)
    if person_id is None and joins is not None:
        query = query.where(Alert.id == joins, Alert.kind == kind)
    elif person_id is not None and kind in _MERGES:
        query = query.where(Alert.person_id == person_id, Alert.kind.in_(_MERGES))
    else:
        return None
    if urgency.escalates:
        query = query.where(Alert.urgency.in_([Urgency.URGENT, Urgency.IMMEDIATE]))
    else:
        # Whoever acknowledged a task has read it already, and nothing would bring them back to it.
        query = query.where(Alert.urgency == Urgency.ROUTINE, Alert.state == AlertState.OPEN, Alert.opened_at >= now - dt.timedelta(hours=12))
    return session.scalars(query.order_by(Alert.id.desc()).limit(1).with_for_update().options(WORDLESS)).first()


def _open(session: Session, key: str, kind: AlertKind, urgency: Urgency, now: dt.datetime, person_id: int | None,
          concerns: Iterable[str], why: Iterable[str]) -> Alert:
    alert = Alert(key=key, kind=kind, urgency=urgency, person_id=person_id, concerns=[str(c) for c in concerns], why=list(why),
                  opened_at=now, last_message_at=now, messages=1, lane=Lane.DANGER if urgency.escalates else Lane.LADDER,
                  state=AlertState.OPEN, step=0, attempt=0)
    session.add(alert)
    session.flush()
    event(session, alert, "opened", now, detail={"urgency": str(urgency)})
    _move(session, alert, policy.Opened(), now)
    live.tell(session, "alert", now, person_id, alert.id)
    return alert


def reasons(alert: Alert) -> list[str] | None:
    """An alert's reasons, to add to; None where they cannot be read: those stay as they are, for the key that opens them."""
    with marked():
        found = alert.why or []
    return None if UNREADABLE in found else list(found)


def _add_to(session: Session, alert: Alert, kind: AlertKind, urgency: Urgency, now: dt.datetime, concerns: Iterable[str],
            why: Iterable[str]) -> None:
    rises = urgency.rank > alert.urgency.rank
    alert.urgency = most_urgent(urgency, alert.urgency)
    alert.kind = AlertKind.DURESS if kind is AlertKind.DURESS else alert.kind
    alert.concerns = list(dict.fromkeys([*alert.concerns, *(str(c) for c in concerns)]))
    detail: dict[str, object] = {"urgency": str(urgency)}
    if (known := reasons(alert)) is not None:
        alert.why = list(dict.fromkeys([*known, *why]))[-_MOST_REASONS:]
    elif kind is AlertKind.REQUEST:
        # A message keeps its reasons itself; they quote it, and must not outlive it in a history that nobody can empty.
        detail["why"] = list(why)
    alert.messages += 1
    alert.last_message_at = now
    event(session, alert, "another message", now, detail=detail)
    if rises:
        tell_anew(session, alert, now)
    elif alert.state is AlertState.ACKNOWLEDGED and urgency.escalates:
        # A duress word looks like an OK: whoever writes with her would answer it without having seen it.
        if kind is AlertKind.DURESS or not attended(session, alert.person_id, now, HERE if urgency is Urgency.IMMEDIATE else LEFT_ALONE):
            _reopen(session, alert, now)
        else:
            # Not a page for every text of a conversation, but the colleague may have gone: this one must get an answer in time.
            due = now + policy.patience(urgency, now)
            alert.run_at = min(alert.run_at or due, due)
    live.tell(session, "alert", now, alert.person_id, alert.id)


def tell_anew(session: Session, alert: Alert, now: dt.datetime) -> None:
    """The urgency of an unresolved alert, which the caller holds, has risen: people are told as of a new one, whoever had acknowledged it."""
    urgency: dict[str, object] = {"urgency": str(alert.urgency)}
    if alert.state is AlertState.ACKNOWLEDGED:
        _reopen(session, alert, now, urgency)
    else:
        event(session, alert, "rose", now, detail=urgency)
        _move(session, alert, policy.Opened(), now)


def _reopen(session: Session, alert: Alert, now: dt.datetime, detail: dict[str, object] | None = None) -> None:
    alert.state, alert.acknowledged_at, alert.acknowledged_by = AlertState.OPEN, None, None
    event(session, alert, "opened again", now, detail=detail)
    _move(session, alert, policy.Opened(), now)


def _move(session: Session, alert: Alert, fact: policy.Fact, now: dt.datetime) -> None:
    decision = policy.decide(policy.State(alert.urgency, alert.state, alert.step), fact, now)
    if decision is None:
        return
    alert.step, alert.run_at = decision.step, decision.wake_at
    if decision.whom is not None:
        page(session, alert, decision.whom, now)


def woke(session: Session, alert: Alert, now: dt.datetime) -> None:
    """The alert's timer went off: tell the next person. Of an acknowledged one: open it again, unless a colleague answered what came since."""
    if alert.state is AlertState.ACKNOWLEDGED:
        _left_unanswered(session, alert, now)
        return
    if alert.state is AlertState.OPEN:
        event(session, alert, "not acknowledged in time", now, detail={"step": alert.step})
        live.tell(session, "alert", now, alert.person_id, alert.id)
    _move(session, alert, policy.Woke(alert.step), now)


def _left_unanswered(session: Session, alert: Alert, now: dt.datetime) -> None:
    word, wait = last_word(session, alert.person_id), policy.patience(alert.urgency, now)
    if word is not None and word >= (alert.last_message_at or alert.opened_at) + SEEN:
        alert.run_at = None
    elif word is not None and word + wait > now:
        alert.run_at = word + wait
    else:
        _reopen(session, alert, now)
        live.tell(session, "alert", now, alert.person_id, alert.id)


def acknowledge(session: Session, alert_id: int, staff_id: int, now: dt.datetime) -> Alert:
    """A named person takes the alert. Raises AlertGone, AlreadyTaken."""
    alert = locked(session, alert_id)
    if alert.state is AlertState.ACKNOWLEDGED:
        if alert.acknowledged_by == staff_id:
            return alert
        raise AlreadyTaken("Somebody else acknowledged this alert a moment before.")
    _move(session, alert, policy.Acknowledged(), now)
    alert.state, alert.acknowledged_at, alert.acknowledged_by = AlertState.ACKNOWLEDGED, now, staff_id
    alert.assigned_to = alert.assigned_to or staff_id
    _written(session, alert, "acknowledged", staff_id, now)
    return alert


def assign(session: Session, alert_id: int, to_staff_id: int, staff_id: int, now: dt.datetime) -> Alert:
    """Give the alert to a colleague; who must acknowledge does not change. Raises AlertGone."""
    alert = locked(session, alert_id)
    alert.assigned_to = to_staff_id
    _written(session, alert, "assigned", staff_id, now, {"to": to_staff_id})
    return alert


def resolve(session: Session, alert_id: int, staff_id: int, outcome: str, note: str, now: dt.datetime) -> Alert:
    """Close the alert with an outcome (a key of OUTCOMES). Raises AlertGone, ValueError for an unknown outcome."""
    if outcome not in OUTCOMES:
        raise ValueError("Please choose an outcome from the list.")
    alert = locked(session, alert_id)
    if alert.state is AlertState.OPEN:
        alert.acknowledged_at, alert.acknowledged_by = now, staff_id
    alert.state, alert.resolved_at, alert.resolved_by = AlertState.RESOLVED, now, staff_id
    alert.outcome, alert.outcome_note, alert.run_at = outcome, note or None, None
    _written(session, alert, "resolved", staff_id, now, {"outcome": outcome})
    return alert


def let_go(session: Session, staff_id: int, now: dt.datetime) -> None:
    """A colleague has left: what she had acknowledged or was given opens again, and open alerts of which she was told begin anew with others."""
    told = select(Outbox.alert_id).where(Outbox.staff_id == staff_id, Outbox.purpose == Purpose.PAGE)
    for alert in session.scalars(select(Alert).where(
            Alert.state != AlertState.RESOLVED, (Alert.acknowledged_by == staff_id) | (Alert.assigned_to == staff_id) | Alert.id.in_(told))
            .order_by(Alert.id).with_for_update().execution_options(populate_existing=True)):
        held = staff_id in (alert.acknowledged_by, alert.assigned_to)
        alert.assigned_to = None if alert.assigned_to == staff_id else alert.assigned_to
        if alert.state is AlertState.OPEN:
            _move(session, alert, policy.Opened(), now)
        elif held:
            _reopen(session, alert, now, {"left": staff_id})
        live.tell(session, "alert", now, alert.person_id, alert.id)


def eased(session: Session, person_id: int, now: dt.datetime) -> None:
    """The person answered calmly since: shown on her open alarms, which stay as they are."""
    for alert in session.scalars(select(Alert).where(Alert.person_id == person_id, Alert.state != AlertState.RESOLVED,
                                                     Alert.urgency.in_([Urgency.URGENT, Urgency.IMMEDIATE])).options(WORDLESS)):
        event(session, alert, "a calm answer came since", now)
        live.tell(session, "alert", now, person_id, alert.id)


def resolve_system(session: Session, key_prefix: str, note: str, now: dt.datetime) -> None:
    """End alerts about our own programs once the trouble is over; no alert about a person is ever closed like this."""
    for alert in session.scalars(select(Alert).where(Alert.kind == AlertKind.SYSTEM, Alert.person_id.is_(None),
                                                     Alert.key.startswith(key_prefix), Alert.state != AlertState.RESOLVED)):
        alert.state, alert.resolved_at, alert.outcome, alert.outcome_note, alert.run_at = AlertState.RESOLVED, now, "no_action", note, None
        event(session, alert, "over", now)
        live.tell(session, "alert", now, None, alert.id)


def locked(session: Session, alert_id: int) -> Alert:
    """The alert, held until the transaction ends, to look before it is changed. Raises AlertGone."""
    alert = session.scalar(select(Alert).where(Alert.id == alert_id).with_for_update().execution_options(populate_existing=True))
    if alert is None or alert.state is AlertState.RESOLVED:
        raise AlertGone("This alert is resolved already, or does not exist.")
    return alert


def _written(session: Session, alert: Alert, what: str, staff_id: int, now: dt.datetime, detail: dict[str, object] | None = None) -> None:
    event(session, alert, what, now, staff_id, detail)
    audit.note(session, now, f"alert {what}", staff_id, alert.person_id, f"alert {alert.id}")
    live.tell(session, "alert", now, alert.person_id, alert.id)
