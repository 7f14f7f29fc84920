"""Messages and their Media in the REST API."""

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import islice

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from messaging.simulator import wire
from messaging.simulator.door import answer_after_accepting
from messaging.simulator.errors import TwilioError
from messaging.simulator.messages import Form, accept, send_when_due, why_not
from messaging.simulator.simulation import Simulation, simulation
from messaging.simulator.store import FINAL, Media, Message

router = APIRouter(prefix="/2010-04-01/Accounts/{account_sid}")

_PIXEL = base64.b64decode(b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYPgPAAECAQFn5Cd0AAAAAElFTkSuQmCC")


async def create(request: Request) -> Response:
    """Send a message."""
    sim = simulation(request)
    form = Form(await request.body())
    message = accept(sim, form)
    body = wire.message_json(sim.config.account_sid, message)
    if send_when_due(sim, message, form):
        return await answer_after_accepting(request, body)
    error = why_not(sim, message)
    if sim.faults.chances and sim.faults.strike("callbacks_first"):
        await sim.delivery.start_and_tell(message, error)
    else:
        sim.delivery.start(message, error)
    return await answer_after_accepting(request, body)


@router.get("/Messages.json")
async def listing(request: Request) -> Response:
    sim, query = simulation(request), request.query_params
    size, page = page_bounds(query.get("PageSize"), query.get("Page"))
    token = sim.store.messages.get(query.get("PageToken", "")[2:])
    if query.get("PageToken") and token is None:
        raise TwilioError(20001, "Invalid PageToken")
    to, sender = query.get("To"), query.get("From")
    found = sim.store.by_to.get(to, []) if to else sim.store.by_from.get(sender, []) if sender else sim.store.order
    wanted = _date_filter(query)
    matches: Iterator[Message] = (
        m for m in sim.store.newest_first(found, token.seq if token else None)
        if (not sender or m.from_ == sender) and (not wanted or _dated(m, wanted))
    )
    if page and token is None:
        matches = islice(matches, page * size, None)
    items = list(islice(matches, size + 1))
    more = "PA" + items[size - 1].sid if len(items) > size else None
    filters = {k: v for k, v in query.items() if k not in ("PageSize", "Page", "PageToken")}
    uri = wire.account_uri(sim.config.account_sid) + "/Messages.json"
    shown = [wire.message_json(sim.config.account_sid, m) for m in items[:size]]
    return JSONResponse(wire.page_json(uri, "messages", shown, filters, page, size, more))


@router.get("/Messages/{sid}.json")
async def fetch(request: Request, sid: str) -> Response:
    sim = simulation(request)
    return JSONResponse(wire.message_json(sim.config.account_sid, find(sim, sid)))


@router.post("/Messages/{sid}.json")
async def update(request: Request, sid: str) -> Response:
    """Redact (Body empty) or cancel a scheduled message (Status=canceled)."""
    sim = simulation(request)
    message, form = find(sim, sid), Form(await request.body())
    if "Status" in form:
        if form["Status"] != "canceled":
            raise TwilioError(20001, "Status can only be updated to canceled")
        if message.status != "scheduled":
            raise TwilioError(30409)
        sim.delivery.cancel(message)
    if "Body" in form:
        if form["Body"]:
            raise TwilioError(20001, "Body can only be updated to an empty string")
        _must_be_final(message)
        message.body, message.updated = "", sim.clock.now()
        message.buttons = []
    sim.store.touch(sim.store.phone(message.to if message.direction != "inbound" else message.from_ or ""))
    return JSONResponse(wire.message_json(sim.config.account_sid, message))


@router.delete("/Messages/{sid}.json")
async def delete(request: Request, sid: str) -> Response:
    sim = simulation(request)
    message = find(sim, sid)
    _must_be_final(message)
    sim.store.delete(message)
    return Response(status_code=204)


@router.get("/Messages/{sid}/Media.json")
async def media_listing(request: Request, sid: str) -> Response:
    sim = simulation(request)
    message = find(sim, sid)
    shown = [wire.media_json(sim.config.account_sid, message, media) for media in message.media]
    uri = f"{wire.account_uri(sim.config.account_sid)}/Messages/{sid}/Media.json"
    return JSONResponse(wire.page_json(uri, "media_list", shown, {}, 0, 50, None))


@router.get("/Messages/{sid}/Media/{media_sid}.json")
async def media_fetch(request: Request, sid: str, media_sid: str) -> Response:
    sim = simulation(request)
    message = find(sim, sid)
    return JSONResponse(wire.media_json(sim.config.account_sid, message, _media(message, media_sid)))


@router.delete("/Messages/{sid}/Media/{media_sid}.json")
async def media_delete(request: Request, sid: str, media_sid: str) -> Response:
    message = find(simulation(request), sid)
    message.media.remove(_media(message, media_sid))
    return Response(status_code=204)


@router.get("/Messages/{sid}/Media/{media_sid}")
async def media_content(request: Request, sid: str, media_sid: str) -> Response:
    """The file itself: one grey pixel for pictures, nothing for the rest."""
    media = _media(find(simulation(request), sid), media_sid)
    if media.content_type.startswith("image/"):
        return Response(_PIXEL, media_type="image/png")
    return Response(b"", media_type=media.content_type)


def find(sim: Simulation, sid: str) -> Message:
    """The message with this SID. Raises TwilioError 20404."""
    message = sim.store.messages.get(sid)
    if message is None:
        raise TwilioError(20404)
    return message


def page_bounds(size: str | None, page: str | None) -> tuple[int, int]:
    """PageSize (1 to 1000, 50 unless told) and Page (from 0). Raises TwilioError 20001."""
    try:
        return min(max(int(size or 50), 1), 1000), max(int(page or 0), 0)
    except ValueError:
        raise TwilioError(20001, "PageSize and Page take numbers") from None


def _media(message: Message, media_sid: str) -> Media:
    found = next((media for media in message.media if media.sid == media_sid), None)
    if found is None:
        raise TwilioError(20404)
    return found


def _must_be_final(message: Message) -> None:
    """Twilio refuses to redact or delete what is still on its way. "sent" is taken: some carriers never confirm."""
    if message.status not in FINAL | {"sent"}:
        raise TwilioError(20009)


def _date_filter(query: Mapping[str, str]) -> dict[str, tuple[datetime, bool]]:
    """DateSent, DateSent< and DateSent> as (moment, whole day?); empty without any."""
    wanted = {}
    for name in ("DateSent", "DateSent<", "DateSent>"):
        if given := query.get(name):
            try:
                moment = datetime.fromisoformat(given)
            except ValueError:
                raise TwilioError(20001, f"Invalid {name}") from None
            wanted[name] = (moment if moment.tzinfo else moment.replace(tzinfo=UTC), len(given) == 10)
    return wanted


def _dated(message: Message, wanted: dict[str, tuple[datetime, bool]]) -> bool:
    """Twilio compares date_sent; a message that was not sent yet matches no date."""
    if message.sent is None:
        return False
    if (day := wanted.get("DateSent")) and message.sent.date() != day[0].astimezone(UTC).date():
        return False
    if (after := wanted.get("DateSent>")) and message.sent.replace(microsecond=0) < after[0]:
        return False
    before = wanted.get("DateSent<")
    return before is None or message.sent <= before[0] + (timedelta(days=1) if before[1] else timedelta())
