"""What she steers by her own texts: done, written down, shown to the caseworker, and put back when asked."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import text

from casefile.models import Address, Alert, Inbound, Outbox, Person, PlanChange
from casefile.vocabulary import LANGUAGES, AlertKind, Channel, CheckinState, InboundState, OutboxState, Urgency
from checkins import changes, steering
from checkins.answers import answered
from escalation.alerts import raise_alert
from tests.cast import OFFICE
from tests.checkins.conftest import DAY, HOUR, NOW


def act(house, person_id, what, **wishes):
    with house.database.write() as session:
        return steering.apply(session, session.get_one(Person, person_id), what, wishes, house.now)


def wrote(house, person_id, **more):
    with house.database.write() as session:
        row = Inbound(**{"provider_sid": f"SM{len(house.all(Inbound))}", "channel": Channel.SMS, "person_id": person_id, "from_address": "x",
                         "to_address": "y", "from_hash": "h", "body": "STOP", "received_at": house.now, "state": InboundState.WORKING, **more})
        session.add(row)
        session.flush()
        return row.id


def test_stop_ends_everything_and_tells_a_person_to_ask_another_way(house):
    person_id = house.add()
    house.tick()
    with house.database.write() as session:
        person = session.get_one(Person, person_id)
        message = Inbound(provider_sid="SM1", channel=Channel.SMS, person_id=person_id, from_address="x", to_address="y", from_hash="h", body="STOP",
                          received_at=NOW, state=InboundState.WORKING, concerns=["stop"], language="sq")
        session.add(message)
        session.flush()
        assert answered(session, person, message.id, NOW, clear=True) is not None
        assert steering.apply(session, person, "stop", {}, NOW).reply is None
    assert [(c.state, c.outcome, c.run_at) for c in house.checkins()] == [(CheckinState.CANCELLED, "stopped", None)]
    assert house.sent()[0].state is OutboxState.CANCELLED
    assert house.plan(person_id).next_at is None
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency) == (AlertKind.STOPPED, Urgency.ROUTINE)
    house.until(NOW + 10 * DAY, DAY)
    assert len(house.sent()) == 1


def test_stopping_twice_raises_one_alert(house):
    person_id = house.add()
    act(house, person_id, "stop")
    act(house, person_id, "stop")
    assert len(house.alerts()) == 1


def test_stop_while_an_alarm_is_open_is_urgent(house):
    person_id = house.add()
    with house.database.write() as session:
        raise_alert(session, key="a", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=person_id, now=NOW)
    act(house, person_id, "stop")
    assert house.alerts()[-1].urgency is Urgency.URGENT


@pytest.mark.parametrize("unusual", [{"language": "ru"}, {"received_at": NOW.replace(hour=3)}])
def test_stop_in_another_style_is_urgent(house, unusual):
    person_id = house.add()
    for _ in range(3):
        wrote(house, person_id, language="sq", received_at=NOW - 9 * DAY)
    wrote(house, person_id, **{"language": "sq", **unusual})
    act(house, person_id, "stop")
    assert house.alerts()[-1].urgency is Urgency.URGENT
    assert len(house.alerts()[-1].why) == 2


def test_stop_is_done_though_a_text_of_hers_cannot_be_read(house):
    person_id = house.add()
    wrote(house, person_id, language="sq")
    with house.database.write() as session:
        session.execute(text("update inbound set body = :body"), {"body": b"broken"})
    act(house, person_id, "stop")
    assert house.get(Person, person_id).stopped_at == NOW and house.alerts()[0].kind is AlertKind.STOPPED


def test_start_goes_on_and_opens_the_address_she_wrote_from(house):
    person_id = house.add()
    act(house, person_id, "stop")
    house.address(person_id, opted_out_at=NOW, last_inbound_at=NOW)
    assert act(house, person_id, "start").reply == "reply.started"
    assert house.get(Person, person_id).stopped_at is None
    assert house.all(Address)[0].opted_out_at is None
    assert house.plan(person_id).next_at == NOW + 7 * DAY


@pytest.mark.parametrize("plan", [{"review_on": (NOW - DAY).date()}, {"confirmed_at": None}, {"inbound_only": True}])
@pytest.mark.parametrize("stopped", [True, False])
def test_start_promises_nothing_where_the_plan_asks_nothing(house, plan, stopped):
    person_id = house.add(next_at=None, **plan)
    if stopped:
        house.set(Person, Person.id == person_id, stopped_at=NOW - 30 * DAY)
    assert act(house, person_id, "start").reply == "reply.person_reads"
    assert house.get(Person, person_id).stopped_at is None and house.plan(person_id).next_at is None
    assert [alert.why[0][:61] for alert in house.alerts()] == ["She asked us to write again, but by her plan nothing is asked"]


@pytest.mark.parametrize("hold", ["phone", "consent"])
def test_start_does_not_undo_a_lost_phone_or_withdrawn_consent(house, hold):
    from casefile.models import Plan
    person_id = house.add(**({"consent_withdrawn_at": NOW} if hold == "consent" else {}))
    if hold == "phone":
        house.set(Person, Person.id == person_id, suspended_at=NOW, stopped_at=NOW)
    assert act(house, person_id, "start").reply is None
    assert "speak with her first" in house.alerts()[-1].why[0]
    assert house.get(Person, person_id).suspended_at is not None or house.get(Plan, 1).consent_withdrawn_at is not None


def test_pause_until_a_day_says_that_day_in_her_language_and_keeps_to_it(house):
    person_id = house.add()
    house.tick()
    change = act(house, person_id, "pause", day=(NOW + 10 * DAY).date())
    assert (change.reply, steering.spoken(change.params, "sq")) == ("reply.paused_until", {"day": "e premte 4 dhjetor"})
    assert house.checkins()[0].state is CheckinState.ANSWERED
    assert house.plan(person_id).next_at == NOW + 14 * DAY
    assert "2026-12-04" in house.alerts()[-1].why[0]


def test_a_pause_beyond_the_furthest_day_is_a_person_s_to_arrange(house):
    person_id = house.add()
    assert act(house, person_id, "pause", day=(NOW + steering.FURTHEST_WISH + 2 * DAY).date()).reply == "reply.paused"
    assert house.plan(person_id).paused and house.plan(person_id).paused_until is None
    assert "arrange it with her" in house.alerts()[-1].why[0]


def test_a_pause_until_a_day_not_wholly_understood_has_no_end_and_a_person_reads_it(house):
    """ "until monday 14 december", of which the machine understood the Monday."""
    person_id = house.add()
    assert act(house, person_id, "pause", day=(NOW + 6 * DAY).date(), unclear=True).reply == "reply.paused"
    assert (house.plan(person_id).paused, house.plan(person_id).paused_until) == (True, None)
    assert "read her message" in house.alerts()[-1].why[0]


def test_pause_without_a_day_holds_until_start(house):
    person_id = house.add()
    assert act(house, person_id, "pause", day=None).reply == "reply.paused"
    house.until(NOW + 15 * DAY, DAY)
    assert house.sent() == []
    act(house, person_id, "start")
    assert house.plan(person_id).next_at > house.now


def test_a_day_takes_the_place_of_her_own_pause_without_an_end(house):
    person_id = house.add()
    act(house, person_id, "pause", day=None)
    assert act(house, person_id, "pause", day=(NOW + 6 * DAY).date()).reply == "reply.paused_until"
    assert (house.plan(person_id).paused, house.plan(person_id).next_at) == (False, NOW + 7 * DAY)


def pause_of(house, person_id, whose, until=None):
    """A pause that is not hers to end."""
    if whose == "block while paused":
        act(house, person_id, "pause", day=until.date() if until else None)
        house.address(person_id, opted_out_at=NOW)
        return
    values = {"paused": until is None, "paused_until": until}
    with house.database.write() as session:
        changes.make(session, person_id, changes.BLOCKED if whose == "block" else "paused", values, NOW, house.staff_id() if whose == "colleague" else None)


@pytest.mark.parametrize("whose", ["colleague", "block", "block while paused"])
def test_a_day_does_not_end_a_pause_that_is_not_hers(house, whose):
    person_id = house.add()
    pause_of(house, person_id, whose)
    assert act(house, person_id, "pause", day=(NOW + 6 * DAY).date()).reply == "reply.paused"
    assert (house.plan(person_id).paused, house.plan(person_id).next_at) == (True, None)
    assert "decide when it ends" in house.alerts()[-1].why[-1]


def test_a_day_before_the_end_of_a_colleague_s_pause_is_not_promised_and_one_after_it_is_kept(house):
    person_id = house.add()
    pause_of(house, person_id, "colleague", NOW + 10 * DAY)
    assert act(house, person_id, "pause", day=(NOW + 6 * DAY).date()).reply == "reply.paused"
    assert house.plan(person_id).paused_until == NOW + 10 * DAY
    assert act(house, person_id, "pause", day=(NOW + 15 * DAY).date()).reply == "reply.paused_until"
    assert house.plan(person_id).next_at == NOW + 21 * DAY


def test_another_time_ends_her_own_pause_and_can_be_put_back(house):
    person_id = house.add()
    act(house, person_id, "pause", day=(NOW + 20 * DAY).date())
    paused_until = house.plan(person_id).paused_until
    assert act(house, person_id, "reschedule", day=(NOW + DAY).date(), time=dt.time(15)).reply == "reply.moved"
    assert (house.plan(person_id).next_at, house.plan(person_id).paused_until) == (NOW + DAY + 3 * HOUR, None)
    assert "ends the pause" in house.alerts()[-1].why[-1]
    with house.database.write() as session:
        steering.revert(session, house.all(PlanChange)[-1].id, house.staff_id(), NOW + HOUR)
    assert house.plan(person_id).paused_until == paused_until


@pytest.mark.parametrize(("whose", "wish"), [("hers", {}), ("colleague", {"day": (NOW + DAY).date(), "time": dt.time(15)}),
                                             ("block while paused", {"day": (NOW + DAY).date(), "time": dt.time(15)})])
def test_later_alone_or_a_pause_that_is_not_hers_promises_no_time(house, whose, wish):
    person_id = house.add()
    if whose == "hers":
        act(house, person_id, "pause", day=(NOW + 20 * DAY).date())
    else:
        pause_of(house, person_id, whose, NOW + 20 * DAY)
    before = house.plan(person_id).next_at
    assert act(house, person_id, "reschedule", **wish).reply == "reply.later"
    assert house.plan(person_id).next_at == before and house.plan(person_id).paused_until > NOW
    assert "arrange it with her" in house.alerts()[-1].why[-1]


def test_later_asks_again_the_same_day_if_it_is_safe(house):
    person_id = house.add(hours=OFFICE)
    house.tick()
    change = act(house, person_id, "reschedule", day=None, time=None)
    assert (change.reply, change.params) == ("reply.later", {})
    assert [(c.state, c.outcome) for c in house.checkins()] == [(CheckinState.ANSWERED, "later")]
    assert house.plan(person_id).next_at == NOW + 4 * HOUR
    house.until(NOW + 5 * HOUR)
    assert len(house.sent()) == 2
    assert house.plan(person_id).next_at == NOW + 7 * DAY


def test_another_day_and_hour_are_said_back_and_kept(house):
    person_id = house.add(hours=OFFICE)
    change = act(house, person_id, "reschedule", day=(NOW + 2 * DAY).date(), time=dt.time(15, 30))
    assert (change.reply, steering.spoken(change.params, "sq")) == ("reply.moved", {"day": "e enjte 26 nëntor", "time": "15:30"})
    assert house.plan(person_id).next_at == NOW + 2 * DAY + 3.5 * HOUR
    assert "Thu 26 Nov at 15:30" in house.alerts()[-1].why[0]


def test_a_wish_that_was_asked_does_not_come_back_when_safe_hours_change(house):
    person_id = house.add(hours=OFFICE)
    house.tick()
    act(house, person_id, "reschedule", day=None, time=dt.time(15))
    house.until(NOW + DAY)
    assert len(house.checkins()) == 2
    with house.database.write() as session:
        changes.make(session, person_id, "changed", {"safe_hours": {day: [["10:00", "14:00"]] for day in ("tue", "fri")}}, house.now, house.staff_id())
    assert house.plan(person_id).next_at == NOW + 7 * DAY and house.plan(person_id).moved_to is None


def test_a_wish_on_a_check_in_s_own_day_takes_its_place(house):
    person_id = house.add(next_at=NOW + 7 * HOUR, at_time="18:00")
    act(house, person_id, "reschedule", day=None, time=dt.time(15))
    house.until(NOW + 5 * HOUR)
    with house.database.write() as session:
        changes.make(session, person_id, "changed", {"daily_cap": 3}, house.now, house.staff_id())
    house.until(NOW + DAY)
    assert len(house.checkins()) == 1 and house.plan(person_id).next_at > NOW + 2 * DAY


def test_a_wish_not_asked_yet_moves_with_safe_hours_and_is_asked_once(house):
    person_id = house.add(hours=OFFICE, next_at=NOW + 7 * DAY)
    act(house, person_id, "reschedule", day=None, time=dt.time(15))
    hours = {"tue": [["10:00", "14:00"]], "fri": [["10:00", "12:00"]]}
    with house.database.write() as session:
        changes.make(session, person_id, "changed", {"safe_hours": hours}, NOW + HOUR, house.staff_id())
    assert house.plan(person_id).next_at == NOW + 3 * DAY - 2 * HOUR
    house.until(NOW + 3 * DAY)
    assert [c.planned_at for c in house.checkins()] == [NOW + 3 * DAY - 2 * HOUR] and house.plan(person_id).next_at == NOW + 7 * DAY


def test_a_wish_outside_safe_hours_becomes_the_next_safe_hour_and_that_is_said(house):
    person_id = house.add(hours=OFFICE)
    change = act(house, person_id, "reschedule", day=(NOW + 2 * DAY).date(), time=dt.time(22))
    assert steering.spoken(change.params, "sq") == {"day": "e premte 27 nëntor", "time": "09:00"}
    assert house.plan(person_id).next_at == NOW + 3 * DAY - 3 * HOUR


@pytest.mark.parametrize("wish", [{"day": (NOW + 50 * DAY).date()}, {"day": (NOW + 20 * DAY).date(), "time": dt.time(9)}])
def test_a_wish_the_plan_does_not_allow_becomes_a_task(house, wish):
    person_id = house.add(review_on=(NOW + 15 * DAY).date())
    before = house.plan(person_id).next_at
    assert act(house, person_id, "reschedule", **wish).reply == "reply.later"
    assert house.plan(person_id).next_at == before
    assert "arrange it with her" in house.alerts()[-1].why[0]


def test_an_hour_alone_means_its_next_time(house):
    person_id = house.add()
    act(house, person_id, "reschedule", day=None, time=dt.time(9))
    assert house.plan(person_id).next_at == NOW + 21 * HOUR


def test_another_language_is_kept_and_shown(house):
    person_id = house.add()
    assert act(house, person_id, "change_language", language="ro").reply == "reply.language_changed"
    assert house.get(Person, person_id).language == "ro"
    assert "Romanian instead of Albanian" in house.alerts()[-1].why[0]


@pytest.mark.parametrize("language", [None, "xx"])
def test_a_language_that_was_not_understood_is_asked_for(house, language):
    person_id = house.add()
    assert act(house, person_id, "change_language", language=language).reply == "reply.which_language"
    assert house.get(Person, person_id).language == "sq"


def test_the_same_language_changes_nothing(house):
    person_id = house.add()
    act(house, person_id, "change_language", language="sq")
    assert house.alerts() == []


@pytest.mark.parametrize(("rule", "less"), [
    ("FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;BYDAY=TU;INTERVAL=2"), ("FREQ=WEEKLY;BYDAY=TU,FR", "FREQ=WEEKLY;BYDAY=TU"),
    ("FREQ=WEEKLY;BYDAY=TU;INTERVAL=2", "FREQ=WEEKLY;BYDAY=TU;INTERVAL=4"), ("FREQ=WEEKLY;BYDAY=TU;INTERVAL=4", None),
    ("FREQ=DAILY", "FREQ=DAILY;INTERVAL=2"), ("FREQ=MONTHLY", None),
])
def test_less_often_halves_until_once_a_month(rule, less):
    assert steering.seldomer(rule) == less


def test_less_often_is_kept_and_beyond_that_becomes_a_task_without_a_promise(house):
    person_id = house.add()
    assert [act(house, person_id, "less_often").reply for _ in range(3)] == ["reply.less_often", "reply.less_often", "reply.person_reads"]
    assert house.plan(person_id).rule == "FREQ=WEEKLY;BYDAY=TU;INTERVAL=4"
    assert any("talk it over" in why for a in house.alerts() for why in a.why)


def test_less_often_leaves_the_weekday_that_only_the_first_day_names(house):
    person_id = house.add(rule="FREQ=WEEKLY", starts_on=(NOW - 7 * DAY).date(), next_at=NOW + 7 * DAY)
    house.now = NOW + DAY
    act(house, person_id, "less_often")
    assert house.plan(person_id).rule == "FREQ=WEEKLY;BYDAY=TU;INTERVAL=2"
    assert house.plan(person_id).next_at == NOW + 14 * DAY


def test_another_channel_only_if_it_was_agreed(house):
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    assert act(house, person_id, "change_channel", channel=Channel.WHATSAPP, here=Channel.WHATSAPP).reply == "reply.channel_changed"
    assert house.plan(person_id).channels == ["whatsapp", "sms"]
    assert act(house, person_id, "change_channel", channel=Channel.VOICE).reply == "reply.person_reads"
    assert house.plan(person_id).channels == ["whatsapp", "sms"]


@pytest.mark.parametrize(("what", "wishes", "look"), [
    ("pause", {"day": None}, lambda h, p: h.plan(p).paused), ("change_language", {"language": "ro"}, lambda h, p: h.get(Person, p).language),
    ("reschedule", {"day": None, "time": dt.time(9)}, lambda h, p: h.plan(p).next_at), ("less_often", {}, lambda h, p: h.plan(p).rule),
])
def test_every_change_can_be_put_back_once_and_that_is_written_down(house, what, wishes, look):
    person_id = house.add(next_at=NOW + 7 * DAY)
    before = look(house, person_id)
    act(house, person_id, what, **wishes)
    assert look(house, person_id) != before
    change = house.all(PlanChange)[-1]
    with house.database.write() as session:
        steering.revert(session, change.id, house.staff_id(), NOW + HOUR)
    assert look(house, person_id) == before
    assert house.plan(person_id).next_at == NOW + 7 * DAY
    assert [c.by_staff_id for c in house.all(PlanChange)] == [None, house.staff_id()]
    with pytest.raises(steering.ChangeGone), house.database.write() as session:
        steering.revert(session, change.id, house.staff_id(), NOW + HOUR)


def test_a_stop_is_not_put_back(house):
    person_id = house.add()
    act(house, person_id, "stop")
    with pytest.raises(steering.ChangeGone, match="asked"), house.database.write() as session:
        steering.revert(session, house.all(PlanChange)[-1].id, house.staff_id(), NOW + HOUR)
    assert house.get(Person, person_id).stopped_at == NOW and len(house.all(PlanChange)) == 1


def test_what_waits_to_be_sent_is_taken_back(house):
    person_id = house.add()
    house.tick()
    act(house, person_id, "pause", day=None)
    assert house.all(Outbox)[0].state is OutboxState.CANCELLED


def test_an_act_without_a_plan_does_nothing(house):
    with house.database.write() as session:
        from tests import cast
        person = cast.person(session)
        session.query(steering.Plan).delete()
        assert steering.apply(session, person, "reschedule", {}, NOW) is None
        assert steering.apply(session, person, "dance", {}, NOW) is None


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_days_and_hours_can_be_said_in_every_language(code):
    assert "26" in steering.spoken_day(dt.date(2026, 11, 26), code)
    assert steering.spoken_time(dt.time(15, 5), code) == "15:05"


@pytest.mark.parametrize(("code", "said"), [("en", "Friday 4 December"), ("es", "viernes 4 de diciembre"), ("pt", "sexta-feira 4 de dezembro"), ("zh", "星期五 12月4日"),
                                            ("hu", "péntek december 4."), ("pl", "piątek 4 grudnia")])
def test_a_day_is_said_as_the_language_says_it(code, said):
    assert steering.spoken_day(dt.date(2026, 12, 4), code) == said


def test_the_first_of_a_month_is_an_ordinal_in_french():
    assert steering.spoken_day(dt.date(2026, 11, 1), "fr") == "dimanche 1er novembre"
    assert steering.spoken_day(dt.date(2026, 12, 21), "fr") == "lundi 21 décembre"


def test_the_caseworker_sees_one_task_for_several_wishes_of_a_day(house):
    person_id = house.add()
    act(house, person_id, "change_language", language="ro")
    act(house, person_id, "less_often")
    [alert] = house.all(Alert)
    assert (alert.kind, len(alert.why)) == (AlertKind.REQUEST, 2)


def test_the_channel_she_did_not_write_from_is_confirmed_in_words_that_fit_it(house):
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    assert act(house, person_id, "change_channel", channel=Channel.WHATSAPP, here=Channel.SMS).reply == "reply.other_way"


def test_only_one_channel_leaves_no_other_and_can_be_put_back(house):
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    act(house, person_id, "change_channel", channel=Channel.WHATSAPP, only=True)
    assert house.plan(person_id).channels == ["whatsapp"]
    assert "WhatsApp only" in house.alerts()[-1].why[0]
    with house.database.write() as session:
        steering.revert(session, house.all(PlanChange)[-1].id, house.staff_id(), house.now)
    assert house.plan(person_id).channels == ["sms", "whatsapp"]


@pytest.mark.parametrize("flaw", [{"consent": False}, {"suspended_at": NOW}, {"opted_out_at": NOW}, {"review_by": (NOW - DAY).date()}])
def test_a_channel_that_does_not_work_now_is_no_channel(house, flaw):
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    house.address(person_id, Channel.WHATSAPP, **flaw)
    assert act(house, person_id, "change_channel", channel=Channel.WHATSAPP).reply == "reply.person_reads"
    assert house.plan(person_id).channels == ["sms", "whatsapp"]


def test_the_channel_she_has_already_is_confirmed_and_nothing_changes(house):
    person_id = house.add()
    assert act(house, person_id, "change_channel", channel=Channel.SMS, here=Channel.SMS, only=True).reply == "reply.channel_changed"
    assert house.all(PlanChange) == [] and house.alerts() == []


def test_a_wrong_number_is_suspended_on_every_channel_and_her_check_in_comes_to_a_person(house):
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    house.tick()
    act(house, person_id, "wrong_number", address=house.all(Address)[0].id)
    assert all(a.suspended_at is not None for a in house.all(Address))
    assert [row.state for row in house.sent()] == [OutboxState.CANCELLED]
    house.until(NOW + 3 * DAY)
    assert len(house.sent()) == 1 and house.calls()


def test_said_to_be_under_18_ends_what_is_automatic_until_a_colleague_puts_it_back(house):
    person_id = house.add()
    house.tick()
    act(house, person_id, "under_age")
    assert [row.state for row in house.sent()] == [OutboxState.CANCELLED]
    assert house.plan(person_id).next_at is None
    house.until(NOW + 15 * DAY, DAY)
    assert len(house.sent()) == 1
    with house.database.write() as session:
        steering.revert(session, house.all(PlanChange)[-1].id, house.staff_id(), house.now)
    assert house.get(Person, person_id).adult and house.plan(person_id).next_at is not None
