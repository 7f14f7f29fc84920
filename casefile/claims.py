"""Claim rows that are work: under a lease, fenced, several workers at once on PostgreSQL (each skips rows that another is claiming).

A claim sets owner, attempt + 1 and a lease; whoever finishes must still hold exactly that claim, else nothing is changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.base import ExecutableOption

from casefile.models.base import Work


class Fenced(RuntimeError):
    """The claim was lost (its lease ran out and another worker has the row): roll back and do nothing."""


def claim(session: Session, model: type[Any], ready: ColumnElement[bool], *, owner: str, now: dt.datetime,
          lease: dt.timedelta, limit: int = 1, working: dict[str, Any] | None = None,
          lanes: Sequence[str] | None = None, options: Sequence[ExecutableOption] = ()) -> list[Any]:
    """Claim up to `limit` due rows, danger first, oldest first. Rows already leased are passed over.

    `ready` says which rows are work; `working` sets further columns (e.g. the state) with the claim; `options` say what is read of the rows.
    """
    ids = [row_id for row_id, _ in claim_ids(session, model, ready, owner=owner, now=now, lease=lease, limit=limit, working=working, lanes=lanes)]
    if not ids:
        return []
    rows = session.scalars(select(model).where(model.id.in_(ids)).options(*options).execution_options(populate_existing=True))
    return sorted(rows, key=lambda row: ids.index(row.id))


def claim_ids(session: Session, model: type[Any], ready: ColumnElement[bool], *, owner: str, now: dt.datetime,
              lease: dt.timedelta, limit: int = 1, working: dict[str, Any] | None = None,
              lanes: Sequence[str] | None = None) -> list[tuple[int, int]]:
    """Claim like `claim`, but read nothing of the rows: their ids and attempts. A row that cannot be read is claimed like any other."""
    free = or_(model.lease_until.is_(None), model.lease_until <= now)
    due = and_(ready, model.run_at.is_not(None), model.run_at <= now, free)
    if lanes is not None:
        due = and_(due, model.lane.in_([str(lane) for lane in lanes]))
    chosen = (select(model.id).where(due).order_by(model.lane, model.run_at, model.id).limit(limit)
              .with_for_update(skip_locked=True))
    ids = list(session.scalars(chosen))
    if not ids:
        return []
    session.execute(update(model).where(model.id.in_(ids)).values(
        **{"owner": owner, "attempt": model.attempt + 1, "lease_until": now + lease, **(working or {})})
        .execution_options(synchronize_session=False))
    attempts = {row.id: row.attempt for row in session.execute(select(model.id, model.attempt).where(model.id.in_(ids)))}
    return [(row_id, attempts[row_id]) for row_id in ids]


def hold(session: Session, model: type[Any], row_id: int, owner: str, attempt: int, *options: ExecutableOption) -> Any:
    """The claimed row, locked, for the transaction that finishes it. Raises Fenced when the claim was lost."""
    row = session.scalar(select(model).where(model.id == row_id, model.owner == owner, model.attempt == attempt).options(*options)
                         .with_for_update().execution_options(populate_existing=True))
    if row is None:
        raise Fenced(f"{model.__tablename__} {row_id}")
    return row


def release(row: Work) -> None:
    """Give up the claim on a row (its state says what it is now)."""
    row.owner = None
    row.lease_until = None


def free_orphans(session: Session, model: type[Any], now: dt.datetime, *, all_of_them: bool,
                 orphan: ColumnElement[bool], back: dict[str, Any]) -> int:
    """Free rows whose worker died: those past their lease, or all claimed ones (`all_of_them`) when this is the only worker.

    Returns how many were freed.
    """
    where = and_(orphan, model.owner.is_not(None))
    if not all_of_them:
        where = and_(where, model.lease_until <= now)
    done = session.execute(update(model).where(where).values(owner=None, lease_until=None, **back)
                           .execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


def any_due(session: Session, model: type[Any], ready: ColumnElement[bool], now: dt.datetime,
            lanes: Sequence[str] | None = None) -> bool:
    """Whether a claim would find something: a cheap look that takes no lock, so idle workers do not hold up writers."""
    free = or_(model.lease_until.is_(None), model.lease_until <= now)
    due = and_(ready, model.run_at.is_not(None), model.run_at <= now, free)
    if lanes is not None:
        due = and_(due, model.lane.in_([str(lane) for lane in lanes]))
    return session.scalar(select(model.id).where(due).limit(1)) is not None
