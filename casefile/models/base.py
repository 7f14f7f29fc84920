"""The declarative base, and the columns that make a row a piece of work."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

from sqlalchemy import JSON, MetaData, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from casefile.database import UtcDateTime
from casefile.vocabulary import Lane


class Word(TypeDecorator[Any]):
    """A StrEnum stored as its plain word, so that SQL, exports and migrations read like the vocabulary."""

    impl = String(32)
    cache_ok = True

    def __init__(self, kind: type[enum.StrEnum] | None = None):
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: Any, dialect: Any) -> str | None:
        return None if value is None else str(self.kind(value) if self.kind else value)

    def process_result_value(self, value: str | None, dialect: Any) -> Any:
        return self.kind(value) if value is not None and self.kind else value


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s", "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s", "pk": "pk_%(table_name)s",
    })
    type_annotation_map = {dt.datetime: UtcDateTime, dict[str, Any]: JSON, list[Any]: JSON, list[str]: JSON}


class Work:
    """A row that is work: claimed under a lease, fenced by owner and attempt (see `casefile.claims`)."""

    lane: Mapped[str] = mapped_column(Word(Lane), default=Lane.INBOUND)
    run_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    owner: Mapped[str | None] = mapped_column(String(64))
    attempt: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    fault: Mapped[str | None] = mapped_column(String(200))
