"""What a simulator is started with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from messaging.simulator.addresses import is_e164

DEMO_ACCOUNT_SID = "AC" + "a10951de" * 4
DEMO_AUTH_TOKEN = "simulator-auth-token-not-a-secret"


@dataclass(frozen=True)
class Config:
    """Frozen settings of one simulator.

    public_url is what webhooks are addressed to and signed for; deliver_url is where they really go when the app listens
    elsewhere (None: the same). Paths are below public_url. numbers are the account's own (empty: any sender is taken and
    becomes the account's). phones are (number, name) pairs shown from the start. pace multiplies every wait of carriers
    and scripted people (0: at once). Seconds are seconds of the simulator's clock, except webhook_timeout_s, which is real.
    Raises ValueError for a value that cannot be used, naming it.
    """

    account_sid: str = DEMO_ACCOUNT_SID
    auth_token: str = DEMO_AUTH_TOKEN
    api_keys: Mapping[str, str] = field(default_factory=dict)
    public_url: str = "http://127.0.0.1:8000"
    deliver_url: str | None = None
    messages_path: str = "/twilio/messages"
    status_path: str = "/twilio/status"
    voice_path: str = "/twilio/voice/incoming"
    messages_fallback_url: str | None = None
    voice_fallback_url: str | None = None
    numbers: tuple[str, ...] = ()
    phones: tuple[tuple[str, str], ...] = ()
    pace: float = 1.0
    clock_factor: float = 1.0
    status_callbacks: bool = True
    read_receipts: bool = True
    approve_templates: bool = True
    webhook_timeout_s: float = 15.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"AC[0-9a-fA-F]{32}", self.account_sid):
            raise ValueError("account_sid must be AC and 32 hexadecimal digits")
        if not self.auth_token:
            raise ValueError("auth_token must not be empty")
        for name in ("public_url", "deliver_url", "messages_fallback_url", "voice_fallback_url"):
            url = getattr(self, name)
            if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
                raise ValueError(f"{name} must be a full http or https address")
        for number in (*self.numbers, *(number for number, _ in self.phones)):
            if not is_e164(number):
                raise ValueError("numbers and phones must be full international numbers such as +447700900123")
        if self.pace < 0 or self.clock_factor <= 0 or self.webhook_timeout_s <= 0:
            raise ValueError("pace must not be negative; clock_factor and webhook_timeout_s must be above zero")

    def webhook(self, path: str) -> str:
        """The public address of one of the app's webhook paths."""
        return self.public_url.rstrip("/") + path
