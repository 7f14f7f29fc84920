"""Plans: made by a caseworker with the person, off until confirmed, shown beforehand, ended by a review date or a lost phone. The bot is down."""

from __future__ import annotations

import datetime as dt
import re
import time
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from alongside.people_file import FileRefused, take
from casefile.database import utc_now
from casefile.models import Address, Checkin, Outbox, Person, Plan, PlanChange
from casefile.vocabulary import AlertKind, OutboxState, Purpose, Urgency
from tests.serving import until
from tests.stories.conftest import Place, fast

DAY = dt.timedelta(days=1)


def enrolled(place: Place, number: str = "07700 900299", **plan: object) -> str:
    """A caseworker makes a record, a way and a plan at the dashboard, not yet confirmed; returns the reference."""
    place.add("ANNA", due=False)  # somebody on call
    mo, today = place.caseworker(), utc_now().date()
    page = mo.do("/people/new", "/people", name="Besa", language="sq", time_zone="Europe/London", adult="yes", caseworker="")
    ref = re.search(r'class="ref">(\w+)<', page)[1]  # type: ignore[index]
    mo.do(f"/people/{ref}/addresses/new", "/addresses", channel="sms", number=number, whose="own", shared="no", consent="yes", safe="yes",
          review_by=str(today + 60 * DAY))
    hours = {f"hours_{day}": "00:00-23:59" for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    mo.do(f"/people/{ref}/plan/edit", "/plan/edit", **{
        "every": "1", "days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "at_time": "12:00", "starts_on": str(today), "jitter": "0",
        "review_on": str(today + 60 * DAY), "channel_1": "sms", "channel_2": "", "cover": "class", "after_alarm": "neutral", "daily_cap": "4", **hours,
        "never": "", "stress": "", "step_ask_again": "24", "step_call": "48", "step_professional": "", "step_manager": "96",
        "consent_taken_by": "Mo", "consent_on": str(today), "consent_language": "Albanian", "consent_scope": "texts", **plan})
    place.numbers[ref] = "+447700900299"
    return ref


def test_a_plan_sends_nothing_until_it_is_confirmed_and_then_what_was_shown(house_running: Place) -> None:
    ref = enrolled(house_running)
    mo = house_running.signed_in[0]
    house_running.due(ref)
    time.sleep(1.5)
    assert house_running.received(ref) == [] and "Not confirmed" in mo.page(f"/people/{ref}/plan")
    confirmed = mo.do(f"/people/{ref}/plan", "/confirm", agreed="yes")
    assert house_running.words("checkin.intro") in confirmed, "the preview shows what will be sent first"
    assert "introduces itself" in mo.page("/team")
    for key in ("checkin.intro", "checkin.ask.class"):
        house_running.due(ref)
        until(lambda key=key: house_running.received(ref)[-1:] == [house_running.words(key)])
        house_running.text(ref, "1")
        until(lambda: house_running.received(ref)[-1:] == [house_running.words("reply.ok")])


def test_after_its_review_date_nothing_is_sent_and_before_it_a_caseworker_is_reminded(house_running: Place) -> None:
    house_running.stop_worker()
    house_running.add("ARTA", review_on=utc_now().date() + 3 * DAY)
    house_running.start_worker()
    until(lambda: "to be reviewed" in house_running.why("ARTA"))
    house_running.set(Plan, review_on=utc_now().date() - DAY)
    house_running.due("ARTA")
    time.sleep(1.5)
    assert house_running.received("ARTA") == []


@pytest.mark.parametrize("never", ["consent", "safe_to_contact"])
def test_a_way_without_consent_or_not_confirmed_as_safe_is_never_used(house_running: Place, never: str) -> None:
    house_running.add("ARTA")
    house_running.set(Address, **{never: False})
    house_running.due("ARTA")
    alert = house_running.alert("ARTA", AlertKind.DELIVERY)
    assert alert.urgency is Urgency.ROUTINE and house_running.received("ARTA") == []


def test_i_will_contact_you_is_a_plan_that_only_answers(house_running: Place) -> None:
    house_running.add("ARTA", inbound_only=True, due=True)
    house_running.text("ARTA", "1")
    until(lambda: house_running.received("ARTA") == [house_running.words("reply.ok")])
    assert house_running.all(Checkin) == [] or house_running.all(Outbox, Outbox.purpose == Purpose.CHECKIN) == []


def test_a_csv_file_makes_drafts_that_send_nothing(house_running: Place, tmp_path: Path) -> None:
    house_running.add("ANNA")
    house_running.caseworker()
    file = tmp_path / "people.csv"
    file.write_text("name,language,number,channel\nBesa,sq,+447700900288,pigeon\n")
    with pytest.raises(FileRefused, match="line 2, channel"):
        take(house_running.house.database, file, "mo@example.org", True)
    file.write_text("name,language,number,channel\nBesa,sq,+447700900288,sms\n")
    assert "Nothing was made" in take(house_running.house.database, file, "mo@example.org", False)[0]
    ref = take(house_running.house.database, file, "mo@example.org", True)[1]
    house_running.due(ref)
    time.sleep(1.5)
    assert house_running.received("+447700900288") == []


@fast
def test_silence_near_a_day_of_stress_is_urgent_sooner(house_running: Place) -> None:
    house_running.add("ARTA", due=True, stress_dates=[{"on": str(utc_now().date()), "why": "court"}])
    alert = house_running.alert("ARTA", AlertKind.SILENCE)
    assert alert.urgency is Urgency.URGENT and len(house_running.received("ARTA")) == 1, "no repeat, half the time"


def test_never_dates_move_what_is_shown_and_sent(house_running: Place) -> None:
    house_running.add("ARTA", due=True, never_dates=[str(utc_now().astimezone(ZoneInfo("Europe/London")).date())])
    time.sleep(1.5)
    assert house_running.received("ARTA") == []


def test_a_lost_phone_stops_everything_at_once_and_comes_back_only_by_a_colleague(house_running: Place) -> None:
    house_running.add("ARTA")
    mo = house_running.caseworker()
    mo.do("/people/ARTA/conversation", "/phone-lost", sure="yes")
    assert house_running.all(Person)[0].suspended_at is not None
    house_running.due("ARTA")
    house_running.text("ARTA", "1")
    until(lambda: "suspended" in house_running.why("ARTA"))
    assert house_running.received("ARTA") == []
    mo.do("/people/ARTA/conversation", "/phone-back", sure="yes", safe="yes", agreed="yes")
    assert house_running.all(Person)[0].suspended_at is None and [c.what for c in house_running.all(PlanChange)] == ["phone lost", "phone back"]


def test_withdrawn_consent_ends_it_and_her_own_start_does_not_undo_that(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    mo = house_running.caseworker()
    mo.do("/people/GRACE/plan", "/stop", consent_withdrawn="yes")
    house_running.due("GRACE")
    house_running.text("GRACE", "START")
    until(lambda: "speak with her first" in house_running.why("GRACE"))
    until(lambda: [r.state for r in house_running.all(Outbox, Outbox.purpose == Purpose.REPLY)] == [OutboxState.CANCELLED])
    assert house_running.all(Outbox, Outbox.purpose == Purpose.CHECKIN) == [] and house_running.received("GRACE") == []
