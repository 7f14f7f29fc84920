"""A small load generator: prepared requests over kept-alive loopback connections, as many at once as asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from twilio.request_validator import RequestValidator


@dataclass(frozen=True)
class Load:
    """What a run of requests took. Times are milliseconds."""

    count: int
    per_second: float
    p50: float
    p99: float
    statuses: dict[int, int]


def signed_form(public_url: str, path: str, token: str, fields: dict[str, str]) -> bytes:
    """One POST of Twilio's, ready to be written to a socket."""
    host = urlsplit(public_url).netloc
    signature = RequestValidator(token).compute_signature(public_url + path, fields)
    body = urlencode(fields).encode()
    head = (f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            f"X-Twilio-Signature: {signature}\r\nContent-Length: {len(body)}\r\n\r\n")
    return head.encode() + body


def message(sid: str, sender: str, to: str, body: str, account: str) -> dict[str, str]:
    """The fields of a received text, as many as Twilio sends."""
    return {"ToCountry": "GB", "ToState": "", "SmsMessageSid": sid, "NumMedia": "0", "ToCity": "", "FromZip": "", "SmsSid": sid, "FromState": "",
            "SmsStatus": "received", "FromCity": "", "Body": body, "FromCountry": "GB", "To": to, "ToZip": "", "NumSegments": "1", "MessageSid": sid,
            "AccountSid": account, "From": sender, "ApiVersion": "2010-04-01"}


async def _client(host: str, port: int, requests: list[bytes], times: list[float], statuses: dict[int, int]) -> None:
    reader, writer = await asyncio.open_connection(host, port)
    while requests:
        request = requests.pop()
        began = time.perf_counter()
        writer.write(request)
        await writer.drain()
        head = await reader.readuntil(b"\r\n\r\n")
        lower = head.lower()
        if b"content-length:" in lower:
            await reader.readexactly(int(lower.split(b"content-length:")[1].split(b"\r\n")[0]))
        times.append((time.perf_counter() - began) * 1000)
        status = int(head.split(b" ", 2)[1])
        statuses[status] = statuses.get(status, 0) + 1
        if b"connection: close" in lower:
            writer.close()
            reader, writer = await asyncio.open_connection(host, port)
    writer.close()


def percentile(times: Sequence[float], share: float) -> float:
    """The time that so large a share of all stay below."""
    return sorted(times)[int(len(times) * share)]


def run(url: str, requests: Sequence[bytes], clients: int) -> Load:
    """Send every request once, `clients` at a time."""
    parts = urlsplit(url)
    waiting, times, statuses = list(requests), [], {}

    async def all_clients() -> None:
        await asyncio.gather(*(_client(parts.hostname or "", parts.port or 80, waiting, times, statuses) for _ in range(clients)))

    began = time.perf_counter()
    asyncio.run(all_clients())
    took = time.perf_counter() - began
    return Load(len(times), len(times) / took, percentile(times, 0.5), percentile(times, 0.99), statuses)
