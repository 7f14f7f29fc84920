"""People from a CSV file: records and draft plans only, which a colleague confirms with each person one by one. Nothing is ever sent by it.

Columns (a first line names them): name, language, number, channel (sms, whatsapp or voice); and if wanted time_zone, whose, shared (yes, no,
unknown), dialect, interpreter (yes, no), rule (RFC 5545), at_time, days (e.g. "tue fri"), from, to.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from casefile.numbers import NumberWrong, canonical
from casefile.spreadsheets import NotText, separator, text_of
from casefile.vocabulary import Channel
from checkins import plan_check, plans
from checkins.people import PersonWrong, Way, add_person, number_problem, person_problems
from checkins.plan_check import PlanWrong
from messaging.safe_hours import WEEKDAYS

NEEDED = ("name", "language", "number", "channel")
KNOWN = (*NEEDED, "time_zone", "whose", "shared", "dialect", "interpreter", "rule", "at_time", "days", "from", "to")
MOST_ROWS, MOST_BYTES = 2000, 2_000_000
_YES_NO = {"yes": True, "no": False, "": False}
_DAYS = dict(zip(WEEKDAYS, ("MO", "TU", "WE", "TH", "FR", "SA", "SU"), strict=True))


class FileWrong(ValueError):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True)
class RowError:
    """What is wrong with a row: the line in the file (the heading is line 1), the column, and why. Never what the cell holds."""

    line: int
    column: str
    why: str


@dataclass
class Imported:
    """What an import did, or would do: rows read, errors, and the references of the records made (none in a dry run)."""

    rows: int = 0
    errors: list[RowError] = field(default_factory=list)
    made: list[str] = field(default_factory=list)


def run(session: Session, data: bytes, staff_id: int, now: dt.datetime, *, dry_run: bool = True) -> Imported:
    """Check every row; unless `dry_run`, and only if all are right, make the records and draft plans. Raises FileWrong."""
    done, good = Imported(), []
    seen: dict[tuple[str, str], int] = {}
    for line, row in _rows(data):
        done.rows += 1
        problems = _problems(session, row, now.date())
        same = seen.setdefault(_who(row, line), line)
        if same != line:
            problems.setdefault("number", f"The same number as in line {same}")
        done.errors += [RowError(line, column, why) for column, why in problems.items()]
        good.append((line, row))
    if done.errors or dry_run:
        return done
    for line, row in good:
        try:
            person = add_person(session, name=row["name"], language=row["language"], time_zone=row["time_zone"] or "Europe/London",
                                dialect=row["dialect"], interpreter_needed=_YES_NO[row["interpreter"].lower()], staff_id=staff_id,
                                caseworker_id=staff_id, now=now,
                                ways=[Way(Channel(row["channel"]), row["number"], row["whose"] or "own", row["shared"].lower() or "unknown")])
            plans.draft(session, person.id, _plan(row), staff_id, now)
        except (PersonWrong, PlanWrong) as wrong:
            # Somebody changed the records between the check and here: nothing of the file is taken.
            raise FileWrong(f"line {line} cannot be taken any more ({', '.join(wrong.problems)}): check the file again") from None
        done.made.append(person.ref)
    return done


def _rows(data: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    if len(data) > MOST_BYTES:
        raise FileWrong("the file is too large: at most 2 MB")
    try:
        text = text_of(data)
    except NotText as wrong:
        raise FileWrong(f"the file cannot be read: {wrong}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=separator(text), strict=True)
    heads = [(h or "").strip().lower() for h in reader.fieldnames or ()]
    if lacking := [n for n in NEEDED if n not in heads]:
        raise FileWrong("the first line must name the columns; missing: " + ", ".join(lacking))
    if unknown := [h for h in heads if h not in KNOWN]:
        raise FileWrong(f"{len(unknown)} columns are not known; known are: " + ", ".join(KNOWN))
    if len(set(heads)) != len(heads):
        raise FileWrong("a column comes twice")
    reader.fieldnames = heads
    try:
        for number, row in enumerate(reader):
            if number >= MOST_ROWS:
                raise FileWrong(f"too many rows: at most {MOST_ROWS}")
            if any(isinstance(v, str) and v.strip() for v in row.values()) or None in row:
                cells = {name: (row.get(name) or "").strip() for name in KNOWN}
                yield reader.line_num, cells | ({"_extra": "yes"} if None in row else {})
    except csv.Error:
        raise FileWrong(f"line {reader.line_num} is broken (a quotation mark that does not end?)") from None


def _problems(session: Session, row: dict[str, str], today: dt.date) -> dict[str, str]:
    problems = person_problems(row["name"], row["language"], row["time_zone"] or "Europe/London")
    if "_extra" in row:
        problems["row"] = "More cells than columns: is a comma not in quotation marks?"
    if row["channel"] not in list(Channel):
        problems["channel"] = "Give sms, whatsapp or voice"
    elif (why := number_problem(session, Channel(row["channel"]), row["number"])) is not None:
        problems["number"] = why
    if row["shared"].lower() not in ("", "yes", "no", "unknown"):
        problems["shared"] = "Give yes, no or unknown"
    if row["interpreter"].lower() not in _YES_NO:
        problems["interpreter"] = "Give yes or no"
    if unknown := [d for d in row["days"].lower().split() if d not in _DAYS]:
        problems["days"] = f"Give days such as “tue fri” ({len(unknown)} not understood)"
    else:
        found = plan_check.problems(_plan(row), today)
        problems |= {"from" if name == "safe_hours" else name: why for name, why in found.items()}
    return problems


def _plan(row: dict[str, str]) -> dict[str, Any]:
    """The draft plan of a row; what it does not say keeps its default."""
    fields: dict[str, Any] = {"channels": [row["channel"]] if row["channel"] in list(Channel) else ["sms"]}
    days = [_DAYS[d] for d in row["days"].lower().split() if d in _DAYS]
    if row["rule"]:
        fields["rule"] = row["rule"]
    elif days:
        fields["rule"] = "FREQ=WEEKLY;BYDAY=" + ",".join(days)
    if row["at_time"]:
        fields["at_time"] = row["at_time"].zfill(5)
    if row["from"] or row["to"]:
        fields["safe_hours"] = {day: [[row["from"].zfill(5), row["to"].zfill(5)]] for day in WEEKDAYS}
    return fields


def _who(row: dict[str, str], line: int) -> tuple[str, str]:
    try:
        return row["channel"], canonical(row["number"])
    except NumberWrong:
        return row["channel"], f"line {line}"
