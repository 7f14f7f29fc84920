"""The people's side: texts and calls as the phones see them."""

import asyncio
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from messaging.simulator import voice
from messaging.simulator.addresses import bare, channel_of, is_e164
from messaging.simulator.inbound import TextError, keep, read_text, tell
from messaging.simulator.simulation import Simulation, simulation
from messaging.simulator.store import Call, Message, Phone, VoiceHabit

router = APIRouter(prefix="/phones")
ANSWERS = ("human", "someone_else", "machine", "fax", "no-answer", "busy", "by-hand")


@router.get("")
async def phones(request: Request) -> Response:
    """Every phone, named ones first."""
    sim = simulation(request)
    found = sorted(sim.store.phones.values(), key=lambda p: (not p.name, -p.changed))
    return JSONResponse([phone_json(phone) for phone in found])


@router.put("/{number}")
async def name_phone(request: Request, number: str) -> Response:
    """{"name"}: add a phone to the page, or rename it."""
    sim, given = simulation(request), await json_object(request)
    phone = _phone(sim, number)
    phone.name = str(given.get("name") or "")[:80]
    sim.store.touch(phone)
    return JSONResponse(phone_json(phone))


@router.post("/{number}/texts")
async def send_text(request: Request, number: str) -> Response:
    """This person sends a text. The answer says what the app's webhook answered; "wait": false does not wait for it."""
    sim, given = simulation(request), await json_object(request)
    phone = _phone(sim, number)
    try:
        text = read_text(sim, phone, given)
    except TextError as problem:
        raise HTTPException(422, str(problem)) from None
    message = keep(sim, phone, text)
    work = sim.begin(asyncio.create_task(tell(sim, phone, text, message)))
    if given.get("wait") is False:
        return JSONResponse({"sid": message.sid, "webhook_status": None, "milliseconds": None}, 202)
    receipt = await asyncio.shield(work)
    if receipt is None:
        return JSONResponse({"sid": message.sid, "webhook_status": None, "milliseconds": None, "lost": True}, 201)
    return JSONResponse(
        {
            "sid": message.sid, "webhook_status": receipt.status, "milliseconds": receipt.milliseconds, "attempts": receipt.attempts,
            "error_code": receipt.error, "by_fallback": receipt.by_fallback,
        },
        201,
    )


@router.get("/{number}/texts")
async def texts(request: Request, number: str) -> Response:
    """What this phone has received and sent, newest last. all=1 adds what is on its way or never arrived."""
    sim = simulation(request)
    everything = request.query_params.get("all") == "1"
    found = [m for m in _looked_at(sim, number).thread if everything or m.direction == "inbound" or m.arrived is not None]
    return JSONResponse([text_json(m) for m in sorted(found, key=lambda m: (m.arrived or m.created, m.seq))])


@router.get("/{number}/calls")
async def calls(request: Request, number: str) -> Response:
    """This phone's calls and what was heard in them, newest last."""
    return JSONResponse([call_log(call) for call in _looked_at(simulation(request), number).calls])


@router.put("/{number}/voice")
async def set_voice(request: Request, number: str) -> Response:
    """How this phone takes calls: {"answer", "keys": one entry a question, "delay_s": seconds it rings}."""
    sim, given = simulation(request), await json_object(request)
    phone, answer, keys = _phone(sim, number), given.get("answer", "human"), given.get("keys") or []
    delay = given.get("delay_s", 2.0)
    if answer not in ANSWERS:
        raise HTTPException(422, f"answer is one of {', '.join(ANSWERS)}")
    if not isinstance(keys, list) or not all(isinstance(k, str) and set(k) <= voice.KEYS for k in keys):
        raise HTTPException(422, 'keys takes texts of digits, * and #, such as ["1", "2"]')
    if isinstance(delay, bool) or not isinstance(delay, int | float) or delay < 0:
        raise HTTPException(422, "delay_s takes seconds")
    phone.voice = VoiceHabit(answer, tuple(keys), delay)
    return JSONResponse({"answer": answer, "keys": keys, "delay_s": delay})


@router.post("/{number}/answer")
async def answer(request: Request, number: str) -> Response:
    """Take the ringing call, or refuse it with {"accept": false}."""
    call, given = _live_call(simulation(request), number, "ringing"), await json_object(request)
    call.decision = "decline" if given.get("accept") is False else "accept"
    call.changed.set()
    return JSONResponse({"sid": call.sid})


@router.post("/{number}/keys")
async def keys(request: Request, number: str) -> Response:
    """Press {"keys": "1"} in the call that is on."""
    call, given = _live_call(simulation(request), number, "in-progress"), await json_object(request)
    pressed = given.get("keys")
    if not isinstance(pressed, str) or not pressed or not set(pressed) <= voice.KEYS:
        raise HTTPException(422, "keys takes digits, * and #")
    call.pressed += pressed
    call.changed.set()
    return JSONResponse({"sid": call.sid})


@router.post("/{number}/hangup")
async def hangup(request: Request, number: str) -> Response:
    """The person hangs up."""
    call = _live_call(simulation(request), number, "in-progress")
    await voice.end(simulation(request), call, "completed", by="person")
    return JSONResponse({"sid": call.sid})


@router.post("/{number}/calls")
async def ring_us(request: Request, number: str) -> Response:
    """The person rings {"to": one of our numbers}."""
    sim, given = simulation(request), await json_object(request)
    phone, to = _phone(sim, number), given.get("to") or next(iter(sim.store.numbers), None)
    if not isinstance(to, str) or not is_e164(to):
        raise HTTPException(422, 'name one of our numbers in "to"')
    call = voice.incoming(sim, phone, to)
    return JSONResponse({"sid": call.sid}, 201)


def phone_json(phone: Phone) -> dict[str, Any]:
    """A phone in the list of the page."""
    last = next((m for m in reversed(phone.thread) if m.direction == "inbound" or m.arrived), None)
    live = next((c for c in reversed(phone.calls) if c.status in ("ringing", "in-progress")), None)
    return {
        "number": phone.number, "name": phone.name, "changed": phone.changed, "last": last.body[:80] if last else "",
        "call": {"sid": live.sid, "status": live.status} if live else None, "voice": phone.voice.answer,
    }


def text_json(m: Message) -> dict[str, Any]:
    """A text as the phone shows it: direction is "received" or "sent" as seen by the person."""
    ours = m.direction == "inbound"
    return {
        "sid": m.sid, "direction": "sent" if ours else "received", "body": m.body, "channel": channel_of(m.to), "from": m.from_,
        "to": m.to, "status": m.status, "error_code": m.error_code, "at": (m.arrived or m.created).isoformat(),
        "arrived": ours or m.arrived is not None, "buttons": m.buttons, "content_sid": m.content_sid, "segments": m.num_segments,
        "media": [{"url": f.url, "content_type": f.content_type} for f in m.media], "by_twilio": m.direction == "outbound-reply",
    }


def call_log(c: Call) -> dict[str, Any]:
    """A call as the phone's log shows it."""
    return {
        "sid": c.sid, "direction": "sent" if c.direction == "inbound" else "received", "from": c.from_, "to": c.to,
        "status": c.status, "answered_by": c.answered_by, "at": c.created.isoformat(), "duration_s": c.duration_s, "heard": c.heard,
    }


async def json_object(request: Request) -> Mapping[str, Any]:
    body = await request.body()
    try:
        given = await request.json() if body else {}
    except ValueError:
        raise HTTPException(422, "the body must be JSON") from None
    if not isinstance(given, Mapping):
        raise HTTPException(422, "the body must be a JSON object")
    return given


def _number(sim: Simulation, number: str) -> str:
    """The number in a route's address, where the + may be left out."""
    rest = bare(number.strip().replace(" ", ""))
    rest = rest if rest in sim.store.phones or rest.startswith("+") else f"+{rest}"
    if rest not in sim.store.phones and not is_e164(rest):
        raise HTTPException(422, "phones are named by full international numbers such as +447700900123")
    return rest


def _phone(sim: Simulation, number: str) -> Phone:
    """The phone that does something: it is made if it was never heard of."""
    return sim.store.phone(_number(sim, number))


def _looked_at(sim: Simulation, number: str) -> Phone:
    """The phone somebody only looks at: an empty one if it was never heard of, and it stays unheard of."""
    rest = _number(sim, number)
    return sim.store.phones.get(rest) or Phone(rest)


def _live_call(sim: Simulation, number: str, status: str) -> Call:
    call = next((c for c in reversed(_looked_at(sim, number).calls) if c.status == status), None)
    if call is None:
        raise HTTPException(409, f"this phone has no call that is {status}")
    return call
