"""What no single message shows: misses, falling answers, nights, another language or style."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from casefile.models import Alert, CallAttempt, Checkin, Inbound, Person, Plan
from casefile.vocabulary import AlertKind, Channel, CheckinState, InboundState, Urgency
from checkins import calls
from checkins.patterns import Past, Text, falling_answers, odd_hours, other_language, other_style, three_misses
from checkins.run import daily
from tests.checkins.conftest import DAY, HOUR, NOW

YES, NO = dt.timedelta(hours=2), None


def past(*answers):
    return [Past(NOW - (len(answers) - n) * 7 * DAY, answer) for n, answer in enumerate(answers)]


@pytest.mark.parametrize(("answers", "seen"), [((YES, NO, NO, NO), True), ((NO, NO, YES), False), ((NO, NO), False), ((), False)])
def test_three_misses(answers, seen):
    assert bool(three_misses(past(*answers))) is seen


def test_putting_off_three_times_counts_as_missing():
    assert three_misses([Past(NOW, YES, later=True)] * 3)


@pytest.mark.parametrize(("answers", "seen"), [
    ((YES,) * 6 + (YES, NO, NO, NO), True), ((YES,) * 10, False), ((NO, YES) * 5, False), ((YES,) * 3 + (NO,) * 4, False),
])
def test_falling_answers(answers, seen):
    assert bool(falling_answers(past(*answers))) is seen


def texts(*rows):
    return [Text(NOW - ago, language, length) for ago, language, length in rows]


@pytest.mark.parametrize(("hours", "seen"), [([(1, 2), (3, 3)], True), ([(1, 2)], False), ([(40, 3), (1, 2), (3, 3)], False), ([(1, 12), (2, 14)], False)])
def test_odd_hours(hours, seen):
    found = [Text((NOW - day * DAY).replace(hour=hour), "sq") for day, hour in hours]
    assert bool(odd_hours(found, "Europe/London", NOW)) is seen


@pytest.mark.parametrize(("languages", "seen"), [("sq sq sq ru ru", True), ("sq sq sq sq ru", False), ("sq sq ru ro ru", False), ("sq ru ru", False),
                                                 ("sq sq sq ru ro", False)])
def test_other_language(languages, seen):
    assert bool(other_language(texts(*((DAY, code, 5) for code in languages.split())), NOW)) is seen


@pytest.mark.parametrize(("lengths", "seen"), [([5] * 5 + [40] * 3, True), ([40] * 5 + [3] * 3, True), ([5] * 5 + [40, 40, 5], False), ([5, 40], False),
                                               ([5] * 5 + [1] * 3, False)])
def test_other_style(lengths, seen):
    assert bool(other_style(texts(*((DAY, "sq", n) for n in lengths)))) is seen


def missed(house, person_id, count=3):
    with house.database.write() as session:
        for n in range(count):
            at = NOW - (count - n) * 7 * DAY
            session.add(Checkin(person_id=person_id, planned_at=at, asked_at=at, state=CheckinState.CLOSED, step=2))


def test_daily_makes_one_routine_task_of_what_is_seen_and_a_repeat_none(house):
    missed(house, house.add(next_at=NOW + 30 * DAY))
    house.add("LINH", number="+447700900299", next_at=NOW + 30 * DAY)
    for _ in range(3):
        daily(house.database, NOW)
        daily(house.database, NOW + DAY)
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency, alert.why) == (AlertKind.PATTERN, Urgency.ROUTINE, ["The last three check-ins were missed or put off"])


def test_her_real_texts_are_looked_at(house):
    person_id = house.add(next_at=NOW + 30 * DAY)
    with house.database.write() as session:
        for n in range(8):
            session.add(Inbound(provider_sid=f"S{n}", channel=Channel.SMS, person_id=person_id, from_address="x", to_address="y", from_hash="h",
                                body="ok" if n < 5 else "x" * 60, received_at=NOW - (8 - n) * DAY, state=InboundState.DONE, redacted_at=NOW,
                                language="sq" if n < 6 else "ru"))
    daily(house.database, NOW)
    assert set(house.alerts()[0].why) == {"She writes in another language than before", "Her messages are much longer or shorter than before"}


def test_reviews_of_plan_and_address_are_reminded_of_once_before_the_day(house):
    person_id = house.add(next_at=NOW + DAY, review_on=(NOW + 10 * DAY).date())
    house.address(person_id, review_by=(NOW + 9 * DAY).date())
    for _ in range(2):
        daily(house.database, NOW)
    assert sorted(a.why[0][:20] for a in house.alerts()) == ["Her contact plan is ", "Please check with he"]


def test_a_review_far_away_is_not_reminded_of(house):
    house.add(next_at=NOW + DAY)
    daily(house.database, NOW)
    assert house.alerts() == []


def test_somebody_not_asked_for_weeks_is_not_forgotten_but_who_stopped_is_left_alone(house):
    paused = house.add(paused=True, next_at=None, confirmed_at=NOW - 20 * DAY)
    stopped = house.add("LINH", number="+447700900299", next_at=None, confirmed_at=NOW - 20 * DAY)
    house.set(Person, Person.id == stopped, stopped_at=NOW - 20 * DAY)
    for _ in range(2):
        daily(house.database, NOW)
    assert [(a.person_id, a.why[0][:22]) for a in house.alerts()] == [(paused, "No check-in is planned")]


def test_a_live_plan_that_lost_its_next_time_gets_it_back_and_a_person_looks(house):
    person_id = house.add(next_at=None)
    daily(house.database, NOW)
    assert house.plan(person_id).next_at == NOW + 7 * DAY
    assert "go on again" in house.alerts()[0].why[0]


def break_value(house, table, column, row_id):
    with house.database.write() as session:
        session.execute(text(f"update {table} set {column} = :value where id = :id"), {"value": b"broken", "id": row_id})


def test_a_text_or_name_that_cannot_be_read_keeps_nobody_from_being_looked_at(house):
    first, second = house.add(next_at=NOW + 30 * DAY), house.add("LINH", number="+447700900299", next_at=NOW + 30 * DAY)
    with house.database.write() as session:
        for n in range(8):
            session.add(Inbound(provider_sid=f"S{n}", channel=Channel.SMS, person_id=first, from_address="x", to_address="y", from_hash="h",
                                body="ok", received_at=NOW - (8 - n) * DAY, state=InboundState.DONE, language="sq" if n < 6 else "ru"))
    missed(house, second)
    break_value(house, "inbound", "body", 1)
    break_value(house, "person", "name", first)
    daily(house.database, NOW)
    assert [(a.person_id, a.why) for a in house.alerts()] == [(first, ["She writes in another language than before"]),
                                                             (second, ["The last three check-ins were missed or put off"])]


def test_a_person_who_fails_keeps_nobody_else_from_being_looked_at(house):
    first, second = house.add(next_at=NOW + 30 * DAY), house.add("LINH", number="+447700900299", next_at=NOW + 30 * DAY)
    missed(house, second)
    house.set(Person, Person.id == first, time_zone="Moon")
    daily(house.database, NOW)
    assert [a.person_id for a in house.alerts()] == [second]


def test_a_note_or_name_that_cannot_be_read_keeps_no_chore_from_being_done(house):
    person_id = house.add(next_at=None)
    house.add("LINH", number="+447700900299", next_at=NOW + DAY, review_on=(NOW + 10 * DAY).date())
    with house.database.write() as session:
        call = calls.request_call(session, person_id, "asked", NOW)
        for words in ("ring the GP", "ask about the letter"):
            session.add(CallAttempt(call_id=call.id, staff_id=house.staff_id(), at=NOW, outcome="not_reached", notes="n", follow_up=words,
                                    follow_up_on=NOW.date()))
    break_value(house, "call_attempt", "notes", 1)
    break_value(house, "call_attempt", "follow_up", 2)
    break_value(house, "person", "name", person_id)
    for _ in range(2):
        daily(house.database, NOW)
    assert house.plan(person_id).next_at == NOW + 7 * DAY
    assert sorted(why[:32] for a in house.alerts() for why in a.why) == [
        "Follow-up of a call: ring the GP", "Follow-up of a call: what was ag", "Her check-ins go on again; pleas", "Her contact plan is to be review"]


def test_a_plan_that_cannot_be_read_does_not_hold_up_the_chores(house):
    house.add(next_at=None, rule="FREQ=NEVER")
    person_id = house.add("LINH", number="+447700900299", next_at=None)
    daily(house.database, NOW)
    assert house.plan(person_id).next_at == NOW + 7 * DAY
    assert all(isinstance(a, Alert) for a in house.alerts()) and HOUR and Plan
