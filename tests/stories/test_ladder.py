"""The ladder: silence always reaches a person, what was not delivered is not silence, our own trouble is neither. The bot is down."""

from __future__ import annotations

import datetime as dt
import time

from casefile.database import utc_now
from casefile.models import Checkin, Heartbeat, Outbox, Plan, WelfareCall
from casefile.vocabulary import AlertKind, Channel, CheckinState, Purpose, Urgency
from checkins.run import plan_due, wake_due
from tests.serving import until
from tests.stories.conftest import DAY, Place, both, fast


def asked(place: Place) -> list[Outbox]:
    return place.all(Outbox, Outbox.purpose == Purpose.CHECKIN)


@fast
def test_silence_goes_from_repeat_to_call_to_professional_to_manager(house_running: Place) -> None:
    house_running.add("ARTA", due=True)
    house_running.alert("ARTA", AlertKind.SILENCE)
    until(lambda: "professional" in house_running.why("ARTA") and "manager" in house_running.why("ARTA"), 8 * DAY)
    assert len(house_running.received("ARTA")) == 2 and len(house_running.all(WelfareCall)) == 1
    assert len(house_running.alerts("ARTA")) == 1, "one check-in raises one alert"


@fast
def test_steps_of_her_own_plan_are_kept(house_running: Place) -> None:
    house_running.add("ARTA", due=True, ladder=[{"do": "ask"}, {"do": "call", "after_hours": 12}])
    house_running.alert("ARTA", AlertKind.SILENCE)
    assert len(house_running.received("ARTA")) == 1, "her ladder has no repeat"


@fast
def test_what_was_not_delivered_is_tried_the_other_agreed_way(house_running: Place) -> None:
    house_running.add("ARTA", channels=(Channel.SMS, Channel.WHATSAPP))
    house_running.faults(failures={house_running.numbers["ARTA"]: {"code": 30003, "next": 1}})
    house_running.due("ARTA")
    until(lambda: [t["channel"] for t in house_running.phone("ARTA") if t["arrived"]] == ["whatsapp"])
    assert house_running.alerts("ARTA", AlertKind.SILENCE) == []


@fast
def test_after_an_alarm_silence_is_urgent_and_nobody_is_asked_twice(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    house_running.text("GRACE", "he is outside my door")
    house_running.alert("GRACE", AlertKind.MESSAGE)
    house_running.due("GRACE")
    assert house_running.alert("GRACE", AlertKind.SILENCE).urgency is Urgency.URGENT
    assert len(asked(house_running)) == 1


def test_an_outage_of_the_provider_is_ours_names_everybody_and_is_no_silence(house_running: Place) -> None:
    house_running.add("ARTA")
    house_running.add("IOANA", "ro")
    house_running.faults(failures={number: 30007 for number in house_running.numbers.values()})
    for ref in ("ARTA", "IOANA"):
        house_running.due(ref)
    until(lambda: all(ref in house_running.why(None) for ref in ("ARTA", "IOANA")))
    assert len({a.key for a in house_running.alerts(None, AlertKind.SYSTEM) if a.key.startswith("outage:")}) == 1
    assert house_running.alerts("ARTA", AlertKind.SILENCE) == []
    mo = house_running.caseworker()
    assert "Held up by our own service" in mo.page("/checkins") and ">No answer<" not in mo.page("/checkins")


@both
def test_a_worker_that_dies_after_asking_and_one_that_starts_again_ask_once(house_running: Place) -> None:
    until(lambda: house_running.all(Heartbeat, Heartbeat.name == "ladder"))
    house_running.stop_worker()
    house_running.add("ARTA", due=True)
    now = utc_now()
    for owner in ("died", "died too"):
        plan_due(house_running.house.database, now)
        wake_due(house_running.house.database, house_running.house.catalogue, owner, now)
    house_running.start_worker()
    until(lambda: house_running.received("ARTA") == [house_running.words("checkin.intro")])
    time.sleep(1)
    assert len(asked(house_running)) == 1 and len(house_running.all(Checkin)) == 1


@fast
def test_the_next_check_in_does_not_close_one_that_nobody_dealt_with(house_running: Place) -> None:
    house_running.add("ARTA", due=True)
    house_running.alert("ARTA", AlertKind.SILENCE)
    house_running.due("ARTA")
    until(lambda: len(asked(house_running)) == 3)
    first, second = house_running.all(Checkin)
    assert first.state is CheckinState.CALL_DUE and first.run_at is not None and second.state is CheckinState.ASKED


def test_an_answer_that_is_unclear_is_no_silence_and_comes_to_a_person(house_running: Place) -> None:
    house_running.add("ARTA", due=True)
    until(lambda: house_running.received("ARTA"))
    house_running.text("ARTA", "7")
    house_running.alert("ARTA", AlertKind.MESSAGE)
    until(lambda: house_running.received("ARTA")[1:] == [house_running.words("reply.person_reads")])
    assert house_running.alerts("ARTA", AlertKind.SILENCE) == []


def test_three_misses_in_a_row_are_a_pattern_for_a_person(house_running: Place) -> None:
    until(lambda: house_running.all(Heartbeat, Heartbeat.name == "patterns"))
    house_running.stop_worker()
    house_running.add("ARTA")
    now = utc_now()
    with house_running.house.database.write() as session:
        person_id = session.scalar(Plan.__table__.select().with_only_columns(Plan.person_id))
        session.add_all(Checkin(person_id=person_id, planned_at=now - dt.timedelta(days=7 * n), asked_at=now - dt.timedelta(days=7 * n), step=2,
                                state=CheckinState.CLOSED, outcome="not_reached", closed_at=now) for n in (1, 2, 3))
    house_running.set(Heartbeat, Heartbeat.name == "patterns", at=now - dt.timedelta(days=1))
    house_running.start_worker()
    assert "last three check-ins were missed" in str(house_running.alert("ARTA", AlertKind.PATTERN).why)
