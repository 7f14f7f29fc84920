"""The real client against Messages, Media, the account and its numbers."""

from datetime import UTC, datetime, timedelta

import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN
from tests.simulator.conftest import ARTA, BINH, OURS, PUBLIC, App, Bench, Rebased, until

SERVICE = "MG" + "5" * 32


def refused(code: int, http_status: int, work, /, *args, **kwargs) -> TwilioRestException:
    with pytest.raises(TwilioRestException) as caught:
        work(*args, **kwargs)
    assert (caught.value.code, caught.value.status) == (code, http_status)
    return caught.value


def test_a_message_is_queued_then_sent_and_delivered(bench: Bench) -> None:
    made = bench.send(body="Si je sot?")
    assert (made.status, made.direction, made.body, made.to, made.from_) == ("queued", "outbound-api", "Si je sot?", ARTA, OURS)
    fetched = bench.client.messages(made.sid).fetch()
    assert (fetched.status, fetched.error_code, fetched.num_segments) == ("delivered", None, "1")
    assert abs(fetched.date_sent - datetime.now(UTC)) < timedelta(seconds=5)
    assert [t["body"] for t in bench.thread(ARTA)] == ["Si je sot?"]


@pytest.mark.parametrize(
    ("code", "status", "given"),
    [
        (21604, 400, {"to": ""}),
        (21211, 400, {"to": "07700900101"}),
        (21211, 400, {"to": "+44 7700 900101"}),
        (21211, 400, {"to": "whatsapp:arta", "from_": f"whatsapp:{OURS}"}),
        (21603, 400, {"from_": ""}),
        (21212, 400, {"from_": "College"}),
        (21606, 400, {"from_": "+447700900999"}),
        (21602, 400, {"body": ""}),
        (21617, 400, {"body": "a" * 1601}),
        (21266, 400, {"to": OURS}),
        (21910, 400, {"to": f"whatsapp:{ARTA}"}),
        (21655, 400, {"content_sid": "HX" + "0" * 32}),
        (21609, 400, {"status_callback": "https://elsewhere.example/status"}),
        (20404, 404, {"messaging_service_sid": "my service"}),
        (35114, 400, {"messaging_service_sid": SERVICE, "schedule_type": "fixed", "send_at": datetime(2020, 1, 1, tzinfo=UTC)}),
        (21211, 400, {"to": "+15005550001"}),
        (21612, 400, {"to": "+15005550002"}),
        (21408, 400, {"to": "+15005550003"}),
        (21610, 400, {"to": "+15005550004"}),
        (21614, 400, {"to": "+15005550009"}),
        (21212, 400, {"from_": "+15005550001"}),
        (21606, 400, {"from_": "+15005550007"}),
        (21611, 429, {"from_": "+15005550008"}),
    ],
)
def test_what_twilio_refuses_is_refused_with_its_code(bench: Bench, code: int, status: int, given: dict) -> None:
    error = refused(code, status, bench.client.messages.create, **({"to": ARTA, "from_": OURS, "body": "hello"} | given))
    assert ARTA not in error.msg
    assert bench.thread(ARTA, everything=True) == []


def test_a_wrong_token_or_account_is_not_let_in(bench: Bench) -> None:
    url = bench.running.url
    wrong = Client(DEMO_ACCOUNT_SID, "wrong", http_client=Rebased(url))
    assert refused(20003, 401, wrong.messages.create, to=ARTA, from_=OURS, body="hello").msg.endswith("Authenticate")
    other = Client(DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, account_sid="AC" + "1" * 32, http_client=Rebased(url))
    refused(20404, 404, other.messages.create, to=ARTA, from_=OURS, body="hello")
    assert bench.http.get(f"/2010-04-01/Accounts/{DEMO_ACCOUNT_SID}/Messages.json").json()["code"] == 20003


def test_an_api_key_is_let_in(bench_with) -> None:
    bench = bench_with(api_keys={"SK" + "2" * 32: "key secret"})
    keyed = Client("SK" + "2" * 32, "key secret", DEMO_ACCOUNT_SID, http_client=Rebased(bench.running.url))
    assert keyed.messages.create(to=ARTA, from_=OURS, body="hello").sid


def test_an_unknown_path_is_twilios_404(bench: Bench) -> None:
    refused(20404, 404, bench.client.messages("SM" + "0" * 32).fetch)
    refused(20404, 404, bench.client.recordings("RE" + "0" * 32).fetch)


def test_a_list_is_newest_first_filtered_and_paged(bench: Bench) -> None:
    for i in range(7):
        bench.send(ARTA, f"to Arta {i}")
        bench.send(BINH, f"to Binh {i}")
    bench.text(ARTA, "from Arta")
    messages = bench.client.messages
    assert [m.body for m in messages.list(to=ARTA, page_size=3)] == [f"to Arta {i}" for i in range(6, -1, -1)]
    assert len(messages.list(page_size=4)) == 15
    assert [m.body for m in messages.list(from_=ARTA)] == ["from Arta"]
    assert [m.direction for m in messages.list(to=OURS)] == ["inbound"]
    assert len(messages.list(limit=5)) == 5
    assert messages.list(to="+447700900555") == []
    page = messages.page(page_size=4)
    assert [m.body for m in page.next_page()][0] == "to Arta 5"
    assert [m.body for m in messages.page(to=ARTA, page_size=3, page_number=2)] == ["to Arta 0"]


def test_a_list_by_date_sent(bench: Bench) -> None:
    bench.send(body="yesterday's")
    bench.http.post("/clock", json={"advance_s": 86400})
    now = bench.running.simulation.clock.now()
    bench.send(body="today's")
    messages = bench.client.messages
    assert [m.body for m in messages.list(date_sent_after=now - timedelta(minutes=1))] == ["today's"]
    assert [m.body for m in messages.list(date_sent_before=now - timedelta(minutes=1))] == ["yesterday's"]
    assert [m.body for m in messages.list(date_sent=now.date())] == ["today's"]
    assert len(messages.list(date_sent_after=now - timedelta(days=2), to=ARTA)) == 2


def test_a_message_not_sent_yet_matches_no_date(bench_with) -> None:
    bench = bench_with(pace=100.0)
    bench.send()
    assert bench.client.messages.list(date_sent_after=datetime(2020, 1, 1, tzinfo=UTC)) == []
    assert [m.status for m in bench.client.messages.list(to=ARTA)] == ["queued"]


def test_redaction_empties_the_body_and_nothing_else_may_be_written(bench: Bench) -> None:
    made = bench.send(body="private")
    refused(20001, 400, bench.client.messages(made.sid).update, body="other words")
    assert bench.client.messages(made.sid).update(body="").body == ""
    assert bench.client.messages(made.sid).fetch().body == ""
    inbound = bench.text(ARTA, "private too")
    assert bench.client.messages(inbound["sid"]).update(body="").body == ""


def test_a_message_on_its_way_can_be_neither_redacted_nor_deleted(bench_with) -> None:
    bench = bench_with(pace=100.0)
    made = bench.send()
    refused(20009, 409, bench.client.messages(made.sid).update, body="")
    refused(20009, 409, bench.client.messages(made.sid).delete)


def test_a_deleted_message_is_gone_from_twilio_but_not_from_the_phone(bench: Bench) -> None:
    made = bench.send()
    assert bench.client.messages(made.sid).delete() is True
    refused(20404, 404, bench.client.messages(made.sid).fetch)
    assert bench.client.messages.list(to=ARTA) == []
    assert len(bench.thread(ARTA)) == 1


def test_a_scheduled_message_waits_for_its_time(bench: Bench, app: App) -> None:
    due = bench.running.simulation.clock.now() + timedelta(minutes=30)
    made = bench.send(messaging_service_sid=SERVICE, schedule_type="fixed", send_at=due)
    assert made.status == "scheduled"
    assert bench.thread(ARTA) == [] and app.statuses() == []
    bench.http.post("/clock", json={"advance_s": 1801})
    until(lambda: len(bench.thread(ARTA)) == 1)
    app.wait_for(2, "/twilio/status")
    assert app.statuses() == ["sent", "delivered"]


def test_a_canceled_message_is_never_sent(bench: Bench, app: App) -> None:
    due = bench.running.simulation.clock.now() + timedelta(minutes=30)
    made = bench.send(messaging_service_sid=SERVICE, schedule_type="fixed", send_at=due)
    assert bench.client.messages(made.sid).update(status="canceled").status == "canceled"
    bench.http.post("/clock", json={"advance_s": 7200})
    app.wait_for(1, "/twilio/status")
    assert app.statuses() == ["canceled"] and bench.thread(ARTA) == []
    refused(30409, 400, bench.client.messages(made.sid).update, status="canceled")


def test_without_a_messaging_service_a_schedule_is_ignored(bench: Bench) -> None:
    due = datetime.now(UTC) + timedelta(days=1)
    assert bench.send(schedule_type="fixed", send_at=due).status == "queued"
    assert len(bench.thread(ARTA)) == 1


def test_a_messaging_service_picks_the_sender_and_has_its_own_callback(bench: Bench, app: App) -> None:
    made = bench.client.messages.create(to=ARTA, messaging_service_sid=SERVICE, body="hello")
    assert (made.status, made.messaging_service_sid, made.from_) == ("accepted", SERVICE, OURS)
    told = app.wait_for(2, "/twilio/status")
    assert {w.form["MessagingServiceSid"] for w in told} == {SERVICE}


def test_media_can_be_listed_fetched_and_deleted(bench: Bench, app: App) -> None:
    sid = bench.text(ARTA, "", media=["image/jpeg", "audio/ogg"])["sid"]
    media = bench.client.messages(sid).media
    assert sorted(m.content_type for m in media.list()) == ["audio/ogg", "image/jpeg"]
    first = media.list()[0]
    assert first.parent_sid == sid and first.fetch().sid == first.sid
    url = app.at("/twilio/messages")[0].form["MediaUrl0"].replace("https://api.twilio.com", bench.running.url)
    got = bench.http.get(url, auth=(DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN))
    assert got.headers["content-type"] == "image/png" and got.content.startswith(b"\x89PNG")
    assert bench.http.get(url).status_code == 401
    assert first.delete() is True
    assert len(media.list()) == 1
    refused(20404, 404, media(first.sid).fetch)


def test_the_account_never_gives_out_its_token(bench: Bench) -> None:
    account = bench.client.api.accounts(DEMO_ACCOUNT_SID).fetch()
    assert (account.sid, account.status, account.auth_token) == (DEMO_ACCOUNT_SID, "active", None)


def test_numbers_carry_their_webhooks_and_take_new_ones(bench: Bench) -> None:
    (number,) = bench.client.incoming_phone_numbers.list(phone_number=OURS)
    assert (number.phone_number, number.sms_url) == (OURS, f"{PUBLIC}/twilio/messages")
    assert number.capabilities["sms"] is True
    changed = number.update(sms_url=f"{PUBLIC}/other", voice_url=f"{PUBLIC}/voice")
    assert (changed.sms_url, changed.voice_url) == (f"{PUBLIC}/other", f"{PUBLIC}/voice")
    assert bench.client.incoming_phone_numbers(number.sid).fetch().sms_url == f"{PUBLIC}/other"
    refused(21609, 400, number.update, sms_url="https://elsewhere.example/")
    assert bench.client.incoming_phone_numbers.list(phone_number="+447700900999") == []


def test_without_named_numbers_any_sender_becomes_the_accounts(bench_with) -> None:
    bench = bench_with(numbers=())
    bench.client.messages.create(to=ARTA, from_="+447700900777", body="hello")
    assert [n.phone_number for n in bench.client.incoming_phone_numbers.list()] == ["+447700900777"]
