"""When the next person is told: every transition, and the laws of an open alert. Whom: the rota first, everybody rather than nobody."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.vocabulary import AlertState, Role, Urgency
from escalation.oncall import Colleague, Paged, Shift, who
from escalation.policy import Acknowledged, Decision, Opened, Policy, State, Whom, Woke, decide, end_of_day, in_hours, patience, target

OPEN, TAKEN, DONE = AlertState.OPEN, AlertState.ACKNOWLEDGED, AlertState.RESOLVED
NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)  # Tuesday noon
NIGHT = NOW.replace(hour=23)
CLOSING = NOW.replace(hour=17)
MINUTE = dt.timedelta(minutes=1)
ALARMS = [Urgency.URGENT, Urgency.IMMEDIATE]


@pytest.mark.parametrize(("state", "fact", "now", "decision"), [
    # Opened: the person on call is paged at once; a task waits for the end of the day.
    (State(Urgency.IMMEDIATE, OPEN, 0), Opened(), NOW, Decision(Whom.ON_CALL, 1, NOW + 5 * MINUTE)),
    (State(Urgency.URGENT, OPEN, 0), Opened(), NOW, Decision(Whom.ON_CALL, 1, NOW + 15 * MINUTE)),
    (State(Urgency.URGENT, OPEN, 0), Opened(), NIGHT, Decision(Whom.ON_CALL, 1, NIGHT + 30 * MINUTE)),
    (State(Urgency.ROUTINE, OPEN, 0), Opened(), NOW, Decision(None, 0, CLOSING)),
    (State(Urgency.NONE, OPEN, 0), Opened(), NOW, Decision(None, 0, CLOSING)),
    # Reopened or risen: from the beginning.
    (State(Urgency.IMMEDIATE, OPEN, 4), Opened(), NOW, Decision(Whom.ON_CALL, 1, NOW + 5 * MINUTE)),
    # Not acknowledged: the next person, then the manager, again and again.
    (State(Urgency.IMMEDIATE, OPEN, 1), Woke(1), NOW, Decision(Whom.NEXT, 2, NOW + 5 * MINUTE)),
    (State(Urgency.IMMEDIATE, OPEN, 2), Woke(2), NOW, Decision(Whom.MANAGER, 3, NOW + 5 * MINUTE)),
    (State(Urgency.IMMEDIATE, OPEN, 9), Woke(9), NOW, Decision(Whom.MANAGER, 10, NOW + 5 * MINUTE)),
    (State(Urgency.URGENT, OPEN, 1), Woke(1), NOW, Decision(Whom.NEXT, 2, NOW + 15 * MINUTE)),
    (State(Urgency.ROUTINE, OPEN, 0), Woke(0), CLOSING, Decision(Whom.MANAGER, 1, CLOSING + dt.timedelta(days=1))),
    # Acknowledged: no more timers.
    (State(Urgency.IMMEDIATE, OPEN, 2), Acknowledged(), NOW, Decision(None, 2, None)),
    (State(Urgency.ROUTINE, OPEN, 0), Acknowledged(), NOW, Decision(None, 0, None)),
    # A timer of another step, and anything once somebody has it, changes nothing.
    (State(Urgency.IMMEDIATE, OPEN, 2), Woke(1), NOW, None),
    (State(Urgency.ROUTINE, OPEN, 1), Woke(0), NOW, None),
    (State(Urgency.IMMEDIATE, TAKEN, 1), Woke(1), NOW, None),
    (State(Urgency.IMMEDIATE, TAKEN, 1), Acknowledged(), NOW, None),
    (State(Urgency.IMMEDIATE, DONE, 1), Woke(1), NOW, None),
])
def test_every_transition(state, fact, now, decision):
    assert decide(state, fact, now) == decision


MOMENTS = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31), timezones=st.just(dt.UTC))
FACTS = st.one_of(st.just(Opened()), st.integers(0, 5).map(Woke), st.just(Acknowledged()))
POLICIES = st.sampled_from([Policy(), Policy(zone="Asia/Ho_Chi_Minh"), Policy(days=(7,), opens=dt.time(0), closes=dt.time(0, 30))])


@given(st.sampled_from(list(Urgency)), st.integers(0, 5), FACTS, MOMENTS, POLICIES)
def test_law_an_open_alert_keeps_a_wake_time_ahead_until_it_is_acknowledged(urgency, step, fact, now, policy):
    decision = decide(State(urgency, OPEN, step), fact, now, policy)
    if decision is not None:
        assert (decision.wake_at is None) == (fact == Acknowledged())
        assert decision.wake_at is None or decision.wake_at > now


@given(st.sampled_from(ALARMS), MOMENTS, POLICIES)
def test_law_an_alarm_nobody_takes_reaches_the_manager_within_an_hour(urgency, now, policy):
    state, at, paged = State(urgency, OPEN, 0), now, []
    decision = decide(state, Opened(), at, policy)
    while Whom.MANAGER not in paged:
        paged.append(decision.whom)
        at, state = decision.wake_at, State(urgency, OPEN, decision.step)
        decision = decide(state, Woke(state.step), at, policy)
    assert paged == [Whom.ON_CALL, Whom.NEXT, Whom.MANAGER]
    assert at - now <= dt.timedelta(hours=2)


@given(MOMENTS, POLICIES)
def test_law_the_end_of_the_day_is_a_closing_time_of_a_working_day_ahead(now, policy):
    closing = end_of_day(now, policy)
    local = closing.astimezone(ZoneInfo(policy.zone))
    assert closing > now
    assert (local.time(), local.isoweekday() in policy.days) == (policy.closes, True)
    assert closing - now <= dt.timedelta(days=8)


def test_a_task_of_friday_evening_is_due_on_monday():
    friday = dt.datetime(2026, 11, 27, 18, tzinfo=dt.UTC)
    assert end_of_day(friday.replace(hour=17)) == dt.datetime(2026, 11, 30, 17, tzinfo=dt.UTC)
    assert end_of_day(friday) == dt.datetime(2026, 11, 30, 17, tzinfo=dt.UTC)
    assert target(Urgency.ROUTINE, friday) == dt.datetime(2026, 11, 30, 17, tzinfo=dt.UTC)
    assert target(Urgency.URGENT, friday) == friday + 30 * MINUTE


def test_hours_are_local_through_the_clock_change():
    assert in_hours(dt.datetime(2026, 6, 1, 8, 30, tzinfo=dt.UTC))
    assert not in_hours(dt.datetime(2026, 12, 1, 8, 30, tzinfo=dt.UTC))
    assert in_hours(NOW.replace(hour=9)) and not in_hours(NOW.replace(hour=17)) and not in_hours(dt.datetime(2026, 11, 28, 12, tzinfo=dt.UTC))


def test_a_policy_without_working_days_says_so():
    with pytest.raises(ValueError, match="working days"):
        end_of_day(NOW, Policy(days=()))


def test_an_immediate_alarm_waits_five_minutes_day_and_night():
    assert patience(Urgency.IMMEDIATE, NIGHT) == patience(Urgency.IMMEDIATE, NOW) == 5 * MINUTE


# Whom

SAM, MO, ALEX = Colleague(1, Role.CASEWORKER), Colleague(2, Role.MANAGER), Colleague(3, Role.CASEWORKER)


def shift(staff_id, position=0, starts=-1, ends=1):
    return Shift(staff_id, position, NOW + starts * 60 * MINUTE, NOW + ends * 60 * MINUTE)


@pytest.mark.parametrize(("shifts", "colleagues", "whom", "paged"), [
    ([shift(1), shift(3, 1)], [SAM, MO, ALEX], Whom.ON_CALL, Paged((1,))),
    ([shift(3, 1), shift(1)], [SAM, MO, ALEX], Whom.NEXT, Paged((3,))),
    ([shift(1)], [SAM, MO, ALEX], Whom.NEXT, Paged((1, 2))),
    ([shift(2)], [SAM, MO], Whom.NEXT, Paged((2,))),
    ([shift(1)], [SAM, MO, ALEX], Whom.MANAGER, Paged((2,))),
    ([shift(1)], [SAM, ALEX], Whom.MANAGER, Paged((1, 3), nobody_on_call=True)),
    ([], [SAM, MO, ALEX], Whom.ON_CALL, Paged((1, 2, 3), nobody_on_call=True)),
    ([shift(1, starts=-3, ends=0)], [SAM, MO], Whom.ON_CALL, Paged((1, 2), nobody_on_call=True)),
    ([shift(1, starts=1, ends=3)], [SAM, MO], Whom.ON_CALL, Paged((1, 2), nobody_on_call=True)),
    ([shift(9), shift(3, 1)], [SAM, MO, ALEX], Whom.ON_CALL, Paged((3,))),
    ([shift(1), shift(1, 1), shift(3, 2)], [SAM, MO, ALEX], Whom.NEXT, Paged((3,))),
    ([shift(1)], [], Whom.ON_CALL, Paged((), nobody_on_call=True)),
])
def test_whom(shifts, colleagues, whom, paged):
    assert who(shifts, colleagues, whom, NOW) == paged


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 2), st.integers(-3, 2), st.integers(-2, 3))), st.sets(st.integers(1, 5)),
       st.sampled_from(list(Whom)))
def test_law_somebody_is_paged_whenever_anybody_can_be(rota, reachable, whom):
    colleagues = [Colleague(n, Role.MANAGER if n == 5 else Role.CASEWORKER) for n in sorted(reachable)]
    paged = who([shift(*row) for row in rota], colleagues, whom, NOW)
    assert bool(paged.staff_ids) == bool(reachable)
    assert set(paged.staff_ids) <= reachable
    assert len(set(paged.staff_ids)) == len(paged.staff_ids)
