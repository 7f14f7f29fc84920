"""What becomes of an accepted message: its statuses in time, and the signed callbacks that tell the app."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from messaging.simulator.addresses import bare, channel_of
from messaging.simulator.clock import Clock, Timeline
from messaging.simulator.config import Config
from messaging.simulator.courier import Courier
from messaging.simulator.errors import DELIVERY
from messaging.simulator.faults import Faults
from messaging.simulator.store import Message, Store

log = logging.getLogger(__name__)

_FAIL_AT_ONCE = frozenset({21610, 30001, 30002})  # "failed": never left Twilio. The rest are "undelivered".


@dataclass(frozen=True, slots=True)
class Step:
    """After so many seconds the message takes `status` (if any) and `reports` are called back, in this order."""

    after_s: float
    status: str | None
    reports: tuple[str, ...]
    error_code: int | None = None


def journey(channel: str, pace: float, *, error: int | None = None, late_s: float = 0.0, receipts: bool = True, read: bool = True) -> list[Step]:
    """The statuses a message goes through after its first. Pure. pace scales the usual waits; late_s is added as it is."""
    to_sent, to_delivered, to_read = 0.3 * pace, 0.7 * pace + late_s, 1.5 * pace
    if error in _FAIL_AT_ONCE:
        return [Step(to_sent, "failed", ("failed",), error)]
    if error is not None and error >= 63000:
        return [Step(to_sent, "undelivered", ("undelivered",), error)]
    sent = Step(to_sent, "sent", ("sent",))
    if error is not None:
        return [sent, Step(to_delivered, "undelivered", ("undelivered",), error)]
    if not receipts:
        return [sent]
    seen = [Step(to_read, "read", ("read",))] if channel == "whatsapp" and read else []
    return [sent, Step(to_delivered, "delivered", ("delivered",)), *seen]


def disturbed(steps: Sequence[Step], *, reorder: bool = False, copies: int = 0, lose: bool = False) -> list[Step]:
    """The same statuses, told wrongly: in reverse at the end, more than once, or not at all. Pure."""
    if lose:
        return [replace(step, reports=()) for step in steps]
    told = [report for step in steps for report in step.reports]
    result = list(steps)
    if reorder:
        result = [replace(step, reports=()) for step in steps[:-1]] + [replace(steps[-1], reports=tuple(reversed(told)))]
    return [replace(step, reports=tuple(r for r in step.reports for _ in range(copies + 1))) for step in result]


class Delivery:
    """Carries messages to phones. work() runs in WORKERS tasks; each message's callbacks go one after the other."""

    WORKERS = 16

    def __init__(self, config: Config, clock: Clock, timeline: Timeline, store: Store, faults: Faults, courier: Courier) -> None:
        self._config, self._clock, self._timeline = config, clock, timeline
        self._store, self._faults, self._courier = store, faults, courier
        self._queue: asyncio.Queue[tuple[Message, list[Step], int]] = asyncio.Queue()
        self._first_told: dict[str, asyncio.Future[None]] = {}
        self._busy = 0
        self.callbacks_on = config.status_callbacks

    def start(self, message: Message, error: int | None) -> bool:
        """Send it on its way; error is why it will not arrive, or None. Says whether any callback will come of it."""
        config, channel = self._config, channel_of(message.to)
        steps = journey(channel, config.pace, error=error, read=config.read_receipts)
        if self._faults.chances:
            steps = self._troubled(channel, error)
        self._next(message, steps, 0)
        return self._tells(message) and any(step.reports for step in steps)

    async def start_and_tell(self, message: Message, error: int | None) -> None:
        """Send it on its way and return only when its first callback has been made."""
        told = self._first_told[message.sid] = asyncio.get_running_loop().create_future()
        if self.start(message, error):
            await told
        self._first_told.pop(message.sid, None)

    def _troubled(self, channel: str, error: int | None) -> list[Step]:
        strike = self._faults.strike
        late, duplicate = strike("late_delivery"), strike("duplicate_statuses")
        late_s, receipts = late.seconds if late else 0.0, strike("no_receipts") is None
        steps = journey(channel, self._config.pace, error=error, late_s=late_s, receipts=receipts, read=self._config.read_receipts)
        reorder, lose = strike("reorder_statuses") is not None, strike("lose_statuses") is not None
        return disturbed(steps, reorder=reorder, copies=duplicate.copies if duplicate else 0, lose=lose)

    def _tells(self, message: Message) -> bool:
        return message.status_callback is not None and self.callbacks_on

    def _next(self, message: Message, steps: list[Step], at: int) -> None:
        if at < len(steps):
            if steps[at].after_s > 0:
                self._timeline.after(steps[at].after_s, lambda: self._due(message, steps, at))
            else:
                self._due(message, steps, at)

    def _due(self, message: Message, steps: list[Step], at: int) -> None:
        if message.status == "canceled":
            return
        step, now = steps[at], self._clock.now()
        if step.status is not None:
            message.status, message.error_code, message.updated = step.status, step.error_code, now
            if step.status == "sent" or message.sent is None:
                message.sent = now
            if step.status == "delivered" or (step.status == "sent" and at == len(steps) - 1):
                message.arrived = now  # without receipts it arrives all the same
            self._store.touch(self._store.phone(message.to))
        if not step.reports or not self._tells(message):
            self._next(message, steps, at + 1)
        elif delay := self._faults.strike("delay_statuses"):  # only the telling is late; the message goes on
            late = (message, [Step(0, None, step.reports)], 0)
            self._timeline.after(delay.seconds, lambda: self._queue.put_nowait(late))
            self._next(message, steps, at + 1)
        else:
            self._queue.put_nowait((message, steps, at))

    async def work(self) -> None:
        """Make callbacks for ever."""
        while True:
            message, steps, at = await self._queue.get()
            self._busy += 1
            try:
                for status in steps[at].reports:
                    await self._courier.send(message.status_callback or "", status_form(self._config.account_sid, message, status, self._clock))
            except Exception:
                log.exception("a simulated status callback broke off")
            finally:
                if (told := self._first_told.pop(message.sid, None)) and not told.done():
                    told.set_result(None)
                self._busy -= 1
                self._next(message, steps, at + 1)

    @property
    def idle(self) -> bool:
        """Whether no callback waits or is being made (later steps may still be due)."""
        return self._queue.empty() and self._busy == 0

    def cancel(self, message: Message) -> None:
        """A scheduled message is called off; this is the one status told without having been sent."""
        message.status, message.updated = "canceled", self._clock.now()
        if self._tells(message):
            self._queue.put_nowait((message, [Step(0, None, ("canceled",))], 0))


def status_form(account_sid: str, message: Message, status: str, clock: Clock) -> dict[str, str]:
    """The form of one status callback, as Twilio posts it for this channel."""
    form = {
        "SmsSid": message.sid, "SmsStatus": status, "MessageStatus": status, "To": message.to, "MessageSid": message.sid,
        "AccountSid": account_sid, "From": message.from_ or "", "ApiVersion": "2010-04-01",
    }
    if message.service_sid:
        form["MessagingServiceSid"] = message.service_sid
    if status in ("failed", "undelivered") and message.error_code:
        form |= {"ErrorCode": str(message.error_code), "ErrorMessage": DELIVERY.get(message.error_code, "Unknown error")}
    if channel_of(message.to) == "whatsapp":
        form |= {"ChannelPrefix": "whatsapp", "ChannelInstallSid": "XE" + account_sid[2:], "ChannelToAddress": bare(message.to)[:-4] + "XXXX"}
        form |= {"ChannelStatusMessage": DELIVERY.get(message.error_code, "")} if message.error_code else {}
        form |= {"EventType": status.upper()} if status in ("read", "delivered") else {}
    elif status in ("delivered", "undelivered"):
        form["RawDlrDoneDate"] = clock.now().strftime("%y%m%d%H%M")
    return form
