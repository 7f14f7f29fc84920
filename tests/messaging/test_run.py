"""Sending through the real client to the simulated Twilio: never twice, never in silence."""

from __future__ import annotations

import datetime as dt
import threading
import time

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from casefile.claims import free_orphans
from casefile.database import utc_now
from casefile.models import Address, Outbox, Person, Plan
from casefile.vocabulary import Channel, Lane, OutboxState, Purpose
from messaging import outbox
from messaging.run import reconcile_unknown
from messaging.status import record_status
from tests.cast import OUR_NUMBER, person, staff
from tests.messaging.conftest import Office

NUMBER = "+447700900201"


def anna(office: Office, **more: object) -> Person:
    with office.database.write() as session:
        return person(session, number=NUMBER, now=utc_now(), **more)  # type: ignore[arg-type]


def reconcile(office: Office, absent_after: float = 0.0) -> int:
    return reconcile_unknown(office.database, office.post.gateway, office.post.senders, office.post.heard, "test", utc_now() + dt.timedelta(seconds=30),
                             absent_after=dt.timedelta(seconds=absent_after))


def test_a_check_in_is_sent_once_and_known_by_its_id(office: Office) -> None:
    row_id = office.queue(anna(office))
    assert office.send() == 1 and office.send() == 0
    row = office.row(row_id)
    assert row.state is OutboxState.SENT and row.provider_sid and [t["body"] for t in office.received(NUMBER)] == ["Hello"]


def test_the_same_cause_is_queued_once(office: Office) -> None:
    someone = anna(office)
    office.queue(someone)
    with office.database.write() as session:
        assert outbox.queue(session, dedupe="d1", purpose=Purpose.CHECKIN, channel=Channel.SMS, body="x", now=utc_now(), person_id=someone.id) is None


def test_stopped_between_queueing_and_sending_nothing_leaves(office: Office) -> None:
    someone = anna(office)
    row_id = office.queue(someone)
    with office.database.write() as session:
        session.execute(update(Person).values(stopped_at=utc_now()))
    office.send()
    assert office.row(row_id).state is OutboxState.CANCELLED and office.received(NUMBER) == [] and office.told == [(row_id, "not_sent")]


def test_a_lost_answer_is_unknown_and_found_at_the_provider_not_sent_again(office: Office) -> None:
    row_id = office.queue(anna(office))
    office.faults(lose_responses={"next": 1})
    office.send()
    assert office.row(row_id).state is OutboxState.UNKNOWN and office.send() == 0
    assert reconcile(office) == 1
    assert office.row(row_id).state is OutboxState.SENT and len(office.received(NUMBER)) == 1


def test_a_failure_before_acceptance_is_proved_absent_and_sent_again_once(office: Office) -> None:
    row_id = office.queue(anna(office))
    office.faults(server_errors_before={"next": 1})
    office.send()
    assert office.row(row_id).state is OutboxState.UNKNOWN
    assert reconcile(office, absent_after=3600) == 0 and office.row(row_id).state is OutboxState.UNKNOWN
    with office.database.write() as session:
        session.execute(update(Outbox).values(run_at=utc_now()))
    assert reconcile(office) == 1
    office.send(later=31)
    assert office.row(row_id).state is OutboxState.SENT and len(office.received(NUMBER)) == 1


def test_a_slow_answer_is_unknown_not_repeated(office: Office) -> None:
    row_id = office.queue(anna(office))
    office.faults(slow_responses={"next": 1, "seconds": 4})
    office.send()
    assert office.row(row_id).state is OutboxState.UNKNOWN
    assert reconcile(office) == 1 and len(office.received(NUMBER)) == 1


def test_two_texts_with_the_same_words_are_told_apart(office: Office) -> None:
    someone = anna(office)
    first = office.queue(someone, dedupe="one")
    office.send()
    office.faults(server_errors_before={"next": 1})
    second = office.queue(someone, dedupe="two")
    office.send()
    assert reconcile(office) == 1
    assert office.row(first).state is OutboxState.SENT and office.row(second).state is OutboxState.READY


def test_too_many_requests_waits_and_then_goes(office: Office) -> None:
    row_id = office.queue(anna(office))
    office.faults(too_many_requests={"next": 1})
    office.send()
    row = office.row(row_id)
    assert row.state is OutboxState.READY and row.run_at is not None and row.run_at > utc_now()
    with office.database.write() as session:
        session.execute(update(Outbox).values(run_at=utc_now()))
    office.send()
    assert office.row(row_id).state is OutboxState.SENT


def test_a_person_who_blocked_us_is_never_tried_again_and_somebody_is_told(office: Office) -> None:
    row_id = office.queue(anna(office))
    office.faults(opted_out=[NUMBER])
    office.send()
    row = office.row(row_id)
    assert row.state is OutboxState.FAILED and row.error_code == 21610 and office.told == [(row_id, "opted_out")]


def test_a_worker_that_died_in_mid_send_leaves_an_unknown_not_a_second_text(office: Office) -> None:
    row_id = office.queue(anna(office))
    office.send()
    with office.database.write() as session:
        session.execute(update(Outbox).values(state=OutboxState.SENDING, provider_sid=None, owner="dead", run_at=utc_now()))
    with office.database.write() as session:
        free_orphans(session, Outbox, utc_now(), all_of_them=True, orphan=Outbox.state == OutboxState.SENDING, back={"state": OutboxState.UNKNOWN})
    assert reconcile(office) == 1 and office.row(row_id).state is OutboxState.SENT and len(office.received(NUMBER)) == 1


def test_pages_to_staff_go_out_whatever_the_persons_state(office: Office) -> None:
    with office.database.write() as session:
        member = staff(session, phone="+447700900801")
        outbox.queue(session, dedupe="page", purpose=Purpose.PAGE, channel=Channel.SMS, staff_id=member.id, body="Alongside: IMMEDIATE. Ref ARTA", now=utc_now())
    office.send()
    assert [t["body"] for t in office.received("+447700900801")] == ["Alongside: IMMEDIATE. Ref ARTA"]


def test_whatsapp_outside_its_window_goes_as_an_approved_template(office: Office) -> None:
    httpx_template(office)
    someone = anna(office, channels=(Channel.WHATSAPP,))
    row_id = office.queue(someone, channel=Channel.WHATSAPP, text_key="checkin.ask.plain")
    office.send()
    assert office.row(row_id).content_sid is not None


def httpx_template(office: Office) -> None:
    """Make the template known to the simulated Twilio under the id our settings name."""
    import httpx

    from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN

    made = httpx.post(f"{office.simulator.url}/v1/Content", auth=(DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN), json={
        "friendly_name": "checkin_sq", "language": "sq", "variables": {}, "types": {"twilio/quick-reply": {
            "body": "Përshëndetje", "actions": [{"title": "OK", "id": "ok"}]}}}, headers={"X-Original-Host": "content.twilio.com"}).json()
    httpx.post(f"{office.simulator.url}/v1/Content/{made['sid']}/ApprovalRequests/whatsapp", auth=(DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN),
               json={"name": "checkin_sq", "category": "UTILITY"}, headers={"X-Original-Host": "content.twilio.com"})
    office.post.templates._by_key["checkin.ask.plain"]["sq"] = made["sid"]


def test_whatsapp_outside_its_window_without_a_template_goes_as_an_sms_where_agreed(office: Office) -> None:
    someone = anna(office, channels=(Channel.SMS, Channel.WHATSAPP))
    row_id = office.queue(someone, channel=Channel.WHATSAPP, text_key="reply.ok", purpose=Purpose.CHECKIN)
    office.send()
    row = office.row(row_id)
    assert row.channel is Channel.SMS and row.state is OutboxState.SENT


@pytest.mark.parametrize("channels", [(Channel.WHATSAPP,), (Channel.SMS, Channel.WHATSAPP)])
@pytest.mark.parametrize("purpose", [Purpose.CHECKIN, Purpose.HUMAN])
def test_whatsapp_without_template_or_sms_is_not_sent_and_somebody_is_told(office: Office, channels: tuple[Channel, ...], purpose: Purpose) -> None:
    """Also where an SMS address is still agreed, but her plan says WhatsApp only."""
    row_id = office.queue(anna(office, channels=channels), channel=Channel.WHATSAPP, text_key="reply.ok", purpose=purpose)
    with office.database.write() as session:
        session.execute(update(Plan).values(channels=["whatsapp"]))
    office.send()
    assert office.row(row_id).state is OutboxState.CANCELLED and office.told == [(row_id, "not_sent")] and office.received(NUMBER) == []


def test_the_other_address_is_judged_by_the_date_where_she_is(office: Office) -> None:
    someone = anna(office, channels=(Channel.SMS, Channel.WHATSAPP))
    row_id = office.queue(someone, channel=Channel.WHATSAPP, text_key="reply.ok")
    midnight = utc_now().replace(hour=22, minute=30)
    with office.database.write() as session:
        session.execute(update(Person).values(time_zone="Europe/Bucharest"))
        session.execute(update(Address).where(Address.channel == Channel.SMS).values(review_by=midnight.date()))
        session.execute(update(Outbox).values(run_at=midnight))
    office.post.send_due(midnight)
    assert office.row(row_id).state is OutboxState.CANCELLED


def test_a_call_is_made_once_and_never_repeated_when_its_answer_is_lost(office: Office) -> None:
    someone = anna(office, channels=(Channel.VOICE,))
    row_id = office.queue(someone, channel=Channel.VOICE, text_key="voice.open")
    office.faults(server_errors_before={"next": 1})
    office.send()
    assert office.row(row_id).state is OutboxState.UNKNOWN
    reconcile(office)
    assert office.row(row_id).state is OutboxState.FAILED and (row_id, "lost") in office.told


def test_the_daily_cap_holds_within_one_batch(office: Office) -> None:
    someone = anna(office, daily_cap=2)
    rows = [office.queue(someone, dedupe=f"d{n}") for n in range(4)]
    office.send()
    states = [office.row(r).state for r in rows]
    assert states.count(OutboxState.SENT) == 2 and states.count(OutboxState.CANCELLED) == 2


def test_answers_to_her_own_texts_do_not_use_up_the_check_in_she_was_promised(office: Office) -> None:
    someone = anna(office, daily_cap=2)
    replies = [office.queue(someone, dedupe=f"r{n}", purpose=Purpose.REPLY) for n in range(3)]
    office.send()
    promised = office.queue(someone, dedupe="promised")
    office.send()
    assert [office.row(r).state for r in replies] == [OutboxState.SENT, OutboxState.SENT, OutboxState.CANCELLED]
    assert office.row(promised).state is OutboxState.SENT


def test_the_senders_rate_is_kept(office: Office) -> None:
    someone = anna(office, daily_cap=1000)
    office.post.senders = type(office.post.senders)(OUR_NUMBER, OUR_NUMBER, OUR_NUMBER, 5.0)
    for n in range(12):
        office.queue(someone, dedupe=f"d{n}")
    office.send()
    assert len(office.received(NUMBER)) == 5


def test_waiting_for_the_rate_uses_up_no_attempt(office: Office) -> None:
    someone = anna(office, daily_cap=1000)
    office.post.senders = type(office.post.senders)(OUR_NUMBER, OUR_NUMBER, OUR_NUMBER, 1.0)
    rows = [office.queue(someone, dedupe=f"d{n}") for n in range(8)]
    for n in range(8):
        if n == 7:
            office.faults(too_many_requests={"next": 1})
        with office.database.write() as session:
            session.execute(update(Outbox).where(Outbox.state == OutboxState.READY).values(run_at=utc_now()))
        office.send(later=2.0 * n)
    last = office.row(rows[-1])
    assert (last.state, last.attempt, last.owner) == (OutboxState.READY, 1, None) and len(office.received(NUMBER)) == 7


@pytest.mark.parametrize("order", [["sent", "delivered"], ["delivered", "sent"], ["delivered", "delivered", "queued"]])
def test_statuses_in_any_order_end_as_delivered(office: Office, order: list[str]) -> None:
    row_id = office.queue(anna(office))
    office.send()
    row = office.row(row_id)
    for status in order:
        with office.database.write() as session:
            assert record_status(session, token=row.token, sid=row.provider_sid or "", status=status, error_code=None, heard=office.post.heard, now=utc_now())
    assert office.row(row_id).provider_status == "delivered"
    assert [what for _, what in office.told].count("delivered") == 1


def test_a_status_for_nobodys_message_changes_nothing(office: Office) -> None:
    with office.database.write() as session:
        assert not record_status(session, token="nonsense", sid="SM0", status="sent", error_code=None, heard=office.post.heard, now=utc_now())


def test_a_status_may_come_before_the_answer_to_our_request(office: Office) -> None:
    row_id = office.queue(anna(office))
    with office.database.write() as session:
        session.execute(update(Outbox).values(state=OutboxState.SENDING, owner="w", attempt=1))
        token = session.scalars(select(Outbox.token)).one()
    with office.database.write() as session:
        record_status(session, token=token, sid="SM" + "9" * 32, status="delivered", error_code=None, heard=office.post.heard, now=utc_now())
    row = office.row(row_id)
    assert (row.state, row.provider_sid) == (OutboxState.SENT, "SM" + "9" * 32)


def test_safe_hours_hold_at_the_moment_of_sending(office: Office) -> None:
    local = utc_now()
    tomorrow = (["mon", "tue", "wed", "thu", "fri", "sat", "sun"])[(local.weekday() + 1) % 7]
    row_id = office.queue(anna(office, hours={tomorrow: [["10:00", "11:00"]]}))
    office.send()
    row = office.row(row_id)
    assert row.state is OutboxState.READY and row.run_at is not None and row.run_at > local and office.received(NUMBER) == []
    assert row.attempt == 0, "it was not tried"


def test_no_plan_means_no_check_in(office: Office) -> None:
    someone = anna(office)
    row_id = office.queue(someone)
    with office.database.write() as session:
        session.execute(update(Plan).values(confirmed_at=None))
    office.send()
    assert office.row(row_id).state is OutboxState.CANCELLED


def test_an_address_without_consent_is_never_written_to(office: Office) -> None:
    someone = anna(office)
    row_id = office.queue(someone, purpose=Purpose.REPLY)
    with office.database.write() as session:
        session.execute(update(Address).values(consent=False))
    office.send()
    assert office.row(row_id).state is OutboxState.CANCELLED and office.received(NUMBER) == []


def test_looking_for_a_lost_text_again_and_again_does_not_use_up_its_attempts(office: Office) -> None:
    row_id = office.queue(anna(office))
    office.faults(server_errors_before={"next": 1})
    office.send()
    for _ in range(8):  # three minutes of looks
        with office.database.write() as session:
            session.execute(update(Outbox).values(run_at=utc_now()))
        reconcile(office, absent_after=3600)
    with office.database.write() as session:
        session.execute(update(Outbox).values(run_at=utc_now()))
    assert reconcile(office) == 1 and office.row(row_id).state is OutboxState.READY


def test_a_page_whose_outcome_is_unknown_is_sent_again_at_once(office: Office) -> None:
    with office.database.write() as session:
        member = staff(session, phone="+447700900801")
        outbox.queue(session, dedupe="page", purpose=Purpose.PAGE, channel=Channel.SMS, staff_id=member.id, body="Alongside: IMMEDIATE. Ref ARTA", now=utc_now())
    office.faults(server_errors_before={"next": 1})
    office.send()
    office.send(later=5)
    assert len(office.received("+447700900801")) == 1


@pytest.mark.parametrize(("attempt", "again"), [(1, True), (3, False)])
def test_a_page_that_a_crash_interrupted_waits_for_no_proof_but_is_not_tried_without_end(office: Office, attempt: int, again: bool) -> None:
    with office.database.write() as session:
        member = staff(session, phone="+447700900801")
        row_id = outbox.queue(session, dedupe="page", purpose=Purpose.PAGE, channel=Channel.SMS, staff_id=member.id, body="Page", now=utc_now()).id  # type: ignore[union-attr]
        session.execute(update(Outbox).values(state=OutboxState.UNKNOWN, attempt=attempt, sent_at=utc_now()))
    assert reconcile(office, absent_after=3600) == again
    assert office.row(row_id).state is (OutboxState.READY if again else OutboxState.UNKNOWN)


def test_pages_can_be_sent_alone_and_are_not_held_back_by_the_rate(office: Office) -> None:
    office.post.senders = type(office.post.senders)(OUR_NUMBER, OUR_NUMBER, OUR_NUMBER, 1.0)
    text = office.queue(anna(office))
    with office.database.write() as session:
        member = staff(session, phone="+447700900801")
        for n in range(3):
            outbox.queue(session, dedupe=f"page{n}", purpose=Purpose.PAGE, channel=Channel.SMS, staff_id=member.id, body=f"Page {n}", lane=Lane.DANGER,
                         now=utc_now())
    office.post.send_due(utc_now(), lanes=[Lane.DANGER])
    assert len(office.received("+447700900801")) == 3 and office.row(text).state is OutboxState.READY


def test_a_colleague_whose_record_cannot_be_read_keeps_nobody_else_from_being_paged(office: Office) -> None:
    with office.database.write() as session:
        members = [staff(session, name, phone=f"+44770090080{n}").id for n, name in enumerate(("Sam", "Mo", "Li"))]
        session.execute(text("UPDATE staff SET name = :junk WHERE id = :id"), {"junk": b"junk", "id": members[0]})
        session.execute(text("UPDATE staff SET phone = :junk WHERE id = :id"), {"junk": b"junk", "id": members[1]})
        rows = [outbox.queue(session, dedupe=f"page{n}", purpose=Purpose.PAGE, channel=Channel.SMS, staff_id=member, body="Page", lane=Lane.DANGER,
                             now=utc_now()).id for n, member in enumerate(members)]  # type: ignore[union-attr]
    office.send()
    assert [office.row(row_id).state for row_id in rows] == [OutboxState.SENT, OutboxState.CANCELLED, OutboxState.SENT]
    assert office.told == [(rows[1], "not_sent")], "the next person is paged instead"


def test_a_record_that_cannot_be_read_keeps_nobody_else_s_message_back(office: Office) -> None:
    numbers = [f"+44770090020{n}" for n in range(3)]
    with office.database.write() as session:
        people = [person(session, f"REF{n}", number=number, now=utc_now()) for n, number in enumerate(numbers)]
    rows = [office.queue(each, dedupe=f"d{n}") for n, each in enumerate(people)]
    with office.database.write() as session:
        session.execute(text("UPDATE person SET name = :junk WHERE id = :id"), {"junk": b"junk", "id": people[0].id})
        session.execute(text("UPDATE address SET address = :junk WHERE person_id = :id"), {"junk": b"junk", "id": people[1].id})
    office.send()
    assert [office.row(row_id).state for row_id in rows] == [OutboxState.SENT, OutboxState.CANCELLED, OutboxState.SENT]
    assert [len(office.received(number)) for number in numbers] == [1, 0, 1], "a name is not needed"
    assert office.told == [(rows[1], "not_sent")] and "cannot be read" in str(office.row(rows[1]).fault)


def test_words_that_cannot_be_read_keep_nobody_elses_back_and_a_person_is_told(office: Office) -> None:
    someone = anna(office)
    asks, replies = office.queue(someone, dedupe="asks"), office.queue(someone, dedupe="replies", purpose=Purpose.REPLY)
    fine = office.queue(someone, dedupe="fine")
    with office.database.write() as session:
        session.execute(text("UPDATE outbox SET body = :junk, own_words = :junk WHERE id IN (:asks, :replies)"), {"junk": b"junk", "asks": asks, "replies": replies})
    assert office.send() == 3 and [t["body"] for t in office.received(NUMBER)] == ["Hello"]
    assert office.row(fine).state is OutboxState.SENT and set(office.told) == {(asks, "not_sent"), (replies, "our_fault")}
    with office.database.read() as session:
        assert session.execute(select(Outbox.state, Outbox.owner, Outbox.fault).where(Outbox.id == asks)).one() == (
            OutboxState.CANCELLED, None, "its words cannot be read")


def test_a_lost_text_whose_words_cannot_be_read_holds_up_no_other_and_is_never_sent_again(office: Office) -> None:
    someone = anna(office)
    lost, found = office.queue(someone, dedupe="lost"), office.queue(someone, dedupe="found")
    office.faults(server_errors_before={"next": 1})
    office.send()
    with office.database.write() as session:
        session.execute(text("UPDATE outbox SET body = :junk WHERE id = :id"), {"junk": b"junk", "id": lost})
        session.execute(update(Outbox).values(state=OutboxState.UNKNOWN, provider_sid=None, run_at=utc_now()))
    assert reconcile(office) == 2
    assert office.row(found).state is OutboxState.SENT and office.told == [(lost, "lost")] and len(office.received(NUMBER)) == 1
    with office.database.write() as session:
        assert record_status(session, token=session.scalars(select(Outbox.token).where(Outbox.id == lost)).one(), sid="SM" + "9" * 32, status="delivered",
                             error_code=None, heard=office.post.heard, now=utc_now()), "late news of it is taken in"


def test_a_plan_that_cannot_be_read_stops_nobody_elses_message_nor_a_page(office: Office) -> None:
    broken = office.queue(anna(office), dedupe="broken")
    with office.database.write() as session:
        session.execute(update(Plan).values(safe_hours={day: [["nine", "five"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}))
        member = staff(session, phone="+447700900801")
        outbox.queue(session, dedupe="page", purpose=Purpose.PAGE, channel=Channel.SMS, staff_id=member.id, body="Page", now=utc_now())
    office.send()
    assert office.row(broken).state is OutboxState.CANCELLED and (broken, "not_sent") in office.told
    assert len(office.received("+447700900801")) == 1


def test_a_provider_that_does_not_answer_is_not_asked_for_each_lost_text(office: Office) -> None:
    from messaging.gateway import Ambiguous

    someone, asked = anna(office), []
    for n in range(5):
        office.queue(someone, dedupe=f"d{n}")
    with office.database.write() as session:
        session.execute(update(Outbox).values(state=OutboxState.UNKNOWN, run_at=utc_now()))

    class Hangs:
        def recent(self, *_: object) -> list[object]:
            asked.append(1)
            raise Ambiguous("no answer in time")

    reconcile_unknown(office.database, Hangs(), office.post.senders, office.post.heard, "test", utc_now())  # type: ignore[arg-type]
    assert len(asked) == 1 and all(office.row(n).state is OutboxState.UNKNOWN for n in range(1, 6))


def test_a_stop_and_a_cancel_at_send_do_not_wait_for_each_other(office: Office) -> None:
    """A STOP holds the person and then wants her messages; a message that the rules refuse is cancelled, and then the person is wanted."""
    someone = anna(office)
    row_id = office.queue(someone, not_after=utc_now() - dt.timedelta(minutes=1))
    person_locked, failures = threading.Event(), []

    def heard(session: Session, row: Outbox, what: str, now: dt.datetime) -> None:
        session.scalar(select(Person.id).where(Person.id == row.person_id).with_for_update(key_share=True))
        office.told.append((row.id, what))

    def stop() -> None:
        try:
            with office.database.write() as session:
                session.scalar(select(Person.id).where(Person.id == someone.id).with_for_update(key_share=True))
                person_locked.set()
                time.sleep(0.5)
                outbox.cancel_pending(session, someone.id, utc_now())
        except Exception as error:
            failures.append(error)

    office.post.heard = heard
    stopping = threading.Thread(target=stop)
    stopping.start()
    person_locked.wait(5)
    office.send()
    stopping.join(10)
    assert failures == [] and office.row(row_id).state is OutboxState.CANCELLED
    assert office.told == [], "the STOP was first and tells people itself"
