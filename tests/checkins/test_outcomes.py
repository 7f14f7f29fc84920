"""What became of what we sent: told to whoever must know, and never mistaken for silence."""

from __future__ import annotations

import datetime as dt

import pytest

from casefile import encryption
from casefile.models import Address, Alert, AlertEvent, Checkin, Outbox, Person, PlanChange
from casefile.numbers import address_hash
from casefile.vocabulary import AlertKind, AlertState, Channel, CheckinState, Lane, OutboxState, Purpose, Urgency
from checkins.outcomes import FAILED, delivery_heard
from escalation.alerts import acknowledge, raise_alert
from escalation.run import escalate_due
from messaging.status import record_status
from tests.checkins.conftest import HOUR, MINUTE, NOW
from tests.conftest import TEST_KEY


def message(house, person_id, purpose=Purpose.HUMAN, **more):
    with house.database.write() as session:
        address = session.query(Address).filter_by(person_id=person_id, channel=Channel.SMS).one()
        row = Outbox(dedupe=f"m{len(house.all(Outbox))}", token=f"t{len(house.all(Outbox))}", purpose=purpose, channel=Channel.SMS, body="-",
                     person_id=person_id, address_id=address.id, state=OutboxState.SENT, created_at=house.now, sent_at=house.now, **more)
        session.add(row)
        session.flush()
        return row.id


def hear(house, row_id, what, code=None):
    with house.database.write() as session:
        row = session.get_one(Outbox, row_id)
        row.error_code = code
        delivery_heard(session, row, what, house.now)


def told(house, status, code=None):
    """What the provider says of the newest message to her."""
    sid = f"SM{house.sent()[-1].id}"
    house.set(Outbox, Outbox.id == house.sent()[-1].id, state=OutboxState.SENT, sent_at=house.now, run_at=None, provider_sid=sid)
    with house.database.write() as session:
        assert record_status(session, token=None, sid=sid, status=status, error_code=code, heard=delivery_heard, now=house.now)
    house.tick(after=MINUTE)


@pytest.mark.parametrize("code", [63003, 63024])
def test_without_whatsapp_on_her_phone_her_number_is_still_hers_and_a_text_goes(house, code):
    house.add(channels=(Channel.WHATSAPP, Channel.SMS))
    house.tick()
    told(house, "failed", code)
    assert [m.channel for m in house.sent()] == [Channel.WHATSAPP, Channel.SMS]
    assert [a.suspended_at for a in house.all(Address)] == [None, None] and house.alerts() == []


def test_a_block_on_whatsapp_is_not_got_round_by_a_text(house):
    person_id = house.add(channels=(Channel.WHATSAPP, Channel.SMS))
    house.tick()
    told(house, "undelivered", 63014)
    house.until(NOW + 25 * HOUR)
    assert [m.channel for m in house.sent()] == [Channel.WHATSAPP] and house.plan(person_id).paused
    assert "blocked" in house.alerts()[0].why[0]


@pytest.mark.parametrize("status", ["busy", "no-answer"])
def test_calls_that_rang_and_were_not_picked_up_are_silence_and_page_nobody(house, status):
    house.add(channels=(Channel.VOICE,))
    house.tick()
    told(house, status)
    house.until(NOW + 24 * HOUR)
    told(house, status)
    house.until(NOW + 47 * HOUR)
    assert len(house.sent()) == 2 and house.alerts() == []
    house.until(NOW + 48 * HOUR)
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency) == (AlertKind.SILENCE, Urgency.ROUTINE)
    assert "the call was not picked up" in alert.why[0] and house.calls()[0].why == "silence"


def test_after_a_call_that_was_not_picked_up_the_other_way_is_tried_and_its_failure_is_the_first(house):
    house.add(channels=(Channel.VOICE, Channel.SMS))
    house.tick()
    told(house, "no-answer")
    assert [m.channel for m in house.sent()] == [Channel.VOICE, Channel.SMS]
    told(house, "undelivered", 30003)
    assert [(a.kind, a.urgency) for a in house.alerts()] == [(AlertKind.DELIVERY, Urgency.ROUTINE)]


@pytest.mark.parametrize("what", ["sent", "delivered", "read"])
def test_arriving_is_noted_on_the_check_in_and_nobody_is_told(house, what):
    house.add()
    house.tick()
    house.heard(what)
    house.tick()
    assert house.checkins()[0].delivery == what
    assert house.alerts() == []


def test_late_news_of_an_earlier_stage_changes_nothing(house):
    house.add()
    house.tick()
    for what in ("read", "sent", "undelivered"):
        house.heard(what)
    assert house.checkins()[0].delivery == "read"


def test_bad_news_of_the_first_message_after_the_repeat_changes_nothing(house):
    house.add()
    house.until(NOW + 24 * HOUR)
    first = house.sent()[0]
    house.heard("delivered")
    hear(house, first.id, "undelivered", 30003)
    assert house.checkins()[0].delivery == "delivered"
    assert house.checkins()[0].heard is None


@pytest.mark.parametrize("what", [w for w in FAILED if w not in ("opted_out", "number_gone")])
def test_a_colleague_s_message_that_failed_is_her_task(house, what):
    person_id = house.add()
    staff_id = house.staff_id()
    hear(house, message(house, person_id, sent_by=staff_id), what, 21614 if what == "refused" else None)
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency, alert.assigned_to, alert.person_id) == (AlertKind.DELIVERY, Urgency.ROUTINE, staff_id, person_id)


def test_while_an_alarm_is_open_a_failed_message_is_urgent(house):
    person_id = house.add()
    with house.database.write() as session:
        raise_alert(session, key="a", kind=AlertKind.MESSAGE, urgency=Urgency.IMMEDIATE, person_id=person_id, now=NOW)
    hear(house, message(house, person_id, sent_by=house.staff_id()), "undelivered", 30003)
    assert house.alerts()[-1].urgency is Urgency.URGENT


def test_replies_that_do_not_arrive_are_one_task_a_day(house):
    person_id = house.add()
    for _ in range(3):
        hear(house, message(house, person_id, Purpose.REPLY), "undelivered", 30003)
    assert len(house.alerts()) == 1


def test_a_reply_the_rules_held_back_is_no_failure(house):
    person_id = house.add()
    hear(house, message(house, person_id, Purpose.REPLY), "not_sent")
    assert house.alerts() == []


def test_a_block_closes_the_address_pauses_the_plan_cancels_what_waits_and_tells_a_person_once(house):
    person_id = house.add()
    waiting, row = message(house, person_id, run_at=NOW), message(house, person_id, Purpose.REPLY)
    house.set(Outbox, Outbox.id == waiting, state=OutboxState.READY)
    hear(house, row, "opted_out", 21610)
    hear(house, row, "opted_out", 21610)
    assert house.all(Address)[0].opted_out_at == NOW
    assert house.get(Outbox, waiting).state is OutboxState.CANCELLED
    assert (house.plan(person_id).paused, [c.what for c in house.all(PlanChange)]) == (True, ["blocked us at the provider"])
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency) == (AlertKind.DELIVERY, Urgency.ROUTINE)
    assert "on any channel until she or you start it again" in alert.why[0]


@pytest.mark.parametrize("split", [False, True])
def test_a_gone_number_is_suspended_on_every_channel_and_a_person_is_told(house, monkeypatch, split):
    """`split`: its rows were stored under different keys."""
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    if split:
        monkeypatch.setattr(encryption, "_ring", encryption.KeyRing(("a-newer-key " * 4, TEST_KEY)))
        house.address(person_id, Channel.WHATSAPP, address_hash=address_hash("+447700900201"))
    hear(house, message(house, person_id, Purpose.REPLY), "number_gone", 30005)
    assert [a.suspended_why for a in house.all(Address)] == ["number no longer in use"] * 2
    assert len(house.alerts()) == 1


@pytest.mark.parametrize(("repeated", "which", "tells"), [(False, 0, "gone:"), (True, 0, "gone:"), (True, 1, "silence:")])
def test_a_gone_number_beside_another_way_is_one_task_unless_the_check_in_s_alert_tells(house, repeated, which, tells):
    person_id = house.add(channels=(Channel.SMS, Channel.WHATSAPP))
    house.address(person_id, Channel.WHATSAPP, address_hash="another number")
    house.until(NOW + 24 * HOUR if repeated else NOW)
    house.heard("delivered")
    row = house.sent()[which]
    house.set(Outbox, Outbox.id == row.id, provider_status="undelivered")
    for _ in range(2):
        hear(house, row.id, "number_gone", 30005)
    house.tick(after=MINUTE)
    [alert] = house.alerts()
    assert alert.key.startswith(tells) and (alert.kind, alert.urgency) == (AlertKind.DELIVERY, Urgency.ROUTINE)
    assert "no longer in use" in alert.why[0]
    assert [m.channel for m in house.sent()] == [Channel.SMS, Channel.SMS if repeated else Channel.WHATSAPP]


@pytest.mark.parametrize(("code", "suspended"), [(21614, False), (21211, False), (20003, True), (None, True), (21606, True)])
def test_a_refusal_is_ours_unless_the_provider_blames_her_number(house, code, suspended):
    house.add()
    house.tick()
    house.heard("refused", code)
    house.tick(after=dt.timedelta(seconds=1))
    assert (house.checkins()[0].state is CheckinState.SUSPENDED) is suspended
    assert (house.alerts()[0].kind is AlertKind.SYSTEM) is suspended


def test_a_message_nobody_can_find_again_suspends_and_is_reported(house):
    house.add()
    house.tick()
    house.heard("lost")
    house.tick(after=dt.timedelta(seconds=1))
    assert house.checkins()[0].state is CheckinState.SUSPENDED
    assert any("ARTA" in line for line in house.alerts()[0].why)


def paged(house, urgency=Urgency.URGENT):
    with house.database.write() as session:
        alert_id = raise_alert(session, key="a", kind=AlertKind.MESSAGE, urgency=urgency, person_id=house.all(Person)[0].id, now=house.now).id
    return alert_id, house.pages()[-1]


def test_a_page_that_failed_pages_the_next_person_at_once(house):
    house.add(next_at=None)
    alert_id, page = paged(house)
    hear(house, page.id, "undelivered", 30003)
    escalate_due(house.database, "test", house.now)
    assert [p.staff_id for p in house.pages()] == [1, 2]
    assert any(e.what == "a page failed" and e.alert_id == alert_id for e in house.all(AlertEvent))


def test_when_no_page_arrives_at_anybody_the_alert_says_so_and_does_not_spin(house):
    house.add(next_at=None)
    alert_id, page = paged(house)
    hear(house, page.id, "lost")
    house.now += 1 * MINUTE / 60
    escalate_due(house.database, "test", house.now)
    hear(house, house.pages()[-1].id, "lost")
    assert house.get(Alert, alert_id).run_at > house.now
    assert any(e.what == "no page arrives" for e in house.all(AlertEvent))


def test_a_failed_page_of_an_alert_somebody_has_pages_nobody(house):
    house.add(next_at=None)
    alert_id, page = paged(house)
    with house.database.write() as session:
        acknowledge(session, alert_id, 1, house.now)
    hear(house, page.id, "undelivered", 30003)
    assert escalate_due(house.database, "test", house.now + HOUR) == 0
    assert house.get(Alert, alert_id).state is AlertState.ACKNOWLEDGED


def test_what_happens_to_a_check_in_that_is_over_wakes_nothing(house):
    house.add()
    house.tick()
    house.set(Checkin, Checkin.id == 1, state=CheckinState.ANSWERED, run_at=None)
    house.heard("undelivered", 30003)
    house.tick(after=HOUR)
    assert house.checkins()[0].state is CheckinState.ANSWERED
    assert house.checkins()[0].heard is None
    assert Lane.LADDER == house.sent()[0].lane


@pytest.mark.parametrize("what", ["opted_out", "number_gone"])
@pytest.mark.parametrize("more", [{"state": CheckinState.ANSWERED, "run_at": None}, {"state": CheckinState.CALL_DUE}, {}])
def test_a_block_or_a_gone_number_is_one_alert_whether_or_not_the_check_in_still_waits(house, what, more):
    house.add()
    house.tick()
    if more:
        house.set(Checkin, Checkin.id == 1, **more)
    house.heard(what, 21610)
    assert len(house.alerts()) == (1 if more else 0)
    house.tick(after=MINUTE)
    assert [a.kind for a in house.alerts()] == [AlertKind.DELIVERY]
