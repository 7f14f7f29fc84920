"""A colleague's calendar feed: made and ended on the account page, fetched by a calendar program with nothing but its secret address."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from checkins import calendar
from dashboard.desk import Desk, house_of, signed_in

router = APIRouter()


@router.post("/account/calendar")
def make(desk: Desk = Depends(signed_in)) -> Response:
    """A new address, shown this once; the one before ends."""
    with desk.write() as session:
        token = calendar.new_token(session, desk.staff.id, desk.now)
    return desk.show("account.html", found={}, calendar_address=f"{desk.house.settings.public_url.rstrip('/')}/calendar/{token}.ics", has_calendar=True)


@router.post("/account/calendar/end")
def end(desk: Desk = Depends(signed_in)) -> Response:
    with desk.write() as session:
        calendar.end_token(session, desk.staff.id, desk.now)
    return desk.go("/account", "calendar_ended")


@router.get("/calendar/{token}.ics")
def feed(token: str, request: Request) -> Response:
    """References and times only; any address that is not known is not found."""
    house = house_of(request)
    with house.database.read() as session:
        found = calendar.feed(session, token[:100], house.clock())
    if found is None:
        return Response(status_code=404)
    return Response(found, media_type="text/calendar; charset=utf-8")
