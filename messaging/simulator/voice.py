"""Calls: the phone rings, somebody or something answers, our TwiML is heard, keys are pressed, the app is told."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from urllib.parse import urljoin

from messaging.simulator.addresses import country_of, new_sid, rfc2822
from messaging.simulator.courier import Receipt
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import Call, Phone
from messaging.simulator.twiml import VERBS, TwimlError, Verb, parse

log = logging.getLogger(__name__)

KEYS = frozenset("0123456789*#")
OVER = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_AMD_S, _KEY_S, _SAY_S = 3.0, 1.0, 2.0  # usual waits of a machine check, a person's finger, a prompt
_MAX_DOCUMENTS = 50
_SORRY = "We are sorry, an application error has occurred. Goodbye."
_ANSWERED_BY = {"human": "human", "someone_else": "human", "by-hand": "human", "machine": "machine_start", "fax": "fax"}

Next = tuple[str, dict[str, str], str] | None  # URL, extra parameters, method; None: the call is over


def place(sim: Simulation, call: Call) -> None:
    """Start an outgoing call that the REST API accepted."""
    phone = sim.store.phone(call.to)
    sim.store.calls[call.sid] = call
    phone.calls.append(call)
    _start(sim, call, _outgoing(sim, call, phone))


def incoming(sim: Simulation, phone: Phone, to: str) -> Call:
    """This person rings one of our numbers: Twilio asks the number's voice webhook what to do."""
    now, owned = sim.clock.now(), sim.own(to)
    call = Call(
        new_sid("CA"), phone.number, to, "inbound", now, now, status="ringing", url=owned.voice_url,
        fallback_url=owned.voice_fallback_url, seq=sim.store.next_seq(),
    )  # fmt: skip
    sim.store.calls[call.sid] = call
    phone.calls.append(call)
    _start(sim, call, _talk(sim, call, phone))
    return call


async def end(sim: Simulation, call: Call, status: str, *, by: str) -> None:
    """End a call now, whoever does it ("app", "person", "twilio"), and tell the app."""
    if call.status in OVER:
        return
    if call.task is not None and call.task is not asyncio.current_task():
        call.task.cancel()
    _set(sim, call, status)
    call.ended = sim.clock.now()
    call.heard.append({"verb": "end", "by": by, "status": status})
    await _report(sim, call, "completed")


def redirect(sim: Simulation, call: Call) -> None:
    """Start the call's (new) document now, in the middle of whatever is heard."""
    if call.task is not None:
        call.task.cancel()
    _start(sim, call, _talk(sim, call, sim.store.phone(call.to if call.direction != "inbound" else call.from_)))


def _start(sim: Simulation, call: Call, work: Coroutine[None, None, None]) -> None:
    async def watched() -> None:
        try:
            await work
        except Exception:
            log.exception("a simulated call broke off")
            await end(sim, call, "failed", by="twilio")

    call.task = sim.begin(asyncio.create_task(watched()))


async def _outgoing(sim: Simulation, call: Call, phone: Phone) -> None:
    pace, habit = sim.config.pace, phone.voice
    await _report(sim, call, "initiated")
    _set(sim, call, "ringing")
    await _report(sim, call, "ringing")
    if sim.faults.failure_for(call.to, phone.number) is not None:
        return await end(sim, call, "failed", by="twilio")
    if habit.answer == "by-hand":
        accepted = await _wait(sim, call, call.timeout_s, lambda: call.decision is not None) and call.decision == "accept"
        if not accepted:
            return await end(sim, call, "busy" if call.decision == "decline" else "no-answer", by="person")
    elif habit.answer == "no-answer" or habit.delay_s > call.timeout_s:
        await sim.timeline.sleep(call.timeout_s * pace)
        return await end(sim, call, "no-answer", by="twilio")
    else:
        await sim.timeline.sleep(habit.delay_s * pace)
        if habit.answer == "busy":
            return await end(sim, call, "busy", by="person")
    await _talk(sim, call, phone)


async def _talk(sim: Simulation, call: Call, phone: Phone) -> None:
    """Somebody or something answered: check for a machine, then run documents until one ends the call."""
    if call.started is None:
        call.started = sim.clock.now()
        if call.direction == "inbound":
            call.started = None  # not answered until our first verb, so that <Reject/> costs nothing
        else:
            _set(sim, call, "in-progress")
            await _report(sim, call, "answered")
            await _detect(sim, call, phone)
    following: Next = None
    if call.twiml is not None:
        following = await _perform(sim, call, phone, call.twiml, call.url or "")
    elif call.url:
        following = (call.url, {}, call.method)
    for _ in range(_MAX_DOCUMENTS):
        if following is None:
            break
        following = await _fetch_and_perform(sim, call, phone, *following)
    await end(sim, call, "completed", by="twilio" if following else "app")


async def _detect(sim: Simulation, call: Call, phone: Phone) -> None:
    if call.machine_detection not in ("Enable", "DetectMessageEnd"):
        return
    found = _ANSWERED_BY[phone.voice.answer]
    if found == "machine_start" and call.machine_detection == "DetectMessageEnd":
        found = "machine_end_beep"
    if call.async_amd:
        sim.begin(asyncio.create_task(_detect_meanwhile(sim, call, found)))
        return
    await sim.timeline.sleep(_AMD_S * sim.config.pace)
    call.answered_by = found


async def _detect_meanwhile(sim: Simulation, call: Call, found: str) -> None:
    await sim.timeline.sleep(_AMD_S * sim.config.pace)
    call.answered_by = found
    if call.async_amd_callback and call.status not in OVER:
        form = {"CallSid": call.sid, "AccountSid": sim.config.account_sid, "AnsweredBy": found, "MachineDetectionDuration": "3000"}
        await sim.courier.send(call.async_amd_callback, form, voice=True)


async def _fetch_and_perform(sim: Simulation, call: Call, phone: Phone, url: str, extra: dict[str, str], method: str) -> Next:
    """Get a document and run it; if that fails, the fallback URL's, and if that fails too, Twilio's spoken apology."""
    form = call_form(sim, call) | extra
    receipt = await sim.courier.send(url, form, method=method, voice=True)
    try:
        return await _perform(sim, call, phone, _document(receipt), url)
    except TwimlError as broken:
        error = receipt.error or broken.code
        call.heard.append({"verb": "error", "code": error, "status": receipt.status})
    if call.fallback_url:
        told = form | {"ErrorCode": str(error), "ErrorUrl": url}
        receipt = await sim.courier.send(call.fallback_url, told, method=call.fallback_method, voice=True)
        try:
            return await _perform(sim, call, phone, _document(receipt), call.fallback_url)
        except TwimlError as broken:
            call.heard.append({"verb": "error", "code": receipt.error or broken.code, "status": receipt.status})
    call.heard.append({"verb": "Say", "text": _SORRY, "language": "en", "by": "twilio"})
    return None


def _document(receipt: Receipt) -> str:
    if receipt.error is not None:
        raise TwimlError(receipt.error)
    parse(receipt.body)  # a broken document is not run at all
    return receipt.body


async def _perform(sim: Simulation, call: Call, phone: Phone, document: str, url: str) -> Next:
    for verb in parse(document):
        if verb.name == "Reject" and call.started is None:
            await end(sim, call, "busy" if verb.attributes.get("reason") == "busy" else "no-answer", by="app")
            return None
        if call.started is None:
            call.started = sim.clock.now()
            _set(sim, call, "in-progress")
        match verb.name:
            case "Say" | "Play" | "Pause":
                await _speak(sim, call, verb, url)
            case "Gather":
                digits = await _gather(sim, call, phone, verb, url)
                if digits or verb.flag("actionOnEmptyResult"):
                    action = urljoin(url, verb.attributes.get("action", ""))
                    extra = {"Digits": digits, "FinishedOnKey": "", "msg": "Gather End"}
                    return action, extra, verb.attributes.get("method", "POST").upper()
            case "Redirect":
                return urljoin(url, verb.text), {}, verb.attributes.get("method", "POST").upper()
            case "Hangup" | "Reject":
                return None
            case _:
                call.heard.append({"verb": verb.name, "simulated": verb.name in VERBS})
        sim.store.touch(phone)
    return None


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
    habit, asked = phone.voice, sum(1 for h in call.heard if h["verb"] == "Gather")
    limit, finish = int(verb.number("numDigits", 0)), verb.attributes.get("finishOnKey", "#")
    entry: dict[str, object] = {"verb": "Gather", "pressed": ""}
    call.heard.append(entry)
    sim.store.touch(phone)
    if asked < len(habit.keys):
        await sim.timeline.sleep(_KEY_S * sim.config.pace)
        call.pressed += habit.keys[asked] + ("" if limit else finish)

    def complete() -> bool:
        return (limit > 0 and len(call.pressed) >= limit) or any(key in finish for key in call.pressed)

    patience = verb.number("timeout", 5) * (1 if habit.answer == "by-hand" else sim.config.pace)
    await _wait(sim, call, patience, complete)
    ends = [i for i, key in enumerate(call.pressed) if key in finish]
    taken = min(filter(None, (limit, ends[0] + 1 if ends else 0, len(call.pressed))), default=0)
    digits, call.pressed = call.pressed[:taken].rstrip(finish), call.pressed[taken:]
    entry["pressed"] = digits
    return digits


async def _wait(sim: Simulation, call: Call, seconds: float, enough: Callable[[], bool]) -> bool:
    """Wait until enough() or until the time is up; whether it was enough."""
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


def _set(sim: Simulation, call: Call, status: str) -> None:
    call.status, call.updated = status, sim.clock.now()
    sim.store.touch(sim.store.phone(call.to if call.direction != "inbound" else call.from_))


def call_form(sim: Simulation, call: Call) -> dict[str, str]:
    """The parameters of every voice request about this call."""
    form = {
        "AccountSid": sim.config.account_sid, "ApiVersion": "2010-04-01", "CallSid": call.sid, "CallStatus": call.status,
        "Direction": call.direction, "From": call.from_, "To": call.to, "Caller": call.from_, "Called": call.to,
    }  # fmt: skip
    for side, number in (("From", call.from_), ("To", call.to), ("Caller", call.from_), ("Called", call.to)):
        form |= {f"{side}City": "", f"{side}State": "", f"{side}Zip": "", f"{side}Country": country_of(number)}
    return form | ({"AnsweredBy": call.answered_by} if call.answered_by else {})


async def _report(sim: Simulation, call: Call, event: str) -> None:
    """Tell the status callback, if it asked for this event. "completed" stands for every way a call can end."""
    if not call.status_callback or event not in call.status_events:
        return
    form = call_form(sim, call) | {
        "Timestamp": rfc2822(sim.clock.now()) or "", "CallbackSource": "call-progress-events", "SequenceNumber": str(call.reports),
    }  # fmt: skip
    call.reports += 1
    form["CallStatus"] = "initiated" if event == "initiated" else call.status
    if call.status in OVER:
        seconds = call.duration_s or 0
        form |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60)), "SipResponseCode": "200" if call.started else "487"}
    await sim.courier.send(call.status_callback, form, method=call.status_callback_method, voice=True)
