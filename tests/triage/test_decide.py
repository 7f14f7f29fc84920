"""The rules and laws of triage."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casefile.vocabulary import DANGER_CONCERNS, Concern, Urgency
from triage.bot_client import understanding_of
from triage.decide import BotAnswer, Setting, Understanding, decide
from triage.phrases import Heard, Hit
from triage.wishes import Wish

CALM = Understanding("fine", 0.95, (("fine", 0.95),), {"none": 0.97, "routine": 0.02, "urgent": 0.005, "immediate": 0.005}, 0.01, False)
DANGER = Understanding("danger_now", 0.9, (("danger_now", 0.9),), {"none": 0.02, "routine": 0.03, "urgent": 0.15, "immediate": 0.8}, 0.95, True,
                       ("he is outside my house",))
LOST = Understanding("nlu_fallback", 0.3, (("nlu_fallback", 0.3),), {"none": 0.3, "routine": 0.6, "urgent": 0.05, "immediate": 0.05}, 0.1, False)
UNSURE = replace(DANGER, escalate=0.85)
LATER = Wish("reschedule", "text me {when}", "en")
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


def test_a_day_named_for_a_call_moves_no_check_in() -> None:
    verdict = decide(Heard(), BotAnswer(replace(CALM, intent="reschedule"), ("reply.later",), ("reschedule",)), Setting(awaiting="call_when"))
    assert (verdict.acts, verdict.reply) == (("call_requested",), "reply.call_noted")


@pytest.mark.parametrize(("heard", "intent", "acts", "reply"), [
    (Heard(number=1), "fine", ("checkin_answered",), "reply.ok"), (Heard(), "fine", ("checkin_answered",), "reply.ok"),
    (Heard(), "wants_contact", ("call_requested",), "reply.call_when"), (Heard(), "practical_need", ("handover",), "reply.person_reads")])
def test_a_question_that_only_the_bot_still_holds_open_is_not_answered(heard: Heard, intent: str, acts: tuple[str, ...], reply: str) -> None:
    bot = BotAnswer(replace(CALM, intent=intent), ("reply.call_noted",), ("call_requested",))
    verdict = decide(heard, bot, Setting(awaiting="checkin"))
    assert (verdict.acts, verdict.reply) == (acts, reply)
    assert decide(Heard(), bot, Setting(awaiting="call_when")).acts == ("call_requested",)


def test_a_sentence_that_would_alarm_by_itself_is_read_by_a_person() -> None:
    verdict = decide(Heard(), BotAnswer(replace(CALM, part_alarms=True, sentence="he is outside"), ("reply.ok",), ("checkin_answered",)), Setting())
    assert verdict.urgency is Urgency.ROUTINE and "that sentence by itself would alarm" in verdict.why[0] and "he is outside" in verdict.why[0]


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
    assert verdict.urgency is Urgency.URGENT and verdict.reply is None


def test_why_names_the_sentence_and_from_when_on_it_alarms() -> None:
    verdict = decide(Heard(), BotAnswer(replace(DANGER, sentence="he is at my door", alarm_from=0.52)), Setting())
    assert "in “he is at my door”" in verdict.why[0] and "alarms from 52%" in verdict.why[0]


def test_why_names_the_limit_that_was_passed() -> None:
    """What is told calmly alarms by the chance of life or liberty at risk alone."""
    calmly = understanding_of({"intent": "medical", "confidence": 0.55, "ranking": [{"name": "medical", "confidence": 0.55}], "escalate": 0.15, "alarms": True,
                               "urgency": {"none": 0.7, "routine": 0.15, "urgent": 0.04, "immediate": 0.11},
                               "thresholds": {"escalate": 0.39, "escalate_immediate": 0.08}})
    verdict = decide(Heard(), BotAnswer(calmly), Setting())
    assert verdict.urgency is Urgency.IMMEDIATE and verdict.why[0].endswith("(55%, life or liberty at risk 11%, alarms from 8%)")


@pytest.mark.parametrize("bot", [BotAnswer(UNSURE), None])
def test_a_wish_that_says_more_is_heard_by_the_model(bot: BotAnswer | None) -> None:
    """ "text me at 3pm he is watching": {when} holds any words."""
    verdict = decide(Heard(), bot, Setting(), reserve=UNSURE, wish=LATER)
    assert verdict.urgency is Urgency.IMMEDIATE and verdict.acts == ("concern",)
    assert decide(Heard(), bot and calm(), Setting(), reserve=CALM, wish=LATER).acts == ("reschedule",)


@pytest.mark.parametrize("bot", [calm(), None])
def test_texts_before_an_ok_are_heard_with_it(bot: BotAnswer | None) -> None:
    ok = Heard(keywords=frozenset({"ok"}))
    verdict = decide(ok, bot, Setting(), together=UNSURE)
    assert verdict.urgency is Urgency.IMMEDIATE and any("with the texts before it" in why for why in verdict.why)
    assert decide(ok, bot and BotAnswer(UNSURE), Setting(), reserve=UNSURE).urgency is Urgency.NONE, "of one word alone the model must be surer"


def test_texts_before_one_that_alarms_take_nothing_away() -> None:
    """Either chance may alarm: here that of a life at risk alone, which is lower with a "hi" before it."""
    alone = Understanding("danger_now", 0.9, (("danger_now", 0.9),), {"none": 0.5, "routine": 0.05, "urgent": 0.05, "immediate": 0.4}, 0.45, True)
    together = Understanding("chat", 0.5, (("chat", 0.5),), {"none": 0.4, "routine": 0.1, "urgent": 0.45, "immediate": 0.05}, 0.5, False)
    assert decide(Heard(), BotAnswer(alone), Setting(), together=together).urgency is Urgency.IMMEDIATE


@pytest.mark.parametrize("bot", [BotAnswer(UNSURE, ("reply.later",), ("reschedule",)), None])
def test_texts_before_a_word_that_alarms_too_little_to_count_are_heard_with_it(bot: BotAnswer | None) -> None:
    """ "my train with my boss" / "this evening": at the second alone the model is a little alarmed, which does not count."""
    later = Heard(keywords=frozenset({"later"}))
    assert decide(later, bot, Setting(), reserve=UNSURE, together=DANGER).urgency is Urgency.IMMEDIATE
    assert decide(later, bot, Setting(), reserve=UNSURE, together=replace(UNSURE, escalate=0.8)).urgency is Urgency.NONE, "those before it add nothing"


@pytest.mark.parametrize(("heard", "act"), [(Heard(keywords=frozenset({"ok"})), "checkin_answered"), (Heard(number=2), "call_requested")])
def test_a_plain_answer_does_not_tell_again_what_people_were_told(heard: Heard, act: str) -> None:
    assert decide(heard, calm(), Setting(), together=DANGER, told=Urgency.IMMEDIATE).acts == (act,)
    assert decide(heard, calm(), Setting(), together=DANGER, told=Urgency.URGENT).urgency is Urgency.IMMEDIATE, "this is worse"
    assert decide(Heard(), calm(), Setting(), together=DANGER, told=Urgency.IMMEDIATE).urgency is Urgency.IMMEDIATE, "other words may be news"


PAUSE = replace(CALM, intent="pause", ranking=(("pause", 0.95),))


def test_no_messages_for_a_while_is_no_stop_for_good() -> None:
    verdict = decide(Heard(), None, Setting(), reserve=PAUSE)
    assert (verdict.acts, verdict.reply, verdict.urgency) == (("pause",), "reply.paused", Urgency.ROUTINE)
    assert decide(Heard(), BotAnswer(PAUSE, ("reply.call_noted",), ("call_requested",)), Setting(awaiting="call_when")).acts == ("call_requested",)
    assert decide(Heard(), None, Setting(awaiting="call_when"), reserve=PAUSE).acts == ("handover",), "it says when not to call"
    assert decide(Heard(), None, Setting(), reserve=replace(PAUSE, intent="stop")).acts == ("stop",)


@pytest.mark.parametrize("heard", [Heard(number=6), Heard(number=9), Heard(number=1), *(Heard(keywords=frozenset({word})) for word in ("later", "ok", "no", "call"))])
def test_what_answers_when_to_call_is_passed_on(heard: Heard) -> None:
    asked = BotAnswer(CALM, ("reply.call_noted",), ("call_requested",))
    verdict = decide(heard, asked, Setting(awaiting="call_when"))
    assert (verdict.acts, verdict.reply) == (("call_requested",), "reply.call_noted")


@pytest.mark.parametrize("awaiting", ["call_when", "human"])
def test_orders_are_heard_whatever_was_asked(awaiting: str) -> None:
    assert decide(Heard(keywords=frozenset({"stop"})), calm(), Setting(awaiting=awaiting)).acts == ("stop",)
    assert decide(Heard(keywords=frozenset({"help"})), calm(), Setting(awaiting=awaiting)).urgency is Urgency.IMMEDIATE


@pytest.mark.parametrize("heard", [Heard(number=1), Heard(number=2), Heard(keywords=frozenset({"yes"})), Heard(keywords=frozenset({"no"}))])
@pytest.mark.parametrize("bot", [calm("reply.ok"), None])
def test_a_short_answer_to_a_colleague_is_the_colleague_s(heard: Heard, bot: BotAnswer | None) -> None:
    """ "Is now a good time to talk? 1 = yes, 2 = no": 2 asks for no call, and 1 says nothing about how she is."""
    verdict = decide(heard, bot, Setting(awaiting="human"))
    assert (verdict.acts, verdict.urgency) == (("handover",), Urgency.ROUTINE) and "Answers what a colleague wrote" in verdict.why


@pytest.mark.parametrize(("acts", "done"), [
    (("checkin_answered",), "handover"), (("reschedule",), "handover"), (("change_language",), "handover"), (("call_asked",), "handover"), ((), "handover"),
    (("clarify",), "handover"), (("pause",), "pause"), (("stop",), "stop")])
def test_of_what_the_bot_makes_of_words_to_a_colleague_only_orders_are_done(acts: tuple[str, ...], done: str) -> None:
    verdict = decide(Heard(), calm("reply.ok", acts=acts), Setting(awaiting="human"))
    assert verdict.acts == (done,) and verdict.reply != "reply.ok" and "Answers what a colleague wrote" in verdict.why and verdict.needs_person
    assert decide(Heard(), BotAnswer(DANGER), Setting(awaiting="human")).urgency is Urgency.IMMEDIATE


def test_something_else_is_an_answer_to_what_was_unclear() -> None:
    assert decide(Heard(number=3), calm(), Setting(awaiting="clarify")).why[0] == "Answered “3”: something else"


def test_a_voice_note_without_words_is_no_outage() -> None:
    verdict = decide(Heard(), None, Setting(empty=True, attachment="a voice note"))
    assert verdict.needs_person and not any("did not answer" in why for why in verdict.why)


@pytest.mark.parametrize("heard", [Heard(), Heard(keywords=frozenset({"ok"}))])
def test_who_is_told_that_a_person_reads_it_is_read(heard: Heard) -> None:
    verdict = decide(heard, calm("reply.person_reads", acts=("handover",)), Setting(awaiting="language"))
    assert (verdict.reply == "reply.person_reads") == verdict.needs_person


def test_a_provider_s_stop_is_one_whatever_else_was_heard() -> None:
    assert decide(Heard(keywords=frozenset({"pause"})), calm(), Setting(opt_out_type="STOP")).acts == ("stop",)


def test_the_safe_word_is_told_and_calms_nothing() -> None:
    verdict = decide(ALARM, calm(), Setting(safe_word=True))
    assert verdict.urgency is Urgency.IMMEDIATE and "The agreed safe word was used" in verdict.why


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
acts = st.sampled_from([(), ("checkin_answered",), ("stop",), ("pause",), ("start",), ("clarify",), ("handover",), ("language_asked",)])
bots = st.one_of(st.none(), st.builds(BotAnswer, understandings, st.sampled_from([(), ("reply.ok",), ("reply.clarify",), ("reply.person_reads",)]), acts))
wishes = st.one_of(st.none(), st.builds(Wish, st.sampled_from(["less_often", "change_channel", "change_language", "reschedule", "phone_lost", "wrong_number", "under_age"]),
                                        st.just("words"), st.just("en")))
others = st.fixed_dictionaries({"reserve": st.none() | understandings, "wish": wishes, "together": st.none() | understandings, "told": st.sampled_from(Urgency)})
flags = st.booleans()
situations = st.builds(Setting, awaiting=st.sampled_from(["", "checkin", "clarify", "call_when", "language", "human"]),
                       opt_out_type=st.sampled_from([None, "STOP", "HELP", "START"]), attachment=st.sampled_from(["", "a picture or file"]),
                       **{name: flags for name in ("stopped", "taken_over", "suspended", "known", "duress", "empty", "recent_alarm", "after_silence", "odd_hour",
                                                   "other_language", "quiet_after_alarm", "unexpected_language", "left_alone", "other_profile", "minor", "safe_word",
                                                   "emptied")})


@settings(max_examples=400)
@given(heards, bots, situations, heards, others)
def test_no_message_is_met_with_nothing(heard: Heard, bot: BotAnswer | None, setting: Setting, nearby: Heard, others: dict[str, Any]) -> None:
    verdict = decide(heard, bot, setting, nearby, **others)
    assert verdict.concerns and verdict.acts
    assert verdict.reply or verdict.needs_person or {"stop", "pause"} & set(verdict.acts) or setting.taken_over or setting.duress or setting.opt_out_type
    if bot is None and not heard.keywords and heard.number is None and not heard.hits and others["wish"] is None:
        assert verdict.needs_person


@settings(max_examples=400)
@given(heards, bots, situations, others)
def test_a_danger_phrase_always_escalates(heard: Heard, bot: BotAnswer | None, setting: Setting, others: dict[str, Any]) -> None:
    if heard.hits:
        assert decide(heard, bot, setting, **others).urgency.rank >= heard.urgency.rank


@settings(max_examples=400)
@given(heards, bots, situations, others)
def test_context_only_raises(heard: Heard, bot: BotAnswer | None, setting: Setting, others: dict[str, Any]) -> None:
    plain = decide(heard, bot, Setting(awaiting=setting.awaiting), **{**others, "together": None})
    assert decide(heard, bot, setting, **others).urgency.rank >= plain.urgency.rank


@settings(max_examples=400)
@given(heards, bots, situations, others)
def test_what_is_promised_to_be_read_is_read(heard: Heard, bot: BotAnswer | None, setting: Setting, others: dict[str, Any]) -> None:
    verdict = decide(heard, bot, setting, **others)
    if verdict.reply == "reply.person_reads" and "change_channel" not in verdict.acts:  # steering makes a task of that
        assert verdict.needs_person


@settings(max_examples=400)
@given(heards, bots, situations, others)
def test_nothing_is_sent_to_whoever_must_not_be_answered(heard: Heard, bot: BotAnswer | None, setting: Setting, others: dict[str, Any]) -> None:
    verdict = decide(heard, bot, setting, **others)
    if setting.taken_over or setting.suspended or not setting.known or setting.opt_out_type == "STOP":
        assert verdict.reply is None
    if setting.stopped and "start" not in verdict.acts:
        assert verdict.reply is None
