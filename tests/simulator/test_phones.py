"""A person texts: what the app is told, signed, and what happens when the app does not answer."""

import threading
import time

import pytest
from twilio.request_validator import RequestValidator

from messaging.simulator.config import DEMO_AUTH_TOKEN
from messaging.simulator.courier import signed_request
from tests.simulator.conftest import ARTA, BINH, OURS, PUBLIC, App, Bench, until

SMS_FIELDS = {
    "MessageSid", "SmsSid", "SmsMessageSid", "AccountSid", "From", "To", "Body", "NumMedia", "NumSegments", "SmsStatus", "ApiVersion",
    "FromCity", "FromState", "FromZip", "FromCountry", "ToCity", "ToState", "ToZip", "ToCountry",
}  # fmt: skip


def test_a_text_reaches_the_app_signed_with_every_field(bench: Bench, app: App) -> None:
    told = bench.text(ARTA, "Jam mirë  ")
    assert told["webhook_status"] == 200 and 0 < told["milliseconds"] < 5000
    (webhook,) = app.at("/twilio/messages")
    assert webhook.is_signed() and webhook.method == "POST"
    assert set(webhook.form) == SMS_FIELDS
    assert (webhook.form["Body"], webhook.form["From"], webhook.form["To"]) == ("Jam mirë  ", ARTA, OURS)
    assert webhook.form["FromCountry"] == "GB" and webhook.form["FromCity"] == ""
    assert webhook.form["MessageSid"] == told["sid"] == webhook.form["SmsSid"]
    assert bench.client.messages(told["sid"]).fetch().status == "received"


def test_a_changed_form_does_not_match_the_signature(bench: Bench, app: App) -> None:
    bench.text(ARTA, "hello")
    webhook = app.at("/twilio/messages")[0]
    webhook.form["Body"] = "goodbye"
    assert not webhook.is_signed()


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"channel": "whatsapp", "body": "hi"}, {"MessageType": "text", "WaId": ARTA[1:], "ProfileName": "Arta", "From": f"whatsapp:{ARTA}"}),
        ({"channel": "whatsapp", "body": "hi", "profile_name": "A."}, {"ProfileName": "A."}),
        ({"channel": "whatsapp", "body": "", "latitude": 51.5, "longitude": -0.1}, {"MessageType": "location", "Latitude": "51.5", "Body": ""}),
        ({"channel": "whatsapp", "body": "hi", "from_bsuid": "GB.1A2B"}, {"From": "whatsapp:GB.1A2B", "ExternalUserId": "whatsapp:GB.1A2B"}),
        ({"body": "", "media": ["image/jpeg"]}, {"NumMedia": "1", "MediaContentType0": "image/jpeg"}),
        ({"body": "x", "media": [{"url": "https://a.example/v.ogg"}]}, {"MediaUrl0": "https://a.example/v.ogg", "MediaContentType0": "audio/ogg"}),
        ({"body": "ă" * 71}, {"NumSegments": "2"}),
        ({"body": ""}, {"Body": ""}),
    ],
)
def test_what_is_sent_is_what_the_form_says(bench: Bench, app: App, given: dict, expected: dict) -> None:
    bench.text(ARTA, **given)
    form = app.at("/twilio/messages")[0].form
    assert {name: form.get(name) for name in expected} == expected
    assert app.at("/twilio/messages")[0].is_signed()


def test_a_person_without_a_number_has_no_number_in_the_form(bench: Bench, app: App) -> None:
    bench.text(ARTA, "hi", channel="whatsapp", from_bsuid="GB.1A2B")
    form = app.at("/twilio/messages")[0].form
    assert "WaId" not in form and ARTA not in str(form)


def test_a_body_can_be_left_out_altogether(bench: Bench, app: App) -> None:
    bench.text(ARTA, None, media=["image/png"])
    assert "Body" not in app.at("/twilio/messages")[0].form


@pytest.mark.parametrize(
    ("number", "given"),
    [
        (ARTA, {}),
        (ARTA, {"body": 5}),
        (ARTA, {"body": "x", "channel": "pigeon"}),
        (ARTA, {"body": "a" * 1601}),
        (ARTA, {"body": "x", "latitude": 1}),
        (ARTA, {"body": "x", "from_bsuid": "GB.1A2B"}),
        (ARTA, {"body": "\ud83d"}),
        (ARTA, {"body": "x", "media": [7]}),
        (ARTA, []),
        ("nobody", {"body": "x"}),
        ("+44", {"body": "x"}),
    ],
)
def test_a_text_no_phone_could_send_is_refused_and_nothing_is_kept(bench: Bench, app: App, number: str, given: object) -> None:
    import json

    answer = bench.http.post(f"/phones/{number}/texts", content=json.dumps(given))
    assert answer.status_code == 422 and answer.json()["error"]
    assert app.got == [] and bench.running.simulation.store.order == []


def test_the_plus_may_be_left_out_of_the_address(bench: Bench) -> None:
    bench.text(ARTA.lstrip("+"), "hello")
    assert [t["body"] for t in bench.thread(ARTA)] == ["hello"]


def test_a_thread_has_both_sides_newest_last(bench: Bench) -> None:
    bench.send(body="first")
    bench.text(ARTA, "second")
    bench.send(body="third")
    assert [(t["direction"], t["body"], t["status"]) for t in bench.thread(ARTA)] == [
        ("received", "first", "delivered"), ("sent", "second", "received"), ("received", "third", "delivered"),
    ]  # fmt: skip


def test_an_answer_goes_to_whoever_wrote_last(bench_with, app: App) -> None:
    second = "+447700900009"
    bench = bench_with(numbers=(OURS, second))
    bench.client.messages.create(to=BINH, from_=second, body="hello")
    bench.http.post(f"/phones/{BINH}/texts", json={"body": "hi"})
    bench.http.post(f"/phones/{ARTA}/texts", json={"body": "hi"})
    assert [w.form["To"] for w in app.at("/twilio/messages")] == [second, OURS]


def test_without_any_number_a_text_needs_to_say_where_it_goes(bench_with) -> None:
    bench = bench_with(numbers=())
    answer = bench.http.post(f"/phones/{ARTA}/texts", json={"body": "hi"})
    assert answer.status_code == 422 and "to" in answer.json()["error"]


def test_looking_at_an_unknown_phone_makes_none(bench: Bench) -> None:
    assert bench.thread(BINH) == [] and bench.calls(BINH) == []
    assert [p["number"] for p in bench.http.get("/phones").json()] == [ARTA]


def test_phones_appear_when_they_are_written_to_and_can_be_named(bench: Bench) -> None:
    bench.send(BINH)
    assert [p["number"] for p in bench.http.get("/phones").json()] == [ARTA, BINH]
    bench.http.put(f"/phones/{BINH}", json={"name": "Bình"})
    assert {p["name"] for p in bench.http.get("/phones").json()} == {"Arta", "Bình"}


# What the app does not take


@pytest.mark.parametrize("status", [400, 403, 500, 503])
def test_a_refused_webhook_is_not_tried_again_by_default(bench: Bench, app: App, status: int) -> None:
    app.answers["/twilio/messages"] = (status, "")
    told = bench.text(ARTA)
    assert (told["webhook_status"], told["attempts"], told["error_code"]) == (status, 1, 11200)
    assert len(app.got) == 1
    assert bench.client.messages(told["sid"]).fetch().body == "hello"


def test_only_a_connection_that_cannot_be_made_is_tried_again(bench_with) -> None:
    bench = bench_with(deliver_url="http://127.0.0.1:9")
    told = bench.text(ARTA)
    assert (told["webhook_status"], told["attempts"], told["error_code"]) == (None, 2, 11205)


def test_a_slow_app_is_given_up_without_another_try(bench_with, app: App) -> None:
    bench = bench_with(webhook_timeout_s=0.1)
    release = threading.Event()
    app.answers["/twilio/messages"] = lambda webhook: (release.wait(2), (200, ""))[1]
    told = bench.text(ARTA)
    release.set()
    assert (told["webhook_status"], told["attempts"], told["error_code"]) == (None, 1, 11206)


def test_the_fragment_can_ask_for_more_tries(bench_with, app: App) -> None:
    bench = bench_with(messages_path="/twilio/messages#rc=3&rp=5xx,ct")
    answers = iter([(500, ""), (502, ""), (200, "")])
    app.answers["/twilio/messages"] = lambda webhook: next(answers)
    told = bench.text(ARTA)
    assert (told["webhook_status"], told["attempts"]) == (200, 3)
    assert {w.headers["i-twilio-idempotency-token"] for w in app.got} == {app.got[0].headers["i-twilio-idempotency-token"]}
    assert all(w.is_signed() for w in app.got)


def test_the_fallback_url_gets_the_same_message_and_why(bench_with, app: App) -> None:
    bench = bench_with(messages_fallback_url=f"{PUBLIC}/fallback")
    app.answers["/twilio/messages"] = (500, "")
    told = bench.text(ARTA, "danger")
    assert told["by_fallback"] and told["webhook_status"] == 200
    first, second = app.got
    assert second.path == "/fallback" and second.is_signed()
    assert second.form == first.form | {"ErrorCode": "11200", "ErrorUrl": f"{PUBLIC}/twilio/messages"}


def test_a_twiml_answer_is_sent_to_the_phone(bench: Bench, app: App) -> None:
    app.answers["/twilio/messages"] = (200, "<Response><Message>Thank you</Message></Response>")
    bench.text(ARTA, "hi")
    assert [t["body"] for t in bench.thread(ARTA)] == ["hi", "Thank you"]
    assert bench.client.messages.list(to=ARTA)[0].direction == "outbound-reply"


@pytest.mark.parametrize("body", ["", "<Response/>", "<Response><Message>broken", "OK"])
def test_other_answers_send_nothing(bench: Bench, app: App, body: str) -> None:
    app.answers["/twilio/messages"] = (200, body)
    bench.text(ARTA, "hi")
    assert len(bench.thread(ARTA)) == 1


def test_a_text_need_not_wait_for_the_app(bench: Bench, app: App) -> None:
    release = threading.Event()
    app.answers["/twilio/messages"] = lambda webhook: (release.wait(5), (200, ""))[1]
    started = time.monotonic()
    assert bench.text(ARTA, wait=False)["webhook_status"] is None
    assert time.monotonic() - started < 2
    release.set()
    app.wait_for(1, "/twilio/messages")


def test_nothing_is_ever_posted_to_a_stranger(bench_with) -> None:
    bench = bench_with(messages_fallback_url="https://elsewhere.example/x")
    sim = bench.running.simulation
    assert not sim.courier.may_call("https://elsewhere.example/x")
    assert sim.courier.may_call(f"{PUBLIC}/x") and sim.courier.may_call("http://127.0.0.1:1/x") and sim.courier.may_call("http://[::1]:1/x")


@pytest.mark.parametrize(
    ("url", "method", "voice", "expected"),
    [
        ("https://a.example:8443/x?y=%20z#rc=2", "POST", False, "https://a.example:8443/x?y=%20z"),
        ("https://a.example:8443/x", "POST", True, "https://a.example/x"),
        ("http://a.example:8000/x", "POST", True, "http://a.example:8000/x"),
        ("https://user:pass@a.example/x", "POST", False, "https://a.example/x"),
        ("https://a.example/x?a=1", "GET", True, "https://a.example/x?a=1&Digits=1"),
    ],
)
def test_the_url_is_signed_the_way_twilio_signs_it(url: str, method: str, voice: bool, expected: str) -> None:
    signed, form = signed_request(url, {"Digits": "1"}, method, voice)
    assert signed == expected
    assert form == ({} if method == "GET" else {"Digits": "1"})


def test_the_courier_signs_twilios_own_example() -> None:
    params = {"CallSid": "CA1234567890ABCDE", "Caller": "+14158675310", "Digits": "1234", "From": "+14158675310", "To": "+18005551212"}
    signed, form = signed_request("https://example.com/myapp.php?foo=1&bar=2", params, "POST", False)
    assert RequestValidator("12345").compute_signature(signed, form) == "L/OH5YylLD5NRKLltdqwSvS0BnU="
    assert DEMO_AUTH_TOKEN != "12345"


# Statuses


def test_each_status_after_the_first_is_called_back_in_order(bench: Bench, app: App) -> None:
    made = bench.send(status_callback=f"{PUBLIC}/twilio/status?ob=41")
    told = app.wait_for(2, "/twilio/status")
    assert app.statuses() == ["sent", "delivered"]
    assert all(w.is_signed() and w.target.endswith("?ob=41") and w.form["MessageSid"] == made.sid for w in told)
    assert "ErrorCode" not in told[1].form and told[1].form["RawDlrDoneDate"].isdigit()


def test_whatsapp_is_read_at_last(bench: Bench, app: App) -> None:
    bench.text(ARTA, "hi", channel="whatsapp")
    bench.send(f"whatsapp:{ARTA}", status_callback=f"{PUBLIC}/twilio/status")
    app.wait_for(3, "/twilio/status")
    assert app.statuses() == ["sent", "delivered", "read"]
    assert app.at("/twilio/status")[2].form["EventType"] == "READ"


def test_statuses_take_their_time(bench_with, app: App) -> None:
    bench = bench_with(pace=0.1)
    made = bench.send(status_callback=f"{PUBLIC}/twilio/status")
    assert bench.client.messages(made.sid).fetch().status == "queued" and bench.thread(ARTA) == []
    app.wait_for(2, "/twilio/status")
    until(lambda: len(bench.thread(ARTA)) == 1)


def test_status_callbacks_can_be_switched_off(bench_with, app: App) -> None:
    bench = bench_with(status_callbacks=False)
    made = bench.send(status_callback=f"{PUBLIC}/twilio/status")
    assert bench.client.messages(made.sid).fetch().status == "delivered"
    bench.text(ARTA)
    assert app.at("/twilio/status") == []
