"""A record is reached through the member of staff who asks, and every look is written down."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile import audit, live
from casefile.access import Access, NotFound
from casefile.database import Database
from casefile.models import Alert, Audit, LiveEvent, Person, Staff
from casefile.vocabulary import AlertKind, Role, Urgency
from tests import cast
from tests.cast import NOW


def looks(session: Session) -> list[tuple[str, int | None, int | None]]:
    session.flush()
    return [(a.action, a.staff_id, a.person_id) for a in session.scalars(select(Audit).order_by(Audit.id))]


def an_alert(session: Session, person: Person | None) -> Alert:
    alert = Alert(key=f"k{person and person.id}", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=person.id if person else None, opened_at=NOW,
                  concerns=[], messages=1)
    session.add(alert)
    session.flush()
    return alert


def test_every_look_at_a_person_is_written_down_with_who_and_when(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sam, arta = cast.staff(session), cast.person(session, "ARTA")
        access = Access(session, sam, NOW)
        assert access.person("ARTA").id == arta.id
        assert access.person("ARTA", "timeline").id == arta.id
        assert access.alert(an_alert(session, arta).id).person_id == arta.id
        assert looks(session) == [(f"looked at {what}", sam.id, arta.id) for what in ("record", "timeline", "alert")]
        assert {a.at for a in session.scalars(select(Audit))} == {NOW}


def test_an_alert_about_nobody_is_shown_without_a_look_at_anybody(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sam, alert = cast.staff(session), an_alert(session, None)
        assert Access(session, sam, NOW).alert(alert.id) is alert and looks(session) == []


def test_what_is_not_there_is_not_found_and_no_look_is_claimed(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        access = Access(session, cast.staff(session), NOW)
        for look in (lambda: access.person("NOBODY"), lambda: access.person(""), lambda: access.alert(77)):
            with pytest.raises(NotFound):
                look()
        assert looks(session) == []


def test_an_account_that_was_closed_sees_nothing(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        sam = cast.staff(session)
        cast.person(session, "ARTA")
        sam.active = False
        with pytest.raises(NotFound, match="not active"):
            Access(session, sam, NOW)


@pytest.mark.parametrize(("role", "wanted", "allowed"), [
    (Role.CASEWORKER, (Role.CASEWORKER, Role.MANAGER), True), (Role.CASEWORKER, (Role.MANAGER, Role.ADMIN), False),
    (Role.MANAGER, (Role.MANAGER, Role.ADMIN), True), (Role.ADMIN, (Role.ADMIN,), True), (Role.ADMIN, (), False),
])
def test_what_is_for_some_roles_is_not_found_by_the_others(role: Role, wanted: tuple[Role, ...], allowed: bool) -> None:
    access = Access(Session(), Staff(role=role, active=True), NOW)
    if allowed:
        access.require(*wanted)
    else:
        with pytest.raises(NotFound):
            access.require(*wanted)


def test_a_look_is_undone_only_with_the_transaction_that_looked(sqlite_database: Database) -> None:
    with pytest.raises(RuntimeError), sqlite_database.write() as session:
        audit.note(session, NOW, "did something", None, None, "alert 3")
        session.flush()
        raise RuntimeError
    with sqlite_database.write() as session:
        audit.note(session, NOW, "did something", None, None, "alert 3")
    with sqlite_database.read() as session:
        assert [(a.action, a.staff_id, a.detail) for a in session.scalars(select(Audit))] == [("did something", None, "alert 3")]


def test_open_dashboards_are_told_in_order_of_what_was_committed(database: Database) -> None:
    with database.write() as session:
        assert live.latest(session) == 0 and live.since(session, 0) == []
        for kind in ("alert", "message", "delivery"):
            live.tell(session, kind, NOW, person_id=1, alert_id=2)
    with pytest.raises(RuntimeError), database.write() as session:
        live.tell(session, "alert", NOW)
        session.flush()
        raise RuntimeError
    with database.read() as session:
        newest = live.latest(session)
        told = live.since(session, 0)
        assert [e.kind for e in told] == ["alert", "message", "delivery"] and told[-1].id == newest
        assert [e.kind for e in live.since(session, told[0].id, limit=1)] == ["message"]
        assert live.since(session, newest) == []
        assert (told[0].person_id, told[0].alert_id, told[0].at) == (1, 2, NOW)


def test_old_news_is_forgotten_and_new_news_is_not(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        for hours in (30, 25, 23, 0):
            live.tell(session, f"h{hours}", NOW - dt.timedelta(hours=hours))
    with sqlite_database.write() as session:
        assert live.forget(session, NOW - dt.timedelta(days=1)) == 2
        assert list(session.scalars(select(LiveEvent.kind).order_by(LiveEvent.id))) == ["h23", "h0"]
