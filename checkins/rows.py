"""Small database habits shared by the check-ins: insert once, update many, lock a named row."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from casefile.models import Heartbeat


def insert_new(session: Session, model: Any, rows: list[dict[str, Any]], unique: list[str]) -> None:
    """Insert rows at once; those that are there already are left alone."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    session.execute(dialect.insert(model.__table__).on_conflict_do_nothing(index_elements=unique), rows)


def set_rows(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    """Update rows, each given as its "id" and its new columns (the same names in all). Rows that become alike are one statement."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    names = [name for name in rows[0] if name != "id"] if rows else []
    for row in rows:
        alike.setdefault(tuple(row[name] for name in names), []).append(row["id"])
    table = model.__table__
    change = update(table).values(version=table.c.version + 1, **{name: bindparam("new_" + name) for name in names})
    single = [{"row_id": ids[0], **_new(names, values)} for values, ids in alike.items() if len(ids) == 1]
    if single:
        session.connection().execute(change.where(table.c.id == bindparam("row_id")), single)
    for values, ids in alike.items():
        if len(ids) > 1:
            session.connection().execute(change.where(table.c.id.in_(bindparam("row_ids", expanding=True))), {"row_ids": ids, **_new(names, values)})


def _new(names: list[str], values: tuple[Any, ...]) -> dict[str, Any]:
    return {"new_" + name: value for name, value in zip(names, values, strict=True)}


def heartbeat(session: Session, name: str, now: dt.datetime) -> Heartbeat:
    """The named heartbeat, made when missing, locked: whoever else wants it waits for this transaction."""
    query = select(Heartbeat).where(Heartbeat.name == name).with_for_update().execution_options(populate_existing=True)
    row = session.scalar(query)
    if row is None:
        insert_new(session, Heartbeat, [{"name": name, "at": now, "since": now, "state": "new"}], ["name"])
        row = session.scalars(query).one()
    return row
