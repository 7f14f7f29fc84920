"""`alongside import-people`: what would be made of a CSV file, row by row, and the making of it."""

from __future__ import annotations

from pathlib import Path

from casefile.database import Database, utc_now
from casefile.staff import find
from checkins import csv_import


class FileRefused(ValueError):
    """Nothing was made; the message says why without repeating what the file holds."""


def take(database: Database, file: Path, email: str, write: bool) -> list[str]:
    """Lines to show. All rows or none: with any error nothing is made. Raises FileRefused."""
    try:
        data = file.read_bytes()
        # A dry run only looks, and keeps nobody from writing meanwhile.
        with database.write() if write else database.read() as session:
            staff = find(session, email)
            if staff is None or not staff.active:
                raise FileRefused("There is no active account with this e-mail address: whose people are they?")
            done = csv_import.run(session, data, staff.id, utc_now(), dry_run=not write)
    except OSError as error:
        raise FileRefused(f"The file cannot be read: {type(error).__name__}") from None
    except csv_import.FileWrong as wrong:
        raise FileRefused(f"Nothing was made: {wrong}") from None
    if done.errors:
        raise FileRefused("\n".join([f"Nothing was made: {len(done.errors)} things are wrong in {done.rows} rows",
                                     *(f"line {e.line}, {e.column}: {e.why}" for e in done.errors)]))
    if not write:
        return [f"{done.rows} rows are right. Nothing was made: repeat it with --write"]
    return [f"{len(done.made)} records with draft plans were made; confirm each plan with the person:", *done.made]
