"""Channels: opt-outs in every language, WhatsApp's window and its late refusals, calls that machines take. The bot is down."""

from __future__ import annotations

import time

import pytest

from casefile.models import Address, Checkin, Inbound, Outbox, Person
from casefile.numbers import address_hash
from casefile.vocabulary import LANGUAGES, AlertKind, Channel, CheckinState, Purpose
from tests.serving import until
from tests.stories.conftest import DAY, Place, fast


def test_stop_is_understood_in_24_languages(house_running: Place) -> None:
    book = house_running.house.book
    for number, code in enumerate(LANGUAGES):
        house_running.add(f"P{number}", code)
        words = sorted(" ".join(k) for k, names in book.keywords.items() if ("stop", code) in names)
        house_running.text(f"P{number}", words[-1])
    until(lambda: all(p.stopped_at for p in house_running.all(Person)), 40)
    assert house_running.all(Outbox, Outbox.purpose == Purpose.REPLY) == []


def test_an_opt_out_that_the_provider_took_stops_us_too_without_another_word(house_running: Place) -> None:
    house_running.add("GRACE", "en")
    house_running.faults(stop_keywords="default")
    house_running.text("GRACE", "QUIT")
    house_running.due("GRACE")
    until(lambda: house_running.all(Address)[0].opted_out_at or house_running.all(Person)[0].stopped_at)
    assert [t for t in house_running.phone("GRACE") if not t["by_twilio"]] == []


def test_segments_and_validity_are_known_of_each_text(house_running: Place) -> None:
    house_running.add("SELAM", "ti", due=True)
    until(lambda: house_running.received("SELAM"))
    (row,) = house_running.all(Outbox, Outbox.purpose == Purpose.CHECKIN)
    assert row.segments in (1, 2) and row.not_after is not None


@fast
def test_whatsapp_refused_late_outside_the_window_is_our_fault_and_not_her_silence(house_running: Place) -> None:
    house_running.add("MARIA", channels=(Channel.WHATSAPP,))
    house_running.faults(failures={house_running.numbers["MARIA"]: 63016})
    house_running.due("MARIA")
    until(lambda: "MARIA" in house_running.why(None))
    time.sleep(DAY)
    assert house_running.alerts("MARIA", AlertKind.SILENCE) == []


def test_inside_the_window_no_template_is_used(house_running: Place) -> None:
    house_running.add("MARIA", channels=(Channel.WHATSAPP,))
    house_running.text("MARIA", "1", channel="whatsapp")
    until(lambda: house_running.phone("MARIA"))
    house_running.due("MARIA")
    until(lambda: len(house_running.phone("MARIA")) == 2)
    assert [t["content_sid"] for t in house_running.phone("MARIA")] == [None, None]


def test_a_sender_without_a_number_is_known_by_her_whatsapp_id(house_running: Place) -> None:
    house_running.add("MARIA", channels=(Channel.WHATSAPP,))
    house_running.set(Address, external_user_hash=address_hash("GB.1A2B3C4D5E"))
    house_running.faults(without_number={house_running.numbers["MARIA"]: "GB.1A2B3C4D5E"})
    house_running.text("MARIA", "1", channel="whatsapp")
    until(lambda: [m.person_id for m in house_running.all(Inbound)] == [house_running.all(Person)[0].id])


def test_a_voice_note_waits_unopened_for_a_person(house_running: Place) -> None:
    house_running.add("MARIA", channels=(Channel.WHATSAPP,))
    house_running.text("MARIA", None, channel="whatsapp", media=["audio/ogg"])
    house_running.alert("MARIA", AlertKind.MESSAGE)
    assert "voice note" in house_running.why("MARIA")


@fast
@pytest.mark.parametrize("how", ["machine", "no-answer"])
def test_a_machine_or_nobody_hears_nothing_and_the_other_way_is_tried(house_running: Place, how: str) -> None:
    house_running.add("ELIRA", channels=(Channel.VOICE, Channel.SMS))
    house_running.answers_calls("ELIRA", how)
    house_running.due("ELIRA")
    until(lambda: house_running.received("ELIRA") == [house_running.words("checkin.intro")])
    assert [entry for entry in house_running.calls("ELIRA")[0]["heard"] if entry["verb"] == "Play"] == []


def test_the_first_call_says_after_her_key_that_it_is_automated(house_running: Place) -> None:
    house_running.add("ELIRA", channels=(Channel.VOICE,))
    house_running.answers_calls("ELIRA", "human", "1", "1")
    house_running.due("ELIRA")
    until(lambda: house_running.all(Checkin)[0].state is CheckinState.ANSWERED if house_running.all(Checkin) else False)
    played = [entry["url"].rpartition("/")[2] for entry in house_running.calls("ELIRA")[0]["heard"] if entry["verb"] == "Play"]
    assert played == ["open.wav", "intro.wav", "ask.wav", "thanks.wav"]


def test_a_call_of_which_nobody_knows_whether_it_rang_is_never_made_again(house_running: Place) -> None:
    house_running.add("ELIRA", channels=(Channel.VOICE,))
    house_running.answers_calls("ELIRA", "no-answer")
    house_running.faults(server_errors_after={"next": 1}, lose_statuses=True)
    house_running.due("ELIRA")
    until(lambda: house_running.calls("ELIRA"))
    time.sleep(3)
    assert len(house_running.calls("ELIRA")) == 1 and len(house_running.all(Outbox, Outbox.purpose == Purpose.CHECKIN)) == 1
