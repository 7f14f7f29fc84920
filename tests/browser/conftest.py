"""The real app behind uvicorn on a free port, and Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from casefile.database import Database, utc_now
from tests.dashboard import world as worlds

CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-quic", "--no-first-run",
                      "--disable-component-update", "--disable-sync"]


@dataclass
class Running:
    """A served dashboard, its record and what is in it."""

    url: str
    database: Database
    world: worlds.World


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=os.environ.get("ALONGSIDE_CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium",
                                             args=CHROMIUM_ARGUMENTS)
        yield browser
        browser.close()


def serve(database: Database, world: worlds.World) -> Iterator[Running]:
    """Serve until the caller is done."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(worlds.app(database, utc_now), log_level="warning", timeout_graceful_shutdown=1, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + 10
    while not server.started and time.monotonic() < until:
        time.sleep(0.02)
    yield Running(f"http://127.0.0.1:{listener.getsockname()[1]}", database, world)
    server.should_exit = True
    thread.join(5)
    listener.close()


@pytest.fixture
def running(tmp_path: Path, sqlite_template: Path) -> Iterator[Running]:
    """A whole day, with the real clock."""
    path = tmp_path / "record.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write() as session:
        world = worlds.whole_day(session, utc_now())
    yield from serve(database, world)
    database.close()


@pytest.fixture
def quiet(tmp_path: Path, sqlite_template: Path) -> Iterator[Running]:
    """Colleagues and people; nothing has happened yet."""
    path = tmp_path / "quiet.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}")
    with database.write() as session:
        world = worlds.people_only(session, utc_now())
    yield from serve(database, world)
    database.close()


@pytest.fixture
def window(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="en-GB", timezone_id="Europe/London")
    context.set_default_timeout(10_000)
    yield context
    context.close()


def sign_in(page: Page, url: str, who: str = "sam") -> None:
    """Sign in as a person would, with a fresh code."""
    page.goto(url + "/")
    page.get_by_label("E-mail address").fill(f"{who}@demo.example")
    page.get_by_label("Password").fill(worlds.PASSWORD)
    page.get_by_label("Code from your authenticator app").fill(worlds.code(who, utc_now()))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(url + "/")
