"""What the worker looks after between messages; one chore failing does not hold up the others."""

from __future__ import annotations

import datetime as dt
import logging
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
from sqlalchemy import select

from alongside.house import BOT_FAILURES_BEFORE_ALARM, BOT_STARTS, BOT_STEADY, Keeper, beat
from casefile import live
from casefile.database import Database
from casefile.models import Alert, AlertEvent, Heartbeat, Inbound, LiveEvent, Outbox, Person
from casefile.vocabulary import AlertKind, AlertState, Channel, InboundState, OutboxState, Purpose, Urgency
from escalation.alerts import acknowledge
from messaging.catalogue import Catalogue
from messaging.gateway import Later, Received
from messaging.run import Senders
from tests import cast
from tests.cast import NOW
from triage.phrases import PhraseBook
from triage.run import Tools, handle_next
from webhooks import health

SECONDS = dt.timedelta(seconds=1)


@dataclass
class FakeBot:
    up: bool = True

    def healthy(self) -> bool:
        return self.up


@dataclass
class FakeGateway:
    """A provider that lists what was received, or fails."""

    broken: bool = False
    waiting: list[Received] = field(default_factory=list)
    files: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    numbers: set[tuple[Channel, str]] = field(default_factory=set)
    asked: list[dt.datetime] = field(default_factory=list)
    redacted: list[str] = field(default_factory=list)

    def received(self, channel: Channel, our_number: str, since: dt.datetime) -> list[Received]:
        self.asked.append(since)
        self.numbers.add((channel, our_number))
        if self.broken:
            raise Later("no connection to the provider")
        return self.waiting

    def media(self, sid: str) -> list[dict[str, str]]:
        if sid not in self.files:
            raise Later("no connection to the provider")
        return self.files[sid]

    def redact(self, sid: str) -> None:
        self.redacted.append(sid)

    remove_media = redact


@dataclass
class Place:
    """A keeper over a house of stand-ins, and its time."""

    database: Database
    bot: FakeBot
    gateway: FakeGateway
    house: SimpleNamespace
    now: dt.datetime = NOW
    passed: float = 0.0

    def __post_init__(self) -> None:
        self.keeper = Keeper(self.house, "test", lambda: self.passed)

    def step(self, seconds: float = 5.0) -> None:
        self.now += dt.timedelta(seconds=seconds)
        self.passed += seconds
        self.keeper.step(self.now)
        self.keeper.ask_provider(self.now)

    def restart(self) -> None:
        self.keeper = Keeper(self.house, "another", lambda: self.passed)

    def all(self, model: type) -> list:
        with self.database.read() as session:
            return list(session.scalars(select(model).order_by(*model.__table__.primary_key.columns)))

    def beats(self) -> dict[str, tuple[str, dt.datetime]]:
        return {h.name: (h.state, h.at) for h in self.all(Heartbeat)}


def make_place(database: Database, book: PhraseBook) -> Place:
    bot, gateway = FakeBot(), FakeGateway()
    settings = SimpleNamespace(ladder_scale=1.0, catch_up_every=60.0, retention_days=0, absent_after=180.0)
    return Place(database, bot, gateway, SimpleNamespace(
        settings=settings, database=database, catalogue=Catalogue({}, {}), book=book, bot=bot, gateway=gateway,
        senders=Senders(cast.OUR_NUMBER, "", cast.OUR_NUMBER, 10.0)))


@pytest.fixture
def place(sqlite_database: Database, book: PhraseBook) -> Place:
    return make_place(sqlite_database, book)


@pytest.fixture
def any_place(database: Database, book: PhraseBook) -> Place:
    return make_place(database, book)


def test_a_bot_that_does_not_answer_is_said_once_and_is_over_when_it_stays_back(any_place: Place) -> None:
    place = any_place
    with place.database.write() as session:
        cast.staff(session)
    place.step()
    assert place.beats()["bot"] == ("up", place.now) and place.all(Alert) == []
    place.bot.up = False
    for _ in range(BOT_FAILURES_BEFORE_ALARM - 1):
        place.step()
        assert place.all(Alert) == [], "one missed answer is no outage"
    place.step()
    (alert,) = place.all(Alert)
    assert (alert.kind, alert.urgency, alert.state, alert.person_id) == (AlertKind.SYSTEM, Urgency.URGENT, AlertState.OPEN, None)
    assert [row.purpose for row in place.all(Outbox)] == [Purpose.PAGE] and alert.why == [
        "The understanding program does not answer. Messages are judged by phrase lists and, where it is loaded, our own copy of its model; "
        "a person must read every message that a keyword does not answer."]
    for _ in range(5):
        place.step()
    place.restart()
    for _ in range(3):
        place.step()
    assert len(place.all(Alert)) == 1 and place.beats()["bot"] == ("down", place.now)
    place.bot.up = True
    place.step()
    assert place.beats()["bot"] == ("up", place.now)
    for _ in range(int(BOT_STEADY / (5 * SECONDS)) + 1):
        place.step()
    (alert,) = place.all(Alert)
    assert (alert.state, alert.resolved_by, alert.run_at) == (AlertState.RESOLVED, None, None)
    assert [event.what for event in place.all(AlertEvent)].count("over") == 1
    place.bot.up = False
    for _ in range(BOT_FAILURES_BEFORE_ALARM):
        place.step()
    assert [a.state for a in place.all(Alert)] == [AlertState.RESOLVED, AlertState.OPEN], "another outage is another alert"


def test_a_bot_that_comes_and_goes_is_one_alert(place: Place) -> None:
    for _ in range(6):
        place.bot.up = not place.bot.up
        for _ in range(BOT_FAILURES_BEFORE_ALARM):
            place.step()
    assert len(place.all(Alert)) == 1


def test_a_bot_that_is_down_from_the_start_is_said_when_it_would_have_started(place: Place) -> None:
    place.bot.up = False
    while place.passed < BOT_STARTS - 5:
        place.step()
    assert place.all(Alert) == [] and place.beats()["bot"] == ("starting", place.now)
    place.step()
    assert len(place.all(Alert)) == 1 and place.beats()["bot"] == ("down", place.now)


def test_a_restart_of_the_service_pages_nobody_and_a_bot_that_dies_soon_after_is_said_at_once(place: Place) -> None:
    place.step()
    place.restart()
    place.bot.up = False
    for _ in range(3):
        place.step()
    assert place.beats()["bot"] == ("starting", place.now), "it is not said to be up either"
    place.bot.up = True
    place.step()
    assert place.beats()["bot"] == ("up", place.now) and place.all(Alert) == [] and place.all(Outbox) == []
    place.bot.up = False
    for _ in range(BOT_FAILURES_BEFORE_ALARM):
        place.step()
    assert len(place.all(Alert)) == 1


def test_an_acknowledged_outage_is_over_too_when_the_bot_is_back(place: Place) -> None:
    place.step()
    place.bot.up = False
    place.step()
    place.step()
    with place.database.write() as session:
        acknowledge(session, 1, cast.staff(session).id, place.now)
    place.bot.up = True
    for _ in range(15):
        place.step()
    assert place.all(Alert)[0].state is AlertState.RESOLVED


def test_the_end_of_an_outage_closes_no_alert_about_a_person(place: Place) -> None:
    with place.database.write() as session:
        person = cast.person(session)
        for kind, key in ((AlertKind.MESSAGE, "system:bot:look-alike"), (AlertKind.SYSTEM, "aside:1")):
            session.add(Alert(key=key, kind=kind, urgency=Urgency.URGENT, person_id=person.id, opened_at=NOW, concerns=[], messages=1))
    place.step()
    place.bot.up = False
    place.step()
    place.step()
    place.bot.up = True
    for _ in range(15):
        place.step()
    assert {a.state for a in place.all(Alert) if a.person_id} == {AlertState.OPEN}


def test_a_failing_chore_holds_up_no_other_and_is_said(place: Place, caplog: pytest.LogCaptureFixture) -> None:
    def broken() -> bool:
        raise ZeroDivisionError("in the middle")

    place.gateway.broken = True
    place.bot.healthy = broken  # type: ignore[method-assign]
    with caplog.at_level(logging.ERROR):
        place.step()
        place.step(61)
    assert place.beats()["worker"] == ("up", place.now) and "bot" not in place.beats()
    said = [record.getMessage() for record in caplog.records]
    assert said.count("chore bot failed: ZeroDivisionError") == 2 and said.count("chore missed messages failed: Later") == 2
    assert len(said) == 4


def test_each_chore_runs_when_its_time_has_come(place: Place) -> None:
    for _ in range(25):
        place.step(5)
    assert len(place.gateway.asked) == 3, "every 60 seconds"
    place.step(0.1)
    assert place.beats()["worker"] == ("up", place.now - 0.1 * SECONDS)


def test_a_clock_that_is_put_back_stops_no_chore(place: Place) -> None:
    place.step()
    place.now -= dt.timedelta(hours=1)
    assert not health.state(place.database, place.now)["worker"], "a pulse of a time to come says nothing of now"
    place.step(5)
    assert place.beats()["worker"] == ("up", place.now) and health.state(place.database, place.now)["worker"]


def test_words_go_at_the_provider_every_minute_and_from_the_record_every_hour(place: Place) -> None:
    place.house.settings.retention_days = 30

    def handled(sid: str, days: int) -> None:
        with place.database.write() as session:
            session.add(Inbound(provider_sid=sid, channel=Channel.SMS, from_address="x", to_address="y", from_hash="h", body="ok", received_at=place.now,
                                state=InboundState.DONE, handled_at=place.now - days * dt.timedelta(days=1), concerns=[], duress=False))

    handled("SM1", 40)
    place.step()
    handled("SM2", 40)
    place.step(61)
    assert place.gateway.redacted == ["SM1", "SM2"] and [row.body for row in place.all(Inbound)] == ["", "ok"]
    place.step(3600)
    assert [row.body for row in place.all(Inbound)] == ["", ""]


def test_missed_messages_are_looked_for_a_day_back_then_a_little_over_the_last_look(place: Place) -> None:
    place.step(0)
    first = place.now
    place.gateway.broken = True
    place.step(60)
    place.gateway.broken = False
    place.step(60)
    place.step(60)
    ten = dt.timedelta(minutes=10)
    assert place.gateway.asked == [first - dt.timedelta(days=1), first - ten, first - ten, place.now - 60 * SECONDS - ten]


def test_a_message_that_missed_our_door_is_taken_in_once(place: Place) -> None:
    with place.database.write() as session:
        person = cast.person(session)
    place.gateway.waiting = [Received("SM1", "+447700900201", cast.OUR_NUMBER, "he is outside my door", 0)]
    place.step()
    place.step(60)
    (row,) = place.all(Inbound)
    assert (row.person_id, row.state, row.lane, row.body) == (person.id, InboundState.READY, "0danger", "he is outside my door")


def test_a_message_that_may_still_be_on_its_way_to_our_door_is_left_to_it(place: Place) -> None:
    with place.database.write() as session:
        cast.person(session)
    place.gateway.waiting = [Received("SM1", "+447700900201", cast.OUR_NUMBER, "", 1, at=place.now - 5 * SECONDS)]
    place.step()
    assert place.all(Inbound) == []
    place.step(60)
    assert [row.provider_sid for row in place.all(Inbound)] == ["SM1"]


def test_texts_that_missed_our_door_are_judged_in_the_order_in_which_they_were_written(place: Place) -> None:
    with place.database.write() as session:
        cast.staff(session)
        danger, stops = (cast.person(session, ref, "en", number) for ref, number in (("ARTA", "+447700900201"), ("LINH", "+447700900202")))
    texts = [("+447700900201", "he is", 120), ("+447700900202", "stop", 110), ("+447700900201", "outside my door", 100), ("+447700900202", "start", 90)]
    place.gateway.waiting = [Received(f"SM{ago}", sender, cast.OUR_NUMBER, body, 0, at=place.now - ago * SECONDS) for sender, body, ago in reversed(texts)]
    place.step()
    while handle_next(Tools(place.database, place.house.book, Catalogue.load(), None), "test", place.now):
        pass
    assert [row.body for row in place.all(Inbound)] == [body for _, body, _ in texts]
    assert [row.urgency for row in place.all(Inbound) if row.person_id == danger.id][-1] is Urgency.IMMEDIATE
    with place.database.read() as session:
        assert session.get_one(Person, stops.id).stopped_at is None


def test_what_missed_our_door_is_fetched_whole_from_all_our_numbers(place: Place) -> None:
    place.house.senders = Senders(cast.OUR_NUMBER, "+447700900101", "+447700900102", 10.0)
    picture, voice = ({"url": f"https://api.twilio.com/x/Media/{kind}", "type": kind} for kind in ("image/jpeg", "audio/ogg"))
    place.gateway.files = {"MM1": [picture], "MM2": [voice]}
    place.gateway.waiting = [Received(sid, "whatsapp:+447700900201", "+447700900101", body, media, at=place.now - 60 * SECONDS)
                             for sid, body, media in (("MM1", "", 1), ("MM2", "", 1), ("MM3", "look", 1), ("SM4", "", 0), ("SM5", "ok", 0))]
    place.step()
    assert place.gateway.numbers == {(Channel.SMS, cast.OUR_NUMBER), (Channel.SMS, "+447700900102"), (Channel.WHATSAPP, "+447700900101")}
    assert {row.provider_sid: row.extras for row in place.all(Inbound)} == {
        "MM1": {"fetched": True, "media": [picture], "attachment": "a picture or file"},
        "MM2": {"fetched": True, "media": [voice], "attachment": "a voice note"},
        "MM3": {"fetched": True, "attachment": "a picture or file: look at Twilio"},
        "SM4": {"fetched": True, "attachment": "something without words, perhaps a place: look at Twilio"}, "SM5": {"fetched": True}}


def test_a_text_whose_words_a_lost_record_had_emptied_at_the_provider_is_marked(place: Place) -> None:
    old, young = place.now - dt.timedelta(hours=3), place.now - dt.timedelta(hours=1)
    place.gateway.waiting = [Received(sid, "+447700900201", cast.OUR_NUMBER, body, media, at=at)
                             for sid, body, media, at in (("SM1", "", 0, old), ("SM2", "ok", 0, old), ("SM3", "", 0, young), ("MM4", "", 1, old))]
    place.step()
    assert {row.provider_sid: "emptied" in row.extras for row in place.all(Inbound)} == {"SM1": True, "SM2": False, "SM3": False, "MM4": True}


def test_what_a_dead_worker_held_is_freed_when_its_lease_ends_and_a_send_is_never_blindly_repeated(any_place: Place) -> None:
    place = any_place
    with place.database.write() as session:
        for name, until in (("dead", NOW), ("alive", NOW + dt.timedelta(minutes=5))):
            session.add(Inbound(provider_sid=name, channel=Channel.SMS, from_address="x", to_address="y", from_hash="h", body="b", received_at=NOW,
                                state=InboundState.WORKING, run_at=NOW, owner=name, attempt=1, lease_until=until, concerns=[], duress=False))
            session.add(Outbox(token=name, dedupe=name, purpose=Purpose.REPLY, channel=Channel.SMS, body="Thank you", created_at=NOW, sent_at=NOW,
                               state=OutboxState.SENDING, owner=name, attempt=1, lease_until=until))
    place.keeper.step(place.now)
    inbound = {row.provider_sid: (row.state, row.owner) for row in place.all(Inbound)}
    outbox = {row.dedupe: (row.state, row.owner, row.run_at) for row in place.all(Outbox)}
    assert inbound == {"dead": (InboundState.READY, None), "alive": (InboundState.WORKING, "alive")}
    assert outbox["dead"] == (OutboxState.UNKNOWN, None, place.now) and outbox["alive"] == (OutboxState.SENDING, "alive", None)


def test_old_news_for_dashboards_is_swept_away(place: Place) -> None:
    with place.database.write() as session:
        live.tell(session, "old", NOW - dt.timedelta(days=2))
        live.tell(session, "new", NOW)
    place.step()
    kinds = [event.kind for event in place.all(LiveEvent)]
    assert "old" not in kinds and "new" in kinds


def test_a_pulse_keeps_since_when_a_program_is_in_its_state_and_dashboards_hear_of_a_change(sqlite_database: Database) -> None:
    for seconds, state in ((0, "up"), (5, "up"), (10, "down"), (15, "down"), (20, "up")):
        with sqlite_database.write() as session:
            beat(session, "bot", state, NOW + seconds * SECONDS)
    with sqlite_database.read() as session:
        row = session.scalars(select(Heartbeat)).one()
        assert (row.state, row.at, row.since) == ("up", NOW + 20 * SECONDS, NOW + 20 * SECONDS)
        assert [(e.kind, e.at) for e in session.scalars(select(LiveEvent).order_by(LiveEvent.id))] == [("system", NOW + 10 * SECONDS), ("system", NOW + 20 * SECONDS)]
