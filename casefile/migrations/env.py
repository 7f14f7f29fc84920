"""Alembic's entry: the connection is handed in by `casefile.migrate`."""

from typing import Any

from alembic import context
from sqlalchemy.types import TypeDecorator

from casefile.models import Base


def plain_type(kind: str, item: Any, autogen_context: Any) -> Any:
    """Write our own column types as the plain ones beneath them, so that a migration does not depend on code that changes."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=connection.dialect.name == "sqlite",
                  compare_type=True, render_item=plain_type)
with context.begin_transaction():
    context.run_migrations()
