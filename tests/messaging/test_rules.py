"""What may be sent, when: the last look before anything leaves."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casefile.vocabulary import Channel, Purpose
from messaging.rules import Cancel, Go, Move, View, may_send
from messaging.safe_hours import HoursWrong, check, is_safe, next_safe, wall, window_end

NOON = dt.datetime(2026, 11, 24, 12, 0, tzinfo=dt.UTC)  # a Tuesday
HOURS = {"tue": [["10:00", "16:00"]], "wed": [["10:00", "16:00"]]}
CHECKIN = View(Purpose.CHECKIN, Channel.SMS, None, hours=HOURS, today=NOON.date())


def test_a_check_in_goes_out_in_a_safe_hour_and_dies_with_it() -> None:
    assert may_send(CHECKIN, NOON) == Go(4 * 3600)
    assert may_send(replace(CHECKIN, hours={"tue": [["10:00", "12:30"]]}), NOON) == Go(30 * 60)


def test_outside_safe_hours_it_waits_for_the_next() -> None:
    assert may_send(CHECKIN, NOON.replace(hour=20)) == Move(dt.datetime(2026, 11, 25, 10, tzinfo=dt.UTC))


def test_never_dates_hold() -> None:
    assert may_send(replace(CHECKIN, never=("2026-11-24",)), NOON) == Move(dt.datetime(2026, 11, 25, 10, tzinfo=dt.UTC))


@pytest.mark.parametrize("change", [
    {"stopped": True}, {"suspended": True}, {"consent": False}, {"safe_to_contact": False}, {"address_suspended": True}, {"opted_out": True},
    {"review_by": dt.date(2026, 11, 23)}, {"plan_review_on": dt.date(2026, 11, 23)}, {"plan_confirmed": False}, {"consent_withdrawn": True},
    {"inbound_only": True}, {"paused": True}, {"taken_over": True}, {"sent_today": 4}, {"not_after": NOON}, {"hours": {}},
])
def test_each_of_these_stops_a_check_in(change: dict[str, object]) -> None:
    assert isinstance(may_send(replace(CHECKIN, **change), NOON), Cancel)  # type: ignore[arg-type]


def test_on_the_review_date_itself_it_still_goes() -> None:
    assert isinstance(may_send(replace(CHECKIN, review_by=NOON.date(), plan_review_on=NOON.date()), NOON), Go)


def test_a_reply_answers_at_any_hour_but_not_after_stop_nor_in_a_taken_over_conversation() -> None:
    reply = replace(CHECKIN, purpose=Purpose.REPLY, last_inbound_at=NOON.replace(hour=22, minute=59))
    assert isinstance(may_send(reply, NOON.replace(hour=23)), Go)
    assert isinstance(may_send(replace(reply, stopped=True), NOON), Cancel)
    assert isinstance(may_send(replace(reply, taken_over=True), NOON), Cancel)


def test_a_late_reply_waits_for_safe_hours_like_any_other_message_and_dies_if_that_is_too_late() -> None:
    night = NOON.replace(hour=23)
    late = replace(CHECKIN, purpose=Purpose.REPLY, last_inbound_at=night - dt.timedelta(hours=3))
    assert isinstance(may_send(late, night), Move)
    assert isinstance(may_send(replace(late, not_after=night + dt.timedelta(minutes=30)), night), Cancel)


def test_a_person_may_answer_at_night_only_in_a_conversation_that_is_going_on() -> None:
    night = NOON.replace(hour=23)
    human = replace(CHECKIN, purpose=Purpose.HUMAN, taken_over=True)
    assert isinstance(may_send(replace(human, last_inbound_at=night - dt.timedelta(minutes=20)), night), Go)
    assert isinstance(may_send(replace(human, last_inbound_at=night - dt.timedelta(hours=3)), night), Move)


def test_whatsapp_outside_its_window_wants_a_template() -> None:
    view = replace(CHECKIN, channel=Channel.WHATSAPP)
    assert may_send(replace(view, last_inbound_at=NOON - dt.timedelta(hours=23)), NOON) == Go(4 * 3600)
    assert may_send(replace(view, last_inbound_at=NOON - dt.timedelta(hours=23, minutes=55)), NOON) == Go(4 * 3600, template=True)


def test_a_wall_time_that_the_clocks_skip_is_the_moment_they_resume_and_one_that_comes_twice_is_the_first() -> None:
    assert wall(dt.date(2026, 3, 29), dt.time(1, 30), "Europe/London") == dt.datetime(2026, 3, 29, 1, 0, tzinfo=dt.UTC)
    assert wall(dt.date(2026, 10, 25), dt.time(1, 30), "Europe/London") == dt.datetime(2026, 10, 25, 0, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("hours", [{"funday": [["10:00", "11:00"]]}, {"mon": [["11:00", "10:00"]]}, {"mon": [["x", "10:00"]]}, {"mon": [["10:00"]]}])
def test_wrong_hours_are_named(hours: dict[str, list[list[str]]]) -> None:
    with pytest.raises(HoursWrong):
        check(hours)


times = st.times().map(lambda t: t.replace(second=0, microsecond=0))
spans = st.tuples(times, times).filter(lambda p: p[0] < p[1]).map(lambda p: [p[0].strftime("%H:%M"), p[1].strftime("%H:%M")])
weeks = st.dictionaries(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), st.lists(spans, min_size=1, max_size=2), min_size=1)
zones = st.sampled_from(["Europe/London", "Europe/Tirane", "America/New_York", "Asia/Ho_Chi_Minh", "Africa/Asmara", "Australia/Lord_Howe"])
moments = st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2027, 12, 31)).map(lambda m: m.replace(tzinfo=dt.UTC))


@given(moments, zones, weeks)
def test_the_next_safe_moment_is_safe_and_not_before_now(moment: dt.datetime, zone: str, hours: dict[str, list[list[str]]]) -> None:
    found = next_safe(moment, zone, hours)
    assert found is not None and found >= moment and is_safe(found, zone, hours)
    assert window_end(found, zone, hours) is not None


@given(moments, st.sampled_from(list(Purpose)), st.sampled_from(["stopped", "consent_withdrawn"]), st.booleans(), st.booleans(), st.integers(0, 6), st.booleans())
def test_nothing_but_pages_ever_goes_to_somebody_who_said_stop_or_withdrew_consent(
        moment: dt.datetime, purpose: Purpose, ended: str, over: bool, consent: bool, sent: int, wrote: bool) -> None:
    view = View(purpose, Channel.SMS, None, taken_over=over, consent=consent, sent_today=sent, hours=HOURS, today=moment.date(),
                last_inbound_at=moment if wrote else None, **{ended: True})  # type: ignore[arg-type]
    assert isinstance(may_send(view, moment), Cancel)
