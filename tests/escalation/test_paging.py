"""Paging over a real record: one alert that fails holds up no other."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, text

from casefile.database import Database
from casefile.models import Alert, Outbox
from casefile.vocabulary import AlertKind, AlertState, Purpose, Urgency
from escalation import run
from escalation.alerts import raise_alert, woke
from escalation.run import escalate_due
from tests.cast import NOW, person, staff

MINUTE = dt.timedelta(minutes=1)


def alarm(database: Database, key: str, person_id: int | None = None) -> int:
    with database.write() as session:
        return raise_alert(session, key=key, kind=AlertKind.SYSTEM, urgency=Urgency.IMMEDIATE, person_id=person_id, now=NOW).id


def pages(database: Database) -> list[Outbox]:
    with database.read() as session:
        return list(session.scalars(select(Outbox).where(Outbox.purpose == Purpose.PAGE).order_by(Outbox.id)))


def test_an_alert_that_fails_does_not_keep_the_next_from_being_paged(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    with database.write() as session:
        staff(session)
        staff(session, "Mo", phone="+447700900802", on_call=1)
    broken, sound = alarm(database, "one"), alarm(database, "two")

    def sometimes(session: Any, alert: Alert, now: dt.datetime) -> None:
        if alert.id == broken:
            raise ValueError("broken")
        woke(session, alert, now)

    monkeypatch.setattr(run, "woke", sometimes)
    escalate_due(database, "test", NOW + 5 * MINUTE)
    assert [p.alert_id for p in pages(database)][2:] == [sound]
    monkeypatch.undo()
    escalate_due(database, "test", NOW + 6 * MINUTE)
    assert [p.alert_id for p in pages(database)][3:] == [broken]


def test_an_alert_whose_reasons_cannot_be_read_goes_on_paging(database: Database) -> None:
    with database.write() as session:
        staff(session)
        staff(session, "Mo", phone="+447700900802", on_call=1)
    unreadable = alarm(database, "one")
    with database.write() as session:
        session.execute(text("update alert set why = :lost where id = :id"), {"lost": b"written with a key that is lost", "id": unreadable})
    escalate_due(database, "test", NOW + 5 * MINUTE)
    assert [p.alert_id for p in pages(database)] == [unreadable, unreadable]



def test_a_colleagues_record_that_cannot_be_read_does_not_keep_the_others_from_being_paged(database: Database) -> None:
    with database.write() as session:
        staff(session)
        staff(session, "Mo", phone="+447700900802", on_call=None)
        someone = person(session)
    with database.write() as session:
        session.execute(text("UPDATE staff SET name = :junk WHERE id = 2"), {"junk": b"junk"})
        session.execute(text("UPDATE person SET name = :junk"), {"junk": b"junk"})
    alarm(database, "one", someone.id)
    assert [(p.staff_id, p.body) for p in pages(database)] == [(1, "Alongside: IMMEDIATE. Please open the dashboard. Ref ARTA")]


def test_an_open_alert_always_keeps_a_wake_time(database: Database) -> None:
    with database.write() as session:
        staff(session)
    alarm(database, "one")
    now = NOW
    for _ in range(6):
        now += 5 * MINUTE
        escalate_due(database, "test", now)
        with database.read() as session:
            alert = session.scalars(select(Alert)).one()
            assert alert.state is AlertState.OPEN and alert.run_at is not None and alert.run_at > now and alert.owner is None
