"""The database itself refuses to change or delete what is append-only: SQL for both kinds of database, run by the first migration."""

from __future__ import annotations

TABLES = ("audit", "alert_event", "delivery_event", "intervention")


def statements(dialect: str) -> list[str]:
    """The triggers that refuse UPDATE and DELETE."""
    if dialect == "sqlite":
        return [f"CREATE TRIGGER {table}_no_{what.lower()} BEFORE {what} ON {table} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
                for table in TABLES for what in ("UPDATE", "DELETE")]
    function = ("CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$")
    return [function] + [f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION refuse_change()"
                         for table in TABLES]
