"""The worker: one on an SQLite file, nothing of a dead one is lost, and its log holds nothing of what people wrote."""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import select

import triage.run
from alongside import settings as configuration
from alongside.logging import set_up
from alongside.wiring import House
from alongside.worker import AlreadyRunning, Worker
from casefile.database import Database, utc_now
from casefile.models import Alert, Checkin, Inbound, Outbox, Staff
from casefile.vocabulary import AlertKind, Channel, InboundState, Lane, OutboxState, Purpose, Urgency
from messaging.catalogue import Catalogue
from messaging.simulator.serve import Running
from tests import cast
from triage.phrases import PhraseBook
from webhooks.forms import InboundForm
from webhooks.receive import store

HOUR = dt.timedelta(hours=1)
NUMBER, STAFF_NUMBER = "+447700900201", "+447700900801"


@pytest.fixture(autouse=True)
def loaded_once(book: PhraseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = Catalogue.load()
    monkeypatch.setattr(PhraseBook, "load", lambda: book)
    monkeypatch.setattr(Catalogue, "load", lambda: catalogue)


def until(seen: Callable[[], object], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < end, "not seen in time"
        time.sleep(0.05)


@contextmanager
def at_work(worker: Worker) -> Iterator[None]:
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join(15)
        assert not thread.is_alive()


def over(database: Database, environ: dict[str, str]) -> House:
    """A wired service over a test's own database."""
    url = database.url.render_as_string(hide_password=False)
    return House(configuration.load({**environ, "ALONGSIDE_DATABASE_URL": url}, Path(os.devnull)))


def all_of(house: House, model: type[Any]) -> list[Any]:
    with house.database.read() as session:
        return list(session.scalars(select(model).order_by(model.id)))


def test_one_worker_runs_on_an_sqlite_file_and_the_next_when_it_has_ended(house: House, environ: dict[str, str]) -> None:
    first, another = Worker(house), House(configuration.load(environ, Path(os.devnull)))
    with at_work(first):
        with pytest.raises(AlreadyRunning, match="one is enough") as refused:
            Worker(another)
        assert "record.db" not in str(refused.value)
    second = Worker(another)
    assert second.owner != first.owner
    with at_work(second):
        pass
    another.close()


def claimed(database: Database) -> None:
    """Work of every kind that a worker held an hour ago, and that another holds now."""
    now = utc_now()
    with database.write() as session:
        person = cast.person(session, now=now)
        for number, (owner, until_when) in enumerate([("dead", now - HOUR), ("perhaps", now + HOUR)]):
            held = {"owner": owner, "lease_until": until_when, "attempt": 1}
            session.add_all([
                Inbound(provider_sid=owner, channel=Channel.SMS, from_address=NUMBER, to_address=cast.OUR_NUMBER, from_hash="h", body="b", received_at=now,
                        state=InboundState.WORKING, run_at=now, concerns=[], duress=False, **held),
                Outbox(token=owner, dedupe=owner, purpose=Purpose.REPLY, channel=Channel.SMS, body="Thank you", created_at=now, state=OutboxState.SENDING, **held),
                Checkin(person_id=person.id, planned_at=now + number * HOUR, run_at=now, **held),
                Alert(key=owner, kind=AlertKind.MESSAGE, urgency=Urgency.URGENT, opened_at=now, concerns=[], messages=1, run_at=now, **held)])


def test_at_its_start_it_frees_what_nobody_holds_any_more(database: Database, environ: dict[str, str]) -> None:
    claimed(database)
    house = over(database, environ)
    worker = Worker(house)
    # Alone on SQLite, whatever is claimed was a dead worker's; on PostgreSQL another may be alive until its lease ends.
    freed = 2 if database.sqlite else 1
    assert worker.free_orphans() == 4 * freed and worker.free_orphans() == 0
    owners = [row.owner for model in (Inbound, Outbox, Checkin, Alert) for row in all_of(house, model)]
    assert owners == ([None, None] if database.sqlite else [None, "perhaps"]) * 4
    assert [row.state for row in all_of(house, Inbound)][:freed] == [InboundState.READY] * freed
    assert [row.state for row in all_of(house, Outbox)][:freed] == [OutboxState.UNKNOWN] * freed
    if not database.sqlite:
        other = over(database, environ)
        assert Worker(other).owner != worker.owner, "on PostgreSQL as many workers as wanted"
        other.close()
    house.close()


def test_a_reserve_that_cannot_be_used_does_not_keep_it_from_starting(house: House, damaged: str, caplog: pytest.LogCaptureFixture) -> None:
    with at_work(Worker(house)):
        assert house.triage.reserve is None
    assert [r.getMessage() for r in caplog.records if "reserve" in r.getMessage()] == [
        f"the reserve's model cannot be used: {damaged}", "there is no reserve: without the bot only phrase lists are left"]


def test_a_step_that_fails_is_said_and_tried_again_and_the_others_go_on(house: House, caplog: pytest.LogCaptureFixture) -> None:
    worker = Worker(house)
    tried: list[float] = []

    def failing(*_: object) -> bool:
        tried.append(time.monotonic())
        raise ZeroDivisionError("words of somebody")

    worker._triage = failing  # type: ignore[method-assign]
    with caplog.at_level(logging.ERROR), at_work(worker):
        until(lambda: len(tried) >= 12)
        until(lambda: any(a.name == "worker" for a in beats(house)))
    assert "danger: step failed: ZeroDivisionError" in [r.getMessage() for r in caplog.records]


def beats(house: House) -> list[Any]:
    from casefile.models import Heartbeat

    with house.database.read() as session:
        return list(session.scalars(select(Heartbeat)))


def test_one_thread_takes_only_danger(house: House) -> None:
    worker, lanes = Worker(house), {}

    def noted(asked: list[Lane] | None) -> bool:
        lanes[threading.current_thread().name] = asked
        return False

    worker._triage = noted  # type: ignore[method-assign]
    with at_work(worker):
        until(lambda: len(lanes) >= 4)
    assert lanes.pop("danger") == [Lane.DANGER] and set(map(str, lanes.values())) == {"None"}


def test_its_log_holds_no_word_name_or_number_of_anybody_even_at_debug(simulator: Running, house: House, monkeypatch: pytest.MonkeyPatch,
                                                                      caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    apply, failures = triage.run.apply, []

    def fails_once(session: Any, *rest: Any, **more: Any) -> None:
        if not failures:
            failures.append(1)
            row = rest[1]
            # An error of the database about this very message.
            session.add(Inbound(provider_sid=row.provider_sid, channel=row.channel, from_address=row.from_address, to_address=row.to_address,
                                from_hash=row.from_hash, body=row.body, received_at=row.received_at, concerns=[], duress=False, attempt=0))
            session.flush()
        apply(session, *rest, **more)

    monkeypatch.setattr(triage.run, "apply", fails_once)
    with house.database.write() as session:
        cast.staff(session, "Wilhelmina", phone=STAFF_NUMBER, now=utc_now())
        cast.person(session, "ARTA", language="en", number=NUMBER, now=utc_now()).name = "Artemisia"
    set_up("worker", "DEBUG")
    logging.getLogger().addHandler(caplog.handler)
    caplog.handler.setLevel(logging.DEBUG)
    # The first reply is lost on the way back, so that the provider is asked about this number too.
    httpx.put(f"{simulator.url}/faults", json={"lose_responses": {"next": 1}}).raise_for_status()
    store(house.database, house.book, InboundForm("SM" + "1" * 32, Channel.SMS, NUMBER, cast.OUR_NUMBER, "the purple heron says he is outside my door"), utc_now())
    with at_work(Worker(house)):
        # This one never reaches our door: nobody answers there, and it is fetched.
        httpx.post(f"{simulator.url}/phones/{NUMBER}/texts", json={"body": "the crimson lantern walked to the market"}).raise_for_status()
        until(lambda: [row.state for row in all_of(house, Inbound)] == [InboundState.DONE] * 2, 40)
        until(lambda: {row.purpose for row in all_of(house, Outbox)} >= {Purpose.REPLY, Purpose.PAGE}
              and all(row.state is OutboxState.SENT for row in all_of(house, Outbox)), 40)
    assert failures and Urgency.IMMEDIATE in [a.urgency for a in all_of(house, Alert) if a.kind is AlertKind.MESSAGE]
    staff = all_of(house, Staff)[0]
    private = ["heron", "lantern", "outside my door", "Artemisia", "Wilhelmina", staff.email, NUMBER[1:], NUMBER[3:], STAFF_NUMBER[3:],
               *(row.body for row in all_of(house, Outbox)), house.settings.bot_key, *house.settings.secret_keys, *house.settings.twilio_auth_tokens]
    logged = [record.getMessage() for record in caplog.records]
    printed = "".join(capfd.readouterr())
    assert any("is ready" in line for line in logged) and any("attempt 1 failed: IntegrityError" in line for line in logged)
    assert any("judged without the bot" in line for line in logged) and "worker alongside.worker" in printed
    for words in private:
        assert not [line for line in logged if words in line] and words not in printed, "a log line holds what it must not"
