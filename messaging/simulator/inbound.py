"""A person texts us: the message is kept as Twilio keeps it, then the signed webhook tells the app."""

import asyncio
import json
import mimetypes
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from messaging.segments import segments
from messaging.simulator.addresses import bare, channel_of, country_of, is_bsuid, is_e164, new_sid, on_channel
from messaging.simulator.courier import Receipt
from messaging.simulator.simulation import Simulation
from messaging.simulator.store import Media, Message, Phone
from messaging.simulator.wire import account_uri

_OPT_OUT = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
_OPT_IN = frozenset({"START", "YES", "UNSTOP"})
_HELP = frozenset({"HELP", "INFO"})
_ADVANCED = {"STOP": "STOP", "START": "START", "UNSTOP": "START", "HELP": "HELP"}
_REPLIES = {
    "STOP": "You have successfully been unsubscribed. You will not receive any more messages from this number. Reply START to resubscribe.",
    "START": "You have successfully been re-subscribed to messages from this number. Reply HELP for help. Reply STOP to unsubscribe.",
    "HELP": "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


class TextError(ValueError):
    """A text that no phone could send; the words say why and never repeat the text."""


@dataclass(frozen=True, slots=True)
class Text:
    """What a person sends. body None: Twilio leaves Body out. from_bsuid: a WhatsApp user who hides the number."""

    body: str | None
    channel: str
    to: str
    media: tuple[tuple[str, str], ...] = ()
    button_payload: str | None = None
    latitude: float | None = None
    longitude: float | None = None
    profile_name: str | None = None
    from_bsuid: str | None = None
    reply_to: str | None = None


def read_text(sim: Simulation, phone: Phone, given: Any) -> Text:
    """The posted JSON as a Text. Raises TextError."""
    if not isinstance(given, Mapping):
        raise TextError('send a JSON object such as {"body": "hello"}')
    channel, body, payload = given.get("channel") or "sms", given.get("body"), given.get("button_payload")
    if channel not in ("sms", "whatsapp"):
        raise TextError('channel is "sms" or "whatsapp"')
    for name in ("body", "button_payload", "profile_name", "from_bsuid", "reply_to", "to"):
        value = given.get(name)
        if value is not None and (not isinstance(value, str) or value != value.encode("utf-8", "replace").decode()):
            raise TextError(f"{name} takes a text")
    if body is not None and len(body) > 1600:
        raise TextError("body takes at most 1600 characters")
    place = tuple(given.get(name) for name in ("latitude", "longitude"))
    if not all(v is None or isinstance(v, int | float) for v in place) or (place[0] is None) != (place[1] is None):
        raise TextError("latitude and longitude are numbers and come together")
    media = tuple(_media(item) for item in given.get("media") or ())
    bsuid = given.get("from_bsuid") or (phone.bsuid if channel == "whatsapp" else None)
    if bsuid is not None and (channel != "whatsapp" or not is_bsuid(bsuid)):
        raise TextError("from_bsuid is a WhatsApp id such as GB.1A2B3C")
    if payload is None and body is None and not media and place[0] is None and "body" not in given:
        raise TextError("a text needs a body, media, a button_payload or a place")
    to = on_channel(bare(given.get("to") or _last_partner(sim, phone, channel)), channel)
    return Text(body, channel, to, media, payload, place[0], place[1], given.get("profile_name"), bsuid, given.get("reply_to"))


def keep(sim: Simulation, phone: Phone, text: Text) -> Message:
    """Remember the text as an inbound message; opens the WhatsApp window."""
    now = sim.clock.now()
    sim.own(bare(text.to))
    if text.from_bsuid:
        sim.store.hide_number(phone.number, text.from_bsuid)
    source = on_channel(text.from_bsuid or phone.number, text.channel)
    tapped = _tapped(phone, text.button_payload)
    body = text.body if text.body is not None else (tapped or ("", ""))[0]
    message = Message(
        sid=new_sid("MM" if text.media else "SM"), from_=source, to=text.to, body=body, status="received", direction="inbound",
        created=now, updated=now, sent=now, num_segments=segments(body).count if text.channel == "sms" else 1,
        reply_to=text.reply_to or (tapped[1] if tapped else None),
    )
    where = f"https://api.twilio.com{account_uri(sim.config.account_sid)}/Messages/{message.sid}/Media"
    for content_type, url in text.media:
        sid = new_sid("ME")
        message.media.append(Media(sid, content_type, url or f"{where}/{sid}"))
    sim.store.add(message, phone)
    if text.channel == "whatsapp":
        sim.store.windows[(phone.number, text.to)] = now
    return message


async def tell(sim: Simulation, phone: Phone, text: Text, message: Message) -> Receipt | None:
    """Post the webhook (late, twice or never if a fault says so) and act on a TwiML reply. None: it was lost."""
    opted = _opt_out(sim, message)
    strike, owned = sim.faults.strike, sim.own(bare(text.to))
    if delay := strike("delay_webhooks"):
        await sim.timeline.sleep(delay.seconds)
    if strike("lose_webhooks"):
        return None
    form, token = webhook_form(sim, phone, text, message, opted), str(uuid.uuid4())
    copies = 1 + (twice.copies if (twice := strike("duplicate_webhooks")) else 0)
    receipts = await asyncio.gather(
        *(sim.courier.send(owned.sms_url, form, fallback=owned.sms_fallback_url, token=token) for _ in range(copies))
    )
    if receipts[0].error is None:
        _reply(sim, message, _twiml_replies(receipts[0].body))
    return receipts[0]


def webhook_form(sim: Simulation, phone: Phone, text: Text, message: Message, opted: str | None) -> dict[str, str]:
    """Every parameter Twilio posts for this message."""
    source, to = message.from_ or "", message.to
    form = {
        "SmsMessageSid": message.sid, "NumMedia": str(len(message.media)), "SmsSid": message.sid, "SmsStatus": "received",
        "Body": message.body, "To": to, "NumSegments": str(message.num_segments), "MessageSid": message.sid,
        "AccountSid": sim.config.account_sid, "From": source, "ApiVersion": "2010-04-01",
    }
    if text.body is None and text.button_payload is None:
        del form["Body"]
    for i, media in enumerate(message.media):
        form |= {f"MediaUrl{i}": media.url, f"MediaContentType{i}": media.content_type}
    if opted:
        form["OptOutType"] = opted
    if text.channel == "sms":
        for side, number in (("From", source), ("To", to)):
            form |= {f"{side}City": "", f"{side}State": "", f"{side}Zip": "", f"{side}Country": country_of(number)}
        return form
    person = text.from_bsuid or "GB." + bare(source).lstrip("+")
    form |= {"ProfileName": text.profile_name or phone.name or "Me", "MessageType": _kind(text), "ReferralNumMedia": "0"}
    form |= {"ExternalUserId": f"whatsapp:{person}", "ChannelMetadata": json.dumps({"type": "whatsapp", "data": {"context": {}}})}
    if is_e164(bare(source)):
        form["WaId"] = bare(source).lstrip("+")
    if text.button_payload is not None:
        form |= {"ButtonText": message.body, "ButtonPayload": text.button_payload, "ButtonType": "REPLY"}
    if text.latitude is not None:
        form |= {"Latitude": str(text.latitude), "Longitude": str(text.longitude)}
    if message.reply_to:
        form |= {"OriginalRepliedMessageSid": message.reply_to, "OriginalRepliedMessageSender": to}
    return form


def _opt_out(sim: Simulation, message: Message) -> str | None:
    """Twilio's own STOP, START and HELP, if switched on: block, answer in English, and the OptOutType for the webhook."""
    mode, word = sim.faults.stop_keywords, message.body.strip().upper()
    source = message.from_ or ""
    if mode == "advanced":
        kind = _ADVANCED.get(word)
    elif mode == "default" and channel_of(source) == "sms":
        kind = "STOP" if word in _OPT_OUT else "START" if word in _OPT_IN else "HELP" if word in _HELP else None
    else:
        return None
    if kind is None:
        return None
    pair = (source, "*" if mode == "advanced" else message.to)
    if kind == "STOP":
        sim.store.opt_outs.add(pair)
    elif kind == "START":
        sim.store.opt_outs.discard(pair)
    _reply(sim, message, [_REPLIES[kind]])
    return kind if mode == "advanced" else None


def _reply(sim: Simulation, to: Message, bodies: list[str]) -> None:
    """Twilio answers by itself: its own opt-out texts, or <Message> in our TwiML."""
    for body in bodies:
        now = sim.clock.now()
        answer = Message(
            sid=new_sid("SM"), from_=to.to, to=to.from_ or "", body=body, status="queued", direction="outbound-reply", created=now,
            updated=now, num_segments=segments(body).count,
        )
        sim.store.add(answer, sim.store.phone(answer.to))
        sim.delivery.start(answer, None)


def _twiml_replies(body: str) -> list[str]:
    """The texts of <Message> in the answer to our webhook; broken TwiML gives none, as with Twilio."""
    if "<Message" not in body or "<!DOCTYPE" in body:
        return []
    try:
        found = ElementTree.fromstring(body).findall("Message")
    except ElementTree.ParseError:
        return []
    return [text for element in found if (text := (element.findtext("Body") or element.text or "").strip())]


def _kind(text: Text) -> str:
    if text.button_payload is not None:
        return "button"
    if text.latitude is not None:
        return "location"
    return text.media[0][0].partition("/")[0] if text.media else "text"


def _tapped(phone: Phone, payload: str | None) -> tuple[str, str] | None:
    """The words of the newest button with this payload, and the message it belongs to."""
    if payload is None:
        return None
    for message in reversed(phone.thread):
        for button in message.buttons:
            if message.arrived and button["payload"] == payload:
                return button["text"], message.sid
    return payload, ""


def _last_partner(sim: Simulation, phone: Phone, channel: str) -> str:
    """The number this phone would answer: the last one it had to do with on this channel, else the account's first."""
    for message in reversed(phone.thread):
        ours = message.to if message.direction == "inbound" else message.from_ or ""
        if ours and channel_of(ours) == channel:
            return ours
    if sim.store.numbers:
        return next(iter(sim.store.numbers))
    raise TextError('this phone has never heard from a number: name one in "to"')


def _media(item: object) -> tuple[str, str]:
    """(content type, url or "") of "image/jpeg", a URL, or {"url", "content_type"}."""
    if isinstance(item, Mapping):
        url, content_type = item.get("url") or "", item.get("content_type")
    elif isinstance(item, str):
        url, content_type = (item, None) if "://" in item else ("", item)
    else:
        raise TextError('media takes content types, URLs, or {"url", "content_type"}')
    return content_type or mimetypes.guess_type(url)[0] or "application/octet-stream", url
