"""What is shown beforehand is what is then sent: a simulated year with both clock changes for 200 random plans."""

from __future__ import annotations

import datetime as dt
import random

import pytest
from sqlalchemy import event, select, update

from casefile.models import Address, Checkin, Outbox, Person, Plan
from casefile.vocabulary import Channel, CheckinState, OutboxState, Purpose
from checkins import preview
from checkins.changes import settle
from checkins.run import plan_due, wake_due
from messaging.safe_hours import WEEKDAYS
from tests import cast
from tests.checkins.conftest import DAY, HOUR, NOW

UTC = dt.UTC
ZONES = ["Europe/London"] * 6 + ["Europe/Tirane", "Australia/Lord_Howe"]
RULES = ["FREQ=WEEKLY;BYDAY=TU", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH", "FREQ=WEEKLY;INTERVAL=3;BYDAY=FR", "FREQ=DAILY;INTERVAL=9",
         "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYDAY=-1SU", "FREQ=MONTHLY;BYMONTHDAY=1,15"]


def random_plan(rng: random.Random, start: dt.date) -> dict[str, object]:
    hours = {}
    for day in WEEKDAYS:
        if rng.random() < 0.8:
            begin = rng.choice([0, 9, 12])
            hours[day] = [[f"{begin:02d}:00", f"{rng.randrange(begin + 1, 24):02d}:45"]]
    never = [(start + dt.timedelta(days=rng.randrange(365))).isoformat() for _ in range(rng.randrange(8))]
    return {"rule": rng.choice(RULES), "at_time": rng.choice(["01:30", "12:00", "12:00"]), "hours": hours or cast.OFFICE,
            "never_dates": never, "jitter_minutes": rng.choice([0] * 19 + [90]), "starts_on": start + dt.timedelta(days=rng.randrange(-40, 40)),
            "review_on": start + dt.timedelta(days=400), "daily_cap": 20}


@pytest.mark.parametrize("seed", [7])
def test_the_preview_of_14_days_equals_what_is_then_sent_over_a_year(sqlite_database, catalogue, seed):
    @event.listens_for(sqlite_database.engine, "connect")
    def quick(connection, record):  # no test of the disk: ten thousand small transactions
        connection.execute("PRAGMA synchronous=OFF")

    sqlite_database.engine.dispose()
    rng, start = random.Random(seed), dt.datetime(2026, 1, 15, 0, 0, 30, tzinfo=UTC)
    with sqlite_database.write() as session:
        for n in range(200):
            channels = rng.choice([(Channel.SMS,), (Channel.WHATSAPP, Channel.SMS), (Channel.VOICE,)])
            made = cast.person(session, f"P{n}", "sq", f"+4477009{n:05d}", channels=channels, now=start, **random_plan(rng, start.date()))
            made.time_zone = rng.choice(ZONES)
            for address in session.scalars(select(Address).where(Address.person_id == made.id)):
                address.review_by = start.date() + dt.timedelta(days=400)
            settle(session, made, session.scalars(select(Plan).where(Plan.person_id == made.id)).one(), start)
    promised: set[tuple[int, dt.datetime, str, str]] = set()
    now, end, shown = start, start + dt.timedelta(days=365), start
    while now < end:
        if now >= shown:
            with sqlite_database.read() as session:
                promised |= {(c.person_id, c.at, str(c.channel), c.text_key) for c in preview.team(session, shown)}
            shown += dt.timedelta(days=14)
        with sqlite_database.read() as session:
            due = session.scalar(select(Plan.next_at).where(Plan.next_at.is_not(None)).order_by(Plan.next_at).limit(1))
        now = min(due or end, shown, end)
        if due == now:
            plan_due(sqlite_database, now)
            wake_due(sqlite_database, catalogue, "test", now)
            with sqlite_database.write() as session:
                # All answer at once, so that what is sent are the questions alone.
                session.execute(update(Checkin).where(Checkin.state == CheckinState.ASKED).values(state=CheckinState.ANSWERED, run_at=None))
    with sqlite_database.read() as session:
        sent = {(r.person_id, r.created_at, str(r.channel), r.text_key) for r in session.execute(
            select(Outbox.person_id, Outbox.created_at, Outbox.channel, Outbox.text_key).where(Outbox.purpose == Purpose.CHECKIN))}
        count = session.scalars(select(Outbox.id).where(Outbox.purpose == Purpose.CHECKIN)).all()
        others = session.scalars(select(Checkin.id).where(Checkin.asked_at.is_(None))).all()
    assert len(sent) == len(count) > 3000
    assert others == []
    assert {p for p in promised if p[1] < end} == sent
    assert {at.astimezone(UTC).month for _, at, _, _ in sent}
    introductions = [key for _, _, _, key in sent if key == "checkin.intro"]
    assert 100 <= len(introductions) < len(sent) / 5, "everybody is told once, and again only after a long gap" == set(range(1, 13))


def test_the_preview_says_channel_words_and_why_it_is_not_the_usual_hour(house):
    person_id = house.add(hours=cast.OFFICE, at_time="20:00", next_at=NOW + HOUR * 21, cover="class", channels=(Channel.WHATSAPP, Channel.SMS))
    with house.database.read() as session:
        [first, second] = preview.person(session, person_id, NOW)
    assert (first.ref, first.channel, first.text_key, first.language, first.why) == ("ARTA", Channel.WHATSAPP, "checkin.intro", "sq",
                                                                                  "outside the safe hours")
    assert second.at - first.at == 7 * DAY and second.text_key == "checkin.ask.class"


def test_where_no_way_is_agreed_the_preview_says_that_a_colleague_is_asked(house):
    person_id = house.add()
    house.address(person_id, review_by=(NOW + 3 * DAY).date())
    with house.database.read() as session:
        coming = preview.team(session, NOW)
    assert [c.channel for c in coming] == [Channel.SMS, None]


def test_the_team_s_preview_can_be_one_colleague_s(house):
    person_id = house.add()
    house.add("LINH", number="+447700900299")
    house.set(Person, Person.id == person_id, caseworker_id=house.staff_id())
    with house.database.read() as session:
        assert {c.ref for c in preview.team(session, NOW)} == {"ARTA", "LINH"}
        assert {c.ref for c in preview.team(session, NOW, caseworker_id=house.staff_id())} == {"ARTA"}


def test_stopped_and_paused_people_are_not_in_it(house):
    person_id = house.add()
    house.set(Plan, Plan.person_id == person_id, paused=True)
    with house.database.read() as session:
        assert preview.team(session, NOW) == []
    assert OutboxState.READY not in [row.state for row in house.sent()]
