"""When she is asked: rules, safe hours, clocks that change, wishes. Every moment from one function."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from checkins.schedule import PlanView, RuleWrong, check_rule, next_after, upcoming
from messaging.safe_hours import WEEKDAYS, is_safe
from tests.cast import ALWAYS, OFFICE

UTC = dt.UTC
LONDON = ZoneInfo("Europe/London")
VIEW = PlanView(person_id=1, rule="FREQ=WEEKLY;BYDAY=TU", starts_on=dt.date(2026, 1, 1), at_time=dt.time(11), zone="Europe/London", hours=OFFICE)


def local(view, moments):
    return [m.at.astimezone(ZoneInfo(view.zone)).strftime("%a %d %b %H:%M") for m in moments]


def year(view, start=dt.datetime(2026, 1, 1, tzinfo=UTC), days=365):
    return upcoming(view, start, start + dt.timedelta(days=days))


def test_weekly_keeps_its_local_hour_through_both_clock_changes():
    moments = year(VIEW)
    assert {m.at.astimezone(LONDON).time() for m in moments} == {dt.time(11)}
    assert {m.at.hour for m in moments} == {10, 11}
    assert len(moments) == 52


@pytest.mark.parametrize(("rule", "expected"), [
    ("FREQ=DAILY;INTERVAL=3", ["Mon 02 Feb 11:00", "Thu 05 Feb 11:00", "Mon 09 Feb 09:00", "Wed 11 Feb 11:00"]),
    ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", ["Mon 09 Feb 11:00", "Mon 23 Feb 11:00"]),
    ("FREQ=MONTHLY;BYMONTHDAY=-1", ["Mon 02 Feb 09:00", "Mon 02 Mar 09:00"]),
    ("FREQ=MONTHLY;BYDAY=1TU", ["Tue 03 Feb 11:00"]),
])
def test_rules_of_the_calendar(rule, expected):
    view = replace(VIEW, rule=rule, starts_on=dt.date(2026, 1, 30))
    moments = upcoming(view, dt.datetime(2026, 2, 1, tzinfo=UTC), dt.datetime(2026, 3, 3, tzinfo=UTC))
    assert local(view, moments)[:len(expected)] == expected


def test_the_31st_is_asked_only_in_months_that_have_one():
    view = replace(VIEW, rule="FREQ=MONTHLY;BYMONTHDAY=31", hours=ALWAYS)
    assert [m.day.month for m in year(view)] == [1, 3, 5, 7, 8, 10, 12]


def test_outside_safe_hours_it_moves_to_the_next_and_says_why():
    [moment] = upcoming(replace(VIEW, at_time=dt.time(18)), dt.datetime(2026, 2, 3, tzinfo=UTC), dt.datetime(2026, 2, 9, tzinfo=UTC))
    assert (moment.at, moment.why) == (dt.datetime(2026, 2, 4, 9, tzinfo=UTC), "outside the safe hours")


def test_a_never_date_moves_it_to_the_next_safe_day():
    [moment] = upcoming(replace(VIEW, never=["2026-02-03"]), dt.datetime(2026, 2, 3, tzinfo=UTC), dt.datetime(2026, 2, 9, tzinfo=UTC))
    assert (moment.day, moment.why) == (dt.date(2026, 2, 4), "a day with no contact")


def test_a_moment_moved_onto_the_day_of_another_is_not_asked_twice():
    view = replace(VIEW, rule="FREQ=DAILY", never=["2026-02-03"])
    moments = upcoming(view, dt.datetime(2026, 2, 2, tzinfo=UTC), dt.datetime(2026, 2, 5, tzinfo=UTC))
    assert local(view, moments) == ["Mon 02 Feb 11:00", "Wed 04 Feb 11:00"]


def test_a_range_holds_its_beginning_and_not_its_end():
    tuesday = dt.datetime(2026, 2, 3, 11, tzinfo=UTC)
    assert len(upcoming(VIEW, tuesday, tuesday + dt.timedelta(days=7))) == 1
    assert next_after(VIEW, tuesday).at == tuesday + dt.timedelta(days=7)


def test_an_hour_the_clocks_skip_is_asked_when_they_resume():
    view = replace(VIEW, rule="FREQ=DAILY", at_time=dt.time(1, 30), hours=ALWAYS)
    moments = upcoming(view, dt.datetime(2026, 3, 28, 12, tzinfo=UTC), dt.datetime(2026, 3, 30, 12, tzinfo=UTC))
    assert [m.at for m in moments] == [dt.datetime(2026, 3, 29, 1, tzinfo=UTC), dt.datetime(2026, 3, 30, 0, 30, tzinfo=UTC)]


def test_an_hour_that_comes_twice_is_asked_the_first_time():
    view = replace(VIEW, rule="FREQ=DAILY", at_time=dt.time(1, 30), hours=ALWAYS)
    moments = upcoming(view, dt.datetime(2026, 10, 24, 12, tzinfo=UTC), dt.datetime(2026, 10, 25, 12, tzinfo=UTC))
    assert [m.at for m in moments] == [dt.datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]


def test_another_time_zone_moves_the_hour_with_her():
    assert next_after(replace(VIEW, zone="Europe/Tirane"), dt.datetime(2026, 2, 1, tzinfo=UTC)).at == dt.datetime(2026, 2, 3, 10, tzinfo=UTC)


def test_jitter_is_the_same_each_time_differs_by_day_and_stays_in_the_window():
    view = replace(VIEW, at_time=dt.time(16, 30), jitter_minutes=120)
    once, twice = year(view), year(view)
    assert once == twice
    times = {m.at.astimezone(LONDON).time() for m in once}
    assert len(times) > 10
    assert min(times) >= dt.time(16, 30) and max(times) < dt.time(17)
    assert year(replace(view, person_id=2)) != once


def test_nothing_before_the_pause_ends_or_after_the_review_date():
    view = replace(VIEW, paused_until=dt.datetime(2026, 2, 10, tzinfo=UTC), review_on=dt.date(2026, 2, 17))
    assert [m.day.day for m in year(view)] == [10, 17]
    assert next_after(view, dt.datetime(2026, 2, 17, 12, tzinfo=UTC)) is None


def test_her_own_wish_comes_instead_of_the_regular_ones_before_it():
    view = replace(VIEW, moved_to=dt.datetime(2026, 2, 12, 15, tzinfo=UTC))
    moments = upcoming(view, dt.datetime(2026, 2, 2, tzinfo=UTC), dt.datetime(2026, 2, 20, tzinfo=UTC))
    assert [(m.day.day, m.why) for m in moments] == [(12, "her own wish"), (17, None)]


def test_her_own_wish_is_kept_inside_safe_hours_that_changed_since():
    view = replace(VIEW, moved_to=dt.datetime(2026, 2, 12, 20, tzinfo=UTC))
    assert next_after(view, dt.datetime(2026, 2, 2, tzinfo=UTC)).at == dt.datetime(2026, 2, 13, 9, tzinfo=UTC)


def test_on_the_day_of_her_wish_the_regular_one_is_left_out():
    view = replace(VIEW, moved_to=dt.datetime(2026, 2, 3, 9, 30, tzinfo=UTC))
    assert local(view, upcoming(view, dt.datetime(2026, 2, 2, tzinfo=UTC), dt.datetime(2026, 2, 9, tzinfo=UTC))) == ["Tue 03 Feb 09:30"]


def test_a_plan_that_may_not_send_has_no_moments():
    assert year(replace(VIEW, live=False)) == []
    assert next_after(replace(VIEW, live=False), dt.datetime(2026, 2, 1, tzinfo=UTC)) is None


def test_no_safe_hours_at_all_means_no_moments():
    assert year(replace(VIEW, hours={})) == []


@pytest.mark.parametrize("rule", ["", "FREQ=HOURLY", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;BYHOUR=3", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
                                  "FREQ=DAILY;INTERVAL=x", "FREQ=DAILY;UNTIL=20250101", "DTSTART:20200101\nRRULE:FREQ=DAILY"])
def test_rules_that_cannot_be_used_are_refused(rule):
    with pytest.raises(RuleWrong):
        check_rule(rule, dt.date(2026, 1, 1))


@pytest.mark.parametrize("rule", ["FREQ=WEEKLY;BYDAY=TU", "FREQ=DAILY;INTERVAL=10", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;INTERVAL=2"])
def test_rules_that_can_be_used_pass(rule):
    check_rule(rule, dt.date(2026, 1, 1))


# Laws

ZONES = st.sampled_from(["Europe/London", "Europe/Tirane", "America/Sao_Paulo", "Asia/Ho_Chi_Minh", "Australia/Lord_Howe", "Africa/Asmara", "Asia/Tehran"])
RULES = st.sampled_from(["FREQ=DAILY", "FREQ=DAILY;INTERVAL=3", "FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=MO,TH,SU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=FR",
                         "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=MONTHLY;BYMONTHDAY=1,15"])
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@st.composite
def windows(draw):
    first, second = sorted([draw(TIMES), draw(TIMES)])
    return [] if first == second else [[first.strftime("%H:%M"), second.strftime("%H:%M")]]


HOURS = st.fixed_dictionaries({day: windows() for day in WEEKDAYS})
DATES = st.dates(dt.date(2026, 1, 1), dt.date(2026, 12, 31))
VIEWS = st.builds(PlanView, person_id=st.integers(1, 10**6), rule=RULES, starts_on=DATES, at_time=TIMES, zone=ZONES, hours=HOURS,
                  never=st.lists(DATES.map(dt.date.isoformat), max_size=6), jitter_minutes=st.integers(0, 180),
                  moved_to=st.none() | st.datetimes(dt.datetime(2026, 1, 1), dt.datetime(2026, 12, 1), timezones=st.just(UTC)))
STARTS = DATES.map(lambda d: dt.datetime.combine(d, dt.time(), UTC))


@given(VIEWS, STARTS)
def test_law_every_moment_is_safe_in_order_and_one_a_local_day(view, start):
    moments = upcoming(view, start, start + dt.timedelta(days=60))
    assert all(is_safe(m.at, view.zone, view.hours, view.never) for m in moments)
    assert all(m.day == m.at.astimezone(ZoneInfo(view.zone)).date() for m in moments)
    assert all(a.at < b.at and a.day < b.day for a, b in zip(moments, moments[1:], strict=False))
    assert all(start <= m.at < start + dt.timedelta(days=60) for m in moments)


@given(VIEWS, STARTS, st.integers(1, 59))
def test_law_a_range_cut_in_two_gives_the_same_moments(view, start, cut):
    middle, end = start + dt.timedelta(days=cut, hours=7), start + dt.timedelta(days=61)
    assert upcoming(view, start, middle) + upcoming(view, middle, end) == upcoming(view, start, end)


@given(VIEWS, STARTS)
def test_law_following_next_after_next_gives_the_same_moments(view, start):
    end, found, at = start + dt.timedelta(days=40), [], start - dt.timedelta(microseconds=1)
    while (moment := next_after(view, at)) is not None and moment.at < end:
        found.append(moment)
        at = moment.at
    assert found == upcoming(view, start, end)


@settings(max_examples=60)
@given(ZONES, TIMES, st.integers(0, 180))
def test_law_with_safe_days_the_clocks_neither_lose_nor_double_a_day(zone, at_time, jitter):
    view = PlanView(1, "FREQ=DAILY", dt.date(2026, 1, 1), at_time, zone, ALWAYS, jitter_minutes=jitter)
    if at_time >= dt.time(23, 59):
        return  # the last minute of the day lies outside "all day"
    days = [m.day for m in upcoming(view, dt.datetime(2026, 1, 2, tzinfo=UTC), dt.datetime(2027, 1, 1, tzinfo=UTC))]
    assert days == [days[0] + dt.timedelta(days=n) for n in range(len(days))]
    assert len(days) >= 363
