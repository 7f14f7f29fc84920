"""A person's contact plan: see it with the next 14 days, change it, confirm it, pause it, put changes back."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.access import NotFound
from casefile.models import Person, Plan, PlanChange
from checkins import plans, preview
from checkins.changes import ChangeGone, locked_person
from dashboard import conversation, lookups, plan_form
from dashboard.desk import Desk, signed_in
from dashboard.page import ZONE

router = APIRouter()


@router.get("/people/{ref}/plan")
def page(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    return _page(desk, desk.person(ref, "plan"))


def _page(desk: Desk, person: Person, found: dict[str, str] | None = None, status: int = 200) -> Response:
    with desk.read() as session:
        person = session.get_one(Person, person.id)
        plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
        names, alerts = lookups.names(session), lookups.open_alerts(session, person.id)
        coming = preview.person(session, person.id, desk.now) if plan else []
    shown = plan_form.wanted_of(plan, lookups.today(desk.now)) if plan else {}
    return desk.show("plan.html", status, person=person, plan=plan, names=names, alerts=alerts, coming=coming, words=desk.house.catalogue.text, shown=shown, forms=plan_form,
                     unsigned=len(desk.house.catalogue.awaiting(person.language)), found=found or {})


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
    wanted, values, found = plan_form.read(desk.form, lookups.today(desk.now))
    version = desk.form.text("version", 10)
    if found:
        return _form(desk, person, wanted | {"version": version}, found)
    try:
        with desk.write() as session:
            locked_person(session, person.id)
            plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
            if str(plan.version if plan else 0) != version:
                return desk.go(f"/people/{ref}/plan", "read_again")
            act = plans.draft if plan is None or plan.confirmed_at is None else plans.change
            act(session, person.id, values, desk.staff.id, desk.now)
    except plans.PlanWrong as wrong:
        return _form(desk, person, wanted | {"version": version}, {plan_form.field_of(n): why for n, why in wrong.problems.items()})
    return desk.go(f"/people/{ref}/plan", "saved")


@router.post("/people/{ref}/plan/confirm")
def confirm(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    if desk.form.text("agreed") != "yes":
        return _page(desk, person, {"agreed": "Confirm that you agreed this plan with the person"}, 422)
    return _act(desk, person, "plan", "confirmed", lambda session: plans.confirm(session, person.id, desk.staff.id, desk.now))


def _act(desk: Desk, person: Person, back_to: str, said: str, act: Callable[[Session], object]) -> Response:
    """Do one thing with a plan; what is wrong with it is shown on the plan's page."""
    try:
        with desk.write() as session:
            act(session)
    except plans.PlanWrong as wrong:
        return _page(desk, person, {str(number or ""): why for number, why in enumerate(wrong.problems.values())}, 422)
    except (plans.NoPlan, ChangeGone) as wrong:
        return _page(desk, person, {"": str(wrong)}, 422)
    return desk.go(f"/people/{person.ref}/{back_to}".rstrip("/"), said)


@router.post("/people/{ref}/pause")
def pause(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person, day = desk.person(ref, "plan"), None
    try:
        day = desk.form.date("until")
        why = "Give a day after today" if day is not None and day <= lookups.today(desk.now) else ""
    except ValueError:
        why = "Give a date such as 2026-12-24"
    if why:
        return conversation.shown(desk, person, found={"until": why}, until=desk.form.whole("until"), status=422)
    until = dt.datetime.combine(day, dt.time(), ZONE).astimezone(dt.UTC) if day else None
    return _act(desk, person, "conversation", "paused", lambda session: plans.pause(session, person.id, until, desk.staff.id, desk.now))


@router.post("/people/{ref}/resume")
def resume(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    return _act(desk, person, "conversation", "resumed", lambda session: plans.resume(session, person.id, desk.staff.id, desk.now))


@router.post("/people/{ref}/stop")
def stop(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """The person told a colleague that they want no more messages."""
    person = desk.person(ref, "plan")
    if desk.form.text("consent_withdrawn") == "yes":
        return _act(desk, person, "plan", "withdrawn", lambda session: plans.withdraw_consent(session, person.id, desk.staff.id, desk.now))
    return _act(desk, person, "plan", "stopped", lambda session: plans.stop(session, person.id, desk.staff.id, desk.now))


@router.post("/people/{ref}/start")
def start(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    return _act(desk, person, "plan", "started", lambda session: plans.start(session, person.id, desk.staff.id, desk.now))


@router.post("/people/{ref}/changes/{change_id:int}/put-back")
def put_back(ref: str, change_id: int, desk: Desk = Depends(signed_in)) -> Response:
    person = desk.person(ref, "plan")
    with desk.read() as session:
        change = session.get(PlanChange, change_id)
    if change is None or change.person_id != person.id:
        raise NotFound("no such change")
    return _act(desk, person, "", "reverted", lambda session: plans.put_back(session, change_id, desk.staff.id, desk.now))
