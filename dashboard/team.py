"""The team: who is on call, the rota, and whom the service will write to in the next 14 days."""

from __future__ import annotations

import datetime as dt
from itertools import groupby

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from sqlalchemy import select

from casefile import audit, live
from casefile.models import OnCallShift, Staff
from casefile.staff import StaffWrong
from checkins import preview
from dashboard import lookups
from dashboard.desk import Desk, signed_in
from dashboard.page import ZONE, local
from escalation.leaving import leave

router = APIRouter()
AHEAD = dt.timedelta(days=14)
LONGEST_SHIFT = dt.timedelta(days=14)
SHIFT_FIELDS = ("staff", "position", "starts", "ends")
POSITIONS = {"0": "First", "1": "Second", "2": "Third"}


def gaps(shifts: list[tuple[dt.datetime, dt.datetime]], start: dt.datetime, end: dt.datetime) -> list[tuple[dt.datetime, dt.datetime]]:
    """The times between start and end that no shift covers."""
    found, at = [], start
    for begins, ends in sorted(shifts):
        if begins > at:
            found.append((at, min(begins, end)))
        at = max(at, ends)
        if at >= end:
            break
    if at < end:
        found.append((at, end))
    return found


def _page(desk: Desk, wanted: dict[str, str] | None = None, found: dict[str, str] | None = None) -> Response:
    end = desk.now + AHEAD
    with desk.read() as session:
        shifts = list(session.scalars(select(OnCallShift).where(OnCallShift.ends_at > desk.now).order_by(OnCallShift.starts_at, OnCallShift.position)))
        staff = sorted(session.scalars(select(Staff).where(Staff.active)), key=lambda s: s.name.casefold())
        names = lookups.names(session)
        on_call = [names.get(i, "") for i in lookups.on_call(session, desk.now)]
        coming = preview.team(session, desk.now, AHEAD)
        people = lookups.people(session, {c.person_id for c in coming})
        due = [(c.at, people[c.person_id], c) for c in coming]
    days = [(day, list(rows)) for day, rows in groupby(due, key=lambda d: local(d[0]).date())]
    reachable = {s.id for s in staff if s.phone}  # who is on call without a phone is not paged (escalation.oncall)
    uncovered = gaps([(s.starts_at, s.ends_at) for s in shifts if s.staff_id in reachable], desk.now, end)
    return desk.show("team.html", 422 if found else 200, shifts=shifts, staff=staff, names=names, on_call=on_call, days=days, gaps=uncovered,
                     found=found or {}, leavers={s.id: s.name for s in staff if s.id != desk.staff.id}, wanted={n: (wanted or {}).get(n, "") for n in SHIFT_FIELDS}, positions=POSITIONS)


@router.get("/team")
def page(desk: Desk = Depends(signed_in)) -> Response:
    return _page(desk)


def _moment(text: str) -> dt.datetime:
    """A wall time of the charity's zone as UTC. Raises ValueError."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(dt.UTC)


@router.post("/team/shifts")
def add_shift(desk: Desk = Depends(signed_in)) -> Response:
    desk.require_manager()
    wanted, found = {n: desk.form.text(n, 30) for n in SHIFT_FIELDS}, {}
    starts = ends = None
    for name, why in (("starts", "Say when the shift starts"), ("ends", "Say when the shift ends")):
        try:
            moment = _moment(wanted[name])
            starts, ends = (moment, ends) if name == "starts" else (starts, moment)
        except ValueError:
            found[name] = why
    if starts and ends and not starts < ends <= starts + LONGEST_SHIFT:
        found["ends"] = "A shift ends after it starts, within two weeks"
    if wanted["position"] not in POSITIONS:
        found["position"] = "Choose who is paged first"
    with desk.write() as session:
        if not wanted["staff"].isdigit() or int(wanted["staff"]) not in lookups.colleagues(session):
            found["staff"] = "Choose a colleague"
        if not found and starts and ends:
            session.add(OnCallShift(staff_id=int(wanted["staff"]), position=int(wanted["position"]), starts_at=starts, ends_at=ends))
            audit.note(session, desk.now, "added an on-call shift", desk.staff.id, None, f"staff {wanted['staff']}")
            live.tell(session, "system", desk.now)
    return _page(desk, wanted, found) if found else desk.go("/team", "shift_added")


@router.post("/team/shifts/{shift_id:int}/remove")
def remove_shift(shift_id: int, desk: Desk = Depends(signed_in)) -> Response:
    desk.require_manager()
    with desk.write() as session:
        shift = session.get(OnCallShift, shift_id)
        if shift is not None:
            session.delete(shift)
            audit.note(session, desk.now, "removed an on-call shift", desk.staff.id, None, f"staff {shift.staff_id}")
            live.tell(session, "system", desk.now)
    return desk.go("/team", "shift_removed")


@router.post("/team/{staff_id:int}/unlock")
def unlock(staff_id: int, desk: Desk = Depends(signed_in)) -> Response:
    """End a lock-out early; the password stays."""
    desk.require_manager()
    with desk.write() as session:
        colleague = session.get(Staff, staff_id)
        if colleague is not None:
            colleague.locked_until, colleague.failed_sign_ins = None, 0
            audit.note(session, desk.now, "unlocked an account", desk.staff.id, None, f"staff {staff_id}")
    return desk.go("/team", "unlocked")


@router.post("/team/close")
def close(desk: Desk = Depends(signed_in)) -> Response:
    """Close the account of a colleague who leaves. It is opened again only from the command line."""
    desk.require_manager()
    leaver = desk.form.text("leaver", 12)
    try:
        with desk.write() as session:
            colleague = session.get(Staff, int(leaver)) if leaver.isdigit() else None
            if colleague is None or not colleague.active or colleague.id == desk.staff.id:
                raise StaffWrong({"leaver": "Choose a colleague who leaves"})
            leave(session, colleague, desk.now, desk.staff.id)
    except StaffWrong as wrong:
        return _page(desk, found={"leaver": str(wrong)})
    return desk.go("/team", "closed")
