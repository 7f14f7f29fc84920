"""The app over a fresh record, and signed-in browsers without a window."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient

from casefile import staff
from casefile.database import Database
from tests import cast
from tests.dashboard import world as worlds


class Browser:
    """A test client that posts our forms with their token, as a page would."""

    def __init__(self, app: FastAPI):
        self.client = TestClient(app, follow_redirects=False)

    def get(self, path: str, **headers: str):
        return self.client.get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def token(self) -> str:
        found = re.search(r'data-csrf="([^"]+)"', self.client.get("/account").text)
        return found[1] if found else ""

    def post(self, path: str, follow: bool = True, **fields: object):
        answer = self.client.post(path, data={"csrf": self.token(), **fields})
        return self.client.get(answer.headers["location"]) if follow and answer.status_code == 303 else answer

    def seen(self, alert_id: int) -> str:
        """What of an alert its page has shown, as the form to resolve it says."""
        return re.search(r'name="seen" value="([^"]*)"', self.get(f"/alerts/{alert_id}").text)[1]

    def sign_in(self, who: str, now, password: str = worlds.PASSWORD, code: str | None = None):
        page = self.client.get("/sign-in")
        csrf = re.search(r'name="csrf" value="([^"]+)"', page.text)
        return self.client.post("/sign-in", data={"csrf": csrf[1] if csrf else "", "email": f"{who}@demo.example", "password": password,
                                                  "code": worlds.code(who, now) if code is None else code, "next": "/"})


@pytest.fixture(autouse=True, scope="session")
def quick_passwords() -> Iterator[None]:
    """Hundreds of sign-ins: with argon2's least cost instead of its full one."""
    patch = pytest.MonkeyPatch()
    patch.setattr(staff, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    yield
    patch.undo()


@pytest.fixture
def clock() -> worlds.Clock:
    return worlds.Clock(cast.NOW)


@pytest.fixture
def empty(sqlite_database: Database, clock: worlds.Clock) -> worlds.World:
    """Colleagues and people; nothing has happened."""
    with sqlite_database.write() as session:
        return worlds.people_only(session, clock.now)


@pytest.fixture
def world(sqlite_database: Database, clock: worlds.Clock) -> worlds.World:
    """A whole day."""
    with sqlite_database.write() as session:
        return worlds.whole_day(session, clock.now)


@pytest.fixture
def app(sqlite_database: Database, clock: worlds.Clock) -> FastAPI:
    return worlds.app(sqlite_database, clock)


@pytest.fixture
def browser(app: FastAPI) -> Iterator[Callable[..., Browser]]:
    """Make a browser, signed in as a colleague unless None. Each needs a moment of its own: a one-time code works once."""

    def make(who: str | None = "sam") -> Browser:
        made = Browser(app)
        if who is not None:
            answer = made.sign_in(who, app.state.dashboard.clock())
            assert answer.status_code == 303, answer.text
        return made

    yield make
