"""A change of a plan or a record in words, and whether it can be put back."""

from __future__ import annotations

import datetime as dt

from casefile.models import Person, Plan, PlanChange
from checkins.changes import ChangeGone, to_put_back
from dashboard import words
from dashboard.page import date, language, local
from dashboard.plan_form import spoken_hours, spoken_ladder, spoken_rule

_NAMES = {"adult": "18 or over", "caseworker_id": "caseworker", "interpreter_needed": "interpreter", "ladder": "if silent"}


def describe(change: PlanChange, names: dict[int, str]) -> str:
    """A change in one line: who, and what it altered from what to what. Moments are in the charity's own zone."""
    who = names.get(change.by_staff_id, "") if change.by_staff_id else "By them"
    parts = [f"{_NAMES.get(name, name.replace('_', ' '))}: {_plain(name, change.before.get(name), names)} → {_plain(name, value, names)}"
             for name, value in change.after.items() if value != change.before.get(name) and name != "confirmed_by"]
    return f"{who}: {change.what}" + (f" ({'; '.join(parts)})" if parts else "")


def kept(change: PlanChange, person: Person, plan: Plan | None) -> str:
    """Why a change cannot be put back; empty when it can."""
    try:
        to_put_back(change, person, plan)
    except ChangeGone as why:
        return str(why)
    return ""


def _plain(name: str, value: object, names: dict[int, str]) -> str:
    if name == "ladder":
        return spoken_ladder(value or [])  # type: ignore[arg-type]
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    match name:
        case "rule":
            return spoken_rule(str(value))
        case "safe_hours":
            return spoken_hours(value)  # type: ignore[arg-type]
        case "language":
            return language(str(value))
        case "caseworker_id":
            return names.get(value, "a colleague")  # type: ignore[call-overload, no-any-return]
    if isinstance(value, list):
        return ", ".join(words.CHANNEL[one] if name == "channels" else _plain("", one, names) for one in value)
    if isinstance(value, dict):
        return " ".join(_plain("", one, names) for one in value.values() if one)
    text = str(value)
    if text[4:5] != "-" or text[10:11] != "T":
        return text
    there = local(dt.datetime.fromisoformat(text))
    return f"{date(there.date())} {there:%H:%M}"
