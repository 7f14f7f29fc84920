"""Small database habits shared by the check-ins: insert once, lock a named row."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from casefile.models import Heartbeat


def insert_new(session: Session, model: Any, rows: list[dict[str, Any]], unique: list[str]) -> None:
    """Insert rows at once; those that are there already are left alone."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model.__table__).on_conflict_do_nothing(index_elements=unique), rows)


def heartbeat(session: Session, name: str, now: dt.datetime) -> Heartbeat:
    """The named heartbeat, made when missing, locked: whoever else wants it waits for this transaction."""
    query = select(Heartbeat).where(Heartbeat.name == name).with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        insert_new(session, Heartbeat, [{"name": name, "at": now, "since": now, "state": "new"}], ["name"])
        row = session.scalars(query).one()
    return row
