from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select

from casefile.database import Database
from casefile.models import Address, Alert, Inbound, Outbox, Person, Plan, PlanChange
from casefile.vocabulary import Channel, Lane, OutboxState, Purpose
from dashboard.replies import revealing
from messaging import outbox
from tests import cast
from tests.dashboard import world as worlds


def mine(database: Database) -> list[Outbox]:
    with database.read() as session:
        return list(session.scalars(select(Outbox).where(Outbox.purpose == Purpose.HUMAN)))


@pytest.fixture
def sam(world, browser):
    """Sam, who holds the conversation with 7F3."""
    made = browser("sam")
    made.post("/people/7F3/take-over")
    return made


def test_taking_over_silences_the_machine_until_handed_back(world, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        outbox.queue(session, dedupe="x", purpose=Purpose.REPLY, channel=Channel.SMS, body="x", now=clock.now, person_id=world.people["7F3"])
    sam = browser()
    assert "You hold this conversation" in sam.post("/people/7F3/take-over").text
    with sqlite_database.read() as session:
        assert session.scalars(select(Outbox.state).where(Outbox.dedupe == "x")).one() is OutboxState.CANCELLED
    assert "Nobody holds this conversation" in sam.post("/people/7F3/hand-back").text


def test_a_colleague_cannot_take_send_or_hand_back_what_another_holds(sam, browser, sqlite_database: Database) -> None:
    priya = browser("priya")
    assert "Sam Carter holds this conversation" in priya.get("/people/7F3/conversation").text
    for path, fields in (("take-over", {}), ("hand-back", {}), ("phrase", {"phrase": "human.hello", "token": "p"})):
        answer = priya.post(f"/people/7F3/{path}", **fields)
        assert answer.status_code == 409 and "holds this conversation" in answer.text
    assert mine(sqlite_database) == []
    assert browser("alex").post("/people/7F3/hand-back").status_code == 200, "a manager may end it"
    late = sam.post("/people/7F3/words/send", words="I am here.", translated="sq: I am here.", token="w", language="sq")
    assert late.status_code == 409 and re.search(r"<textarea[^>]*readonly[^>]*>I am here\.</textarea>", late.text), "words that were not sent are not lost"


def test_nothing_is_sent_from_a_conversation_nobody_holds(world, browser, sqlite_database: Database) -> None:
    answer = browser().post("/people/7F3/phrase", phrase="human.hello", token="t")
    assert answer.status_code == 409 and "Take the conversation over first" in answer.text
    assert mine(sqlite_database) == []


def test_a_phrase_goes_in_her_language_by_the_way_she_wrote_last(sam, app, world, sqlite_database: Database) -> None:
    sam.post("/people/7F3/phrase", phrase="human.call_me", token="t")
    row = mine(sqlite_database)[0]
    assert row.body == app.state.dashboard.catalogue.text("human.call_me", "sq")
    assert (row.sent_by, row.language, row.text_key, row.channel, row.lane, row.person_id) == (world.sam, "sq", "human.call_me", Channel.SMS, Lane.REPLY,
                                                                                              world.people["7F3"])
    assert row.address_id is not None and row.own_words == "Please call me when you can."


def test_the_same_form_sends_once(sam, sqlite_database: Database) -> None:
    sam.post("/people/7F3/phrase", phrase="human.hello", token="same")
    assert "it was not sent twice" in sam.post("/people/7F3/phrase", phrase="human.hello", token="same").text
    assert len(mine(sqlite_database)) == 1


def test_a_change_of_language_is_offered_and_never_forced(sam, sqlite_database: Database) -> None:
    assert "Wrote last in" not in sam.get("/people/7F3/conversation").text
    with sqlite_database.write() as session:
        person = session.scalars(select(Person).where(Person.ref == "7F3")).one()
        session.scalars(select(Inbound).where(Inbound.person_id == person.id).order_by(Inbound.id.desc())).first().language = "ro"
    assert "Write in Romanian from now on" in sam.get("/people/7F3/conversation").text
    assert sam.post("/people/7F3/language", language="xx").status_code == 422
    answer = sam.post("/people/7F3/language", language="ro")
    assert answer.status_code == 200 and "Wrote last in" not in answer.text
    with sqlite_database.read() as session:
        assert session.scalars(select(Person.language).where(Person.ref == "7F3")).one() == "ro"
        assert session.scalars(select(PlanChange.what).order_by(PlanChange.id.desc())).first() == "language", "it can be put back"


@pytest.mark.parametrize("key", ["", "reply.ok", "human.nothing"])
def test_only_vetted_phrases_are_sent_as_phrases(sam, sqlite_database: Database, key: str) -> None:
    assert sam.post("/people/7F3/phrase", phrase=key, token="t").status_code == 422
    assert mine(sqlite_database) == []


def test_own_words_are_shown_translated_and_back_before_they_go(sam, sqlite_database: Database) -> None:
    check = sam.post("/people/7F3/words", words="I am here.", token="t").text
    assert "sq: I am here." in check and "translated back" in check and "back: " in check and "may be wrong" in check
    assert mine(sqlite_database) == []
    sam.post("/people/7F3/words/send", words="I am here.", translated="sq: I am here.", token="t", language="sq")
    row = mine(sqlite_database)[0]
    assert (row.body, row.own_words, row.language) == ("sq: I am here.", "I am here.", "sq")


def test_own_words_checked_in_a_language_that_changed_meanwhile_are_checked_again(sam, world, sqlite_database: Database) -> None:
    assert 'name="language" value="sq"' in sam.post("/people/7F3/words", words="I am here.", token="t").text
    with sqlite_database.write() as session:
        session.get_one(Person, world.people["7F3"]).language = "ar"
    again = sam.post("/people/7F3/words/send", words="I am here.", translated="sq: I am here.", token="t", language="sq")
    assert again.status_code == 422 and "The language is now Arabic" in again.text and "ar: I am here." in again.text
    assert mine(sqlite_database) == []


def test_without_a_package_own_words_go_only_after_an_explicit_yes(world, browser, sqlite_database: Database) -> None:
    sam = browser()
    sam.post("/people/T4H/take-over")
    check = sam.post("/people/T4H/words", words="I am here.", token="t").text
    assert "No translation into Tigrinya" in check and "Send these words untranslated" in check
    refused = sam.post("/people/T4H/words/send", words="I am here.", token="t", language="ti")
    assert refused.status_code == 422 and "Confirm that these words go out untranslated" in refused.text and mine(sqlite_database) == []
    sam.post("/people/T4H/words/send", words="I am here.", untranslated="yes", token="t", language="ti")
    row = mine(sqlite_database)[0]
    assert (row.body, row.language, row.own_words) == ("I am here.", "en", None)


def test_english_needs_no_check_unless_it_reveals(world, browser, sqlite_database: Database) -> None:
    sam = browser()
    sam.post("/people/G6R/take-over")
    assert "Somebody who reads this phone would understand" in sam.post("/people/G6R/words", words="Your solicitor rang", token="a").text
    assert mine(sqlite_database) == []
    sam.post("/people/G6R/words", words="See you at three", token="b")
    assert [r.body for r in mine(sqlite_database)] == ["See you at three"]


@pytest.mark.parametrize(("text", "found"), [
    ("The Police and the home office", ["Police", "home office"]), ("see http://x.example", ["http://x.example"]), ("class at three, bring the book", []),
    ("policed polite", []), ("safehouse", ["safehouse"]),
    ("Please call 999 now, or 112", ["999", "112"]), ("your social worker and the key-worker", ["social worker", "key-worker"]),
    ("the Home-Office, a safe-house", ["Home-Office", "safe-house"]), ("our charity, the NGO", ["charity", "NGO"]),
    ("court, tribunal, detention centre", ["court", "tribunal", "detention"]), ("a courteous call at 9", [])])
def test_words_that_tell_a_bystander_are_found(text: str, found: list[str]) -> None:
    assert revealing(text) == found


@pytest.mark.parametrize("words", ["", "x" * 601, "x" * 5000])
def test_nothing_and_too_much_are_not_sent_and_not_lost(sam, sqlite_database: Database, words: str) -> None:
    answer = sam.post("/people/7F3/words", words=words, token="t")
    assert answer.status_code == 422 and words in answer.text
    assert mine(sqlite_database) == []


@pytest.mark.parametrize(("change", "why"), [
    (lambda p, a, plan: setattr(p, "stopped_at", cast.NOW), "asked us to stop"), (lambda p, a, plan: setattr(p, "suspended_at", cast.NOW), "suspended"),
    (lambda p, a, plan: setattr(plan, "consent_withdrawn_at", cast.NOW), "consent was withdrawn"), (lambda p, a, plan: setattr(a, "consent", False), "no consent"), (lambda p, a, plan: setattr(a, "opted_out_at", cast.NOW), "blocked"),
    (lambda p, a, plan: setattr(a, "review_by", cast.NOW.date() - dt.timedelta(days=1)), "review date")])
def test_what_may_not_be_sent_is_said_before_and_refused_after(sam, world, sqlite_database: Database, change, why: str) -> None:
    with sqlite_database.write() as session:
        person = session.get_one(Person, world.people["7F3"])
        change(person, session.scalars(select(Address).where(Address.person_id == person.id)).one(),
               session.scalars(select(Plan).where(Plan.person_id == person.id)).one())
    assert why in sam.get("/people/7F3/conversation").text
    answer = sam.post("/people/7F3/phrase", phrase="human.hello", token="t")
    assert answer.status_code == 409 and why in answer.text
    own = sam.post("/people/7F3/words/send", words="I am here.", translated="sq: I am here.", token="w", language="sq")
    assert own.status_code == 409 and "I am here.</textarea>" in own.text
    assert mine(sqlite_database) == []


@pytest.mark.parametrize("change", [{"suspended_at": cast.NOW}, {"consent": False}, {"opted_out_at": cast.NOW}, {"review_by": cast.NOW.date() - dt.timedelta(days=1)}])
def test_where_the_way_she_wrote_by_may_not_be_used_another_agreed_one_is(sam, world, sqlite_database: Database, change: dict[str, object]) -> None:
    person_id = world.people["7F3"]
    with sqlite_database.write() as session:
        old = session.scalars(select(Address).where(Address.person_id == person_id)).one()
        for name, value in change.items():
            setattr(old, name, value)
        for number, days in (("+447700900998", -1), ("+447700900999", 90)):
            session.add(Address(person_id=person_id, channel=Channel.SMS, address=number, address_hash=number, consent=True, safe_to_contact=True,
                                confirmed_at=cast.NOW, review_by=cast.NOW.date() + dt.timedelta(days=days)))
        session.flush()
        agreed = session.scalars(select(Address.id).where(Address.person_id == person_id).order_by(Address.id.desc())).first()
    sam.post("/people/7F3/phrase", phrase="human.hello", token="t", address=agreed)
    assert [row.address_id for row in mine(sqlite_database)] == [agreed], "the one whose review day has passed is left out"


def second(database: Database, person_id: int) -> tuple[int, int]:
    """The ids of her address and of another agreed one, her sister's."""
    with database.write() as session:
        first = session.scalars(select(Address.id).where(Address.person_id == person_id)).one()
        row = Address(person_id=person_id, channel=Channel.SMS, address="+447700900999", address_hash="h", whose="sister", shared="yes", consent=True,
                      safe_to_contact=True, confirmed_at=cast.NOW, review_by=cast.NOW.date() + dt.timedelta(days=90))
        session.add(row)
        session.flush()
        return first, row.id


@pytest.mark.parametrize(("change", "why"), [("suspended_at", "the address is suspended"), ("opted_out_at", "blocked at the provider")])
def test_words_that_go_to_another_phone_are_sent_only_once_the_page_has_said_so(sam, world, sqlite_database: Database, change: str, why: str) -> None:
    first, agreed = second(sqlite_database, world.people["7F3"])
    before = sam.get("/people/7F3/conversation").text
    assert before.count(f'name="address" value="{first}"') == 2 and "Not to where" not in before
    with sqlite_database.write() as session:
        setattr(session.get_one(Address, first), change, cast.NOW)
    for form in ({"address": first}, {}):
        answer = sam.post("/people/7F3/phrase", phrase="human.hello", token="t", **form)
        assert answer.status_code == 409 and "has changed since you opened the page" in answer.text
        assert f"Not to where they wrote from last: {why}." in answer.text and "…999 (sister; shared: yes)" in answer.text
        assert answer.text.count(f'name="address" value="{agreed}"') == 2
    late = sam.post("/people/7F3/words/send", words="I am here.", translated="sq: I am here.", token="w", language="sq", address=first)
    assert late.status_code == 409 and "I am here.</textarea>" in late.text and mine(sqlite_database) == []
    assert f'name="address" value="{agreed}"' in sam.post("/people/7F3/words", words="I am here.", token="t", address=agreed).text, "told on to the check"
    sam.post("/people/7F3/words/send", words="I am here.", translated="sq: I am here.", token="w", language="sq", address=agreed)
    assert [row.address_id for row in mine(sqlite_database)] == [agreed]


def test_an_answer_out_of_safe_hours_waits_for_them(sam, world, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        plan = session.scalars(select(Plan).where(Plan.person_id == world.people["7F3"])).one()
        plan.safe_hours = cast.OFFICE
        session.scalars(select(Address).where(Address.person_id == world.people["7F3"])).one().last_inbound_at = clock.now
    clock.on(minutes=30)
    sam.post("/people/7F3/phrase", phrase="human.hello", token="now")
    clock.on(hours=9)
    late = sam.sign_in("sam", clock.now)
    assert late.status_code == 303
    assert "waits for safe hours" in sam.get("/people/7F3/conversation").text
    assert "waits for the person’s safe hours" in sam.post("/people/7F3/phrase", phrase="human.thanks", token="later").text
    first, second = mine(sqlite_database)
    assert first.run_at == cast.NOW + dt.timedelta(minutes=30)
    assert second.run_at == dt.datetime(2026, 11, 25, 9, tzinfo=dt.UTC)


def test_phone_not_in_their_control_stops_everything_at_once(sam, world, sqlite_database: Database) -> None:
    sam.post("/people/7F3/phrase", phrase="human.hello", token="t")
    page = sam.post("/people/7F3/phone-lost").text
    assert "Everything is stopped" in page
    with sqlite_database.read() as session:
        assert session.get_one(Person, world.people["7F3"]).suspended_at is not None
        assert not session.scalars(select(Outbox.id).where(Outbox.person_id == world.people["7F3"], Outbox.state == OutboxState.READY)).all()
    assert sam.post("/people/7F3/phone-back").status_code == 422, "only with a yes"
    sam.post("/people/7F3/phone-back", sure="yes")
    with sqlite_database.read() as session:
        assert session.get_one(Person, world.people["7F3"]).suspended_at is None


def test_a_picture_is_a_link_and_never_shown_by_itself(world, browser) -> None:
    page = browser().get("/people/G6R/conversation").text
    assert "Open the picture or file they sent" in page and "<img" not in page and "api.twilio.com" not in page


def test_a_picture_without_words_is_not_said_to_be_emptied(world, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        row = worlds.heard(session, session.get_one(Person, world.people["R8P"]), "", clock.now, extras={"media": [{"url": "x", "type": "image/jpeg"}]})
        row.redacted_at = clock.now
    page = browser().get("/people/R8P/conversation").text
    assert "No words." in page and "retention period" not in page


def test_a_place_is_shown_only_while_an_alert_is_open(world, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        worlds.heard(session, session.get_one(Person, world.people["G6R"]), "here", clock.now, extras={"place": {"latitude": "51.5", "longitude": "-0.12"}})
    sam = browser()
    assert "51.5" in sam.get("/people/G6R/conversation").text
    with sqlite_database.write() as session:
        for alert in session.scalars(select(Alert).where(Alert.person_id == world.people["G6R"])):
            alert.state, alert.run_at = "resolved", None
    page = sam.get("/people/G6R/conversation").text
    assert "51.5" not in page and "They sent a place" in page


def test_the_thread_tells_everything_in_order(world, browser) -> None:
    page = browser().get("/people/7F3/conversation").text
    order = [page.index(part) for part in ("Check-in</strong>", worlds.DANGER, "Immediate alert: Opened", "Automatic reply</strong>")]
    assert order == sorted(order)
    assert "Delivered" in page and "Thank you. Your message has arrived." in page


def test_what_a_reply_was_given_to_say_is_never_shown_as_a_gap_in_braces(world, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        person = session.get_one(Person, world.people["R8P"])
        outbox.queue(session, dedupe="z", purpose=Purpose.REPLY, channel=Channel.SMS, body="OK. Scriu luni la 15:00.", now=clock.now, person_id=person.id,
                     address_id=worlds._address(session, person), text_key="reply.moved", language="ro")
    assert "OK. I will write on … at …." in browser().get("/people/R8P/conversation").text


def test_a_translation_made_before_the_message_was_judged_is_not_kept(empty, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        row = worlds.heard(session, session.get_one(Person, empty.people["7F3"]), "انا خائفة", clock.now)
        row.language = None
    sam = browser()

    def marks() -> list[str]:
        pages = [sam.get(path, x_live="1").text for path in ("/people/7F3/conversation/thread", f"/messages/{row.id}/translation")]
        return [mark for page in pages for mark in re.findall(r'data-keep="([^"]*)"', page)]

    assert marks() == [f"t{row.id}.sq"] * 2
    with sqlite_database.write() as session:
        session.get_one(Inbound, row.id).language = "ar"
    assert marks() == [f"t{row.id}.ar"] * 2


def test_a_translation_that_failed_can_be_asked_for_again(world, browser, sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        message = session.scalars(select(Inbound.id).where(Inbound.person_id == world.people["T4H"])).first()
    failed = browser().get(f"/messages/{message}/translation", x_live="1").text
    assert "No translation" in failed and f'href="/messages/{message}/translation"' in failed and "data-translate" not in failed


def test_a_long_thread_is_read_page_by_page(world, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        person = session.get_one(Person, world.people["V5L"])
        for number in range(150):
            worlds.heard(session, person, f"number {number:03}", clock.now - dt.timedelta(minutes=150 - number))
    sam = browser()
    seen, path = "", "/people/V5L/conversation"
    for _ in range(4):
        page = sam.get(path).text
        seen += page
        # The stream's first word fetches every live part anew: of earlier messages there is none.
        assert ("/conversation/thread" in page, ">Newest</a>" in page) == (("?" not in path), ("?" in path))
        if "?before=" not in page:
            break
        path = "/people/V5L/conversation?before=" + page.split("?before=")[1].split('"')[0]
    assert all(f"number {number:03}" in seen for number in range(150))
    for edge in ("x", "2026-01-01", "0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"):
        assert sam.get(f"/people/V5L/conversation?before={edge}").status_code == 200


def test_hostile_words_are_only_words(world, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        worlds.heard(session, session.get_one(Person, world.people["G6R"]), "<script>alert(1)</script>\u202e\x07", clock.now)
    assert "<script>alert" not in browser().get("/people/G6R/conversation").text
