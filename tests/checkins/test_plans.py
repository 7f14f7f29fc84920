"""Plans and people: everything off until confirmed; every act written down and kept to."""

from __future__ import annotations

import datetime as dt

import pytest

from casefile import encryption
from casefile.models import Address, Audit, Checkin, Outbox, Person, Plan, PlanChange, WelfareCall
from casefile.numbers import address_hash
from casefile.vocabulary import AlertKind, Channel, CheckinState, OutboxState, Urgency
from checkins import changes, people, plan_check, plans
from checkins.calls import request_call
from checkins.changes import ChangeGone
from checkins.people import PersonWrong, Way
from checkins.plans import PlanWrong
from tests import cast
from tests.cast import OFFICE
from tests.checkins.conftest import DAY, HOUR, NOW
from tests.conftest import TEST_KEY

CONSENT = {"taken_by": "Sam", "on": "2026-11-20", "language": "sq", "scope": "check-ins by text"}
FIELDS = {"rule": "FREQ=WEEKLY;BYDAY=TH", "at_time": "10:00", "safe_hours": OFFICE, "channels": ["sms"], "starts_on": NOW.date()}
REVIEW = (NOW + 60 * DAY).date()


@pytest.fixture
def enrolled(house):
    """A person with a number she did not agree to yet, and a colleague."""
    with house.database.write() as session:
        staff = cast.staff(session)
        person = people.add_person(session, name="Arta", language="sq", staff_id=staff.id, now=NOW, caseworker_id=staff.id,
                                   ways=[Way(Channel.SMS, "07700 900201")])
        return person.id, staff.id


def do(house, act, *args, **kwargs):
    with house.database.write() as session:
        return act(session, *args, **kwargs)


def agreed(house, person_id, staff_id):
    for address in house.all(Address):
        do(house, people.confirm_address, address.id, staff_id, NOW, consent=True, safe=True, review_by=REVIEW)
    do(house, plans.draft, person_id, FIELDS, staff_id, NOW)
    do(house, plans.confirm, person_id, staff_id, NOW, review_on=REVIEW, consent=CONSENT)


def test_putting_back_confirms_nothing_and_leaves_a_confirmed_plan_whole(house, enrolled):
    person_id, staff_id = enrolled
    agreed(house, person_id, staff_id)
    drafted, confirmed = (c.id for c in house.all(PlanChange))
    with pytest.raises(PlanWrong) as wrong:
        do(house, plans.put_back, drafted, staff_id, NOW)
    assert "safe_hours" in wrong.value.problems and house.plan(person_id).safe_hours == OFFICE
    do(house, plans.put_back, confirmed, staff_id, NOW)
    assert house.plan(person_id).confirmed_at is None and house.plan(person_id).confirmed_by is None
    with pytest.raises(ChangeGone):
        do(house, plans.put_back, house.all(PlanChange)[-1].id, staff_id, NOW)
    assert house.plan(person_id).confirmed_at is None


def test_a_new_person_has_a_short_reference_one_written_number_and_everything_off(house, enrolled):
    [person], [address] = house.all(Person), house.all(Address)
    assert 3 <= len(person.ref) <= 6 and person.ref.isupper() or person.ref.isdigit() or person.ref.isalnum()
    assert (address.address, address.consent, address.safe_to_contact, address.confirmed_at) == ("+447700900201", False, False, None)


def test_a_number_keeps_one_hash_on_every_channel_when_keys_change(house, enrolled, monkeypatch):
    monkeypatch.setattr(encryption, "_ring", encryption.KeyRing(("a-newer-key " * 4, TEST_KEY)))
    do(house, people.add_address, enrolled[0], Way(Channel.WHATSAPP, "07700 900201"), enrolled[1], NOW)
    do(house, people.add_address, enrolled[0], Way(Channel.SMS, "07700 900202"), enrolled[1], NOW)
    first, second, other = (a.address_hash for a in house.all(Address))
    assert first == second and other == address_hash("+447700900202")


@pytest.mark.parametrize(("more", "field"), [
    ({"name": " "}, "name"), ({"language": "xx"}, "language"), ({"time_zone": "Moon"}, "time_zone"), ({"caseworker_id": 99}, "caseworker"),
    ({"ways": [Way(Channel.SMS, "nonsense")]}, "number"), ({"ways": [Way(Channel.SMS, "07700900201")]}, "number"),
    ({"ways": [Way(Channel.SMS, "07700900203", shared="perhaps")]}, "shared"),
])
def test_a_record_that_cannot_be_made_names_the_field_and_makes_nothing(house, enrolled, more, field):
    with pytest.raises(PersonWrong) as wrong:
        do(house, people.add_person, **{"name": "Linh", "language": "vi", "staff_id": enrolled[1], "now": NOW, **more})
    assert list(wrong.value.problems) == [field]
    assert "0770" not in str(wrong.value)
    assert len(house.all(Person)) == 1


def test_an_address_is_only_confirmed_with_a_day_to_ask_again(house, enrolled):
    address = house.all(Address)[0]
    for day in (None, NOW.date(), (NOW + 400 * DAY).date()):
        with pytest.raises(PersonWrong):
            do(house, people.confirm_address, address.id, enrolled[1], NOW, consent=True, safe=True, review_by=day)
    do(house, people.confirm_address, address.id, enrolled[1], NOW, consent=True, safe=False, review_by=None)
    assert house.all(Address)[0].confirmed_at is None


def test_agreed_words_are_stored_as_given_hashes_only(house, enrolled):
    do(house, people.set_agreed_words, enrolled[0], enrolled[1], NOW, safe_hash="s" * 64, duress_hashes=["d" * 64])
    person = house.get(Person, enrolled[0])
    assert (person.safe_word_hash, person.duress_hashes) == ("s" * 64, ["d" * 64])


def test_a_draft_sends_nothing(house, enrolled):
    do(house, plans.draft, enrolled[0], FIELDS, enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at is None
    house.until(NOW + 15 * DAY, DAY)
    assert house.sent() == []


def test_confirming_names_everything_that_is_missing(house, enrolled):
    do(house, plans.draft, enrolled[0], {}, enrolled[1], NOW)
    with pytest.raises(PlanWrong) as wrong:
        do(house, plans.confirm, enrolled[0], enrolled[1], NOW)
    assert set(wrong.value.problems) == {"review_on", "consent", "channels", "safe_hours"}


def test_i_will_contact_you_needs_no_number_and_never_asks(house, enrolled):
    do(house, plans.draft, enrolled[0], {"inbound_only": True}, enrolled[1], NOW)
    do(house, plans.confirm, enrolled[0], enrolled[1], NOW, review_on=REVIEW, consent=CONSENT)
    assert house.plan(enrolled[0]).next_at is None


def test_nobody_under_18_is_enrolled(house, enrolled):
    house.set(Person, Person.id == enrolled[0], adult=False)
    do(house, plans.draft, enrolled[0], FIELDS, enrolled[1], NOW)
    with pytest.raises(PlanWrong, match="under 18"):
        do(house, plans.confirm, enrolled[0], enrolled[1], NOW, review_on=REVIEW, consent=CONSENT)


def test_a_confirmed_plan_asks_at_the_next_time_of_its_rule(house, enrolled):
    agreed(house, *enrolled)
    assert house.plan(enrolled[0]).next_at == NOW + 2 * DAY - 2 * HOUR
    house.until(NOW + 2 * DAY)
    assert len(house.sent()) == 1
    assert [c.what for c in house.all(PlanChange)] == ["drafted", "confirmed"]
    assert {"plan: drafted", "plan: confirmed", "made a record", "confirmed an address"} <= {a.action for a in house.all(Audit)}


def test_nothing_is_asked_after_the_review_day(house, enrolled):
    agreed(house, *enrolled)
    house.until(NOW + 75 * DAY, DAY)
    assert max(c.planned_at for c in house.checkins()).date() <= REVIEW
    assert house.plan(enrolled[0]).next_at is None
    assert any("contact plan is to be reviewed" in why for a in daily(house) for why in a.why)


def daily(house):
    from checkins.run import daily as run_daily
    run_daily(house.database, house.now)
    return house.alerts()


def test_a_confirmed_plan_cannot_be_drafted_over_but_changed(house, enrolled):
    agreed(house, *enrolled)
    with pytest.raises(PlanWrong, match="confirmed"):
        do(house, plans.draft, enrolled[0], FIELDS, enrolled[1], NOW)
    do(house, plans.change, enrolled[0], {"at_time": "11:30"}, enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at == NOW + 2 * DAY - HOUR / 2


@pytest.mark.parametrize(("fields", "names"), [({"safe_hours": {}}, ["safe_hours"]), ({"channels": ["voice"]}, ["channels"]),
                                               ({"review_on": NOW.date()}, ["review_on"]), ({"paused": True}, ["paused"])])
def test_a_change_may_not_break_a_confirmed_plan(house, enrolled, fields, names):
    agreed(house, *enrolled)
    with pytest.raises(PlanWrong) as wrong:
        do(house, plans.change, enrolled[0], fields, enrolled[1], NOW)
    assert list(wrong.value.problems) == names


def test_a_move_to_another_time_zone_moves_the_next_check_in(house, enrolled):
    agreed(house, *enrolled)
    do(house, plans.change, enrolled[0], {"time_zone": "Europe/Tirane"}, enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at == NOW + 2 * DAY - 3 * HOUR


def test_pause_and_resume(house, enrolled):
    agreed(house, *enrolled)
    do(house, plans.pause, enrolled[0], NOW + 7 * DAY, enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at == NOW + 9 * DAY - 2 * HOUR
    do(house, plans.resume, enrolled[0], enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at == NOW + 2 * DAY - 2 * HOUR
    do(house, plans.pause, enrolled[0], None, enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at is None
    with pytest.raises(PlanWrong):
        do(house, plans.pause, enrolled[0], NOW, enrolled[1], NOW)


def test_a_pause_takes_back_what_waits_but_not_a_silence_people_are_at(house):
    person_id = house.add()
    house.until(NOW + 49 * HOUR)
    do(house, plans.pause, person_id, None, house.staff_id(), house.now)
    assert house.checkins()[0].state is CheckinState.CALL_DUE
    other = house.add("LINH", number="+447700900299", next_at=house.now)
    house.tick()
    do(house, plans.pause, other, None, house.staff_id(), house.now)
    assert house.checkins()[1].state is CheckinState.CANCELLED
    assert house.sent()[-1].state is OutboxState.CANCELLED


def test_stop_and_start_by_a_colleague(house, enrolled):
    agreed(house, *enrolled)
    do(house, plans.stop, enrolled[0], enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at is None
    do(house, plans.start, enrolled[0], enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at is not None


def test_a_lost_phone_stops_everything_at_once_and_asks_for_another_route(house):
    person_id = house.add()
    house.tick()
    with house.database.write() as session:
        request_call(session, person_id, "asked", NOW)
        session.add(Outbox(dedupe="h", token="h", purpose="human", channel=Channel.SMS, body="-", person_id=person_id, state=OutboxState.READY,
                           created_at=NOW, run_at=NOW))
    do(house, plans.phone_lost, person_id, house.staff_id(), NOW)
    assert {row.state for row in house.sent()} == {OutboxState.CANCELLED}
    assert house.all(WelfareCall)[0].outcome == "phone_lost"
    assert (house.checkins()[0].state, house.checkins()[0].outcome) == (CheckinState.CANCELLED, "paused")
    assert house.plan(person_id).next_at is None
    [alert] = house.alerts()
    assert (alert.kind, alert.urgency) == (AlertKind.DELIVERY, Urgency.ROUTINE)
    assert "another agreed route" in alert.why[0]
    with pytest.raises(PlanWrong, match="lost"):
        do(house, plans.start, person_id, house.staff_id(), NOW)
    do(house, plans.phone_back, person_id, house.staff_id(), NOW + HOUR)
    assert house.plan(person_id).next_at == NOW + 7 * DAY


def test_withdrawn_consent_ends_it_until_a_new_confirmation(house, enrolled):
    agreed(house, *enrolled)
    do(house, plans.withdraw_consent, enrolled[0], enrolled[1], NOW)
    assert house.plan(enrolled[0]).next_at is None
    with pytest.raises(PlanWrong, match="withdrawn"):
        do(house, plans.start, enrolled[0], enrolled[1], NOW)
    do(house, plans.confirm, enrolled[0], enrolled[1], NOW, review_on=REVIEW, consent=CONSENT)
    assert house.plan(enrolled[0]).next_at is not None


def test_without_a_plan_its_acts_say_so(house, enrolled):
    for act in (plans.resume, plans.withdraw_consent):
        with pytest.raises(plans.NoPlan):
            do(house, act, enrolled[0], enrolled[1], NOW)


@pytest.mark.parametrize(("field", "value"), [
    ("rule", "FREQ=HOURLY"), ("at_time", "25:00"), ("at_time", "9:30"), ("jitter_minutes", 999), ("jitter_minutes", "x"),
    ("safe_hours", {"mon": [["17:00", "09:00"]]}), ("safe_hours", {"day": []}), ("safe_hours", ["mon"]), ("never_dates", ["soon"]),
    ("stress_dates", [{"why": "court"}]), ("stress_dates", [{"on": "soon"}]), ("channels", []), ("channels", ["sms", "sms"]), ("channels", ["pigeon"]),
    ("cover", "bank"), ("after_alarm", "loud"), ("daily_cap", 0), ("time_zone", "Moon"), ("review_on", dt.date(2030, 1, 1)),
    ("ladder", [{"do": "call"}]), ("ladder", [{"do": "ask"}]), ("ladder", [{"do": "ask"}, {"do": "manager", "after_hours": 5}]),
    ("ladder", [{"do": "ask"}, {"do": "call", "after_hours": 5}, {"do": "ask_again", "after_hours": 9}]),
    ("ladder", [{"do": "ask"}, {"do": "call", "after_hours": 5}, {"do": "manager", "after_hours": 5}]),
    ("ladder", [{"do": "ask"}, {"do": "call", "after_hours": 9999}]), ("ladder", [{"do": "sing"}]), ("ladder", [7]),
    ("ladder", [{"do": "ask"}, {"do": "remind", "after_hours": 3}, {"do": "call", "after_hours": 5}]),
    ("ladder", [{"do": "ask"}, *({"do": "ask_again", "after_hours": n} for n in (1, 2, 3)), {"do": "call", "after_hours": 5}]),
])
def test_every_wrong_field_is_named(field, value):
    assert list(plan_check.problems({field: value}, NOW.date())) == [field]


def test_a_right_plan_has_no_problems():
    right = {**FIELDS, "jitter_minutes": 30, "never_dates": ["2026-12-25"], "stress_dates": [{"on": "2026-12-01", "why": "court"}], "cover": "class",
             "after_alarm": "nothing", "daily_cap": 3, "review_on": REVIEW,
             "ladder": [{"do": "ask"}, {"do": "ask_again", "after_hours": 3.5}, {"do": "call", "after_hours": 8}, {"do": "manager", "after_hours": 24}]}
    assert plan_check.problems(right, NOW.date()) == {}


def test_an_edited_ladder_is_kept_to(house):
    house.add(ladder=[{"do": "ask"}, {"do": "call", "after_hours": 6}])
    house.until(NOW + 6 * HOUR)
    assert len(house.sent()) == 1
    assert house.alerts()[0].why[0].startswith("No answer for 6 hours")


def test_safe_hours_changed_while_waiting_move_the_repeat(house):
    person_id = house.add()
    house.tick()
    do(house, plans.change, person_id, {"safe_hours": {"wed": [["18:00", "20:00"]]}, "review_on": (NOW + 30 * DAY).date(), "consent": CONSENT},
       house.staff_id(), NOW)
    house.tick()
    assert house.all(Checkin)[0].run_at == NOW + 30 * HOUR
    assert isinstance(house.all(Plan)[0], Plan)


@pytest.mark.parametrize("change", [
    {"language": "ar", "caseworker_id": 1}, {"time_zone": "Europe/Paris"}, {"cover": "class"}, {"daily_cap": 5}, {"stress_dates": [{"on": "2026-12-24"}]},
    {"review_on": NOW.date()}, {"rule": "FREQ=WEEKLY;BYDAY=FR"}, {"safe_hours": OFFICE}, {"at_time": "11:30", "starts_on": NOW.date()},
])
def test_no_change_loses_a_check_in_that_is_due_and_not_made_yet(house, change):
    person_id = house.add(next_at=NOW - HOUR)
    with house.database.write() as session:
        changes.make(session, person_id, "changed the record", change, NOW, house.staff_id())
    assert house.plan(person_id).next_at == NOW - HOUR
    house.tick()
    assert len(house.sent()) == 1 and house.plan(person_id).next_at != NOW - HOUR


@pytest.mark.parametrize(("change", "next_at"), [
    ({"moved_to": NOW + DAY}, NOW + DAY), ({"paused_until": NOW + DAY}, NOW + 7 * DAY), ({"paused": True}, None), ({"inbound_only": True}, None),
    ({"starts_on": (NOW + DAY).date()}, NOW + 7 * DAY), ({"at_time": "15:00"}, NOW + 3 * HOUR),
])
def test_a_due_check_in_gives_way_to_a_pause_a_wish_a_later_start_or_another_hour_of_its_day(house, change, next_at):
    person_id = house.add(next_at=NOW - HOUR)
    with house.database.write() as session:
        changes.make(session, person_id, "changed", change, NOW, house.staff_id())
    assert house.plan(person_id).next_at == next_at
