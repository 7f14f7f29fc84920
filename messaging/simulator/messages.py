"""Taking a message to send: Twilio's checks, in the order it gives its errors, then on its way."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl

from messaging.segments import segments
from messaging.simulator.addresses import bare, channel_of, is_e164, is_valid_address, new_sid
from messaging.simulator.errors import MAGIC_FROM, MAGIC_TO, TwilioError
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import Media, Message, Template
from messaging.simulator.templates import Rendered, variables_of, whatsapp_objection

_SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")


class Form(dict[str, str]):
    """A posted form: the last value of each name, and all() values of one."""

    def __init__(self, raw: bytes) -> None:
        self._pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
        super().__init__(self._pairs)

    def all(self, name: str) -> list[str]:
        """Every value given for this name, in order."""
        return [value for key, value in self._pairs if key == name]


def accept(sim: Simulation, form: Form) -> Message:
    """Check and remember an outgoing message; nothing is sent yet. Raises TwilioError."""
    to = form.get("To", "")
    service, sender = form.get("MessagingServiceSid"), form.get("From")
    if not to:
        raise TwilioError(21604)
    if to in MAGIC_TO:
        raise TwilioError(MAGIC_TO[to])
    if not is_valid_address(to):
        raise TwilioError(21211)
    sender_address = _sender(sim, sender, service, to)
    if sender_address == to:
        raise TwilioError(21266)
    body, template, rendered = _words(sim, form)
    callback = form.get("StatusCallback") or (sim.config.webhook(sim.config.status_path) if service else None)
    if callback and not sim.courier.may_call(callback):
        raise TwilioError(21609)
    media = [Media(new_sid("ME"), "application/octet-stream", url) for url in form.all("MediaUrl")]
    if is_blocked(sim, to, sender_address) and sim.faults.stop_keywords != "advanced":
        raise TwilioError(21610)
    now = sim.clock.now()
    status = "scheduled" if _send_at(form, service, now) else "accepted" if service else "queued"
    message = Message(
        sid=new_sid("MM" if media else "SM"), from_=sender_address, to=to, body=body, status=status, direction="outbound-api",
        created=now, updated=now, media=media, service_sid=service, status_callback=callback,
        content_sid=template.sid if template else None, buttons=rendered.buttons if rendered else [],
        num_segments=segments(body).count if channel_of(to) == "sms" else 1,
    )
    sim.store.add(message, sim.store.phone(to))
    return message


def why_not(sim: Simulation, message: Message) -> int | None:
    """The error code this message will fail with if it is sent now, or None."""
    sender = message.from_ or ""
    code = sim.faults.failure_for(message.to, sim.store.phone(message.to).number)
    if code is not None:
        return code
    if is_blocked(sim, message.to, sender):
        return 21610
    template = sim.store.templates.get(message.content_sid or "")
    if template is not None and channel_of(message.to) == "whatsapp" and not message.body:
        return 63028
    return whatsapp_objection(sim.store, sim.faults, message.to, sender, template, sim.clock.now())


def send_when_due(sim: Simulation, message: Message, form: Form) -> bool:
    """For a scheduled message: send it at its time unless it was canceled. False if it is not scheduled."""
    due = _send_at(form, message.service_sid, message.created)
    if due is None:
        return False

    def send() -> None:
        if message.status == "scheduled":
            sim.delivery.start(message, why_not(sim, message))

    sim.timeline.after((due - message.created).total_seconds(), send)
    return True


def is_blocked(sim: Simulation, to: str, sender: str) -> bool:
    """Whether this person opted out of this sender (with Advanced Opt-Out: of all senders)."""
    if to in sim.faults.opted_out or bare(to) in sim.faults.opted_out:
        return True
    return (to, sender) in sim.store.opt_outs or (to, "*") in sim.store.opt_outs


def _sender(sim: Simulation, given: str | None, service: str | None, to: str) -> str:
    if given in MAGIC_FROM:
        raise TwilioError(MAGIC_FROM[given])
    if service and not _SERVICE.fullmatch(service):
        raise TwilioError(20404)
    if not given and not service:
        raise TwilioError(21603)
    if not given:
        if not sim.store.numbers:
            raise TwilioError(21704)
        number = next(iter(sim.store.numbers))
        return number if channel_of(to) == "sms" else f"whatsapp:{number}"
    if not is_e164(bare(given)):
        raise TwilioError(21212)
    if channel_of(given) != channel_of(to):
        raise TwilioError(21910)
    if sim.config.numbers and bare(given) not in sim.store.numbers:
        raise TwilioError(21606)
    sim.own(bare(given))
    return given


def _words(sim: Simulation, form: Form) -> tuple[str, Template | None, Rendered | None]:
    content_sid, body = form.get("ContentSid"), form.get("Body", "")
    if content_sid:
        template = sim.store.templates.get(content_sid)
        if template is None:
            raise TwilioError(21655)
        rendered = Rendered(template, variables_of(form.get("ContentVariables")))
        return "" if rendered.missing else rendered.body, template, rendered
    if not body and "MediaUrl" not in form:
        raise TwilioError(21602)
    if len(body) > 1600:
        raise TwilioError(21617)
    return body, None, None


def _send_at(form: Form, service: str | None, now: datetime) -> datetime | None:
    """When to send, for a message that Twilio would schedule. Without a Messaging Service it is sent at once."""
    if form.get("ScheduleType") != "fixed" or not service:
        return None
    try:
        due = datetime.fromisoformat(form.get("SendAt", ""))
    except ValueError:
        raise TwilioError(35114) from None
    due = due if due.tzinfo else due.replace(tzinfo=UTC)
    if not timedelta(minutes=15) <= due - now <= timedelta(days=35):
        raise TwilioError(35114)
    return due
