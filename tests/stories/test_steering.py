"""People steer by their own texts, with the bot down: each change is confirmed neutrally, shown to the caseworker, and can be put back."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from casefile.database import utc_now
from casefile.models import Address, Alert, Outbox, Person, Plan, PlanChange, WelfareCall
from casefile.vocabulary import LANGUAGES, AlertKind, Channel, Purpose, Urgency
from tests.serving import until
from tests.stories.conftest import Place, both
from triage.wishes import FOLDER

BOTH_WAYS = (Channel.SMS, Channel.WHATSAPP)


def said(place: Place, ref: str) -> list[str | None]:
    """The keys of the replies she got."""
    return [row.text_key for row in place.all(Outbox, Outbox.purpose == Purpose.REPLY)]


@pytest.mark.parametrize(("text", "reply", "change"), [
    ("later", "reply.later", {"moved_to"}), ("write me tomorrow at 15:00", "reply.moved", {"moved_to"}), ("text me on Friday", "reply.moved", {"moved_to"}),
    ("write less often please", "reply.less_often", {"rule", "starts_on"}), ("Romanian", "reply.language_changed", {"language"}),
    ("Can you write on WhatsApp instead?", "reply.other_way", {"channels"}), ("only SMS", "reply.channel_changed", {"channels"}),
    ("pause", "reply.paused", {"paused"}), ("STOP", None, {"stopped_at"}),
])
def test_every_wish_is_done_confirmed_shown_and_put_back(house_running: Place, text: str, reply: str | None, change: set[str]) -> None:
    house_running.add("GRACE", "en", channels=BOTH_WAYS)
    before = house_running.all(Plan)[0], house_running.all(Person)[0]
    house_running.text("GRACE", text)
    (made,) = until(lambda: house_running.all(PlanChange))
    until(lambda: house_running.alerts("GRACE"))
    until(lambda: said(house_running, "GRACE") == ([reply] if reply else []))
    assert made.by_staff_id is None and set(made.after) == change
    mo = house_running.caseworker()
    assert "By them: " in mo.page("/people/GRACE")
    if "stopped_at" in change:
        assert "/put-back" not in mo.page("/people/GRACE"), "only when somebody has asked her"
        mo.do("/people/GRACE/plan", "/start")
    else:
        mo.do("/people/GRACE", f"/changes/{made.id}/put-back")
    plan, person = house_running.all(Plan)[0], house_running.all(Person)[0]
    assert (plan.rule, plan.channels, plan.moved_to, plan.paused, person.language, person.stopped_at) == (
        before[0].rule, before[0].channels, None, False, "en", None)


def test_what_is_moved_is_asked_then_and_by_the_way_she_chose(house_running: Place) -> None:
    house_running.add("MARIA", "sq", channels=BOTH_WAYS, due=True)
    until(lambda: house_running.phone("MARIA"))
    house_running.text("MARIA", "Mund të më shkruani në WhatsApp?")
    until(lambda: said(house_running, "MARIA") == ["reply.other_way"])
    house_running.due("MARIA")
    until(lambda: house_running.phone("MARIA")[-1]["channel"] == "whatsapp")
    assert house_running.phone("MARIA")[-1]["body"] == house_running.words("checkin.ask.plain"), "her number was told by SMS that it is automated"


def test_a_channel_she_did_not_consent_to_is_a_task(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    house_running.text("GRACE", "call instead")
    until(lambda: "not agreed yet" in house_running.why("GRACE"))
    until(lambda: said(house_running, "GRACE") == ["reply.person_reads"])
    assert house_running.all(Plan)[0].channels == ["sms"]


def test_pause_stop_and_start_by_text(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    for text in ("pause", "STOP", "START"):
        count = len(house_running.all(PlanChange))
        house_running.text("GRACE", text)
        until(lambda count=count: len(house_running.all(PlanChange)) > count)
    until(lambda: said(house_running, "GRACE")[-1:] == ["reply.started"])
    house_running.due("GRACE")
    until(lambda: house_running.received("GRACE")[-1:] == [house_running.words("checkin.intro", "en")])


def test_call_me_asks_when_it_is_safe_and_puts_it_on_the_list(house_running: Place) -> None:
    house_running.add("ARTA")
    house_running.text("ARTA", "2")
    until(lambda: house_running.received("ARTA") == [house_running.words("reply.call_when")])
    house_running.text("ARTA", "neser ne ora 15")
    until(lambda: [c.asked_for for c in house_running.all(WelfareCall)] == ["neser ne ora 15"])


@both
def test_a_wrong_number_is_never_written_to_again(house_running: Place) -> None:
    house_running.add("GRACE", "en", due=True)
    until(lambda: house_running.received("GRACE"))
    house_running.text("GRACE", "Wrong number. Who is this?")
    until(lambda: "not her number" in house_running.why("GRACE"))
    assert house_running.all(Address)[0].suspended_at is not None
    house_running.due("GRACE")
    until(lambda: len(house_running.alerts("GRACE")) > 1)
    assert len(house_running.received("GRACE")) == 1


def test_under_18_ends_what_is_automatic_and_a_person_is_paged(house_running: Place) -> None:
    house_running.add("GRACE", "en", due=True)
    until(lambda: house_running.received("GRACE"))
    house_running.text("GRACE", "sorry i am 16 years old")
    assert house_running.alert("GRACE", AlertKind.MESSAGE).urgency is Urgency.URGENT
    until(lambda: any("GRACE" in page for page in house_running.pages()))
    house_running.due("GRACE")
    house_running.text("GRACE", "1")
    until(lambda: "may be under 18" in house_running.why("GRACE"))
    assert len(house_running.received("GRACE")) == 1 and not house_running.all(Person)[0].adult


def test_a_stolen_phone_by_text_stops_everything(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    house_running.text("GRACE", "my phone was stolen")
    assert house_running.alert("GRACE", AlertKind.MESSAGE).urgency is Urgency.URGENT
    assert house_running.all(Person)[0].suspended_at is not None and house_running.received("GRACE") == []


def test_less_often_is_understood_in_24_languages(house_running: Place) -> None:
    for number, code in enumerate(LANGUAGES):
        house_running.add(f"P{number}", code)
    for number, code in enumerate(LANGUAGES):
        wish = (FOLDER / f"{code}.txt").read_text("utf-8").split("[less often]\n")[1].split("\n")[1]
        house_running.text(f"P{number}", wish)
    until(lambda: len(house_running.all(PlanChange)) == 24, 30)
    assert {plan.rule for plan in house_running.all(Plan)} == {"FREQ=WEEKLY;BYDAY=TU;INTERVAL=2"}


def test_a_reply_answers_the_check_in_it_belongs_to(house_running: Place) -> None:
    house_running.add("MARIA", channels=(Channel.WHATSAPP,), due=True)
    (asked,) = until(lambda: house_running.phone("MARIA"))
    house_running.set(Person, awaiting="call_when", awaiting_since=utc_now() - dt.timedelta(minutes=5))
    more: dict[str, Any] = {"channel": "whatsapp", "reply_to": asked["sid"]}
    house_running.text("MARIA", "9", **more)
    assert house_running.alert("MARIA", AlertKind.MESSAGE).urgency is Urgency.IMMEDIATE, "an answer to the check-in, not an hour"


def test_another_whatsapp_name_is_a_sign_for_a_person(house_running: Place) -> None:
    house_running.add("MARIA", channels=(Channel.WHATSAPP,))
    for count, name in enumerate(("Maria", "Boss"), 1):
        house_running.text("MARIA", "1", channel="whatsapp", profile_name=name)
        until(lambda count=count: len(said(house_running, "MARIA")) == count)
    assert [a.urgency for a in house_running.all(Alert, Alert.person_id.is_not(None))] == [Urgency.ROUTINE]
    assert "somebody else may be writing" in house_running.why("MARIA") and "Boss" not in house_running.why("MARIA")
