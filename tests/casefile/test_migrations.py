"""A database is brought to this version's tables, or the program says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from casefile.database import Database
from casefile.migrate import WrongVersion, differences, require_current, upgrade
from casefile.models import Base
from tests import cast
from tests.conftest import _create, drop_postgresql_database


def test_tables_match(database: Database) -> None:
    assert differences(database) == []
    assert set(inspect(database.engine).get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    require_current(database)


def test_a_fresh_database_is_refused_by_naming_the_command(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    with pytest.raises(WrongVersion, match="alongside migrate"):
        require_current(database)
    upgrade(database)
    require_current(database)
    database.close()


def test_a_database_of_another_version_is_refused_by_naming_both_and_the_command(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    with pytest.raises(WrongVersion, match=r"version 0000.*needs 0002.*alongside migrate"):
        require_current(sqlite_database)


def test_a_postgresql_database_that_cannot_hold_every_script_is_refused_by_naming_what_makes_one(postgresql: str) -> None:
    database = _create(postgresql, "t_ascii", "template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'")
    with pytest.raises(WrongVersion, match="SQL_ASCII.*createdb -E UTF8"):
        upgrade(database)
    drop_postgresql_database(postgresql, database)


def test_migrating_again_changes_nothing_and_keeps_everybody(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        cast.person(session, "ARTA")
    upgrade(sqlite_database)
    with sqlite_database.read() as session:
        assert session.execute(text("SELECT ref FROM person")).scalars().all() == ["ARTA"]
    assert differences(sqlite_database) == []
