"""Rows that are work: claimed in order, under a lease, fenced; never by two at once."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, load_only

from casefile.claims import Fenced, any_due, claim, claim_ids, free_orphans, hold, release
from casefile.database import Database
from casefile.encryption import Unreadable
from casefile.models import Inbound
from casefile.vocabulary import Channel, InboundState, Lane
from tests.cast import NOW
from tests.conftest import drop_postgresql_database, new_postgresql_database

LEASE = dt.timedelta(seconds=15)
SECOND = dt.timedelta(seconds=1)
READY = Inbound.state.in_([InboundState.READY, InboundState.WORKING])


def message(session: Session, name: str, lane: Lane = Lane.INBOUND, run_at: dt.datetime | None = NOW, **more: Any) -> Inbound:
    row = Inbound(**{"provider_sid": name, "channel": Channel.SMS, "from_address": "+447700900201", "to_address": "+447700900100", "from_hash": "h",
                     "body": name, "received_at": NOW, "state": InboundState.READY, "lane": lane, "run_at": run_at, "attempt": 0, "concerns": [],
                     "duress": False, **more})
    session.add(row)
    return row


def take(session: Session, owner: str = "w1", now: dt.datetime = NOW, **more: Any) -> list[Inbound]:
    return claim(session, Inbound, READY, **{"owner": owner, "now": now, "lease": LEASE, "limit": 10, **more})


def names(rows: list[Inbound]) -> list[str]:
    return [row.provider_sid for row in rows]


@pytest.fixture
def postgresql_database(postgresql: str) -> Iterator[Database]:
    made = new_postgresql_database(postgresql)
    yield made
    drop_postgresql_database(postgresql, made)


def test_danger_is_claimed_first_then_the_oldest_and_only_what_is_due(database: Database) -> None:
    with database.write() as session:
        message(session, "bulk, old", Lane.BULK, NOW - 99 * SECOND)
        message(session, "late", run_at=NOW - SECOND)
        message(session, "early", run_at=NOW - 9 * SECOND)
        message(session, "danger", Lane.DANGER, NOW)
        message(session, "not yet", Lane.DANGER, NOW + SECOND)
        message(session, "never", Lane.DANGER, None)
        message(session, "done", Lane.DANGER, state=InboundState.DONE)
        message(session, "aside", Lane.DANGER, state=InboundState.ASIDE)
    with database.write() as session:
        assert names(take(session, limit=1)) == ["danger"]
    with database.write() as session:
        assert names(take(session, lanes=[Lane.DANGER])) == []
        assert names(take(session, limit=2)) == ["early", "late"]
    with database.write() as session:
        assert names(take(session)) == ["bulk, old"]
        assert names(take(session)) == []


def test_a_claim_sets_owner_attempt_lease_and_what_else_is_asked(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        message(session, "one", attempt=2)
    with sqlite_database.write() as session:
        (row,) = take(session, working={"state": InboundState.WORKING})
        assert (row.owner, row.attempt, row.lease_until, row.state) == ("w1", 3, NOW + LEASE, InboundState.WORKING)


def test_a_leased_row_is_passed_over_until_its_lease_ends(database: Database) -> None:
    with database.write() as session:
        message(session, "one")
    with database.write() as session:
        take(session)
    for later, found in ((0 * SECOND, []), (LEASE - SECOND, []), (LEASE, ["one"])):
        with database.write() as session:
            assert any_due(session, Inbound, READY, NOW + later) is bool(found)
            assert names(take(session, "w2", NOW + later)) == found
    with database.read() as session:
        row = session.scalars(select(Inbound)).one()
    assert (row.owner, row.attempt) == ("w2", 2)


def test_whoever_lost_a_claim_is_fenced_and_changes_nothing(database: Database) -> None:
    with database.write() as session:
        message(session, "one")
    with database.write() as session:
        take(session, "w1")
    with database.write() as session:
        (row,) = take(session, "w2", NOW + LEASE)
    for owner, attempt in (("w1", 1), ("w2", 1), ("w1", 2)):
        with pytest.raises(Fenced) as fenced, database.write() as session:
            session.scalars(select(Inbound)).one().fault = "half done"
            hold(session, Inbound, row.id, owner, attempt)
        assert "one" not in str(fenced.value)
    with database.write() as session:
        held = hold(session, Inbound, row.id, "w2", 2)
        assert held.fault is None
        held.state = InboundState.DONE
        release(held)
    with database.read() as session:
        done = session.scalars(select(Inbound)).one()
    assert (done.state, done.owner, done.lease_until, done.attempt) == (InboundState.DONE, None, None, 2)


def test_orphans_are_freed_past_their_lease_or_all_at_once_when_alone(database: Database) -> None:
    def free(session: Session, now: dt.datetime, alone: bool) -> int:
        return free_orphans(session, Inbound, now, all_of_them=alone, orphan=Inbound.state == InboundState.WORKING, back={"state": InboundState.READY})

    with database.write() as session:
        for number in range(3):
            message(session, f"working {number}", state=InboundState.WORKING, owner="dead", attempt=1, lease_until=NOW + number * LEASE)
        message(session, "waiting")
        message(session, "done", state=InboundState.DONE, owner="dead", lease_until=NOW - LEASE)
    with database.write() as session:
        assert free(session, NOW + LEASE, alone=False) == 2
        assert free(session, NOW, alone=True) == 1
        assert free(session, NOW + 99 * LEASE, alone=True) == 0
    with database.read() as session:
        rows = {row.provider_sid: (row.state, row.owner, row.lease_until) for row in session.scalars(select(Inbound))}
    assert rows.pop("done")[1] == "dead"
    assert set(rows.values()) == {(InboundState.READY, None, None)}
    with database.write() as session:
        assert len(take(session)) == 4


def test_many_claimers_at_once_share_no_row_and_leave_none(database: Database) -> None:
    with database.write() as session:
        for number in range(120):
            message(session, f"m{number:03}", Lane.DANGER if number % 10 == 0 else Lane.INBOUND)
    claimed: list[tuple[str, str]] = []

    def work(owner: str) -> None:
        while True:
            with database.write() as session:
                mine = names(take(session, owner, limit=7))
            if not mine:
                return
            claimed.extend((name, owner) for name in mine)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    # A claimer that found every due row locked by others may rest; what is left is claimed at its next look.
    work("last")
    assert sorted(name for name, _ in claimed) == [f"m{n:03}" for n in range(120)]
    with database.read() as session:
        assert session.scalar(select(func.max(Inbound.attempt))) == 1
        assert dict(claimed) == dict(session.execute(select(Inbound.provider_sid, Inbound.owner)).all())


def test_on_postgresql_a_claimer_steps_over_what_another_is_just_claiming(postgresql_database: Database) -> None:
    with postgresql_database.write() as session:
        for name in ("a", "b", "c"):
            message(session, name)
    with postgresql_database.write() as one:
        assert names(take(one, "w1", limit=2)) == ["a", "b"]
        began = time.monotonic()
        with postgresql_database.write() as two:
            assert names(take(two, "w2", limit=2)) == ["c"]
        assert time.monotonic() - began < 2, "the second claimer waited for the first one's locks"


def test_on_postgresql_a_worker_frozen_past_its_lease_is_fenced_while_the_next_one_finishes(postgresql_database: Database) -> None:
    with postgresql_database.write() as session:
        row_id = message(session, "one")
        session.flush()
        row_id = row_id.id
    with postgresql_database.write() as session:
        take(session, "frozen")
    with postgresql_database.write() as session:
        take(session, "next", NOW + LEASE)
    told: list[str] = []

    def thaw() -> None:
        try:
            with postgresql_database.write() as session:
                hold(session, Inbound, row_id, "frozen", 1)
        except Fenced:
            told.append("fenced")

    with postgresql_database.write() as session:
        hold(session, Inbound, row_id, "next", 2).state = InboundState.DONE
        thread = threading.Thread(target=thaw)
        thread.start()
        thread.join(10)
    assert told == ["fenced"]


@pytest.mark.parametrize("lanes", [None, [Lane.DANGER], [Lane.INBOUND, Lane.REPLY], []])
@pytest.mark.parametrize("row", [{}, {"lane": Lane.DANGER}, {"run_at": None}, {"run_at": NOW + SECOND}, {"state": InboundState.DONE},
                                 {"lease_until": NOW, "owner": "w"}, {"lease_until": NOW + SECOND, "owner": "w"}])
def test_the_cheap_look_finds_work_exactly_when_a_claim_does(sqlite_database: Database, row: dict[str, Any], lanes: list[Lane] | None) -> None:
    with sqlite_database.write() as session:
        message(session, "one", **row)
    with sqlite_database.write() as session:
        looked = any_due(session, Inbound, READY, NOW, lanes)
        assert looked is bool(take(session, lanes=lanes))


def test_a_row_that_cannot_be_read_is_claimed_like_any_other(sqlite_database: Database) -> None:
    with sqlite_database.write() as session:
        message(session, "broken", run_at=NOW - SECOND)
        message(session, "whole")
        session.flush()
        session.execute(text("UPDATE inbound SET body = 'not encrypted' WHERE provider_sid = 'broken'"))
    with sqlite_database.write() as session:
        assert claim_ids(session, Inbound, READY, owner="w1", now=NOW, lease=LEASE, limit=2) == [(1, 1), (2, 1)]
    with pytest.raises(Unreadable), sqlite_database.write() as session:
        hold(session, Inbound, 1, "w1", 1)
    with sqlite_database.write() as session:
        held = hold(session, Inbound, 1, "w1", 1, load_only(Inbound.id, Inbound.state, Inbound.owner))
        held.state = InboundState.ASIDE
        release(held)
    with sqlite_database.read() as session:
        assert session.execute(select(Inbound.state, Inbound.owner).where(Inbound.id == 1)).one() == (InboundState.ASIDE, None)
