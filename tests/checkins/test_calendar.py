"""The calendar feed: by a secret token, times and references only."""

from __future__ import annotations

from icalendar import Calendar

from casefile.models import Person, Staff
from checkins import calendar
from checkins.calls import request_call
from tests.checkins.conftest import DAY, NOW


def feed(house, token, now=NOW):
    with house.database.read() as session:
        return calendar.feed(session, token, now)


def made(house):
    person_id = house.add(next_at=NOW + DAY)
    house.set(Person, Person.id == person_id, caseworker_id=house.staff_id())
    house.add("LINH", number="+447700900299", next_at=NOW + DAY)
    with house.database.write() as session:
        request_call(session, person_id, "asked", NOW, asked_for="my secret words")
        return calendar.new_token(session, house.staff_id(), NOW)


def test_a_feed_shows_her_people_s_times_by_reference_only(house):
    data = feed(house, made(house))
    events = {str(e["summary"]): e for e in Calendar.from_ical(data).walk("VEVENT")}
    assert set(events) == {"Check-in ARTA", "Call ARTA", "Review ARTA"}
    assert events["Check-in ARTA"]["dtstart"].dt > NOW
    assert events["Review ARTA"]["dtstart"].dt == (NOW + 60 * DAY).date()
    for hidden in (b"Arta\r", b"+44770", b"secret words", b"LINH", b"Albanian"):
        assert hidden not in data


def test_only_the_newest_token_of_an_active_colleague_opens_it(house):
    old = made(house)
    with house.database.write() as session:
        new = calendar.new_token(session, house.staff_id(), NOW)
    assert feed(house, old) is None and feed(house, "nonsense") is None
    assert feed(house, new) is not None
    assert new not in str(house.all(Staff)[0].calendar_token_hash)
    house.set(Staff, Staff.id == house.staff_id(), active=False)
    assert feed(house, new) is None


def test_a_feed_can_be_ended(house):
    token = made(house)
    with house.database.write() as session:
        calendar.end_token(session, house.staff_id(), NOW)
    assert feed(house, token) is None


def test_events_keep_their_name_so_that_calendars_change_rather_than_double_them(house):
    token = made(house)
    first, second = (Calendar.from_ical(feed(house, token, NOW + n * DAY / 10)).walk("VEVENT") for n in (0, 1))
    assert {str(e["uid"]) for e in first} <= {str(e["uid"]) for e in second}
