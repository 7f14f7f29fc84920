"""Everything that can be made to go wrong, and that it goes wrong the same way each time."""

import time

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException

from messaging.simulator.delivery import disturbed, journey
from messaging.simulator.faults import CHANCES, FaultError, Faults
from tests.simulator.conftest import ARTA, BINH, OURS, PUBLIC, App, Bench, until

STATUS = f"{PUBLIC}/twilio/status"


def arrived(bench: Bench, number: str = ARTA) -> list[str]:
    return [text["body"] for text in bench.thread(number) if text["direction"] == "received"]


@pytest.mark.parametrize(
    ("fault", "code", "status"),
    [
        ({"too_many_requests": {"next": 2}}, 20429, 429),
        ({"server_errors_before": {"next": 2}}, 20500, 500),
        ({"server_errors_before": {"next": 2, "status": 502}}, 20500, 502),
        ({"api_down": {"next": 2}}, 20503, 500),
    ],
)
def test_refused_at_the_door_twice_and_nothing_is_accepted(bench: Bench, fault: dict, code: int, status: int) -> None:
    bench.faults(**fault)
    for _ in range(2):
        with pytest.raises(TwilioRestException) as caught:
            bench.send()
        assert (caught.value.code, caught.value.status) == (code, status)
    assert arrived(bench) == [] and bench.client.messages.list() == []
    bench.send(body="now")
    assert arrived(bench) == ["now"]


def test_an_error_after_acceptance_sends_all_the_same(bench: Bench) -> None:
    bench.faults(server_errors_after={"next": 1, "status": 503})
    with pytest.raises(TwilioRestException) as caught:
        bench.send()
    assert caught.value.status == 503
    assert len(arrived(bench)) == 1 and len(bench.client.messages.list(to=ARTA)) == 1


def test_a_lost_response_sends_all_the_same(bench: Bench) -> None:
    bench.faults(lose_responses={"next": 1})
    with pytest.raises(requests.exceptions.ConnectionError):
        bench.send()
    assert len(arrived(bench)) == 1
    bench.send(body="next")
    assert len(arrived(bench)) == 2


def test_a_slow_response_sends_all_the_same(bench: Bench) -> None:
    bench.faults(slow_responses={"next": 1, "seconds": 60})
    bench.client.http_client.timeout = 0.1
    try:
        with pytest.raises(requests.exceptions.ReadTimeout):
            bench.send()
    finally:
        bench.client.http_client.timeout = 5
        bench.http.post("/clock", json={"advance_s": 61})
    assert len(arrived(bench)) == 1


def test_an_outage_takes_lists_too(bench: Bench) -> None:
    bench.faults(api_down={"next": 1, "status": 503})
    with pytest.raises(TwilioRestException):
        bench.client.messages(OURS).fetch()
    assert bench.client.messages.list() == []


def test_the_callback_can_come_before_the_answer(bench: Bench, app: App) -> None:
    bench.faults(callbacks_first={"next": 1})
    app.answers["/twilio/status"] = lambda webhook: (time.sleep(0.05), (200, ""))[1]
    made = bench.send(status_callback=STATUS)
    assert app.at("/twilio/status")[0].form["MessageSid"] == made.sid and made.status == "queued"


def test_a_callback_that_is_never_made_is_not_waited_for(bench: Bench) -> None:
    bench.faults(callbacks_first=1.0, lose_statuses=1.0)
    assert bench.send(status_callback=STATUS).status == "queued"


def test_statuses_can_come_in_reverse(bench: Bench, app: App) -> None:
    bench.faults(reorder_statuses={"next": 1})
    bench.send(status_callback=STATUS)
    app.wait_for(2, "/twilio/status")
    assert app.statuses() == ["delivered", "sent"]


def test_statuses_can_come_twice(bench: Bench, app: App) -> None:
    bench.faults(duplicate_statuses={"next": 1, "copies": 1})
    bench.send(status_callback=STATUS)
    app.wait_for(4, "/twilio/status")
    assert app.statuses() == ["sent", "sent", "delivered", "delivered"]


def test_statuses_can_be_lost_while_the_message_arrives(bench: Bench, app: App) -> None:
    bench.faults(lose_statuses={"next": 1})
    made = bench.send(status_callback=STATUS)
    assert bench.client.messages(made.sid).fetch().status == "delivered"
    bench.send(BINH, status_callback=STATUS)
    app.wait_for(2, "/twilio/status")
    assert {w.form["To"] for w in app.at("/twilio/status")} == {BINH}


def test_one_status_can_be_late(bench: Bench, app: App) -> None:
    bench.faults(delay_statuses={"next": 1, "seconds": 3600})
    bench.send(status_callback=STATUS)
    app.wait_for(1, "/twilio/status")
    assert app.statuses() == ["delivered"]
    bench.http.post("/clock", json={"advance_s": 3601})
    app.wait_for(2, "/twilio/status")
    assert app.statuses() == ["delivered", "sent"]


def test_a_phone_that_is_off_gets_it_later(bench: Bench, app: App) -> None:
    bench.faults(late_delivery={"next": 1, "seconds": 7200})
    made = bench.send(status_callback=STATUS)
    app.wait_for(1, "/twilio/status")
    assert bench.client.messages(made.sid).fetch().status == "sent" and arrived(bench) == []
    bench.http.post("/clock", json={"advance_s": 7201})
    until(lambda: arrived(bench))
    app.wait_for(2, "/twilio/status")
    assert app.statuses() == ["sent", "delivered"]


def test_a_carrier_without_receipts_ends_at_sent(bench: Bench, app: App) -> None:
    bench.faults(no_receipts=True)
    made = bench.send(status_callback=STATUS)
    app.wait_for(1, "/twilio/status")
    assert bench.client.messages(made.sid).fetch().status == "sent" and len(arrived(bench)) == 1


@pytest.mark.parametrize(
    ("code", "statuses"),
    [(30003, ["sent", "undelivered"]), (30005, ["sent", "undelivered"]), (30007, ["sent", "undelivered"]), (30002, ["failed"])],
)
def test_delivery_to_one_number_can_fail(bench: Bench, app: App, code: int, statuses: list[str]) -> None:
    bench.faults(failures={ARTA: code})
    made = bench.send(status_callback=STATUS)
    told = app.wait_for(len(statuses), "/twilio/status")
    assert app.statuses() == statuses and told[-1].form["ErrorCode"] == str(code)
    fetched = bench.client.messages(made.sid).fetch()
    assert (fetched.status, fetched.error_code) == (statuses[-1], code) and fetched.error_message
    assert arrived(bench) == [] and bench.thread(ARTA, everything=True)[0]["error_code"] == code
    bench.send(BINH)
    assert len(arrived(bench, BINH)) == 1


def test_delivery_can_fail_once_or_on_one_channel(bench: Bench) -> None:
    bench.faults(failures={ARTA: {"code": 30003, "next": 1}, f"whatsapp:{BINH}": 63024})
    bench.send(body="lost")
    bench.send(body="found")
    bench.send(BINH, "by sms")
    bench.text(BINH, "hi", channel="whatsapp")
    bench.send(f"whatsapp:{BINH}", "by whatsapp")
    assert arrived(bench) == ["found"] and arrived(bench, BINH) == ["by sms"]


def test_webhooks_can_be_late(bench: Bench, app: App) -> None:
    bench.faults(delay_webhooks={"next": 1, "seconds": 600})
    bench.text(ARTA, "first", wait=False)
    bench.text(ARTA, "second")
    bench.http.post("/clock", json={"advance_s": 601})
    app.wait_for(2, "/twilio/messages")
    assert [w.form["Body"] for w in app.got] == ["second", "first"]


def test_webhooks_can_come_more_than_once_with_one_sid(bench: Bench, app: App) -> None:
    bench.faults(duplicate_webhooks={"next": 1, "copies": 2})
    bench.text(ARTA)
    assert len(app.at("/twilio/messages")) == 3
    assert len({w.form["MessageSid"] for w in app.got}) == 1
    assert len({w.headers["i-twilio-idempotency-token"] for w in app.got}) == 1
    assert len(bench.client.messages.list(to=OURS)) == 1


def test_a_lost_webhook_is_still_in_twilios_list(bench: Bench, app: App) -> None:
    bench.faults(lose_webhooks={"next": 1})
    told = bench.text(ARTA, "he is outside")
    assert told["lost"] and app.got == []
    assert [m.body for m in bench.client.messages.list(to=OURS)] == ["he is outside"]


def test_opted_out_numbers_are_refused_on_every_channel(bench: Bench) -> None:
    bench.faults(opted_out=[ARTA])
    for to in (ARTA, f"whatsapp:{ARTA}"):
        with pytest.raises(TwilioRestException) as caught:
            bench.send(to)
        assert (caught.value.code, caught.value.status) == (21610, 400)
    bench.send(BINH)
    assert len(arrived(bench, BINH)) == 1


# STOP, START, HELP


@pytest.mark.parametrize("word", ["STOP", "end", "Quit", "HELP", "yes"])
def test_by_default_twilio_leaves_keywords_alone(bench: Bench, app: App, word: str) -> None:
    bench.text(ARTA, word)
    assert app.at("/twilio/messages")[0].form["Body"] == word
    bench.send()
    assert arrived(bench) == ["How are you today?"]


@pytest.mark.parametrize("word", ["STOP", "stop", " End ", "CANCEL", "quit"])
def test_twilios_default_keywords_block_answer_and_still_tell_us(bench: Bench, app: App, word: str) -> None:
    bench.faults(stop_keywords="default")
    bench.text(ARTA, word)
    webhook = app.at("/twilio/messages")[0]
    assert webhook.form["Body"] == word and "OptOutType" not in webhook.form
    assert arrived(bench)[0].startswith("You have successfully been unsubscribed")
    with pytest.raises(TwilioRestException) as caught:
        bench.send()
    assert caught.value.code == 21610
    bench.text(ARTA, "yes")
    assert bench.send().sid


@pytest.mark.parametrize(("word", "answers"), [("STOP PLEASE", 0), ("please stop", 0), ("HELP", 1), ("info", 1), ("help me", 0)])
def test_only_a_whole_message_is_a_keyword(bench: Bench, word: str, answers: int) -> None:
    bench.faults(stop_keywords="default")
    bench.text(ARTA, word)
    assert len(arrived(bench)) == answers
    assert bench.send().sid


def test_advanced_opt_out_says_so_and_fails_later(bench: Bench, app: App) -> None:
    bench.faults(stop_keywords="advanced")
    for word, kind in (("stop", "STOP"), ("help", "HELP"), ("END", None)):
        bench.text(ARTA, word)
        assert app.at("/twilio/messages")[-1].form.get("OptOutType") == kind
    made = bench.send(status_callback=STATUS)
    assert made.status == "queued"
    app.wait_for(1, "/twilio/status")
    assert app.at("/twilio/status")[0].form["ErrorCode"] == "21610" and app.statuses() == ["failed"]
    bench.text(ARTA, "START")
    assert app.at("/twilio/messages")[-1].form["OptOutType"] == "START"
    bench.send(body="again")
    assert arrived(bench)[-1] == "again"


def test_whatsapp_knows_only_the_advanced_keywords(bench: Bench) -> None:
    bench.faults(stop_keywords="default")
    bench.text(ARTA, "STOP", channel="whatsapp")
    bench.send(f"whatsapp:{ARTA}")
    assert arrived(bench) == ["How are you today?"]


# The controls


@pytest.mark.parametrize(
    "given",
    [
        {"gremlins": 1}, {"lose_responses": 1.5}, {"lose_responses": {"next": -1}}, {"lose_responses": {"seconds": 1}}, {"seed": "x"},
        {"lose_responses": {"next": 1, "probability": 0.5}}, {"server_errors_before": {"status": 404}}, {"failures": {"Arta": 30003}},
        {"failures": {ARTA: "off"}}, {"opted_out": ARTA}, {"stop_keywords": "maybe"}, {"clock_factor": 0}, {"lose_responses": "often"},
        {"without_number": {ARTA: "arta"}}, {"delay_webhooks": {"seconds": -1}}, {"clock_factor": True},
    ],
)  # fmt: skip
def test_a_fault_that_makes_no_sense_is_refused_and_changes_nothing(bench: Bench, given: dict) -> None:
    before = bench.http.get("/faults").json()
    answer = bench.http.put("/faults", json={"too_many_requests": 1.0} | given)
    assert answer.status_code == 422 and answer.json()["error"]
    assert bench.http.get("/faults").json() == before


def test_faults_stay_until_they_are_turned_off(bench: Bench) -> None:
    bench.faults(lose_statuses={"next": 3}, failures={ARTA: 30003})
    bench.faults(stop_keywords="default", lose_statuses=None)
    shown = bench.http.get("/faults").json()
    assert shown["failures"] == {ARTA: {"code": 30003}} and shown["stop_keywords"] == "default" and "lose_statuses" not in shown
    assert bench.http.delete("/faults").json()["failures"] == {}
    assert bench.http.get("/faults").json()["stop_keywords"] == "off"


def test_what_get_shows_put_takes(bench: Bench) -> None:
    bench.faults(slow_responses={"next": 2, "seconds": 3}, late_delivery=0.25, opted_out=[ARTA], clock_factor=5, failures={ARTA: {"code": 30005, "next": 1}})
    shown = bench.http.get("/faults").json()
    bench.http.delete("/faults")
    bench.faults(**shown)
    assert bench.http.get("/faults").json() == shown


@given(st.integers(0, 1000), st.floats(0.05, 0.95))
def test_the_same_seed_strikes_the_same_times(seed: int, probability: float) -> None:
    def strikes(*, other_in_between: bool) -> list[bool]:
        faults = Faults(seed=seed)
        faults.change({"lose_responses": probability, "late_delivery": 0.5})
        found = []
        for _ in range(50):
            found.append(faults.strike("lose_responses") is not None)
            if other_in_between:
                faults.strike("late_delivery")
        return found

    assert strikes(other_in_between=False) == strikes(other_in_between=True)


def test_probability_is_about_as_often_as_it_says() -> None:
    faults = Faults(seed=7)
    faults.change({"lose_statuses": 0.3})
    assert 250 < sum(faults.strike("lose_statuses") is not None for _ in range(1000)) < 350


@given(st.dictionaries(st.sampled_from(sorted(CHANCES)), st.one_of(st.none(), st.booleans(), st.floats(-1, 2), st.integers(-5, 5), st.text()), max_size=3))
def test_any_value_is_taken_or_refused_in_words(given_faults: dict) -> None:
    faults = Faults()
    try:
        faults.change(given_faults)
    except FaultError as problem:
        assert str(problem) and faults.chances == {}


def test_the_clock_can_run_faster_and_jump(bench: Bench) -> None:
    clock = bench.running.simulation.clock
    bench.faults(clock_factor=3600)
    start = clock.now()
    time.sleep(0.05)
    assert 100 < (clock.now() - start).total_seconds() < 3600
    bench.faults(clock_factor=1)
    start = clock.now()
    bench.http.post("/clock", json={"advance_s": 86400})
    assert 86400 <= (clock.now() - start).total_seconds() < 86500
    assert bench.http.post("/clock", json={"advance_s": -1}).status_code == 422


def test_a_faster_clock_hurries_what_is_already_waiting(bench: Bench) -> None:
    bench.faults(late_delivery={"seconds": 3600})
    bench.send()
    bench.faults(clock_factor=100_000)
    until(lambda: arrived(bench))


# The journey, without any server


@given(
    st.sampled_from(["sms", "whatsapp"]), st.sampled_from([None, 21610, 30003, 30007, 63016]), st.floats(0, 100), st.booleans(), st.booleans(),
    st.integers(0, 3), st.booleans(), st.booleans(),
)  # fmt: skip
def test_trouble_with_callbacks_never_changes_what_happens(channel, error, late_s, receipts, read, copies, reorder, lose) -> None:
    steps = journey(channel, 1.0, error=error, late_s=late_s, receipts=receipts, read=read)
    told = disturbed(steps, reorder=reorder, copies=copies, lose=lose)
    assert [(s.after_s, s.status, s.error_code) for s in told] == [(s.after_s, s.status, s.error_code) for s in steps]
    reports = [r for s in told for r in s.reports]
    expected = [s.status for s in steps for _ in range(copies + 1)]
    assert reports == ([] if lose else expected if not reorder else [s.status for s in reversed(steps) for _ in range(copies + 1)])
    assert (steps[-1].error_code == error) and (error is None or steps[-1].status in ("failed", "undelivered"))
