"""The desk of a signed-in member of staff: who she is, what the page may read and write, and how it is shown."""

from __future__ import annotations

import datetime as dt
import hmac
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import encryption
from casefile import staff as accounts
from casefile.access import Access, NotFound
from casefile.database import Database
from casefile.models import Alert, Audit, Heartbeat, Person, Staff
from casefile.vocabulary import Role
from dashboard.forms import Form, read
from dashboard.page import render

log = logging.getLogger(__name__)
STALE = dt.timedelta(seconds=30)
# A page that refreshes itself is one look, not hundreds.
SAME_LOOK = dt.timedelta(minutes=10)


class NotSignedIn(Exception):
    """Nobody is signed in, or no longer."""


class Refused(Exception):
    """The request is not from one of our own pages (no or an old token): nothing was done."""


@dataclass(frozen=True)
class House:
    """What the dashboard works with, handed in by the wiring."""

    database: Database
    settings: Any
    catalogue: Any
    translator: Any
    clock: Callable[[], dt.datetime]

    @property
    def cookie(self) -> str:
        # The __Host- prefix makes a browser refuse the cookie over http or for another host.
        return "__Host-alongside" if self.settings.secure_cookies else "alongside"


@dataclass
class Desk:
    """One request of a signed-in person. Pages read in `read()`; looks and changes are written in `write()`.

    Both show a mark for a value that cannot be decrypted: one of them must not black a page out for everybody, nor keep an alert from being taken.
    """

    house: House
    request: Request
    staff: Staff
    session_key: str
    csrf: str
    now: dt.datetime
    form: Form = field(default_factory=Form)
    # Nothing was done for so long that only the live list of alerts is left, without names and without anything to press.
    idle: bool = False

    @property
    def manages(self) -> bool:
        return self.staff.role in (Role.MANAGER, Role.ADMIN)

    @property
    def live(self) -> bool:
        """Asked for by the page itself, not by the person."""
        return self.request.headers.get("x-live") == "1"

    @contextmanager
    def read(self) -> Iterator[Session]:
        with encryption.marked(), self.house.database.read() as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        with encryption.marked(), self.house.database.write() as session:
            yield session

    def person(self, ref: str, looked_at: str = "record") -> Person:
        """A person by reference, the look written down (once for a page that refreshes itself). Raises NotFound."""
        if self.live:
            with self.read() as session:
                person = session.scalar(select(Person).where(Person.ref == ref))
                if person is not None and self._looked_lately(session, person.id, looked_at):
                    return person
        with self.write() as session:
            return Access(session, self.staff, self.now).person(ref, looked_at)

    def look_at_alert(self, alert_id: int) -> None:
        """Write the look at an alert's person down. Raises NotFound when there is no such alert."""
        with self.read() as session:
            alert = session.get(Alert, alert_id)
            if alert is None:
                raise NotFound("no such alert")
        self.look(alert.person_id, f"alert {alert_id}")

    def look(self, person_id: int | None, looked_at: str) -> None:
        """Write down that she sees something of a person's record."""
        if person_id is None:
            return
        if self.live:
            with self.read() as session:
                if self._looked_lately(session, person_id, looked_at):
                    return
        with self.write() as session:
            Access(session, self.staff, self.now).look(person_id, looked_at)

    def _looked_lately(self, session: Session, person_id: int, looked_at: str) -> bool:
        return session.scalar(select(Audit.id).where(
            Audit.person_id == person_id, Audit.staff_id == self.staff.id, Audit.action == f"looked at {looked_at}",
            Audit.at >= self.now - SAME_LOOK).limit(1)) is not None

    def require_manager(self) -> None:
        """Raise NotFound unless she is a manager or admin."""
        with self.read() as session:
            Access(session, self.staff, self.now).require(Role.MANAGER, Role.ADMIN)

    def show(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A page, or a part of one for a live refresh."""
        values |= {"desk": self, "me": self.staff, "csrf": self.csrf, "now": self.now, "path": self.request.url.path,
                   "said": self.request.query_params.get("said", ""), "troubles": [] if template.startswith("parts/") else self.troubles(self.now)}
        return HTMLResponse(render(template, **values), status)

    def go(self, path: str, said: str = "", **query: str) -> RedirectResponse:
        """Go on to a page after a change; `said` is the name of a message (dashboard.words.SAID), never words of anybody."""
        query = {**query, **({"said": said} if said else {})}
        head, _, anchor = path.partition("#")
        return RedirectResponse(head + ("?" + urlencode(query) if query else "") + ("#" + anchor if anchor else ""), 303)

    def troubles(self, now: dt.datetime) -> list[str]:
        """What of our own programs does not work now: never to be taken for a survivor's silence."""
        with self.read() as session:
            beats = {h.name: h for h in session.scalars(select(Heartbeat))}
        worker, bot = beats.get("worker"), beats.get("bot")
        troubles = []
        if worker is None or abs(now - worker.at) > STALE:
            troubles.append("The worker is not running: messages wait unread by the machine, and nothing is sent. Tell whoever runs the service, "
                            "and read new messages yourself.")
        if bot is not None and bot.state == "down":
            troubles.append("The understanding program does not answer: messages are judged without it. Read each one yourself.")
        return troubles


def house_of(request: Request) -> House:
    house: House = request.app.state.dashboard
    return house


def _signed_in(request: Request, form: Form) -> Desk:
    house = house_of(request)
    now, token = house.clock(), request.cookies.get(house.cookie, "")
    with house.database.read() as session:
        found = accounts.session_of(session, token, now) if token else None
    if found is None:
        raise NotSignedIn
    row, member = found
    desk = Desk(house, request, member, row.token_hash, row.csrf, now, form)
    if request.method == "POST":
        sent = form.text("csrf") or request.headers.get("x-csrf", "")
        if not hmac.compare_digest(sent.encode(), row.csrf.encode()):
            raise Refused
    # What a page does by itself does not keep an unattended browser signed in.
    if not desk.live and now - row.seen_at > dt.timedelta(seconds=60):
        with house.database.write() as session:
            accounts.seen(session, row.token_hash, now)
    return desk


def watching(request: Request) -> Desk:
    """The dependency of the live list of alerts alone: also for a wall screen that nobody touched for an hour. Raises NotSignedIn."""
    house = house_of(request)
    now, token = house.clock(), request.cookies.get(house.cookie, "")
    with house.database.read() as session:
        found = accounts.watcher_of(session, token, now) if token else None
    if found is None or request.method != "GET":
        raise NotSignedIn
    row, member, idle = found
    return Desk(house, request, member, row.token_hash, row.csrf, now, idle=True) if idle else _signed_in(request, Form())


async def form_of(request: Request) -> Form:
    return await read(request) if request.method == "POST" else Form()


def signed_in(request: Request, form: Form = Depends(form_of)) -> Desk:
    """The dependency of every page. Raises NotSignedIn, Refused."""
    return _signed_in(request, form)
