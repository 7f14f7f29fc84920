"""Calls in the REST API."""

from datetime import UTC, datetime
from itertools import islice

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from messaging.simulator import voice, wire
from messaging.simulator.addresses import is_e164, new_sid
from messaging.simulator.door import answer_after_accepting
from messaging.simulator.errors import TwilioError
from messaging.simulator.messages import Form
from messaging.simulator.rest_messages import page_bounds
from messaging.simulator.simulation import Simulation, simulation
from messaging.simulator.store import Call
from messaging.simulator.twiml import TwimlError, parse

router = APIRouter(prefix="/2010-04-01/Accounts/{account_sid}")
_EVENTS = ("initiated", "ringing", "answered", "completed")
# What Twilio's test credentials always refuse to ring.
_MAGIC_TO = {"+15005550001": 21217, "+15005550002": 21214, "+15005550003": 21215, "+15005550004": 21216}


@router.post("/Calls.json")
async def create(request: Request) -> Response:
    sim, form = simulation(request), Form(await request.body())
    to, sender = form.get("To", ""), form.get("From", "")
    if not to:
        raise TwilioError(21201)
    if to in _MAGIC_TO:
        raise TwilioError(_MAGIC_TO[to], "The 'To' number cannot be called")
    if not is_e164(to):
        raise TwilioError(21211)
    if not sender:
        raise TwilioError(21213)
    if not is_e164(sender) or (sim.config.numbers and sender not in sim.store.numbers):
        raise TwilioError(21210)
    if not form.get("Url") and not form.get("Twiml"):
        raise TwilioError(21205, "Url or Twiml is required")
    sim.own(sender)
    now = sim.clock.now()
    call = Call(new_sid("CA"), sender, to, "outbound-api", now, now)
    _take_documents(sim, call, form)
    call.timeout_s = _whole(form, "Timeout", 60, 600)
    events = [event for given in form.all("StatusCallbackEvent") for event in given.split()]
    if not set(events) <= set(_EVENTS):
        raise TwilioError(20001, f"StatusCallbackEvent takes {', '.join(_EVENTS)}")
    call.status_events = tuple(events) or ("completed",)
    call.machine_detection = form.get("MachineDetection")
    call.async_amd = form.get("AsyncAmd", "").lower() == "true"
    call.async_amd_callback = form.get("AsyncAmdStatusCallback")
    body = wire.call_json(sim.config.account_sid, call)
    voice.place(sim, call)
    return await answer_after_accepting(request, body)


@router.get("/Calls.json")
async def listing(request: Request) -> Response:
    sim, query = simulation(request), request.query_params
    size, page = page_bounds(query.get("PageSize"), query.get("Page"))
    wanted = {name: query[name] for name in ("To", "From", "Status") if query.get(name)}
    bounds = {name: _moment(query[name]) for name in ("StartTime>", "StartTime<") if query.get(name)}
    found = (
        c for c in reversed(sim.store.calls.values())
        if wanted.get("To", c.to) == c.to and wanted.get("From", c.from_) == c.from_ and wanted.get("Status", c.status) == c.status
        and _within(c, bounds)
    )
    items = list(islice(found, page * size, (page + 1) * size + 1))
    more = "PA" + items[size - 1].sid if len(items) > size else None
    filters = {k: v for k, v in query.items() if k not in ("PageSize", "Page", "PageToken")}
    uri = wire.account_uri(sim.config.account_sid) + "/Calls.json"
    shown = [wire.call_json(sim.config.account_sid, call) for call in items[:size]]
    return JSONResponse(wire.page_json(uri, "calls", shown, filters, page, size, more))


@router.get("/Calls/{sid}.json")
async def fetch(request: Request, sid: str) -> Response:
    sim = simulation(request)
    return JSONResponse(wire.call_json(sim.config.account_sid, _find(sim, sid)))


@router.post("/Calls/{sid}.json")
async def update(request: Request, sid: str) -> Response:
    """End a call (Status=completed), call it off before it is answered (canceled), or give it another document."""
    sim, form = simulation(request), Form(await request.body())
    call, status = _find(sim, sid), form.get("Status")
    if call.status in voice.OVER:
        raise TwilioError(21220)
    if status == "canceled" and call.status == "in-progress":
        raise TwilioError(21220)
    if status in ("canceled", "completed"):
        await voice.end(sim, call, "canceled" if call.started is None else "completed", by="app")
    elif status:
        raise TwilioError(20001, "Status can only be updated to canceled or completed")
    elif form.get("Url") or form.get("Twiml"):
        if call.status != "in-progress":
            raise TwilioError(21220)
        _take_documents(sim, call, form)
        voice.redirect(sim, call)
    return JSONResponse(wire.call_json(sim.config.account_sid, call))


@router.delete("/Calls/{sid}.json")
async def delete(request: Request, sid: str) -> Response:
    sim = simulation(request)
    call = _find(sim, sid)
    if call.status not in voice.OVER:
        raise TwilioError(20009)
    del sim.store.calls[sid]
    return Response(status_code=204)


def _take_documents(sim: Simulation, call: Call, form: Form) -> None:
    """What to say and whom to tell. A given Url or Twiml replaces both. Raises TwilioError for what cannot be called or run."""
    for name in ("Url", "FallbackUrl", "StatusCallback", "AsyncAmdStatusCallback"):
        if form.get(name) and not sim.courier.may_call(form[name]):
            raise TwilioError(21205 if name == "Url" else 21609, f"{name} is not a URL this simulator may call")
    if form.get("Twiml"):
        if len(form["Twiml"]) > 4000:
            raise TwilioError(20001, "Twiml takes at most 4000 characters")
        try:
            parse(form["Twiml"])
        except TwimlError as broken:
            raise TwilioError(broken.code, "Twiml cannot be run") from None
    if form.get("Url") or form.get("Twiml"):
        call.url, call.twiml = form.get("Url") or None, form.get("Twiml") or None
        call.method = form.get("Method", "POST").upper()
    if form.get("FallbackUrl"):
        call.fallback_url, call.fallback_method = form["FallbackUrl"], form.get("FallbackMethod", "POST").upper()
    if form.get("StatusCallback"):
        call.status_callback, call.status_callback_method = form["StatusCallback"], form.get("StatusCallbackMethod", "POST").upper()


def _find(sim: Simulation, sid: str) -> Call:
    call = sim.store.calls.get(sid)
    if call is None:
        raise TwilioError(20404)
    return call


def _whole(form: Form, name: str, default: int, most: int) -> int:
    try:
        return min(max(int(form.get(name) or default), 1), most)
    except ValueError:
        raise TwilioError(20001, f"{name} takes a whole number") from None


def _moment(given: str) -> datetime:
    try:
        moment = datetime.fromisoformat(given)
    except ValueError:
        raise TwilioError(20001, "StartTime takes a date") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _within(call: Call, bounds: dict[str, datetime]) -> bool:
    if not bounds:
        return True
    if call.started is None:
        return False
    return bounds.get("StartTime>", call.started) <= call.started <= bounds.get("StartTime<", call.started)
