"""What is wrong with a contact plan, field by field, in words for the caseworker who fills it in. Pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from casefile.vocabulary import Channel
from checkins.ladder_terms import Do
from checkins.schedule import RuleWrong, check_rule
from messaging.safe_hours import HoursWrong, check

COVERS = ("plain", "class", "shop")
AFTER_ALARM = ("neutral", "nothing")
MOST_JITTER = 240
LONGEST_REVIEW = dt.timedelta(days=366)


class PlanWrong(ValueError):
    """The plan cannot be used like this; `problems` maps each field to what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]):
        super().__init__("; ".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = dict(problems)


def problems(fields: Mapping[str, Any], today: dt.date) -> dict[str, str]:
    """What is wrong with these fields of a plan (only those that are given are looked at)."""
    found: dict[str, str] = {}

    def wrong(name: str, why: str | None) -> None:
        if why:
            found[name] = why

    for name, value in fields.items():
        if name in _CHECKS:
            wrong(name, _CHECKS[name](value))
    if "rule" in fields and "rule" not in found:
        wrong("rule", _rule(fields["rule"], fields.get("starts_on") or today))
    if isinstance(fields.get("review_on"), dt.date):
        wrong("review_on", _review(fields["review_on"], today))
    return found


def missing(fields: Mapping[str, Any], ways: int) -> dict[str, str]:
    """What a plan still lacks before it can be confirmed. `ways`: agreed, safe, working addresses on its channels."""
    found: dict[str, str] = {}
    if fields.get("review_on") is None:
        found["review_on"] = "Agree a day to look at the plan again; after it nothing is sent"
    if not (fields.get("consent") or {}).get("taken_by") or not (fields.get("consent") or {}).get("scope"):
        found["consent"] = "Write down who took her consent and what she agreed to"
    if not fields.get("inbound_only"):
        if not ways:
            found["channels"] = "None of these channels has a number that she agreed to and that was confirmed as safe"
        if not any((fields.get("safe_hours") or {}).values()):
            found["safe_hours"] = "Agree at least one time of the week when a message is safe"
    return found


def _rule(rule: Any, starts_on: dt.date) -> str | None:
    try:
        check_rule(str(rule), starts_on)
    except RuleWrong as wrong:
        return _sentence(wrong)
    return None


def _hours(hours: Any) -> str | None:
    try:
        check(hours)
    except HoursWrong as wrong:
        return _sentence(wrong)
    except (TypeError, AttributeError, ValueError):
        return "Give the safe hours of each day as from and to"
    return None


def _review(on: dt.date, today: dt.date) -> str | None:
    if on <= today:
        return "The review day must lie ahead"
    return "Look at the plan again within a year" if on - today > LONGEST_REVIEW else None


def _time(value: Any) -> str | None:
    try:
        return None if dt.time.fromisoformat(str(value)).isoformat("minutes") == value else "Give the hour as 09:30"
    except ValueError:
        return "Give the hour as 09:30"


def _dates(value: Any) -> str | None:
    try:
        [dt.date.fromisoformat(day) for day in value]
    except (TypeError, ValueError):
        return "Give each day as 2026-12-31"
    return None


def _stress(value: Any) -> str | None:
    try:
        return _dates([entry["on"] for entry in value])
    except (TypeError, KeyError):
        return "Give each day with its date"


def _channels(value: Any) -> str | None:
    known = [str(c) for c in Channel]
    if not isinstance(value, list) or not value or any(c not in known for c in value) or len(set(value)) != len(value):
        return "Choose one or more of " + ", ".join(known)
    return None


def _ladder(value: Any) -> str | None:
    """Asks first, then people; hours grow; somebody is told within two weeks."""
    if value == []:
        return None
    try:
        steps = [(Do(step["do"]), float(step.get("after_hours", 0))) for step in value]
    except (TypeError, KeyError, ValueError, AttributeError):
        return "Each step needs what to do and after how many hours"
    doing, hours = [do for do, _ in steps], [after for _, after in steps]
    asks = [do in (Do.ASK, Do.ASK_AGAIN) for do in doing]
    if doing[0] is not Do.ASK or hours[0] != 0 or Do.ASK in doing[1:] or Do.REMIND in doing:
        return "The first step is to ask, at once"
    if doing.count(Do.ASK_AGAIN) > 2:
        return "Ask again twice at most"
    if not all(asks) and asks != sorted(asks, reverse=True):
        return "Steps for people come after the questions"
    if Do.CALL not in doing:
        return "One step must be a call by a person: silence must reach somebody"
    if any(a >= b for a, b in zip(hours, hours[1:], strict=False)) or hours[-1] > 24 * 14:
        return "Each step comes later than the one before, all within two weeks"
    return None


def _whole(low: int, high: int) -> Any:
    return lambda value: None if isinstance(value, int) and low <= value <= high else f"Give a whole number from {low} to {high}"


def _one_of(*choices: str) -> Any:
    return lambda value: None if value in choices else "Choose one of " + ", ".join(choices)


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


_CHECKS = {
    "at_time": _time, "jitter_minutes": _whole(0, MOST_JITTER), "safe_hours": _hours, "never_dates": _dates, "stress_dates": _stress,
    "channels": _channels, "ladder": _ladder, "cover": _one_of(*COVERS), "after_alarm": _one_of(*AFTER_ALARM), "daily_cap": _whole(1, 20),
    "time_zone": lambda zone: None if zone in available_timezones() else "Choose a time zone from the list",
}
