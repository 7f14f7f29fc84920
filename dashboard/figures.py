"""Counts for funders and the board: never a person, never a word of anybody, small numbers hidden."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from sqlalchemy import select
from sqlalchemy.orm import Session

from casefile.models import Alert, AlertEvent, CallAttempt, Checkin, Inbound, Intervention, Person, WelfareCall
from casefile.vocabulary import AlertKind, CheckinState, Urgency, most_urgent
from dashboard import lookups, words
from dashboard.page import concern, language
from escalation import policy
from escalation.alerts import OUTCOMES
from escalation.interventions import TYPES

FEWEST = 5
HIDDEN = f"under {FEWEST}"
# What ends an alert's wait for a person.
_ENDS = ("acknowledged", "resolved")


@dataclass(frozen=True)
class Section:
    """One block of a report: a title and its lines of name and figure."""

    title: str
    lines: list[tuple[str, str]]


def shown(count: int) -> str:
    """A count, or that it is too small to show. Nought says nothing of anybody and is shown."""
    return HIDDEN if 0 < count < FEWEST else str(count)


def shown_together(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    """Counts that add up to a total shown elsewhere: when just one is hidden, the next smallest is hidden too, or it could be worked out."""
    figures = {name: shown(n) for name, n in counts.items()}
    hidden = [name for name in figures if figures[name] == HIDDEN]
    rest = sorted((n, name) for name, n in counts.items() if n >= FEWEST)
    if len(hidden) == 1 and rest:
        figures[rest[0][1]] = "hidden"
    return sorted(figures.items(), key=lambda item: (-counts[item[0]], item[0]))


def _share(part: int, whole: int) -> str:
    """A share of a count that is shown elsewhere: hidden when either side of it is small, for it could be worked out."""
    if 0 < part < FEWEST or 0 < whole < FEWEST:
        return HIDDEN
    return "hidden" if 0 < whole - part < FEWEST else f"{part / whole:.0%}" if whole else "none"


def _part(part: int, whole: int) -> str:
    """A part of a count that is shown elsewhere: hidden when the rest is small, for it could be worked out."""
    return "hidden" if 0 < whole - part < FEWEST else shown(part)


def _sum(*parts: tuple[str, int]) -> str:
    """The sum of counts that are shown beside it as these texts: hidden with any of them, or that one could be worked out."""
    total = sum(n for _, n in parts)
    return shown(total) if 0 < total < FEWEST or all(text.isdecimal() for text, _ in parts) else "hidden"


def _median(seconds: Sequence[float]) -> str:
    return f"fewer than {FEWEST} cases" if len(seconds) < FEWEST else words.span(median(seconds))


def make(session: Session, start: dt.datetime, end: dt.datetime) -> list[Section]:
    """All sections for start <= moment < end."""
    return [_contacts(session, start, end), *_alerts(session, start, end), *_interventions(session, start, end), *_messages(session, start, end)]


def _contacts(session: Session, start: dt.datetime, end: dt.datetime) -> Section:
    states = Counter(session.scalars(select(Checkin.state).where(Checkin.planned_at >= start, Checkin.planned_at < end)))
    asked = len(list(session.scalars(select(Checkin.id).where(Checkin.planned_at >= start, Checkin.planned_at < end, Checkin.asked_at.is_not(None)))))
    answered = states[CheckinState.ANSWERED]
    attempts = list(session.execute(select(CallAttempt.outcome, WelfareCall.person_id).join(WelfareCall, WelfareCall.id == CallAttempt.call_id)
                                    .where(CallAttempt.at >= start, CallAttempt.at < end)))
    reached = sum(1 for outcome, _ in attempts if is_reached(outcome))
    by_text, by_call = _part(answered, asked), _part(reached, len(attempts))
    people = set(session.scalars(select(Checkin.person_id).where(Checkin.planned_at >= start, Checkin.planned_at < end)))
    people |= {person_id for _, person_id in attempts}
    return Section("Welfare contacts", [
        ("People contacted", shown(len(people))), ("People in the record", shown(len(list(session.scalars(select(Person.id)))))),
        ("Welfare contacts completed (check-ins answered and calls in which the person was reached)", _sum((by_text, answered), (by_call, reached))),
        ("Check-ins planned", shown(sum(states.values()))), ("Check-ins asked", shown(asked)), ("Check-ins answered", by_text),
        ("Response rate (answered of asked)", _share(min(answered, asked), asked)), ("Welfare calls tried", shown(len(attempts))),
        ("Welfare calls in which the person was reached", by_call)])


def is_reached(outcome: str) -> bool:
    """Whether a call attempt's outcome means that the person herself was spoken with."""
    return outcome.startswith("reached")


def _alerts(session: Session, start: dt.datetime, end: dt.datetime) -> list[Section]:
    found = [a for a in session.scalars(select(Alert).where(Alert.opened_at >= start, Alert.opened_at < end)) if a.kind is not AlertKind.SYSTEM]
    alarms = [a for a in found if a.urgency.escalates]
    longest, in_time = _waits(session, alarms, start, end)
    solved = [(a.resolved_at - a.opened_at).total_seconds() for a in alarms if a.resolved_at]
    return [
        Section("Alerts by urgency", shown_together(Counter(words.URGENCY[a.urgency] for a in found))),
        Section("Time to a person (of each alert its longest wait)", [
            ("Median time until acknowledged, immediate", _median([s for (_, u), s in longest.items() if u is Urgency.IMMEDIATE])),
            ("Median time until acknowledged, urgent", _median([s for (_, u), s in longest.items() if u is Urgency.URGENT])),
            ("Acknowledged within the target", _share(in_time, len(alarms))), ("Median time until resolved", _median(solved))]),
        Section("Concerns (urgent and immediate)", shown_together(Counter(concern(c) for a in alarms for c in a.concerns))),
        Section("What came of alerts", shown_together(Counter(OUTCOMES.get(a.outcome or "", "Not resolved yet") for a in found))),
    ]


def _waits(session: Session, alarms: Sequence[Alert], start: dt.datetime, end: dt.datetime) -> tuple[dict[tuple[int, Urgency], float], int]:
    """How many seconds each of these alerts, opened in this time, waited for a person: its longest wait at each urgency. And how many never waited beyond
    the target.

    A wait lasts from the opening, from each opening again and from each rise to the next acknowledgement or resolution, and counts as what the
    alert was when it began.
    """
    ids, urgency = {a.id for a in alarms}, dict.fromkeys((a.id for a in alarms), Urgency.NONE)
    longest: dict[tuple[int, Urgency], float] = {}
    waiting: dict[int, list[tuple[Urgency, dt.datetime]]] = {}
    late: set[int] = set()
    for alert_id, at, what, detail in session.execute(
            select(AlertEvent.alert_id, AlertEvent.at, AlertEvent.what, AlertEvent.detail).join(Alert, Alert.id == AlertEvent.alert_id)
            .where(Alert.opened_at >= start, Alert.opened_at < end, AlertEvent.what.in_([*lookups.BEGINS, "another message", *_ENDS]))
            .order_by(AlertEvent.id)):
        if alert_id not in ids:
            continue
        urgency[alert_id] = most_urgent(urgency[alert_id], Urgency((detail or {}).get("urgency", "none")))
        if what in lookups.BEGINS:
            waiting.setdefault(alert_id, []).append((urgency[alert_id], at))
        elif what in _ENDS:
            for level, since in waiting.pop(alert_id, []):
                longest[alert_id, level] = max(longest.get((alert_id, level), 0.0), (at - since).total_seconds())
                if at > policy.target(level, since):
                    late.add(alert_id)
    return longest, len({alert_id for alert_id, _ in longest} - late - waiting.keys())


def _interventions(session: Session, start: dt.datetime, end: dt.datetime) -> list[Section]:
    found = list(session.execute(select(Intervention.type, Intervention.minutes).where(Intervention.at >= start, Intervention.at < end)))
    hours = sum(minutes or 0 for _, minutes in found) / 60
    return [Section("Interventions", [("Interventions", shown(len(found))), ("Hours", HIDDEN if 0 < len(found) < FEWEST else f"{hours:.1f}")]),
            Section("Interventions by kind", shown_together(Counter(TYPES.get(kind, kind) for kind, _ in found)))]


def _messages(session: Session, start: dt.datetime, end: dt.datetime) -> list[Section]:
    found = list(session.execute(select(Inbound.channel, Inbound.language).where(Inbound.received_at >= start, Inbound.received_at < end)))
    return [Section("Messages received, by channel", shown_together(Counter(words.CHANNEL[channel] for channel, _ in found))),
            Section("Messages received, by language", shown_together(Counter(language(code) for _, code in found)))]
