"""Posts signed webhooks the way Twilio does: its time limits, its retry policy, its fallback URL.

By Twilio's default a webhook is tried again once, and only when no connection could be made; a 500 or a slow answer is
not. The URL's fragment may say otherwise (#rc=2&rp=all&ct=2000&rt=5000&tt=15000). A webhook leaves this machine only
for the public_url's own host: nothing typed into a simulated phone goes anywhere else.
"""

import ipaddress
import time
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from messaging.simulator.config import Config

CONNECT_FAILED, HTTP_FAILED, TIMED_OUT = 11205, 11200, 11206
_RETRIED_BY = {CONNECT_FAILED: "ct", TIMED_OUT: "rt"}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came of one webhook. status is the last HTTP status (None: no answer); error is Twilio's code or None."""

    url: str
    status: int | None
    milliseconds: float
    body: str = ""
    content_type: str = ""
    attempts: int = 1
    error: int | None = None
    by_fallback: bool = False


@dataclass(frozen=True, slots=True)
class _Policy:
    retries: int
    kinds: frozenset[str]
    connect_s: float
    read_s: float
    total_s: float

    def allows(self, error: int, status: int | None) -> bool:
        kind = _RETRIED_BY.get(error) or ("5xx" if (status or 0) >= 500 else "4xx")
        return kind in self.kinds or "all" in self.kinds


class Courier:
    """The only way out of the simulator. Open it inside a running event loop and close it after."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._signer = RequestValidator(config.auth_token)
        self._session: aiohttp.ClientSession | None = None
        self._public_host = urlsplit(config.public_url).hostname

    async def open(self) -> None:
        """Start. Idle connections are dropped before an app server's usual 5 s limit."""
        self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64, keepalive_timeout=2), cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        """Stop."""
        if self._session is not None:
            await self._session.close()

    def may_call(self, url: str) -> bool:
        """Whether a webhook may go there: a loopback address, or the app's own public host."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return False
        if parts.hostname in ("localhost", self._public_host):
            return True
        try:
            return ipaddress.ip_address(parts.hostname).is_loopback
        except ValueError:
            return False

    async def send(self, url: str, params: dict[str, str], *, method: str = "POST", voice: bool = False, fallback: str | None = None, fallback_method: str = "POST", token: str | None = None) -> Receipt:
        """Deliver one webhook, then to the fallback URL (with ErrorCode and ErrorUrl) if that failed.

        token is the idempotency token: the same for every copy of one webhook.
        """
        token = token or str(uuid.uuid4())
        receipt = await self._with_retries(url, params, method, voice, token)
        if receipt.error is None or not fallback:
            return receipt
        told = params | {"ErrorCode": str(receipt.error), "ErrorUrl": url}
        second = await self._with_retries(fallback, told, fallback_method, voice, token)
        return Receipt(second.url, second.status, receipt.milliseconds + second.milliseconds, second.body, second.content_type,
                       receipt.attempts + second.attempts, second.error, by_fallback=True)

    async def _with_retries(self, url: str, params: dict[str, str], method: str, voice: bool, token: str) -> Receipt:
        policy = _policy(url, self._config.webhook_timeout_s)
        started = time.monotonic()
        attempts = 0
        while True:
            attempts += 1
            left = policy.total_s - (time.monotonic() - started)
            status, body, content_type, error = await self._once(url, params, method, voice, token, policy, left)
            if error is None or attempts > policy.retries or left <= 0 or not policy.allows(error, status):
                return Receipt(url, status, round((time.monotonic() - started) * 1000, 1), body, content_type, attempts, error)

    async def _once(self, url: str, params: dict[str, str], method: str, voice: bool, token: str, policy: _Policy, left_s: float) -> tuple[int | None, str, str, int | None]:
        if self._session is None or not self.may_call(url) or left_s <= 0:
            return None, "", "", CONNECT_FAILED
        signed, form = signed_request(url, params, method, voice)
        headers = {
            "X-Twilio-Signature": self._signer.compute_signature(signed, form),
            "I-Twilio-Idempotency-Token": token,
            "User-Agent": "TwilioProxy/1.1",
            "Accept": "*/*",
        }
        data = None
        if method != "GET":
            data, headers["Content-Type"] = urlencode(form).encode(), "application/x-www-form-urlencoded; charset=UTF-8"
        limits = aiohttp.ClientTimeout(total=left_s, sock_connect=min(policy.connect_s, left_s), sock_read=policy.read_s)
        target = URL(self._real(signed), encoded=True)
        try:
            async with self._session.request(method, target, data=data, headers=headers, timeout=limits, allow_redirects=False) as answer:
                body = await answer.text(errors="replace")
                return answer.status, body, answer.content_type, None if 200 <= answer.status < 300 else HTTP_FAILED
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return None, "", "", CONNECT_FAILED
        except TimeoutError:
            return None, "", "", TIMED_OUT
        except (aiohttp.ClientError, OSError):
            return None, "", "", HTTP_FAILED

    def _real(self, url: str) -> str:
        """Where an app that is not at its public address really listens."""
        public, real = self._config.public_url.rstrip("/"), self._config.deliver_url
        return real.rstrip("/") + url[len(public) :] if real and url.startswith(public) else url


def signed_request(url: str, params: dict[str, str], method: str, voice: bool) -> tuple[str, dict[str, str]]:
    """The URL as Twilio signs and calls it, and the form that goes with it.

    Fragment and user:password are left out; voice drops the port of an https URL; a GET carries its parameters in the query.
    """
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    if voice and parts.scheme == "https" and parts.port:
        netloc = netloc.rpartition(":")[0]
    if method == "GET":
        query = "&".join(filter(None, (parts.query, urlencode(params))))
        return urlunsplit((parts.scheme, netloc, parts.path, query, "")), {}
    return urlunsplit((parts.scheme, netloc, parts.path, parts.query, "")), params


def _policy(url: str, total_s: float) -> _Policy:
    given = dict(parse_qsl(urlsplit(url).fragment))
    try:
        numbers = {key: int(given.get(key, default)) for key, default in (("rc", 1), ("ct", 5000), ("rt", 15000), ("tt", 15000))}
    except ValueError:
        numbers = {"rc": 1, "ct": 5000, "rt": 15000, "tt": 15000}
    kinds = frozenset(given.get("rp", "ct").split(","))
    limit = min(numbers["tt"] / 1000, 15.0, total_s)
    return _Policy(min(max(numbers["rc"], 0), 5), kinds, min(numbers["ct"] / 1000, 10.0), min(numbers["rt"] / 1000, 15.0), limit)
