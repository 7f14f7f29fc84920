"""kill -9 of the app and the worker in mid-work, again and again: nothing is lost, nothing answered twice, every danger text alerted."""

from __future__ import annotations

import os
import random
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from alongside import settings as configuration
from alongside.processes import Program, own
from alongside.seed import ALWAYS
from alongside.standalone import free_port, tail
from alongside.wiring import House
from casefile import encryption
from casefile.database import Database, utc_now
from casefile.migrate import upgrade
from casefile.models import Address, Alert, Inbound, Outbox, Person, Plan
from casefile.numbers import address_hash
from casefile.vocabulary import Channel, InboundState, OutboxState, Purpose
from messaging.simulator.config import Config
from messaging.simulator.serve import running
from tests.conftest import drop_postgresql_database, new_postgresql_database

pytestmark = pytest.mark.crash
PEOPLE, MESSAGES, KILLS, DANGER_EVERY = 25, 500, 20, 10
SENDER = "+447700900100"
DANGER = "he is outside my door please help me"


@dataclass
class Place:
    """One running service and the simulated Twilio beside it."""

    database: Database
    app: Program
    worker: Program
    simulator: str


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    port = free_port()
    sid, token = "AC" + secrets.token_hex(16), secrets.token_hex(16)
    postgresql = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    empty = new_postgresql_database(postgresql) if postgresql else None
    url = empty.url.render_as_string(hide_password=False) if empty else f"sqlite:///{tmp_path / 'record.db'}"
    public = f"http://127.0.0.1:{port}"
    with running(Config(account_sid=sid, auth_token=token, public_url=public, numbers=(SENDER,), pace=0.0)) as simulator:
        values = {
            "VAR_DIR": str(tmp_path), "RESERVE_MODEL": str(tmp_path / "none"), "DATABASE_URL": url, "PUBLIC_URL": public, "BOT_URL": f"http://127.0.0.1:{free_port()}",
            "BOT_KEY": secrets.token_hex(16), "BOT_TOKEN": "none", "SECRET_KEYS": secrets.token_urlsafe(36), "TWILIO_ACCOUNT_SID": sid,
            "TWILIO_AUTH_TOKEN": token, "TWILIO_API_URL": simulator.url, "SMS_SENDER": SENDER, "SENDS_PER_SECOND": "500",
            "CATCH_UP_EVERY": "2", "ABSENT_AFTER": "3", "BOT_TIMEOUT": "0.2", "LOG_LEVEL": "WARNING",
        }
        environ = {configuration.PREFIX + k: v for k, v in values.items()}
        house = House(configuration.load({**os.environ, **environ}, env_file=Path(os.devnull)), checked=False)
        upgrade(house.database)
        _people(house)
        app = Program("app", own("serve", "--port", str(port)), tmp_path / "app.log", environ)
        worker = Program("worker", own("work"), tmp_path / "worker.log", environ)
        app.start()
        worker.start()
        _until(lambda: httpx.get(f"{public}/healthz").status_code == 200, 60, lambda: tail(app.log_file))
        yield Place(house.database, app, worker, simulator.url)
        worker.stop()
        app.stop()
        house.close()
    if postgresql and empty:
        drop_postgresql_database(postgresql, empty)
    encryption.configure(("test-key-test-key-test-key-test-key-0",))


def _number(n: int) -> str:
    return f"+4477009{n:05d}"


def _people(house: House) -> None:
    now = utc_now()
    with house.database.write() as session:
        for n in range(PEOPLE):
            person = Person(ref=f"P{n}", name=f"Person {n}", language="en", conversation=secrets.token_hex(8), created_at=now, duress_hashes=[])
            session.add(person)
            session.flush()
            session.add(Address(person_id=person.id, channel=Channel.SMS, address=_number(n), address_hash=address_hash(_number(n)), consent=True,
                                safe_to_contact=True, sender=SENDER))
            session.add(Plan(person_id=person.id, starts_on=now.date(), confirmed_at=now, safe_hours=ALWAYS, daily_cap=1000))


def _until(seen, seconds: float, otherwise=lambda: "") -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if seen():
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    raise AssertionError(f"not seen within {seconds} s. {otherwise()}")


def _send_all(place: Place) -> None:
    with httpx.Client(base_url=place.simulator, timeout=30) as client:
        for n in range(MESSAGES):
            body = f"{DANGER} {n}" if n % DANGER_EVERY == 0 else f"the bus was late number {n}"
            client.post(f"/phones/{_number(n % PEOPLE)}/texts", json={"body": body, "wait": False})
            time.sleep(0.02)


@pytest.mark.timeout(400)
def test_kills_at_any_moment_lose_nothing_and_double_nothing(place: Place) -> None:
    chance = random.Random(7)
    sender = threading.Thread(target=_send_all, args=(place,))
    sender.start()
    for number in range(KILLS):
        time.sleep(chance.uniform(0.3, 0.9))
        (place.app if number % 3 == 0 else place.worker).kill()
    sender.join()

    def quiet() -> bool:
        with place.database.read() as session:
            waiting = session.scalar(select(func.count()).select_from(Inbound).where(Inbound.state != InboundState.DONE))
            received = session.scalar(select(func.count()).select_from(Inbound))
            open_sends = session.scalar(select(func.count()).select_from(Outbox).where(
                Outbox.state.in_([OutboxState.READY, OutboxState.SENDING, OutboxState.UNKNOWN])))
        return (waiting, received, open_sends) == (0, MESSAGES, 0)

    _until(quiet, 150, lambda: _state(place) + tail(place.worker.log_file))
    with place.database.read() as session:
        bodies = {row.body: row for row in session.scalars(select(Inbound))}
        replies = session.scalars(select(Outbox).where(Outbox.purpose == Purpose.REPLY)).all()
        alerts = {a.id for a in session.scalars(select(Alert))}
        assert len(bodies) == MESSAGES
        for body, row in bodies.items():
            if body.startswith(DANGER):
                assert row.alert_id in alerts and row.urgency == "immediate"
        assert len({r.inbound_id for r in replies}) == len(replies) == MESSAGES
        assert {r.state for r in replies} == {OutboxState.SENT}
    with httpx.Client(base_url=place.simulator) as client:
        def arrived() -> int:
            return sum(1 for n in range(PEOPLE) for text in client.get(f"/phones/{_number(n)}/texts").json() if text["direction"] == "received")

        _until(lambda: arrived() >= MESSAGES, 10)  # the last ones are still on their way from the simulated provider
        time.sleep(1)
        assert arrived() == MESSAGES, "a reply was sent twice or not at all"


def _state(place: Place) -> str:
    with place.database.read() as session:
        inbound = session.execute(select(Inbound.state, func.count()).group_by(Inbound.state)).all()
        outbox = session.execute(select(Outbox.state, Outbox.purpose, func.count()).group_by(Outbox.state, Outbox.purpose)).all()
    return f"inbound {inbound}, outbox {outbox}\n"
