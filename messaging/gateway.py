"""What we ask of a provider and what may come of it. Pure; `twilio_gateway` is the real one.

    GatewayError
    ├── Refused       the provider said no and will say so again: record the code, tell a person where it matters
    │   ├── OptedOut      the person blocked us at the provider (21610): never again on this address
    │   └── Misconfigured our account, number or permission is wrong: staff must mend it, the person is not to blame
    ├── Later         certainly not taken (429, no connection): try again after a while
    └── Ambiguous     it may or may not have been taken (time-out, dropped line, 5xx): never sent again blindly
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from casefile.vocabulary import Channel


class GatewayError(RuntimeError):
    """Sending did not simply succeed. `code` is the provider's, when it gave one."""

    def __init__(self, why: str, code: int | None = None):
        super().__init__(why)
        self.code = code


class Refused(GatewayError):
    """The provider said no, for good."""


class OptedOut(Refused):
    """The person blocked us at the provider."""


class Misconfigured(Refused):
    """Our own account or number is wrong."""


class Later(GatewayError):
    """Certainly not taken; try again later."""


class Ambiguous(GatewayError):
    """May or may not have been taken."""


@dataclass(frozen=True)
class Message:
    """One text to be sent. Numbers are E.164 without prefix; `token` comes back with every status."""

    token: str
    channel: Channel
    to: str
    sender: str
    body: str
    valid_for: int = 3600
    content_sid: str | None = None
    content_variables: str | None = None


@dataclass(frozen=True)
class Call:
    """One call to be made; what is played comes from our voice routes under the same token."""

    token: str
    to: str
    sender: str


@dataclass(frozen=True)
class Accepted:
    """The provider has it."""

    sid: str
    status: str


@dataclass(frozen=True)
class Seen:
    """A message the provider knows of."""

    sid: str
    sender: str
    body: str
    status: str
    error_code: int | None


@dataclass(frozen=True)
class Received:
    """A message the provider took in for one of our numbers; `sender` and `to` as the provider writes them; `at` (UTC) is when it came."""

    sid: str
    sender: str
    to: str
    body: str
    media: int
    at: dt.datetime | None = None


class Gateway(Protocol):
    """A provider."""

    def send(self, message: Message) -> Accepted:
        """Raises a GatewayError."""

    def call(self, call: Call) -> Accepted:
        """Raises a GatewayError."""

    def recent(self, channel: Channel, to: str, since: dt.datetime) -> list[Seen]:
        """What the provider sent to this number since then. Raises GatewayError."""

    def received(self, channel: Channel, our_number: str, since: dt.datetime) -> list[Received]:
        """What people sent to one of our numbers since then. Raises GatewayError."""

    def media(self, sid: str) -> list[dict[str, str]]:
        """The pictures and files that came with a message: `url` and content `type` of each. Raises GatewayError."""

    def redact(self, sid: str) -> None:
        """Remove the provider's copy of a message's words. Raises GatewayError."""

    def remove_media(self, sid: str) -> None:
        """Delete the pictures and files that came with a message. Raises GatewayError."""
