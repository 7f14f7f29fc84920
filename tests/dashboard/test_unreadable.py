"""Values that the keys at hand do not open: a mark on the pages, never an error, and never stored in their place."""

from __future__ import annotations

import pytest
from sqlalchemy import select, text

from casefile.database import Database
from casefile.encryption import UNREADABLE, KeyRing
from casefile.models import Alert, AlertEvent, CallAttempt, WelfareCall
from casefile.vocabulary import AlertKind, Urgency
from dashboard import words
from escalation.alerts import raise_alert
from tests.dashboard.test_conversation import mine, second
from tests.dashboard.test_record import PERSON, shown

OTHER = KeyRing(("another-key " * 4,))
COLUMNS = {"person": ("name",), "address": ("address",), "alert": ("why",), "inbound": ("body", "why", "extras", "from_address"),
           "outbox": ("body", "own_words"), "alert_event": ("detail",), "call_attempt": ("notes",), "intervention": ("facts",)}


def spoil(database: Database, table: str, column: str) -> None:
    with database.write() as session:
        for guard in session.scalars(text(f"select name from sqlite_master where type = 'trigger' and tbl_name = '{table}'")).all():
            session.execute(text(f"drop trigger {guard}"))  # an append-only table is spoiled by lost keys, never by a statement
        session.execute(text(f"update {table} set {column} = :value"), {"value": OTHER.encrypt("[]")})


def stored(database: Database, column: str, table: str) -> list[bytes]:
    with database.read() as session:
        return list(session.scalars(text(f"select {column} from {table} order by id")))


@pytest.mark.parametrize(("table", "column"), [(table, column) for table, columns in COLUMNS.items() for column in columns])
def test_no_value_blacks_a_page_out(world, browser, sqlite_database: Database, caplog, table: str, column: str) -> None:
    sam = browser("alex")
    spoil(sqlite_database, table, column)
    for path in ("/", "/alerts/list", "/alerts/summary", "/queue", "/checkins", "/calls", "/people", "/team", "/people/7F3", "/people/7F3/conversation",
                 "/people/7F3/interventions", f"/calls/{world.call}", *(f"/alerts/{n}{state}" for n in range(1, 4) for state in ("", "/state"))):
        assert sam.get(path).status_code == 200, path
    assert "values of the record cannot be read" in caplog.text


def test_an_alert_whose_reasons_cannot_be_read_is_announced_taken_and_resolved(world, browser, sqlite_database: Database) -> None:
    sam = browser()
    spoil(sqlite_database, "alert", "why")
    spoil(sqlite_database, "inbound", "body")
    before = stored(sqlite_database, "why", "alert")
    assert sam.get("/alerts/summary").json()["open"] == 2
    page = sam.post(f"/alerts/{world.danger}/acknowledge").text
    assert "You have acknowledged this alert" in page and UNREADABLE in page
    assert "resolved" in sam.post(f"/alerts/{world.danger}/resolve", outcome="safe", note="Spoke with her", seen=sam.seen(world.danger)).text
    assert stored(sqlite_database, "why", "alert") == before


def test_a_form_that_shows_the_mark_does_not_store_it(empty, browser, sqlite_database: Database) -> None:
    sam = browser()
    for table, column in (("person", "name"), ("address", "address")):
        spoil(sqlite_database, table, column)
    names, numbers = stored(sqlite_database, "name", "person"), stored(sqlite_database, "address", "address")
    form = PERSON | shown(sam, "/people/7F3/edit", "version") | {"name": UNREADABLE}
    assert f'value="{UNREADABLE}"' in sam.get("/people/7F3/edit").text
    assert "Saved." in sam.post("/people/7F3/edit", **form, interpreter="yes").text
    address = stored(sqlite_database, "id", "address")[0]
    answer = sam.post(f"/people/7F3/addresses/{address}", **shown(sam, f"/people/7F3/addresses/{address}", "stamp"), number=UNREADABLE,
                      channel="sms", shared="no")
    assert answer.status_code == 422 and "his is not a phone number" in answer.text
    assert (stored(sqlite_database, "name", "person"), stored(sqlite_database, "address", "address")) == (names, numbers)


def test_a_number_that_cannot_be_read_is_never_written_to_and_hides_no_other(world, browser, sqlite_database: Database) -> None:
    sam = browser()
    sam.post("/people/7F3/take-over")
    spoil(sqlite_database, "address", "address")
    alone = sam.post("/people/7F3/phrase", phrase="human.hello", token="t")
    assert alone.status_code == 409 and "Nothing can be sent: the number cannot be read." in alone.text and mine(sqlite_database) == []
    _, agreed = second(sqlite_database, world.people["7F3"])
    assert "Not to where they wrote from last: the number cannot be read." in sam.get("/people/7F3/conversation").text
    sam.post("/people/7F3/phrase", phrase="human.hello", token="t", address=agreed)
    assert [row.address_id for row in mine(sqlite_database)] == [agreed]


@pytest.mark.parametrize(("outcome", "band", "urgency", "told"), [
    ("someone_else", "", Urgency.URGENT, "Someone else answered her phone"), ("reached_safe", "this_week", Urgency.URGENT, "contact by the exploiters: this week"),
    ("reached_concern", "", Urgency.ROUTINE, "A call found a concern")])
def test_a_danger_told_in_a_call_is_kept_whatever_the_open_alert_says(empty, browser, sqlite_database: Database, outcome: str, band: str, urgency: Urgency,
                                                                      told: str) -> None:
    with sqlite_database.write() as session:
        call = WelfareCall(person_id=empty.people["7F3"], why="asked", due_from=empty.now, created_at=empty.now)
        session.add(call)
        alert_id = raise_alert(session, key="x", kind=AlertKind.MESSAGE, urgency=urgency, now=empty.now, person_id=empty.people["7F3"], why=["x"]).id
        call_id = call.id
    spoil(sqlite_database, "alert", "why")
    before = stored(sqlite_database, "why", "alert")
    sam = browser()
    assert "The call attempt is recorded" in sam.post(f"/calls/{call_id}/attempt", outcome=outcome, contact_band=band, notes="He hit her").text
    assert stored(sqlite_database, "why", "alert") == before
    with sqlite_database.read() as session:
        assert session.scalars(select(CallAttempt.notes)).one() == "He hit her"
        assert told in words.event(session.scalars(select(AlertEvent).where(AlertEvent.what == "another message")).one(), {})
    assert told in sam.get(f"/alerts/{alert_id}").text


@pytest.mark.parametrize("kind", [AlertKind.MESSAGE, AlertKind.REQUEST])
def test_a_danger_joins_an_alert_whose_reasons_the_worker_cannot_read(empty, sqlite_database: Database, kind: AlertKind) -> None:
    def heard(key: str, urgency: Urgency) -> None:
        with sqlite_database.write() as session:
            raise_alert(session, key=key, kind=kind, urgency=urgency, now=empty.now, person_id=empty.people["7F3"], why=[f"reason {key}"])

    heard("a", Urgency.URGENT)
    spoil(sqlite_database, "alert", "why")
    before = stored(sqlite_database, "why", "alert")
    heard("b", Urgency.IMMEDIATE)
    heard("a", Urgency.URGENT)
    assert stored(sqlite_database, "why", "alert") == before
    with sqlite_database.read() as session:
        assert session.execute(select(Alert.urgency, Alert.messages)).one() == (Urgency.IMMEDIATE, 2)
        line = words.event(session.scalars(select(AlertEvent).where(AlertEvent.what == "another message")).one(), {})
    # A message keeps its own reasons, which quote it: a history that nobody can empty does not.
    assert ("reason b" in line) is (kind is AlertKind.REQUEST)
