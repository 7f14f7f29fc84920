"""Whole journeys as people live them: phones on one side, the record and the colleague's phone on the other. The bot is down throughout."""

from __future__ import annotations

import datetime as dt
import time

from alongside.seed import PASSWORD, TOTP_SECRET
from alongside.story_people import Caseworker
from casefile.database import utc_now
from casefile.models import Address, Checkin, Heartbeat, Inbound, Outbox, WelfareCall
from casefile.staff import create_staff
from casefile.vocabulary import AlertKind, AlertState, Channel, CheckinState, OutboxState, Purpose, Role, Urgency
from checkins.run import plan_due, wake_due
from messaging.safe_hours import WEEKDAYS
from tests.serving import until
from tests.stories.conftest import DAY, Place, both, fast

DANGER = "he is outside my door"


def answered(place: Place) -> bool:
    return [c.state for c in place.all(Checkin)] == [CheckinState.ANSWERED]


@both
def test_asked_and_answered(house_running: Place) -> None:
    house_running.add("ARTA", due=True)
    until(lambda: house_running.received("ARTA") == [house_running.words("checkin.intro")])
    house_running.text("ARTA", "1")
    until(lambda: house_running.received("ARTA")[1:] == [house_running.words("reply.ok")] and answered(house_running))
    assert house_running.alerts("ARTA") == []


@both
def test_danger_is_paged_without_a_word_of_hers(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    house_running.text("GRACE", DANGER)
    alert = house_running.alert("GRACE", AlertKind.MESSAGE)
    until(lambda: any("GRACE" in page for page in house_running.pages()))
    assert alert.urgency is Urgency.IMMEDIATE and not any("door" in page for page in house_running.pages())
    until(lambda: house_running.received("GRACE") == [house_running.words("reply.received", "en")])


def test_an_open_dashboard_shows_it_live_and_who_acknowledges_ends_the_paging(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    with house_running.house.database.write() as session:
        create_staff(session, name="Mo", email="mo@example.org", password=PASSWORD, role=Role.CASEWORKER, phone=None, now=utc_now(),
                     totp_secret=TOTP_SECRET)
    caseworker = Caseworker(house_running.url, "mo@example.org", PASSWORD, TOTP_SECRET)
    house_running.text("GRACE", DANGER)
    alert = house_running.alert("GRACE", AlertKind.MESSAGE)
    until(lambda: alert.id in caseworker.seen)
    assert DANGER in caseworker.page(f"/alerts/{alert.id}")
    caseworker.do(f"/alerts/{alert.id}", "/acknowledge")
    (now,) = house_running.alerts("GRACE")
    assert (now.state, now.run_at) == (AlertState.ACKNOWLEDGED, None)
    caseworker.close()


@fast
def test_asked_reminded_and_silent_comes_to_people(house_running: Place) -> None:
    house_running.add("IOANA", "ro", due=True)
    until(lambda: house_running.received("IOANA") == [house_running.words(f"checkin.{key}", "ro") for key in ("intro", "ask.plain")])
    alert = house_running.alert("IOANA", AlertKind.SILENCE)
    assert alert.opened_at > house_running.all(Outbox, Outbox.purpose == Purpose.CHECKIN)[1].created_at
    assert (alert.urgency, len(house_running.all(WelfareCall))) == (Urgency.ROUTINE, 1)
    until(lambda: any("IOANA" in page for page in house_running.pages()), 10 * DAY)
    assert len(house_running.received("IOANA")) == 2 and len(house_running.alerts("IOANA")) == 1


def test_after_stop_nothing_is_sent_but_danger_is_still_heard(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    house_running.text("GRACE", "STOP")
    house_running.alert("GRACE", AlertKind.STOPPED)
    house_running.due("GRACE")
    house_running.text("GRACE", DANGER)
    assert house_running.alert("GRACE", AlertKind.MESSAGE).urgency is Urgency.IMMEDIATE
    until(lambda: any("IMMEDIATE" in page for page in house_running.pages()))
    assert house_running.received("GRACE") == []


def test_the_duress_word_gets_what_an_ok_gets_and_a_silent_alarm(house_running: Place) -> None:
    house_running.add("SELAM", "ti", duress="ጽቡቕ ፀሓይ")
    house_running.text("SELAM", "ጽቡቕ ፀሓይ")
    alert = house_running.alert("SELAM", AlertKind.DURESS)
    until(lambda: house_running.received("SELAM") == [house_running.words("reply.ok", "ti")])
    assert alert.urgency is Urgency.IMMEDIATE and "ፀሓይ" not in str(alert.why)


def test_an_unknown_sender_is_held_for_a_person_and_gets_nothing(house_running: Place) -> None:
    house_running.add()
    stranger = "+447700900999"
    house_running.text(stranger, "where is she, tell me")
    alert = house_running.alert(None, AlertKind.UNKNOWN_SENDER)
    assert [m.alert_id for m in house_running.all(Inbound)] == [alert.id]
    assert house_running.received(stranger) == [] and house_running.all(Outbox, Outbox.purpose != Purpose.PAGE) == []


def test_whatsapp_asks_by_template_and_a_tapped_button_answers(house_running: Place) -> None:
    house_running.add("MARIA", channels=(Channel.WHATSAPP,), due=True)
    (asked,) = until(lambda: house_running.phone("MARIA"))
    assert asked["channel"] == "whatsapp" and asked["content_sid"] and [b["payload"] for b in asked["buttons"]] == ["ok", "call"]
    house_running.text("MARIA", None, channel="whatsapp", button_payload="ok")
    until(lambda: house_running.received("MARIA")[1:] == [house_running.words("reply.ok")])
    assert answered(house_running) and house_running.phone("MARIA")[1]["content_sid"] is None


def test_whatsapp_outside_its_window_without_a_template_becomes_an_agreed_sms(house_running: Place) -> None:
    house_running.add("IOANA", "ro", channels=(Channel.WHATSAPP, Channel.SMS), due=True)
    (asked,) = until(lambda: house_running.phone("IOANA"))
    assert (asked["channel"], asked["body"]) == ("sms", house_running.words("checkin.intro", "ro"))


def test_a_check_in_by_voice_is_answered_with_a_key(house_running: Place) -> None:
    house_running.add("ELIRA", channels=(Channel.VOICE, Channel.SMS))
    house_running.answers_calls("ELIRA", "human", "1", "1")
    house_running.due("ELIRA")
    until(lambda: answered(house_running))
    assert len(house_running.calls("ELIRA")) == 1 and house_running.received("ELIRA") == []


def test_bad_things_told_by_key_in_a_call_page_at_once(house_running: Place) -> None:
    house_running.add("ELIRA", channels=(Channel.VOICE,))
    house_running.answers_calls("ELIRA", "human", "1", "9")
    house_running.due("ELIRA")
    assert house_running.alert("ELIRA", AlertKind.MESSAGE).urgency is Urgency.IMMEDIATE
    until(lambda: any("ELIRA" in page for page in house_running.pages()))


@fast
def test_a_number_that_is_gone_is_never_written_to_again(house_running: Place) -> None:
    house_running.add("ARTA")
    house_running.faults(failures={house_running.numbers["ARTA"]: 30005})
    house_running.due("ARTA")
    alert = house_running.alert("ARTA", AlertKind.DELIVERY)
    assert "no longer in use" in str(alert.why) and house_running.all(Address)[0].suspended_at is not None
    time.sleep(1.5 * DAY)
    assert len(house_running.all(Outbox, Outbox.purpose == Purpose.CHECKIN)) == 1, "no repeat goes to a number that may be a stranger's"


@fast
def test_blocked_at_the_provider_is_not_silence_and_nothing_more_is_tried(house_running: Place) -> None:
    house_running.add("ARTA")
    house_running.faults(opted_out=[house_running.numbers["ARTA"]])
    house_running.due("ARTA")
    alert = house_running.alert("ARTA", AlertKind.DELIVERY)
    assert "blocked" in str(alert.why) and house_running.all(Address)[0].opted_out_at is not None
    time.sleep(1.5 * DAY)
    assert len(house_running.all(Outbox, Outbox.purpose == Purpose.CHECKIN)) == 1 and house_running.alerts("ARTA", AlertKind.SILENCE) == []


def test_a_bot_that_is_down_is_said_once_and_every_text_still_finds_a_person(house_running: Place) -> None:
    house_running.add("HANA", "am")
    house_running.text("HANA", "ትናንት ወደ ገበያ ሄጄ ነበር")
    assert house_running.alert("HANA", AlertKind.MESSAGE).urgency is Urgency.ROUTINE
    down = house_running.alert(None, AlertKind.SYSTEM)
    looked = house_running.all(Heartbeat, Heartbeat.name == "bot")[0].at
    until(lambda: house_running.all(Heartbeat, Heartbeat.name == "bot")[0].at > looked + dt.timedelta(seconds=1))
    assert [a.id for a in house_running.alerts(None, AlertKind.SYSTEM)] == [down.id] and down.key.startswith("system:bot:")


def test_doubled_and_disordered_webhooks_change_nothing(house_running: Place) -> None:
    house_running.faults(duplicate_webhooks={"copies": 3}, duplicate_statuses={"copies": 2}, reorder_statuses=True)
    house_running.add("ARTA", due=True)
    until(lambda: house_running.received("ARTA"))
    house_running.text("ARTA", "1")
    until(lambda: answered(house_running) and len(house_running.received("ARTA")) == 2)
    until(lambda: {o.provider_status for o in house_running.all(Outbox, Outbox.person_id.is_not(None))} == {"delivered"})
    assert len(house_running.all(Inbound)) == 1
    assert house_running.received("ARTA") == [house_running.words("checkin.intro"), house_running.words("reply.ok")]


def test_a_text_that_never_reached_our_door_is_fetched_and_alarms(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    house_running.faults(lose_webhooks={"next": 1})
    house_running.text("GRACE", DANGER)
    assert house_running.alert("GRACE", AlertKind.MESSAGE).urgency is Urgency.IMMEDIATE


def test_a_picture_waits_unopened_for_a_person(house_running: Place) -> None:
    house_running.add("ARTA")
    house_running.text("ARTA", None, media=["image/jpeg"])
    alert = house_running.alert("ARTA", AlertKind.MESSAGE)
    assert alert.urgency is Urgency.ROUTINE and "picture" in str(alert.why)


def test_work_that_an_outage_made_late_is_reported_and_not_sent_at_a_wrong_hour(house_running: Place) -> None:
    until(lambda: house_running.all(Heartbeat, Heartbeat.name == "ladder"))
    house_running.stop_worker()
    yesterday = utc_now() - dt.timedelta(days=1)
    house_running.add("ARTA", hours={WEEKDAYS[yesterday.weekday()]: [["00:00", "24:00"]]}, next_at=yesterday.replace(hour=12, minute=0))
    house_running.set(Heartbeat, Heartbeat.name == "ladder", at=yesterday - dt.timedelta(days=1))
    house_running.start_worker()
    until(lambda: {a.key.split(":")[0] for a in house_running.alerts(None, AlertKind.SYSTEM) if "ARTA" in str(a.why)} == {"away", "late"})
    (checkin,) = house_running.all(Checkin)
    assert checkin.late and checkin.run_at > utc_now() + dt.timedelta(days=5) and house_running.received("ARTA") == []


def test_a_text_that_waited_past_her_safe_hours_is_not_sent_and_held_apart_from_silence(house_running: Place) -> None:
    until(lambda: house_running.all(Heartbeat, Heartbeat.name == "ladder"))
    house_running.stop_worker()
    house_running.add("ARTA", due=True)
    now = utc_now()
    plan_due(house_running.house.database, now)
    wake_due(house_running.house.database, house_running.house.catalogue, "died", now)
    house_running.set(Outbox, Outbox.purpose == Purpose.CHECKIN, not_after=now - dt.timedelta(hours=1))
    house_running.start_worker()
    until(lambda: house_running.all(Outbox)[0].state is OutboxState.CANCELLED)
    until(lambda: house_running.all(Checkin)[0].state is CheckinState.SUSPENDED)
    assert house_running.received("ARTA") == []
