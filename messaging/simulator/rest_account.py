"""The account and its phone numbers in the REST API."""

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response

from messaging.simulator import wire
from messaging.simulator.addresses import rfc2822
from messaging.simulator.errors import TwilioError
from messaging.simulator.messages import Form
from messaging.simulator.rest_messages import page_bounds
from messaging.simulator.simulation import Simulation, simulation
from messaging.simulator.store import OwnedNumber

router = APIRouter(prefix="/2010-04-01/Accounts")

_UPDATES = {
    "SmsUrl": "sms_url", "SmsFallbackUrl": "sms_fallback_url", "VoiceUrl": "voice_url", "VoiceFallbackUrl": "voice_fallback_url",
    "FriendlyName": "friendly_name",
}


@router.get("/{account_sid}.json")
async def account(request: Request) -> Response:
    sim = simulation(request)
    return JSONResponse(wire.account_json(sim.config.account_sid, rfc2822(sim.started)))


@router.get("/{account_sid}/IncomingPhoneNumbers.json")
async def numbers(request: Request) -> Response:
    sim, query = simulation(request), request.query_params
    size, page = page_bounds(query.get("PageSize"), query.get("Page"))
    wanted = query.get("PhoneNumber", "")
    found = [n for n in sim.store.numbers.values() if wanted.strip("*") in n.number]
    shown = [wire.number_json(sim.config.account_sid, n) for n in found[page * size : (page + 1) * size]]
    more = "PA" + found[(page + 1) * size - 1].sid if len(found) > (page + 1) * size else None
    filters = {"PhoneNumber": wanted} if wanted else {}
    uri = wire.account_uri(sim.config.account_sid) + "/IncomingPhoneNumbers.json"
    return JSONResponse(wire.page_json(uri, "incoming_phone_numbers", shown, filters, page, size, more))


@router.get("/{account_sid}/IncomingPhoneNumbers/{sid}.json")
async def number(request: Request, sid: str) -> Response:
    sim = simulation(request)
    return JSONResponse(wire.number_json(sim.config.account_sid, _find(sim, sid)))


@router.post("/{account_sid}/IncomingPhoneNumbers/{sid}.json")
async def update_number(request: Request, sid: str) -> Response:
    """Change the number's webhooks; they must lie where this simulator may call."""
    sim = simulation(request)
    owned, form = _find(sim, sid), Form(await request.body())
    for name, attribute in _UPDATES.items():
        if name in form:
            if name != "FriendlyName" and form[name] and not sim.courier.may_call(form[name]):
                raise TwilioError(21609, f"{name} is not a URL this simulator may call")
            setattr(owned, attribute, form[name])
    return JSONResponse(wire.number_json(sim.config.account_sid, owned))


def _find(sim: Simulation, sid: str) -> OwnedNumber:
    found = next((n for n in sim.store.numbers.values() if n.sid == sid), None)
    if found is None:
        raise TwilioError(20404)
    return found
