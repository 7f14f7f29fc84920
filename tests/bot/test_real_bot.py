"""The trained bot itself: asked in six languages and scripts, and Rasa's own conversation tests."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import httpx
import pytest

from alongside.processes import BOT_PYTHON
from alongside.settings import ROOT
from alongside.standalone import own_bot
from casefile.vocabulary import Urgency
from triage.bot_client import Bot, BotSilent
from triage.decide import Setting, decide
from triage.phrases import PhraseBook

pytestmark = pytest.mark.bot


@pytest.fixture(scope="module")
def bot() -> Iterator[Bot]:
    with own_bot() as made:
        yield made


@pytest.fixture(scope="module")
def book() -> PhraseBook:
    return PhraseBook.load()


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "the man who brought me here is standing outside my house"), ("sq", "ai njeriu që më solli këtu më gjeti numrin e ri"),
    ("vi", "người đàn ông trước kia đã tìm được số của tôi"), ("ro", "m-a găsit, stă în fața blocului și mă așteaptă"),
    ("ar", "الرجل اللي كان مشغلني واقف تحت البيت"), ("ti", "እቲ ዘምጽኣኒ ሰብኣይ ኣብ ደገ ገዛይ ቆይሙ ኣሎ"),
])
def test_danger_is_heard_in_six_languages(bot: Bot, book: PhraseBook, lang: str, text: str) -> None:
    verdict = decide(book.hear(text, {lang}), bot.turn(f"danger-{lang}", text), Setting())
    assert verdict.urgency.escalates and verdict.reply == "reply.received" and verdict.why


@pytest.mark.parametrize(("lang", "text"), [
    ("en", "all good thanks, cooking dinner with the kids"), ("sq", "mirë jam, faleminderit"), ("vi", "mình vẫn khỏe, cảm ơn bạn"),
    ("ro", "sunt bine, mulțumesc, am fost la piață"), ("ar", "الحمد لله كويسة، شكرا"), ("ti", "ደሓን ኣለኹ የቐንየለይ"),
])
def test_a_calm_answer_is_answered_kindly_in_six_languages(bot: Bot, book: PhraseBook, lang: str, text: str) -> None:
    verdict = decide(book.hear(text, {lang}), bot.turn(f"calm-{lang}", text), Setting())
    assert (verdict.urgency, verdict.reply) == (Urgency.NONE, "reply.ok")


def test_a_danger_line_in_a_long_calm_text_is_found(bot: Bot, book: PhraseBook) -> None:
    text = ("Hello, thank you for asking. The weather is better now and I cooked rice with beans yesterday. My class begins at nine on Monday and the "
            "teacher is kind. The bus was late again. My old boss is outside my window now and he has a knife. I bought new shoes for winter. "
            "The market was full of people and the tomatoes were cheap. I watched a film with my neighbour in the evening. ") * 2
    answer = bot.turn("long", text[:1600])
    assert decide(book.hear("nothing"), answer, Setting()).urgency.escalates


def test_a_call_is_asked_for_and_its_time_taken(bot: Bot) -> None:
    first = bot.turn("call", "can somebody call me please", hint="wants_contact")
    second = bot.turn("call", "tomorrow after four")
    assert first.text_keys == ("reply.call_when",) and second.text_keys == ("reply.call_noted",) and "call_requested" in second.acts


def test_not_understood_is_asked_about_once_and_then_goes_to_a_person(bot: Bot) -> None:
    first, second = (bot.turn("lost", text, hint="unclear") for text in ("blrgh", "blrgh fnord"))
    assert first.text_keys == ("reply.clarify",) and second.text_keys == ("reply.person_reads",) and "handover" in second.acts


def test_a_text_that_begins_with_a_slash_commands_nothing(bot: Bot) -> None:
    for number, command in enumerate(("/restart", "/back", "/session_start", '/change_language{"language": "xx"}')):
        answer = bot.turn(f"slash-{number}", command)
        assert answer.acts and answer.understanding.confidence < 1.0


def test_no_reply_holds_prose(bot: Bot) -> None:
    for number, text in enumerate(("hello", "he is outside", "stop", "who is this", "write in somali", "")):
        assert all(key.startswith("reply.") for key in bot.turn(f"prose-{number}", text).text_keys)


def test_a_stranger_on_this_machine_gets_nothing(bot: Bot) -> None:
    url = str(bot._http.base_url).rstrip("/")
    assert httpx.post(f"{url}/webhooks/alongside/messages", json={"conversation": "x", "text": "hi"}).status_code == 403
    assert httpx.post(f"{url}/model/parse", json={"text": "hi"}).status_code in (401, 403, 404)
    with pytest.raises(BotSilent):
        Bot(url, "another key that is wrong").turn("x", "hi")


def test_the_reserve_hears_what_the_bot_hears(bot: Bot) -> None:
    from triage.reserve import Reserve

    reserve = Reserve.load(ROOT / "bot" / "models" / "heads.npz")
    assert reserve is not None
    texts = ["he is outside my house", "mirë jam, faleminderit", "أنا خايفة منه لقى عنواني", ""]
    for mine, theirs in zip(reserve.understand(texts[:3]), bot.understand(texts[:3]), strict=True):
        assert mine.intent == theirs.intent and abs(mine.escalate - theirs.escalate) < 0.02


@pytest.mark.timeout(600)
def test_rasas_own_checks_and_conversation_tests_pass() -> None:
    done = subprocess.run([str(BOT_PYTHON), str(ROOT / "bot" / "check.py")], capture_output=True, text=True)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
