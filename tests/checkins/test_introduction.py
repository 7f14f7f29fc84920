"""The first check-in at an address, and the first after a long gap, says that it is automated: once, whatever crashes."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casefile.models import Address, Checkin, Outbox
from casefile.vocabulary import Channel, OutboxState
from checkins import introduction, preview
from checkins.introduction import GAP, Thread, after, due
from checkins.run import plan_due, wake_due
from tests.checkins.conftest import DAY, HOUR, NOW

MOMENTS = st.integers(0, 400).map(lambda days: NOW + days * DAY)


@given(st.lists(MOMENTS, max_size=12).map(sorted))
def test_somebody_asked_is_told_within_the_gap_before_or_now(moments: list[dt.datetime]) -> None:
    thread, told = Thread(), []
    for at in moments:
        first = due(thread, at)
        assert first == (thread.last is None or at - thread.last > GAP)
        told.append(first)
        thread = after(thread, at)
    assert told[:1] in ([], [True])


def keys(house) -> list[str]:
    return [row.text_key for row in house.sent()]


def arrived(house) -> None:
    house.set(Outbox, Outbox.state == OutboxState.READY, state=OutboxState.SENT, run_at=None, provider_status="delivered")


def answer(house) -> None:
    house.set(Checkin, Checkin.run_at.is_not(None), state="answered", run_at=None)


def test_the_first_check_in_introduces_itself_and_the_repeat_asks(house):
    house.add()
    house.tick()
    arrived(house)
    house.until(NOW + 25 * HOUR)
    assert keys(house) == ["checkin.intro", "checkin.ask.plain"]


def test_week_after_week_it_is_said_once_and_again_after_a_long_gap(house):
    person_id = house.add(review_on=(NOW + 300 * DAY).date())
    house.address(person_id, review_by=(NOW + 300 * DAY).date())
    for _ in range(3):
        house.tick()
        arrived(house)
        answer(house)
        house.now += 7 * DAY
    house.now += 70 * DAY
    house.tick()
    assert keys(house) == ["checkin.intro", "checkin.ask.plain", "checkin.ask.plain", "checkin.intro"]


@pytest.mark.parametrize(("state", "more", "again"), [
    (OutboxState.READY, {}, False), (OutboxState.SENDING, {}, False), (OutboxState.UNKNOWN, {}, False), (OutboxState.SENT, {}, False),
    (OutboxState.FAILED, {}, False), (OutboxState.CANCELLED, {}, True), (OutboxState.FAILED, {"error_code": 21211}, True),
    (OutboxState.SENT, {"provider_status": "undelivered"}, True), (OutboxState.SENT, {"provider_status": "no-answer"}, True), (OutboxState.SENT, {"provider_status": "completed", "answered_by": "machine_start"}, True),
])
def test_only_what_is_known_not_to_have_reached_her_is_said_again(house, state, more, again):
    person_id = house.add()
    house.tick()
    with house.database.write() as session:
        row = session.scalars(select(Outbox)).one()
        row.state = state
        for name, value in more.items():
            setattr(row, name, value)
    with house.database.read() as session:
        known = introduction.threads(session, [person_id])
    assert due(known.get(house.all(Address)[0].id, Thread()), NOW + 7 * DAY) is again


def test_where_nothing_arrived_the_other_channel_is_told_too(house):
    house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    house.tick()
    house.heard("undelivered")
    house.tick(after=HOUR)
    house.until(NOW + 25 * HOUR)
    assert [(row.channel, row.text_key) for row in house.sent()] == [(Channel.SMS, "checkin.intro"), (Channel.WHATSAPP, "checkin.intro")]


@pytest.mark.parametrize(("number", "second"), [(None, "checkin.ask.plain"), ("another number", "checkin.intro")])
def test_what_goes_as_an_sms_for_want_of_a_template_introduces_itself_once_to_a_number(house, number, second):
    person_id = house.add(channels=(Channel.WHATSAPP, Channel.SMS))
    if number:
        house.address(person_id, Channel.SMS, address_hash=number)
    sms = next(a.id for a in house.all(Address) if a.channel is Channel.SMS)
    for _ in range(2):
        house.tick()
        house.set(Outbox, Outbox.state == OutboxState.READY, channel=Channel.SMS, address_id=sms)
        arrived(house)
        answer(house)
        house.now += 7 * DAY
    assert keys(house) == ["checkin.intro", second]


def test_what_was_texted_does_not_introduce_a_call(house):
    person_id = house.add(channels=(Channel.SMS, Channel.VOICE))
    house.tick()
    arrived(house)
    with house.database.read() as session:
        known = introduction.threads(session, [person_id])
    assert [due(known.get(a.id, Thread()), NOW + DAY) for a in house.all(Address)] == [False, True]


def test_a_call_is_introduced_in_its_own_words(house):
    house.add(channels=(Channel.VOICE,))
    house.tick()
    assert keys(house) == ["voice.intro"]


def test_a_crash_before_or_after_the_row_is_written_introduces_once(house):
    house.add()
    plan_due(house.database, house.now)
    with pytest.raises(RuntimeError), house.database.write() as session:
        from checkins.run import _claimed, _due, _move
        _move(session, house.catalogue, _claimed(session, _due(session, house.now, 10)), house.now, 1.0)
        raise RuntimeError("killed before the commit")
    assert house.sent() == []
    for _ in range(3):
        wake_due(house.database, house.catalogue, "another", house.now)
    assert keys(house) == ["checkin.intro"]


def test_the_preview_shows_it_once_and_where_no_way_is_agreed_not_at_all(house):
    person_id = house.add()
    with house.database.read() as session:
        shown = preview.person(session, person_id, NOW)
    assert [(c.text_key, c.introduces) for c in shown] == [("checkin.intro", True), ("checkin.ask.plain", False)]
    house.address(person_id, suspended_at=NOW)
    with house.database.read() as session:
        assert [c.introduces for c in preview.person(session, person_id, NOW)] == [False, False]
