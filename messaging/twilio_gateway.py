"""The only file that knows Twilio's REST API. Time-outs always, the library's retries never (handbook: creates have no idempotency)."""

from __future__ import annotations

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from casefile.vocabulary import Channel
from messaging.gateway import Accepted, Ambiguous, Call, GatewayError, Later, Message, Misconfigured, OptedOut, Received, Refused, Seen

TIMEOUT = 10.0
T = TypeVar("T")
# Twilio's error codes: the person has sent STOP; too much at once, try later; our account or number is at fault. Any other is permanent and goes to
# a person.
_OPTED_OUT = {21610}
_LATER = {20429, 21611, 30001, 63018}
_OURS = {20003, 20404, 21606, 21212, 21659, 21660, 21661, 21408, 21612, 30002, 63112}
# The library prints addresses with numbers in them.
logging.getLogger("twilio.http_client").setLevel(logging.WARNING)


class RebasedHttpClient(TwilioHttpClient):
    """Sends every request to another host (the simulator), naming the one it was meant for."""

    def __init__(self, base: str | None, **options: Any):
        super().__init__(**options)
        self._base = urlsplit(base) if base else None

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        if self._base:
            asked = urlsplit(url)
            kwargs["headers"] = {**(kwargs.get("headers") or {}), "X-Original-Host": asked.netloc}
            url = urlunsplit((self._base.scheme, self._base.netloc, asked.path, asked.query, ""))
        return super().request(method, url, *args, **kwargs)


class TwilioGateway:
    """Twilio, or the simulator at `api_url`. Safe to use from several threads."""

    def __init__(self, *, account_sid: str, auth_token: str, api_url: str | None = None, public_url: str, timeout: float = TIMEOUT):
        http = RebasedHttpClient(api_url, timeout=timeout, max_retries=None)
        if http.session is not None:
            http.session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=32, max_retries=0))
            http.session.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=32, max_retries=0))
        self._client = Client(account_sid, auth_token, http_client=http)
        self._public = public_url.rstrip("/")

    def send(self, message: Message) -> Accepted:
        """Send one text. Raises a GatewayError."""
        asked: dict[str, Any] = {
            "to": _address(message.channel, message.to), "from_": _address(message.channel, message.sender),
            "status_callback": f"{self._public}/twilio/status?ob={message.token}", "validity_period": max(1, min(message.valid_for, 36000)),
        }
        if message.content_sid:
            asked |= {"content_sid": message.content_sid, "content_variables": message.content_variables or "{}"}
        else:
            asked["body"] = message.body
        made = _asked(lambda: self._client.messages.create(**asked))
        return Accepted(str(made.sid), str(made.status))

    def call(self, call: Call) -> Accepted:
        """Ring once, with synchronous answering-machine detection; a hang-up is the answer to any fault of ours. Raises a GatewayError."""
        made = _asked(lambda: self._client.calls.create(
            to=call.to, from_=call.sender, url=f"{self._public}/twilio/voice/open?ob={call.token}", method="POST",
            fallback_url=f"{self._public}/twilio/voice/hangup", fallback_method="POST",
            status_callback=f"{self._public}/twilio/voice/status?ob={call.token}",
            status_callback_event=["initiated", "ringing", "answered", "completed"], timeout=20, time_limit=180,
            machine_detection="Enable", machine_detection_timeout=8, record=False))
        return Accepted(str(made.sid), str(made.status))

    def recent(self, channel: Channel, to: str, since: dt.datetime) -> list[Seen]:
        """What Twilio sent to this number since then. Raises GatewayError."""
        if channel is Channel.VOICE:
            calls = _asked(lambda: self._client.calls.list(to=to, start_time_after=since, limit=200))
            return [Seen(str(c.sid), str(c._from), "", str(c.status), None) for c in calls]
        found = _asked(lambda: self._client.messages.list(to=_address(channel, to), date_sent_after=since, limit=200))
        return [Seen(str(m.sid), str(m.from_).removeprefix("whatsapp:"), m.body or "", str(m.status),
                     int(m.error_code) if m.error_code else None) for m in found]

    def received(self, channel: Channel, our_number: str, since: dt.datetime) -> list[Received]:
        """What people sent to one of our numbers since then. Raises GatewayError."""
        found = _asked(lambda: self._client.messages.list(to=_address(channel, our_number), date_sent_after=since, limit=1000))
        return [Received(str(m.sid), str(m.from_), str(m.to), m.body or "", int(m.num_media or 0), m.date_created)
                for m in found if m.direction == "inbound"]

    def media(self, sid: str) -> list[dict[str, str]]:
        """The pictures and files that came with a message, as its webhook would have named them. Raises GatewayError."""
        found = _asked(lambda: self._client.messages(sid).media.list())
        return [{"url": f"https://api.twilio.com{str(m.uri).removesuffix('.json')}", "type": str(m.content_type)} for m in found]

    def redact(self, sid: str) -> None:
        """Empty the provider's copy of a message. Raises GatewayError."""
        _asked(lambda: self._client.messages(sid).update(body=""))

    def remove_media(self, sid: str) -> None:
        """Delete what came with a message: Twilio keeps it when the words are emptied. Raises a GatewayError."""
        for media in _asked(lambda: self._client.messages(sid).media.list()):
            _asked(media.delete)

    def check(self, senders: list[str]) -> list[str]:
        """What is wrong with the account and our numbers, one line each; empty when all is well."""
        try:
            account = _asked(lambda: self._client.api.accounts(self._client.account_sid).fetch())
            if str(account.status) != "active":
                return [f"Twilio says the account is {account.status}"]
            owned = {n.phone_number: n for n in _asked(lambda: self._client.incoming_phone_numbers.list(limit=200))}
        except GatewayError as error:
            return [f"Twilio cannot be used: {error}"]
        wanted, rung = f"{self._public}/twilio/messages", f"{self._public}/twilio/voice/incoming"
        wrong = [f"the number ending {s[-3:]} does not belong to the account" for s in senders if s not in owned]
        wrong += [f"the number ending {s[-3:]} does not send its messages here: set its webhook to {wanted} (POST)"
                  for s in senders if s in owned and (owned[s].sms_url or "").split("#")[0] != wanted]
        wrong += [f"who rings the number ending {s[-3:]} reaches nobody, and nobody is told: set its voice webhook to {rung} (POST)"
                  for s in senders if s in owned and (owned[s].voice_url or "").split("#")[0] != rung]
        return wrong


def _address(channel: Channel, number: str) -> str:
    return f"whatsapp:{number}" if channel is Channel.WHATSAPP else number


def _asked(work: Callable[[], T]) -> T:
    """Do it and turn every failure into the error tree; no exception text of the library (it holds numbers) goes further."""
    try:
        return work()
    except TwilioRestException as error:
        _said_no(error)
    except requests.exceptions.ConnectTimeout:
        raise Later("no connection to the provider") from None
    except requests.exceptions.ConnectionError as error:
        # Refused, unresolved or not trusted: nothing left this machine. Anything else may have been read, also a secure line that broke.
        if any(sign in repr(error) for sign in ("NewConnectionError", "NameResolutionError", "CERTIFICATE_VERIFY_FAILED", "Cannot connect to proxy")):
            raise Later("no connection to the provider") from None
        raise Ambiguous("the line dropped") from None
    except requests.exceptions.RequestException:
        raise Ambiguous("no answer in time") from None
    except (TwilioException, ValueError):
        raise Ambiguous("the provider's answer cannot be read") from None


def _said_no(error: TwilioRestException) -> NoReturn:
    code = int(error.code) if error.code else None
    if error.status == 429 or code in _LATER:
        raise Later("the provider asks us to wait", code) from None
    if error.status >= 500:
        raise Ambiguous(f"the provider failed with {error.status}", code) from None
    if code in _OPTED_OUT:
        raise OptedOut("the person blocked us at the provider", code) from None
    if code in _OURS or error.status in (401, 403):
        raise Misconfigured(f"the provider refuses our account or number ({code or error.status})", code) from None
    raise Refused(f"the provider refuses this message ({code or error.status})", code) from None
