"""Requests to the bot, and what the app gets back."""

import json

import pytest
from alongside_bot.turn import (
    LARGEST_MESSAGE,
    BadRequest,
    NotSigned,
    TooLarge,
    Turn,
    answer,
    checked,
    dialogue_intent,
    signature,
    texts,
    turn,
)
from hypothesis import given
from hypothesis import strategies as st

from listening import labels
from nlu_data import read

KEY = "a key of the tests alone"


def signed(body: bytes) -> dict:
    return checked(body, signature(body, KEY), KEY, 100)


def test_labels_are_those_of_the_data():
    assert labels.INTENTS == read.INTENTS
    assert labels.DANGER == read.DANGER
    assert tuple(labels.URGENCIES) == read.URGENCIES


def test_a_signed_request_is_read():
    assert signed(b'{"text": "hi"}') == {"text": "hi"}


@pytest.mark.parametrize("given_signature", [None, "", "0" * 64, signature(b"{}", "another key altogether"), "é" * 64])
def test_an_unsigned_request_is_refused(given_signature):
    with pytest.raises(NotSigned):
        checked(b"{}", given_signature, KEY, 100)


def test_a_changed_body_is_refused():
    with pytest.raises(NotSigned):
        checked(b'{"text": "b"}', signature(b'{"text": "a"}', KEY), KEY, 100)


def test_too_much_is_refused_before_it_is_read():
    with pytest.raises(TooLarge):
        checked(b"x" * 101, None, KEY, 100)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"null", b"[" * 90])
def test_what_is_not_an_object_is_refused(body):
    with pytest.raises(BadRequest) as error:
        signed(body)
    assert error.value.status == 400


@pytest.mark.parametrize("status, error", [(400, BadRequest), (403, NotSigned), (413, TooLarge)])
def test_each_error_has_its_status(status, error):
    assert error.status == status


def test_a_turn_is_read():
    request = {"conversation": "c-1", "text": "/restart", "lang": "so", "hint": "fine", "known": {"language": "so"}}
    assert turn(request) == Turn("c-1", "/restart", "fine", "so")


@pytest.mark.parametrize("request_", [
    {}, {"conversation": ""}, {"conversation": "a b"}, {"conversation": 1}, {"conversation": "x" * 129},
    {"conversation": "c", "text": 1}, {"conversation": "c", "text": None}, {"conversation": "c", "hint": "restart"},
    {"conversation": "c", "hint": ["fine"]}, {"conversation": "c", "known": "so"},
    {"conversation": "c", "known": {"language": "/restart"}}, {"conversation": "c", "known": {"language": 1}},
])
def test_a_bad_turn_is_refused_without_repeating_it(request_):
    with pytest.raises(BadRequest) as error:
        turn(request_)
    assert "restart" not in str(error.value)


def test_an_empty_text_is_a_turn():
    assert turn({"conversation": "c"}).text == turn({"conversation": "c", "text": ""}).text == ""


def test_half_a_character_does_not_break_a_turn():
    broken = json.loads('{"conversation": "c", "text": "a\\ud83d"}')
    assert turn(broken).text == "a?"


@pytest.mark.parametrize("request_", [{}, {"texts": []}, {"texts": "a"}, {"texts": ["a"] * 65}, {"texts": [1]}])
def test_a_bad_batch_is_refused(request_):
    with pytest.raises(BadRequest):
        texts(request_)


@pytest.mark.parametrize("text", ["a" * 20_001, "é" * 10_001, "好" * 7_000])
def test_a_text_longer_than_any_message_is_refused(text):
    with pytest.raises(TooLarge):
        turn({"conversation": "c", "text": text})


@pytest.mark.parametrize("letter", ["a", "م", "好", "😭"])
def test_the_longest_whatsapp_message_is_taken_however_it_is_escaped(letter):
    text = letter * (4096 if letter != "😭" else 2048)
    body = json.dumps({"conversation": "c", "text": text}, ensure_ascii=True).encode()
    assert turn(checked(body, signature(body, KEY), KEY, LARGEST_MESSAGE)).text == text


@given(st.lists(st.text(alphabet=st.characters(exclude_categories=["Cs"])), min_size=1, max_size=64))
def test_a_batch_is_read_as_it_is(batch):
    assert texts({"texts": batch}) == batch


def heard(intent, alarms=False):
    return {"intent": intent, "alarms": alarms}


@pytest.mark.parametrize("understanding, hint, expected", [
    (heard("fine"), None, "fine"),
    (heard("danger_now", True), "stop", "stop"),
    (heard("medical", True), None, "medical"),
    (heard("medical"), None, "medical_routine"),
    (heard("nlu_fallback"), None, "nlu_fallback"),
])
def test_the_dialogue_takes_the_hint_and_tells_an_emergency_apart(understanding, hint, expected):
    assert dialogue_intent(understanding, hint) == expected


def test_a_dialogue_that_says_nothing_ends_with_a_person():
    silent = answer([], "fine", None)
    assert silent.acts == [{"act": "handover"}]
    assert silent.replies == [{"text_key": "reply.person_reads"}]


@pytest.mark.parametrize("responses, intent, language, replies, acts", [
    ([{"act": "stop"}], "stop", None, [], [{"act": "stop"}]),
    ([{"text_key": "reply.received", "act": "concern"}], "threats", None,
     [{"text_key": "reply.received"}], [{"act": "concern", "intent": "threats"}]),
    ([{"text_key": "reply.person_reads", "act": "concern"}], "medical_routine", None,
     [{"text_key": "reply.person_reads"}], [{"act": "concern", "intent": "medical"}]),
    ([{"text_key": "reply.language_changed", "act": "change_language"}], "change_language", "so",
     [{"text_key": "reply.language_changed"}], [{"act": "change_language", "language": "so"}]),
])
def test_responses_become_replies_and_acts(responses, intent, language, replies, acts):
    result = answer(responses, intent, language)
    assert (result.replies, result.acts) == (replies, acts)
