"""What the bot remembers, and for how long."""

import asyncio

import pytest
from alongside_bot import store
from alongside_bot.store import REMEMBERED_SECONDS, OpenQuestions
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, SlotSet

DOMAIN = Domain.load("domain.yml")


@pytest.fixture
def questions():
    made = OpenQuestions(DOMAIN)
    made.now = 0.0
    made.clock = lambda: made.now
    return made


def asked(questions, conversation, form):
    tracker = questions.init_tracker(conversation)
    tracker.update_with_events([ActionExecuted("action_listen"), ActiveLoop(form), SlotSet("wanted_language", "so")],
                               DOMAIN)
    asyncio.run(questions.save(tracker))


def kept(questions, conversation):
    return asyncio.run(questions.retrieve(conversation))


def test_an_open_question_is_remembered(questions):
    asked(questions, "a", "call_form")
    assert kept(questions, "a").active_loop_name == "call_form"


def test_a_closed_conversation_leaves_nothing_behind(questions):
    asked(questions, "a", "call_form")
    asked(questions, "a", None)
    assert kept(questions, "a") is None


@pytest.mark.parametrize("later, remembered", [(2 * 3600, True), (REMEMBERED_SECONDS - 1, True),
                                               (REMEMBERED_SECONDS, False)])
def test_a_question_stays_open_for_a_day(questions, later, remembered):
    asked(questions, "a", "call_form")
    questions.now += later
    assert (kept(questions, "a") is not None) is remembered


def test_a_question_asked_anew_is_young_again(questions):
    asked(questions, "a", "call_form")
    asked(questions, "b", "call_form")
    questions.now += REMEMBERED_SECONDS - 1
    asked(questions, "a", "call_form")
    questions.now += 1
    assert asyncio.run(questions.keys()) == ["a"]


def test_the_oldest_gives_way(questions, monkeypatch):
    monkeypatch.setattr(store, "MOST_CONVERSATIONS", 2)
    for conversation in "abc":
        asked(questions, conversation, "call_form")
    assert asyncio.run(questions.keys()) == ["b", "c"]
