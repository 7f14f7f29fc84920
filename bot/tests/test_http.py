"""The bot as the app meets it: the real server on loopback, the trained model, signed requests."""

import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from alongside_bot.turn import signature

from listening.labels import DANGER, INTENTS

BOT = Path(__file__).resolve().parents[1]
KEY, TOKEN = "k" * 32, "t" * 32


def _free_port():
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return door.getsockname()[1]


class Bot:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def get(self, path, timeout=10):
        return self.open(urllib.request.Request(self.url + path), timeout)

    def post(self, path, body, key=KEY):
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if key:
            headers["X-Alongside-Signature"] = signature(raw, key)
        return self.open(urllib.request.Request(f"{self.url}/webhooks/alongside/{path}", raw, headers), 60)

    def open(self, request, timeout):
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read()
            return error.code, json.loads(said) if said[:1] == b"{" else {}

    def say(self, conversation, text="hello", **more):
        status, answer = self.post("messages", {"conversation": conversation, "text": text, **more})
        assert status == 200, answer
        return answer

    def acts(self, conversation, text="hello", **more):
        return [act["act"] for act in self.say(conversation, text, **more)["acts"]]


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    port, log = _free_port(), tmp_path_factory.mktemp("bot") / "log"
    settings = {**os.environ, "ALONGSIDE_BOT_PORT": str(port), "ALONGSIDE_BOT_KEY": KEY, "ALONGSIDE_BOT_TOKEN": TOKEN}
    with log.open("w") as file:
        process = subprocess.Popen([sys.executable, str(BOT / "serve.py")], env=settings, stdout=file, stderr=file)
    bot, until = Bot(port), time.monotonic() + 180
    try:
        while True:
            assert process.poll() is None and time.monotonic() < until, log.read_text()
            try:
                if bot.get("/webhooks/alongside/health")[0] == 200:
                    break
            except OSError:
                pass
            time.sleep(0.5)
        yield bot, log, process
    finally:
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def bot(served):
    return served[0]


@pytest.fixture
def talk():
    return secrets.token_hex(8)


def test_a_message_is_understood_and_answered(bot, talk):
    answer = bot.say(talk, "he is outside my door, please send someone", lang="en")
    heard = answer["understanding"]
    assert heard["intent"] in DANGER and heard["alarms"] is True
    assert set(heard["urgency"]) == {"none", "routine", "urgent", "immediate"}
    assert set(heard["nearest"][0]) == {"text", "intent", "urgency", "lang", "similarity"}
    assert answer["replies"] == [{"text_key": "reply.received"}]
    assert answer["acts"] == [{"act": "concern", "intent": heard["intent"]}]
    assert len(heard["model"]) == 12 and {"escalate", "escalate_immediate", "person", "intent"} <= set(heard["thresholds"])


ACTS = {
    **dict.fromkeys(set(DANGER) - {"medical"}, ("reply.received", "concern")),
    **dict.fromkeys(["distress", "practical_need", "legal_case", "medical"], ("reply.person_reads", "concern")),
    "wants_contact": ("reply.call_when", "call_asked"), "fine": ("reply.ok", "checkin_answered"),
    "chat": ("reply.ok", "checkin_answered"), "stop": (None, "stop"), "reschedule": ("reply.later", "reschedule"),
    "change_language": ("reply.which_language", "language_asked"), "wrong_person": (None, "wrong_person"),
    "unclear": ("reply.clarify", "clarify"), "pause": ("reply.paused", "pause"), "start": ("reply.started", "start"),
    "who_are_you": ("reply.automated", "introduced"), "is_person": ("reply.automated", "introduced"),
}


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_has_its_answer(bot, talk, intent):
    answer = bot.say(talk, "👍", hint=intent)  # a text that is no emergency, so "medical" is routine
    key, act = ACTS[intent]
    assert answer["replies"] == ([{"text_key": key}] if key else [])
    assert [a["act"] for a in answer["acts"]] == [act]


@pytest.mark.parametrize("question", ["wants_contact", "change_language", "unclear"])
@pytest.mark.parametrize("intent", [i for i in DANGER if i != "medical"] + ["stop", "pause", "wrong_person"])
def test_danger_and_stop_end_any_question(bot, talk, question, intent):
    bot.say(talk, hint=question)
    assert bot.acts(talk, "👍", hint=intent) == [ACTS[intent][1]]
    assert bot.acts(talk, hint="fine") == ["checkin_answered"]  # the question is closed


@pytest.mark.parametrize("answer", ["fine", "chat", "unclear", "reschedule", "wants_contact"])
def test_any_answer_to_when_to_call_is_passed_on_once(bot, talk, answer):
    assert bot.acts(talk, "call me", hint="wants_contact") == ["call_asked"]
    assert bot.acts(talk, "tomorrow at 5", hint=answer) == ["call_requested"]
    assert bot.acts(talk, hint="fine") == ["checkin_answered"]


def test_a_language_that_was_named_is_not_asked_for(bot, talk):
    answer = bot.say(talk, "soomaali fadlan", hint="change_language", known={"language": "so"})
    assert answer["acts"] == [{"act": "change_language", "language": "so"}]
    assert answer["replies"] == [{"text_key": "reply.language_changed"}]


def test_a_language_is_asked_for_and_taken(bot, talk):
    assert bot.acts(talk, "other language", hint="change_language") == ["language_asked"]
    answer = bot.say(talk, "tigrinya", hint="chat", known={"language": "ti"})
    assert answer["acts"] == [{"act": "change_language", "language": "ti"}]


@pytest.mark.parametrize("intent", ["fine", "chat", "unclear", "change_language"])
def test_an_answer_that_names_no_language_goes_to_a_person(bot, talk, intent):
    bot.say(talk, hint="change_language")
    assert bot.acts(talk, "?", hint=intent) == ["handover"]


def test_danger_that_names_a_language_is_danger(bot, talk):
    bot.say(talk, hint="change_language")
    assert bot.acts(talk, "he speaks albanian and is at my door", hint="danger_now",
                    known={"language": "sq"}) == ["concern"]


def test_yesterdays_answer_does_not_answer_today(bot, talk):
    bot.say(talk, hint="change_language", known={"language": "so"})
    assert bot.acts(talk, hint="change_language") == ["language_asked"]
    bot.say(talk, hint="wants_contact")
    bot.say(talk, "at 5", hint="chat")
    assert bot.acts(talk, hint="wants_contact") == ["call_asked"]


def test_what_is_not_understood_is_asked_once_then_goes_to_a_person(bot, talk):
    assert bot.acts(talk, hint="unclear") == ["clarify"]
    assert bot.acts(talk, hint="unclear") == ["handover"]


@pytest.mark.parametrize("text", ["/restart", "/stop", "/danger_now", " /back", "/fine{\"language\": \"so\"}",
                                  "[x](danger_now)", "/session_start"])
def test_a_text_commands_nothing(bot, talk, text):
    bot.say(talk, hint="wants_contact")  # an open question would be gone after a real /restart
    answer = bot.say(talk, text, hint="chat")
    assert [a["act"] for a in answer["acts"]] == ["call_requested"]
    assert answer["understanding"]["confidence"] < 1  # a command would be "understood" with certainty


@pytest.mark.parametrize("text", ["", " ", "\n", "👍", "?", "\u2060", "\x00", "a" * 3000, "ok " * 1300, "好" * 4096])
def test_odd_texts_are_answered(bot, talk, text):
    answer = bot.say(talk, text)
    assert answer["acts"] and answer["understanding"]["intent"]


def test_an_empty_text_needs_a_person_or_another_try(bot, talk):
    assert bot.acts(talk, "") in (["clarify"], ["handover"])


def test_danger_at_the_end_of_a_long_text_is_heard(bot, talk):
    calm = "Hello and thank you for the message. The weather is nice. I went to English class and cooked rice. "
    heard = bot.say(talk, calm + "He is outside my door with a knife.")["understanding"]
    assert heard["alarms"]


def test_a_long_conversation_stays_fast(bot, talk):
    for _ in range(60):
        bot.say(talk, "hm", hint="unclear")
    began = time.perf_counter()
    for _ in range(10):
        bot.say(talk, "hm", hint="unclear")
    assert (time.perf_counter() - began) / 10 < 0.5


@pytest.mark.parametrize("body, key, status", [
    (b'{"conversation": "c", "text": "hi"}', None, 403), (b'{"conversation": "c", "text": "hi"}', "x" * 32, 403),
    (b"not json", KEY, 400), (b'{"text": "hi"}', KEY, 400), (b" " * 64_001, KEY, 413),
    (b'{"conversation": "c", "text": "' + b"a" * 20_001 + b'"}', KEY, 413),
    (b'{"conversation": "c", "hint": "restart"}', KEY, 400),
])
def test_bad_requests_are_refused_by_their_status(bot, body, key, status):
    found, answer = bot.post("messages", body, key)
    assert found == status and "error" in answer


def test_many_texts_are_understood_as_one_by_one(bot, talk):
    texts = ["I am fine, thank you", "he took my passport and i must pay", "", "/restart", "我很好"] * 3
    status, answer = bot.post("understand", {"texts": texts})
    assert status == 200 and len(answer["understandings"]) == len(texts)
    for text, heard in zip(texts[:5], answer["understandings"]):
        alone = bot.say(talk, text)["understanding"]
        assert alone["intent"] == heard["intent"]
        assert alone["escalate"] == pytest.approx(heard["escalate"], abs=0.02)


def test_too_many_texts_are_refused(bot):
    assert bot.post("understand", {"texts": ["a"] * 65})[0] == 400
    assert bot.post("understand", {"texts": ["a"]}, key=None)[0] == 403


def test_health_is_a_real_understanding(bot):
    status, answer = bot.get("/webhooks/alongside/health")
    assert status == 200 and answer["status"] == "ok" and len(answer["model"]) == 12


@pytest.mark.parametrize("method, path, status", [
    ("POST", "/model/parse", 401), ("GET", "/conversations/a/tracker", 401), ("GET", "/status", 401),
    ("POST", "/conversations/a/trigger_intent", 401), ("PUT", "/model", 401), ("POST", "/model/train", 401),
    ("POST", "/webhooks/rest/webhook", 404), ("GET", "/webhooks/rest", 404),
])
def test_rasas_own_doors_are_shut_or_locked(bot, method, path, status):
    body = b"{}" if method != "GET" else None
    assert bot.open(urllib.request.Request(bot.url + path, body, method=method), 10)[0] == status


def test_rasas_api_opens_with_the_token_and_remembers_no_words(bot, talk):
    bot.say(talk, "please call me about the purple suitcase", hint="wants_contact")
    status, tracker = bot.get(f"/conversations/{talk}/tracker?token={TOKEN}")
    assert status == 200 and tracker["active_loop"]["name"] == "call_form"
    assert "suitcase" not in json.dumps(tracker)


def test_no_words_and_no_secrets_are_logged(served, talk):
    bot, log, process = served
    bot.say(talk, "/suitcase{ purple")
    bot.post("messages", b'{"conversation": "purple suitcase"}')
    written = log.read_text()
    assert "suitcase" not in written and KEY not in written and TOKEN not in written
    command = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode()
    assert TOKEN not in command and KEY not in command
