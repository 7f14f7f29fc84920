"""Everybody is due in the same minute: how long queueing takes, how fast it goes out, whether anybody is asked twice, and whether danger overtakes."""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx
from sqlalchemy import func, select, update

from bench.alerting import open_dashboard, timed
from bench.people import add_caseworker, add_people, number
from bench.place import SENDER, Place, place
from casefile.database import utc_now
from casefile.models import Outbox
from casefile.vocabulary import OutboxState, Purpose
from checkins.run import plan_due, wake_due

PATIENCE = 3600.0


def measure(server: str | None, people: int, workers: Sequence[int]) -> dict[str, Any]:
    """`people` check-ins due at once; each number of workers sends its share of them, with a danger text in the middle of each."""
    with place(server, statuses=False) as made:
        now = utc_now()
        add_people(made.house, 1, people, due=now)
        add_people(made.house, people + 1, 2 * len(workers))
        add_caseworker(made.house)
        made.start(bot=True)
        watcher = open_dashboard(made)
        found: dict[str, Any] = {"people": people, "queue": _queue(made, people)}
        for level, count in enumerate(workers):
            _wait_until(made, utc_now() + dt.timedelta(days=1))
            made.start_workers(count)
            began, before = time.monotonic(), sent(made)
            _wait_until(made, utc_now())
            share = (people - before) // (len(workers) - level)
            _until_sent(made, before + share // 2)
            first = people + 1 + 2 * level
            danger = timed(made, watcher, (first, first + 1))
            _until_sent(made, before + share)
            rate = (sent(made) - before) / (time.monotonic() - began)
            found[f"{count} worker{'s' * (count > 1)}"] = {"sent": share, "sent_per_second": round(rate, 1), "danger_s": round(max(danger), 3),
                                                          "memory_mb": made.memory()}
        watcher.close()
        found["asked"] = _asked(made, people)
        return found


def _wait_until(made: Place, moment: dt.datetime) -> None:
    """Nothing that is queued goes out before this moment: sending pauses while more workers start."""
    with made.house.database.write() as session:
        session.execute(update(Outbox).where(Outbox.state == OutboxState.READY, Outbox.purpose == Purpose.CHECKIN).values(run_at=moment))


def _queue(made: Place, people: int) -> dict[str, float]:
    """Seconds for making the check-ins and for queueing their messages, one worker's keeper doing nothing else."""
    house, now = made.house, utc_now()
    began = time.monotonic()
    while plan_due(house.database, now):
        pass
    planned = time.monotonic()
    while wake_due(house.database, house.catalogue, "bench", now):
        pass
    ended = time.monotonic()
    with house.database.read() as session:
        queued = session.scalar(select(func.count()).select_from(Outbox).where(Outbox.purpose == Purpose.CHECKIN))
    if queued != people:
        raise RuntimeError(f"{queued} of {people} check-ins were queued")
    return {"plan_s": round(planned - began, 2), "wake_s": round(ended - planned, 2), "per_second": round(people / (ended - began))}


def sent(made: Place) -> int:
    """How many check-ins went out."""
    with made.house.database.read() as session:
        return session.scalar(select(func.count()).select_from(Outbox).where(Outbox.state == OutboxState.SENT, Outbox.purpose == Purpose.CHECKIN)) or 0


def _until_sent(made: Place, wanted: int) -> None:
    end = time.monotonic() + PATIENCE
    while sent(made) < wanted:
        if time.monotonic() > end:
            raise RuntimeError("sending does not come to an end")
        time.sleep(0.25)


def _asked(made: Place, people: int) -> dict[str, int]:
    """What really reached the phones, as the provider lists it. Raises RuntimeError when anybody was asked twice or not at all."""
    settings, asked = made.settings, Counter[str]()
    page: str | None = f"/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages.json?From=%2B{SENDER[1:]}&PageSize=1000"
    with httpx.Client(base_url=made.simulator_url, auth=(settings.twilio_account_sid, settings.twilio_auth_tokens[0]), timeout=60) as http:
        while page:
            answer = http.get(page).raise_for_status().json()
            asked.update(m["to"] for m in answer["messages"])
            page = answer["next_page_uri"]
    times = [asked[number(n)] for n in range(1, people + 1)]
    if set(times) != {1}:
        raise RuntimeError(f"asked twice or not at all: {Counter(times)}")
    return {"once": people, "twice": 0, "not at all": 0}
