"""The home page: alarms that wait for a person, and one alert with all that is done about it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.models import Alert, AlertEvent, Inbound, Intervention, Outbox, Person
from casefile.vocabulary import AlertState, Purpose, Urgency
from checkins import telling
from dashboard import lookups, words
from dashboard.desk import Desk, signed_in, watching
from escalation import alerts, policy
from escalation.interventions import TYPES

router = APIRouter()
ALARMS = (Urgency.IMMEDIATE, Urgency.URGENT)


@dataclass(frozen=True)
class Card:
    """One alert as a list shows it: nothing of what she wrote."""

    alert: Alert
    person: Person | None
    channel: str | None
    due: dt.datetime
    waited: float | None


def cards(session: Session, urgencies: tuple[Urgency, ...]) -> list[Card]:
    """Unresolved alerts, most urgent first, then oldest."""
    found = list(session.scalars(select(Alert).where(Alert.state != AlertState.RESOLVED, Alert.urgency.in_(urgencies))))
    ids = [a.id for a in found]
    people = lookups.people(session, {a.person_id for a in found if a.person_id})
    opened, channels = lookups.last_opened(session, ids), lookups.channels(session, ids)
    made = []
    for alert in found:
        since = opened.get(alert.id, alert.opened_at)
        waited = (alert.acknowledged_at - since).total_seconds() if alert.acknowledged_at else None
        made.append(Card(alert, people.get(alert.person_id or 0), channels.get(alert.id), policy.target(alert.urgency, since), waited))
    return sorted(made, key=lambda c: (-c.alert.urgency.rank, c.alert.opened_at))


def _list(desk: Desk) -> dict[str, object]:
    with desk.read() as session:
        found = cards(session, ALARMS)
        routine = len(list(session.scalars(select(Alert.id).where(Alert.state != AlertState.RESOLVED, Alert.urgency == Urgency.ROUTINE))))
        names = lookups.names(session)
        on_call = [names.get(i, "") for i in lookups.on_call(session, desk.now)]
    return {"waiting": [c for c in found if c.alert.state is AlertState.OPEN], "in_hand": [c for c in found if c.alert.state is not AlertState.OPEN],
            "routine": routine, "names": names, "on_call": on_call}


@router.get("/")
def page(desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("alerts.html", **_list(desk))


@router.get("/alerts/list")
def fragment(desk: Desk = Depends(watching)) -> Response:
    return desk.show("parts/alerts.html", **_list(desk))


def _seen(alert: Alert) -> str:
    """The alert as a page shows it, in short: another value once a message came, somebody was told or somebody else has it."""
    return f"{alert.messages}.{alert.step}.{alert.state}.{alert.acknowledged_by or ''}"


def gather(desk: Desk, alert_id: int) -> dict[str, object]:
    """All that an alert's page shows. Raises NotFound."""
    desk.look_at_alert(alert_id)
    with desk.read() as session:
        alert = session.get_one(Alert, alert_id)
        person = session.get(Person, alert.person_id) if alert.person_id else None
        names = lookups.names(session)
        messages = list(session.scalars(select(Inbound).where(Inbound.alert_id == alert_id).order_by(Inbound.id.desc()).limit(30)))
        events = list(session.scalars(select(AlertEvent).where(AlertEvent.alert_id == alert_id).order_by(AlertEvent.id)))
        pages = list(session.scalars(select(Outbox).where(Outbox.alert_id == alert_id, Outbox.purpose == Purpose.PAGE).order_by(Outbox.id)))
        done = list(session.scalars(select(Intervention).where(Intervention.alert_id == alert_id).order_by(Intervention.id)))
        since = lookups.last_opened(session, [alert_id]).get(alert_id, alert.opened_at)
        return {"alert": alert, "seen": _seen(alert), "person": person, "names": names, "messages": messages, "due": policy.target(alert.urgency, since),
                "events": [(e.at, words.event(e, names)) for e in events],
                "pages": [(p, names.get(p.staff_id or 0, ""), *words.delivery(p, desk.now)) for p in pages],
                "done": done, "types": TYPES, "colleagues": lookups.colleagues(session), "outcomes": alerts.OUTCOMES,
                "can_translate": lambda code: bool(code) and code != "en" and desk.house.translator.available(code, "en")}


@router.get("/alerts/{alert_id:int}")
def one(alert_id: int, desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("alert.html", **gather(desk, alert_id), found={}, wanted={})


@router.get("/alerts/{alert_id:int}/state")
def one_fragment(alert_id: int, desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("parts/alert.html", **gather(desk, alert_id))


def _again(desk: Desk, alert_id: int, found: dict[str, str], status: int = 422) -> Response:
    # A mistake in a field shows her nothing new: what she has seen stays what it was. After a 409 she reads the page anew, and decides anew.
    kept = ("outcome", "note", "to", "seen", "spoken") if status == 422 else ("outcome", "note", "to")
    wanted = {name: desk.form.whole(name) for name in kept}
    return desk.show("alert.html", status, **gather(desk, alert_id), found=found, wanted=wanted)


@router.post("/alerts/{alert_id:int}/acknowledge")
def acknowledge(alert_id: int, desk: Desk = Depends(signed_in)) -> Response:
    try:
        with desk.write() as session:
            alerts.acknowledge(session, alert_id, desk.staff.id, desk.now)
    except alerts.AlertError as error:
        return _again(desk, alert_id, {"": str(error)}, 409)
    return desk.go(f"/alerts/{alert_id}", "acknowledged")


@router.post("/alerts/{alert_id:int}/assign")
def assign(alert_id: int, desk: Desk = Depends(signed_in)) -> Response:
    try:
        with desk.write() as session:
            to = desk.form.number("to")
            if to not in lookups.colleagues(session):
                raise ValueError
            alerts.assign(session, alert_id, to, desk.staff.id, desk.now)
    except alerts.AlertError as error:
        return _again(desk, alert_id, {"": str(error)}, 409)
    except ValueError:
        return _again(desk, alert_id, {"to": "Choose a colleague from the list"})
    return desk.go(f"/alerts/{alert_id}", "assigned")


@router.post("/alerts/{alert_id:int}/resolve")
def resolve(alert_id: int, desk: Desk = Depends(signed_in)) -> Response:
    outcome, note = desk.form.text("outcome"), desk.form.whole("note")
    found = desk.form.too_long(4000, "note")
    if outcome not in alerts.OUTCOMES:
        found["outcome"] = "Choose what came of it"
    if not note:
        found["note"] = "Write what was done, so that a colleague can follow it"
    if found:
        return _again(desk, alert_id, found)
    try:
        with desk.write() as session:
            alert = alerts.locked(session, alert_id)
            if desk.form.text("seen") != _seen(alert):
                # An old page must not end an alert that opened again, nor its paging
                raise alerts.AlertError("Something came since you opened this page: read it first")
            held = alert.acknowledged_by not in (None, desk.staff.id) and desk.form.text("spoken") != "yes"
            if not held:
                alerts.resolve(session, alert_id, desk.staff.id, outcome, note, desk.now)
    except alerts.AlertError as error:
        return _again(desk, alert_id, {"": str(error)}, 409)
    if held:
        return _again(desk, alert_id, {"spoken": "A colleague holds this alert: speak with them first"})
    with desk.write() as session:  # by itself: the ladder locks its check-in first and the alert then
        telling.resolved(session, alert_id, desk.now)
    return desk.go(f"/alerts/{alert_id}", "resolved")
