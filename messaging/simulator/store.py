"""What the simulator remembers, all of it in memory: messages, calls, phones, numbers, templates, opt-outs, windows."""

from __future__ import annotations

import asyncio
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from messaging.simulator.addresses import bare, is_e164, new_sid, on_channel

WINDOW = timedelta(hours=24)
FINAL = frozenset({"delivered", "undelivered", "failed", "canceled", "read", "received"})


@dataclass(slots=True)
class Media:
    """One attached file of a message."""

    sid: str
    content_type: str
    url: str


@dataclass(slots=True)
class Message:
    """A message in either direction. Times are aware UTC of the simulator's clock."""

    sid: str
    from_: str | None
    to: str
    body: str
    status: str
    direction: str
    created: datetime
    updated: datetime
    sent: datetime | None = None
    error_code: int | None = None
    media: list[Media] = field(default_factory=list)
    service_sid: str | None = None
    status_callback: str | None = None
    content_sid: str | None = None
    buttons: list[dict[str, str]] = field(default_factory=list)
    num_segments: int = 1
    arrived: datetime | None = None
    seq: int = 0
    reply_to: str | None = None


@dataclass(slots=True)
class Call:
    """A call in either direction, and what was heard in it."""

    sid: str
    from_: str
    to: str
    direction: str
    created: datetime
    updated: datetime
    status: str = "queued"
    url: str | None = None
    method: str = "POST"
    twiml: str | None = None
    fallback_url: str | None = None
    fallback_method: str = "POST"
    status_callback: str | None = None
    status_callback_method: str = "POST"
    status_events: tuple[str, ...] = ("completed",)
    timeout_s: int = 60
    machine_detection: str | None = None
    async_amd: bool = False
    async_amd_callback: str | None = None
    answered_by: str | None = None
    started: datetime | None = None
    ended: datetime | None = None
    heard: list[dict[str, Any]] = field(default_factory=list)
    reports: int = 0
    pressed: str = ""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    decision: str | None = None
    task: asyncio.Task[None] | None = None

    @property
    def person(self) -> str:
        """The number of the phone in this call, whoever rang."""
        return self.from_ if self.direction == "inbound" else self.to

    @property
    def duration_s(self) -> int | None:
        """Whole seconds the two were connected, at least 1; None if they never were or still are."""
        if self.started is None or self.ended is None:
            return None
        return max(1, round((self.ended - self.started).total_seconds()))


@dataclass(slots=True)
class VoiceHabit:
    """How a phone takes calls; keys are what is pressed at each question in turn."""

    answer: str = "by-hand"
    keys: tuple[str, ...] = ()
    delay_s: float = 2.0


@dataclass(slots=True)
class Phone:
    """A person's phone. changed is the store's version when anything about it last changed."""

    number: str
    name: str = ""
    thread: list[Message] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    voice: VoiceHabit = field(default_factory=VoiceHabit)
    bsuid: str | None = None
    changed: int = 0


@dataclass(slots=True)
class OwnedNumber:
    """One of the account's own numbers and its webhooks."""

    sid: str
    number: str
    created: datetime
    sms_url: str
    sms_fallback_url: str | None
    voice_url: str
    voice_fallback_url: str | None
    friendly_name: str


@dataclass(slots=True)
class Template:
    """A Content template and its WhatsApp approval ("unsubmitted" until asked for)."""

    sid: str
    friendly_name: str
    language: str
    variables: dict[str, str]
    types: dict[str, Any]
    created: datetime
    updated: datetime
    status: str = "unsubmitted"
    name: str = ""
    category: str = ""
    rejection_reason: str = ""


class Store:
    """The simulator's memory. Lists of messages are in order of creation (seq)."""

    def __init__(self) -> None:
        self.messages: dict[str, Message] = {}
        self.order: list[Message] = []
        self.by_to: dict[str, list[Message]] = {}
        self.by_from: dict[str, list[Message]] = {}
        self.calls: dict[str, Call] = {}
        self.phones: dict[str, Phone] = {}
        self.numbers: dict[str, OwnedNumber] = {}
        self.templates: dict[str, Template] = {}
        self.opt_outs: set[tuple[str, str]] = set()
        self.windows: dict[tuple[str, str], datetime] = {}
        self.bsuids: dict[str, str] = {}
        self.version = 0
        self._seq = 0

    def next_seq(self) -> int:
        """A number above all earlier ones, for order."""
        self._seq += 1
        return self._seq

    def phone(self, address: str) -> Phone:
        """The phone at this number, channel address or BSUID; it is made when first heard of."""
        rest = bare(address)
        number = self.bsuids.get(rest, rest)
        found = self.phones.get(number)
        if found is None:
            found = self.phones[number] = Phone(number)
            self.touch(found)
        return found

    def touch(self, phone: Phone) -> None:
        """Note that something about this phone changed."""
        self.version += 1
        phone.changed = self.version

    def hide_number(self, number: str, bsuid: str) -> None:
        """This person's WhatsApp now shows a BSUID instead of the number."""
        self.bsuids[bsuid] = number
        self.phone(number).bsuid = bsuid

    def add(self, message: Message, phone: Phone) -> None:
        """Remember a message and put it on the phone's thread."""
        message.seq = self.next_seq()
        self.messages[message.sid] = message
        self.order.append(message)
        self.by_to.setdefault(message.to, []).append(message)
        if message.from_ is not None:
            self.by_from.setdefault(message.from_, []).append(message)
        phone.thread.append(message)
        self.touch(phone)

    def delete(self, message: Message) -> None:
        """Forget a message as Twilio does on DELETE; the phone keeps what it received."""
        del self.messages[message.sid]
        for found in (self.order, self.by_to[message.to], self.by_from.get(message.from_ or "", [])):
            at = bisect_left(found, message.seq, key=lambda m: m.seq)
            if at < len(found) and found[at] is message:
                del found[at]

    def newest_first(self, found: list[Message], before_seq: int | None) -> Iterator[Message]:
        """Walk back through a list in order of creation, from before this seq (None: from the newest)."""
        at = len(found) if before_seq is None else bisect_left(found, before_seq, key=lambda m: m.seq)
        return (found[i] for i in range(at - 1, -1, -1))

    def own(self, number: str, created: datetime, sms_url: str, fallback: str | None, voice_url: str, voice_fallback: str | None) -> OwnedNumber:
        """Make this number one of the account's own."""
        owned = OwnedNumber(new_sid("PN"), number, created, sms_url, fallback, voice_url, voice_fallback, number)
        self.numbers[number] = owned
        return owned

    def window_open(self, number: str, sender: str, now: datetime) -> bool:
        """Whether this phone wrote to this WhatsApp sender within the last 24 hours."""
        last = self.windows.get((number, sender))
        return last is not None and now - last < WINDOW

    def addresses_of(self, phone: Phone) -> set[str]:
        """Every address this phone's messages may carry."""
        found = {phone.number, on_channel(phone.number, "whatsapp")} if is_e164(phone.number) else set()
        return found | ({on_channel(phone.bsuid, "whatsapp")} if phone.bsuid else set())
