"""Check-ins through time, on both databases: asked, repeated, handed to people; nothing twice, nothing lost."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select, text

from casefile.encryption import KeyRing
from casefile.models import Alert, AlertEvent, Checkin, Inbound, Outbox, Person, Plan, PlanChange
from casefile.vocabulary import AlertKind, AlertState, Channel, CheckinState, InboundState, OutboxState, Purpose, Urgency
from checkins import outage, telling
from checkins.answers import answered
from checkins.changes import ChangeGone, revert
from checkins.plans import resume
from checkins.run import plan_due, wake_due
from escalation.alerts import acknowledge
from escalation.policy import end_of_day
from escalation.run import escalate_due
from tests.cast import OFFICE
from tests.checkins.conftest import DAY, HOUR, MINUTE, NOW


def states(house):
    return [c.state for c in house.checkins()]


def test_a_due_plan_asks_once_in_her_language_and_sets_its_next_time(house):
    person_id = house.add()
    house.tick()
    [asked] = house.sent()
    assert (asked.text_key, asked.language, asked.channel, asked.purpose) == ("checkin.intro", "sq", Channel.SMS, Purpose.CHECKIN)
    assert asked.dedupe == f"checkin:{house.checkins()[0].id}:step:0"
    assert house.plan(person_id).next_at == NOW + 7 * DAY
    assert house.get(Person, person_id).awaiting == "checkin"
    house.tick()
    assert len(house.sent()) == 1


def test_silence_is_repeated_once_then_a_person_is_told_and_told_again_until_the_manager(house):
    house.add()
    house.tick()
    house.heard("delivered")
    house.until(NOW + 24 * HOUR)
    assert len(house.sent()) == 2
    assert [row.text_key for row in house.sent()] == ["checkin.intro", "checkin.ask.plain"]
    assert house.alerts() == []
    house.until(NOW + 48 * HOUR)
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency, alert.key) == (AlertKind.SILENCE, Urgency.ROUTINE, f"silence:{house.checkins()[0].id}")
    assert alert.why[0].startswith("No answer for 48 hours")
    [call] = house.calls()
    assert (call.alert_id, call.why) == (alert.id, "silence")
    house.until(NOW + 72 * HOUR)
    assert "professional" in house.alerts()[0].why[1]
    house.until(NOW + 96 * HOUR)
    assert "manager" in house.alerts()[0].why[2]
    assert [(page.alert_id, page.staff_id) for page in house.pages()] == [(alert.id, 2)]
    with house.database.write() as session:
        acknowledge(session, alert.id, house.staff_id(), house.now)
    house.until(NOW + 119 * HOUR)
    assert len(house.pages()) == 1
    house.until(NOW + 120 * HOUR)
    [alert] = house.alerts()
    assert (alert.state, alert.run_at, len(house.pages())) == (AlertState.OPEN, end_of_day(house.now), 1), "told again until a person closes it"
    assert len(house.alerts()) == 1
    assert len(house.sent()) == 2


def test_an_answer_ends_it_and_nothing_more_is_asked_until_next_week(house):
    person_id = house.add()
    house.tick()
    with house.database.write() as session:
        assert answered(session, session.get_one(Person, person_id), 0, NOW + HOUR, clear=True).state is CheckinState.ANSWERED
    house.until(NOW + 6 * DAY)
    assert len(house.sent()) == 1
    assert house.alerts() == []
    assert states(house) == [CheckinState.ANSWERED]


def test_an_answer_also_ends_a_call_that_only_silence_asked_for_but_not_the_alert(house):
    person_id = house.add()
    house.until(NOW + 49 * HOUR)
    with house.database.write() as session:
        answered(session, session.get_one(Person, person_id), 0, house.now, clear=True)
    assert house.calls()[0].done_at == house.now
    assert house.alerts()[0].state is AlertState.OPEN


@pytest.mark.parametrize(("wrote", "state"), [(3 * HOUR, CheckinState.ANSWERED), (-3 * HOUR, CheckinState.ASKED)])
def test_what_she_wrote_during_an_outage_answers_what_had_been_asked_before_it(house, wrote, state):
    person_id = house.add()
    house.tick()
    house.set(Checkin, Checkin.id == 1, asked_at=NOW + 10 * HOUR)  # moved on by as long as the outage lasted
    with house.database.write() as session:
        message = Inbound(provider_sid="SM1", channel=Channel.SMS, person_id=person_id, from_address="x", to_address="y", from_hash="h", body="ok",
                          received_at=NOW + wrote, state=InboundState.WORKING)
        session.add(message)
        session.flush()
        answered(session, session.get_one(Person, person_id), message.id, NOW + 11 * HOUR, clear=True)
    assert states(house) == [state]


def test_an_unclear_answer_is_not_asked_again_but_a_person_still_comes(house):
    person_id = house.add()
    house.tick()
    with house.database.write() as session:
        assert answered(session, session.get_one(Person, person_id), 0, NOW + HOUR, clear=False) is not None
    house.until(NOW + 47 * HOUR)
    assert len(house.sent()) == 1
    assert house.checkins()[0].outcome == "unclear"
    house.until(NOW + 48 * HOUR)
    assert len(house.alerts()) == 1


@pytest.mark.parametrize(("waits", "repeats"), [(dt.timedelta(minutes=10), 1), (2 * HOUR, 2)])
def test_a_message_that_waits_to_be_judged_holds_the_ladder_back_but_not_for_ever(house, waits, repeats):
    person_id = house.add()
    house.tick()
    house.now = NOW + 24 * HOUR
    with house.database.write() as session:
        session.add(Inbound(provider_sid="SM1", channel=Channel.SMS, person_id=person_id, from_address="x", to_address="y", from_hash="h", body="ok",
                            received_at=house.now - waits, state=InboundState.READY, run_at=NOW))
    house.tick()
    assert len(house.sent()) == repeats
    assert house.checkins()[0].run_at > house.now


def test_after_an_alarm_there_is_no_repeat_and_people_are_told_in_half_the_time_as_urgent(house):
    person_id = house.add()
    with house.database.write() as session:
        session.add(Alert(key="m:1", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=person_id, state=AlertState.RESOLVED,
                          opened_at=NOW - 3 * DAY, last_message_at=NOW - 3 * DAY))
    house.until(NOW + 23 * HOUR)
    assert len(house.alerts()) == 1
    house.until(NOW + 24 * HOUR)
    silence = house.alerts()[-1]
    assert (silence.kind, silence.urgency) == (AlertKind.SILENCE, Urgency.URGENT)
    assert len(house.sent()) == 1
    assert house.pages()


@pytest.mark.parametrize(("kind", "faster"), [(AlertKind.MESSAGE, False), (AlertKind.DURESS, True)])
def test_a_false_alarm_makes_no_ladder_faster(house, kind, faster):
    person_id = house.add()
    with house.database.write() as session:
        session.add(Alert(key="m:1", kind=kind, urgency=Urgency.IMMEDIATE, person_id=person_id, state=AlertState.RESOLVED, outcome="false_alarm",
                          opened_at=NOW - 3 * DAY, last_message_at=NOW - 3 * DAY))
    house.tick()
    assert house.checkins()[0].faster is faster


@pytest.mark.parametrize(("kind", "outcome", "faster"), [
    (AlertKind.MESSAGE, "false_alarm", False), (AlertKind.MESSAGE, "safe", True), (AlertKind.REQUEST, "false_alarm", True)])
def test_distress_that_was_misread_makes_no_ladder_faster(house, kind, outcome, faster):
    person_id = house.add()
    with house.database.write() as session:
        alert = Alert(key="m:1", kind=kind, urgency=Urgency.URGENT, person_id=person_id, state=AlertState.RESOLVED, outcome=outcome,
                      opened_at=NOW - 30 * DAY, last_message_at=NOW - 30 * DAY)
        session.add(alert)
        session.flush()
        session.add(Inbound(provider_sid="SM1", channel=Channel.SMS, person_id=person_id, from_address="x", to_address="y", from_hash="h", body="-",
                            received_at=NOW - DAY, state=InboundState.DONE, concerns=["distress"], alert_id=alert.id))
    house.tick()
    assert house.checkins()[0].faster is faster


def test_the_ladder_goes_on_where_the_reasons_of_its_alert_cannot_be_read(house):
    house.add()
    house.until(NOW + 48 * HOUR)
    [silence] = house.alerts()
    with house.database.write() as session:
        session.execute(text("update alert set why = :value"), {"value": KeyRing(("another-key " * 4,)).encrypt("[]")})
    house.until(NOW + 72 * HOUR)
    with house.database.read() as session:
        told = session.scalars(select(AlertEvent).where(AlertEvent.alert_id == silence.id, AlertEvent.what == "still no word")).one()
        assert "agreed professional" in told.detail["why"][0]


@pytest.mark.parametrize("taken", [True, False])
def test_a_silence_that_becomes_urgent_is_told_anew_whoever_had_taken_the_task(house, taken):
    person_id = house.add()
    house.until(NOW + 48 * HOUR)
    [silence] = house.alerts()
    with house.database.write() as session:
        if taken:
            acknowledge(session, silence.id, house.staff_id(), house.now)
        session.add(Alert(key="m:1", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=person_id, state=AlertState.RESOLVED,
                          opened_at=house.now, last_message_at=house.now))
    house.until(NOW + 72 * HOUR)
    risen = house.get(Alert, silence.id)
    assert (silence.urgency, risen.urgency, risen.state, risen.acknowledged_by) == (Urgency.ROUTINE, Urgency.URGENT, AlertState.OPEN, None)
    assert [(page.alert_id, page.staff_id) for page in house.pages()] == [(silence.id, house.staff_id())]
    assert risen.run_at > house.now, "then the next person"


@pytest.mark.parametrize("sign", ["duress ever", "distress in the last text", "a day of stress", "contact by the exploiters"])
def test_every_sign_makes_the_ladder_faster(house, sign):
    from casefile.models import CallAttempt, WelfareCall
    more = {"stress_dates": [{"on": (NOW + 2 * DAY).date().isoformat(), "why": "court"}]} if sign == "a day of stress" else {}
    person_id = house.add(**more)
    with house.database.write() as session:
        if sign == "duress ever":
            session.add(Alert(key="m:1", kind=AlertKind.DURESS, urgency=Urgency.IMMEDIATE, person_id=person_id, state=AlertState.RESOLVED,
                              opened_at=NOW - 300 * DAY))
        if sign == "distress in the last text":
            # A call to our number after it, without a word, takes nothing back.
            for sid, channel, concern in (("SM1", Channel.SMS, "distress"), ("CA" + "1" * 32, Channel.VOICE, "unclear")):
                session.add(Inbound(provider_sid=sid, channel=channel, person_id=person_id, from_address="x", to_address="y", from_hash="h", body="-",
                                    received_at=NOW - DAY, state=InboundState.DONE, concerns=[concern]))
        if sign == "contact by the exploiters":
            call = WelfareCall(person_id=person_id, why="asked", due_from=NOW, created_at=NOW, done_at=NOW)
            session.add(call)
            session.flush()
            session.add(CallAttempt(call_id=call.id, staff_id=house.staff_id(), at=NOW - DAY, outcome="reached_concern", contact_band="this_week"))
    house.tick()
    assert house.checkins()[0].faster is True


def test_nothing_in_her_past_means_the_ordinary_ladder(house):
    house.add()
    house.tick()
    assert house.checkins()[0].faster is False


def test_a_message_that_did_not_arrive_is_tried_another_agreed_way_at_once(house):
    house.add(channels=(Channel.WHATSAPP, Channel.SMS))
    house.tick()
    house.heard("undelivered", 30003)
    house.tick(after=dt.timedelta(minutes=1))
    first, second = house.sent()
    assert (first.channel, second.channel) == (Channel.WHATSAPP, Channel.SMS)
    house.until(NOW + 47 * HOUR)
    assert house.alerts() == []
    house.until(NOW + 48 * HOUR)
    assert len(house.alerts()) == 1


def test_not_arriving_twice_is_urgent_and_is_not_called_silence(house):
    house.add()
    house.tick()
    house.heard("undelivered", 30003)
    house.tick(after=dt.timedelta(minutes=1))
    assert len(house.sent()) == 1
    house.until(NOW + 25 * HOUR)
    house.heard("undelivered", 30003)
    house.tick(after=dt.timedelta(minutes=1))
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency) == (AlertKind.DELIVERY, Urgency.URGENT)
    assert "do not arrive" in alert.why[0]
    assert house.calls()[0].why == "not_reached_by_text"


def test_a_number_that_is_gone_is_suspended_and_a_person_told_at_once(house):
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    house.tick()
    house.heard("number_gone", 30005)
    house.tick(after=dt.timedelta(minutes=1))
    from casefile.models import Address
    assert all(a.suspended_at is not None for a in house.all(Address) if a.person_id == person_id)
    [alert] = house.alerts()
    assert alert.kind is AlertKind.DELIVERY
    house.until(NOW + 3 * DAY)
    assert len(house.sent()) == 1


def test_a_block_at_the_provider_ends_asking_on_every_channel_and_tells_a_person(house):
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    house.tick()
    house.heard("opted_out", 21610)
    house.tick(after=dt.timedelta(minutes=1))
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency) == (AlertKind.DELIVERY, Urgency.ROUTINE)
    assert states(house) == [CheckinState.CALL_DUE]
    assert "her plan is paused; ask her by another agreed route" in alert.why[0]
    house.until(NOW + 8 * DAY)
    assert len(house.sent()) == 1
    assert len(house.alerts()) == 1
    assert "manager" in house.alerts()[0].why[-1]
    with pytest.raises(ChangeGone), house.database.write() as session:
        revert(session, house.all(PlanChange)[-1].id, house.staff_id(), house.now)
    with house.database.write() as session:
        resume(session, person_id, house.staff_id(), house.now)
    house.until(NOW + 15 * DAY)
    assert [m.channel for m in house.sent()][1:2] == [Channel.WHATSAPP], "the block still holds where it was made"
    assert house.plan(person_id).paused is False


def test_our_own_fault_suspends_the_ladder_and_raises_one_alert_naming_everybody(house):
    for ref, number in (("ARTA", "+447700900201"), ("LINH", "+447700900202")):
        house.add(ref, number=number)
    house.tick()
    for row in house.sent():
        with house.database.write() as session:
            from checkins.outcomes import delivery_heard
            queued = session.get_one(Outbox, row.id)
            queued.state, queued.error_code, queued.run_at = OutboxState.FAILED, 20003, None
            delivery_heard(session, queued, "refused", house.now)
    house.tick(after=dt.timedelta(seconds=1))
    assert states(house) == [CheckinState.SUSPENDED] * 2
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency, alert.person_id) == (AlertKind.SYSTEM, Urgency.URGENT, None)
    assert any("ARTA" in line and "LINH" in line for line in alert.why)
    house.until(NOW + 2 * HOUR)
    assert len(house.sent()) == 4  # asked once more when the hour was over, by the repeat's step
    assert len(house.alerts()) == 1


def test_an_outage_holds_all_ladders_and_they_go_on_by_as_much_later(house):
    house.add()
    house.tick()
    house.heard("delivered")
    house.until(NOW + 20 * HOUR)
    for hour in range(10):
        with house.database.write() as session:
            for n in range(3):
                session.add(Outbox(dedupe=f"x:{hour}:{n}", token=f"x{hour}.{n}", purpose=Purpose.PAGE, channel=Channel.SMS, body="-",
                                   staff_id=house.staff_id(), state=OutboxState.UNKNOWN, created_at=house.now + 50 * MINUTE))
        house.tick(after=HOUR)
        assert states(house) == [CheckinState.SUSPENDED]
    assert [a.kind for a in house.alerts()] == [AlertKind.SYSTEM]
    assert len(house.sent()) == 1
    house.until(NOW + 32 * HOUR)
    assert states(house) == [CheckinState.ASKED]
    assert NOW + 34 * HOUR <= house.checkins()[0].run_at <= NOW + 36 * HOUR
    house.until(NOW + 62 * HOUR)
    assert [a.kind for a in house.alerts()] == [AlertKind.SYSTEM, AlertKind.SILENCE]


def test_three_newest_sends_failing_by_our_fault_are_an_outage_until_one_works(house):
    for n in range(3):
        house.add(f"P{n}", number=f"+44770090021{n}")
    house.tick()
    house.set(Outbox, Outbox.purpose == Purpose.CHECKIN, state=OutboxState.UNKNOWN, fault="no answer in time", run_at=None)
    house.tick(after=dt.timedelta(seconds=11))
    assert states(house) == [CheckinState.SUSPENDED] * 3
    with house.database.read() as session:
        assert outage.is_on(session)
    newest = house.sent()[-1]
    house.set(Outbox, Outbox.id == newest.id, state=OutboxState.SENT)
    house.tick(after=dt.timedelta(seconds=11))
    with house.database.read() as session:
        assert not outage.is_on(session)
    house.tick(after=dt.timedelta(seconds=1))
    assert CheckinState.SUSPENDED not in states(house)


def test_another_outage_opens_the_acknowledged_alert_again_but_one_that_flaps_does_so_once_an_hour(house):
    person_id = house.add(next_at=None)

    def outage_at(after):
        """An outage begins and is over again; returns how often people have been paged."""
        house.now = NOW + after
        for act in (outage.suspend_for_outage, outage.resume):
            with house.database.write() as session:
                act(session, house.now)
        escalate_due(house.database, "test", house.now)
        return len(house.pages())

    with house.database.write() as session:
        session.add(Checkin(person_id=person_id, planned_at=NOW, state=CheckinState.ASKED, step=0, step_at=NOW, asked_at=NOW, run_at=NOW + 90 * DAY))
    assert outage_at(0 * DAY) == 1
    [alert] = house.alerts()
    with house.database.write() as session:
        acknowledge(session, alert.id, house.staff_id(), NOW + MINUTE)
    assert [outage_at(n * MINUTE) for n in (2, 3, 4)] == [1, 1, 1]
    assert escalate_due(house.database, "test", NOW + 61 * MINUTE) == 1
    assert (len(house.pages()), house.alerts()[0].state) == (2, AlertState.OPEN)
    with house.database.write() as session:
        acknowledge(session, alert.id, house.staff_id(), NOW + 62 * MINUTE)
    assert outage_at(7 * DAY) == 3, "a week later the same people are touched"
    assert len(house.alerts()) == 1


def test_refusals_of_her_own_number_are_no_outage(house):
    for n in range(3):
        house.add(f"P{n}", number=f"+44770090021{n}")
    house.tick()
    house.set(Outbox, Outbox.purpose == Purpose.CHECKIN, state=OutboxState.FAILED, error_code=21614, run_at=None)
    house.tick(after=dt.timedelta(seconds=11))
    with house.database.read() as session:
        assert not outage.is_on(session)


def test_work_that_comes_too_late_is_reported_and_asked_in_the_next_safe_hours(house):
    person_id = house.add(hours=OFFICE)
    plan_due(house.database, NOW)
    house.now = NOW + 9 * HOUR  # nine in the evening
    wake_due(house.database, house.catalogue, "test", house.now)
    assert house.sent() == []
    [alert] = house.alerts()
    assert alert.kind is AlertKind.SYSTEM
    assert any("ARTA" in line for line in alert.why)
    house.now = NOW + 21 * HOUR
    wake_due(house.database, house.catalogue, "test", house.now)
    assert len(house.sent()) == 1
    assert house.checkins()[0].late is True
    assert len([a for a in house.alerts() if a.key.startswith("late:")]) == 1
    assert house.get(Person, person_id).awaiting == "checkin"


def test_a_worker_that_was_away_says_who_was_due_meanwhile(house):
    house.add(next_at=NOW + HOUR)
    house.tick()
    house.tick(after=5 * HOUR)
    [alert] = house.alerts()
    assert alert.key.startswith("away:")
    assert any("ARTA" in line for line in alert.why)
    assert len(house.sent()) == 1
    with house.database.write() as session:
        acknowledge(session, alert.id, house.staff_id(), house.now)
    house.tick(after=8 * DAY)
    away = [a for a in house.alerts() if a.key.startswith("away:")]
    assert [a.state for a in away] == [AlertState.ACKNOWLEDGED, AlertState.OPEN], "another absence is told anew"


def test_missed_days_of_a_daily_plan_become_one_check_in(house):
    house.add(rule="FREQ=DAILY")
    house.now = NOW + 5 * DAY + HOUR
    house.tick()
    assert len(house.checkins()) == 1
    assert len(house.sent()) == 1


def test_an_open_check_in_is_never_closed_by_the_next_and_she_is_not_asked_twice_at_once(house):
    house.add(rule="FREQ=DAILY")
    house.until(NOW + 3 * DAY + 2 * HOUR)
    asked = house.sent()
    assert len(asked) == 4  # four days, four questions: a repeat on top would be one too many
    assert len({row.created_at.date() for row in asked}) == 4
    assert CheckinState.CLOSED not in states(house)
    assert len([a for a in house.alerts() if a.kind is AlertKind.SILENCE]) == 2


def test_while_a_colleague_holds_the_conversation_she_is_asked_by_her(house):
    person_id = house.add()
    house.set(Person, Person.id == person_id, taken_over_by=house.staff_id(), taken_over_at=NOW)
    house.tick()
    assert house.sent() == []
    assert "colleague holds" in house.alerts()[0].why[0]
    assert house.alerts()[0].kind is AlertKind.DELIVERY


@pytest.mark.parametrize("gap", [{"consent": False}, {"safe_to_contact": False}, {"opted_out_at": NOW}, {"suspended_at": NOW},
                                 {"review_by": NOW.date() - DAY}])
def test_without_an_agreed_way_nothing_is_sent_and_a_person_is_told(house, gap):
    person_id = house.add()
    house.address(person_id, **gap)
    house.tick()
    assert house.sent() == []
    assert "no agreed way" in house.alerts()[0].why[0]


@pytest.mark.parametrize("gap", [{"confirmed_at": None}, {"paused": True}, {"inbound_only": True}, {"consent_withdrawn_at": NOW}])
def test_a_plan_that_may_not_ask_makes_no_check_in(house, gap):
    house.add(**gap)
    house.tick()
    assert house.checkins() == []


def test_a_resolved_alert_closes_the_check_in(house):
    house.add()
    house.until(NOW + 49 * HOUR)
    house.set(Alert, Alert.id == house.alerts()[0].id, state=AlertState.RESOLVED)
    house.until(NOW + 73 * HOUR)
    assert states(house) == [CheckinState.CLOSED]
    assert house.checkins()[0].run_at is None
    assert [(c.done_at is not None, c.outcome) for c in house.calls()] == [(True, "handled")], "nobody rings her once more"


def test_a_resolved_alert_ends_the_call_at_once_and_no_other_alert_does(house):
    house.add()
    house.until(NOW + 49 * HOUR)
    alert = house.alerts()[0].id
    for state, ends in ((AlertState.ACKNOWLEDGED, False), (AlertState.RESOLVED, True)):
        house.set(Alert, Alert.id == alert, state=state)
        with house.database.write() as session:
            telling.resolved(session, alert, NOW + 49 * HOUR)
        house.tick()
        assert [c.done_at is not None for c in house.calls()] == [ends]


def test_scale_shortens_every_wait(house):
    house.add()
    house.tick(scale=0.0001)
    house.tick(after=dt.timedelta(seconds=9), scale=0.0001)
    assert len(house.sent()) == 2
    house.tick(after=dt.timedelta(seconds=9), scale=0.0001)
    assert "No answer for" in house.alerts()[0].why[0]


def test_voice_check_ins_queue_a_call_with_the_content_free_prompt(house):
    house.add(channels=(Channel.VOICE,))
    house.tick()
    [call] = house.sent()
    assert (call.channel, call.text_key) == (Channel.VOICE, "voice.intro")


def test_a_message_may_not_leave_after_the_safe_hours(house):
    house.add(hours=OFFICE)
    house.tick()
    assert house.sent()[0].not_after == NOW + 5 * HOUR


def test_one_bad_row_does_not_hold_up_the_others_and_a_person_is_told(house):
    bad = house.add("BAD1", number="+447700900299")
    house.set(Plan, Plan.person_id == bad, ladder=[{"do": "nonsense"}])
    house.add("GOOD")
    house.tick()
    assert [row.person_id for row in house.sent()] == [p.id for p in house.all(Person) if p.ref == "GOOD"]
    [alert] = house.alerts()
    assert (alert.key, alert.urgency) == (f"checkin-failed:{[c for c in house.checkins() if c.person_id == bad][0].id}", Urgency.URGENT)
    assert [c for c in house.checkins() if c.person_id == bad][0].run_at > house.now


def test_a_plan_that_cannot_be_read_is_told_and_does_not_hold_up_the_others(house):
    bad = house.add("BAD1", number="+447700900299", rule="FREQ=NEVER")
    house.add("GOOD")
    house.tick()
    assert house.plan(bad).next_at is None
    assert any(a.key.startswith("plan-broken:") for a in house.alerts())
    assert len(house.sent()) == 2


def test_two_workers_at_once_ask_once(house):
    from concurrent.futures import ThreadPoolExecutor
    for n in range(30):
        house.add(f"P{n}", number=f"+4477009003{n:02d}")
    plan_due(house.database, NOW)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda n: wake_due(house.database, house.catalogue, f"w{n}", NOW, limit=7), range(3)))
    while wake_due(house.database, house.catalogue, "w", NOW):
        pass
    with house.database.read() as session:
        asked = session.scalars(select(Outbox.person_id).where(Outbox.purpose == Purpose.CHECKIN)).all()
    assert len(asked) == len(set(asked)) == 30


def test_every_open_check_in_always_has_a_wake_time(house):
    house.add()
    for hour in range(0, 120):
        house.tick(after=HOUR)
        if hour == 3:
            house.heard("our_fault", 30007)
        for checkin in house.checkins():
            assert checkin.state in (CheckinState.ANSWERED, CheckinState.CLOSED, CheckinState.CANCELLED) or checkin.run_at is not None
    assert isinstance(house.checkins()[0], Checkin)


def test_a_record_that_cannot_be_decrypted_is_still_asked_and_its_silence_still_reaches_a_person(house):
    person_id = house.add()
    with house.database.write() as session:
        session.execute(text("UPDATE person SET name = :junk"), {"junk": b"junk"})
        session.execute(text("UPDATE address SET address = :junk"), {"junk": b"junk"})
    house.until(NOW + 48 * HOUR)
    with house.database.read() as session:
        assert len(session.scalars(select(Outbox.id).where(Outbox.person_id == person_id)).all()) == 2
        assert session.scalars(select(Alert.key).where(Alert.person_id == person_id)).all() == ["silence:1"]
    assert len(house.calls()) == 1


def test_a_call_that_a_machine_took_did_not_reach_her_and_is_tried_another_way(house):
    house.add(channels=(Channel.VOICE, Channel.SMS))
    house.tick()
    house.set(Outbox, Outbox.purpose == Purpose.CHECKIN, state=OutboxState.SENT, provider_status="completed", answered_by="machine_start", run_at=None)
    house.until(NOW + 24 * HOUR)
    assert [row.channel for row in house.sent()] == [Channel.VOICE, Channel.SMS]


def test_a_whatsapp_message_that_went_as_an_sms_is_repeated_as_one(house):
    house.add(channels=(Channel.WHATSAPP, Channel.SMS))
    house.tick()
    house.set(Outbox, Outbox.purpose == Purpose.CHECKIN, channel=Channel.SMS)
    house.heard("delivered")
    house.until(NOW + 24 * HOUR)
    assert house.sent()[1].channel is Channel.SMS
