"""A simulated Twilio, the real client, and a post office over a database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.database import Database, utc_now
from casefile.models import Address, Outbox, Person
from casefile.vocabulary import Channel, Lane, Purpose
from messaging import outbox
from messaging.recordings import PROMPTS
from messaging.run import Post, Senders
from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, Config
from messaging.simulator.serve import Running, running
from messaging.templates import Templates
from messaging.twilio_gateway import TwilioGateway
from tests.cast import OUR_NUMBER

TEMPLATE = "HX" + "a" * 32


@pytest.fixture
def simulator() -> Iterator[Running]:
    with running(Config(public_url="http://127.0.0.1:9", numbers=(OUR_NUMBER,), pace=0.0, status_callbacks=False)) as made:
        yield made


@pytest.fixture
def gateway(simulator: Running) -> TwilioGateway:
    return TwilioGateway(account_sid=DEMO_ACCOUNT_SID, auth_token=DEMO_AUTH_TOKEN, api_url=simulator.url, public_url="http://127.0.0.1:9", timeout=2.0)


@dataclass
class Office:
    """Queues, sends and looks."""

    database: Database
    post: Post
    simulator: Running
    told: list[tuple[int, str]] = field(default_factory=list)

    def queue(self, person: Person, dedupe: str = "d1", purpose: Purpose = Purpose.CHECKIN, channel: Channel = Channel.SMS, body: str = "Hello",
              **more: Any) -> int:
        with self.database.write() as session:
            address = session.scalars(select(Address).where(Address.person_id == person.id, Address.channel == channel)).first()
            row = outbox.queue(session, dedupe=dedupe, purpose=purpose, channel=channel, body=body, now=utc_now(), person_id=person.id,
                               address_id=address.id if address else None, lane=Lane.LADDER, language=person.language, **more)
            assert row is not None
            return row.id

    def send(self, later: float = 0.0) -> int:
        """Send what is due, as if `later` seconds had passed."""
        return self.post.send_due(utc_now() + dt.timedelta(seconds=later))

    def row(self, row_id: int) -> Outbox:
        with self.database.read() as session:
            return session.get_one(Outbox, row_id)

    def received(self, number: str) -> list[dict[str, Any]]:
        found = httpx.get(f"{self.simulator.url}/phones/{number}/texts?all=1").json()
        return [t for t in found if t["direction"] == "received"]

    def faults(self, **what: Any) -> None:
        httpx.put(f"{self.simulator.url}/faults", json=what).raise_for_status()


def recorded(folder: Path, language: str = "sq") -> Path:
    """A folder with every voice prompt of one language."""
    (folder / language).mkdir(parents=True, exist_ok=True)
    for prompt in PROMPTS:
        (folder / language / f"{prompt}.wav").write_bytes(b"RIFF")
    return folder


@pytest.fixture
def office(database: Database, simulator: Running, gateway: TwilioGateway, tmp_path: Path) -> Iterator[Office]:
    told: list[tuple[int, str]] = []

    def heard(session: Session, row: Outbox, what: str, now: dt.datetime) -> None:
        told.append((row.id, what))

    templates = Templates({"checkin.ask.plain": {"sq": TEMPLATE}})
    post = Post(database, gateway, Senders(OUR_NUMBER, OUR_NUMBER, OUR_NUMBER, 100.0), templates, heard, "test", recorded(tmp_path))
    yield Office(database, post, simulator, told)
    post.close()
