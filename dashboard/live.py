"""Tell open pages at once that something changed: one look at the record every 250 ms a process, fanned out to every page.

Only kinds and ids go out; the page fetches what it may see.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import select
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from casefile import live
from casefile import staff as accounts
from casefile.database import Database
from casefile.models import Alert, Person, Staff, StaffSession
from casefile.vocabulary import AlertState, Urgency
from dashboard import words
from dashboard.desk import Desk, NotSignedIn, signed_in, watching
from dashboard.page import concern

log = logging.getLogger(__name__)
router = APIRouter()
EVERY = 0.25
AFTER_TROUBLE = 2.0
OVERLAP = 100
LOOK_AT_SESSION = 15.0
WARN_BEFORE = 300.0
MOST_WAITING = 200
MOST_PAGES = 500


class Hub:
    """Reads new events and hands them to every open page."""

    def __init__(self, database: Database):
        self._database = database
        self._pages: set[asyncio.Queue[str]] = set()
        self._reader: asyncio.Task[None] | None = None
        self._last = 0
        self._given: dict[int, None] = {}
        self._starting = asyncio.Lock()

    async def join(self) -> asyncio.Queue[str]:
        """A queue of events from now on. What happened before is for the page to fetch."""
        queue: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        async with self._starting:  # browsers that come back all at once start one reader
            if self._reader is None or self._reader.done():
                self._last, self._given = await run_in_threadpool(self._told_before)
                self._reader = asyncio.create_task(self._read())
            self._pages.add(queue)
        return queue

    def leave(self, queue: asyncio.Queue[str]) -> None:
        self._pages.discard(queue)
        if not self._pages and self._reader is not None:
            self._reader.cancel()
            self._reader = None

    @property
    def full(self) -> bool:
        return len(self._pages) >= MOST_PAGES

    def _told_before(self) -> tuple[int, dict[int, None]]:
        # What stands there now, and not every number up to the last: one of a transaction that still goes on is news once it commits.
        with self._database.read() as session:
            last = live.latest(session)
            return last, dict.fromkeys(e.id for e in live.since(session, last - OVERLAP))

    def _since(self) -> list[tuple[int, str, int | None, int | None]]:
        # Transactions may commit in another order than they took their numbers: the last few numbers are read again.
        with self._database.read() as session:
            return [(e.id, e.kind, e.person_id, e.alert_id) for e in live.since(session, self._last - OVERLAP) if e.id not in self._given]

    async def _read(self) -> None:
        while True:
            try:
                found = await run_in_threadpool(self._since)
            except Exception as error:  # the database may be away for a moment; the pages must not stay deaf
                log.warning("live events cannot be read: %s", type(error).__name__)
                await asyncio.sleep(AFTER_TROUBLE)
                continue
            if found:
                self._last = max(self._last, found[-1][0])
                self._given |= dict.fromkeys(e[0] for e in found)
                self._given = {i: None for i in self._given if i > self._last - 2 * OVERLAP}
                self._give(json.dumps([{"kind": k, "person": p, "alert": a} for k, p, a in dict.fromkeys(e[1:] for e in found)]))
            await asyncio.sleep(EVERY)

    def _give(self, message: str) -> None:
        for queue in self._pages:
            if queue.full():
                # A page that does not read any more: it is told to fetch everything once it does.
                with suppress(asyncio.QueueEmpty):
                    while True:
                        queue.get_nowait()
                message = "[]"
            queue.put_nowait(message)


@router.get("/live")
async def stream(request: Request, desk: Desk = Depends(watching)) -> Response:
    """Server-sent events: `change` [{kind, person, alert}], `trouble` [what of our own programs does not work], `leaving` (seconds until
    signed out, and " last" when staying cannot help), `gone`.

    `?watch=1` is the list of alerts: once nothing was done for too long it is told `idle` and goes on, until the sign-in's last hour.
    """
    hub: Hub = request.app.state.live
    watch = request.query_params.get("watch") == "1"
    if desk.idle and not watch:
        raise NotSignedIn
    if hub.full:
        return JSONResponse({"why": "too many open pages"}, 503)
    queue = await hub.join()
    return EventSourceResponse(_events(hub, queue, desk, watch), ping=15, send_timeout=10, headers={"x-accel-buffering": "no"})


async def _events(hub: Hub, queue: asyncio.Queue[str], desk: Desk, watch: bool = False) -> AsyncIterator[ServerSentEvent]:
    try:
        yield ServerSentEvent(event="ready", data="", retry=2000)
        clock = asyncio.get_running_loop().time
        look_at, idle = clock() if watch else clock() + LOOK_AT_SESSION, False
        while True:
            try:
                yield ServerSentEvent(event="change", data=await asyncio.wait_for(queue.get(), max(0.0, look_at - clock())))
            except TimeoutError:
                look_at = clock() + LOOK_AT_SESSION
                left, lives, last = await run_in_threadpool(_seconds_left, desk, watch)
                if left <= 0 and not lives:
                    yield ServerSentEvent(event="gone", data="")
                    return
                # A worker that died tells nobody: pages that stand open hear it from here.
                yield ServerSentEvent(event="trouble", data=json.dumps(await run_in_threadpool(desk.troubles, desk.house.clock())))
                if left <= 0:
                    if not idle:
                        idle = True
                        yield ServerSentEvent(event="idle", data="")
                    continue
                idle = False
                yield ServerSentEvent(event="leaving", data=f"{int(left)}{' last' if last else ''}" if left < WARN_BEFORE else "")
    finally:
        hub.leave(queue)


def _seconds_left(desk: Desk, watch: bool) -> tuple[float, bool, bool]:
    """How long the sign-in still holds if nothing is done, whether the list of alerts may go on without it, and whether it ends whatever is done."""
    now = desk.house.clock()
    with desk.read() as session:
        row = session.get(StaffSession, desk.session_key)
        member = session.get(Staff, row.staff_id) if row else None
        if row is None or member is None or not member.active:
            return 0.0, False, True
        idle_at, lives = row.seen_at + accounts.IDLE, watch and row.expires_at > now
        left, last = (min(idle_at, row.expires_at) - now).total_seconds(), idle_at >= row.expires_at
    if lives:
        with desk.write() as session:
            accounts.watched(session, desk.session_key, now)
    return left, lives, last


@router.get("/alerts/summary")
def summary(desk: Desk = Depends(watching)) -> Response:
    """How many alarms wait, and each in a few words: for the count, the spoken news and the sound of any page."""
    with desk.read() as session:
        found = session.execute(select(Alert, Person.ref).outerjoin(Person, Person.id == Alert.person_id).where(
            Alert.state == AlertState.OPEN, Alert.urgency.in_([Urgency.IMMEDIATE, Urgency.URGENT])))
        alarms = [{"id": f"{a.id}.{a.step}.{a.urgency}", "href": f"/alerts/{a.id}", "urgency": str(a.urgency),
                   "words": f"{words.URGENCY[a.urgency]} alert: {', '.join(map(concern, a.concerns)) or words.KIND[a.kind]}"
                            + (f", reference {ref}" if ref else "")} for a, ref in found]
    return JSONResponse({"open": len(alarms), "alarms": alarms})


@router.post("/account/stay")
def stay(desk: Desk = Depends(signed_in)) -> Response:
    """Still here: the idle time begins anew."""
    with desk.write() as session:
        accounts.seen(session, desk.session_key, desk.now)
    return Response(status_code=204)
