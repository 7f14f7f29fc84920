"""A contact plan as a form: what the fields hold, and what is wrong with them. Pure but for the form."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from casefile.models import Plan
from casefile.vocabulary import Channel
from checkins.gather import steps_of
from checkins.ladder_terms import Do
from checkins.schedule import RuleWrong, check_rule
from dashboard.forms import Form
from messaging.safe_hours import WEEKDAYS, HoursWrong, check

DAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday", "sun": "Sunday"}
EVERY = {"1": "Every week", "2": "Every 2 weeks", "3": "Every 3 weeks", "4": "Every 4 weeks"}
COVERS = {"plain": "Plain", "class": "From a class", "shop": "From a shop"}
AFTER_ALARM = {"neutral": "A neutral thank-you", "nothing": "Nothing at all"}
STEPS = {Do.ASK_AGAIN: "Ask once more after", Do.CALL: "A colleague calls after", Do.PROFESSIONAL: "An agreed professional is asked after",
         Do.MANAGER: "The manager decides after"}
FIELDS = ("every", "at_time", "starts_on", "jitter", "review_on", "channel_1", "channel_2", "cover", "after_alarm", "daily_cap", "inbound_only",
          "never", "stress", "consent_taken_by", "consent_on", "consent_language", "consent_scope")
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


def read(form: Form) -> tuple[dict[str, Any], dict[str, Any], dict[str, str]]:
    """The fields as sent (to show again), the plan's columns, and what is wrong, by field."""
    wanted: dict[str, Any] = {n: form.text(n, 2000) for n in FIELDS}
    wanted |= {"days": [d for d in DAYS if d in form.all("days")], "hours": {d: form.text(f"hours_{d}", 100) for d in DAYS},
               "steps": {str(s): form.text(f"step_{s}", 8) for s in STEPS}, "other_rule": form.text("other_rule", 200)}
    found: dict[str, str] = {}
    values: dict[str, Any] = {
        "rule": _rule(wanted, found), "at_time": _time(wanted, found), "jitter_minutes": _number(wanted, found, "jitter", 0, 120),
        "daily_cap": _number(wanted, found, "daily_cap", 1, 20), "safe_hours": _hours(wanted, found), "ladder": _ladder(wanted, found),
        "channels": _channels(wanted, found), "inbound_only": bool(wanted["inbound_only"]), "never_dates": _dates(wanted, found),
        "stress_dates": _stress(wanted, found), "starts_on": _date(form, found, "starts_on"), "review_on": _date(form, found, "review_on"),
        "consent": {n: wanted[f"consent_{n}"] for n in CONSENT if wanted[f"consent_{n}"]},
        "cover": wanted["cover"], "after_alarm": wanted["after_alarm"]}
    for name, options in (("cover", COVERS), ("after_alarm", AFTER_ALARM)):
        if wanted[name] not in options:
            found[name] = "Choose one"
    if "starts_on" not in found and "every" not in found:
        try:
            check_rule(values["rule"], values["starts_on"])
        except RuleWrong as wrong:
            found["every"] = str(wrong).capitalize()
    return wanted, values, found


def _rule(w: dict[str, Any], found: dict[str, str]) -> str:
    if not w["every"] and w["other_rule"]:
        return str(w["other_rule"])
    if w["every"] not in EVERY:
        found["every"] = "Choose how often"
    if not w["days"]:
        found["days"] = "Choose at least one day"
    interval = "" if w["every"] == "1" else f";INTERVAL={w['every']}"
    return f"FREQ=WEEKLY{interval};BYDAY={','.join(_RULE_DAYS[d] for d in w['days'])}"


def _time(w: dict[str, Any], found: dict[str, str]) -> str:
    try:
        return dt.time.fromisoformat(w["at_time"]).strftime("%H:%M")
    except ValueError:
        found["at_time"] = "Give an hour such as 11:00"
        return ""


def _number(w: dict[str, Any], found: dict[str, str], name: str, least: int, most: int) -> int:
    if not w[name].isdigit() or not least <= int(w[name]) <= most:
        found[name] = f"Give a number from {least} to {most}"
        return least
    return int(w[name])


def _hours(w: dict[str, Any], found: dict[str, str]) -> dict[str, list[list[str]]]:
    hours: dict[str, list[list[str]]] = {}
    for day, text in w["hours"].items():
        spans = [[_padded(end) for end in re.split(r"\s*[-–]\s*", part.strip())] for part in text.split(",") if part.strip()]
        try:
            check({day: spans})
        except (HoursWrong, IndexError, ValueError):
            found[f"hours_{day}"] = f"{DAYS[day]}: write times such as 09:00-12:00, 14:00-17:00"
        if spans:
            hours[day] = spans
    if not hours:
        found["hours_mon"] = "Give at least one day on which it is safe to write"
    return hours


def _padded(text: str) -> str:
    """9, 9:30 and 09.30 as 09:00, 09:30 and 09:30; anything else as it is."""
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d\d))?", text)
    return f"{int(found[1]):02d}:{found[2] or '00'}" if found else text


def _ladder(w: dict[str, Any], found: dict[str, str]) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = [{"do": "ask"}]
    last = 0.0
    for step in STEPS:
        text = w["steps"][str(step)]
        if not text:
            continue
        try:
            after = float(text)
        except ValueError:
            after = -1.0
        if not last < after <= 24 * 28:
            found[f"step_{step}"] = f"“{STEPS[step]}” needs hours, more than the step before it"
            continue
        last = after
        steps.append({"do": str(step), "after_hours": after})
    if not {"call", "professional", "manager"} & {s["do"] for s in steps}:
        found["step_call"] = "Silence must reach a person: give hours for a call, a professional or the manager"
    return steps


def _channels(w: dict[str, Any], found: dict[str, str]) -> list[str]:
    chosen = list(dict.fromkeys(c for c in (w["channel_1"], w["channel_2"]) if c))
    if not chosen or any(c not in list(Channel) for c in chosen):
        found["channel_1"] = "Choose how to write first"
    return chosen


def _dates(w: dict[str, Any], found: dict[str, str]) -> list[str]:
    try:
        return sorted({dt.date.fromisoformat(line.strip()).isoformat() for line in w["never"].splitlines() if line.strip()})
    except ValueError:
        found["never"] = "One date a line, such as 2026-12-24"
        return []


def _stress(w: dict[str, Any], found: dict[str, str]) -> list[dict[str, str]]:
    try:
        lines = [line.strip().partition(" ") for line in w["stress"].splitlines() if line.strip()]
        return [{"on": dt.date.fromisoformat(day).isoformat(), "why": why.strip()[:60]} for day, _, why in lines]
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
