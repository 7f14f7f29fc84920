"""Calls: who answers, what they hear, which keys they press, and what the app is told."""

from itertools import count

import pytest
from twilio.base.exceptions import TwilioRestException

from messaging.simulator.twiml import TwimlError, parse
from tests.simulator.conftest import ARTA, OURS, PUBLIC, App, Bench, until

URL = f"{PUBLIC}/twilio/voice/checkin"
ASK = """<Response><Gather numDigits="1" timeout="6" action="/twilio/voice/answer"><Play>/audio/en.mp3</Play></Gather><Hangup/></Response>"""
EVENTS = ["initiated", "ringing", "answered", "completed"]
OVER = {"completed", "busy", "no-answer", "failed", "canceled"}


def ring(bench: Bench, **given: object):
    usual = {"to": ARTA, "from_": OURS, "url": URL, "status_callback": f"{PUBLIC}/twilio/status", "status_callback_event": EVENTS, "timeout": 20}
    return bench.client.calls.create(**(usual | given))


def over(bench: Bench, number: str = ARTA) -> dict:
    until(lambda: (log := bench.calls(number)) and log[-1]["status"] in OVER)
    return bench.calls(number)[-1]


def habit(bench: Bench, answer: str, *keys: str, **more: object) -> None:
    assert bench.http.put(f"/phones/{ARTA}/voice", json={"answer": answer, "keys": list(keys), **more}).status_code == 200


def heard(log: dict, verb: str) -> list[dict]:
    return [entry for entry in log["heard"] if entry["verb"] == verb]


def test_a_person_answers_hears_and_presses_keys_until_goodbye(bench: Bench, app: App) -> None:
    again = iter([ASK, "<Response><Say language='sq-AL'>Faleminderit</Say><Hangup/></Response>"])
    app.answers["/twilio/voice/checkin"] = (200, ASK)
    app.answers["/twilio/voice/answer"] = lambda webhook: (200, next(again))
    habit(bench, "human", "1", "2")
    made = ring(bench, machine_detection="Enable")
    assert (made.status, made.direction) == ("queued", "outbound-api")
    log = over(bench)
    assert [g["pressed"] for g in heard(log, "Gather")] == ["1", "2"]
    assert [s["text"] for s in heard(log, "Say")] == ["Faleminderit"]
    assert heard(log, "Play")[0] == {"verb": "Play", "url": f"{PUBLIC}/audio/en.mp3", "status": 200, "content_type": "text/xml"}
    assert (log["status"], log["answered_by"], log["heard"][-1]["by"]) == ("completed", "human", "app")
    voice = [w for w in app.got if w.path.startswith("/twilio/voice/")]
    assert all(w.is_signed() for w in app.got)
    assert [w.form.get("Digits") for w in voice] == [None, "1", "2"]
    assert {w.form["CallSid"] for w in voice} == {made.sid} and {w.form["AnsweredBy"] for w in voice} == {"human"}
    assert (voice[0].form["From"], voice[0].form["To"], voice[0].form["CallStatus"]) == (OURS, ARTA, "in-progress")


def test_each_event_asked_for_is_told_in_order(bench: Bench, app: App) -> None:
    app.answers["/twilio/voice/checkin"] = (200, "<Response><Hangup/></Response>")
    habit(bench, "human")
    ring(bench)
    told = app.wait_for(4, "/twilio/status")
    assert app.statuses("CallStatus") == ["initiated", "ringing", "in-progress", "completed"]
    assert [w.form["SequenceNumber"] for w in told] == ["0", "1", "2", "3"]
    assert int(told[3].form["CallDuration"]) >= 1 and "CallDuration" not in told[2].form
    assert {w.form["CallbackSource"] for w in told} == {"call-progress-events"}


def test_without_a_list_of_events_only_the_end_is_told(bench: Bench, app: App) -> None:
    habit(bench, "human")
    bench.client.calls.create(to=ARTA, from_=OURS, twiml="<Response/>", status_callback=f"{PUBLIC}/twilio/status")
    app.wait_for(1, "/twilio/status")
    assert app.statuses("CallStatus") == ["completed"]


@pytest.mark.parametrize(("answer", "status"), [("busy", "busy"), ("no-answer", "no-answer")])
def test_a_call_nobody_takes_fetches_nothing(bench: Bench, app: App, answer: str, status: str) -> None:
    habit(bench, answer)
    made = ring(bench)
    log = over(bench)
    assert (log["status"], log["duration_s"]) == (status, None)
    app.wait_for(3, "/twilio/status")
    assert app.statuses("CallStatus") == ["initiated", "ringing", status] and app.at("/twilio/voice/checkin") == []
    fetched = bench.client.calls(made.sid).fetch()
    assert (fetched.status, fetched.duration, fetched.start_time) == (status, None, None)


def test_someone_slower_than_the_timeout_does_not_answer(bench: Bench) -> None:
    habit(bench, "human", delay_s=30)
    ring(bench, timeout=20)
    assert over(bench)["status"] == "no-answer"


@pytest.mark.parametrize(
    ("answer", "detection", "by"),
    [("machine", "Enable", "machine_start"), ("machine", "DetectMessageEnd", "machine_end_beep"), ("fax", "Enable", "fax"),
     ("human", "Enable", "human"), ("someone_else", "Enable", "human"), ("machine", None, None)],
)  # fmt: skip
def test_a_machine_is_told_before_anything_is_said(bench: Bench, app: App, answer: str, detection: str | None, by: str | None) -> None:
    app.answers["/twilio/voice/checkin"] = (200, "<Response><Hangup/></Response>")
    habit(bench, answer)
    made = ring(bench, **({"machine_detection": detection} if detection else {}))
    log = over(bench)
    assert app.at("/twilio/voice/checkin")[0].form.get("AnsweredBy") == by
    assert log["answered_by"] == by == bench.client.calls(made.sid).fetch().answered_by
    assert heard(log, "Say") == [] and heard(log, "Play") == []


def test_asynchronous_detection_speaks_first_and_tells_later(bench_with, app: App) -> None:
    bench = bench_with(pace=0.02)
    app.answers["/twilio/voice/checkin"] = (200, "<Response><Pause length='60'/></Response>")
    habit(bench, "machine")
    ring(bench, machine_detection="Enable", async_amd="true", async_amd_status_callback=f"{PUBLIC}/amd")
    (told,) = app.wait_for(1, "/amd")
    assert told.form["AnsweredBy"] == "machine_start" and "AnsweredBy" not in app.at("/twilio/voice/checkin")[0].form


@pytest.mark.parametrize(("attribute", "asked_again"), [("", False), ('actionOnEmptyResult="true"', True)])
def test_silence_goes_on_or_is_told_as_the_document_says(bench: Bench, app: App, attribute: str, asked_again: bool) -> None:
    gather = f'<Gather numDigits="1" {attribute} action="/twilio/voice/answer"/>'
    app.answers["/twilio/voice/checkin"] = (200, f"<Response>{gather}<Say>Bye</Say></Response>")
    habit(bench, "someone_else")
    ring(bench)
    log = over(bench)
    assert [w.form["Digits"] for w in app.at("/twilio/voice/answer")] == ([""] if asked_again else [])
    assert len(heard(log, "Say")) == (0 if asked_again else 1) and heard(log, "Gather")[0]["pressed"] == ""


def test_several_digits_end_with_the_finish_key(bench: Bench, app: App) -> None:
    app.answers["/twilio/voice/checkin"] = (200, "<Response><Gather action='/twilio/voice/answer'/></Response>")
    habit(bench, "human", "2580")
    ring(bench)
    over(bench)
    assert app.at("/twilio/voice/answer")[0].form["Digits"] == "2580"


def test_more_keys_than_asked_for_stay_for_the_next_question(bench: Bench, app: App) -> None:
    answers = iter([ASK, "<Response/>"])
    app.answers["/twilio/voice/checkin"] = (200, ASK)
    app.answers["/twilio/voice/answer"] = lambda webhook: (200, next(answers))
    habit(bench, "human", "12")
    ring(bench)
    assert [g["pressed"] for g in heard(over(bench), "Gather")] == ["1", "2"]


def test_redirects_and_get_are_followed_with_relative_addresses(bench: Bench, app: App) -> None:
    app.answers["/twilio/voice/checkin"] = (200, "<Response><Redirect method='GET'>next?step=2</Redirect></Response>")
    app.answers["/twilio/voice/next"] = (200, "<Response><Say>Here</Say></Response>")
    habit(bench, "human")
    ring(bench)
    log = over(bench)
    (webhook,) = app.at("/twilio/voice/next")
    assert webhook.method == "GET" and webhook.target.startswith("/twilio/voice/next?step=2&AccountSid=AC") and webhook.is_signed()
    assert heard(log, "Say")[0]["text"] == "Here"


def test_an_endless_loop_of_documents_is_cut_off(bench: Bench, app: App) -> None:
    app.answers["/twilio/voice/checkin"] = (200, "<Response><Redirect/></Response>")
    habit(bench, "human")
    ring(bench, status_callback_event=["completed"])
    log = over(bench)
    assert log["heard"][-1]["by"] == "twilio" and len(app.at("/twilio/voice/checkin")) == 50


@pytest.mark.parametrize(("status", "body", "code"), [(500, "", 11200), (404, "", 11200), (200, "<Response>", 12100), (200, "<Hello/>", 12100),
                                                       (200, "<Response><Gather><Dial/></Gather></Response>", 12200)])  # fmt: skip
def test_a_broken_document_is_replaced_by_the_fallback(bench: Bench, app: App, status: int, body: str, code: int) -> None:
    app.answers["/twilio/voice/checkin"] = (status, body)
    app.answers["/twilio/voice/fallback"] = (200, "<Response><Hangup/></Response>")
    habit(bench, "human")
    ring(bench, fallback_url=f"{PUBLIC}/twilio/voice/fallback")
    log = over(bench)
    (webhook,) = app.at("/twilio/voice/fallback")
    assert (webhook.form["ErrorCode"], webhook.form["ErrorUrl"]) == (str(code), URL) and webhook.is_signed()
    assert heard(log, "Say") == [] and heard(log, "error")[0]["code"] == code


def test_without_a_fallback_twilio_apologises_aloud_in_english(bench: Bench, app: App) -> None:
    app.answers["/twilio/voice/checkin"] = (500, "")
    habit(bench, "someone_else")
    ring(bench)
    assert "application error" in heard(over(bench), "Say")[0]["text"]


def test_verbs_beyond_the_simulators_are_noted_not_played(bench: Bench) -> None:
    habit(bench, "human")
    bench.client.calls.create(to=ARTA, from_=OURS, twiml="<Response><Record/><Say>after</Say></Response>")
    log = over(bench)
    assert {"verb": "Record", "simulated": False} in log["heard"] and heard(log, "Say")


def test_a_number_that_fails_fails_calls_too(bench: Bench, app: App) -> None:
    bench.faults(failures={ARTA: 30005})
    habit(bench, "human")
    ring(bench)
    assert over(bench)["status"] == "failed"


# By hand


def test_a_phone_rings_until_it_is_answered_by_hand_and_keys_are_pressed(bench: Bench, app: App) -> None:
    app.answers["/twilio/voice/checkin"] = (200, ASK)
    app.answers["/twilio/voice/answer"] = (200, "<Response><Hangup/></Response>")
    made = ring(bench)
    until(lambda: bench.calls(ARTA)[0]["status"] == "ringing")
    assert bench.http.post(f"/phones/{ARTA}/keys", json={"keys": "1"}).status_code == 409
    assert bench.http.post(f"/phones/{ARTA}/answer").json() == {"sid": made.sid}
    until(lambda: heard(bench.calls(ARTA)[0], "Gather"))
    assert bench.http.get("/phones").json()[0]["call"] == {"sid": made.sid, "status": "in-progress"}
    assert bench.http.post(f"/phones/{ARTA}/keys", json={"keys": "A"}).status_code == 422
    assert bench.http.post(f"/phones/{ARTA}/keys", json={"keys": "3"}).status_code == 200
    assert heard(over(bench), "Gather")[0]["pressed"] == "3"
    assert app.at("/twilio/voice/answer")[0].form["Digits"] == "3"


def test_a_call_can_be_declined_left_ringing_or_hung_up(bench: Bench, app: App) -> None:
    app.answers["/twilio/voice/checkin"] = (200, "<Response><Gather timeout='600'/></Response>")
    ring(bench)
    until(lambda: bench.calls(ARTA)[-1]["status"] == "ringing")
    bench.http.post(f"/phones/{ARTA}/answer", json={"accept": False})
    assert over(bench)["status"] == "busy"
    ring(bench, timeout=30)
    until(lambda: bench.calls(ARTA)[-1]["status"] == "ringing")
    bench.http.post("/clock", json={"advance_s": 31})
    assert over(bench)["status"] == "no-answer"
    ring(bench)
    until(lambda: bench.calls(ARTA)[-1]["status"] == "ringing")
    bench.http.post(f"/phones/{ARTA}/answer")
    until(lambda: heard(bench.calls(ARTA)[-1], "Gather"))
    bench.http.post(f"/phones/{ARTA}/hangup")
    log = over(bench)
    assert (log["status"], log["heard"][-1]["by"]) == ("completed", "person")


@pytest.mark.parametrize("given", [{"answer": "dog"}, {"keys": "1"}, {"keys": ["A"]}, {"delay_s": -1}, {"delay_s": True}])
def test_a_habit_that_makes_no_sense_is_refused(bench: Bench, given: dict) -> None:
    assert bench.http.put(f"/phones/{ARTA}/voice", json=given).status_code == 422


# The REST side


def test_the_app_can_call_off_hang_up_and_redirect(bench: Bench, app: App) -> None:
    app.answers["/twilio/voice/checkin"] = (200, "<Response><Gather timeout='600'/></Response>")
    made = ring(bench)
    until(lambda: bench.calls(ARTA)[-1]["status"] == "ringing")
    assert bench.client.calls(made.sid).update(status="canceled").status == "canceled"
    app.wait_for(3, "/twilio/status")
    assert app.statuses("CallStatus")[-1] == "canceled"
    with pytest.raises(TwilioRestException) as caught:
        bench.client.calls(made.sid).update(status="completed")
    assert caught.value.code == 21220
    made = ring(bench)
    until(lambda: bench.calls(ARTA)[-1]["status"] == "ringing")
    bench.http.post(f"/phones/{ARTA}/answer")
    until(lambda: heard(bench.calls(ARTA)[-1], "Gather"))
    bench.client.calls(made.sid).update(twiml="<Response><Say>Moved</Say><Gather timeout='600'/></Response>")
    until(lambda: heard(bench.calls(ARTA)[-1], "Say"))
    assert bench.client.calls(made.sid).update(status="completed").status == "completed"
    assert len([s for s in app.statuses("CallStatus") if s == "completed"]) <= 1


def test_calls_are_listed_newest_first_by_number_and_status(bench: Bench) -> None:
    habit(bench, "busy")
    sids = [ring(bench).sid for _ in range(3)]
    until(lambda: len(bench.client.calls.list(status="busy")) == 3)
    assert [c.sid for c in bench.client.calls.list(to=ARTA, page_size=2)] == sids[::-1]
    assert bench.client.calls.list(to=OURS) == [] and bench.client.calls.list(status="completed") == []
    assert bench.client.calls(sids[0]).delete() is True
    assert len(bench.client.calls.list()) == 2


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"to": "07700900101"}, 21211), ({"from_": "+447700900999"}, 21210), ({"url": "https://elsewhere.example/"}, 21205),
        ({"twiml": "<Response>"}, 12100), ({"status_callback_event": ["sneezed"]}, 20001), ({"to": "+15005550002"}, 21214),
        ({"fallback_url": "https://elsewhere.example/"}, 21609),
    ],
)  # fmt: skip
def test_a_call_twilio_would_refuse_is_refused(bench: Bench, given: dict, code: int) -> None:
    with pytest.raises(TwilioRestException) as caught:
        ring(bench, **given)
    assert caught.value.code == code and bench.calls(ARTA) == []


def test_a_lost_response_rings_all_the_same(bench: Bench) -> None:
    habit(bench, "busy")
    bench.faults(lose_responses={"next": 1})
    with pytest.raises(OSError):
        ring(bench)
    assert over(bench)["status"] == "busy"


# They ring us


@pytest.mark.parametrize(
    ("twiml", "status", "duration"),
    [("<Response><Reject/></Response>", "no-answer", None), ("<Response><Reject reason='busy'/></Response>", "busy", None),
     ("<Response><Say>Hello</Say></Response>", "completed", 1)],
)  # fmt: skip
def test_a_person_who_rings_us_gets_the_numbers_voice_webhook(bench: Bench, app: App, twiml: str, status: str, duration: int | None) -> None:
    app.answers["/twilio/voice/incoming"] = (200, twiml)
    sid = bench.http.post(f"/phones/{ARTA}/calls", json={"to": OURS}).json()["sid"]
    log = over(bench)
    (webhook,) = app.at("/twilio/voice/incoming")
    assert (webhook.form["Direction"], webhook.form["CallStatus"], webhook.form["From"]) == ("inbound", "ringing", ARTA)
    assert (log["direction"], log["status"], log["duration_s"]) == ("sent", status, duration)
    assert bench.client.calls(sid).fetch().direction == "inbound"


# Reading TwiML


def test_twiml_is_read_in_order_with_its_parts() -> None:
    (gather, hangup) = parse(ASK)
    assert (gather.name, gather.children[0].name, gather.children[0].text, hangup.name) == ("Gather", "Play", "/audio/en.mp3", "Hangup")
    assert gather.number("timeout", 5) == 6 and gather.number("missing", 5) == 5 and not gather.flag("actionOnEmptyResult")
    assert parse("") == [] and parse("<?xml version='1.0' encoding='UTF-8'?><Response/>") == []


@pytest.mark.parametrize("document", ["<Response>", "hello", "<Other/>", '<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>'])
def test_twiml_that_is_none_is_an_error(document: str) -> None:
    with pytest.raises(TwimlError):
        parse(document)


def test_two_calls_do_not_share_keys(bench: Bench, app: App) -> None:
    number = count()
    app.answers["/twilio/voice/checkin"] = lambda webhook: (200, ASK if next(number) < 2 else "<Response/>")
    habit(bench, "human", "7")
    first, second = ring(bench).sid, ring(bench).sid
    until(lambda: [c["status"] for c in bench.calls(ARTA)] == ["completed", "completed"])
    assert {w.form["CallSid"]: w.form["Digits"] for w in app.at("/twilio/voice/answer")} == {first: "7", second: "7"}
