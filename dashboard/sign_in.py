"""Sign in with e-mail, password and one-time code; sign out."""

from __future__ import annotations

import hmac
import secrets

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from casefile import staff as accounts
from dashboard.desk import Desk, House, Refused, form_of, house_of, signed_in
from dashboard.forms import Form
from dashboard.page import render

router = APIRouter()
NOTES = {"out": "You are signed out.", "idle": "You were signed out because nothing was done for an hour, or after 12 hours. Sign in to carry on.",
         "password": "Your password is changed. Sign in with the new one."}


def _own_path(path: str) -> str:
    """Where to go after signing in: only a path of our own."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) and "\n" not in path else "/"


def _page(house: House, request: Request, *, found: dict[str, str] | None = None, email: str = "", next_: str = "/", note: str = "",
          status: int = 200) -> Response:
    # The token of this form is bound to a cookie, for there is no session yet.
    token = request.cookies.get("alongside-form") or secrets.token_urlsafe(24)
    answer = HTMLResponse(render("sign_in.html", csrf=token, found=found or {}, email=email, next=next_, note=note), status)
    answer.set_cookie("alongside-form", token, httponly=True, samesite="strict", secure=house.settings.secure_cookies, path="/sign-in")
    return answer


@router.get("/sign-in")
def ask(request: Request) -> Response:
    note = next((text for name, text in NOTES.items() if name in request.query_params), "")
    return _page(house_of(request), request, next_=_own_path(request.query_params.get("next", "/")), note=note)


@router.post("/sign-in")
def sign_in(request: Request, form: Form = Depends(form_of)) -> Response:
    house, now = house_of(request), house_of(request).clock()
    token = request.cookies.get("alongside-form", "")
    if not token or not hmac.compare_digest(token.encode(), form.text("csrf").encode()):
        raise Refused
    email, password, code = form.text("email", 200), form.text("password", 300), form.text("code", 20)
    found = {name: why for name, value, why in (
        ("email", email, "Enter your e-mail address"), ("password", password, "Enter your password"),
        ("code", code, "Enter the code your authenticator app shows")) if not value}
    next_ = _own_path(form.text("next") or "/")
    if found:
        return _page(house, request, found=found, email=email, next_=next_, status=422)
    with house.database.read() as session:
        account = accounts.find(session, email)
        known = (account.id, account.password_hash) if account else (None, None)
    fits = accounts.password_fits(known[1], password)
    with house.database.write() as session:
        result = accounts.sign_in(session, known[0], fits, code, now)
        cookie = "" if isinstance(result, str) else accounts.begin_session(session, result.id, now)
    if isinstance(result, str):
        return _page(house, request, found={"email": result}, email=email, next_=next_, status=403)
    answer = RedirectResponse(next_, 303)
    answer.set_cookie(house.cookie, cookie, max_age=int(accounts.LONGEST.total_seconds()), httponly=True, samesite="strict",
                      secure=house.settings.secure_cookies, path="/")
    answer.delete_cookie("alongside-form", path="/sign-in")
    return answer


@router.post("/sign-out")
def sign_out(desk: Desk = Depends(signed_in)) -> Response:
    with desk.write() as session:
        accounts.end_session(session, desk.session_key, desk.staff.id, desk.now)
    answer = RedirectResponse("/sign-in?out", 303)
    answer.delete_cookie(desk.house.cookie, path="/", secure=desk.house.settings.secure_cookies, httponly=True, samesite="strict")
    return answer
