"""Mount the caseworkers' dashboard on the app."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from casefile.access import NotFound
from casefile.database import Database, utc_now
from dashboard import (
    account,
    alerts,
    calendar,
    calls,
    checkins,
    conversation,
    interventions,
    languages,
    live,
    messages,
    people,
    plans,
    queue,
    reports,
    sign_in,
    team,
)
from dashboard.assets import STATIC, url
from dashboard.desk import House, NotSignedIn, Refused
from dashboard.forms import FormTooLarge
from dashboard.page import render
from dashboard.security import SecurityHeaders


class Static(StaticFiles):
    """Files named with their hash are kept by the browser for good; others are asked for again."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        hashed = scope.get("query_string", b"").startswith(b"v=")
        answer.headers["cache-control"] = "public, max-age=31536000, immutable" if hashed else "no-cache"
        return answer


def mount(app: FastAPI, *, database: Database, settings: Any, catalogue: Any, translator: Any,
          clock: Callable[[], dt.datetime] = utc_now) -> None:
    """`settings` gives secure_cookies and Twilio's account (to open what a person sent). Raises AssetsMissing when the styles are not built."""
    url("vendor/frontend.css")
    app.state.dashboard = House(database, settings, catalogue, translator, clock)
    app.state.live = live.Hub(database)
    app.add_middleware(SecurityHeaders, https=settings.secure_cookies)
    app.mount("/static", Static(directory=STATIC), name="static")
    for part in (sign_in, live, alerts, queue, messages, conversation, interventions, people, plans, calls, checkins, team, reports, languages, account,
                 calendar):
        app.include_router(part.router)
    app.add_exception_handler(NotSignedIn, _not_signed_in)
    for error, status, heading, text in _PROBLEMS:
        app.add_exception_handler(error, _problem(status, heading, text))
    app.add_exception_handler(HTTPException, _http_problem)


_PROBLEMS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (NotFound, 404, "Not found", "There is nothing here, or it is not for your account."),
    (Refused, 403, "Nothing was done", "This page was too old, or was not sent from Alongside. Go back, load the page again and repeat what you did."),
    (FormTooLarge, 413, "Too much text", "Nothing was saved. Go back and make the text shorter."),
    (TimeoutError, 503, "Busy for a moment", "Nothing was saved. Reload this page and confirm: what you wrote is then sent once more."),
    (OperationalError, 503, "Busy for a moment", "Nothing was saved. Reload this page and confirm: what you wrote is then sent once more."),
    (StaleDataError, 409, "Somebody was faster", "A colleague or the machine changed this a moment before you. Nothing of yours was saved: "
                                                 "go back, load the page again, then decide."),
)


def _problem(status: int, heading: str, text: str) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        return HTMLResponse(render("problem.html", heading=heading, text=text), status)

    return answer


def _not_signed_in(request: Request, error: Exception) -> Response:
    if request.headers.get("x-live") or "text/event-stream" in request.headers.get("accept", ""):
        return Response(status_code=401)
    where = quote(request.url.path) if request.method == "GET" else "/"
    return RedirectResponse("/sign-in" + ("" if where == "/" else f"?next={where}"), 303)


def _http_problem(request: Request, error: Exception) -> Response:
    """Other programs get the bare status; a person's browser a page."""
    assert isinstance(error, HTTPException)
    if "text/html" not in request.headers.get("accept", "") or error.status_code != 404:
        return Response(str(error.detail), error.status_code, headers=error.headers, media_type="text/plain")
    return HTMLResponse(render("problem.html", heading="Not found", text="There is no such page."), 404)
