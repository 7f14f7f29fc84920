"""What an outside watcher is told: also that nobody is being paged."""

from __future__ import annotations

import datetime as dt

import pytest

from casefile.database import Database, utc_now
from casefile.models import Alert, Heartbeat, Outbox
from casefile.vocabulary import AlertKind, AlertState, Channel, Lane, Purpose, Urgency
from messaging import outbox
from tests import cast
from tests.webhooks.conftest import Door

MINUTE = dt.timedelta(minutes=1)


@pytest.fixture
def working(database: Database) -> Database:
    """The worker's pulse is fresh."""
    with database.write() as session:
        session.add(Heartbeat(name="worker", at=utc_now(), since=utc_now(), state="up"))
    return database


def ready(door: Door, **figures: int) -> bool:
    answer = door.client.get("/readyz")
    found = answer.json()
    assert found["ready"] is (answer.status_code == 200) and {name: found[name] for name in figures} == figures
    return found["ready"]


@pytest.mark.parametrize(("state", "late", "able"), [
    (AlertState.OPEN, -5, True), (AlertState.OPEN, None, True), (AlertState.OPEN, 0.1, True), (AlertState.OPEN, 1, False),
    (AlertState.ACKNOWLEDGED, None, True), (AlertState.ACKNOWLEDGED, 1, False), (AlertState.RESOLVED, 1, True),
])
def test_an_alert_whose_next_step_is_late_is_a_fault_and_one_that_waits_for_it_is_none(
        working: Database, door: Door, state: AlertState, late: float | None, able: bool) -> None:
    now = utc_now()
    with working.write() as session:
        session.add(Alert(key="k", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, state=state, opened_at=now - 9 * MINUTE, concerns=[], messages=1,
                          run_at=None if late is None else now - late * MINUTE))
    assert ready(door, overdue_alerts=int(not able)) is able


@pytest.mark.parametrize(("age", "more", "able"), [
    (1, {}, True), (3, {}, False), (3, {"state": "sent"}, True), (3, {"lane": Lane.BULK}, True), (3, {"purpose": Purpose.HUMAN}, True),
])
def test_a_page_that_is_not_sent_for_two_minutes_is_a_fault(working: Database, door: Door, age: float, more: dict[str, str], able: bool) -> None:
    with working.write() as session:
        row = outbox.queue(session, dedupe="page", purpose=Purpose.PAGE, channel=Channel.SMS, staff_id=cast.staff(session).id, body="Page", lane=Lane.DANGER,
                           now=utc_now() - age * MINUTE, run_at=utc_now() + MINUTE)
        assert isinstance(row, Outbox)
        for name, value in more.items():
            setattr(row, name, value)
    assert ready(door, unsent_pages=int(not able)) is able
