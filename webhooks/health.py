"""Alive, able to work, and figures for an outside watcher. Nothing personal in any of them."""

from __future__ import annotations

import datetime as dt
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import func, select
from starlette.concurrency import run_in_threadpool

from casefile.database import Database, utc_now
from casefile.models import Alert, Heartbeat, Inbound, Outbox
from casefile.vocabulary import AlertState, InboundState, Lane, OutboxState, Purpose
from webhooks.counts import REGISTRY

STALE = dt.timedelta(seconds=30)
TOO_OLD = 120.0
LOOPBACK = ("127.0.0.1", "::1", "testclient")


def state(database: Database, now: dt.datetime) -> dict[str, Any]:
    """What is able to work; raises when the database cannot be asked. Ages are seconds."""
    with database.read() as session:
        beats = {h.name: h for h in session.scalars(select(Heartbeat))}
        oldest = session.scalar(select(func.min(Inbound.received_at)).where(Inbound.state.in_([InboundState.READY, InboundState.WORKING])))
        waiting = session.scalar(select(func.count()).select_from(Inbound).where(Inbound.state == InboundState.READY))
        unsent = session.scalar(select(func.count()).select_from(Outbox).where(Outbox.state == OutboxState.READY, Outbox.run_at <= now))
        unknown = session.scalar(select(func.count()).select_from(Outbox).where(Outbox.state == OutboxState.UNKNOWN))
        # Pages that go at once. Those of routine tasks wait behind every check-in, however many there are.
        pages = session.scalar(select(func.count()).select_from(Outbox).where(
            Outbox.state == OutboxState.READY, Outbox.purpose == Purpose.PAGE, Outbox.lane == Lane.DANGER,
            Outbox.created_at < now - dt.timedelta(seconds=TOO_OLD)))
        # Its wake time has passed and nobody was told. One that waits for its next step has a wake time to come.
        overdue = session.scalar(select(func.count()).select_from(Alert).where(Alert.state != AlertState.RESOLVED, Alert.run_at < now - STALE))
        open_alerts = session.scalar(select(func.count()).select_from(Alert).where(Alert.state == AlertState.OPEN))

    def up(name: str) -> bool:
        beat = beats.get(name)
        # Of a time that is still to come when the clock was put back: then it says nothing of now.
        return beat is not None and beat.state == "up" and abs(now - beat.at) < STALE

    age = (now - oldest).total_seconds() if oldest else 0.0
    return {"database": True, "worker": up("worker"), "bot": up("bot"), "oldest_unhandled_seconds": round(age, 1), "waiting": waiting,
            "unsent": unsent, "unsent_pages": pages, "unknown_sends": unknown, "overdue_alerts": overdue, "open_alerts": open_alerts}


def routes(database: Database) -> APIRouter:
    """GET /healthz, /readyz, /metrics (this machine only)."""
    router = APIRouter()

    @router.get("/healthz")
    async def alive() -> JSONResponse:
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    async def ready() -> JSONResponse:
        try:
            found = await run_in_threadpool(state, database, utc_now())
        except Exception as error:  # whatever it is, we are not ready
            return JSONResponse({"ready": False, "database": False, "why": type(error).__name__}, 503)
        # Without the bot messages are still judged and people told: the door stays open, and says so.
        able = found["worker"] and found["oldest_unhandled_seconds"] < TOO_OLD and not found["overdue_alerts"] and not found["unsent_pages"]
        return JSONResponse({"ready": able, **found}, 200 if able else 503)

    @router.get("/metrics")
    async def metrics(request: Request) -> Response:
        if request.client is None or request.client.host not in LOOPBACK or "x-forwarded-for" in request.headers:
            return Response(status_code=404)
        found = await run_in_threadpool(state, database, utc_now())
        lines = [f"alongside_{name} {float(value)}" for name, value in found.items()]
        return Response(generate_latest(REGISTRY) + ("\n".join(lines) + "\n").encode(), media_type=CONTENT_TYPE_LATEST)

    return router
