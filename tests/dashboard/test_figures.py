"""What reports say of waits and of small numbers, and the clock of an alert that rises."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pytest
from sqlalchemy.orm import Session

from casefile.database import Database
from casefile.models import CallAttempt, Checkin, WelfareCall
from casefile.vocabulary import AlertKind, CheckinState, Urgency
from dashboard import figures
from escalation.alerts import acknowledge, raise_alert
from tests import cast
from tests.dashboard import world as worlds

PEOPLE = ("7F3", "K29", "T4H", "G6R", "V5L", "R8P")
DAY = dt.timedelta(days=1)


def section(session: Session, title: str) -> dict[str, str]:
    return next(dict(s.lines) for s in figures.make(session, cast.NOW - DAY, cast.NOW + DAY) if s.title.startswith(title))


def minutes(after: float) -> dt.datetime:
    return cast.NOW + dt.timedelta(minutes=after)


def alarms(session: Session, world: worlds.World, raised: Sequence[tuple[Urgency, float]], taken: Sequence[float]) -> None:
    """The same story for six people: dangers that came and acknowledgements, by minutes."""
    for ref in PEOPLE:
        steps = sorted([(at, urgency) for urgency, at in raised] + [(at, None) for at in taken], key=lambda step: step[0])
        for at, urgency in steps:
            if urgency is not None:
                alert = raise_alert(session, key=f"{ref}:{at}", kind=AlertKind.MESSAGE, urgency=urgency, now=minutes(at), person_id=world.people[ref])
            else:
                acknowledge(session, alert.id, world.sam, minutes(at))


@pytest.mark.parametrize(("raised", "taken", "immediate", "urgent", "in_time"), [
    ([(Urgency.URGENT, 0)], [5], "fewer than 5 cases", "5 min 0 s", "100%"),
    ([(Urgency.URGENT, 0)], [], "fewer than 5 cases", "fewer than 5 cases", "0%"),
    ([(Urgency.URGENT, 0), (Urgency.URGENT, 120)], [5, 420], "fewer than 5 cases", "5 h 0 min", "0%"),  # opened again, and nobody came
    ([(Urgency.URGENT, 0), (Urgency.URGENT, 120)], [5], "fewer than 5 cases", "5 min 0 s", "0%"),  # and nobody has come yet
    ([(Urgency.URGENT, 0), (Urgency.IMMEDIATE, 10)], [12], "2 min 0 s", "12 min 0 s", "100%"),  # rose while it waited
    ([(Urgency.URGENT, 0), (Urgency.IMMEDIATE, 120)], [122], "2 min 0 s", "2 h 2 min", "0%"),  # rose when it was late already
    ([(Urgency.URGENT, 0), (Urgency.IMMEDIATE, 120)], [14, 123], "3 min 0 s", "14 min 0 s", "100%"),  # rose once it was taken
])
def test_an_alert_has_waited_as_long_as_its_longest_wait(empty, sqlite_database: Database, raised, taken, immediate: str, urgent: str, in_time: str) -> None:
    with sqlite_database.write() as session:
        alarms(session, empty, raised, taken)
        found = section(session, "Time to a person")
    assert (found["Median time until acknowledged, immediate"], found["Median time until acknowledged, urgent"],
            found["Acknowledged within the target"]) == (immediate, urgent, in_time)


def test_an_alert_that_rises_gives_people_their_time_anew(empty, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        for urgency, at in ((Urgency.URGENT, 0), (Urgency.IMMEDIATE, 10)):
            alert = raise_alert(session, key=str(at), kind=AlertKind.MESSAGE, urgency=urgency, now=minutes(at), person_id=empty.people["7F3"])
    clock.on(minutes=10)
    sam = browser()
    assert "5 min 0 s left" in sam.get("/").text
    assert "Became immediate: its time begins anew" in sam.get(f"/alerts/{alert.id}").text


@pytest.mark.parametrize(("part", "whole", "text"), [
    (0, 0, "none"), (0, 4, "under 5"), (0, 50, "0%"), (2, 50, "under 5"), (5, 50, "10%"), (45, 50, "90%"), (48, 50, "hidden"), (50, 50, "100%")])
def test_a_share_from_which_few_could_be_worked_out_is_hidden(part: int, whole: int, text: str) -> None:
    assert figures._share(part, whole) == text


@pytest.mark.parametrize(("answered", "asked", "reached", "tried", "texts"), [
    (48, 50, 7, 7, ("hidden", "7", "hidden")), (7, 7, 48, 50, ("7", "hidden", "hidden")), (45, 50, 10, 15, ("45", "10", "55")),
    (0, 3, 0, 0, ("hidden", "0", "hidden"))])
def test_few_who_did_not_answer_cannot_be_worked_out(empty, sqlite_database: Database, answered: int, asked: int, reached: int, tried: int,
                                                     texts: tuple[str, ...]) -> None:
    at = cast.NOW - dt.timedelta(hours=1)
    with sqlite_database.write() as session:
        for n in range(asked):
            session.add(Checkin(person_id=empty.people["7F3"], planned_at=at - dt.timedelta(minutes=n), asked_at=at, lane="3ladder", attempt=0,
                                state=CheckinState.ANSWERED if n < answered else CheckinState.CALL_DUE))
        call = WelfareCall(person_id=empty.people["7F3"], why="asked", due_from=at, created_at=at, done_at=at)
        session.add(call)
        session.flush()
        session.add_all([CallAttempt(call_id=call.id, staff_id=empty.sam, at=at, outcome="reached_safe" if n < reached else "no_answer") for n in range(tried)])
        session.flush()
        found = section(session, "Welfare contacts")
    assert (found["Check-ins answered"], found["Welfare calls in which the person was reached"],
            next(text for name, text in found.items() if name.startswith("Welfare contacts completed"))) == texts


@pytest.mark.parametrize(("answered", "reached", "texts"), [
    (2, 7, ("under 5", "7", "hidden")), (4, 4, ("under 5", "under 5", "hidden")), (0, 3, ("0", "under 5", "under 5")), (6, 7, ("6", "7", "13"))])
def test_a_small_part_cannot_be_worked_out_from_the_sum(empty, sqlite_database: Database, answered: int, reached: int, texts: tuple[str, ...]) -> None:
    at = cast.NOW - dt.timedelta(hours=1)
    with sqlite_database.write() as session:
        for n in range(answered):
            session.add(Checkin(person_id=empty.people["7F3"], planned_at=at - dt.timedelta(minutes=n), asked_at=at, answered_at=at, state=CheckinState.ANSWERED, lane="3ladder", attempt=0))
        call = WelfareCall(person_id=empty.people["7F3"], why="asked", due_from=at, created_at=at, done_at=at)
        session.add(call)
        session.flush()
        session.add_all([CallAttempt(call_id=call.id, staff_id=empty.sam, at=at, outcome="reached_safe") for _ in range(reached)])
        session.flush()
        found = section(session, "Welfare contacts")
    assert (found["Check-ins answered"], found["Welfare calls in which the person was reached"],
            next(text for name, text in found.items() if name.startswith("Welfare contacts completed"))) == texts
