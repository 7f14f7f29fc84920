"""What is heard in a call: fetching our TwiML, saying it, asking for keys and waiting for them."""

import asyncio
from collections.abc import Callable
from urllib.parse import urljoin

from messaging.simulator.addresses import country_of
from messaging.simulator.courier import Receipt
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import Call, Phone
from messaging.simulator.twiml import TwimlError, Verb, parse

_KEY_S, _SAY_S = 1.0, 2.0  # usual waits of a person's finger and of a prompt
_SORRY = "We are sorry, an application error has occurred. Goodbye."

Next = tuple[str, dict[str, str], str] | None  # URL, extra parameters, method; None: nothing more to hear


async def fetch_and_perform(sim: Simulation, call: Call, phone: Phone, url: str, extra: dict[str, str], method: str) -> Next:
    """Get a document and run it; if that fails, the fallback URL's, and if that fails too, Twilio's spoken apology."""
    form = call_form(sim, call) | extra
    receipt = await sim.courier.send(url, form, method=method, voice=True)
    try:
        return await perform(sim, call, phone, _document(receipt), url)
    except TwimlError as broken:
        error = broken.code
        call.heard.append({"verb": "error", "code": error, "status": receipt.status})
    if call.fallback_url:
        told = form | {"ErrorCode": str(error), "ErrorUrl": url}
        receipt = await sim.courier.send(call.fallback_url, told, method=call.fallback_method, voice=True)
        try:
            return await perform(sim, call, phone, _document(receipt), call.fallback_url)
        except TwimlError as broken:
            call.heard.append({"verb": "error", "code": broken.code, "status": receipt.status})
    call.heard.append({"verb": "Say", "text": _SORRY, "language": "en", "by": "twilio"})
    return None


def _document(receipt: Receipt) -> list[Verb]:
    if receipt.error is not None:
        raise TwimlError(receipt.error)
    return parse(receipt.body)


async def perform(sim: Simulation, call: Call, phone: Phone, verbs: list[Verb], url: str) -> Next:
    """Run a document. An unanswered incoming call is answered by its first verb, unless that is <Reject>."""
    for verb in verbs:
        if verb.name == "Reject" and call.started is None:
            call.decision = "busy" if verb.attributes.get("reason") == "busy" else "no-answer"
            return None
        if call.started is None:
            call.started = sim.clock.now()
            set_status(sim, call, "in-progress")
        match verb.name:
            case "Say" | "Play" | "Pause":
                await _speak(sim, call, verb, url)
            case "Gather":
                digits = await _gather(sim, call, phone, verb, url)
                if digits or verb.flag("actionOnEmptyResult"):
                    extra = {"Digits": digits, "FinishedOnKey": "", "msg": "Gather End"}
                    return urljoin(url, verb.attributes.get("action", "")), extra, _method(verb)
            case "Redirect":
                return urljoin(url, verb.text), {}, _method(verb)
            case "Hangup" | "Reject":
                return None
            case _:  # noted, so that a test can see that nothing was recorded or dialled
                call.heard.append({"verb": verb.name, "simulated": False})
        sim.store.touch(phone)
    return None


def _method(verb: Verb) -> str:
    return verb.attributes.get("method", "POST").upper()


async def _speak(sim: Simulation, call: Call, verb: Verb, url: str) -> None:
    """One prompt as it is heard; a Play is fetched as Twilio fetches it, so a missing recording shows."""
    if verb.name == "Pause":
        call.heard.append({"verb": "Pause", "seconds": verb.number("length", 1)})
        return await sim.timeline.sleep(verb.number("length", 1) * sim.config.pace)
    if verb.name == "Say":
        call.heard.append({"verb": "Say", "text": verb.text, "language": verb.attributes.get("language", "en-US")})
    else:
        recording = urljoin(url, verb.text)
        got = await sim.courier.send(recording, {}, method="GET", voice=True)
        call.heard.append({"verb": "Play", "url": recording, "status": got.status, "content_type": got.content_type})
    await sim.timeline.sleep(_SAY_S * sim.config.pace * max(1, verb.number("loop", 1)))


async def _gather(sim: Simulation, call: Call, phone: Phone, verb: Verb, url: str) -> str:
    """Ask, and wait for keys: the phone's next set, or keys pressed by hand. "" if nothing was pressed in time."""
    for child in verb.children:
        await _speak(sim, call, child, url)
    habit, asked = phone.voice, sum(1 for heard in call.heard if heard["verb"] == "Gather")
    limit, finish = int(verb.number("numDigits", 0)), verb.attributes.get("finishOnKey", "#")
    entry: dict[str, object] = {"verb": "Gather", "pressed": ""}
    call.heard.append(entry)
    sim.store.touch(phone)
    if asked < len(habit.keys):
        await sim.timeline.sleep(_KEY_S * sim.config.pace)
        call.pressed += habit.keys[asked] + ("" if limit else finish)

    def complete() -> bool:
        return (limit > 0 and len(call.pressed) >= limit) or any(key in finish for key in call.pressed)

    await wait(sim, call, verb.number("timeout", 5) * (1 if habit.answer == "by-hand" else sim.config.pace), complete)
    ends = next((i + 1 for i, key in enumerate(call.pressed) if key in finish), 0)
    taken = min(filter(None, (limit, ends, len(call.pressed))), default=0)
    digits, call.pressed = call.pressed[:taken].rstrip(finish or None), call.pressed[taken:]
    entry["pressed"] = digits
    return digits


async def wait(sim: Simulation, call: Call, seconds: float, enough: Callable[[], bool]) -> bool:
    """Wait until enough() or until these simulated seconds are over; whether it was enough. A press or an answer wakes it."""
    timer = asyncio.ensure_future(sim.timeline.sleep(seconds))
    try:
        while not enough() and not timer.done():
            call.changed.clear()
            waiter = asyncio.ensure_future(call.changed.wait())
            await asyncio.wait({timer, waiter}, return_when=asyncio.FIRST_COMPLETED)
            waiter.cancel()
    finally:
        timer.cancel()
    return enough()


def set_status(sim: Simulation, call: Call, status: str) -> None:
    """Change the call's status and let the phone's page know."""
    call.status, call.updated = status, sim.clock.now()
    sim.store.touch(sim.store.phone(call.person))


def call_form(sim: Simulation, call: Call) -> dict[str, str]:
    """The parameters of every voice request about this call."""
    form = {
        "AccountSid": sim.config.account_sid, "ApiVersion": "2010-04-01", "CallSid": call.sid, "CallStatus": call.status,
        "Direction": call.direction, "From": call.from_, "To": call.to, "Caller": call.from_, "Called": call.to,
    }
    for side, number in (("From", call.from_), ("To", call.to), ("Caller", call.from_), ("Called", call.to)):
        form |= {f"{side}City": "", f"{side}State": "", f"{side}Zip": "", f"{side}Country": country_of(number)}
    return form | ({"AnsweredBy": call.answered_by} if call.answered_by else {})
