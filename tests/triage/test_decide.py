"""The rules and laws of triage."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.vocabulary import DANGER_CONCERNS, Concern, Urgency
from triage.decide import BotAnswer, Setting, Understanding, decide
from triage.phrases import Heard, Hit

CALM = Understanding("fine", 0.95, (("fine", 0.95),), {"none": 0.97, "routine": 0.02, "urgent": 0.005, "immediate": 0.005}, 0.01, False)
DANGER = Understanding("danger_now", 0.9, (("danger_now", 0.9),), {"none": 0.02, "routine": 0.03, "urgent": 0.15, "immediate": 0.8}, 0.95, True,
                       ("he is outside my house",))
LOST = Understanding("nlu_fallback", 0.3, (("nlu_fallback", 0.3),), {"none": 0.3, "routine": 0.6, "urgent": 0.05, "immediate": 0.05}, 0.1, False)
ALARM = Heard((Hit(Concern.DANGER_NOW, Urgency.IMMEDIATE, "he is outside", "en"),))


def calm(*keys: str, acts: tuple[str, ...] = ("checkin_answered",)) -> BotAnswer:
    return BotAnswer(CALM, keys, acts)


def test_a_calm_answer_needs_nobody_and_gets_a_kind_reply() -> None:
    verdict = decide(Heard(), calm("reply.ok"), Setting())
    assert (verdict.urgency, verdict.reply, verdict.acts) == (Urgency.NONE, "reply.ok", ("checkin_answered",))


def test_a_danger_phrase_escalates_although_the_bot_is_calm() -> None:
    verdict = decide(ALARM, calm("reply.ok"), Setting())
    assert verdict.urgency is Urgency.IMMEDIATE and verdict.reply == "reply.received"
    assert "he is outside" in verdict.why[0]


def test_what_only_the_model_hears_escalates_and_says_why() -> None:
    verdict = decide(Heard(), BotAnswer(DANGER, ("reply.received",), ("concern",)), Setting())
    assert verdict.urgency is Urgency.IMMEDIATE and Concern.DANGER_NOW in verdict.concerns
    assert any("he is outside my house" in why for why in verdict.why)


def test_without_the_bot_a_person_reads_it() -> None:
    verdict = decide(Heard(), None, Setting())
    assert verdict.urgency is Urgency.ROUTINE and verdict.concerns == (Concern.UNCLEAR,) and verdict.reply == "reply.person_reads"


def test_without_the_bot_a_danger_phrase_still_escalates() -> None:
    assert decide(ALARM, None, Setting()).urgency is Urgency.IMMEDIATE


@pytest.mark.parametrize(("heard", "concern", "urgency", "reply", "act"), [
    (Heard(number=1), Concern.FINE, Urgency.NONE, "reply.ok", "checkin_answered"),
    (Heard(number=2), Concern.WANTS_CONTACT, Urgency.ROUTINE, "reply.call_when", "call_requested"),
    (Heard(number=7), Concern.UNCLEAR, Urgency.ROUTINE, "reply.person_reads", "handover"),
    (Heard(keywords=frozenset({"thanks"})), Concern.CHAT, Urgency.NONE, "reply.ok", "checkin_answered"),
    (Heard(keywords=frozenset({"help"})), Concern.DANGER_NOW, Urgency.IMMEDIATE, "reply.received", "concern"),
    (Heard(keywords=frozenset({"no"})), Concern.UNCLEAR, Urgency.ROUTINE, "reply.person_reads", "handover"),
    (Heard(keywords=frozenset({"start"})), Concern.CHAT, Urgency.NONE, "reply.started", "start"),
    (Heard(keywords=frozenset({"pause"})), Concern.STOP, Urgency.NONE, "reply.paused", "pause"),
])
def test_numbers_and_keywords_are_understood_without_the_bot(heard: Heard, concern: Concern, urgency: Urgency, reply: str, act: str) -> None:
    verdict = decide(heard, None, Setting())
    assert (verdict.concerns[0], verdict.urgency, verdict.reply) == (concern, urgency, reply) and act in verdict.acts


def test_stop_gets_no_reply() -> None:
    verdict = decide(Heard(keywords=frozenset({"stop"})), None, Setting())
    assert verdict.acts == ("stop",) and verdict.reply is None


def test_danger_with_stop_stops_and_still_escalates() -> None:
    understood = replace(DANGER, ranking=(("danger_now", 0.6), ("stop", 0.3)))
    verdict = decide(ALARM, BotAnswer(understood, (), ("stop",)), Setting(opt_out_type="STOP"))
    assert verdict.urgency is Urgency.IMMEDIATE and "stop" in verdict.acts and verdict.reply is None


def test_after_stop_danger_escalates_and_nothing_is_sent() -> None:
    verdict = decide(ALARM, None, Setting(stopped=True))
    assert verdict.urgency is Urgency.IMMEDIATE and verdict.reply is None


def test_duress_is_answered_exactly_like_an_ordinary_ok() -> None:
    ordinary = decide(Heard(), calm("reply.ok"), Setting())
    duress = decide(Heard(), calm("reply.ok"), Setting(duress=True))
    assert (duress.reply, duress.acts) == (ordinary.reply, ordinary.acts)
    assert duress.urgency is Urgency.IMMEDIATE and duress.duress and not any("word" in why.lower() for why in duress.why)


def test_an_ok_beside_worrying_words_is_judged_by_the_words() -> None:
    assert decide(Heard(hits=ALARM.hits, number=None), calm("reply.ok"), Setting(awaiting="checkin")).urgency is Urgency.IMMEDIATE


def test_texts_that_only_together_make_sense_escalate() -> None:
    assert decide(Heard(), calm("reply.ok"), Setting(), nearby=ALARM).urgency is Urgency.IMMEDIATE


def test_who_is_this_in_another_language_is_urgent_and_gets_no_reply() -> None:
    who = Understanding("who_are_you", 0.9, (("who_are_you", 0.9),), CALM.urgency, 0.02, False)
    verdict = decide(Heard(), BotAnswer(who, ("reply.automated",), ()), Setting(other_language=True))
    assert verdict.urgency is Urgency.URGENT


def test_asking_twice_what_is_unclear_ends_with_a_person() -> None:
    first = decide(Heard(), BotAnswer(LOST, ("reply.clarify",), ("clarify",)), Setting())
    second = decide(Heard(), BotAnswer(LOST, ("reply.clarify",), ("clarify",)), Setting(awaiting="clarify"))
    assert (first.reply, second.reply) == ("reply.clarify", "reply.person_reads") and first.needs_person


concerns = st.sampled_from(sorted(DANGER_CONCERNS))
hits = st.builds(Hit, concerns, st.sampled_from([Urgency.URGENT, Urgency.IMMEDIATE]), st.just("words"), st.just("en"))
heards = st.builds(Heard, st.lists(hits, max_size=2).map(tuple),
                   st.frozensets(st.sampled_from(sorted(["stop", "start", "pause", "help", "yes", "no", "ok", "call", "later", "thanks", "hello", "person"])), max_size=2),
                   st.one_of(st.none(), st.integers(0, 9)))
shares = st.floats(0, 1)
understandings = st.builds(
    lambda intent, c, e, i: Understanding(intent, c, ((intent, c),), {"none": 1 - e, "routine": 0.0, "urgent": e - e * i, "immediate": e * i}, e, e >= 0.5),
    st.sampled_from(["fine", "chat", "stop", "danger_now", "distress", "nlu_fallback", "who_are_you", "pause", "start", "no_such_intent"]), shares, shares, shares)
bots = st.one_of(st.none(), st.builds(BotAnswer, understandings, st.sampled_from([(), ("reply.ok",), ("reply.clarify",)]),
                                      st.sampled_from([(), ("checkin_answered",), ("stop",), ("clarify",)])))
flags = st.booleans()
situations = st.builds(Setting, st.sampled_from(["", "checkin", "clarify", "call_when"]), flags, flags, flags, flags, flags,
                       st.sampled_from([None, "STOP", "HELP", "START"]), st.sampled_from(["", "a picture or file"]), flags, flags, flags, flags, flags, flags)


@settings(max_examples=400)
@given(heards, bots, situations, heards)
def test_no_message_is_met_with_nothing(heard: Heard, bot: BotAnswer | None, setting: Setting, nearby: Heard) -> None:
    verdict = decide(heard, bot, setting, nearby)
    assert verdict.concerns and verdict.acts and (verdict.reply or verdict.needs_person or verdict.acts)
    if bot is None and not heard.keywords and heard.number is None and not heard.hits:
        assert verdict.needs_person


@settings(max_examples=400)
@given(heards, bots, situations)
def test_a_danger_phrase_always_escalates(heard: Heard, bot: BotAnswer | None, setting: Setting) -> None:
    if heard.hits:
        assert decide(heard, bot, setting).urgency.rank >= heard.urgency.rank


@settings(max_examples=400)
@given(heards, bots, situations)
def test_context_only_raises(heard: Heard, bot: BotAnswer | None, setting: Setting) -> None:
    plain = decide(heard, bot, Setting(awaiting=setting.awaiting))
    assert decide(heard, bot, setting).urgency.rank >= plain.urgency.rank


@settings(max_examples=400)
@given(heards, bots, situations)
def test_nothing_is_sent_to_whoever_must_not_be_answered(heard: Heard, bot: BotAnswer | None, setting: Setting) -> None:
    verdict = decide(heard, bot, setting)
    if setting.taken_over or setting.suspended or not setting.known or setting.opt_out_type == "STOP":
        assert verdict.reply is None
    if setting.stopped and "start" not in verdict.acts:
        assert verdict.reply is None
