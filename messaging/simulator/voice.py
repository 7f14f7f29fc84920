"""The life of a call: it rings, somebody or something answers, TwiML is heard, it ends, and the app is told each step."""

import asyncio
import logging
from collections.abc import Coroutine

from messaging.simulator.addresses import new_sid, rfc2822
from messaging.simulator.hearing import Next, call_form, fetch_and_perform, perform, set_status, wait
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import Call, Phone
from messaging.simulator.twiml import parse

log = logging.getLogger(__name__)

KEYS = frozenset("0123456789*#")
OVER = frozenset({"completed", "busy", "no-answer", "failed", "canceled"})
_AMD_S = 3.0  # how long Twilio usually listens for a machine
_MAX_DOCUMENTS = 50
_ANSWERED_BY = {"human": "human", "someone_else": "human", "by-hand": "human", "machine": "machine_start", "fax": "fax"}


def place(sim: Simulation, call: Call) -> None:
    """Start an outgoing call that the REST API accepted."""
    phone = sim.store.phone(call.to)
    _keep(sim, call, phone)
    _start(sim, call, _outgoing(sim, call, phone))


def incoming(sim: Simulation, phone: Phone, to: str) -> Call:
    """This person rings one of our numbers: Twilio asks the number's voice webhook what to do."""
    now, owned = sim.clock.now(), sim.own(to)
    call = Call(
        new_sid("CA"), phone.number, to, "inbound", now, now, status="ringing", url=owned.voice_url, fallback_url=owned.voice_fallback_url
    )
    _keep(sim, call, phone)
    _start(sim, call, _talk(sim, call, phone))
    return call


async def end(sim: Simulation, call: Call, status: str, *, by: str) -> None:
    """End a call now, whoever does it ("app", "person" or "twilio"), and tell the app. A call that is over stays as it is."""
    if call.status in OVER:
        return
    if call.task is not None and call.task is not asyncio.current_task():
        call.task.cancel()
    call.ended = sim.clock.now()
    call.heard.append({"verb": "end", "by": by, "status": status})
    set_status(sim, call, status)
    await _report(sim, call, "completed")


def redirect(sim: Simulation, call: Call) -> None:
    """Start the call's (new) document now, in the middle of whatever is heard."""
    if call.task is not None:
        call.task.cancel()
    _start(sim, call, _talk(sim, call, sim.store.phone(call.person)))


def _keep(sim: Simulation, call: Call, phone: Phone) -> None:
    sim.store.calls[call.sid] = call
    phone.calls.append(call)
    sim.store.touch(phone)


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
    first_ring = sim.clock.seconds()

    def left(seconds: float) -> float:
        """Of so many seconds from the first ring on, however long telling the app of it took."""
        return first_ring + seconds - sim.clock.seconds()

    set_status(sim, call, "ringing")
    await _report(sim, call, "ringing")
    if sim.faults.failure_for(call.to, phone.number) is not None:
        return await end(sim, call, "failed", by="twilio")
    if habit.answer == "by-hand":
        if not await wait(sim, call, left(call.timeout_s), lambda: call.decision is not None):
            return await end(sim, call, "no-answer", by="twilio")
        if call.decision == "decline":
            return await end(sim, call, "busy", by="person")
    elif habit.answer == "no-answer" or habit.delay_s > call.timeout_s:
        await sim.timeline.sleep(left(call.timeout_s * pace))
        return await end(sim, call, "no-answer", by="twilio")
    else:
        await sim.timeline.sleep(left(habit.delay_s * pace))
        if habit.answer == "busy":
            return await end(sim, call, "busy", by="person")
    call.started = sim.clock.now()
    set_status(sim, call, "in-progress")
    await _report(sim, call, "answered")
    await _detect(sim, call, phone)
    await _talk(sim, call, phone)


async def _talk(sim: Simulation, call: Call, phone: Phone) -> None:
    """Run documents until one ends the call; fifty are a loop, and Twilio ends it."""
    following: Next = None
    if call.twiml is not None:
        following = await perform(sim, call, phone, parse(call.twiml), call.url or sim.config.public_url)
    elif call.url:
        following = (call.url, {}, call.method)
    for _ in range(_MAX_DOCUMENTS):
        if following is None:
            break
        following = await fetch_and_perform(sim, call, phone, *following)
    rejected = call.started is None and call.decision
    gave_up = following is not None or any(entry.get("by") == "twilio" for entry in call.heard)
    await end(sim, call, rejected or "completed", by="twilio" if gave_up else "app")


async def _detect(sim: Simulation, call: Call, phone: Phone) -> None:
    """Answering machine detection: before the TwiML (the default), or beside it with AsyncAmd."""
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


async def _report(sim: Simulation, call: Call, event: str) -> None:
    """Tell the status callback, if it asked for this event. "completed" stands for every way a call can end."""
    if not call.status_callback or event not in call.status_events:
        return
    form = call_form(sim, call) | {
        "Timestamp": rfc2822(sim.clock.now()) or "", "CallbackSource": "call-progress-events", "SequenceNumber": str(call.reports),
    }
    call.reports += 1
    form["CallStatus"] = "initiated" if event == "initiated" else call.status
    if call.status in OVER:
        seconds = call.duration_s or 0
        form |= {"CallDuration": str(seconds), "Duration": str(-(-seconds // 60)), "SipResponseCode": "200" if call.started else "487"}
    await sim.courier.send(call.status_callback, form, method=call.status_callback_method, voice=True)
