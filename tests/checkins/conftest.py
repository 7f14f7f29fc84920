"""A house of one person whose check-ins are walked through time, on both kinds of database."""

from __future__ import annotations

import datetime as dt
import tomllib
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update

from casefile.database import Database
from casefile.models import Address, Alert, Checkin, Outbox, Person, Plan, Staff, WelfareCall
from casefile.vocabulary import LANGUAGES, Channel, OutboxState, Purpose
from checkins.outcomes import delivery_heard
from checkins.run import plan_due, wake_due
from messaging.catalogue import FOLDER, Catalogue
from tests import cast

NOW = cast.NOW
MINUTE = dt.timedelta(minutes=1)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The English texts in every language: these tests are about when and to whom."""
    english = tomllib.loads((FOLDER / "en.toml").read_text("utf-8"))["texts"]
    return Catalogue({code: english for code in LANGUAGES}, {})


@dataclass
class House:
    """Moves time, and looks."""

    database: Database
    catalogue: Catalogue
    now: dt.datetime = NOW

    def add(self, ref: str = "ARTA", **more: Any) -> int:
        """A person with a caseworker on call and a weekly plan due now; returns her id."""
        more = {"next_at": self.now, "rule": "FREQ=WEEKLY;BYDAY=TU", "at_time": "12:00", **more}
        with self.database.write() as session:
            if session.scalar(select(Staff.id)) is None:
                cast.staff(session)
                cast.staff(session, "Mo", role=cast.Role.MANAGER, phone="+447700900802", on_call=1)
            return cast.person(session, ref, **more).id

    def tick(self, *, after: dt.timedelta = dt.timedelta(), scale: float = 1.0) -> int:
        """Let time pass, then do what is due."""
        self.now += after
        return plan_due(self.database, self.now) + wake_due(self.database, self.catalogue, "test", self.now, scale=scale)

    def until(self, moment: dt.datetime, step: dt.timedelta = HOUR) -> None:
        """Tick on to a moment."""
        self.tick()
        while self.now < moment:
            self.tick(after=min(step, moment - self.now))

    def heard(self, what: str, code: int | None = None) -> None:
        """The newest message to her is sent, and this becomes of it."""
        with self.database.write() as session:
            row = session.scalars(select(Outbox).where(Outbox.purpose != Purpose.PAGE).order_by(Outbox.id.desc())).first()
            assert row is not None
            row.state, row.sent_at, row.error_code = (OutboxState.FAILED if what in ("refused", "lost") else OutboxState.SENT), self.now, code
            row.provider_status = what if what in ("sent", "delivered", "read") else "undelivered"
            row.run_at = None
            delivery_heard(session, row, what, self.now)

    def checkins(self) -> list[Checkin]:
        return self.all(Checkin)

    def alerts(self) -> list[Alert]:
        return self.all(Alert)

    def calls(self) -> list[WelfareCall]:
        return self.all(WelfareCall)

    def sent(self, *purposes: Purpose) -> list[Outbox]:
        """What was queued to people (not pages), oldest first."""
        return [row for row in self.all(Outbox) if row.purpose in (purposes or (Purpose.CHECKIN, Purpose.REPLY, Purpose.HUMAN))]

    def pages(self) -> list[Outbox]:
        return self.sent(Purpose.PAGE)

    def all(self, model: type[Any]) -> list[Any]:
        with self.database.read() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def get(self, model: type[Any], key: int) -> Any:
        with self.database.read() as session:
            return session.get_one(model, key)

    def plan(self, person_id: int) -> Plan:
        with self.database.read() as session:
            return session.scalars(select(Plan).where(Plan.person_id == person_id)).one()

    def set(self, model: type[Any], where: Any, **values: Any) -> None:
        with self.database.write() as session:
            session.execute(update(model).where(where).values(**values))

    def address(self, person_id: int, channel: Channel = Channel.SMS, **values: Any) -> None:
        self.set(Address, (Address.person_id == person_id) & (Address.channel == channel), **values)

    def staff_id(self) -> int:
        return self.all(Staff)[0].id

    def person(self, session: Any, person_id: int) -> Person:
        return session.get_one(Person, person_id)


@pytest.fixture
def house(database: Database, catalogue: Catalogue) -> House:
    return House(database, catalogue)
