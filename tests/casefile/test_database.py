"""Engines, transactions and the clock of the record."""

from __future__ import annotations

import datetime as dt
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, OperationalError, StatementError

from casefile.database import Database, UtcDateTime, utc_now
from casefile.models import Address, Heartbeat, Person
from tests import cast

KATHMANDU = ZoneInfo("Asia/Kathmandu")


def beats(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Heartbeat.name).order_by(Heartbeat.name)))


def beat(name: str, at: dt.datetime = cast.NOW) -> Heartbeat:
    return Heartbeat(name=name, at=at, state="up")


def test_now_is_aware_and_in_utc() -> None:
    assert utc_now().tzinfo is dt.UTC


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
@given(at=st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2200, 1, 1), timezones=st.timezones()))
def test_any_moment_comes_back_the_same_and_in_utc(dialect: str, at: dt.datetime) -> None:
    kind, engine = UtcDateTime(), SimpleNamespace(name=dialect)
    back = kind.process_result_value(kind.process_bind_param(at, engine), engine)
    assert back is not None and back.tzinfo is dt.UTC and back.timestamp() == at.timestamp()


def test_a_moment_is_stored_in_utc_and_compared_in_sql_across_zones(database: Database) -> None:
    noon = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)
    with database.write() as session:
        session.add_all([beat("earlier", noon.astimezone(KATHMANDU)), beat("later", noon + dt.timedelta(minutes=1))])
    with database.read() as session:
        found = session.scalars(select(Heartbeat).where(Heartbeat.at <= noon.astimezone(ZoneInfo("America/New_York")))).all()
        assert [(h.name, h.at, h.at.tzinfo) for h in found] == [("earlier", noon, dt.UTC)]


def test_a_moment_without_a_zone_is_refused_and_nothing_is_stored(sqlite_database: Database) -> None:
    with pytest.raises(StatementError, match="without a time zone"), sqlite_database.write() as session:
        session.add(beat("fine"))
        session.flush()
        session.add(beat("naive", dt.datetime(2026, 11, 24, 12, 0)))
        session.flush()
    assert beats(sqlite_database) == []


def test_an_error_takes_the_whole_transaction_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.write() as session:
        session.add(beat("half"))
        session.flush()
        raise RuntimeError("in the middle")
    assert beats(database) == []
    with database.write() as session:
        session.add(beat("whole"))
        person = cast.person(session, "LINH", language="vi")
    assert beats(database) == ["whole"]
    assert person.id and person.name == "Linh", "what was written stays readable after the commit"


def test_a_look_changes_nothing_and_what_was_read_stays_readable(database: Database) -> None:
    with database.write() as session:
        cast.person(session, "ARTA")
    with database.read() as session:
        person = session.scalars(select(Person)).one()
        person.name = "Somebody else"
        session.add(beat("never"))
        session.flush()
    assert (person.ref, person.name, person.time_zone) == ("ARTA", "Somebody else", "Europe/London")
    with database.read() as session:
        untouched = session.scalars(select(Person)).one()
    assert untouched.name == "Arta" and beats(database) == []


def test_an_error_of_the_database_names_no_values(database: Database) -> None:
    with database.write() as session:
        person = cast.person(session, "ARTA")
        known = session.scalars(select(Address)).one().address_hash
    with pytest.raises(IntegrityError) as wrong, database.write() as session:
        session.add(Person(ref="ARTA", name="Secret Name", language="sq", conversation="a-conversation", created_at=cast.NOW, duress_hashes=["a-hash"]))
    shown = str(wrong.value)
    assert not any(words in shown for words in ("Secret Name", "a-conversation", "a-hash", known)) and person.id


def test_a_row_cannot_point_at_nobody(sqlite_database: Database) -> None:
    with pytest.raises(IntegrityError), sqlite_database.write() as session:
        session.add(Address(person_id=99, channel="sms", address="+447700900201", address_hash="h"))


def test_sqlite_keeps_a_log_and_writes_through(sqlite_database: Database) -> None:
    with sqlite_database.engine.connect() as connection:
        found = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 15000}


def test_on_sqlite_a_second_writer_waits_for_the_first(sqlite_database: Database) -> None:
    inside, order = threading.Event(), []

    def first() -> None:
        with sqlite_database.write() as session:
            session.add(beat("first"))
            session.flush()
            inside.set()
            time.sleep(0.3)
            order.append("first")

    def second() -> None:
        with sqlite_database.write() as session:
            # A plain BEGIN would read here and then fail to write; BEGIN IMMEDIATE waits and sees what the first one wrote.
            seen = session.scalar(select(func.count()).select_from(Heartbeat))
            session.add(beat(f"second saw {seen}"))
            order.append("second")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    threads[0].start()
    assert inside.wait(10)
    threads[1].start()
    for thread in threads:
        thread.join(10)
    assert order == ["first", "second"] and beats(sqlite_database) == ["first", "second saw 1"]


def test_a_writer_with_little_patience_fails_soon_enough_to_say_so(sqlite_database: Database) -> None:
    hasty, began = Database(sqlite_database.url.render_as_string(hide_password=False), patience=0.4), time.monotonic()

    def write() -> None:
        with hasty.write() as session:
            session.add(beat("app"))

    with sqlite_database.write() as other_program, pytest.raises(OperationalError, match="locked"):
        other_program.connection()
        write()
    with hasty.write(), ThreadPoolExecutor(1) as another_thread, pytest.raises(TimeoutError):
        another_thread.submit(write).result()
    assert time.monotonic() - began < 5
    write()
    assert beats(sqlite_database) == ["app"]
    hasty.close()


def test_many_writers_that_read_first_never_lose_an_update(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        cast.person(session, "ARTA")

    def add_ten() -> None:
        for _ in range(10):
            with sqlite_database.write() as session:
                count = session.scalar(select(func.count()).select_from(Heartbeat))
                session.add(beat(f"{count:03}"))

    threads = [threading.Thread(target=add_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert beats(sqlite_database) == [f"{n:03}" for n in range(40)]


def test_a_reader_is_not_held_up_by_a_writer(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        session.add(beat("half"))
        session.flush()
        began = time.monotonic()
        assert beats(sqlite_database) == []
        assert time.monotonic() - began < 2
    assert beats(sqlite_database) == ["half"]


def test_the_folder_of_an_sqlite_file_is_made_and_nobody_else_may_read_it(tmp_path: Path) -> None:
    before = os.umask(0o022)
    database = Database(f"sqlite:///{tmp_path / 'deep' / 'down' / 'record.db'}")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        assert {p.name: p.stat().st_mode & 0o777 for p in (tmp_path / "deep").rglob("*")} == {
            "down": 0o700, "record.db": 0o600, "record.db-wal": 0o600, "record.db-shm": 0o600}
    database.close()
    os.umask(before)
