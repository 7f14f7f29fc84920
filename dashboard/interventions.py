"""What staff did for a person: record it, facts apart from opinion, and read what was recorded."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select

from casefile.models import Alert, Intervention, Person
from dashboard import lookups
from dashboard.desk import Desk, signed_in
from escalation.interventions import CONSENT, TYPES, Done, InterventionWrong, record

router = APIRouter()
FIELDS = ("type", "organisation", "minutes", "consent_basis", "facts", "opinion", "outcome", "next_step", "next_due", "alert")


@router.get("/people/{ref}/interventions")
def page(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "interventions")
    with desk.read() as session:
        found = list(session.scalars(select(Intervention).where(Intervention.person_id == person.id).order_by(Intervention.id.desc())))
        names = lookups.names(session)
    return desk.show("interventions.html", person=person, recorded=found, names=names, types=TYPES, bases=CONSENT)


@router.get("/people/{ref}/interventions/new")
def ask(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "interventions")
    return _form(desk, person, {"alert": desk.request.query_params.get("alert", "")})


def _form(desk: Desk, person: Person, wanted: dict[str, str], found: dict[str, str] | None = None) -> Response:
    wanted = {name: wanted.get(name, "") for name in FIELDS}
    return desk.show("intervention.html", 422 if found else 200, person=person, types=TYPES, bases=CONSENT, wanted=wanted, found=found or {})


@router.post("/people/{ref}/interventions")
def save(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person, form = desk.person(ref, "interventions"), desk.form
    wanted = {name: form.whole(name) for name in FIELDS}
    found, numbers = form.too_long(6000, *FIELDS), {}
    for name, read, why in (("minutes", form.number, "Minutes must be a whole number"), ("next_due", form.date, "Give a date such as 2026-12-24"),
                            ("alert", form.number, "There is no such alert")):
        try:
            numbers[name] = read(name)
        except ValueError:
            found[name] = why
    done = Done(type=wanted["type"], consent_basis=wanted["consent_basis"], facts=wanted["facts"], opinion=wanted["opinion"],
                organisation=wanted["organisation"], minutes=numbers.get("minutes"), outcome=wanted["outcome"], next_step=wanted["next_step"],
                next_due=numbers.get("next_due"))
    alert_id = numbers.get("alert")
    try:
        with desk.write() as session:
            alert = session.get(Alert, alert_id) if alert_id else None
            if alert_id and (alert is None or alert.person_id != person.id):
                found["alert"] = "There is no such alert of this person"
            record(session, person.id, desk.staff.id, done, desk.now, alert_id)
            if found:
                raise InterventionWrong({})
    except InterventionWrong as wrong:
        return _form(desk, person, wanted, {**wrong.problems, **found})
    if alert_id:
        return desk.go(f"/alerts/{alert_id}", "recorded")
    return desk.go(f"/people/{ref}/interventions", "recorded")
