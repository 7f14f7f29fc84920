"""Is this really Twilio? The signature is checked over all parameters against PUBLIC_URL, with one token or two during rotation."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import ImmutableMultiDict
from starlette.requests import Request
from twilio.request_validator import RequestValidator


class Signatures:
    """Checks X-Twilio-Signature (HMAC-SHA1, constant time, pinned: no header chooses the algorithm or the secret)."""

    def __init__(self, public_url: str, tokens: Sequence[str]):
        self._public = public_url.rstrip("/")
        self._validators = [RequestValidator(token) for token in tokens]

    def valid(self, request: Request, form: ImmutableMultiDict[str, str]) -> bool:
        """True when Twilio signed exactly this. The address is the configured one with the raw path and query, whatever a proxy made of it."""
        signature = request.headers.get("X-Twilio-Signature")
        if not signature:
            return False
        path = request.scope["raw_path"].decode("ascii", "replace")
        query = request.scope["query_string"].decode("ascii", "replace")
        address = self._public + path + (f"?{query}" if query else "")
        # Every token is tried, so the time says nothing about which one fits.
        return any([v.validate(address, form, signature) for v in self._validators])
