"""A person's contact plan: see it with the next 14 days, change it, confirm it, pause it, put changes back."""

from __future__ import annotations

import datetime as dt

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select

from casefile.access import NotFound
from casefile.models import Person, Plan, PlanChange
from checkins import changes
from checkins.changes import ChangeGone, view_of
from checkins.schedule import upcoming
from dashboard import lookups, plan_form
from dashboard.desk import Desk, signed_in
from dashboard.page import ZONE

router = APIRouter()
AHEAD = dt.timedelta(days=14)


@router.get("/people/{ref}/plan")
def page(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    return _page(desk, desk.person(ref, "plan"))


def _page(desk: Desk, person: Person, found: dict[str, str] | None = None, status: int = 200) -> Response:
    with desk.read() as session:
        person = session.get_one(Person, person.id)
        plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
        names, alerts = lookups.names(session), lookups.open_alerts(session, person.id)
        coming = upcoming(view_of(person, plan), desk.now, desk.now + AHEAD) if plan else []
    shown = plan_form.wanted_of(plan, lookups.today(desk.now)) if plan else {}
    return desk.show("plan.html", status, person=person, plan=plan, names=names, alerts=alerts, coming=coming, shown=shown, forms=plan_form,
                     found=found or {})


def _form(desk: Desk, person: Person, wanted: dict[str, object], found: dict[str, str] | None = None) -> Response:
    return desk.show("plan_form.html", 422 if found else 200, person=person, wanted=wanted, found=found or {}, forms=plan_form)


@router.get("/people/{ref}/plan/edit")
def edit(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    with desk.read() as session:
        plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
    return _form(desk, person, plan_form.wanted_of(plan, lookups.today(desk.now)) | {"version": plan.version if plan else 0})


@router.post("/people/{ref}/plan/edit")
def save(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """Save the plan; it sends nothing until somebody confirms that it was agreed and is safe."""
    person = desk.person(ref, "plan")
    wanted, values, found = plan_form.read(desk.form)
    version = desk.form.text("version", 10)
    if found:
        return _form(desk, person, wanted | {"version": version}, found)
    with desk.write() as session:
        changes.locked_person(session, person.id)
        plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
        if str(plan.version if plan else 0) != version:
            return desk.go(f"/people/{ref}/plan", "read_again")
        if plan is None:
            session.add(Plan(person_id=person.id, starts_on=values["starts_on"]))
            session.flush()
        changes.make(session, person.id, "plan written", {**values, "confirmed_at": None, "confirmed_by": None}, desk.now, desk.staff.id)
    return desk.go(f"/people/{ref}/plan", "saved")


@router.post("/people/{ref}/plan/confirm")
def confirm(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    if desk.form.text("agreed") != "yes":
        return _page(desk, person, {"agreed": "Confirm that you agreed this plan with the person"}, 422)
    if not person.adult:
        return _page(desk, person, {"agreed": "No automatic messages are sent to somebody under 18, or whose age is not known"}, 422)
    with desk.write() as session:
        changes.make(session, person.id, "confirmed", {"confirmed_at": desk.now, "confirmed_by": desk.staff.id}, desk.now, desk.staff.id)
    return desk.go(f"/people/{ref}/plan", "confirmed")


@router.post("/people/{ref}/pause")
def pause(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    try:
        day = desk.form.date("until")
    except ValueError:
        return _page(desk, person, {"until": "Give a date such as 2026-12-24"}, 422)
    if day is not None and day <= lookups.today(desk.now):
        return _page(desk, person, {"until": "Give a day after today"}, 422)
    until = dt.datetime.combine(day, dt.time(), ZONE).astimezone(dt.UTC) if day else None
    with desk.write() as session:
        changes.make(session, person.id, "paused", {"paused_until": until} if until else {"paused": True}, desk.now, desk.staff.id)
    return desk.go(f"/people/{ref}/conversation", "paused")


@router.post("/people/{ref}/resume")
def resume(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    with desk.write() as session:
        changes.make(session, person.id, "resumed", {"paused": False, "paused_until": None}, desk.now, desk.staff.id)
    return desk.go(f"/people/{ref}/conversation", "resumed")


@router.post("/people/{ref}/changes/{change_id:int}/put-back")
def put_back(ref: str, change_id: int, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    try:
        with desk.write() as session:
            change = session.get(PlanChange, change_id)
            if change is None or change.person_id != person.id:
                raise NotFound("no such change")
            changes.revert(session, change_id, desk.staff.id, desk.now)
    except ChangeGone:
        return desk.go(f"/people/{ref}", "read_again")
    return desk.go(f"/people/{ref}", "reverted")
