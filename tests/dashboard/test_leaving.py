"""A colleague's account is closed on the Team page: she is out, and nothing waits for her."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from casefile.database import Database
from casefile.models import Alert, Audit, OnCallShift, Outbox, Person, Staff
from casefile.staff import StaffWrong
from casefile.vocabulary import AlertKind, AlertState, Concern, Purpose, Role, Urgency
from checkins.calendar import feed, new_token
from checkins.outcomes import delivery_heard
from escalation.alerts import acknowledge, assign, raise_alert
from escalation.leaving import leave
from escalation.takeover import take_over
from messaging.gateway import Accepted
from messaging.run import Post, Senders
from messaging.templates import Templates
from tests import cast
from tests.dashboard import world as worlds
from tests.dashboard.conftest import Browser

NOW = cast.NOW


def alarm(database: Database, world: Any, ref: str = "7F3", urgency: Urgency = Urgency.IMMEDIATE) -> int:
    with database.write() as session:
        return raise_alert(session, key=f"t:{ref}", kind=AlertKind.MESSAGE, urgency=urgency, now=NOW, person_id=world.people[ref], concerns=[Concern.DANGER_NOW]).id


def close(database: Database, staff_id: int, now: Any = NOW) -> list[str]:
    with database.write() as session:
        return leave(session, session.get_one(Staff, staff_id), now)


def paged(database: Database) -> list[int | None]:
    with database.read() as session:
        return list(session.scalars(select(Outbox.staff_id).where(Outbox.purpose == Purpose.PAGE).order_by(Outbox.id)))


def read(database: Database, alert_id: int) -> Alert:
    with database.read() as session:
        return session.get_one(Alert, alert_id)


def test_a_manager_closes_an_account_and_it_is_out_at_once(empty, browser, app, clock, sqlite_database: Database) -> None:
    sam, alex = browser("sam"), browser("alex")
    alert = alarm(sqlite_database, empty)
    with sqlite_database.write() as session:
        token = new_token(session, empty.sam, NOW)
    assert "The account is closed." in alex.post("/team/close", leaver=str(empty.sam)).text
    assert sam.get("/").status_code == 303 and sam.get("/alerts/summary", x_live="1").status_code == 401
    assert sam.client.post(f"/alerts/{alert}/acknowledge", data={"csrf": "x"}).status_code == 303
    assert read(sqlite_database, alert).state is AlertState.OPEN
    clock.on(minutes=1)
    assert Browser(app).sign_in("sam", clock.now).status_code == 403
    with sqlite_database.read() as session:
        note = session.scalars(select(Audit).where(Audit.action == "closed an account")).one()
        assert (note.staff_id, note.detail) == (empty.alex, f"staff {empty.sam}")
        assert feed(session, token, NOW) is None and session.get_one(Staff, empty.sam).calendar_token_hash is None
        assert not session.scalars(select(OnCallShift).where(OnCallShift.staff_id == empty.sam, OnCallShift.ends_at > NOW)).all()
    assert "Sam Carter" not in alex.get("/team").text


def test_a_caseworker_closes_nothing_and_nobody_closes_herself(empty, browser, sqlite_database: Database) -> None:
    sam, alex = browser("sam"), browser("alex")
    assert "Close an account" not in sam.get("/team").text and sam.post("/team/close", leaver=str(empty.priya)).status_code == 404
    assert alex.client.post("/team/close", data={"leaver": str(empty.sam)}).status_code == 403, "without our token"
    for leaver in ("", "99", "x", str(empty.alex)):
        answer = alex.post("/team/close", leaver=leaver)
        assert answer.status_code == 422 and "Choose a colleague who leaves" in answer.text
    with sqlite_database.read() as session:
        assert all(session.scalars(select(Staff.active)))


def test_the_last_admin_stays(empty, browser, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        session.get_one(Staff, empty.priya).role = Role.ADMIN
    answer = browser("alex").post("/team/close", leaver=str(empty.priya))
    assert answer.status_code == 422 and "last admin" in answer.text
    with sqlite_database.read() as session:
        assert session.get_one(Staff, empty.priya).active


def test_who_was_paged_and_leaves_is_followed_by_the_next_at_once(empty, sqlite_database: Database) -> None:
    alert = alarm(sqlite_database, empty)
    assert paged(sqlite_database) == [empty.sam]
    close(sqlite_database, empty.sam)
    assert paged(sqlite_database) == [empty.sam, empty.priya]
    assert read(sqlite_database, alert).run_at > NOW


def test_leaving_is_the_same_on_both_databases(database: Database, clock: worlds.Clock) -> None:
    with database.write() as session:
        world = worlds.people_only(session, clock.now)
    alert = alarm(database, world)
    with database.write() as session:
        acknowledge(session, alert, world.sam, NOW)
        take_over(session, world.people["7F3"], world.sam, NOW)
    assert close(database, world.sam) == sorted(world.people)
    assert paged(database) == [world.sam, world.priya] and read(database, alert).state is AlertState.OPEN
    with pytest.raises(StaffWrong, match="closed already"):
        close(database, world.sam)


def test_without_the_only_one_on_call_everybody_else_is_paged(empty, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        for shift in session.scalars(select(OnCallShift).where(OnCallShift.staff_id != empty.sam)):
            session.delete(shift)
    close(sqlite_database, empty.sam)
    alarm(sqlite_database, empty)
    assert paged(sqlite_database) == [empty.priya, empty.alex]


def test_a_page_that_still_waits_is_not_sent_to_a_closed_account(empty, sqlite_database: Database, tmp_path: Path) -> None:
    alarm(sqlite_database, empty)
    close(sqlite_database, empty.sam)
    sent: list[str] = []

    def send(message: Any) -> Accepted:
        sent.append(message.to)
        return Accepted(f"SM{len(sent)}", "queued")

    post = Post(sqlite_database, SimpleNamespace(send=send), Senders(cast.OUR_NUMBER, "", "", 10), Templates({}), delivery_heard, "w", tmp_path)  # type: ignore[arg-type]
    post.send_due(NOW)
    post.close()
    assert sent == ["+447700900802"]


@pytest.mark.parametrize("how", ["acknowledged", "assigned"])
def test_what_she_held_opens_again_and_is_paged(empty, browser, sqlite_database: Database, how: str) -> None:
    alert = alarm(sqlite_database, empty)
    with sqlite_database.write() as session:
        acknowledge(session, alert, empty.sam if how == "acknowledged" else empty.priya, NOW)
        if how == "assigned":
            assign(session, alert, empty.sam, empty.priya, NOW)
    close(sqlite_database, empty.sam)
    found = read(sqlite_database, alert)
    assert (found.state, found.acknowledged_by, found.assigned_to) == (AlertState.OPEN, None, None) and found.run_at is not None
    assert paged(sqlite_database) == [empty.sam, empty.priya]
    assert "the colleague who held it has left" in browser("alex").get(f"/alerts/{alert}").text


def test_what_a_colleague_holds_and_what_is_resolved_stays(empty, sqlite_database: Database) -> None:
    alert = alarm(sqlite_database, empty)
    with sqlite_database.write() as session:
        acknowledge(session, alert, empty.priya, NOW)
    close(sqlite_database, empty.sam)
    found = read(sqlite_database, alert)
    assert (found.state, found.assigned_to) == (AlertState.ACKNOWLEDGED, empty.priya) and paged(sqlite_database) == [empty.sam]


def test_her_conversations_are_handed_back_and_her_people_are_named(empty, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        take_over(session, empty.people["7F3"], empty.sam, NOW)
        take_over(session, empty.people["K29"], empty.priya, NOW)
    assert close(sqlite_database, empty.sam) == sorted(empty.people)
    with sqlite_database.read() as session:
        assert [session.get_one(Person, empty.people[ref]).taken_over_by for ref in ("7F3", "K29")] == [None, empty.priya]
