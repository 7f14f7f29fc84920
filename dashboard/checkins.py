"""Check-ins today: who is due, asked, answered or silent. Trouble of our own is never shown as somebody's silence."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import or_, select

from casefile.models import Checkin, Person, Plan
from casefile.vocabulary import CheckinState
from checkins.ladder_terms import NOT_PICKED_UP, OPEN, OURS, UNDELIVERED
from dashboard import lookups
from dashboard.desk import Desk, signed_in
from dashboard.page import ZONE

router = APIRouter()
REACHED = {"read": "Read, no answer yet", "delivered": "Delivered, no answer yet", "sent": "Sent, delivery not confirmed",
           NOT_PICKED_UP: "Called, not picked up"}


@dataclass
class Group:
    """Check-ins that stand alike; each row is a person, a moment and a few words."""

    title: str
    hint: str
    tone: str
    rows: list[tuple[Person, dt.datetime, str]] = field(default_factory=list)


def place(c: Checkin) -> tuple[str, str]:
    """Which group a check-in belongs to and what is said of it. Our own trouble comes before any thought of silence."""
    if c.state is CheckinState.ANSWERED:
        return "answered", "Answered"
    if c.state in (CheckinState.CANCELLED, CheckinState.CLOSED):
        return "ended", (c.outcome or "ended").replace("_", " ").capitalize()
    if c.state is CheckinState.SUSPENDED or c.delivery in OURS:
        if c.state is CheckinState.CALL_DUE:
            return "ours", "We could not write: a call is due"
        return "ours", "Not asked: held back by the rules of the plan, or not to be sent" if c.delivery == "not_sent" else \
            "Not asked: our own service or the provider failed"
    if c.delivery in UNDELIVERED or c.delivery == "opted_out":
        return "undelivered", "Not delivered" + (": a call is due" if c.state is CheckinState.CALL_DUE else "")
    if c.state is CheckinState.CALL_DUE:
        return "silent", "No answer: a call is due"
    if c.state is CheckinState.ASKED:
        return "asked", REACHED.get(c.delivery or "", "Being sent") + (", asked twice" if c.step >= 1 else "")
    return "due", "Late: our service was held up" if c.late else "Being asked now"


def _groups(desk: Desk) -> list[Group]:
    groups = {
        "silent": Group("No answer", "Every one of these needs a person’s call.", "bad"),
        "undelivered": Group("Not delivered", "The message did not arrive. This is not silence.", "bad"),
        "ours": Group("Held up by our own service", "These people were not asked, or not heard, because of us. This is not silence.", "bad"),
        "asked": Group("Asked, waiting for an answer", "", "wait"),
        "due": Group("Due later today", "", "wait"),
        "answered": Group("Answered", "", "good"),
        "ended": Group("Ended without an answer", "Cancelled, closed by a colleague, or asked for another time.", "wait"),
        "quiet": Group("Not asked: stopped, paused or suspended", "", "wait"),
    }
    start = dt.datetime.combine(lookups.today(desk.now), dt.time(), ZONE).astimezone(dt.UTC)
    end = dt.datetime.combine(lookups.today(desk.now) + dt.timedelta(days=1), dt.time(), ZONE).astimezone(dt.UTC)
    with desk.read() as session:
        found = list(session.scalars(select(Checkin).where(
            Checkin.planned_at < end, or_(Checkin.state.in_(OPEN), Checkin.planned_at >= start, Checkin.closed_at >= start)).order_by(Checkin.planned_at)))
        pairs = session.execute(select(Person, Plan).join(Plan, Plan.person_id == Person.id)).all()
        people = lookups.people(session, {c.person_id for c in found})
    for c in found:
        name, text = place(c)
        groups[name].rows.append((people[c.person_id], c.planned_at, text))
    for person, plan in pairs:
        if plan.confirmed_at is None:
            continue
        if person.suspended_at:
            groups["quiet"].rows.append((person, person.suspended_at, "Everything is stopped: " + (person.suspended_why or "suspended")))
        elif person.stopped_at:
            groups["quiet"].rows.append((person, person.stopped_at, "Asked us to stop"))
        elif plan.paused or (plan.paused_until and plan.paused_until > desk.now):
            groups["quiet"].rows.append((person, plan.paused_until or desk.now, "Paused" + ("" if plan.paused_until else " until somebody resumes it")))
        elif plan.next_at and desk.now <= plan.next_at < end and not plan.inbound_only:
            groups["due"].rows.append((person, plan.next_at, "Planned"))
    return [g for g in groups.values() if g.rows]


@router.get("/checkins")
def page(desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("checkins.html", groups=_groups(desk))


@router.get("/checkins/list")
def fragment(desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("parts/checkins.html", groups=_groups(desk))
