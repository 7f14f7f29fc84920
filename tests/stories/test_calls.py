"""Welfare calls by people: the list, the sheet, attempts and what follows from them, interpreters, reports, the calendar. The bot is down."""

from __future__ import annotations

import datetime as dt
import re
from bisect import bisect
from zoneinfo import ZoneInfo

import httpx

from casefile.database import utc_now
from casefile.models import CallAttempt, Checkin, Inbound, Person, WelfareCall
from casefile.vocabulary import AlertKind, Channel, CheckinState, Concern, Urgency
from tests.serving import until
from tests.stories.conftest import Place, fast


def asked_for(place: Place, ref: str = "ARTA") -> WelfareCall:
    """She asked for a call."""
    place.text(ref, "2")
    return until(lambda: place.all(WelfareCall))[0]


@fast
def test_a_silence_stands_on_the_list_with_a_sheet_and_reaching_her_ends_it(house_running: Place) -> None:
    house_running.add("IOANA", "ro", due=True)
    house_running.alert("IOANA", AlertKind.SILENCE)
    (call,) = house_running.all(WelfareCall)
    mo = house_running.caseworker()
    assert "IOANA" in mo.page("/calls") and "No answer to a check-in" in mo.page("/calls")
    sheet = mo.page(f"/calls/{call.id}")
    assert "voicemail" in sheet.lower() and "talk" in sheet.lower(), "a safe opening question, nothing to voicemail"
    mo.do(f"/calls/{call.id}", "/attempt", outcome="reached_safe", contact_band="over_a_year", notes="All well.")
    (done,) = house_running.all(WelfareCall)
    assert done.outcome == "reached_safe" and house_running.all(CallAttempt)[0].contact_band == "over_a_year"
    until(lambda: house_running.all(Checkin)[0].state is CheckinState.CLOSED)


def test_not_reached_is_tried_again_later_and_after_three_tries_people_decide(house_running: Place) -> None:
    house_running.add("ARTA")
    call, mo = asked_for(house_running), house_running.caseworker()
    due = []
    for _ in range(3):
        mo.do(f"/calls/{call.id}", "/attempt", outcome="not_reached", contact_band="", notes="")
        due.append(house_running.all(WelfareCall)[0].due_from)
    def part(moment: dt.datetime) -> int:
        return bisect([12, 17], moment.astimezone(ZoneInfo("Europe/London")).hour)

    assert due[0] > call.due_from and part(due[-1]) != part(utc_now()), "another time of day"
    assert "not reached in 3 calls" in house_running.why("ARTA") and house_running.all(WelfareCall)[0].done_at is None


def test_someone_else_answering_is_an_alarm(house_running: Place) -> None:
    house_running.add("ARTA")
    call, mo = asked_for(house_running), house_running.caseworker()
    mo.do(f"/calls/{call.id}", "/attempt", outcome="someone_else", contact_band="", notes="")
    alarm = next(a for a in house_running.alerts("ARTA") if a.urgency is Urgency.URGENT)
    assert Concern.WRONG_PERSON in alarm.concerns


def test_contact_by_the_exploiters_told_in_a_call_is_an_alarm_and_what_was_agreed_is_a_task(house_running: Place) -> None:
    house_running.add("ARTA")
    call, mo = asked_for(house_running), house_running.caseworker()
    mo.do(f"/calls/{call.id}", "/attempt", outcome="reached_concern", contact_band="this_week", notes="He rang.", follow_up="Solicitor", follow_up_on="")
    alarm = next(a for a in house_running.alerts("ARTA") if a.urgency is Urgency.URGENT)
    assert Concern.TRAFFICKER_CONTACT in alarm.concerns and "He rang" not in house_running.why("ARTA")
    assert len(house_running.alerts("ARTA")) >= 2, "the follow-up is a task of its own"
    assert "1" in mo.page("/reports")


def test_an_interpreter_is_booked_with_language_and_dialect(house_running: Place) -> None:
    house_running.add("SELAM", "ti")
    house_running.set(Person, interpreter_needed=True, dialect="Asmara")
    asked_for(house_running, "SELAM")
    until(lambda: "Tigrinya" in house_running.why("SELAM") and "Asmara" in house_running.why("SELAM"))


def test_calls_are_counted_in_the_reports(house_running: Place) -> None:
    house_running.add("ARTA")
    call, mo = asked_for(house_running), house_running.caseworker()
    before = mo.page("/reports.csv")
    mo.do(f"/calls/{call.id}", "/attempt", outcome="reached_safe", contact_band="not_sure", notes="")
    assert mo.page("/reports.csv") != before


def test_the_calendar_has_references_and_no_names(house_running: Place) -> None:
    house_running.add("ARTA")
    mo = house_running.caseworker()
    colleague = house_running.all(Person)[0]
    house_running.set(Person, caseworker_id=2, name="Arta Surname")
    page = mo.do("/account", "/account/calendar")
    address = re.search(r"http\S+/calendar/[\w-]+\.ics", page)[0]  # type: ignore[index]
    feed = httpx.get(address).text
    assert f"Check-in {colleague.ref}" in feed and "Surname" not in feed and house_running.numbers["ARTA"] not in feed
    assert httpx.get(address.replace(".ics", "x.ics")).status_code == 404


def test_a_call_to_our_number_is_engaged_and_comes_to_a_person(house_running: Place) -> None:
    house_running.add("ELIRA", due=True)
    until(lambda: house_running.received("ELIRA") == [house_running.words("checkin.intro")])
    house_running.rings("ELIRA")
    task = house_running.alert("ELIRA", AlertKind.MESSAGE)
    assert task.urgency is Urgency.ROUTINE and "a call to our number" in house_running.why("ELIRA")
    (call,) = until(lambda: [c for c in house_running.calls("ELIRA") if c["status"] == "busy"])
    assert [entry["verb"] for entry in call["heard"]] == ["end"], "not a word"
    assert "They rang our number" in house_running.caseworker().page("/people/ELIRA/conversation")
    (checkin,) = until(lambda: house_running.all(Checkin, Checkin.outcome == "unclear"))
    assert checkin.state is CheckinState.ASKED, "how she is, nobody knows"
    house_running.text("ELIRA", "he is outside my door")
    until(lambda: [a for a in house_running.alerts("ELIRA") if a.urgency is Urgency.IMMEDIATE])
    house_running.rings("ELIRA")
    until(lambda: [m.urgency for m in house_running.all(Inbound, Inbound.channel == Channel.VOICE)] == [Urgency.ROUTINE, Urgency.IMMEDIATE])
    house_running.rings("+447700900299")
    house_running.alert(None, AlertKind.UNKNOWN_SENDER)
    assert house_running.received("ELIRA") == [house_running.words("checkin.intro"), house_running.words("reply.received")], "a call gets no answer"


def test_key_2_in_a_call_puts_her_on_the_list(house_running: Place) -> None:
    house_running.add("ELIRA", channels=(Channel.VOICE,))
    house_running.answers_calls("ELIRA", "human", "1", "2")
    house_running.due("ELIRA")
    until(lambda: [c.why for c in house_running.all(WelfareCall)] == ["asked"])
