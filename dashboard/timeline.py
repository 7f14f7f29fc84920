"""A person's thread: what she wrote, what was sent, and what happened between, in the order of time. Read only."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casefile.models import Alert, AlertEvent, Audit, CallAttempt, Checkin, Inbound, Intervention, Outbox, PlanChange, WelfareCall
from casefile.vocabulary import Channel, CheckinState, Purpose
from dashboard import words
from escalation.interventions import TYPES

PAGE = 60
_ACTS = ("took the conversation over", "handed the conversation back")


@dataclass(frozen=True)
class Entry:
    """One thing in the thread. `sort` is in (received), out (sent) or note (happened); `row` is what the template shows."""

    at: dt.datetime
    sort: str
    row: Any = None
    text: str = ""
    href: str = ""
    delivery: tuple[str, str] = ("", "")


def thread(session: Session, person_id: int, now: dt.datetime, names: dict[int, str], before: dt.datetime | None = None) -> tuple[list[Entry], bool]:
    """The newest entries before a moment, oldest first, and whether there are older ones."""
    until = before or now + dt.timedelta(minutes=1)
    entries: list[Entry] = []

    def newest(model: Any, column: Any, *where: Any) -> list[Any]:
        # A page of them, all of its oldest moment, and the moment before, which shows that there is more.
        fits = (column < until, *where)
        oldest = session.scalar(select(column).where(*fits).order_by(column.desc()).offset(PAGE - 1).limit(1))
        before_it = None if oldest is None else session.scalar(select(func.max(column)).where(*fits, column < oldest))
        since = () if before_it is None else (column >= before_it,)
        return list(session.scalars(select(model).where(*fits, *since).order_by(column, model.id)))

    for row in newest(Inbound, Inbound.received_at, Inbound.person_id == person_id):
        entries.append(Entry(row.received_at, "in", row))
    for row in newest(Outbox, Outbox.created_at, Outbox.person_id == person_id, Outbox.purpose != Purpose.PAGE):
        entries.append(Entry(row.sent_at or row.created_at, "out", row, delivery=words.delivery(row, now)))
    for row in newest(Checkin, Checkin.planned_at, Checkin.person_id == person_id):
        entries += _checkin(row)
    alerts = {a.id: a for a in session.scalars(select(Alert).where(Alert.person_id == person_id))}
    for row in newest(AlertEvent, AlertEvent.at, AlertEvent.alert_id.in_(alerts), AlertEvent.what.in_(("opened", "opened again", "acknowledged", "resolved"))):
        entries.append(Entry(row.at, "note", text=f"{words.URGENCY[alerts[row.alert_id].urgency]} alert: {words.event(row, names)}",
                             href=f"/alerts/{row.alert_id}"))
    calls = select(WelfareCall.id).where(WelfareCall.person_id == person_id)
    for row in newest(CallAttempt, CallAttempt.at, CallAttempt.call_id.in_(calls)):
        entries.append(Entry(row.at, "note", text=f"Call by {names.get(row.staff_id, '')}: {row.outcome.replace('_', ' ')}", href=f"/calls/{row.call_id}"))
    for row in newest(Intervention, Intervention.at, Intervention.person_id == person_id):
        entries.append(Entry(row.at, "note", text=f"{TYPES.get(row.type, row.type)} recorded by {names.get(row.staff_id, '')}"))
    for row in newest(PlanChange, PlanChange.at, PlanChange.person_id == person_id):
        entries.append(Entry(row.at, "note", text=f"Plan changed ({row.what.replace('_', ' ')}) {'by ' + names.get(row.by_staff_id, '') if row.by_staff_id else 'by them'}"))
    for row in newest(Audit, Audit.at, Audit.person_id == person_id, Audit.action.in_(_ACTS)):
        entries.append(Entry(row.at, "note", text=f"{names.get(row.staff_id or 0, 'The service')} {row.action}"))
    entries.sort(key=lambda e: e.at)
    first = max(0, len(entries) - PAGE)
    # Never between two of the same moment: the page before this one holds what is earlier than the oldest here.
    while first and entries[first - 1].at == entries[first].at:
        first -= 1
    return entries[first:], first > 0


def _checkin(row: Checkin) -> list[Entry]:
    notes = []
    if row.state in (CheckinState.CANCELLED, CheckinState.SUSPENDED):
        notes.append(Entry(row.planned_at, "note", text=f"Check-in {words.CHECKIN[row.state].lower()}" + (f": {row.outcome}" if row.outcome else "")))
    if row.state is CheckinState.CALL_DUE and row.step_at is not None:
        notes.append(Entry(row.step_at, "note", text="No answer to the check-in: a call is due"))
    if row.answered_at is not None:
        notes.append(Entry(row.answered_at, "note", text="Check-in answered"))
    return notes


def last_channel(session: Session, person_id: int) -> tuple[Channel, int] | None:
    """The channel and address of her newest text; None when she has not written (a pressed key is no text)."""
    row = session.execute(select(Inbound.channel, Inbound.address_id).where(
        Inbound.person_id == person_id, Inbound.channel != Channel.VOICE, Inbound.address_id.is_not(None))
        .order_by(Inbound.received_at.desc()).limit(1)).first()
    return (row[0], row[1]) if row else None
