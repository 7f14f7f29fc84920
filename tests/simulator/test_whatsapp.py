"""The 24-hour window, templates and their buttons, people without a number."""

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest.content.v1.content import ContentList
from twilio.rest.content.v1.content.approval_create import ApprovalCreateList

from tests.simulator.conftest import ARTA, OURS, PUBLIC, App, Bench, until

ARTA_WA = f"whatsapp:{ARTA}"
QUICK_REPLY = {
    "twilio/quick-reply": {
        "body": "Hello {{1}}, how is your week?",
        "actions": [{"title": "I am fine", "id": "ok", "type": "QUICK_REPLY"}, {"title": "Call me", "id": "call", "type": "QUICK_REPLY"}],
    }
}


def template(bench: Bench, *, approved: bool = True, types: dict | None = None, variables: dict | None = None) -> str:
    request = {"friendly_name": "weekly_en", "language": "en", "types": types or QUICK_REPLY, "variables": variables or {}}
    answer = bench.http.post("/v1/Content", json=request, auth=bench.client.auth)
    sid = answer.json()["sid"]
    if approved:
        form = {"name": "weekly_en", "category": "UTILITY"}
        assert bench.http.post(f"/v1/Content/{sid}/ApprovalRequests/whatsapp", json=form, auth=bench.client.auth).status_code == 201
    return sid


def outcome(bench: Bench, **given: object) -> tuple[str, int | None]:
    made = bench.send(ARTA_WA, **given)
    assert made.status == "queued"
    sent = bench.client.messages(made.sid).fetch()
    return sent.status, sent.error_code


def test_outside_the_window_free_text_is_taken_and_then_undelivered(bench: Bench, app: App) -> None:
    made = bench.send(ARTA_WA, status_callback=f"{PUBLIC}/twilio/status")
    assert made.status == "queued"
    (told,) = app.wait_for(1, "/twilio/status")
    assert (told.form["MessageStatus"], told.form["ErrorCode"], told.form["ChannelPrefix"]) == ("undelivered", "63016", "whatsapp")
    assert bench.thread(ARTA) == []


def test_the_window_opens_with_a_text_and_closes_after_24_hours(bench: Bench) -> None:
    bench.text(ARTA, "hi", channel="whatsapp")
    bench.http.post("/clock", json={"advance_s": 24 * 3600 - 60})
    assert outcome(bench) == ("read", None)
    bench.http.post("/clock", json={"advance_s": 61})
    assert outcome(bench) == ("undelivered", 63016)


def test_an_sms_does_not_open_the_window_nor_does_another_sender(bench_with) -> None:
    bench = bench_with(numbers=(OURS, "+447700900009"))
    bench.text(ARTA, "hi", channel="sms")
    bench.text(ARTA, "hi", channel="whatsapp", to="+447700900009")
    assert outcome(bench) == ("undelivered", 63016)


def test_an_approved_template_arrives_filled_in_with_its_buttons(bench: Bench) -> None:
    sid = template(bench)
    assert outcome(bench, content_sid=sid, content_variables='{"1": "Arta"}') == ("read", None)
    (text,) = bench.thread(ARTA)
    assert text["body"] == "Hello Arta, how is your week?" and text["content_sid"] == sid
    assert text["buttons"] == [{"text": "I am fine", "payload": "ok"}, {"text": "Call me", "payload": "call"}]


def test_a_tap_sends_payload_and_words_and_what_it_answers(bench: Bench, app: App) -> None:
    made = bench.send(ARTA_WA, content_sid=template(bench), content_variables='{"1": "Arta"}')
    bench.http.post(f"/phones/{ARTA}/texts", json={"button_payload": "call", "channel": "whatsapp"})
    form = app.at("/twilio/messages")[0].form
    assert (form["ButtonPayload"], form["ButtonText"], form["Body"], form["MessageType"]) == ("call", "Call me", "Call me", "button")
    assert form["OriginalRepliedMessageSid"] == made.sid and app.got[0].is_signed()


@pytest.mark.parametrize("status", ["pending", "rejected", "paused", "unsubmitted"])
def test_a_template_that_is_not_approved_needs_the_window(bench: Bench, status: str) -> None:
    sid = template(bench)
    assert bench.http.put(f"/templates/{sid}", json={"status": status}).status_code == 200
    assert outcome(bench, content_sid=sid, content_variables='{"1": "Arta"}') == ("undelivered", 63016)
    bench.text(ARTA, "hi", channel="whatsapp")
    assert outcome(bench, content_sid=sid, content_variables='{"1": "Arta"}') == ("read", None)


def test_approval_can_be_left_to_the_test(bench_with) -> None:
    bench = bench_with(approve_templates=False)
    sid = template(bench)
    assert bench.client.content.v1.contents(sid).approval_fetch().fetch().whatsapp["status"] == "received"
    bench.http.put(f"/templates/{sid}", json={"status": "rejected", "rejection_reason": "marketing"})
    assert bench.client.content.v1.contents(sid).approval_fetch().fetch().whatsapp["rejection_reason"] == "marketing"


@pytest.mark.parametrize("variables", ["Arta", "[1]", '{"1": ""}', '{"1": 5}'])
def test_variables_that_are_not_texts_are_refused(bench: Bench, variables: str) -> None:
    with pytest.raises(TwilioRestException) as caught:
        bench.send(ARTA_WA, content_sid=template(bench), content_variables=variables)
    assert caught.value.code == 21656


def test_a_missing_variable_falls_back_to_the_templates_own_or_fails(bench: Bench) -> None:
    assert outcome(bench, content_sid=template(bench)) == ("undelivered", 63028)
    assert outcome(bench, content_sid=template(bench, variables={"1": "you"})) == ("read", None)
    assert bench.thread(ARTA)[-1]["body"] == "Hello you, how is your week?"


def test_a_template_goes_by_sms_as_text(bench: Bench) -> None:
    bench.send(ARTA, content_sid=template(bench), content_variables='{"1": "Arta"}')
    assert bench.thread(ARTA)[0]["body"] == "Hello Arta, how is your week?"


def test_the_real_client_makes_lists_and_deletes_templates(bench: Bench) -> None:
    contents = bench.client.content.v1.contents
    text = ContentList.TwilioText({"body": "Hi {{1}}"})
    made = contents.create(
        ContentList.ContentCreateRequest(
            {"friendly_name": "hi", "language": "en", "variables": {"1": "you"}, "types": ContentList.Types({"twilio/text": text})}
        )
    )
    assert made.sid.startswith("HX") and contents(made.sid).fetch().friendly_name == "hi"
    approval = contents(made.sid).approval_create.create(ApprovalCreateList.ContentApprovalRequest({"name": "hi", "category": "UTILITY"}))
    assert approval.name == "hi"
    for _ in range(3):
        template(bench)
    assert len(contents.list(page_size=2)) == 4
    assert bench.client.content.v1.content_and_approvals.list()[0].approval_requests["status"] == "approved"
    assert contents(made.sid).delete() is True
    with pytest.raises(TwilioRestException) as caught:
        contents(made.sid).fetch()
    assert caught.value.code == 20404


@pytest.mark.parametrize("given", [{}, {"language": "en"}, {"language": "en", "types": {}}, {"language": "en", "types": {"a": {}}, "variables": [1]}, []])
def test_a_template_without_its_parts_is_refused(bench: Bench, given: object) -> None:
    answer = bench.http.post("/v1/Content", json=given, auth=bench.client.auth)
    assert answer.status_code == 400 and answer.json()["code"] == 20001


def test_someone_without_whatsapp_gets_nothing_there(bench: Bench) -> None:
    bench.faults(not_on_whatsapp=[ARTA])
    assert outcome(bench, content_sid=template(bench), content_variables='{"1": "Arta"}') == ("undelivered", 63003)
    bench.send(ARTA, "by sms")
    assert [t["body"] for t in bench.thread(ARTA)] == ["by sms"]


def test_a_hidden_number_texts_under_an_id_and_is_answered_there(bench: Bench, app: App) -> None:
    bench.faults(without_number={ARTA: "GB.1A2B3C"})
    bench.text(ARTA, "hi", channel="whatsapp")
    source = app.at("/twilio/messages")[0].form["From"]
    assert source == "whatsapp:GB.1A2B3C"
    made = bench.send(source, "hello")
    until(lambda: bench.client.messages(made.sid).fetch().status == "read")
    assert [t["body"] for t in bench.thread(ARTA)] == ["hi", "hello"]


def test_an_unknown_id_is_nobody(bench: Bench) -> None:
    made = bench.send("whatsapp:GB.UNKNOWN1", "hello")
    assert bench.client.messages(made.sid).fetch().error_code == 63003
