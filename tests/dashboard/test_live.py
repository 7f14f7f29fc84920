from __future__ import annotations

import asyncio
import json
import time

import pytest
from sqlalchemy import select

from casefile import live
from casefile.database import Database
from casefile.models import Heartbeat, LiveEvent, StaffSession
from dashboard.live import Hub, _events
from tests import cast


def tell(database: Database, kind: str = "alert", **ids: int) -> None:
    with database.write() as session:
        live.tell(session, kind, cast.NOW, **ids)


def test_every_open_page_hears_within_a_second_from_one_reader(database: Database) -> None:
    async def scene() -> None:
        hub = Hub(database)
        pages = [await hub.join() for _ in range(3)]
        reader = hub._reader
        began = time.monotonic()
        await asyncio.to_thread(tell, database, "alert", person_id=7, alert_id=9)
        for page in pages:
            assert json.loads(await asyncio.wait_for(page.get(), 2)) == [{"kind": "alert", "person": 7, "alert": 9}]
        assert time.monotonic() - began < 1.5
        assert hub._reader is reader
        for page in pages:
            hub.leave(page)
        assert hub._reader is None, "nobody listens, nothing is read"

    asyncio.run(scene())


def test_what_happened_before_is_not_told_again(sqlite_database: Database) -> None:
    tell(sqlite_database)

    async def scene() -> None:
        hub = Hub(sqlite_database)
        page = await hub.join()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(page.get(), 0.6)
        hub.leave(page)

    asyncio.run(scene())


def test_an_event_committed_late_with_an_earlier_number_is_told(sqlite_database: Database) -> None:
    def write(number: int) -> None:
        with sqlite_database.write() as session:
            session.add(LiveEvent(id=number, kind="alert", at=cast.NOW, alert_id=number))

    async def scene() -> list[int]:
        hub = Hub(sqlite_database)
        page = await hub.join()
        heard = []
        for number in (12, 11):
            await asyncio.to_thread(write, number)
            heard += [e["alert"] for e in json.loads(await asyncio.wait_for(page.get(), 2))]
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(page.get(), 0.6)
        hub.leave(page)
        return heard

    assert asyncio.run(scene()) == [12, 11]


def test_an_event_under_way_while_the_reader_starts_is_told(sqlite_database: Database) -> None:
    def write(number: int) -> None:
        with sqlite_database.write() as session:
            session.add(LiveEvent(id=number, kind="alert", at=cast.NOW, alert_id=number))

    async def scene() -> None:
        await asyncio.to_thread(write, 1000)
        hub = Hub(sqlite_database)
        page = await hub.join()
        await asyncio.to_thread(write, 999)  # took its number before, commits after
        assert json.loads(await asyncio.wait_for(page.get(), 2)) == [{"kind": "alert", "person": None, "alert": 999}]
        hub.leave(page)

    asyncio.run(scene())


def test_pages_that_come_all_at_once_share_one_reader_and_leave_none(sqlite_database: Database) -> None:
    def readers() -> int:
        return sum("Hub._read" in repr(task.get_coro()) for task in asyncio.all_tasks())

    async def scene() -> tuple[int, int]:
        hub = Hub(sqlite_database)
        pages = await asyncio.gather(*(hub.join() for _ in range(6)))
        reading = readers()
        for page in pages:
            hub.leave(page)
        await asyncio.sleep(0.3)
        return reading, readers()

    assert asyncio.run(scene()) == (1, 0)


def test_a_page_that_does_not_read_is_told_to_fetch_everything(sqlite_database: Database) -> None:
    async def scene() -> None:
        hub = Hub(sqlite_database)
        page = await hub.join()
        for number in range(300):
            hub._give(json.dumps([number]))
        assert page.qsize() < 200 and "[]" in [page.get_nowait() for _ in range(page.qsize())]
        hub.leave(page)

    asyncio.run(scene())


def test_a_database_that_is_away_for_a_moment_leaves_no_page_deaf(sqlite_database: Database, monkeypatch) -> None:
    async def scene() -> None:
        hub = Hub(sqlite_database)
        page = await hub.join()
        real, fails = hub._since, [True]

        def sometimes() -> list[tuple[int, str, int | None, int | None]]:
            if fails:
                fails.pop()
                raise OSError
            return real()

        monkeypatch.setattr(hub, "_since", sometimes)
        monkeypatch.setattr("dashboard.live.AFTER_TROUBLE", 0.05)
        await asyncio.sleep(0.5)
        await asyncio.to_thread(tell, sqlite_database)
        await asyncio.wait_for(page.get(), 3)
        hub.leave(page)

    asyncio.run(scene())


def test_a_page_hears_that_it_is_about_to_be_and_then_is_signed_out(empty, browser, app, clock, monkeypatch) -> None:
    monkeypatch.setattr("dashboard.live.LOOK_AT_SESSION", 0.02)
    from starlette.requests import Request

    from dashboard.desk import _signed_in
    from dashboard.forms import Form
    cookie = browser().client.cookies["alongside"]
    desk = _signed_in(Request({"type": "http", "method": "GET", "path": "/live", "headers": [(b"cookie", f"alongside={cookie}".encode())], "app": app,
                               "query_string": b""}), Form())

    async def scene() -> list[tuple[str | None, str]]:
        hub = Hub(desk.house.database)
        queue, heard = await hub.join(), []
        async for event in _events(hub, queue, desk):
            if event.event == "trouble":
                continue
            heard.append((event.event, event.data))
            if len(heard) == 2:
                clock.on(minutes=57)
            if len(heard) == 3:
                clock.on(minutes=4)
            assert len(heard) < 20
        return heard

    heard = asyncio.run(scene())
    assert heard[0] == ("ready", "") and heard[1] == ("leaving", "") and heard[2] == ("leaving", "180") and heard[-1] == ("gone", "")


def test_the_stream_is_served_as_events(empty, app, browser, sqlite_database: Database, clock) -> None:
    cookie = browser().client.cookies["alongside"]

    async def scene() -> list[str]:
        lines: list[str] = []
        done = asyncio.Event()
        sent: list[dict] = []

        async def receive():
            await done.wait()
            return {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)
            if message["type"] == "http.response.body" and b"change" in message.get("body", b""):
                lines.append(message["body"].decode())
                done.set()

        scope = {"type": "http", "method": "GET", "path": "/live", "raw_path": b"/live", "query_string": b"", "http_version": "1.1", "scheme": "http",
                 "headers": [(b"cookie", f"alongside={cookie}".encode()), (b"host", b"testserver")], "client": ("127.0.0.1", 1), "server": ("testserver", 80),
                 "root_path": ""}
        task = asyncio.create_task(app(scope, receive, send))
        await asyncio.sleep(0.5)
        await asyncio.to_thread(tell, sqlite_database, "message", person_id=3)
        await asyncio.wait_for(done.wait(), 3)
        await asyncio.wait_for(task, 5)
        assert sent[0]["status"] == 200 and (b"content-type", b"text/event-stream; charset=utf-8") in sent[0]["headers"]
        return lines

    assert '"kind": "message", "person": 3' in asyncio.run(scene())[0]


def test_at_the_end_of_12_hours_the_page_hears_that_staying_cannot_help(empty, browser, app, clock, sqlite_database: Database, monkeypatch) -> None:
    monkeypatch.setattr("dashboard.live.LOOK_AT_SESSION", 0.02)
    desk = desk_of(app, browser())
    clock.on(hours=11, minutes=57)
    with sqlite_database.write() as session:
        session.scalars(select(StaffSession)).one().seen_at = clock.now

    async def scene() -> list[tuple[str | None, str]]:
        hub = Hub(desk.house.database)
        events = _events(hub, await hub.join(), desk)
        heard = [await anext(events) for _ in range(3)]
        await events.aclose()
        return [(event.event, event.data) for event in heard]

    assert asyncio.run(scene())[2] == ("leaving", "180 last")


def desk_of(app, browser):
    from starlette.requests import Request

    from dashboard.desk import watching
    cookie = browser.client.cookies["alongside"]
    return watching(Request({"type": "http", "method": "GET", "path": "/live", "headers": [(b"cookie", f"alongside={cookie}".encode())], "app": app,
                             "query_string": b"watch=1"}))


@pytest.mark.parametrize(("watch", "left"), [(False, 0), (True, 61)])  # the latter: a wall screen nobody touched for an hour
def test_a_worker_that_dies_or_comes_back_is_told_to_pages_that_stand_open(empty, browser, app, clock, sqlite_database: Database, monkeypatch, watch: bool,
                                                                            left: int) -> None:
    monkeypatch.setattr("dashboard.live.LOOK_AT_SESSION", 0.02)
    desk = desk_of(app, browser())

    def beats() -> None:
        with sqlite_database.write() as session:
            session.get_one(Heartbeat, "worker").at = clock.now

    async def scene() -> list[str]:
        hub, heard = Hub(desk.house.database), []
        clock.on(minutes=left)
        await asyncio.to_thread(beats)
        events = _events(hub, await hub.join(), desk, watch)
        async for event in events:
            if event.event != "trouble":
                continue
            heard.append(event.data)
            if len(heard) == 1:
                clock.on(seconds=31)
            elif len(heard) == 2:
                await asyncio.to_thread(beats)
            else:
                break
        await events.aclose()
        return heard

    before, dead, back = asyncio.run(scene())
    assert json.loads(before) == json.loads(back) == []
    assert [text.split(":")[0] for text in json.loads(dead)] == ["The worker is not running"]


def test_a_wall_screen_keeps_the_list_of_alerts_and_nothing_else(world, browser, app, clock, monkeypatch) -> None:
    monkeypatch.setattr("dashboard.live.LOOK_AT_SESSION", 0.02)
    sam = browser()
    desk = desk_of(app, sam)
    name = next(line for line in sam.get("/alerts/list").text.splitlines() if 'class="ref"' in line).split("</span> ")[1].split("<")[0]
    csrf = sam.token()

    async def scene() -> list[str | None]:
        hub = Hub(desk.house.database)
        queue, heard = await hub.join(), []
        async for event in _events(hub, queue, desk, watch=True):
            heard.append(event.event)
            if event.event == "leaving" and "idle" not in heard:
                clock.on(minutes=20)
            if event.event == "idle":
                listed = await asyncio.to_thread(sam.get, "/alerts/list", x_live="1")
                assert listed.status_code == 200 and "only this list is still live" in listed.text
                assert name not in listed.text and "Acknowledge</button>" not in listed.text
                assert (await asyncio.to_thread(sam.get, "/alerts/summary", x_live="1")).json()["open"] > 0
                for path in ("/", "/queue", "/people", "/alerts/1", "/live"):
                    assert (await asyncio.to_thread(sam.get, path)).status_code == 303, path
                for path in ("/account/stay", "/alerts/1/acknowledge"):
                    assert sam.client.post(path, data={"csrf": csrf}).headers["location"].startswith("/sign-in"), path
                clock.on(hours=11, minutes=30)
            assert len(heard) < 40
        return heard

    heard = asyncio.run(scene())
    assert heard[0] == "ready" and heard.count("idle") == 1 and heard[-1] == "gone", "twelve hours end it"


def test_a_wall_screen_whose_stream_ended_is_signed_out_soon(world, browser, app, clock) -> None:
    sam = browser()
    desk = desk_of(app, sam)

    async def scene() -> None:
        hub = Hub(desk.house.database)
        events = _events(hub, await hub.join(), desk, watch=True)
        for _ in range(2):
            await anext(events)
        await events.aclose()

    asyncio.run(scene())
    clock.on(minutes=61)
    assert sam.get("/alerts/list", x_live="1").status_code == 401
