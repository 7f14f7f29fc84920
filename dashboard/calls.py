"""Welfare calls: today's list inside safe hours, a call sheet, and what came of each try."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.access import NotFound
from casefile.models import Address, Alert, CallAttempt, Person, Plan, WelfareCall
from checkins import call_sheet
from checkins import calls as welfare
from dashboard import lookups, words
from dashboard.desk import Desk, signed_in
from dashboard.page import ZONE
from messaging.safe_hours import next_safe, windows

router = APIRouter()
FIELDS = ("outcome", "contact_band", "notes", "follow_up", "follow_up_on")


@dataclass(frozen=True)
class Line:
    """One call of the list. `safe` says whether it may be made at this moment; `next` when it may be made otherwise (UTC)."""

    call: WelfareCall
    person: Person
    tries: int
    safe: bool
    next: dt.datetime | None
    hours: str
    urgent: bool
    someone_else: bool


def hours_today(person: Person, plan: Plan | None, now: dt.datetime) -> str:
    """The safe hours of her present day in words; they are in her own time."""
    day = now.astimezone(ZoneInfo(person.time_zone)).date()
    if plan is None:
        return "no plan: ask the caseworker"
    if day.isoformat() in plan.never_dates:
        return "never today"
    return ", ".join(f"{b:%H:%M} to {e:%H:%M}" for b, e in windows(plan.safe_hours, day)) or "none today"


def _line(session: Session, call: WelfareCall, now: dt.datetime) -> Line:
    person = session.get_one(Person, call.person_id)
    plan = session.scalar(select(Plan).where(Plan.person_id == person.id))
    about = call_sheet.line(session, call, person, plan, now)
    hours, never = (plan.safe_hours, plan.never_dates) if plan else ({}, [])
    begins = None if about.now else next_safe(max(now, call.due_from), person.time_zone, hours, never)
    return Line(call, person, about.tries, about.now, begins, hours_today(person, plan, now), about.urgent, about.someone_else)


def _list(desk: Desk) -> dict[str, object]:
    end = dt.datetime.combine(lookups.today(desk.now) + dt.timedelta(days=1), dt.time(), ZONE).astimezone(dt.UTC)
    start = end - dt.timedelta(days=1)
    with desk.read() as session:
        order = {line.call_id: place for place, line in enumerate(call_sheet.today(session, desk.now))}
        waiting = [_line(session, c, desk.now) for c in session.scalars(select(WelfareCall).where(WelfareCall.done_at.is_(None)).order_by(WelfareCall.due_from))]
        done = [_line(session, c, desk.now) for c in session.scalars(select(WelfareCall).where(WelfareCall.done_at >= start).order_by(WelfareCall.done_at))]
        names = lookups.names(session)
    return {"now_list": sorted((x for x in waiting if x.call.id in order), key=lambda x: order[x.call.id]),
            "later": [x for x in waiting if x.call.id not in order], "done": done, "names": names,
            "reasons": REASONS, "outcomes": welfare.OUTCOMES}


REASONS = {"asked": "They asked for a call", "silence": "No answer to a check-in", "not_reached_by_text": "Could not be reached by text",
           "staff": "A colleague asked for it", "planned": "Planned"}


@router.get("/calls")
def page(desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("calls.html", **_list(desk))


@router.get("/calls/list")
def fragment(desk: Desk = Depends(signed_in)) -> Response:
    return desk.show("parts/calls.html", **_list(desk))


@router.get("/people/{ref}/calls/new")
def ask(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    return _form(desk, desk.person(ref), desk.request.query_params.get("alert", ""))


def _form(desk: Desk, person: Person, alert: str, asked_for: str = "", found: dict[str, str] | None = None) -> Response:
    return desk.show("call_form.html", 422 if found else 200, person=person, alert=alert, asked_for=asked_for, found=found or {})


@router.post("/people/{ref}/calls")
def request(ref: str, desk: Desk = Depends(signed_in)) -> Response:
    """Put a call on the list."""
    person = desk.person(ref)
    asked_for, alert = desk.form.whole("asked_for"), desk.form.text("alert", 10)
    if found := desk.form.too_long(300, "asked_for"):
        return _form(desk, person, alert, asked_for, found)
    with desk.write() as session:
        alert_row = session.get(Alert, int(alert)) if alert.isdigit() else None
        alert_id = alert_row.id if alert_row is not None and alert_row.person_id == person.id else None
        call = welfare.request_call(session, person.id, "staff", desk.now, asked_for=asked_for or None, alert_id=alert_id)
    return desk.go(f"/calls/{call.id}", "call_asked")


def _sheet(desk: Desk, call_id: int, wanted: dict[str, str] | None = None, found: dict[str, str] | None = None) -> Response:
    with desk.read() as session:
        call = session.get(WelfareCall, call_id)
        if call is None:
            raise NotFound("no such call")
    desk.look(call.person_id, "call sheet")
    with desk.read() as session:
        line = _line(session, session.get_one(WelfareCall, call_id), desk.now)
        addresses = list(session.scalars(select(Address).where(Address.person_id == line.person.id).order_by(Address.id)))
        attempts = list(session.scalars(select(CallAttempt).where(CallAttempt.call_id == call_id).order_by(CallAttempt.id)))
        alerts = lookups.open_alerts(session, line.person.id)
        names, about = lookups.names(session), call_sheet.sheet(session, call_id, desk.now)
    day = desk.now.astimezone(ZoneInfo(line.person.time_zone)).date()
    numbers = [a for a in addresses if a.consent and a.safe_to_contact and a.suspended_at is None and a.opted_out_at is None
               and (a.review_by is None or a.review_by >= day)]
    return desk.show("call.html", 422 if found else 200, line=line, call=line.call, person=line.person, numbers=list({a.address: a for a in numbers}.values()),
                     attempts=attempts, alerts=alerts, names=names, reasons=REASONS, about=about, questions=call_sheet.QUESTIONS, outcomes=welfare.OUTCOMES, bands=words.CONTACT_BANDS,
                     wanted={n: (wanted or {}).get(n, "") for n in FIELDS}, found=found or {})


@router.get("/calls/{call_id:int}")
def sheet(call_id: int, desk: Desk = Depends(signed_in)) -> Response:
    return _sheet(desk, call_id)


@router.post("/calls/{call_id:int}/attempt")
def attempt(call_id: int, desk: Desk = Depends(signed_in)) -> Response:
    """Write down one try and what came of it."""
    wanted, found, on = {n: desk.form.whole(n) for n in FIELDS}, desk.form.too_long(4000, *FIELDS), None
    try:
        on = desk.form.date("follow_up_on")
    except ValueError:
        found["follow_up_on"] = "Give a date such as 2026-12-24"
    try:
        if wanted["outcome"] not in welfare.OUTCOMES or found:
            raise welfare.CallWrong({} if wanted["outcome"] in welfare.OUTCOMES else {"outcome": "Choose what came of the call"})
        with desk.write() as session:
            welfare.attempt(session, call_id, desk.staff.id, wanted["outcome"], desk.now, contact_band=wanted["contact_band"] or None,
                            notes=wanted["notes"] or None, follow_up=wanted["follow_up"] or None, follow_up_on=on)
    except welfare.CallWrong as wrong:
        return _sheet(desk, call_id, wanted, {**{name if name in FIELDS else "": why for name, why in wrong.problems.items()}, **found})
    return desk.go(f"/calls/{call_id}", "call_noted")
