"""The simulator's own controls: faults, clock, template approval, the page, and what changed since."""

from importlib.resources import files
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from messaging.simulator.errors import TwilioError
from messaging.simulator.faults import FaultError, Faults
from messaging.simulator.phones import json_object, phone_json
from messaging.simulator.rest_content import STATUSES, find
from messaging.simulator.simulation import Simulation, simulation

router = APIRouter()
_SHOWN = 200  # phones in the page's list
_PAGE = files("messaging.simulator") / "page"
_TYPES = {"phones.html": "text/html", "phones.css": "text/css", "phones.js": "text/javascript"}
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@router.get("/faults")
async def show_faults(request: Request) -> Response:
    return JSONResponse(simulation(request).faults.as_json())


@router.put("/faults")
async def set_faults(request: Request) -> Response:
    """Set the named faults; the others stay. null turns one off."""
    sim = simulation(request)
    try:
        sim.faults.change(await json_object(request))
    except FaultError as problem:
        raise HTTPException(422, str(problem)) from None
    _apply(sim)
    return JSONResponse(sim.faults.as_json())


@router.delete("/faults")
async def reset_faults(request: Request) -> Response:
    """Everything works again; opt-outs made by texting STOP are forgotten too."""
    sim = simulation(request)
    sim.faults.change(Faults(seed=sim.config.seed, clock_factor=sim.config.clock_factor).as_json() | dict.fromkeys(sim.faults.chances))
    sim.store.opt_outs.clear()
    _apply(sim)
    return JSONResponse(sim.faults.as_json())


def _apply(sim: Simulation) -> None:
    for number, bsuid in sim.faults.without_number.items():
        sim.store.hide_number(number, bsuid)
    for phone in sim.store.phones.values():
        if phone.bsuid and phone.number not in sim.faults.without_number:
            phone.bsuid = None
    if sim.clock.factor != sim.faults.clock_factor:
        sim.clock.run_at(sim.faults.clock_factor)
        sim.timeline.poke()


@router.get("/clock")
async def show_clock(request: Request) -> Response:
    sim = simulation(request)
    return JSONResponse({"now": sim.clock.now().isoformat(), "factor": sim.clock.factor})


@router.post("/clock")
async def advance_clock(request: Request) -> Response:
    """{"advance_s": N}: N simulated seconds pass at once."""
    sim, given = simulation(request), await json_object(request)
    seconds = given.get("advance_s", 0)
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or seconds < 0:
        raise HTTPException(422, "advance_s takes seconds")
    sim.clock.advance(seconds)
    sim.timeline.poke()
    return await show_clock(request)


@router.put("/templates/{sid}")
async def judge_template(request: Request, sid: str) -> Response:
    """WhatsApp's decision on a template: {"status", optional "rejection_reason"}."""
    sim, given = simulation(request), await json_object(request)
    try:
        template = find(sim, sid)
    except TwilioError:
        raise HTTPException(404, "no such template") from None
    if given.get("status") not in STATUSES:
        raise HTTPException(422, f"status is one of {', '.join(STATUSES)}")
    template.status, template.rejection_reason = given["status"], str(given.get("rejection_reason") or "")
    return JSONResponse({"sid": sid, "status": template.status})


@router.get("/changes")
async def changes(request: Request) -> Response:
    """For the page: the phones that changed after version `after`, with the version now."""
    sim = simulation(request)
    try:
        after = int(request.query_params.get("after", 0))
    except ValueError:
        raise HTTPException(422, "after takes a version") from None
    changed = [p for p in sim.store.phones.values() if p.changed > after] if sim.store.version > after else []
    changed.sort(key=lambda p: (not p.name, -p.changed))
    answer: dict[str, Any] = {"run": sim.started.isoformat(), "version": sim.store.version, "phones": [phone_json(p) for p in changed[:_SHOWN]]}
    return JSONResponse(answer | {"now": sim.clock.now().isoformat(), "factor": sim.clock.factor})


@router.get("/healthz")
async def healthz() -> Response:
    return JSONResponse({"ok": True})


@router.get("/")
async def page() -> Response:
    return _file("phones.html")


@router.get("/page/{name}")
async def page_file(name: str) -> Response:
    if name not in _TYPES:
        raise HTTPException(404, "no such file")
    return _file(name)


def _file(name: str) -> Response:
    return Response((_PAGE / name).read_bytes(), media_type=_TYPES[name], headers=_HEADERS)
