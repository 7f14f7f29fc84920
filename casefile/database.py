"""Engines, sessions and the clock of the record, the same for SQLite (WAL) and PostgreSQL."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import DateTime, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.types import TypeDecorator

UTC = dt.UTC


def utc_now() -> dt.datetime:
    """Now, timezone-aware UTC. Only shells call this; pure code gets time as an argument."""
    return dt.datetime.now(UTC)


class UtcDateTime(TypeDecorator[dt.datetime]):
    """A moment in UTC. Refuses naive datetimes; always returns aware ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: dt.datetime | None, dialect: Any) -> dt.datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Database:
    """One organisation's record. `write()` is one transaction; `read()` never writes.

    `patience`: so many seconds a writer waits for SQLite's lock, four fifths for other programs and the rest for its turn in this one, and then fails.
    None: 15 s for other programs, and without end for its turn.
    """

    def __init__(self, url: str, pool_size: int = 10, patience: float | None = None):
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self._longest_turn = -1.0 if patience is None else patience * 0.2
        if self.sqlite:
            at_file = 15.0 if patience is None else patience * 0.8
            self._sqlite_folder()
            self.engine = create_engine(self.url, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True,
                                        connect_args={"timeout": at_file, "check_same_thread": False})
            _sqlite_pragmas(self.engine, at_file)
            # BEGIN IMMEDIATE takes the write lock at once, so a transaction never fails half-way for want of it;
            # readers use a plain deferred BEGIN and are never held up by a writer (WAL).
            self._writer = self.engine.execution_options(alongside_begin="IMMEDIATE")
        else:
            self.engine = create_engine(self.url, pool_size=pool_size, max_overflow=pool_size, pool_pre_ping=True, hide_parameters=True,
                                        connect_args={"client_encoding": "utf8"})
            self._writer = self.engine
        # SQLite has one writer. Those of one process take turns here: waiting at the file's lock is polling, and lets the unlucky wait for seconds.
        self._turn = threading.RLock() if self.sqlite else None
        self._write_session = sessionmaker(self._writer, expire_on_commit=False)
        self._read_session = sessionmaker(self.engine, expire_on_commit=False, autoflush=False)

    def _sqlite_folder(self) -> None:
        if self.url.database and self.url.database != ":memory:":
            file = Path(self.url.database)
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Whatever the umask, nobody else may read it; SQLite gives the files beside it the same rights. What cannot be made, SQLite says.
            with suppress(OSError):
                if not file.exists():
                    file.touch(mode=0o600)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back on any exception. Never hold it across Rasa or Twilio."""
        with self._in_turn(), self._write_session() as session, session.begin():
            yield session

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        if self._turn is not None and not self._turn.acquire(timeout=self._longest_turn):
            raise TimeoutError("other writers hold the record")
        try:
            yield
        finally:
            if self._turn is not None:
                self._turn.release()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent look that changes nothing."""
        with self._read_session() as session:
            try:
                yield session
            finally:
                # What was read stays readable afterwards: a rollback would empty objects that still belong to the session.
                session.expunge_all()
                session.rollback()

    def close(self) -> None:
        self.engine.dispose()


def _sqlite_pragmas(engine: Engine, timeout: float) -> None:
    @event.listens_for(engine, "connect")
    def _connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={int(timeout * 1000)}"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        mode = connection.get_execution_options().get("alongside_begin", "DEFERRED")
        connection.exec_driver_sql(f"BEGIN {mode}")
