"""A contact plan as a form: what the fields hold, and what is wrong with them. Pure but for the form."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from casefile.models import Plan
from checkins import plan_check
from checkins.gather import steps_of
from checkins.ladder_terms import Do
from dashboard.forms import Form
from messaging.safe_hours import WEEKDAYS

DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday"}
EVERY = {"1": "Every week", "2": "Every 2 weeks", "3": "Every 3 weeks", "4": "Every 4 weeks"}
COVERS = {"plain": "Plain", "class": "From a class", "shop": "From a shop"}
AFTER_ALARM = {"neutral": "A neutral thank-you", "nothing": "Nothing at all"}
STEPS = {Do.ASK_AGAIN: "Ask once more after", Do.CALL: "A colleague calls after", Do.PROFESSIONAL: "An agreed professional is asked after",
         Do.MANAGER: "The manager decides after"}
FIELDS = ("every", "at_time", "starts_on", "jitter", "review_on", "channel_1", "channel_2", "cover", "after_alarm", "daily_cap", "inbound_only",
          "never", "stress", "consent_taken_by", "consent_on", "consent_language", "consent_scope")
_FIELD_OF = {"rule": "every", "jitter_minutes": "jitter", "never_dates": "never", "stress_dates": "stress", "channels": "channel_1",
             "ladder": "step_call", "safe_hours": "hours_mon", "consent": "consent_taken_by"}
CONSENT = ("taken_by", "on", "language", "scope")
_RULE_DAYS = dict(zip(DAYS, ("MO", "TU", "WE", "TH", "FR", "SA", "SU"), strict=True))


def wanted_of(plan: Plan | None, today: dt.date) -> dict[str, Any]:
    """The fields of a plan (None = a new one) as the form shows them."""
    if plan is None:
        hours = {day: "09:00-17:00" for day in WEEKDAYS[:5]}
        return {**dict.fromkeys(FIELDS, ""), "every": "1", "at_time": "11:00", "starts_on": today.isoformat(), "jitter": "0", "channel_1": "sms",
                "cover": "plain", "after_alarm": "neutral", "daily_cap": "4", "review_on": (today + dt.timedelta(days=90)).isoformat(),
                "days": ["tue"], "hours": {d: hours.get(d, "") for d in DAYS}, "steps": _hours_of([]), "other_rule": ""}
    parts = dict(part.partition("=")[::2] for part in plan.rule.upper().split(";"))
    back = {code: day for day, code in _RULE_DAYS.items()}
    simple = parts.get("FREQ") == "WEEKLY" and set(parts) <= {"FREQ", "INTERVAL", "BYDAY"} and parts.get("INTERVAL", "1") in EVERY
    days = [back[c] for c in parts.get("BYDAY", "").split(",") if c in back]
    consent = plan.consent or {}
    return {
        "every": parts.get("INTERVAL", "1") if simple else "", "days": days if simple else [], "other_rule": "" if simple else plan.rule,
        "at_time": plan.at_time, "starts_on": plan.starts_on.isoformat(), "jitter": str(plan.jitter_minutes),
        "review_on": plan.review_on.isoformat() if plan.review_on else "", "channel_1": plan.channels[0] if plan.channels else "sms",
        "channel_2": plan.channels[1] if len(plan.channels) > 1 else "", "cover": plan.cover, "after_alarm": plan.after_alarm,
        "daily_cap": str(plan.daily_cap), "inbound_only": "yes" if plan.inbound_only else "", "never": "\n".join(plan.never_dates),
        "stress": "\n".join(f"{d['on']} {d.get('why', '')}".strip() for d in plan.stress_dates),
        "hours": {d: ", ".join("-".join(span) for span in plan.safe_hours.get(d, [])) for d in DAYS}, "steps": _hours_of(plan.ladder),
        **{f"consent_{n}": _joined(consent.get(n, "")) for n in CONSENT}}


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _hours_of(ladder: list[Any]) -> dict[str, str]:
    """Hours after which each step comes; empty = the step is left out."""
    return {str(s.do): f"{s.after.total_seconds() / 3600:g}" for s in steps_of(ladder) if s.do in STEPS}


def read(form: Form, today: dt.date) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """The fields as sent (to show again), the plan's columns, and what is wrong, by field."""
    wanted: dict[str, Any] = {n: form.whole(n) for n in FIELDS}
    wanted |= {"days": [d for d in DAYS if d in form.all("days")], "hours": {d: form.whole(f"hours_{d}") for d in DAYS},
               "steps": {str(s): form.whole(f"step_{s}") for s in STEPS}, "other_rule": form.text("other_rule", 200)}
    found = form.too_long(2000, *FIELDS)
    values: dict[str, Any] = {
        "rule": _rule(wanted, found), "at_time": wanted["at_time"][:5], "jitter_minutes": _number(wanted["jitter"]),
        "daily_cap": _number(wanted["daily_cap"]), "safe_hours": _hours(wanted), "ladder": _ladder(wanted, found),
        "channels": list(dict.fromkeys(c for c in (wanted["channel_1"], wanted["channel_2"]) if c)), "inbound_only": bool(wanted["inbound_only"]), "never_dates": _dates(wanted, found),
        "stress_dates": _stress(wanted, found), "starts_on": _date(form, found, "starts_on"), "review_on": _date(form, found, "review_on"),
        "consent": {n: wanted[f"consent_{n}"] for n in CONSENT if wanted[f"consent_{n}"]},
        "cover": wanted["cover"], "after_alarm": wanted["after_alarm"]}
    for name, why in plan_check.problems({n: v for n, v in values.items() if v is not None}, today).items():
        found.setdefault(field_of(name), why)
    return wanted, values, found


def field_of(column: str) -> str:
    """The form's field for a plan's column (as `checkins` names what is wrong); empty when it is about the plan as a whole."""
    return _FIELD_OF.get(column, column if column in FIELDS else "")


def _rule(w: dict[str, Any], found: dict[str, str]) -> str:
    if not w["every"] and w["other_rule"]:
        return str(w["other_rule"])
    if w["every"] not in EVERY:
        found["every"] = "Choose how often"
    if not w["days"]:
        found["days"] = "Choose at least one day"
    interval = "" if w["every"] == "1" else f";INTERVAL={w['every']}"
    return f"FREQ=WEEKLY{interval};BYDAY={','.join(_RULE_DAYS[d] for d in w['days'])}"


def _number(text: str) -> int:
    """A number; one that is none becomes too small, so that the plan's own check names the field."""
    return int(text) if text.isdigit() and len(text) < 10 else -1


def _hours(w: dict[str, Any]) -> dict[str, list[list[str]]]:
    spans = {day: [[_padded(end) for end in re.split(r"\s*[-–]\s*", part.strip())] for part in text.split(",") if part.strip()]
             for day, text in w["hours"].items()}
    return {day: found for day, found in spans.items() if found}


def _padded(text: str) -> str:
    """9, 9:30 and 09.30 as 09:00, 09:30 and 09:30; anything else as it is."""
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d\d))?", text)
    return f"{int(found[1]):02d}:{found[2] or '00'}" if found else text


def _ladder(w: dict[str, Any], found: dict[str, str]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [{"do": "ask"}]
    for step in STEPS:
        try:
            if text := w["steps"][str(step)]:
                steps.append({"do": str(step), "after_hours": float(text)})
        except ValueError:
            found[f"step_{step}"] = "Give hours as a number"
    return steps


def _dates(w: dict[str, Any], found: dict[str, str]) -> list[str]:
    try:
        return sorted({dt.date.fromisoformat(line.strip()).isoformat() for line in w["never"].splitlines() if line.strip()})
    except ValueError:
        found["never"] = "One date a line, such as 2026-12-24"
        return []


def _stress(w: dict[str, Any], found: dict[str, str]) -> list[dict[str, str]]:
    try:
        lines = [line.strip().partition(" ") for line in w["stress"].splitlines() if line.strip()]
        if any(len(why.strip()) > 60 for _, _, why in lines):
            found["stress"] = "Say in at most 60 characters why a day is one of stress"
        return [{"on": dt.date.fromisoformat(day).isoformat(), "why": why.strip()} for day, _, why in lines]
    except ValueError:
        found["stress"] = "One date a line, then why: 2026-12-01 court"
        return []


def _date(form: Form, found: dict[str, str], name: str) -> dt.date | None:
    try:
        value = form.date(name)
    except ValueError:
        value = None
    if value is None:
        found[name] = "Give a date such as 2026-12-24"
    return value


def spoken_rule(rule: str) -> str:
    """A rule in words: every 2 weeks on Tuesday."""
    parts = dict(part.partition("=")[::2] for part in rule.upper().split(";"))
    back = {code: day for day, code in _RULE_DAYS.items()}
    days = [DAYS[back[c]] for c in parts.get("BYDAY", "").split(",") if c in back]
    unit = {"DAILY": "day", "WEEKLY": "week", "MONTHLY": "month", "YEARLY": "year"}.get(parts.get("FREQ", ""))
    if unit is None or set(parts) - {"FREQ", "INTERVAL", "BYDAY"}:
        return rule
    number = parts.get("INTERVAL", "1")
    return ("every " + (unit if number == "1" else f"{number} {unit}s")) + (" on " + ", ".join(days) if days else "")


def spoken_hours(hours: dict[str, list[list[str]]]) -> str:
    """Safe hours in words: Tue 09:00-12:00, 14:00-17:30; Fri 09:00-17:00. Empty when there are none."""
    return "; ".join(f"{name[:3]} {', '.join('-'.join(span) for span in hours[day])}" for day, name in DAYS.items() if hours.get(day))


def spoken_ladder(ladder: list[Any]) -> str:
    """A ladder's steps in words, the default ones when it names none: A colleague calls after 48 h."""
    return "; ".join(f"{STEPS[Do(step)]} {hours} h" for step, hours in _hours_of(ladder).items())
