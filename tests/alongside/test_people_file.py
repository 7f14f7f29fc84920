"""`alongside import-people`: a dry run first, row errors without what the cells hold, then drafts that send nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from alongside.people_file import FileRefused, take
from casefile.database import Database
from casefile.models import Address, Outbox, Person, Plan
from casefile.staff import create_staff
from casefile.vocabulary import Role
from tests.cast import NOW

GOOD = "name,language,number,channel,days,from,to\nBesa,sq,+447700900211,sms,tue,09:00,17:00\nLinh,vi,+447700900212,whatsapp,,,\n"


@pytest.fixture
def record(sqlite_database: Database) -> Database:
    with sqlite_database.write() as session:
        create_staff(session, name="Sam", email="sam@example.org", password="quiet-lantern-47", role=Role.CASEWORKER, phone=None, now=NOW)
    return sqlite_database


def people(database: Database) -> list[Person]:
    with database.read() as session:
        return list(session.scalars(select(Person)))


def test_a_dry_run_makes_nothing_and_writing_makes_drafts_that_send_nothing(record: Database, tmp_path: Path) -> None:
    file = tmp_path / "people.csv"
    file.write_text(GOOD)
    with record.write() as other:
        other.connection()
        assert "2 rows are right" in take(record, file, "sam@example.org", False)[0] and people(record) == [], "it keeps nobody from writing"
    assert len(take(record, file, "sam@example.org", True)) == 3 and len(people(record)) == 2
    with record.read() as session:
        assert all(p.confirmed_at is None and p.next_at is None for p in session.scalars(select(Plan)))
        assert not any(a.consent or a.safe_to_contact for a in session.scalars(select(Address))) and session.scalars(select(Outbox)).all() == []


@pytest.mark.parametrize(("text", "email", "said"), [
    (GOOD.replace("sms", "pigeon"), "sam@example.org", "line 2, channel"), ("name\nBesa\n", "sam@example.org", "missing"), (GOOD, "who@example.org", "no active account")])
def test_what_is_wrong_is_said_by_line_and_column_and_nothing_is_made(record: Database, tmp_path: Path, text: str, email: str, said: str) -> None:
    file = tmp_path / "people.csv"
    file.write_text(text)
    with pytest.raises(FileRefused, match=said) as refused:
        take(record, file, email, True)
    assert people(record) == [] and "Besa" not in str(refused.value) and "7700900211" not in str(refused.value)


def test_a_file_that_is_not_there_is_said(record: Database, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="cannot be read"):
        take(record, tmp_path / "none.csv", "sam@example.org", True)
