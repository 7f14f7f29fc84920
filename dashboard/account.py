"""Your own account: password, and signing every browser out."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from casefile import staff as accounts
from dashboard.desk import Desk, signed_in

router = APIRouter()


def _page(desk: Desk, found: dict[str, str] | None = None) -> Response:
    return desk.show("account.html", 422 if found else 200, found=found or {}, calendar_address="", has_calendar=desk.staff.calendar_token_hash is not None)


@router.get("/account")
def page(desk: Desk = Depends(signed_in)) -> Response:
    return _page(desk)


@router.post("/account/password")
def password(desk: Desk = Depends(signed_in)) -> Response:
    old, new, again = (desk.form.text(name, 300) for name in ("old", "password", "again"))
    found = {}
    if not accounts.password_fits(desk.staff.password_hash, old):
        found["old"] = "This is not your present password"
    if new != again:
        found["again"] = "The two new passwords differ"
    if not found:
        try:
            with desk.write() as session:
                accounts.change_password(session, desk.staff, new, desk.now)
        except accounts.StaffWrong as wrong:
            found = wrong.problems
    return _page(desk, found) if found else RedirectResponse("/sign-in?password", 303)


@router.post("/account/sign-out-everywhere")
def everywhere(desk: Desk = Depends(signed_in)) -> Response:
    with desk.write() as session:
        accounts.end_all_sessions(session, desk.staff.id)
    return RedirectResponse("/sign-in?out", 303)
