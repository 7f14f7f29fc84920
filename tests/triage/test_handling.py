"""A message's way through triage over a real record: whatever fails, somebody is told, soon, and nothing waits behind it."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest
from sqlalchemy import select, text, update

from casefile import encryption
from casefile.database import Database
from casefile.models import Address, Alert, AlertEvent, Checkin, Inbound, Outbox, Person, Plan, WelfareCall
from casefile.vocabulary import AlertState, Channel, CheckinState, InboundState, Lane, OutboxState, Purpose, Urgency
from escalation.alerts import acknowledge
from messaging import outbox
from messaging.catalogue import Catalogue
from tests.cast import NOW, person, staff
from tests.conftest import TEST_KEY
from tests.triage.test_decide import CALM, DANGER, LOST
from triage import normalise, run
from triage.bot_client import BotSilent
from triage.burst import Burst, Said
from triage.decide import BotAnswer, Understanding
from triage.phrases import PhraseBook
from triage.run import Tools, handle_next
from triage.wishes import WishBook
from webhooks.forms import InboundForm
from webhooks.receive import store

SECOND, HOUR = dt.timedelta(seconds=1), dt.timedelta(hours=1)
NUMBER = "+447700900201"
WISHES = WishBook.load()


class FakeBot:
    """Answers as told: one understanding for a turn, another for several texts together (None = silent)."""

    def __init__(self, turn: Understanding | None = CALM, together: Understanding | None = CALM, acts: tuple[str, ...] = ("checkin_answered",)):
        self.of_turn, self.together, self.acts = turn, together, acts

    def turn(self, *_: Any) -> BotAnswer:
        if self.of_turn is None:
            raise BotSilent("the bot did not answer")
        return BotAnswer(self.of_turn, (), self.acts)

    def understand(self, texts: list[str], timeout: float = 0.0) -> list[Understanding]:
        if self.together is None:
            raise BotSilent("the bot did not answer")
        return [self.together]


class FakeReserve:
    """Alarmed by `word` and by nothing else; keeps what it was asked. With `broken` it fails."""

    def __init__(self, word: str = "\0", broken: bool = False):
        self.word, self.broken, self.asked = word, broken, []

    def understand(self, texts: list[str]) -> list[Understanding]:
        self.asked.append(texts)
        if self.broken:
            raise RuntimeError("out of order")
        return [DANGER if self.word in text else CALM for text in texts]


class Desk:
    """Receives texts, judges them, and looks."""

    def __init__(self, database: Database, book: PhraseBook, catalogue: Catalogue):
        self.database, self.book, self.now, self.count = database, book, NOW, 0
        self.bot: Any = FakeBot()
        self.reserve: Any = None
        self.catalogue = catalogue

    def receive(self, body: str, sender: str = NUMBER, channel: Channel = Channel.SMS, at: dt.datetime | None = None, **more: Any) -> int:
        self.count += 1
        sid = f"SM{self.count:032d}"
        store(self.database, self.book, InboundForm(sid, channel, sender, "+447700900100", body, **more), self.now, at)
        with self.database.read() as session:
            return session.scalars(select(Inbound.id).where(Inbound.provider_sid == sid)).one()

    def handle(self, after: dt.timedelta = dt.timedelta()) -> bool:
        self.now += after
        return handle_next(Tools(self.database, self.book, self.catalogue, self.bot, self.reserve, WISHES), "test", self.now)

    def say(self, body: str, **more: Any) -> Inbound:
        row_id = self.receive(body, **more)
        while self.handle():
            pass
        return self.get(Inbound, row_id)

    def get(self, model: type[Any], key: int) -> Any:
        with self.database.read() as session:
            return session.get_one(model, key)

    def all(self, model: type[Any]) -> list[Any]:
        with self.database.read() as session:
            return list(session.scalars(select(model).order_by(model.id)))

    def set(self, model: type[Any], **values: Any) -> None:
        with self.database.write() as session:
            session.execute(update(model).values(**values))

    def replies(self) -> list[str | None]:
        return [row.text_key for row in self.all(Outbox) if row.purpose is Purpose.REPLY]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return Catalogue.load()


@pytest.fixture
def desk(database: Database, book: PhraseBook, catalogue: Catalogue) -> Desk:
    with database.write() as session:
        staff(session)
        person(session, language="en", duress="purple")
    return Desk(database, book, catalogue)


def test_a_message_that_cannot_even_be_read_blocks_nobody_and_a_person_is_told(desk: Desk) -> None:
    broken = desk.receive("hello")
    desk.receive("he is outside my door")
    with desk.database.write() as session:
        session.execute(update(Inbound).where(Inbound.id == broken).values(lane=Lane.DANGER))
        session.execute(text("UPDATE inbound SET body = :junk WHERE id = :id"), {"junk": b"junk", "id": broken})
    for _ in range(3):
        desk.handle()
    assert [a.urgency for a in desk.all(Alert)] == [Urgency.IMMEDIATE]
    for _ in range(8):
        desk.handle(after=20 * SECOND)
    assert any("could not be judged" in why for a in desk.all(Alert) for why in a.why or [])
    with desk.database.read() as session:
        assert session.scalar(select(Inbound.state).where(Inbound.id == broken)) is InboundState.ASIDE


@pytest.mark.parametrize("broken", ["answered", "_reply"])
def test_what_fails_in_acting_on_a_danger_text_holds_its_alarm_back_for_seconds_only(desk: Desk, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ValueError("a broken plan")

    monkeypatch.setattr(f"triage.apply.{broken}", fails)
    desk.receive("he is outside my door")
    for _ in range(4):
        desk.handle(after=SECOND)
    assert [(a.urgency, a.state) for a in desk.all(Alert)] == [(Urgency.IMMEDIATE, AlertState.OPEN)]
    assert any("please do yourself" in why for why in desk.all(Alert)[0].why)


def test_two_texts_of_one_person_at_once_are_both_handled_at_the_first_try(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.set(Person, awaiting="checkin", awaiting_since=NOW)
    both = [desk.receive("my ex boss"), desk.receive("he is outside my door")]
    together = threading.Barrier(2, timeout=5)
    whole = run.apply

    def at_once(*args: Any, **kwargs: Any) -> None:
        if not desk.database.sqlite:  # SQLite has one writer at a time anyway
            together.wait()
        whole(*args, **kwargs)

    monkeypatch.setattr(run, "apply", at_once)
    threads = [threading.Thread(target=desk.handle) for _ in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [desk.get(Inbound, i).state for i in both] == [InboundState.DONE] * 2


def test_what_the_bot_heard_in_a_text_counts_although_it_is_silent_about_the_texts_before_it(desk: Desk) -> None:
    desk.say("hello there you")
    desk.bot = FakeBot(turn=DANGER, together=None)
    assert desk.say("the tall one waits below").urgency is Urgency.IMMEDIATE


def test_without_the_bot_the_reserve_is_asked_once_of_a_text_and_those_before_it(desk: Desk) -> None:
    desk.bot, desk.reserve = FakeBot(turn=None), FakeReserve("below . he")
    assert desk.say("the tall one waits below").urgency is Urgency.ROUTINE
    assert desk.say("he has my bag").urgency is Urgency.IMMEDIATE
    assert desk.reserve.asked == [["the tall one waits below"], ["he has my bag", "the tall one waits below . he has my bag"]]


def test_a_reserve_that_fails_leaves_the_message_to_a_person(desk: Desk) -> None:
    desk.bot, desk.reserve = FakeBot(turn=None), FakeReserve(broken=True)
    row = desk.say("the tall one waits below")
    assert row.urgency is Urgency.ROUTINE and row.state is InboundState.DONE and len(desk.reserve.asked) == 1


def test_where_the_bot_is_too_slow_for_several_texts_the_reserve_is_asked(desk: Desk) -> None:
    desk.bot, desk.reserve = FakeBot(together=None), FakeReserve("boss . this evening at ten")
    desk.say("my train to manchester with my boss")
    assert desk.say("this evening at ten").urgency is Urgency.IMMEDIATE and desk.reserve.asked == [["my train to manchester with my boss . this evening at ten"]]


@pytest.mark.parametrize("written", [dt.timedelta(minutes=-2), dt.timedelta(minutes=2)])
def test_of_two_texts_the_one_stored_later_is_judged_with_the_other_as_they_were_written(desk: Desk, written: dt.timedelta) -> None:
    desk.bot, desk.reserve = FakeBot(turn=None), FakeReserve()
    desk.now += HOUR
    desk.say("this evening at ten", at=NOW)
    desk.say("with my boss", at=NOW + written)
    assert desk.reserve.asked[-1][1] == ("with my boss . this evening at ten" if written < dt.timedelta() else "this evening at ten . with my boss")
    desk.say("alone", at=NOW + dt.timedelta(minutes=8))
    assert desk.reserve.asked[-1] == ["alone"]


def test_of_many_texts_at_once_only_as_many_are_joined_as_the_bot_takes_and_this_one_always() -> None:
    long = Said("x" * 25_000)
    assert Burst((long, Said("before")), (Said("after"),)).joined("this") == "before . this . after"
    assert Burst((), (Said("after"), long)).joined("this") == "this . after"
    assert Burst((long,)).joined("y" * 15_000).count("y") == 15_000


@pytest.mark.parametrize(("body", "reply"), [("ok thank you", "reply.ok"), ("2", "reply.call_when"), ("pause", "reply.paused"), ("wrong number", None)])
def test_an_alarm_that_somebody_took_is_not_told_again_by_a_plain_text_after_it(desk: Desk, body: str, reply: str | None) -> None:
    desk.bot = FakeBot(together=DANGER)
    desk.say("he is outside my door")
    with desk.database.write() as session:
        acknowledge(session, 1, 1, desk.now)
    desk.now += dt.timedelta(minutes=3)
    row = desk.say(body)
    assert row.urgency is not Urgency.IMMEDIATE and desk.replies() == ["reply.received", *([reply] if reply else [])]
    assert (desk.all(Address)[0].suspended_at is not None) == (reply is None)
    if reply:  # that somebody else has her number, while an alarm of hers is open, is news
        assert desk.all(Alert)[0].state is AlertState.ACKNOWLEDGED and len([p for p in desk.all(Outbox) if p.purpose is Purpose.PAGE]) == 1


@pytest.mark.parametrize("bot", [FakeBot(), FakeBot(turn=None)])
def test_the_same_danger_in_new_words_opens_an_alarm_that_somebody_took(desk: Desk, bot: FakeBot) -> None:
    desk.say("he is outside my door")
    with desk.database.write() as session:
        acknowledge(session, 1, 1, desk.now)
    desk.now += dt.timedelta(minutes=2)
    desk.bot = bot
    desk.say("he is")
    assert desk.say("outside my door").urgency is Urgency.IMMEDIATE and desk.all(Alert)[0].state is AlertState.OPEN


@pytest.mark.parametrize("bot", [FakeBot(together=DANGER), FakeBot(turn=None)])
def test_a_message_without_words_is_not_judged_by_the_texts_before_it(desk: Desk, bot: FakeBot) -> None:
    desk.say("the tall one waits below")
    desk.bot, desk.reserve = bot, FakeReserve("below")
    assert desk.say("  ").urgency is Urgency.ROUTINE and desk.reserve.asked == []


@pytest.mark.parametrize(("asked", "wrote"), [(NOW - 48 * HOUR, NOW), (NOW, NOW - 15 * HOUR)])
def test_a_question_asked_two_days_ago_or_after_she_wrote_is_not_answered_by_a_nine(desk: Desk, asked: dt.datetime, wrote: dt.datetime) -> None:
    desk.set(Person, awaiting="call_when", awaiting_since=asked)
    assert desk.say("9", at=wrote).urgency is Urgency.IMMEDIATE and desk.all(WelfareCall) == []


def test_an_hour_asked_for_today_is_an_hour(desk: Desk) -> None:
    desk.set(Person, awaiting="call_when", awaiting_since=NOW - HOUR)
    assert not (desk.say("9").urgency or Urgency.NONE).escalates and len(desk.all(WelfareCall)) == 1


@pytest.mark.parametrize("awaiting", ["call_when", "language", "human"])
@pytest.mark.parametrize(("body", "look"), [
    ("i lost my phone", lambda desk: desk.all(Person)[0].suspended_at), ("he took my phone", lambda desk: desk.all(Person)[0].suspended_at),
    ("wrong number", lambda desk: desk.all(Address)[0].suspended_at), ("I am 16 years old", lambda desk: not desk.all(Person)[0].adult)])
def test_whatever_was_asked_a_lost_phone_a_wrong_number_and_a_child_are_heard(desk: Desk, awaiting: str, body: str, look: Any) -> None:
    desk.bot = FakeBot(acts=("call_requested",))
    desk.set(Person, awaiting=awaiting, awaiting_since=NOW)
    assert desk.say(body).urgency is not Urgency.NONE
    assert look(desk) and desk.replies() == [] and desk.all(WelfareCall) == []


@pytest.mark.parametrize("body", ["Albanian", "text me on friday", "less often", "only sms please"])
def test_what_she_wants_of_a_colleague_is_the_colleague_s(desk: Desk, body: str) -> None:
    desk.set(Person, awaiting="human", awaiting_since=NOW, taken_over_by=1, taken_over_at=NOW)
    desk.bot = FakeBot(acts=("reschedule",))
    assert desk.say(body).urgency is Urgency.ROUTINE
    assert (desk.all(Person)[0].language, desk.all(Plan)[0].moved_to, desk.all(Plan)[0].rule) == ("en", None, "FREQ=WEEKLY;BYDAY=TU")


@pytest.mark.parametrize("body", ["1", "2"])
def test_a_number_after_other_words_still_answers_the_colleague_and_eases_nothing(desk: Desk, body: str) -> None:
    """ "Is he there? 1 = yes, 2 = no" """
    desk.say("he is outside my door")
    with desk.database.write() as session:
        acknowledge(session, 1, 1, desk.now)
    desk.now += dt.timedelta(minutes=8)
    desk.set(Person, awaiting="human", awaiting_since=desk.now, taken_over_by=1, taken_over_at=desk.now)
    for said in ("hold on", body):
        desk.now += 20 * SECOND
        row = desk.say(said)
    assert "Answers what a colleague wrote" in row.why and desk.all(WelfareCall) == []
    assert "a calm answer came since" not in {event.what for event in desk.all(AlertEvent)}
    desk.set(Person, taken_over_by=None, taken_over_at=None)
    desk.say("ok then good night to you")
    assert desk.replies()[-1] == "reply.person_reads" and desk.all(Person)[0].awaiting == "", "the machine answers again"


def test_a_nine_in_a_call_is_danger_whatever_a_text_asked_meanwhile(desk: Desk) -> None:
    desk.set(Person, awaiting="call_when", awaiting_since=NOW)
    assert desk.say("9", channel=Channel.VOICE).urgency is Urgency.IMMEDIATE


def test_the_duress_word_goes_ahead_of_everything_and_is_answered_like_an_ok(desk: Desk) -> None:
    row = desk.say("purple")
    assert row.lane == Lane.DANGER and row.urgency is Urgency.IMMEDIATE and desk.replies() == ["reply.ok"]


def test_an_unknown_sender_who_writes_often_is_one_alert_and_one_page(desk: Desk) -> None:
    for _ in range(5):
        desk.say("help", sender="+447700900299")
    assert [a.messages for a in desk.all(Alert)] == [5]
    assert len([p for p in desk.all(Outbox) if p.purpose is Purpose.PAGE]) == 1


def test_an_unknown_sender_is_the_same_one_after_a_change_of_keys(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.bot, desk.reserve = None, FakeReserve()
    desk.say("the tall one", sender="+447700900299")
    monkeypatch.setattr(encryption, "_ring", encryption.KeyRing(("a-newer-key " * 4, TEST_KEY)))
    desk.say("waits", sender="+447700900299")
    assert len(desk.all(Alert)) == 1 and desk.reserve.asked[-1] == ["waits", "the tall one . waits"]


def test_an_unknown_sender_who_writes_again_after_somebody_took_the_alert_opens_it_again(desk: Desk) -> None:
    desk.say("help", sender="+447700900299")
    with desk.database.write() as session:
        acknowledge(session, 1, 1, desk.now)
    desk.now += SECOND
    desk.say("help", sender="+447700900299")
    assert [(a.state, a.messages) for a in desk.all(Alert)] == [(AlertState.OPEN, 2)]


def test_a_person_who_stopped_is_not_started_again_by_a_guess_of_the_bot(desk: Desk) -> None:
    desk.set(Person, stopped_at=NOW - HOUR)
    desk.bot = FakeBot(acts=("start",))
    row = desk.say("one more thing about the letters")
    assert row.urgency is Urgency.ROUTINE and desk.replies() == [] and desk.all(Person)[0].stopped_at is not None


def test_a_person_who_stopped_starts_again_by_her_own_plain_word(desk: Desk) -> None:
    desk.set(Person, stopped_at=NOW - HOUR)
    desk.say("start")
    assert desk.replies() == ["reply.started"] and desk.all(Person)[0].stopped_at is None


@pytest.mark.parametrize("suspended", [Person, Address])
@pytest.mark.parametrize(("body", "urgency"), [("1", Urgency.ROUTINE), ("pause", Urgency.ROUTINE), ("stop", Urgency.ROUTINE),
                                               ("purple", Urgency.IMMEDIATE), ("he is outside my door", Urgency.IMMEDIATE)])
@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_what_comes_from_a_suspended_phone_or_number_is_seen_by_a_person_and_ends_no_silence(desk: Desk, suspended: type[Any], body: str,
                                                                                             urgency: Urgency, channel: Channel) -> None:
    """Also by a channel of the same number that was not agreed."""
    with desk.database.write() as session:
        session.add(Checkin(person_id=1, planned_at=NOW - 48 * HOUR, state=CheckinState.CALL_DUE, step=2, asked_at=NOW - 48 * HOUR, run_at=NOW + HOUR,
                            lane=Lane.LADDER))
        session.flush()
        session.add(WelfareCall(person_id=1, why="silence", checkin_id=1, due_from=NOW, created_at=NOW))
    desk.set(suspended, suspended_at=NOW)
    row = desk.say(body, channel=channel)
    assert row.urgency is urgency and row.checkin_id == 1 and desk.replies() == [] and [a.urgency for a in desk.all(Alert)] == [urgency]
    [checkin], [call] = desk.all(Checkin), desk.all(WelfareCall)
    assert (checkin.state, checkin.heard, call.done_at, desk.all(Plan)[0].paused) == (CheckinState.CALL_DUE, None, None, False)


@pytest.mark.parametrize("suspended", [Person, Address])
@pytest.mark.parametrize("meanwhile", [False, True])
@pytest.mark.parametrize(("body", "stopped", "asks"), [("stop", None, "asks us to stop"), ("start", NOW - HOUR, "asks us to write again")])
def test_stop_and_start_from_a_suspended_phone_or_number_hold_for_nothing_else_and_are_never_lost(
        desk: Desk, monkeypatch: pytest.MonkeyPatch, suspended: type[Any], meanwhile: bool, body: str, stopped: dt.datetime | None, asks: str) -> None:
    """`meanwhile`: it is suspended while the text is being judged."""
    judge = run.judge

    def judged(*args: Any) -> Any:
        desk.set(suspended, suspended_at=NOW)
        return judge(*args)

    desk.set(Person, stopped_at=stopped)
    if meanwhile:
        monkeypatch.setattr(run, "judge", judged)
    else:
        desk.set(suspended, suspended_at=NOW)
    row = desk.say(body)
    [alert] = desk.all(Alert)
    assert asks in str(alert.why) and (alert.urgency, row.alert_id) == (Urgency.ROUTINE, alert.id)
    assert desk.all(Person)[0].stopped_at == stopped and desk.replies() == []


def test_a_text_into_a_conversation_that_a_colleague_left_is_seen_by_a_person(desk: Desk) -> None:
    desk.set(Person, taken_over_by=1, taken_over_at=NOW - 3 * HOUR)
    assert desk.say("hello").urgency is Urgency.ROUTINE


def test_a_text_into_a_conversation_a_colleague_just_took_is_hers_to_read(desk: Desk) -> None:
    desk.set(Person, taken_over_by=1, taken_over_at=NOW - SECOND)
    assert desk.say("hello").urgency is Urgency.NONE


def test_a_text_in_an_unexpected_language_is_seen_by_a_person(desk: Desk) -> None:
    assert desk.say("спасибо вам большое, сегодня у меня всё хорошо").urgency is Urgency.ROUTINE


def test_english_is_no_unexpected_language(desk: Desk) -> None:
    desk.set(Person, language="sq")
    assert desk.say("thank you very much, everything is good today with me").urgency is Urgency.NONE


def test_a_forwarded_message_is_seen_by_a_person(desk: Desk) -> None:
    assert desk.say("all good here today", extras={"forwarded": True}).urgency is Urgency.ROUTINE


def test_a_stop_that_the_bot_alone_heard_holds_beside_an_alarm(desk: Desk) -> None:
    desk.bot = FakeBot(turn=DANGER, acts=("stop",))
    row = desk.say("the tall one reads this so no more of it")
    assert row.urgency is Urgency.IMMEDIATE and desk.all(Person)[0].stopped_at is not None and desk.replies() == []


def test_a_fetched_text_counts_from_when_it_was_sent(desk: Desk) -> None:
    row = desk.say("hello", at=NOW - 6 * HOUR)
    assert row.received_at == NOW - 6 * HOUR
    assert desk.all(Address)[0].last_inbound_at == NOW - 6 * HOUR


@pytest.mark.parametrize("sender", [NUMBER, "+447700900299"])
def test_a_text_whose_words_were_emptied_is_read_by_a_person_and_not_answered(desk: Desk, sender: str) -> None:
    row = desk.say("", sender=sender, at=NOW - 6 * HOUR, extras={"fetched": True, "emptied": True})
    assert (row.urgency, desk.replies()) == (Urgency.ROUTINE, []) and "ask her what she wrote" in str(desk.all(Alert)[0].why)


def test_a_known_number_on_another_channel_is_hers_and_is_not_answered_there(desk: Desk) -> None:
    desk.bot = FakeBot(turn=LOST)
    row = desk.say("ferry lamp seven", channel=Channel.WHATSAPP)
    assert row.person_id == desk.all(Person)[0].id and desk.replies() == [] and row.alert_id is not None


def test_a_failed_message_is_not_left_until_its_lease_ends(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "judge", lambda *_: 1 / 0)
    row_id = desk.receive("hello")
    desk.handle()
    row = desk.get(Inbound, row_id)
    assert row.owner is None and row.state is InboundState.READY and row.run_at is not None and row.run_at <= NOW + SECOND
    for _ in range(6):
        desk.handle(after=10 * SECOND)
    assert desk.get(Inbound, row_id).state is InboundState.ASIDE and desk.all(Alert)[0].urgency is Urgency.URGENT
    assert OutboxState.READY in {p.state for p in desk.all(Outbox)}


@pytest.mark.parametrize("turn", [CALM, None])
def test_steering_by_text_works_with_the_bot_and_without_it(desk: Desk, turn: Understanding | None) -> None:
    desk.bot = FakeBot(turn)
    desk.say("Please write less often")
    assert (desk.all(Plan)[0].rule, desk.replies()) == ("FREQ=WEEKLY;BYDAY=TU;INTERVAL=2", ["reply.less_often"])
    assert [(a.urgency, a.why) for a in desk.all(Alert)] == [(Urgency.ROUTINE, ["She asked to be written to less often"])]
    desk.say("write me on Friday at 15:00")
    assert desk.replies()[-1] == "reply.moved" and desk.all(Plan)[0].moved_to == dt.datetime(2026, 11, 27, 15, tzinfo=dt.UTC)


def test_staff_can_read_which_day_she_was_promised(desk: Desk) -> None:
    desk.bot = FakeBot()
    desk.set(Person, language="sq")
    desk.say("write me on Friday at 15:00")
    assert [row.own_words for row in desk.all(Outbox) if row.text_key == "reply.moved"] == ["OK. I will write on Friday 27 November at 15:00."]
    desk.say("Please write less often")
    assert [row.own_words for row in desk.all(Outbox) if row.text_key == "reply.less_often"] == [None], "the catalogue's English says all"


def test_tomorrow_is_the_day_after_she_wrote_it(desk: Desk) -> None:
    desk.now += 20 * HOUR
    desk.say("text me tomorrow at 3pm", at=NOW + 8 * HOUR)
    assert desk.all(Plan)[0].moved_to == dt.datetime(2026, 11, 25, 15, tzinfo=dt.UTC)


def test_write_and_no_day_is_no_wish(desk: Desk) -> None:
    desk.bot = FakeBot(None)
    desk.say("write me the address")
    assert desk.replies() == ["reply.person_reads"] and desk.all(Plan)[0].moved_to is None


def test_a_channel_that_was_not_agreed_is_a_task_and_no_promise(desk: Desk) -> None:
    desk.say("only whatsapp please")
    assert desk.replies() == ["reply.person_reads"] and desk.all(Plan)[0].channels == ["sms"]
    assert "not agreed yet" in str([a.why for a in desk.all(Alert)])


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.WHATSAPP])
def test_a_wrong_number_is_cut_off_and_told_once(desk: Desk, channel: Channel) -> None:
    desk.say("You have the wrong number", channel=channel)
    desk.say("wrong number!!")
    assert desk.all(Address)[0].suspended_at == NOW and desk.replies() == []
    assert len(desk.all(Alert)) == 1 and "not her number" in str(desk.all(Alert)[0].why)


def test_under_18_is_an_alarm_and_gets_no_automatic_word(desk: Desk) -> None:
    desk.say("hello i am 16 years old")
    assert not desk.all(Person)[0].adult and desk.all(Alert)[0].urgency is Urgency.URGENT
    desk.say("1")
    assert desk.replies() == []


def to_reply_to(desk: Desk, **more: Any) -> str:
    """A message of ours to her that the provider has; returns its id there."""
    sid = f"SM{'f' * 32}"
    with desk.database.write() as session:
        row = outbox.queue(session, dedupe="x", channel=Channel.SMS, body="x", now=NOW, purpose=Purpose.CHECKIN, **{"person_id": 1, "address_id": 1, **more})
        assert row is not None
        row.state, row.provider_sid = OutboxState.SENT, sid
    return sid


def test_a_reply_to_a_certain_check_in_belongs_to_that_one(desk: Desk) -> None:
    with desk.database.write() as session:
        for number in range(2):
            session.add(Checkin(person_id=1, planned_at=NOW - dt.timedelta(days=7 * (2 - number)), state=CheckinState.CALL_DUE, step=2,
                                asked_at=NOW - dt.timedelta(days=7 * (2 - number)), run_at=NOW + HOUR, lane=Lane.LADDER))
    sid = to_reply_to(desk, checkin_id=1)
    heard = desk.say("1", extras={"reply_to": sid})
    assert heard.checkin_id == 1 and {c.state for c in desk.all(Checkin)} == {CheckinState.ANSWERED}


@pytest.mark.parametrize(("ago", "replies", "answers"), [(15 * HOUR, False, False), (15 * HOUR, True, True), (50 * SECOND, False, True)])
def test_a_text_from_before_a_check_in_was_asked_answers_it_only_as_a_reply_to_it(desk: Desk, ago: dt.timedelta, replies: bool, answers: bool) -> None:
    with desk.database.write() as session:
        session.add(Checkin(person_id=1, planned_at=NOW, state=CheckinState.ASKED, step=0, asked_at=NOW, run_at=NOW + HOUR, lane=Lane.LADDER))
    sid = to_reply_to(desk, checkin_id=1)
    row = desk.say("ok", at=NOW - ago, extras={"reply_to": sid} if replies else {})
    assert (desk.all(Checkin)[0].state is CheckinState.ANSWERED, row.checkin_id) == (answers, 1 if answers else None)


def test_a_number_in_reply_to_a_check_in_answers_it_whatever_was_asked_since(desk: Desk) -> None:
    sid = to_reply_to(desk)
    desk.set(Person, awaiting="call_when", awaiting_since=NOW)
    assert desk.say("9", extras={"reply_to": sid}).urgency is Urgency.IMMEDIATE, "9 is no hour here"


def test_a_reply_to_somebody_else_s_message_names_none_of_hers(desk: Desk) -> None:
    with desk.database.write() as session:
        other = person(session, "LINH", "vi", "+447700900299")
    sid = to_reply_to(desk, person_id=other.id, address_id=2)
    desk.set(Person, awaiting="call_when", awaiting_since=NOW - HOUR)
    assert desk.say("9", extras={"reply_to": sid}).urgency is Urgency.ROUTINE


def test_another_name_on_her_whatsapp_account_is_told_once(desk: Desk) -> None:
    with desk.database.write() as session:
        session.execute(update(Address).values(channel=Channel.WHATSAPP))
    for name, urgency in (("Arta 🌸", Urgency.NONE), ("ARTA", Urgency.NONE), ("Boss", Urgency.ROUTINE), ("Boss", Urgency.NONE), ("", Urgency.NONE)):
        heard = desk.say("1", channel=Channel.WHATSAPP, extras={"profile": name} if name else {})
        assert heard.urgency is urgency, name
    assert "somebody else may be writing" in str(desk.all(Alert)[0].why) and "Boss" not in str([a.why for a in desk.all(Alert)])


def test_a_name_kept_before_letters_that_sound_alike_were_folded_is_no_other_name(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as before:
        before.setattr(normalise, "_SOUND_ALIKE", {})
        desk.say("1", extras={"profile": "አበበ"})
    assert desk.say("1", extras={"profile": "አበበ"}).urgency is Urgency.NONE


@pytest.mark.parametrize(("text", "language"), [("Romanian", "ro"), ("in Arabic", "ar"), ("română", "ro"), ("my friend is Romanian", "en")])
def test_a_language_s_name_alone_changes_the_language_without_the_bot(desk: Desk, text: str, language: str) -> None:
    desk.bot = FakeBot(None)
    desk.say(text)
    assert desk.all(Person)[0].language == language
    assert desk.replies() == (["reply.language_changed"] if language != "en" else ["reply.person_reads"])


@pytest.mark.parametrize("text", ["My phone was stolen", "don't write to this number", "he took my phone. he is outside my door"])
def test_a_phone_that_is_lost_or_taken_stops_everything_at_once(desk: Desk, text: str) -> None:
    desk.say(text)
    assert desk.all(Person)[0].suspended_at == NOW and desk.replies() == []
    assert [a.urgency.escalates for a in desk.all(Alert)] == [True], "one incident is one alert"
    desk.say("1")
    assert desk.replies() == []


def calm_since(desk: Desk) -> bool:
    return "a calm answer came since" in {event.what for event in desk.all(AlertEvent)}


@pytest.mark.parametrize(("written", "calms"), [(-HOUR, False), (dt.timedelta(), False), (SECOND, True)])
def test_an_ok_written_before_a_danger_and_handled_after_it_eases_nothing(desk: Desk, written: dt.timedelta, calms: bool) -> None:
    desk.say("he is outside my door")
    desk.now += 50 * SECOND
    desk.say("1", at=NOW + written)
    assert calm_since(desk) is calms and desk.replies() == ["reply.received", *(["reply.ok"] if calms else [])]


def test_an_ok_before_the_duress_word_is_answered_like_any_other(desk: Desk) -> None:
    desk.receive("1")
    desk.now += SECOND
    desk.say("purple")
    assert desk.replies() == ["reply.ok"] and not calm_since(desk), "the agreed sign went ahead; its own answer is an ok"


def test_a_start_written_before_a_stop_and_fetched_after_it_undoes_nothing(desk: Desk) -> None:
    desk.say("STOP")
    desk.now += 50 * SECOND
    row = desk.say("start", at=NOW - 6 * HOUR)
    assert desk.all(Person)[0].stopped_at == NOW and desk.replies() == [] and row.alert_id is not None
    assert "written before she asked us to stop" in str([a.why for a in desk.all(Alert)])
    desk.say("STOP")
    assert desk.say("start", at=NOW + 30 * SECOND).urgency is Urgency.ROUTINE and desk.all(Person)[0].stopped_at == NOW, "before the second stop"


def test_a_start_written_after_a_stop_holds_though_both_waited(desk: Desk) -> None:
    desk.receive("STOP")
    desk.now += 10 * SECOND
    desk.receive("start")
    desk.now += HOUR
    while desk.handle(SECOND):
        pass
    assert desk.all(Person)[0].stopped_at is None and desk.replies() == ["reply.started"]


def test_a_start_written_before_a_colleague_wrote_a_stop_down_undoes_nothing(desk: Desk) -> None:
    desk.set(Person, stopped_at=NOW)
    desk.now += SECOND
    desk.say("start", at=NOW - HOUR)
    assert desk.all(Person)[0].stopped_at == NOW and desk.replies() == []


@pytest.mark.parametrize("taken_over", [True, False])
@pytest.mark.parametrize("before", [180 * SECOND, SECOND])
def test_a_text_written_before_a_question_does_not_take_it_away(desk: Desk, taken_over: bool, before: dt.timedelta) -> None:
    desk.set(Person, awaiting="call_when", awaiting_since=NOW, **({"taken_over_at": NOW - HOUR, "taken_over_by": 1} if taken_over else {}))
    desk.now += 40 * SECOND
    desk.say("hello", at=NOW - before)
    desk.now += 600 * SECOND
    desk.bot = FakeBot(acts=("reschedule",))
    desk.say("tomorrow at 6pm")
    assert [call.asked_for for call in desk.all(WelfareCall)] == ["tomorrow at 6pm"] and desk.all(Plan)[0].moved_to is None
    assert desk.all(Person)[0].awaiting == ""


@pytest.mark.parametrize("older", [True, False])
def test_a_reply_to_an_older_message_leaves_what_was_asked_since(desk: Desk, older: bool) -> None:
    sid = to_reply_to(desk)
    desk.set(Person, awaiting="call_when", awaiting_since=NOW - HOUR)
    if not older:
        desk.set(Outbox, purpose=Purpose.REPLY, text_key="reply.call_when")
    desk.say("tomorrow at 6pm", extras={"reply_to": sid})
    assert (desk.all(Person)[0].awaiting, len(desk.all(WelfareCall))) == (("call_when", 0) if older else ("", 1))


def beside_a_two(desk: Desk, text: str, *acts: str) -> Inbound:
    """What is said three seconds after "2", which asks when to call."""
    desk.bot = FakeBot(acts=("call_requested",))
    desk.say("2")
    desk.now += 3 * SECOND
    desk.bot = FakeBot(acts=acts)
    return desk.say(text)


@pytest.mark.parametrize(("soon", "answers"), [("please", False), ("1", False), ("neser ne ora 15", True), ("tomorrow", True)])
def test_a_text_beside_a_two_is_no_time_to_call_unless_it_names_one(desk: Desk, soon: str, answers: bool) -> None:
    desk.set(Person, language="sq")
    beside_a_two(desk, soon, "handover")
    assert [call.asked_for for call in desk.all(WelfareCall)] == [soon if answers else None]
    assert desk.all(Person)[0].awaiting == ("" if answers else "call_when")
    desk.now += 300 * SECOND
    desk.bot = FakeBot(acts=("reschedule",))
    desk.say("please tomorrow at 6pm")
    assert answers or ([call.asked_for for call in desk.all(WelfareCall)] == ["please tomorrow at 6pm"] and desk.all(Plan)[0].moved_to is None)


def test_a_nine_right_after_a_two_is_danger_and_no_hour(desk: Desk) -> None:
    desk.say("2")
    desk.now += 3 * SECOND
    assert desk.say("9").urgency is Urgency.IMMEDIATE


def test_a_nine_long_after_a_two_is_an_hour_only_when_nothing_was_written_between(desk: Desk) -> None:
    beside_a_two(desk, "please", "handover")
    desk.now += HOUR
    assert desk.say("9").urgency is Urgency.IMMEDIATE


def test_later_beside_a_two_moves_nothing(desk: Desk) -> None:
    assert beside_a_two(desk, "later", "reschedule").urgency is Urgency.ROUTINE
    assert desk.all(Plan)[0].moved_to is None and desk.replies()[-1] != "reply.later" and desk.all(Person)[0].awaiting == "call_when"


def test_a_text_beside_a_colleague_s_question_is_the_colleague_s(desk: Desk) -> None:
    """ "Is he there? 1 = yes, 2 = no", and then "When is a good time to call?" """
    desk.set(Person, awaiting="call_when", awaiting_since=NOW, taken_over_by=1, taken_over_at=NOW - HOUR)
    desk.now += 3 * SECOND
    row = desk.say("1")
    assert "Answers what a colleague wrote" in row.why and desk.all(Person)[0].awaiting == "call_when" and desk.all(WelfareCall) == []


@pytest.mark.parametrize("text", ["please", "Albanian"])
def test_a_text_right_after_which_language_answers_that_only_by_a_name(desk: Desk, text: str) -> None:
    desk.set(Person, awaiting="language", awaiting_since=NOW)
    desk.bot = FakeBot(acts=("handover",))
    desk.now += 3 * SECOND
    desk.say(text)
    person_ = desk.all(Person)[0]
    assert (person_.language, person_.awaiting) == (("en", "language") if text == "please" else ("sq", ""))


def test_another_account_at_her_whatsapp_number_is_told_once(desk: Desk) -> None:
    desk.set(Address, channel=Channel.WHATSAPP)
    for account, urgency in (("GB.AAA1", Urgency.NONE), ("GB.AAA1", Urgency.NONE), ("GB.ZZZ9", Urgency.ROUTINE), (None, Urgency.NONE), ("GB.ZZZ9", Urgency.NONE)):
        assert desk.say("1", channel=Channel.WHATSAPP, external_user=account).urgency is urgency, account
    assert "somebody else may be writing" in str(desk.all(Alert)[0].why) and "GB.ZZZ9" not in str([a.why for a in desk.all(Alert)])
    hidden = desk.say("1", sender="GB.ZZZ9", channel=Channel.WHATSAPP, external_user="GB.ZZZ9")
    assert hidden.person_id == desk.all(Person)[0].id, "without a number, it is known by the account"


@pytest.mark.parametrize("meanwhile", [False, True])
@pytest.mark.parametrize("suspended", [Person, Address])
@pytest.mark.parametrize(("awaiting", "body", "acts"), [("", "2", ("call_requested",)), ("", "call me", ("call_requested",)),
                                                        ("call_when", "tonight, come alone", ("handover",)), ("call_when", "tomorrow at 6pm", ("reschedule",))])
def test_no_call_is_asked_for_from_a_suspended_phone_or_number(desk: Desk, monkeypatch: pytest.MonkeyPatch, suspended: type[Any], awaiting: str,
                                                               body: str, acts: tuple[str, ...], meanwhile: bool) -> None:
    judge = run.judge

    def judged(*args: Any) -> Any:
        desk.set(suspended, suspended_at=NOW)
        return judge(*args)

    desk.bot = FakeBot(acts=acts)
    desk.set(Person, awaiting=awaiting, awaiting_since=NOW - HOUR)
    if meanwhile:
        monkeypatch.setattr(run, "judge", judged)
    else:
        desk.set(suspended, suspended_at=NOW)
    row = desk.say(body)
    assert desk.all(WelfareCall) == [] and row.alert_id is not None
    assert "reply.call_when" not in desk.replies() and "reply.call_noted" not in desk.replies()


@pytest.mark.parametrize("text", ["ฉันสบายดี ขอบคุณ มาก", "שלום אני בסדר היום"])
def test_a_text_in_none_of_our_languages_is_not_said_to_be_in_hers(desk: Desk, text: str) -> None:
    desk.set(Person, language="sq")
    row = desk.say(text)
    assert (row.urgency, row.language) == (Urgency.ROUTINE, "") and "In another language than usual" in row.why
