from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy import select, update

from casefile.database import Database
from casefile.models import Alert, Audit, Heartbeat, Inbound, OnCallShift
from casefile.vocabulary import AlertKind, AlertState, Concern, Urgency
from dashboard import messages
from escalation.alerts import raise_alert
from tests import cast
from tests.dashboard import world as worlds
from translation.translate import NoTranslation, Translated


def test_the_most_urgent_come_first_then_the_oldest(empty, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        for ref, urgency, minutes in (("7F3", Urgency.URGENT, 5), ("K29", Urgency.IMMEDIATE, 1), ("T4H", Urgency.URGENT, 9), ("V5L", Urgency.IMMEDIATE, 3)):
            raise_alert(session, key=ref, kind=AlertKind.MESSAGE, urgency=urgency, person_id=empty.people[ref], now=clock.now - dt.timedelta(minutes=minutes))
    assert re.findall(r'class="ref">(\w+)<', browser().get("/").text) == ["V5L", "K29", "T4H", "7F3"]


def test_the_list_holds_no_word_of_anybody_and_is_no_look(world, browser, sqlite_database: Database) -> None:
    page = browser().get("/").text
    assert worlds.DANGER not in page and "اتصلوا" not in page
    with sqlite_database.read() as session:
        assert not [a for a in session.scalars(select(Audit.action)) if a.startswith("looked")]


def test_urgency_is_said_in_words_and_the_clock_in_text(world, browser, clock) -> None:
    page = browser().get("/").text
    assert "Immediate</strong>" in page and "Urgent</strong>" in page
    assert re.search(r'data-due="[^"]+">3 min 0 s left', page)
    clock.on(minutes=5)
    assert re.search(r'clock--late" data-due="[^"]+">2 min 0 s late', browser("priya").get("/").text)


def test_the_original_its_language_and_the_reason_are_shown(world, browser) -> None:
    page = browser().get(f"/alerts/{world.danger}").text
    assert f'<p class="words" dir="auto" lang="sq">{worlds.DANGER}</p>' in page
    assert "Phrase list (sq): “jashtë derës”" in page and "In danger now" in page
    assert "data-translate" in page and "If life may be at risk now: 999" in page


def test_where_nothing_translates_the_concern_stands_beside_the_original(world, browser) -> None:
    page = browser().get("/people/T4H/conversation").text
    assert "No translation: no package for Tigrinya is installed." in page and "Heard as: No safe place." in page


def test_a_machine_translation_says_what_it_is(world, browser) -> None:
    page = browser().get("/messages/1/translation", x_live="1").text
    assert "Machine translation from Albanian, may be wrong" in page and "he is outside my door" in page


def test_a_translation_is_kept_for_minutes_while_the_words_are_there_and_a_failure_never(
        world, browser, clock, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sam, makes = browser(), [NoTranslation("it took too long"), Translated("first", "fair"), Translated("second", "fair"), NoTranslation("nothing")]
    monkeypatch.setattr(messages, "_made", {})
    monkeypatch.setattr(worlds.Words, "translate", lambda *_: makes.pop(0))

    def shown() -> str:
        return sam.get("/messages/1/translation", x_live="1").text

    assert "it took too long" in shown() and "first" in shown() and "first" in shown()
    clock.on(minutes=11)
    assert "second" in shown() and len(messages._made) == 1
    with sqlite_database.write() as session:
        session.get_one(Inbound, 1).body = ""
    assert "second" not in shown() and messages._made == {}


@pytest.mark.parametrize(("ref", "said"), [("7F3", "data-translate"), ("T4H", "No translation: no package for Tigrinya is installed.")])
def test_a_message_that_was_not_judged_is_taken_for_her_language(world, browser, sqlite_database: Database, ref: str, said: str) -> None:
    with sqlite_database.write() as session:
        session.execute(update(Inbound).values(language=None))
    assert said in browser().get(f"/people/{ref}/conversation").text


def test_a_message_in_none_of_our_languages_is_not_taken_for_hers(world, browser, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        session.execute(update(Inbound).values(language=""))
    sam = browser()
    page = sam.get("/people/7F3/conversation").text
    assert "it is in none of the languages known here" in page and "data-translate" not in page and ", in " not in re.findall(r"bubble__head.*", page)[0]
    assert "No translation" in sam.get("/messages/1/translation", x_live="1").text


def test_a_page_to_staff_is_not_an_acknowledgement(world, browser) -> None:
    page = browser().get(f"/alerts/{world.danger}").text
    assert "Sam Carter" in page and "Waiting to be sent" in page and "Acknowledged by" not in page


def test_acknowledging_is_written_down_and_only_one_can(world, browser, sqlite_database: Database) -> None:
    sam, priya = browser("sam"), browser("priya")
    assert "You have acknowledged this alert" in sam.post(f"/alerts/{world.danger}/acknowledge").text
    late = priya.post(f"/alerts/{world.danger}/acknowledge")
    assert late.status_code == 409 and "Somebody else acknowledged this alert a moment before." in late.text
    with sqlite_database.read() as session:
        alert = session.get_one(Alert, world.danger)
        assert (alert.state, alert.acknowledged_by, alert.run_at) == (AlertState.ACKNOWLEDGED, world.sam, None)


@pytest.mark.parametrize(("fields", "said"), [
    ({"outcome": "", "note": "x"}, "Choose what came of it"), ({"outcome": "vanished", "note": "x"}, "Choose what came of it"),
    ({"outcome": "safe", "note": "  "}, "Write what was done")])
def test_an_alert_is_resolved_only_with_outcome_and_note(world, browser, sqlite_database: Database, fields: dict[str, str], said: str) -> None:
    sam = browser()
    answer = sam.post(f"/alerts/{world.danger}/resolve", seen=sam.seen(world.danger), **fields)
    assert answer.status_code == 422 and said in answer.text and "Error: Alert" in answer.text
    with sqlite_database.read() as session:
        assert session.get_one(Alert, world.danger).state is AlertState.OPEN


def test_resolving_twice_is_said_plainly(world, browser) -> None:
    sam = browser()
    seen = sam.seen(world.danger)
    assert "The alert is resolved." in sam.post(f"/alerts/{world.danger}/resolve", outcome="safe", note="Spoke with them", seen=seen).text
    again = sam.post(f"/alerts/{world.danger}/resolve", outcome="safe", note="Once more", seen=seen)
    assert again.status_code == 409 and "resolved already" in again.text and "Once more</textarea>" in again.text


def test_an_old_page_ends_no_alert_that_opened_again_since(world, browser, sqlite_database: Database, clock) -> None:
    sam, path = browser(), f"/alerts/{world.danger}"
    sam.post(f"{path}/acknowledge")
    seen = sam.seen(world.danger)
    with sqlite_database.write() as session:
        raise_alert(session, key="worse", kind=AlertKind.MESSAGE, urgency=Urgency.IMMEDIATE, person_id=world.people["7F3"], now=clock.now)
    assert 'name="seen"' not in sam.get(f"{path}/state", x_live="1").text, "what is refreshed live counts as shown only once the page was opened again"
    for old in (seen, ""):
        stale = sam.post(f"{path}/resolve", outcome="false_alarm", note="A seller at the door", seen=old)
        assert stale.status_code == 409 and "Something came since you opened this page" in stale.text and "A seller at the door</textarea>" in stale.text
    with sqlite_database.read() as session:
        alert = session.get_one(Alert, world.danger)
        assert alert.state is AlertState.OPEN and alert.run_at is not None, "the paging goes on"
    fresh = re.search(r'name="seen" value="([^"]*)"', stale.text)[1]
    assert "The alert is resolved." in sam.post(f"{path}/resolve", outcome="safe", note="Read it", seen=fresh).text


def test_what_a_colleague_holds_is_resolved_only_after_speaking_with_her(world, browser, sqlite_database: Database) -> None:
    sam, priya, path = browser("sam"), browser("priya"), f"/alerts/{world.danger}"
    priya.post(f"{path}/acknowledge")
    assert "Priya Nair holds this alert" in sam.get(path).text and 'name="spoken"' not in priya.get(path).text
    fields = {"outcome": "safe", "note": "Spoke with them", "seen": sam.seen(world.danger)}
    refused = sam.post(f"{path}/resolve", **fields)
    assert refused.status_code == 422 and "speak with them first" in refused.text and "Spoke with them</textarea>" in refused.text
    with sqlite_database.read() as session:
        assert session.get_one(Alert, world.danger).state is AlertState.ACKNOWLEDGED
    assert "The alert is resolved." in sam.post(f"{path}/resolve", spoken="yes", **fields).text


def test_assigning_names_a_colleague(world, browser, sqlite_database: Database) -> None:
    sam = browser()
    assert sam.post(f"/alerts/{world.danger}/assign", to="999").status_code == 422
    assert "The alert is assigned." in sam.post(f"/alerts/{world.danger}/assign", to=str(world.priya)).text
    with sqlite_database.read() as session:
        assert session.get_one(Alert, world.danger).assigned_to == world.priya


def test_looking_at_an_alert_is_written_down_and_a_refresh_is_not_a_new_look(world, browser, sqlite_database: Database, clock) -> None:
    sam = browser()
    sam.get(f"/alerts/{world.danger}")
    for _ in range(3):
        assert sam.get(f"/alerts/{world.danger}/state", x_live="1").status_code == 200
    looks = select(Audit).where(Audit.action == f"looked at alert {world.danger}", Audit.staff_id == world.sam)
    with sqlite_database.read() as session:
        assert len(session.scalars(looks).all()) == 1
    clock.on(minutes=11)
    sam.get(f"/alerts/{world.danger}/state", x_live="1")
    with sqlite_database.read() as session:
        assert len(session.scalars(looks).all()) == 2, "a page that goes on showing it goes on being written down"


@pytest.mark.parametrize("path", ["/alerts/999", "/people/NOBODY", "/people/NOBODY/conversation", "/calls/999", "/messages/999/translation", "/languages/xx"])
def test_what_is_not_there_says_so(world, browser, path: str) -> None:
    answer = browser().get(path)
    assert answer.status_code == 404 and "Not found" in answer.text


@pytest.mark.parametrize("ago", [31, -3600])  # the latter: the clock was put back
def test_a_silent_worker_is_said_on_every_page(world, browser, sqlite_database: Database, clock, ago: int) -> None:
    sam = browser()
    assert "The worker is not running" not in sam.get("/").text
    with sqlite_database.write() as session:
        session.get_one(Heartbeat, "worker").at = clock.now - dt.timedelta(seconds=ago)
        session.add(Heartbeat(name="bot", at=clock.now, since=clock.now, state="down"))
    for path in ("/", "/checkins", "/people/7F3/conversation"):
        page = sam.get(path).text
        assert "The worker is not running" in page and "judged without it" in page


def test_an_empty_rota_is_said(world, browser, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        for shift in session.scalars(select(OnCallShift)):
            session.delete(shift)
    assert "Nobody is on the rota now" in browser().get("/").text


def test_the_summary_names_what_to_announce_and_nobody(world, browser) -> None:
    found = browser().get("/alerts/summary").json()
    assert found["open"] == 2
    assert {a["words"] for a in found["alarms"]} == {"Immediate alert: In danger now, Contact by a trafficker, reference 7F3", "Urgent alert: Threats, reference K29"}


def test_an_alarm_that_rises_is_news_again(empty, browser, sqlite_database: Database, clock) -> None:
    sam = browser()
    with sqlite_database.write() as session:
        raise_alert(session, key="a", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=empty.people["7F3"], now=clock.now)
    before = sam.get("/alerts/summary").json()["alarms"][0]["id"]
    with sqlite_database.write() as session:
        raise_alert(session, key="b", kind=AlertKind.MESSAGE, urgency=Urgency.IMMEDIATE, person_id=empty.people["7F3"], concerns=[Concern.DANGER_NOW],
                    now=clock.now)
    assert sam.get("/alerts/summary").json()["alarms"][0]["id"] != before


def test_the_clock_of_an_alert_that_opened_again_begins_anew(empty, browser, sqlite_database: Database, clock) -> None:
    sam = browser()
    with sqlite_database.write() as session:
        alert = raise_alert(session, key="a", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=empty.people["7F3"], now=clock.now)
    sam.post(f"/alerts/{alert.id}/acknowledge")
    clock.on(hours=2)
    with sqlite_database.write() as session:
        raise_alert(session, key="b", kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, person_id=empty.people["7F3"], now=clock.now)
    assert "15 min 0 s left" in browser("priya").get("/").text
    assert cast.NOW < clock.now


def test_routine_tasks_are_in_the_queue_and_not_among_the_alarms(world, browser) -> None:
    sam = browser()
    assert "G6R" not in sam.get("/alerts/list").text
    queue = sam.get("/queue").text
    assert "G6R" in queue and "Unknown sender" in queue and "7F3" not in queue
