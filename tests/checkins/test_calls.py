"""Calls by people: due in safe hours, tried at different times of day, and what each outcome leads to."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.models import Alert, Audit, CallAttempt, Person, WelfareCall
from casefile.vocabulary import AlertKind, CheckinState, Concern, Urgency
from checkins import call_sheet, calls
from checkins.answers import answered
from checkins.calls import CallWrong, attempt, book_interpreter, next_try, request_call
from checkins.run import daily
from messaging.safe_hours import is_safe
from tests.cast import ALWAYS, OFFICE
from tests.checkins.conftest import DAY, HOUR, NOW
from tests.checkins.test_schedule import HOURS, ZONES


def ask(house, person_id, why="asked", **more):
    with house.database.write() as session:
        return request_call(session, person_id, why, house.now, **more).id


def tried(house, call_id, outcome, **more):
    with house.database.write() as session:
        return attempt(session, call_id, house.staff_id(), outcome, house.now, **more).id


def test_a_call_is_due_in_her_next_safe_hours(house):
    person_id = house.add(hours={"wed": [["10:00", "12:00"]]}, next_at=None)
    call = house.get(WelfareCall, ask(house, person_id, asked_for="tomorrow morning"))
    assert (call.due_from, call.due_until, call.asked_for) == (NOW + 22 * HOUR, NOW + 46 * HOUR, "tomorrow morning")


def test_without_safe_hours_a_person_decides_at_once(house):
    person_id = house.add(hours={"mon": []}, next_at=None)
    assert house.get(WelfareCall, ask(house, person_id)).due_from == NOW


def test_several_reasons_are_one_open_call(house):
    person_id = house.add(next_at=None)
    first = ask(house, person_id)
    assert ask(house, person_id, "silence", asked_for="at three") == first
    call = house.get(WelfareCall, first)
    assert (call.why, call.asked_for) == ("asked", "at three")
    tried(house, first, "reached_safe")
    assert ask(house, person_id) != first


@pytest.mark.parametrize("why", ["asked", "staff", "planned"])
def test_an_answer_to_a_check_in_does_not_end_a_call_that_was_wanted_before_her_silence_joined_it(house, why):
    person_id = house.add()
    ask(house, person_id, why)
    house.until(NOW + 49 * HOUR)
    with house.database.write() as session:
        answered(session, session.get_one(Person, person_id), 0, house.now, clear=True)
    [call] = house.calls()
    assert house.checkins()[0].state is CheckinState.ANSWERED and (call.why, call.done_at, call.alert_id) == (why, None, house.alerts()[0].id)


def test_an_earlier_reason_brings_the_call_forward(house):
    person_id = house.add(next_at=None)
    call_id = ask(house, person_id, "planned", due=NOW + 5 * DAY)
    assert house.get(WelfareCall, call_id).due_from == NOW + 5 * DAY
    ask(house, person_id, "silence")
    assert house.get(WelfareCall, call_id).due_from == NOW


@pytest.mark.parametrize("outcome", ["reached_safe", "reached_concern"])
def test_reaching_her_ends_the_call_and_her_open_check_ins(house, outcome):
    house.add()
    house.until(NOW + 49 * HOUR)
    tried(house, house.calls()[0].id, outcome)
    assert (house.calls()[0].done_at, house.calls()[0].outcome) == (house.now, outcome)
    assert (house.checkins()[0].state, house.checkins()[0].outcome) == (CheckinState.CLOSED, outcome)
    assert any(a.action == "tried a welfare call" for a in house.all(Audit))
    assert len(house.alerts()) == (2 if outcome == "reached_concern" else 1)


def test_not_reaching_her_is_tried_at_other_times_of_day_and_after_three_people_decide(house):
    person_id = house.add(next_at=None, hours={d: [["09:00", "20:00"]] for d in ALWAYS})
    call_id, parts = ask(house, person_id), []
    for _ in range(3):
        due = house.get(WelfareCall, call_id).due_from
        house.now = max(house.now, due)
        parts.append(calls._part(house.now.astimezone(ZoneInfo("Europe/London")).time()))
        tried(house, call_id, "not_reached")
    assert sorted(parts) == [0, 1, 2]
    assert house.get(WelfareCall, call_id).done_at is None
    assert "not reached in 3 calls" in house.alerts()[-1].why[0]


def test_the_silence_ladder_goes_on_while_she_is_not_reached(house):
    house.add()
    house.until(NOW + 49 * HOUR)
    tried(house, house.calls()[0].id, "not_reached")
    house.until(NOW + 73 * HOUR)
    assert "professional" in house.alerts()[0].why[-1]


def test_someone_else_on_her_phone_is_urgent_at_once(house):
    person_id = house.add(next_at=None)
    tried(house, ask(house, person_id), "someone_else")
    [alert] = house.alerts()
    assert (alert.urgency, alert.concerns) == (Urgency.URGENT, [Concern.WRONG_PERSON])
    call = house.calls()[0]
    assert call.done_at is None
    with house.database.read() as session:
        assert call_sheet.today(session, call.due_from) == [], "the phone is not called again before a person knows who answered"
        assert not call_sheet.sheet(session, call.id, call.due_from).line.now


@pytest.mark.parametrize(("band", "alarm"), [("this_week", True), ("this_month", True), ("3_months", False), ("not_sure", False)])
def test_contact_by_the_exploiters_lately_is_an_alarm_even_if_she_is_safe(house, band, alarm):
    person_id = house.add(next_at=None)
    tried(house, ask(house, person_id), "reached_safe", contact_band=band)
    assert [a.urgency for a in house.alerts()] == ([Urgency.URGENT] if alarm else [])


@pytest.mark.parametrize(("more", "field"), [({"outcome": "voicemail"}, "outcome"), ({"outcome": "reached_safe", "contact_band": "ages"}, "contact_band")])
def test_a_wrong_attempt_is_refused_and_loses_nothing(house, more, field):
    call_id = ask(house, house.add(next_at=None))
    with pytest.raises(CallWrong) as wrong:
        tried(house, call_id, **more)
    assert list(wrong.value.problems) == [field]
    assert house.all(CallAttempt) == []


def test_a_call_that_is_done_takes_no_more_attempts(house):
    call_id = ask(house, house.add(next_at=None))
    tried(house, call_id, "reached_safe")
    with pytest.raises(CallWrong):
        tried(house, call_id, "not_reached")


def test_a_follow_up_is_a_task_at_once_or_on_its_day_and_once_only(house):
    person_id = house.add(next_at=NOW + 30 * DAY)
    tried(house, ask(house, person_id), "reached_safe", follow_up="Letter for the GP")
    assert "Letter for the GP" in house.alerts()[-1].why[0]
    tried(house, ask(house, person_id), "reached_safe", follow_up="Ask about college", follow_up_on=(NOW + 3 * DAY).date())
    before = len(house.alerts())
    daily(house.database, house.now)
    assert len(house.alerts()) == before
    house.now += 3 * DAY
    daily(house.database, house.now)
    daily(house.database, house.now)
    assert [a.why[0] for a in house.alerts() if "college" in a.why[0]] == ["Follow-up of a call: Ask about college"]


def test_an_interpreter_is_booked_with_language_and_dialect(house):
    person_id = house.add(language="ar", next_at=None)
    house.set(Person, Person.id == person_id, interpreter_needed=True, dialect="Sudanese")
    ask(house, person_id)
    [alert] = house.alerts()
    assert alert.kind is AlertKind.REQUEST
    assert "Book an interpreter (Arabic, Sudanese) for a call from Tue 24 Nov 12:00" in alert.why[0]
    with house.database.write() as session:
        book_interpreter(session, session.get_one(Person, person_id), NOW, NOW)
    assert len(house.alerts()) == 1


@given(st.lists(st.datetimes(dt.datetime(2026, 11, 20), dt.datetime(2026, 11, 24), timezones=st.just(dt.UTC)), max_size=6), ZONES, HOURS)
def test_law_the_next_try_is_safe_and_later(tries, zone, hours):
    at = next_try(tries, NOW, zone, hours)
    if at is not None:
        assert at >= NOW + calls.NEXT_TRY
        assert is_safe(at, zone, hours)
    else:
        assert not any(hours.values())


# The list and the sheet

def test_today_s_list_holds_each_person_s_safe_hours_left_urgent_first_then_soonest_over(house):
    office = house.add("A", hours=OFFICE, next_at=None)
    short = house.add("B", hours={"tue": [["11:00", "13:00"]]}, number="+447700900211", next_at=None)
    alarmed = house.add("C", hours=OFFICE, number="+447700900212", next_at=None)
    tomorrow = house.add("D", hours={"wed": [["09:00", "10:00"]]}, number="+447700900213", next_at=None)
    lost = house.add("E", hours=OFFICE, number="+447700900214", next_at=None)
    house.set(Person, Person.id == lost, suspended_at=NOW)
    for person_id in (office, short, alarmed, tomorrow, lost):
        ask(house, person_id)
    with house.database.write() as session:
        session.add(Alert(key="x", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=alarmed, state="open", opened_at=NOW))
    with house.database.read() as session:
        lines = call_sheet.today(session, NOW)
        later = call_sheet.today(session, NOW + 4.5 * HOUR)
    assert [line.person_id for line in lines] == [alarmed, short, office]
    assert lines[1].windows == ((NOW, NOW + HOUR),) and lines[1].now
    assert [line.person_id for line in later] == [alarmed, office]


def test_the_sheet_has_the_safe_opening_the_last_contacts_and_no_voicemail(house):
    person_id = house.add(next_at=None)
    call_id = ask(house, person_id)
    tried(house, call_id, "not_reached")
    with house.database.read() as session:
        sheet = call_sheet.sheet(session, call_id, NOW)
        assert call_sheet.sheet(session, 999, NOW) is None
    assert sheet.opening.startswith("Is now a good time")
    assert any("voicemail" in rule for rule in sheet.rules)
    assert (sheet.language, sheet.attempts, sheet.suspended, sheet.line.tries) == ("sq", ((NOW, "not_reached", None),), False, 1)
