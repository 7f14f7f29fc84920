from __future__ import annotations

import datetime as dt
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from casefile import encryption
from casefile.database import Database
from casefile.models import Address, Audit, Intervention, Person, Plan, PlanChange
from casefile.vocabulary import Channel
from checkins.numbers import suspend
from checkins.plan_check import problems
from dashboard import plan_form
from dashboard.forms import Form
from messaging.safe_hours import WEEKDAYS
from tests import cast
from tests.conftest import TEST_KEY
from triage.agreed_words import is_duress, is_safe_word

PERSON = {"name": "Besa", "language": "sq", "time_zone": "Europe/London", "adult": "yes", "caseworker": ""}
ADDRESS = {"channel": "sms", "number": "07700 900299", "whose": "own", "shared": "no", "consent": "yes", "safe": "yes", "review_by": "2027-01-20"}


def shown(who, path: str, *hidden: str) -> dict[str, str]:
    """What a form sends by itself."""
    page = who.get(path).text
    return {name: re.search(rf'name="{name}" value="([^"]*)"', page)[1] for name in hidden}


def test_enrolling_makes_a_record_and_sends_nothing(empty, browser, sqlite_database: Database) -> None:
    sam = browser()
    answer = sam.post("/people", **PERSON, safe_word="blue kettle", duress_word="fine thanks friend")
    assert "Nothing is sent before" in answer.text
    with sqlite_database.read() as session:
        made = session.scalars(select(Person).order_by(Person.id.desc())).first()
        assert made.name == "Besa" and re.fullmatch(r"[2-9A-Y]{3}", made.ref) and made.conversation
        ring = encryption.ring()
        assert is_safe_word(ring, "Blue kettle", made.safe_word_hash) and is_duress(ring, "fine thanks frend", made.duress_hashes)
        assert session.scalar(select(Plan).where(Plan.person_id == made.id)) is None
    assert "blue kettle" not in sam.get(f"/people/{made.ref}").text + sam.get(f"/people/{made.ref}/edit").text


@pytest.mark.parametrize(("change", "said"), [
    ({"name": ""}, "Give a name"), ({"language": "xx"}, "Choose a language"), ({"time_zone": "Mars/North"}, "Give a time zone"), ({"adult": ""}, "18 or over"),
    ({"duress_word": "12"}, "at least 3"), ({"duress_word": "12345"}, "must not be a number"), ({"duress_word": "oki"}, "everyday answer"), ({"duress_word": "mira"}, "everyday answer"), ({"safe_word": "same word", "duress_word": "same word"}, "must differ")])
def test_a_record_that_is_wrong_is_not_made_and_nothing_typed_is_lost(empty, browser, sqlite_database: Database, change: dict[str, str], said: str) -> None:
    answer = browser().post("/people", **{**PERSON, "dialect": "northern", **change})
    assert answer.status_code == 422 and said in answer.text and "northern" in answer.text
    with sqlite_database.read() as session:
        assert len(session.scalars(select(Person.id)).all()) == 6


def test_agreed_words_that_a_mistake_elsewhere_lost_are_asked_for_again(empty, browser) -> None:
    words = {"safe_word": "blue kettle", "duress_word": "fine thanks friend"}
    page = browser().post("/people", **{**PERSON, "time_zone": "Mars/North"}, **words).text
    assert page.count("Type the word again: it was not kept") == 4, "at each word, and in the list of what is wrong"
    assert not any(word in page for word in words.values())


def test_who_chooses_a_language_or_confirms_a_plan_sees_that_its_texts_are_not_reviewed(empty, browser, app) -> None:
    sam, catalogue = browser(), app.state.dashboard.catalogue
    assert "have texts that no native reviewer has signed off" in sam.get("/people/new").text
    answer = sam.post(f"/people/{new_person(sam)}/plan/edit", **plan_fields())
    assert f"{len(catalogue.awaiting('sq'))} of our texts in Albanian are not signed off" in answer.text


def test_changing_the_record_keeps_the_agreed_words_unless_new_ones_are_given(empty, browser, sqlite_database: Database) -> None:
    sam = browser()
    with sqlite_database.write() as session:
        session.get_one(Person, empty.people["7F3"]).safe_word_hash = "kept"
    form = shown(sam, "/people/7F3/edit", "version")
    again = sam.post("/people/7F3/edit", **PERSON | form | {"name": ""})
    assert again.status_code == 422 and f'name="version" value="{form["version"]}"' in again.text
    assert "Saved." in sam.post("/people/7F3/edit", **PERSON | form, interpreter="yes").text
    with sqlite_database.read() as session:
        person = session.get_one(Person, empty.people["7F3"])
        assert (person.name, person.interpreter_needed, person.safe_word_hash) == ("Besa", True, "kept")
    assert "changed the record (interpreter: no → yes; caseworker: Sam Carter → none)" in sam.get("/people/7F3").text


def test_an_older_form_of_the_record_makes_no_child_an_adult_again(empty, browser, sqlite_database: Database) -> None:
    sam, priya = browser(), browser("priya")
    older = PERSON | shown(sam, "/people/7F3/edit", "version")
    assert "18 or over: yes → no" in priya.post("/people/7F3/edit", **older | {"adult": "no", "language": "ar"}).text
    assert "Somebody changed this a moment before you" in sam.post("/people/7F3/edit", **older | {"dialect": "northern"}).text
    with sqlite_database.read() as session:
        person = session.get_one(Person, empty.people["7F3"])
        assert (person.adult, person.language, person.dialect) == (False, "ar", None)
        assert session.scalars(select(Plan.next_at).where(Plan.person_id == person.id)).one() is None


def test_a_text_of_hers_meanwhile_makes_no_form_of_the_record_old(empty, browser, sqlite_database: Database) -> None:
    sam = browser()
    form = PERSON | shown(sam, "/people/7F3/edit", "version")
    with sqlite_database.write() as session:
        session.get_one(Person, empty.people["7F3"]).awaiting = "checkin"
    assert "Saved." in sam.post("/people/7F3/edit", **form | {"dialect": "northern"}).text


def test_an_address_needs_consent_safety_and_a_date_to_ask_again(empty, browser, sqlite_database: Database) -> None:
    sam = browser()
    for change, said in (({"review_by": ""}, "within a year"), ({"review_by": "2020-01-01"}, "within a year"), ({"review_by": "2030-01-01"}, "within a year"),
                         ({"number": "12"}, "too short"), ({"channel": "pigeon"}, "how this address is used"), ({"shared": ""}, "whether others"),
                         ({"number": "+447700900201"}, "in a record already")):
        answer = sam.post("/people/V5L/addresses", **{**ADDRESS, **change})
        assert answer.status_code == 422 and said in answer.text, change
    assert "Saved." in sam.post("/people/V5L/addresses", **ADDRESS).text
    with sqlite_database.read() as session:
        made = session.scalars(select(Address).order_by(Address.id.desc())).first()
        assert (made.address, made.consent, made.safe_to_contact, made.confirmed_by) == ("+447700900299", True, True, empty.sam)
        assert sorted(session.scalars(select(Audit.detail).where(Audit.action == "saved an address")).all()) != []


def test_taking_consent_back_takes_the_confirmation_back(empty, browser, sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        address = session.scalars(select(Address).where(Address.person_id == empty.people["7F3"])).one()
    sam, path = browser(), f"/people/7F3/addresses/{address.id}"
    older = ADDRESS | {"number": address.address} | shown(sam, path, "stamp")
    assert "Saved." in sam.post(path, **{k: v for k, v in older.items() if k != "consent"}).text
    assert "Somebody changed this a moment before you" in sam.post(path, **older).text
    unticked = shown(sam, path, "stamp")
    with sqlite_database.write() as session:
        session.get_one(Address, address.id).whose = "her sister's"
    assert "Somebody changed this a moment before you" in sam.post(path, **older | unticked).text
    with sqlite_database.read() as session:
        assert session.get_one(Address, address.id).confirmed_at is None


def test_a_suspended_number_is_used_again_only_when_both_is_ticked_anew(empty, browser, sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        address_id = session.scalars(select(Address.id).where(Address.person_id == empty.people["7F3"])).one()
    sam, path = browser(), f"/people/7F3/addresses/{address_id}"
    older = ADDRESS | {"number": "+447700900201"} | shown(sam, path, "stamp")
    with sqlite_database.write() as session:
        suspend(session, address_id, "somebody wrote that it is not her number", empty.now)
    assert "Somebody changed this a moment before you" in sam.post(path, **older).text
    page = sam.get(path).text
    assert "somebody wrote that it is not her number" in page and not re.search('name="(consent|safe)"[^>]*checked', page)
    as_it_is = {k: v for k, v in older.items() if k not in ("consent", "safe")} | {"shared": "yes"} | shown(sam, path, "stamp")
    wrong = sam.post(path, **as_it_is | {"shared": ""})
    assert wrong.status_code == 422 and "somebody wrote that it is not her number" in wrong.text
    assert "Suspended:" in sam.post(path, **as_it_is).text
    assert "May be used" in sam.post(path, **older | shown(sam, path, "stamp")).text


def test_another_number_does_not_inherit_what_happened_to_the_old_one(empty, browser, sqlite_database: Database) -> None:
    old = {"opted_out_at": empty.now, "last_inbound_at": empty.now, "profile_hash": "p", "external_user_hash": "u"}
    with sqlite_database.write() as session:
        address = session.scalars(select(Address).where(Address.person_id == empty.people["7F3"])).one()
        for name, value in old.items():
            setattr(address, name, value)
    sam, path = browser(), f"/people/7F3/addresses/{address.id}"
    for number, kept in (("+447700900201", list(old.values())), ("07700 900299", [None] * 4)):
        assert "Saved." in sam.post(path, **ADDRESS | {"number": number} | shown(sam, path, "stamp")).text
        with sqlite_database.read() as session:
            assert [getattr(session.get_one(Address, address.id), name) for name in old] == kept


def test_a_number_saved_anew_keeps_its_hash_when_keys_change(empty, browser, sqlite_database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    sam = browser()
    monkeypatch.setattr(encryption, "_ring", encryption.KeyRing(("a-newer-key " * 4, TEST_KEY)))
    assert "Saved." in sam.post("/people/7F3/addresses", **ADDRESS | {"number": "+447700900201", "channel": "whatsapp"}).text
    with sqlite_database.read() as session:
        assert len(set(session.scalars(select(Address.address_hash).where(Address.person_id == empty.people["7F3"])))) == 1


def test_an_address_of_somebody_else_cannot_be_reached_through_this_record(empty, browser, sqlite_database: Database) -> None:
    with sqlite_database.read() as session:
        other = session.scalars(select(Address.id).where(Address.person_id == empty.people["K29"])).one()
    sam = browser()
    assert sam.get(f"/people/7F3/addresses/{other}").status_code == 404
    assert sam.post(f"/people/7F3/addresses/{other}", **ADDRESS).status_code == 404


def plan_fields(**changes: object) -> dict[str, object]:
    return {"version": "0", "every": "2", "days": ["tue", "fri"], "at_time": "10:30", "starts_on": "2026-11-24", "jitter": "10", "review_on": "2027-02-01",
            "channel_1": "sms", "channel_2": "", "cover": "class", "after_alarm": "nothing", "daily_cap": "3", "hours_tue": "9-12, 14:00-17.30",
            "hours_fri": "09:00-17:00", "never": "2026-12-25", "stress": "2026-12-01 court", "step_ask_again": "24", "step_call": "36", "step_professional": "",
            "step_manager": "96", "consent_taken_by": "Sam", "consent_on": "2026-11-24", "consent_language": "Albanian", "consent_scope": "texts", **changes}


def new_person(sam) -> str:
    return re.search(r'class="ref">(\w+)<', sam.post("/people", **PERSON).text)[1]


def test_a_plan_sends_nothing_before_it_is_complete_and_confirmed(empty, browser, sqlite_database: Database) -> None:
    sam = browser()
    ref = new_person(sam)
    assert "Saved." in sam.post(f"/people/{ref}/plan/edit", **plan_fields()).text
    assert sam.post(f"/people/{ref}/plan/confirm").status_code == 422, "not without a yes"
    missing = sam.post(f"/people/{ref}/plan/confirm", agreed="yes")
    assert missing.status_code == 422 and "None of these channels has a number" in missing.text
    sam.post(f"/people/{ref}/addresses", **ADDRESS)
    page = sam.post(f"/people/{ref}/plan/confirm", agreed="yes").text
    assert "The plan is confirmed." in page and "Every 2 weeks on Tuesday, Friday" in page and "10:3" in page
    with sqlite_database.read() as session:
        plan = session.scalars(select(Plan).join(Person, Person.id == Plan.person_id).where(Person.ref == ref)).one()
        assert plan.rule == "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,FR" and plan.confirmed_by == empty.sam and plan.next_at is not None
        assert plan.safe_hours == {"tue": [["09:00", "12:00"], ["14:00", "17:30"]], "fri": [["09:00", "17:00"]]}
        assert [s["do"] for s in plan.ladder] == ["ask", "ask_again", "call", "manager"]
    sam.post(f"/people/{ref}/plan/edit", **plan_fields(version=str(plan.version), inbound_only="yes"))
    page = sam.post(f"/people/{ref}/plan/confirm", agreed="yes").text
    assert "The next 14 days show what will be sent" in page and "Nothing will be sent: they write to us" in page


@pytest.mark.parametrize(("change", "field"), [
    ({"every": ""}, "every"), ({"days": []}, "days"), ({"at_time": "noon"}, "at_time"), ({"jitter": "x"}, "jitter"), ({"daily_cap": "0"}, "daily_cap"),
    ({"hours_tue": "17:00-09:00"}, "hours_mon"), ({"hours_tue": "always"}, "hours_mon"), ({"never": "soon"}, "never"), ({"stress": "court"}, "stress"), ({"stress": "2026-12-01 " + "x" * 61}, "stress"),
    ({"step_call": "", "step_manager": ""}, "step_call"), ({"step_call": "x"}, "step_call"), ({"channel_1": "pigeon"}, "channel_1"), ({"starts_on": ""}, "starts_on"),
    ({"review_on": "2026-01-01"}, "review_on"), ({"cover": "circus"}, "cover")])
def test_what_is_wrong_with_a_plan_is_said_at_its_field(empty, browser, change: dict[str, object], field: str) -> None:
    sam = browser()
    answer = sam.post(f"/people/{new_person(sam)}/plan/edit", **plan_fields(**change))
    assert answer.status_code == 422 and f'href="#{field}"' in answer.text and f'id="{field}"' in answer.text


def test_a_plan_somebody_else_changed_meanwhile_is_not_overwritten(empty, browser, sqlite_database: Database) -> None:
    answer = browser().post("/people/7F3/plan/edit", **plan_fields(version="99"))
    assert "Somebody changed this a moment before you" in answer.text
    with sqlite_database.read() as session:
        assert session.scalars(select(Plan.cover).where(Plan.person_id == empty.people["7F3"])).one() == "plain"


def test_pausing_resuming_stopping_and_starting(empty, browser, sqlite_database: Database) -> None:
    sam = browser()

    def next_at() -> dt.datetime | None:
        with sqlite_database.read() as session:
            return session.scalars(select(Plan.next_at).where(Plan.person_id == empty.people["7F3"])).one()

    for typed in ("2020-01-01", "24/12/20267"):
        wrong = sam.post("/people/7F3/pause", until=typed)
        assert wrong.status_code == 422 and 'href="#until"' in wrong.text and 'id="until"' in wrong.text and f'value="{typed}"' in wrong.text
    assert "Check-ins are paused." in sam.post("/people/7F3/pause", until="").text and next_at() is None
    assert "The pause is over." in sam.post("/people/7F3/resume").text and next_at() is not None
    sam.post("/people/7F3/pause", until="2026-12-20")
    assert next_at() >= dt.datetime(2026, 12, 20, tzinfo=dt.UTC)
    assert "Nothing more is sent" in sam.post("/people/7F3/stop").text and next_at() is None
    assert "They may be written to again" in sam.post("/people/7F3/start").text and next_at() is not None
    page = sam.post("/people/7F3/stop", consent_withdrawn="yes").text
    assert "Nothing will be sent: consent was withdrawn" in page and "automatic messages answer" not in page and next_at() is None
    assert "Consent was withdrawn" in sam.get("/people/7F3/conversation/state").text
    assert sam.post("/people/7F3/start").status_code == 422, "only a plan confirmed anew begins again"


def test_a_change_is_put_back_once(world, browser, sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        session.scalars(select(Plan).where(Plan.person_id == world.people["R8P"])).one().rule = "FREQ=WEEKLY;BYDAY=TU;INTERVAL=2"
        change = session.scalars(select(PlanChange.id)).one()
    sam = browser()
    assert "every week on Tuesday → every 2 weeks on Tuesday" in sam.get("/people/R8P").text
    assert sam.post(f"/people/7F3/changes/{change}/put-back").status_code == 404, "not through another record"
    assert "The change was put back." in sam.post(f"/people/R8P/changes/{change}/put-back").text
    again = sam.post(f"/people/R8P/changes/{change}/put-back")
    assert again.status_code == 422 and "This was put back already." in again.text
    with sqlite_database.read() as session:
        assert session.scalars(select(Plan.rule).where(Plan.person_id == world.people["R8P"])).one() == "FREQ=WEEKLY;BYDAY=TU"


def test_only_what_a_change_altered_and_nobody_since_is_put_back(empty, browser, sqlite_database: Database) -> None:
    sam, priya = browser(), browser("priya")

    def changed(who, **fields: object) -> int:
        who.post("/people/7F3/plan/edit", **plan_fields(**shown(who, "/people/7F3/plan/edit", "version"), **fields))
        with sqlite_database.read() as session:
            return session.scalars(select(PlanChange.id).order_by(PlanChange.id.desc())).first()

    changed(sam)
    moved = changed(sam, at_time="12:00")
    narrowed = changed(priya, at_time="12:00", hours_tue="10-11", never="2026-12-25\n2027-01-01", step_call="24.5")
    page = sam.get("/people/7F3").text
    assert "Sam Carter: changed (at time: 10:30 → 12:00)" in page, "and nothing that stayed as it was"
    assert "safe hours: Tue 09:00-12:00, 14:00-17:30; Fri 09:00-17:00 → Tue 10:00-11:00; Fri 09:00-17:00" in page and "A colleague calls after 24.5 h" in page
    assert "The change was put back." in sam.post(f"/people/7F3/changes/{moved}/put-back").text
    changed(sam, hours_tue="11-12", never="2027-01-01", step_call="24.5")
    with sqlite_database.read() as session:
        plan = session.scalars(select(Plan).where(Plan.person_id == empty.people["7F3"])).one()
        assert (plan.at_time, plan.never_dates) == ("10:30", ["2027-01-01"])
    sam.post(f"/people/7F3/changes/{narrowed}/put-back")
    with sqlite_database.read() as session:
        plan = session.scalars(select(Plan).where(Plan.person_id == empty.people["7F3"])).one()
        assert (plan.at_time, plan.safe_hours["tue"], plan.never_dates, plan.ladder[2]["after_hours"]) == ("10:30", [["11:00", "12:00"]], ["2027-01-01"], 36)
    changed(sam)
    first = changed(sam, at_time="13:00")
    changed(sam, at_time="14:00")
    assert f"/changes/{first}/put-back" not in sam.get("/people/7F3").text
    answer = sam.post(f"/people/7F3/changes/{first}/put-back")
    assert answer.status_code == 422 and "What it altered was altered again since." in answer.text
    sam.post("/people/7F3/pause", until="2027-07-15")
    assert "paused until: none → Thu 15 Jul 2027 00:00" in sam.get("/people/7F3").text


@pytest.mark.parametrize(("path", "fields", "column"), [
    ("phone-lost", {}, Person.suspended_at), ("stop", {}, Person.stopped_at), ("stop", {"consent_withdrawn": "yes"}, Plan.consent_withdrawn_at)])
def test_what_stopped_messages_is_not_put_back(empty, browser, sqlite_database: Database, path: str, fields: dict[str, str], column) -> None:
    sam = browser()
    sam.post(f"/people/7F3/{path}", **fields)
    page = sam.get("/people/7F3").text
    assert "it begins again only when somebody has asked them" in page and "/put-back" not in page
    answer = sam.post("/people/7F3/changes/1/put-back")
    assert answer.status_code == 422 and "it begins again only when somebody has asked them" in answer.text
    with sqlite_database.read() as session:
        assert session.scalars(select(column).where(Person.id == Plan.person_id, Person.ref == "7F3")).one() is not None
        assert session.scalars(select(Plan.next_at).where(Plan.person_id == empty.people["7F3"])).one() is None


def test_every_look_at_a_record_is_shown_to_managers_only(world, browser) -> None:
    sam, alex = browser("sam"), browser("alex")
    sam.get("/people/K29")
    sam.get("/people/K29/conversation")
    page = alex.get("/people/K29/looks").text
    assert "Looked at record" in page and "Looked at conversation" in page and "Sam Carter" in page
    assert sam.get("/people/K29/looks").status_code == 404


def test_looks_are_read_page_by_page(empty, browser, sqlite_database: Database, clock) -> None:
    with sqlite_database.write() as session:
        session.add_all(Audit(at=clock.now, staff_id=empty.sam, action=f"did thing {n:03}", person_id=empty.people["K29"]) for n in range(310))
    alex = browser("alex")
    page = alex.get("/people/K29/looks").text
    assert "Did thing 309" in page and "Did thing 000" not in page and "the newest 300" in page
    earlier = alex.get("/people/K29/looks" + re.search(r'href="(\?before=\d+)">Earlier', page)[1]).text
    assert {f"{n:03}" for n in range(310)} == set(re.findall(r"Did thing (\d+)", page + earlier)) and ">Earlier<" not in earlier
    assert alex.get("/people/K29/looks?before=x").status_code == 200


def test_people_are_found_by_name_without_the_name_in_an_address(empty, browser) -> None:
    sam = browser()
    page = sam.post("/people/find", follow=False, find="aRTa")
    assert page.status_code == 200 and "7F3" in page.text and "K29" not in page.text
    assert "K29" in sam.post("/people/find", find="k29").text and "Nobody found" in sam.post("/people/find", find="zzz").text
    assert "Nobody found" in browser("priya").post("/people/find", find="", whose="mine").text


INTERVENTION = {"type": "police_report", "consent_basis": "life_at_risk", "facts": "Called 999 at 14:05.", "opinion": "I think he has a key.", "minutes": "20"}


def test_an_intervention_keeps_facts_and_opinion_apart(world, browser, sqlite_database: Database) -> None:
    sam = browser()
    page = sam.post("/people/7F3/interventions", **INTERVENTION, alert=str(world.danger)).text
    assert "The intervention is recorded." in page and "Called 999" in page
    with sqlite_database.read() as session:
        row = session.scalars(select(Intervention).order_by(Intervention.id.desc())).first()
        assert (row.facts, row.opinion, row.alert_id, row.staff_id, row.minutes) == ("Called 999 at 14:05.", "I think he has a key.", world.danger, world.sam, 20)


@pytest.mark.parametrize(("change", "said"), [
    ({"type": ""}, "what kind"), ({"consent_basis": ""}, "basis"), ({"facts": " "}, "what was done"), ({"minutes": "many"}, "whole number"),
    ({"minutes": "-3"}, "between 0"), ({"next_due": "soon"}, "Give a date"), ({"alert": "2"}, "no such alert")])
def test_an_intervention_that_lacks_something_is_not_recorded(world, browser, sqlite_database: Database, change: dict[str, str], said: str) -> None:
    answer = browser().post("/people/7F3/interventions", **{**INTERVENTION, **change})
    assert answer.status_code == 422 and said in answer.text
    with sqlite_database.read() as session:
        assert len(session.scalars(select(Intervention.id)).all()) == 1


spans = st.tuples(st.integers(0, 22), st.integers(1, 6)).map(lambda s: [f"{s[0]:02d}:00", f"{min(s[0] + s[1], 24):02d}:00"])
plans = st.builds(
    Plan, person_id=st.just(1), rule=st.builds(lambda n, days: f"FREQ=WEEKLY{'' if n == 1 else f';INTERVAL={n}'};BYDAY={','.join(days)}", st.integers(1, 4),
                                               st.lists(st.sampled_from("MO TU WE TH FR SA SU".split()), min_size=1, unique=True).map(
                                                   lambda d: sorted(d, key="MO TU WE TH FR SA SU".split().index))),
    starts_on=st.dates(dt.date(2026, 1, 1), dt.date(2027, 1, 1)), at_time=st.times().map(lambda t: t.strftime("%H:%M")), jitter_minutes=st.integers(0, 120),
    safe_hours=st.dictionaries(st.sampled_from(WEEKDAYS), st.lists(spans, min_size=1, max_size=2), min_size=1),
    never_dates=st.lists(st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)).map(str), max_size=3, unique=True).map(sorted), stress_dates=st.just([]),
    channels=st.lists(st.sampled_from([str(c) for c in Channel]), min_size=1, max_size=2, unique=True), cover=st.sampled_from(list(plan_form.COVERS)),
    after_alarm=st.sampled_from(list(plan_form.AFTER_ALARM)), daily_cap=st.integers(1, 20), inbound_only=st.booleans(),
    review_on=st.dates(dt.date(2026, 12, 1), dt.date(2027, 10, 1)), consent=st.just({"taken_by": "Sam"}),
    ladder=st.just([{"do": "ask"}, {"do": "ask_again", "after_hours": 24.0}, {"do": "call", "after_hours": 48.0}]))


@given(plans)
def test_a_plan_comes_out_of_its_form_as_it_went_in(plan: Plan) -> None:
    w = plan_form.wanted_of(plan, cast.NOW.date())
    pairs = [(n, str(w[n])) for n in plan_form.FIELDS] + [("days", d) for d in w["days"]]
    pairs += [(f"hours_{d}", text) for d, text in w["hours"].items()] + [(f"step_{s}", h) for s, h in w["steps"].items()]
    _, values, found = plan_form.read(Form(pairs), cast.NOW.date())
    assert not found
    assert all(getattr(plan, name) == value for name, value in values.items())
    assert not problems(values, cast.NOW.date())


def test_a_person_recorded_as_perhaps_under_18_is_sent_nothing_more(empty, browser, sqlite_database: Database, clock) -> None:
    sam = browser()
    with sqlite_database.write() as session:
        plan = session.scalars(select(Plan)).first()
        ref = session.get_one(Person, plan.person_id).ref
        plan.next_at = clock.now
    sam.post(f"/people/{ref}/edit", **PERSON | shown(sam, f"/people/{ref}/edit", "version") | {"adult": "no"})
    with sqlite_database.read() as session:
        assert session.get_one(Plan, plan.id).next_at is None
    sam.post(f"/people/{ref}/edit", **PERSON | shown(sam, f"/people/{ref}/edit", "version"))
    with sqlite_database.read() as session:
        assert session.get_one(Plan, plan.id).next_at is not None
