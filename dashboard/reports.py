"""Reports of a period, on a page and as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from casefile import audit
from dashboard import figures, lookups
from dashboard.desk import Desk, signed_in
from dashboard.page import ZONE

router = APIRouter()


def period(desk: Desk) -> tuple[dt.date, dt.date, dict[str, str]]:
    """First and last day asked for (this month when not), and what is wrong with them."""
    today = lookups.today(desk.now)
    query, found = desk.request.query_params, {}
    try:
        first = dt.date.fromisoformat(query["from"]) if query.get("from") else today.replace(day=1)
        last = dt.date.fromisoformat(query["to"]) if query.get("to") else today
    except ValueError:
        return today.replace(day=1), today, {"from": "Give dates such as 2026-12-24"}
    if last < first:
        found["to"] = "The last day comes before the first"
        last = first
    return first, last, found


def _sections(desk: Desk, first: dt.date, last: dt.date) -> list[figures.Section]:
    start = dt.datetime.combine(first, dt.time(), ZONE).astimezone(dt.UTC)
    end = dt.datetime.combine(last + dt.timedelta(days=1), dt.time(), ZONE).astimezone(dt.UTC)
    with desk.read() as session:
        return figures.make(session, start, end)


@router.get("/reports")
def page(desk: Desk = Depends(signed_in)) -> Response:
    first, last, found = period(desk)
    today = lookups.today(desk.now)
    month = today.replace(day=1)
    before = (month - dt.timedelta(days=1)).replace(day=1)
    quick = [("This month", month, today), ("Last month", before, month - dt.timedelta(days=1)),
             ("This year", today.replace(month=1, day=1), today)]
    return desk.show("reports.html", 422 if found else 200, sections=_sections(desk, first, last), first=first, last=last, found=found, quick=quick)


@router.get("/reports.csv")
def export(desk: Desk = Depends(signed_in)) -> Response:
    """The same figures as a file: counts only."""
    first, last, _ = period(desk)
    with desk.write() as session:
        audit.note(session, desk.now, "exported a report", desk.staff.id, None, f"{first} to {last}")
    out = io.StringIO()
    sheet = csv.writer(out)
    sheet.writerow(["section", "what", "figure", "from", "to"])
    for section in _sections(desk, first, last):
        sheet.writerows([section.title, name, value, first, last] for name, value in section.lines)
    return Response("\ufeff" + out.getvalue(), media_type="text/csv; charset=utf-8",
                    headers={"content-disposition": f'attachment; filename="alongside-{first}-{last}.csv"'})
