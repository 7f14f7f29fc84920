"""Check-in calls, whole: the real client rings through the simulated Twilio, which asks our routes what to play."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import select, update
from twilio.request_validator import RequestValidator

import webhooks.routes
from alongside.standalone import free_port
from casefile.database import Database, utc_now
from casefile.models import Alert, Checkin, Inbound, Outbox, Plan, WelfareCall
from casefile.vocabulary import AlertKind, Channel, CheckinState, Lane, OutboxState
from checkins.outcomes import delivery_heard
from checkins.run import plan_due, wake_due
from messaging.catalogue import Catalogue
from messaging.recordings import PROMPTS
from messaging.run import Post, Senders
from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, Config
from messaging.simulator.serve import running
from messaging.templates import Templates
from messaging.twilio_gateway import TwilioGateway
from tests.cast import OUR_NUMBER, person, staff
from tests.serving import serving, until
from tests.webhooks.conftest import Settings
from triage.phrases import PhraseBook
from triage.run import Tools, handle_next

NUMBER = "+447700900201"
OVER = ("completed", "busy", "no-answer", "failed", "canceled")


@dataclass
class Line:
    """A person who agreed to calls, and everything between us and her phone."""

    database: Database
    tools: Tools
    post: Post
    url: str
    simulator: httpx.Client
    recordings: Path

    def answers(self, how: str, *keys: str) -> None:
        self.simulator.put(f"/phones/{NUMBER}/voice", json={"answer": how, "keys": list(keys)}).raise_for_status()

    def ring(self) -> dict[str, Any]:
        """Her check-in comes due and is carried out to its end; what her phone's log shows."""
        self.queue()
        self.post.send_due(utc_now())
        until(lambda: self.row().provider_status in OVER)
        while handle_next(self.tools, "test", utc_now()):
            pass
        return self.calls()[-1]

    def queue(self) -> None:
        with self.database.write() as session:
            if session.scalar(select(Plan.id)) is None:
                staff(session, now=utc_now())
                person(session, number=NUMBER, channels=(Channel.VOICE,), now=utc_now(), next_at=utc_now())
            session.execute(update(Plan).values(next_at=utc_now()))
        plan_due(self.database, utc_now())
        wake_due(self.database, self.tools.catalogue, "test", utc_now())

    def calls(self) -> list[dict[str, Any]]:
        return self.simulator.get(f"/phones/{NUMBER}/calls").json()

    def row(self) -> Outbox:
        return self.all(Outbox)[-1]

    def all(self, model: type[Any]) -> list[Any]:
        with self.database.read() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def sign(self, path: str, fields: dict[str, str]) -> httpx.Response:
        """Ask one of our routes as Twilio does."""
        signature = RequestValidator(DEMO_AUTH_TOKEN).compute_signature(self.url + path, fields)
        return httpx.post(self.url + path, data=fields, headers={"X-Twilio-Signature": signature})


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def line(sqlite_database: Database, book: PhraseBook, catalogue: Catalogue, tmp_path: Path) -> Iterator[Line]:
    recordings = tmp_path / "recordings"
    for prompt in PROMPTS:
        (recordings / "sq").mkdir(parents=True, exist_ok=True)
        (recordings / "sq" / f"{prompt}.wav").write_bytes(b"RIFF" + prompt.encode())
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    app = FastAPI()
    webhooks.routes.mount(app, database=sqlite_database, settings=Settings(url, (DEMO_AUTH_TOKEN,), DEMO_ACCOUNT_SID, recordings), book=book)
    config = Config(public_url=url, numbers=(OUR_NUMBER,), pace=0.0)
    with serving(app, port), running(config) as simulator, httpx.Client(base_url=simulator.url) as client:
        gateway = TwilioGateway(account_sid=DEMO_ACCOUNT_SID, auth_token=DEMO_AUTH_TOKEN, api_url=simulator.url, public_url=url)
        post = Post(sqlite_database, gateway, Senders(OUR_NUMBER, OUR_NUMBER, OUR_NUMBER, 100.0), Templates({}), delivery_heard, "test", recordings)
        yield Line(sqlite_database, Tools(sqlite_database, book, catalogue, None), post, url, client, recordings)
        post.close()


def played(log: dict[str, Any]) -> list[str]:
    """The prompts that were really heard."""
    plays = [entry for entry in log["heard"] if entry["verb"] == "Play"]
    assert all((p["status"], p["content_type"]) == (200, "audio/wav") for p in plays)
    assert {entry["verb"] for entry in log["heard"]} <= {"Play", "Gather", "end"}, "nothing is spoken by a machine, recorded or dialled"
    return [p["url"].rpartition("/")[2].removesuffix(".wav") for p in plays]


@pytest.mark.parametrize(("how", "pressed", "prompts", "bodies"), [
    ("human", ["1", "1"], ["open", "intro", "ask", "thanks"], ["1"]),
    ("human", ["1", "2"], ["open", "intro", "ask", "thanks"], ["2"]),
    ("human", ["1", "9"], ["open", "intro", "ask", "thanks"], ["9"]),
    ("human", ["2"], ["open"], ["later"]),
    ("human", [], ["open"], []),
    ("human", ["9"], ["open"], ["9"]),
    ("human", ["5"], ["open"], []),
    ("human", ["1"], ["open", "intro", "ask", "ask"], []),
    ("human", ["1", "5"], ["open", "intro", "ask", "ask"], []),
    ("human", ["1", "5", "9"], ["open", "intro", "ask", "ask", "thanks"], ["9"]),
    ("human", ["1", "5", "5", "9"], ["open", "intro", "ask", "ask"], []),
    ("someone_else", [], ["open"], []),
    ("machine", ["1", "1"], [], []),
    ("fax", ["1", "1"], [], []),
    ("busy", [], [], []),
    ("no-answer", [], [], []),
])
def test_each_way_of_taking_a_call(line: Line, how: str, pressed: list[str], prompts: list[str], bodies: list[str]) -> None:
    line.answers(how, *pressed)
    log = line.ring()
    assert played(log) == prompts
    assert [m.body for m in line.all(Inbound)] == bodies
    assert log["status"] == (how if how in ("busy", "no-answer") else "completed")
    assert len(line.calls()) == 1


def test_a_call_introduces_itself_until_she_has_heard_it_and_then_no_more(line: Line) -> None:
    line.answers("human", "2")
    line.ring()
    line.answers("human", "1", "1")
    assert played(line.ring()) == ["open", "intro", "ask", "thanks"], "the first call was not opened"
    assert played(line.ring()) == ["open", "ask", "thanks"]


@pytest.mark.parametrize(("pressed", "lane", "urgency", "state"), [
    (["1", "1"], Lane.INBOUND, "none", CheckinState.ANSWERED),
    (["1", "2"], Lane.INBOUND, "routine", CheckinState.ANSWERED),
    (["1", "9"], Lane.DANGER, "immediate", CheckinState.ANSWERED),
    (["9"], Lane.DANGER, "immediate", CheckinState.ANSWERED),
    (["2"], Lane.INBOUND, "none", CheckinState.ANSWERED),
])
def test_a_key_enters_triage_like_a_text(line: Line, pressed: list[str], lane: Lane, urgency: str, state: CheckinState) -> None:
    line.answers("human", *pressed)
    line.ring()
    (heard,) = line.all(Inbound)
    assert (heard.channel, heard.lane, heard.urgency, heard.from_address) == (Channel.VOICE, lane, urgency, NUMBER)
    assert line.all(Checkin)[0].state is state
    about = [a for a in line.all(Alert) if a.id == heard.alert_id]
    assert [a.urgency for a in about] == ([] if urgency == "none" else [urgency])
    assert len(line.all(WelfareCall)) == (pressed == ["1", "2"])
    assert [o.channel for o in line.all(Outbox) if o.person_id] == [Channel.VOICE], "a key is answered in the call, never by a text"


@pytest.mark.parametrize(("how", "delivery"), [("busy", "not_picked_up"), ("no-answer", "not_picked_up"), ("machine", None), ("human", None)])
def test_a_call_nobody_takes_is_told_apart_from_silence(line: Line, how: str, delivery: str | None) -> None:
    line.answers(how)
    line.ring()
    (checkin,) = line.all(Checkin)
    assert (checkin.delivery, checkin.state) == (delivery, CheckinState.ASKED)
    assert line.row().answered_by == {"machine": "machine_start", "human": "human"}.get(how)


@pytest.mark.parametrize("missing", PROMPTS)
def test_without_every_recording_in_her_language_nobody_is_called(line: Line, missing: str) -> None:
    (line.recordings / "sq" / f"{missing}.wav").unlink()
    line.queue()
    line.post.send_due(utc_now())
    assert line.row().state is OutboxState.CANCELLED and line.calls() == []


def test_a_recording_that_went_missing_during_the_call_hangs_up(line: Line) -> None:
    line.answers("by-hand")
    line.queue()
    line.post.send_due(utc_now())
    until(lambda: line.calls() and line.calls()[0]["status"] == "ringing")
    (line.recordings / "sq" / "ask.wav").unlink()
    line.simulator.post(f"/phones/{NUMBER}/answer").raise_for_status()
    until(lambda: line.row().provider_status == "completed")
    assert played(line.calls()[0]) == []


def test_a_key_told_twice_is_one_answer(line: Line) -> None:
    line.answers("human", "1", "2")
    line.ring()
    sid, token = line.calls()[0]["sid"], line.row().token
    again = {"AccountSid": DEMO_ACCOUNT_SID, "CallSid": sid, "Digits": "2"}
    assert "thanks.wav" in line.sign(f"/twilio/voice/answer?ob={token}", again).text
    assert len(line.all(Inbound)) == 1


def test_a_key_of_a_call_that_is_not_ours_is_met_with_silence(line: Line) -> None:
    said = line.sign("/twilio/voice/answer?ob=nonsense", {"AccountSid": DEMO_ACCOUNT_SID, "CallSid": "CA1", "Digits": "9"})
    assert said.text.endswith("<Response><Hangup /></Response>") and line.all(Inbound) == []


@pytest.mark.parametrize(("route", "status"), [("open", 403), ("ask", 403), ("answer", 403), ("status", 403), ("incoming", 403), ("hangup", 200)])
def test_only_the_hang_up_needs_no_signature(line: Line, route: str, status: int) -> None:
    line.queue()
    answer = httpx.post(f"{line.url}/twilio/voice/{route}?ob={line.row().token}", data={"CallSid": "CA1", "AnsweredBy": "human", "Digits": "9"})
    assert answer.status_code == status and line.all(Inbound) == []
    assert "Play" not in answer.text and "Gather" not in answer.text


def test_recordings_are_served_as_they_are_and_may_be_kept(line: Line) -> None:
    answer = httpx.get(f"{line.url}/p/sq/ask.wav")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, b"RIFFask", "audio/wav")
    assert answer.headers["cache-control"] == "public, max-age=86400"


@pytest.mark.parametrize("path", ["/p/ro/ask.wav", "/p/sq/secret.wav", "/p/../recordings/sq/ask.wav", "/p/sq/..%2f..%2fsecret.wav", "/p/%2e%2e/secret.wav",
                                  "/p/sq/..%5csecret.wav", "/p/sq/ask.wav%00", "/p/sq/ask"])
def test_nothing_but_a_known_prompt_of_a_known_language_is_served(line: Line, path: str) -> None:
    (line.recordings / "sq" / "secret.wav").write_bytes(b"secret")
    (line.recordings.parent / "secret.wav").write_bytes(b"secret")
    with httpx.Client(base_url=line.url) as client:
        # As it is written: the client's own tidying of the address would hide the attempt.
        answer = client.send(httpx.Request("GET", client.base_url.copy_with(raw_path=path.encode())))
    assert answer.status_code == 404 and b"secret" not in answer.content


@pytest.mark.parametrize(("route", "prompt", "end"), [("ask", "open", "<Response><Hangup /></Response>"), ("answer", "ask", "thanks")])
def test_a_nine_that_could_not_be_stored_is_asked_for_again_and_not_lost(line: Line, monkeypatch: pytest.MonkeyPatch, route: str, prompt: str,
                                                                         end: str) -> None:
    line.queue()
    path = f"/twilio/voice/{route}?ob={line.row().token}"
    fields = {"AccountSid": DEMO_ACCOUNT_SID, "CallSid": "CA" + "1" * 32, "Digits": "9"}
    monkeypatch.setattr("webhooks.voice.store_key", lambda *_: 1 / 0)
    answer = line.sign(path, fields)
    assert answer.status_code == 200 and f"/p/sq/{prompt}.wav" in answer.text and end not in answer.text
    monkeypatch.undo()
    assert end in line.sign(path, fields).text and [i.lane for i in line.all(Inbound)] == [Lane.DANGER]


@pytest.mark.parametrize(("sender", "alarm", "urgency"), [(NUMBER, False, "routine"), (NUMBER, True, "urgent"), ("+447700900299", False, "routine"), ("", False, "routine")])
def test_a_call_to_our_number_is_kept_once_and_met_with_an_engaged_tone(line: Line, monkeypatch: pytest.MonkeyPatch, sender: str, alarm: bool,
                                                                        urgency: str) -> None:
    with line.database.write() as session:
        known = person(session, number=NUMBER, now=utc_now()).id if sender == NUMBER else None
        if alarm:
            session.add(Alert(key="x", kind=AlertKind.MESSAGE, urgency="urgent", person_id=known, opened_at=utc_now(), concerns=[], messages=1))
    fields = {"AccountSid": DEMO_ACCOUNT_SID, "CallSid": "CA" + "1" * 32, "From": sender, "To": OUR_NUMBER, "Direction": "inbound"}
    monkeypatch.setattr("webhooks.door.store", lambda *_: 1 / 0)
    assert line.sign("/twilio/voice/incoming", fields).status_code == 503, "Twilio asks again"
    monkeypatch.undo()
    for _ in range(2):
        assert line.sign("/twilio/voice/incoming", fields).text.endswith('<Response><Reject reason="busy" /></Response>')
    assert line.sign("/twilio/voice/incoming", {**fields, "CallSid": ""}).status_code == 400
    while handle_next(line.tools, "test", utc_now()):
        pass
    (row,) = line.all(Inbound)
    assert (row.channel, row.body, row.extras, row.person_id) == (Channel.VOICE, "", {"attachment": "a call to our number"}, known)
    (kind,) = [a.kind for a in line.all(Alert) if a.id == row.alert_id]
    assert (kind, row.urgency) == (AlertKind.MESSAGE if known else AlertKind.UNKNOWN_SENDER, urgency)
