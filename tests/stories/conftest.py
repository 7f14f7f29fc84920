"""One whole house for a story: the real app over HTTP, a real worker, a simulated Twilio with phones; no bot (nothing answers at BOT_URL)."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select, update

from alongside import settings as configuration
from alongside.app import create_app
from alongside.seed import PASSWORD, TOTP_SECRET
from alongside.standalone import free_port
from alongside.story_people import Caseworker
from alongside.wiring import House
from alongside.worker import Worker
from casefile.database import utc_now
from casefile.models import Alert, Person, Plan
from casefile.staff import create_staff
from casefile.vocabulary import AlertKind, Role
from messaging.catalogue import Catalogue
from messaging.recordings import PROMPTS
from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, Config
from messaging.simulator.serve import running
from tests import cast
from tests.conftest import TEST_KEY, drop_postgresql_database, new_postgresql_database
from tests.serving import serving, until
from triage.phrases import PhraseBook
from triage.wishes import WishBook

# A day of the ladder passes in this many seconds, where a story asks for it (`fast`).
DAY = 2.0
fast = pytest.mark.parametrize("house_running", ["fast"], indirect=True)
both = pytest.mark.parametrize("house_running", ["sqlite", "postgresql"], indirect=True)
# What the worker looks after every few seconds, it does this often here.
OFTEN = 0.2


@dataclass
class Place:
    """What runs, and what a story does and sees."""

    house: House
    url: str
    simulator: httpx.Client
    numbers: dict[str, str] = field(default_factory=dict)
    signed_in: list[Caseworker] = field(default_factory=list)
    _worker: Worker | None = None
    _thread: threading.Thread | None = None

    def start_worker(self) -> None:
        self._worker = Worker(self.house)
        keeper = self._worker.keeper
        keeper._bot_starts_until = 0.0  # nobody waits for a bot that never comes
        keeper.chores = [(name, min(every, OFTEN) if every <= 5 else every, chore) for name, every, chore in keeper.chores]
        self._thread = threading.Thread(target=self._worker.run, name="worker", daemon=True)
        self._thread.start()

    def stop_worker(self) -> None:
        if self._worker and self._thread:
            self._worker.stop()
            self._thread.join(15)

    # People and their phones

    def add(self, ref: str = "ARTA", language: str = "sq", *, due: bool = False, **more: Any) -> None:
        """A person with a weekly plan, and somebody on call; `due` = her check-in is due now."""
        self.numbers[ref] = f"+4477009002{len(self.numbers):02d}"
        now = utc_now()
        with self.house.database.write() as session:
            if len(self.numbers) == 1:
                cast.staff(session, now=now)
            cast.person(session, ref, language, self.numbers[ref], now=now, **{"next_at": now + dt.timedelta(days=0 if due else 7), **more})

    def text(self, who: str, body: str | None, **more: Any) -> None:
        """This person (or number) sends a text."""
        self.simulator.post(f"/phones/{self.numbers.get(who, who)}/texts", json={"body": body, "to": cast.OUR_NUMBER, **more}).raise_for_status()

    def rings(self, who: str) -> None:
        """This person (or number) calls our number."""
        self.simulator.post(f"/phones/{self.numbers.get(who, who)}/calls", json={"to": cast.OUR_NUMBER}).raise_for_status()

    def phone(self, who: str) -> list[dict[str, Any]]:
        """What this phone received, oldest first."""
        found = self.simulator.get(f"/phones/{self.numbers.get(who, who)}/texts").json()
        return [t for t in found if t["direction"] == "received"]

    def received(self, who: str) -> list[str]:
        return [t["body"] for t in self.phone(who)]

    def calls(self, who: str) -> list[dict[str, Any]]:
        return self.simulator.get(f"/phones/{self.numbers[who]}/calls").json()

    def answers_calls(self, who: str, how: str, *keys: str) -> None:
        self.simulator.put(f"/phones/{self.numbers[who]}/voice", json={"answer": how, "keys": list(keys)}).raise_for_status()

    def faults(self, **what: Any) -> None:
        self.simulator.put("/faults", json=what).raise_for_status()

    def caseworker(self) -> Caseworker:
        """A colleague who signs in at the dashboard; signed out when the house closes."""
        with self.house.database.write() as session:
            create_staff(session, name="Mo", email="mo@example.org", password=PASSWORD, role=Role.MANAGER, phone=None, now=utc_now(), totp_secret=TOTP_SECRET)
        self.signed_in.append(Caseworker(self.url, "mo@example.org", PASSWORD, TOTP_SECRET))
        return self.signed_in[-1]

    # The record

    def all(self, model: type[Any], *where: Any) -> list[Any]:
        with self.house.database.read() as session:
            return list(session.scalars(select(model).where(*where).order_by(*model.__table__.primary_key)))

    def set(self, model: type[Any], *where: Any, **values: Any) -> None:
        with self.house.database.write() as session:
            session.execute(update(model).where(*where).values(**values))

    def due(self, ref: str) -> None:
        self.set(Plan, Plan.person_id == select(Person.id).where(Person.ref == ref).scalar_subquery(), next_at=utc_now())

    def alerts(self, ref: str | None, kind: AlertKind | None = None) -> list[Alert]:
        """Alerts about a person; None = about nobody we know."""
        about = Alert.person_id.is_(None) if ref is None else Alert.person_id == select(Person.id).where(Person.ref == ref).scalar_subquery()
        return self.all(Alert, about, *([Alert.kind == kind] if kind else []))

    def why(self, ref: str | None) -> str:
        """All reasons of all alerts about a person, as staff read them."""
        return " | ".join(why for alert in self.alerts(ref) for why in alert.why or [])

    def alert(self, ref: str | None, kind: AlertKind, seconds: float = 15.0) -> Alert:
        """The first alert of this kind, as soon as it is there."""
        return until(lambda: self.alerts(ref, kind), seconds)[0]

    def pages(self) -> list[str]:
        """What the colleague on call was paged."""
        return self.received("+447700900801")

    def words(self, key: str, language: str = "sq") -> str:
        return self.house.catalogue.text(key, language)


@pytest.fixture(scope="session")
def parts() -> dict[str, Any]:
    """What every house reads alike, read once. No learned model: the stories hold on phrase lists and people alone."""
    return {"catalogue": Catalogue.load(), "book": PhraseBook.load(), "wishes": WishBook.load(), "reserve": None}


@pytest.fixture
def house_running(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path, parts: dict[str, Any]) -> Iterator[Place]:
    """Everything is up, on SQLite with the ladder at its real pace unless a story asks for `fast` or `both`."""
    asked = getattr(request, "param", "sqlite")
    postgresql = request.getfixturevalue("postgresql") if asked == "postgresql" else None
    empty = new_postgresql_database(postgresql) if postgresql else None
    if empty is None:
        shutil.copy(sqlite_template, tmp_path / "record.db")
    for language in ("sq", "ro"):
        (tmp_path / "recordings" / language).mkdir(parents=True)
        for prompt in PROMPTS:
            (tmp_path / "recordings" / language / f"{prompt}.wav").write_bytes(b"RIFF")
    port = free_port()
    public = f"http://127.0.0.1:{port}"
    with running(Config(public_url=public, numbers=(cast.OUR_NUMBER,), pace=0.0)) as simulator:
        (tmp_path / "templates.json").write_text(json.dumps({
            key: {"sq": _template(simulator.url, parts["catalogue"], key)} for key in ("checkin.intro", "checkin.ask.plain")}))
        house = House(configuration.load({configuration.PREFIX + name: value for name, value in {
            "VAR_DIR": str(tmp_path), "DATABASE_URL": empty.url.render_as_string(hide_password=False) if empty else f"sqlite:///{tmp_path / 'record.db'}",
            "PUBLIC_URL": public, "RESERVE_MODEL": str(tmp_path / "none"), "BOT_URL": f"http://127.0.0.1:{free_port()}", "BOT_KEY": "k" * 16, "BOT_TOKEN": "t" * 16, "SECRET_KEYS": TEST_KEY,
            "TWILIO_ACCOUNT_SID": DEMO_ACCOUNT_SID, "TWILIO_AUTH_TOKEN": DEMO_AUTH_TOKEN, "TWILIO_API_URL": simulator.url, "SMS_SENDER": cast.OUR_NUMBER,
            "WHATSAPP_SENDER": cast.OUR_NUMBER, "VOICE_SENDER": cast.OUR_NUMBER, "WHATSAPP_TEMPLATES": str(tmp_path / "templates.json"),
            "LADDER_SCALE": str(DAY / 86400 if asked == "fast" else 1.0), "CATCH_UP_EVERY": "1", "ABSENT_AFTER": "1", "SENDS_PER_SECOND": "100",
        }.items()}, env_file=Path(os.devnull)))
        house.__dict__.update(parts)
        with serving(create_app(house), port), httpx.Client(base_url=simulator.url, timeout=20) as phones:
            place = Place(house, public, phones)
            place.start_worker()
            yield place
            for colleague in place.signed_in:
                colleague.close()
            place.stop_worker()
        house.close()
    if postgresql and empty:
        drop_postgresql_database(postgresql, empty)


def _template(simulator: str, catalogue: Catalogue, key: str) -> str:
    """An approved WhatsApp template with the two quick replies, made through the provider's own interface."""
    actions = [{"title": catalogue.text(f"button.{name}", "sq"), "id": name} for name in ("ok", "call")]
    with httpx.Client(base_url=simulator, auth=(DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN)) as http:
        made = http.post("/v1/Content", json={"friendly_name": key, "language": "sq", "types": {
            "twilio/quick-reply": {"body": catalogue.text(key, "sq"), "actions": actions}}}).raise_for_status().json()
        http.post(f"/v1/Content/{made['sid']}/ApprovalRequests/whatsapp", json={"name": key.replace(".", "_"), "category": "UTILITY"}).raise_for_status()
    return str(made["sid"])


