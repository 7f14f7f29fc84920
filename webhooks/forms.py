"""Twilio's forms, read as they were sent: nothing trimmed, empty fields kept (the signature is over all of it)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request

from casefile.numbers import split_address
from casefile.vocabulary import Channel

LARGEST = 64 * 1024


class FormWrong(ValueError):
    """The form cannot be taken; `status` is the HTTP answer."""

    def __init__(self, why: str, status: int = 400):
        super().__init__(why)
        self.status = status


async def read(request: Request) -> ImmutableMultiDict[str, str]:
    """The form's fields. Raises FormWrong for one that is too large or not a form."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise FormWrong("not a form", 415)
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > LARGEST:
            raise FormWrong("too large", 413)
    try:
        pairs = parse_qsl(body.decode("ascii", "replace"), keep_blank_values=True, encoding="utf-8", errors="replace", max_num_fields=500)
    except ValueError:
        raise FormWrong("too many fields") from None
    return ImmutableMultiDict(pairs)


@dataclass(frozen=True)
class InboundForm:
    """A received message. `sender` and `to` are without channel prefix; `extras` holds what is not words."""

    sid: str
    channel: Channel
    sender: str
    to: str
    body: str
    external_user: str | None = None
    opt_out_type: str | None = None
    extras: dict[str, Any] = field(default_factory=dict)


def inbound(form: ImmutableMultiDict[str, str]) -> InboundForm:
    """Understand a message form. Raises FormWrong when it has no id or sender."""
    sid, sender = form.get("MessageSid") or form.get("SmsSid") or "", form.get("From") or ""
    if not sid or not sender or len(sid) > 64:
        raise FormWrong("no message id or sender")
    channel, address = split_address(sender)
    external = form.get("ExternalUserId")
    return InboundForm(
        sid=sid, channel=channel, sender=address, to=split_address(form.get("To") or "")[1], body=form.get("Body") or "",
        external_user=split_address(external)[1] if external else None,
        opt_out_type=(form.get("OptOutType") or "")[:10] or None, extras=_extras(form))


def incoming_call(form: ImmutableMultiDict[str, str]) -> InboundForm:
    """Somebody rings our number: a message without words. Raises FormWrong when the form has no id."""
    sid = form.get("CallSid") or ""
    if not sid or len(sid) > 64:
        raise FormWrong("no call id")
    return InboundForm(sid=sid, channel=Channel.VOICE, sender=form.get("From") or "withheld", to=form.get("To") or "", body="",
                       extras={"attachment": "a call to our number"})


def enclosed(media: list[dict[str, str]]) -> dict[str, Any]:
    """The extras of what came with a message: `url` and content `type` of each file, at least one."""
    return {"media": media, "attachment": "a voice note" if media[0]["type"].startswith("audio/") else "a picture or file"}


def _extras(form: ImmutableMultiDict[str, str]) -> dict[str, Any]:
    """Pictures, places, buttons and references; city fields are a look-up of the number and are not kept."""
    extras: dict[str, Any] = {}
    count = form.get("NumMedia") or "0"
    media = [{"url": form.get(f"MediaUrl{n}", ""), "type": form.get(f"MediaContentType{n}", "")}
             for n in range(min(int(count) if count.isdigit() else 0, 10)) if form.get(f"MediaUrl{n}")]
    if media:
        extras |= enclosed(media)
    if form.get("Latitude") and form.get("Longitude"):
        extras["place"] = {name: form[field] for name, field in (("latitude", "Latitude"), ("longitude", "Longitude"), ("address", "Address"),
                                                                 ("label", "Label")) if form.get(field)}
        extras["attachment"] = "a place"
    for name, field_name in (("button", "ButtonPayload"), ("reply_to", "OriginalRepliedMessageSid"), ("list", "ListId"), ("profile", "ProfileName")):
        if form.get(field_name):
            extras[name] = form[field_name]
    if form.get("Forwarded") == "true" or form.get("FrequentlyForwarded") == "true":
        extras["forwarded"] = True
    return extras
