"""Bring a database to this version's tables (Alembic), and say whether one is there already."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from casefile.database import Database
from casefile.models import Base

FOLDER = Path(__file__).resolve().parent / "migrations"


class WrongVersion(RuntimeError):
    """The database is not as this version needs it; the message says what to do."""


def _config(connection: Any = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["connection"] = connection
    return config


def upgrade(database: Database) -> None:
    """Create or upgrade all tables. Raises WrongVersion for a PostgreSQL database that cannot hold every script."""
    with database.engine.connect() as connection:
        if not database.sqlite and (encoding := connection.exec_driver_sql("SHOW server_encoding").scalar()) != "UTF8":
            raise WrongVersion(f"the database's encoding is {encoding}, and it must be UTF8: make it anew with `createdb -E UTF8 -T template0`")
        command.upgrade(_config(connection), "head")
        connection.commit()


def require_current(database: Database) -> None:
    """Raise WrongVersion unless the database is at this version."""
    with database.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_revision()
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if at != head:
        raise WrongVersion(f"the database is at version {at or 'none'}, this program needs {head}: run `alongside migrate`")


def differences(database: Database) -> list[Any]:
    """What the models have that the migrated tables lack, or the other way round; empty when they match."""
    with database.engine.connect() as connection:
        return compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), Base.metadata)


def new_revision(database: Database, message: str) -> None:
    """Write the migration that brings `database` (at the newest version) to the models; for developers."""
    with database.engine.connect() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)
