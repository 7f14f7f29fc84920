"""Every transition of a check-in, and the laws that hold whatever happens."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.vocabulary import CheckinState as C
from casefile.vocabulary import Urgency
from checkins.ladder import decide
from checkins.ladder_terms import (
    DEFAULT_STEPS,
    OPEN,
    Answered,
    Delivery,
    Do,
    Ended,
    Handled,
    OptedOut,
    OutageBegan,
    OutageEnded,
    Paused,
    PlanChanged,
    Policy,
    State,
    Step,
    Woke,
)
from messaging.safe_hours import is_safe
from tests.cast import ALWAYS, OFFICE

NOW = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)  # Tuesday noon
H = dt.timedelta(hours=1)
POLICY = Policy(hours=ALWAYS)
DAYTIME = Policy(hours=OFFICE)
TUESDAYS = Policy(hours={"tue": [["09:00", "17:00"]]})

PLANNED = State(C.PLANNED, -1, NOW)
ASKED = State(C.ASKED, 0, NOW, step_at=NOW, asked_at=NOW)
REPEATED = State(C.ASKED, 1, NOW, step_at=NOW + 24 * H, asked_at=NOW)
CALL = State(C.CALL_DUE, 2, NOW, step_at=NOW + 48 * H, asked_at=NOW)
HELD = replace(ASKED, state=C.SUSPENDED, step_at=NOW + H, delivery="our_fault")
RANG = replace(ASKED, delivery="not_picked_up")


def move(state, fact, after=dt.timedelta(), policy=POLICY):
    return decide(state, fact, NOW + after, policy)


# Over is over

@pytest.mark.parametrize("over", [C.ANSWERED, C.CLOSED, C.CANCELLED])
@pytest.mark.parametrize("fact", [Woke(0), Answered(True), Answered(False), Delivery("undelivered"), OptedOut(), Ended("x"), Paused(), Handled("x"),
                                  OutageBegan(), OutageEnded(), PlanChanged()])
def test_nothing_moves_a_check_in_that_is_over(over, fact):
    assert move(replace(ASKED, state=over), fact) is None


# She answers

@pytest.mark.parametrize("state", [PLANNED, ASKED, REPEATED, CALL, HELD])
def test_a_clear_answer_ends_every_open_check_in(state):
    decision = move(state, Answered(True))
    assert (decision.state.state, decision.wake_at, decision.alarm) == (C.ANSWERED, None, None)


def test_an_unclear_answer_skips_the_repeat_and_keeps_the_time_of_the_call():
    decision = move(ASKED, Answered(False), H)
    assert (decision.state.state, decision.state.step, decision.wake_at, decision.outcome) == (C.ASKED, 1, NOW + 48 * H, "unclear")


def test_an_unclear_answer_during_our_trouble_shows_that_she_was_reached():
    assert move(HELD, Answered(False), 2 * H).state.state is C.ASKED


@pytest.mark.parametrize("state", [PLANNED, CALL])
def test_an_unclear_answer_changes_nothing_before_the_question_and_once_people_are_at_it(state):
    assert move(state, Answered(False)) is None


# She or staff end it

@pytest.mark.parametrize("state", [PLANNED, ASKED, REPEATED, CALL, HELD])
def test_stopping_cancels_with_the_reason(state):
    decision = move(state, Ended("stopped"))
    assert (decision.state.state, decision.wake_at, decision.outcome) == (C.CANCELLED, None, "stopped")


@pytest.mark.parametrize("state", [PLANNED, ASKED, HELD])
def test_a_pause_cancels_what_the_machine_does(state):
    assert move(state, Paused()).state.state is C.CANCELLED


def test_a_pause_does_not_take_a_silence_away_from_people():
    assert move(CALL, Paused()) is None


@pytest.mark.parametrize("state", [PLANNED, ASKED, CALL, HELD])
def test_a_person_who_reached_her_closes_it(state):
    decision = move(state, Handled("reached_safe"))
    assert (decision.state.state, decision.outcome, decision.wake_at) == (C.CLOSED, "reached_safe", None)


# The first question

def test_a_planned_check_in_is_asked_and_waits_for_the_repeat():
    decision = move(PLANNED, Woke(-1))
    assert decision.send and not decision.reported_late
    assert (decision.state.state, decision.state.step, decision.state.asked_at, decision.wake_at) == (C.ASKED, 0, NOW, NOW + 24 * H)


def test_the_question_may_not_leave_after_the_window():
    assert move(PLANNED, Woke(-1), policy=DAYTIME).not_after == NOW + 5 * H


def test_later_in_the_same_window_is_not_late():
    assert move(PLANNED, Woke(-1), 4 * H, DAYTIME).reported_late is False


def test_past_the_window_it_waits_for_the_next_and_is_reported_once():
    first = move(PLANNED, Woke(-1), 6 * H, DAYTIME)
    assert (first.send, first.reported_late, first.state.state, first.wake_at) == (False, True, C.PLANNED, NOW + 21 * H)
    second = move(first.state, Woke(-1), 21 * H, DAYTIME)
    assert (second.send, second.reported_late, second.state.late) == (True, False, True)


def test_the_next_day_in_safe_hours_it_is_asked_and_reported():
    decision = move(PLANNED, Woke(-1), 24 * H, DAYTIME)
    assert decision.send and decision.reported_late


def test_with_no_safe_hour_soon_a_person_is_told():
    decision = move(PLANNED, Woke(-1), policy=Policy(hours={}))
    assert (decision.state.state, decision.alarm.do, decision.alarm.silence) == (C.CALL_DUE, Do.CALL, False)
    assert decision.reported_late


@pytest.mark.parametrize("how", [{"channels": 0}, {"in_conversation": True}])
def test_without_a_way_or_while_a_colleague_talks_with_her_a_person_asks(how):
    decision = move(PLANNED, Woke(-1, **how))
    assert not decision.send
    assert (decision.state.state, decision.alarm.silence, decision.alarm.urgency) == (C.CALL_DUE, False, Urgency.ROUTINE)


def test_an_older_check_in_is_not_asked_beside_a_newer_one_but_keeps_its_people_steps():
    decision = move(PLANNED, Woke(-1, asked_since=True))
    assert (decision.send, decision.state.state, decision.wake_at) == (False, C.ASKED, NOW + 48 * H)


# The repeat

def test_silence_for_a_day_repeats_once_and_waits_for_the_call():
    decision = move(ASKED, Woke(0), 24 * H)
    assert (decision.send, decision.other_way, decision.state.step, decision.wake_at) == (True, False, 1, NOW + 48 * H)
    assert decision.state.asked_at == NOW


def test_the_repeat_waits_for_safe_hours():
    friday = State(C.ASKED, 0, NOW, step_at=NOW + 6 * H, asked_at=NOW - 19 * H)
    assert move(friday, Woke(0), 6 * H, DAYTIME).wake_at == NOW + 21 * H


def test_a_repeat_that_would_come_after_the_call_is_left_out():
    assert move(PLANNED, Woke(-1), policy=TUESDAYS).wake_at == NOW + 48 * H


@pytest.mark.parametrize("how", [{"asked_since": True}, {"in_conversation": True}, {"channels": 0}, {"faster": True}])
def test_no_repeat_where_it_is_not_wanted(how):
    decision = move(ASKED, Woke(0, **how), 24 * H)
    assert not decision.send
    assert decision.wake_at <= NOW + 48 * H


def test_a_timer_that_comes_too_early_only_sets_the_right_time():
    decision = move(ASKED, Woke(0), H)
    assert (decision.send, decision.wake_at, decision.state) == (False, NOW + 24 * H, ASKED)


# People

def test_silence_for_two_days_is_a_call():
    decision = move(replace(REPEATED, delivery="read"), Woke(1), 48 * H)
    assert (decision.state.state, decision.state.step, decision.wake_at) == (C.CALL_DUE, 2, NOW + 72 * H)
    assert (decision.alarm.do, decision.alarm.silence, decision.alarm.urgency) == (Do.CALL, True, Urgency.ROUTINE)
    assert decision.alarm.why == "no answer for 48 hours; the message was read"


def test_then_the_professional_then_the_manager_then_reminders_without_end():
    decision = move(CALL, Woke(2), 72 * H)
    assert (decision.alarm.do, decision.wake_at) == (Do.PROFESSIONAL, NOW + 96 * H)
    decision = move(decision.state, Woke(3), 96 * H)
    assert (decision.alarm.do, decision.wake_at) == (Do.MANAGER, NOW + 120 * H)
    decision = move(decision.state, Woke(4), 120 * H)
    assert (decision.alarm.do, decision.wake_at) == (Do.REMIND, NOW + 144 * H)


def test_once_a_person_has_dealt_with_it_it_closes():
    assert move(CALL, Woke(2, handled=True), 72 * H).state.state is C.CLOSED


def test_a_faster_ladder_has_no_repeat_half_the_times_and_is_urgent():
    asked = move(PLANNED, Woke(-1, faster=True))
    assert asked.wake_at == NOW + 24 * H
    told = move(asked.state, Woke(0), 24 * H)
    assert (told.alarm.do, told.alarm.urgency, told.wake_at) == (Do.CALL, Urgency.URGENT, NOW + 36 * H)


def test_what_becomes_known_while_people_are_at_it_makes_it_urgent():
    assert move(CALL, Woke(2, faster=True), 72 * H).alarm.urgency is Urgency.URGENT


# Delivery

@pytest.mark.parametrize("what", ["sent", "delivered", "read"])
def test_arriving_changes_no_timer(what):
    assert move(ASKED, Delivery(what)) is None


def test_not_delivered_once_goes_another_way_in_the_next_safe_hour():
    decision = move(ASKED, Delivery("undelivered", other_way=True), 6 * H, DAYTIME)
    assert decision.wake_at == NOW + 21 * H
    again = move(decision.state, Woke(0), 21 * H, DAYTIME)
    assert again.send and again.other_way


def test_not_delivered_once_without_another_way_waits_for_the_repeat():
    assert move(ASKED, Delivery("undelivered")) is None


@pytest.mark.parametrize("what", ["refused", "number_gone"])
def test_what_can_never_arrive_goes_to_a_person_at_once(what):
    decision = move(ASKED, Delivery(what))
    assert (decision.alarm.do, decision.alarm.silence, decision.alarm.urgency) == (Do.CALL, False, Urgency.ROUTINE)


@pytest.mark.parametrize("repeated", [False, True])
def test_not_delivered_again_goes_to_a_person_urgently_if_it_was_both_times(repeated):
    decision = move(REPEATED, Delivery("undelivered", repeated=repeated), 25 * H)
    assert (decision.alarm.silence, decision.alarm.urgency) == (False, Urgency.URGENT if repeated else Urgency.ROUTINE)


def test_an_undelivered_message_is_tried_another_way_even_on_a_faster_ladder():
    assert move(replace(ASKED, faster=True, delivery="undelivered"), Woke(0), H).send


def test_a_call_that_was_not_picked_up_is_repeated_in_its_time_and_then_is_silence():
    assert move(RANG, Delivery("undelivered", repeated=True)) is None
    assert move(replace(RANG, faster=True), Woke(0), 24 * H).alarm.silence
    again = move(RANG, Woke(0), 24 * H)
    assert again.send and not again.other_way
    last = replace(again.state, delivery="not_picked_up")
    assert move(last, Delivery("undelivered", other_way=True, repeated=True), 25 * H) is None
    told = move(last, Woke(1), 48 * H).alarm
    assert (told.silence, told.urgency, told.why) == (True, Urgency.ROUTINE, "no answer for 48 hours; the call was not picked up")


def test_a_call_that_was_not_picked_up_is_tried_another_way_at_once():
    decision = move(RANG, Delivery("undelivered", other_way=True), H)
    assert decision.wake_at == NOW + H and move(decision.state, Woke(0), H).other_way


def test_a_block_goes_to_a_person_at_once():
    decision = move(ASKED, OptedOut())
    assert (decision.state.state, decision.alarm.silence) == (C.CALL_DUE, False)


@pytest.mark.parametrize("fact", [Delivery("undelivered"), Delivery("our_fault"), OptedOut(), OutageBegan(), PlanChanged()])
def test_once_people_are_at_it_the_provider_s_news_change_nothing(fact):
    assert move(CALL, fact) is None


# Our own trouble

@pytest.mark.parametrize("what", ["our_fault", "lost", "not_sent"])
def test_our_own_fault_suspends_and_looks_again_in_an_hour(what):
    decision = move(ASKED, Delivery(what), H)
    assert (decision.state.state, decision.wake_at, decision.alarm, decision.state.delivery) == (C.SUSPENDED, NOW + 2 * H, None, what)


@pytest.mark.parametrize("fact", [OutageBegan(), Woke(0, outage=True)])
def test_an_outage_suspends_a_ladder(fact):
    assert move(ASKED, fact).state.state is C.SUSPENDED


@pytest.mark.parametrize("fact", [OutageBegan(), Woke(-1, outage=True)])
def test_an_outage_suspends_a_check_in_before_it_is_asked(fact):
    assert move(PLANNED, fact).state.state is C.SUSPENDED


def test_while_the_outage_lasts_it_waits_but_not_for_ever():
    held = replace(HELD, delivery=None)
    assert move(held, Woke(0, outage=True), 2 * H).wake_at == NOW + 3 * H
    told = move(held, Woke(0, outage=True), 25 * H)
    assert (told.state.state, told.alarm.silence) == (C.CALL_DUE, False)


def test_the_end_of_the_outage_wakes_it_at_once():
    assert move(HELD, OutageEnded(), 5 * H).wake_at == NOW + 5 * H


def test_a_message_that_had_arrived_waits_on_by_as_long_as_the_outage_lasted():
    held = replace(HELD, delivery="delivered", step_at=NOW + 20 * H)
    decision = move(held, Woke(0), 30 * H)
    assert (decision.state.state, decision.wake_at, decision.send) == (C.ASKED, NOW + 34 * H, False)


def test_however_often_we_fail_the_people_steps_are_put_off_by_a_day_at_most():
    held = replace(HELD, delivery="delivered", step_at=NOW + 20 * H)
    decision = move(held, Woke(0), 200 * H)
    assert decision.wake_at <= NOW + 200 * H


def test_a_message_that_had_not_arrived_is_asked_again_another_way():
    decision = move(HELD, Woke(0), 2 * H)
    assert (decision.send, decision.other_way, decision.state.step, decision.state.asked_at) == (True, True, 1, NOW + 2 * H)


def test_what_the_rules_of_her_plan_held_back_is_not_called_a_failure_of_the_service():
    held = replace(HELD, step=1, delivery="not_sent")
    assert "the rules of her plan" in move(held, Woke(1), 2 * H).alarm.why
    answered = move(held, Answered(False), 2 * H).state
    assert "the rules of her plan" in move(answered, Woke(1), 48 * H).alarm.why
    assert "our own service" in move(replace(held, delivery="our_fault"), Woke(1), 2 * H).alarm.why


def test_after_our_trouble_a_call_that_was_not_picked_up_waits_on():
    assert move(replace(HELD, step=1, delivery="not_picked_up"), Woke(1), 3 * H).wake_at == NOW + 50 * H


def test_a_check_in_held_before_its_question_is_asked_late():
    held = State(C.SUSPENDED, -1, NOW, step_at=NOW)
    decision = move(held, Woke(-1), 22 * H, DAYTIME)
    assert decision.send and decision.state.step == 0 and decision.reported_late


def test_after_our_trouble_the_question_waits_for_safe_hours():
    assert move(HELD, Woke(0), 6 * H, DAYTIME).wake_at == NOW + 21 * H


def test_if_the_safe_hours_are_too_far_a_person_is_told():
    assert move(HELD, Woke(0), 6 * H, TUESDAYS).alarm.do is Do.CALL


def test_when_the_repeat_failed_by_our_fault_too_a_person_is_told():
    assert move(replace(HELD, step=1), Woke(1), 2 * H).alarm.silence is False


def test_after_our_trouble_she_is_not_asked_beside_a_newer_check_in():
    decision = move(HELD, Woke(0, asked_since=True), 2 * H)
    assert (decision.send, decision.state.state) == (False, C.ASKED)


def test_after_our_trouble_with_no_way_left_a_person_is_told():
    assert move(HELD, Woke(0, channels=0), 2 * H).alarm.do is Do.CALL


# Changed plans

def test_a_changed_plan_sets_the_waiting_time_anew():
    short = Policy((Step(Do.ASK), Step(Do.CALL, 10 * H)), hours=ALWAYS)
    assert move(ASKED, PlanChanged(), H, short).wake_at == NOW + 10 * H


def test_an_unclear_answer_to_a_question_the_plan_has_no_more_still_ends_in_a_call():
    shorter = Policy((Step(Do.ASK), Step(Do.CALL, 10 * H)), hours=ALWAYS)
    waiting = move(REPEATED, Answered(clear=False), H, shorter)
    assert (waiting.state.state, waiting.state.step) == (C.ASKED, 0)
    assert decide(waiting.state, Woke(0), waiting.wake_at, shorter).state.state is C.CALL_DUE


@pytest.mark.parametrize("state", [PLANNED, HELD])
def test_a_changed_plan_lets_a_check_in_that_was_not_asked_look_again(state):
    assert move(state, PlanChanged(), H).wake_at == NOW + H


def test_scale_multiplies_every_wait():
    decision = move(PLANNED, Woke(-1), policy=replace(POLICY, scale=0.0001))
    assert decision.wake_at - NOW == dt.timedelta(seconds=8.64)


# Laws

STATES = st.sampled_from([PLANNED, ASKED, REPEATED, CALL, HELD, RANG, replace(RANG, faster=True), replace(REPEATED, delivery="not_picked_up"),
                          replace(HELD, delivery="delivered"), State(C.SUSPENDED, -1, NOW, step_at=NOW)])
POLICIES = st.sampled_from([POLICY, DAYTIME, TUESDAYS, Policy(hours={}), Policy(hours=OFFICE, never=("2026-11-25", "2026-11-26")),
                            Policy((Step(Do.ASK), Step(Do.CALL, 6 * H)), hours=OFFICE), Policy((Step(Do.ASK),), hours=ALWAYS),
                            Policy((Step(Do.ASK), Step(Do.ASK_AGAIN, 3 * H), Step(Do.ASK_AGAIN, 6 * H), Step(Do.MANAGER, 12 * H)), hours=ALWAYS)])
WOKEN = st.builds(Woke, step=st.integers(-1, 6), channels=st.integers(0, 2), faster=st.booleans(), asked_since=st.booleans(),
                  in_conversation=st.booleans(), outage=st.booleans(), handled=st.just(False))
NOISE = st.one_of(WOKEN, st.builds(Delivery, st.sampled_from(["sent", "delivered", "read", "undelivered", "refused", "number_gone", "our_fault", "lost",
                                                              "not_sent"]), st.booleans(), st.booleans()),
                  st.just(OptedOut()), st.just(OutageBegan()), st.just(OutageEnded()), st.just(PlanChanged()), st.just(Answered(False)))
FACTS = st.one_of(NOISE, st.just(Answered(True)), st.just(Ended("stopped")), st.just(Paused()), st.just(Handled("reached_safe")))
GAPS = st.integers(0, 60 * 24 * 9).map(lambda m: dt.timedelta(minutes=m))


@given(STATES, FACTS, GAPS, POLICIES)
def test_law_an_open_check_in_always_has_a_wake_time_and_one_that_is_over_has_none(state, fact, after, policy):
    decision = decide(state, fact, NOW + after, policy)
    if decision is not None:
        assert (decision.wake_at is not None) == (decision.state.state in OPEN)


@given(STATES, WOKEN, GAPS, POLICIES)
def test_law_a_timer_set_for_another_step_changes_nothing(state, woke, after, policy):
    if woke.step != state.step:
        assert decide(state, woke, NOW + after, policy) is None


@given(STATES, FACTS, GAPS, POLICIES)
def test_law_she_is_only_asked_in_safe_hours_by_a_step_of_its_own_and_never_once_people_are_told(state, fact, after, policy):
    decision = decide(state, fact, NOW + after, policy)
    if decision is not None and decision.send:
        assert is_safe(NOW + after, policy.zone, policy.hours, policy.never)
        assert decision.state.step > state.step
        assert decision.state.state is C.ASKED and decision.alarm is None
        assert state.state is not C.CALL_DUE


@given(STATES, FACTS, GAPS, POLICIES)
def test_law_steps_never_go_back(state, fact, after, policy):
    """But to the last question of a plan that has got shorter since: what follows it must still come."""
    decision = decide(state, fact, NOW + after, policy)
    last_question = max(n for n, step in enumerate(policy.steps) if step.do in (Do.ASK, Do.ASK_AGAIN))
    assert decision is None or decision.state.step >= min(state.step, last_question)


@settings(max_examples=300)
@given(POLICIES, st.lists(st.tuples(GAPS.map(lambda g: g / 9), NOISE), max_size=12), st.booleans(), st.integers(0, 2))
def test_law_whatever_fails_silence_reaches_a_person(policy, noise, faster, channels):
    """From the plan's moment, through any noise that is not an answer, with every timer kept: a person is told within two weeks."""
    state, now, wake, told = PLANNED, NOW, NOW, []
    pending = list(noise)
    for _ in range(400):
        if told or now > NOW + 14 * 24 * H:
            break
        gap = pending[0][0] if pending else None
        if gap is not None and now + gap < wake:
            now += gap
            fact = pending.pop(0)[1]
        else:
            now = max(now, wake)
            fact = Woke(state.step, channels=channels, faster=faster)
        decision = decide(state, fact, now, policy)
        if decision is not None:
            state, wake = decision.state, decision.wake_at
            told += [decision.alarm] if decision.alarm else []
            assert wake is not None
    assert told, "nobody was told"
    assert now <= NOW + 14 * 24 * H


@given(POLICIES, st.booleans())
def test_law_a_waiting_check_in_asks_each_step_once(policy, faster):
    state, now, asked = PLANNED, NOW, []
    for _ in range(40):
        decision = decide(state, Woke(state.step, faster=faster), now, policy)
        state = decision.state
        asked += [state.step] if decision.send else []
        now = max(now, decision.wake_at)
    assert len(asked) == len(set(asked))
    assert len(asked) <= sum(s.do in (Do.ASK, Do.ASK_AGAIN) for s in policy.steps)


def test_the_default_steps_are_those_of_the_handbook():
    assert [(s.do.value, s.after / H) for s in DEFAULT_STEPS] == [("ask", 0), ("ask_again", 24), ("call", 48), ("professional", 72), ("manager", 96)]
