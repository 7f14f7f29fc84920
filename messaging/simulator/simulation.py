"""One simulator: its settings, clock, memory, faults and way out, in one object."""

import asyncio
from contextlib import suppress
from typing import Any, TypeVar

from starlette.requests import Request

from messaging.simulator.clock import Clock, Timeline
from messaging.simulator.config import Config
from messaging.simulator.courier import Courier
from messaging.simulator.delivery import Delivery
from messaging.simulator.faults import Faults
from messaging.simulator.store import OwnedNumber, Store

T = TypeVar("T")


class Simulation:
    """Everything one simulator is. start() and stop() belong in the server's own event loop."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.clock = Clock(config.clock_factor)
        self.started = self.clock.now()
        self.timeline = Timeline(self.clock)
        self.store = Store()
        self.faults = Faults(seed=config.seed, clock_factor=config.clock_factor)
        self.courier = Courier(config)
        self.delivery = Delivery(config, self.clock, self.timeline, self.store, self.faults, self.courier)
        self.tasks: set[asyncio.Task[Any]] = set()
        for number in config.numbers:
            self.own(number)
        for number, name in config.phones:
            self.store.phone(number).name = name

    def own(self, number: str) -> OwnedNumber:
        """The account's own number of this name, made if new, with the configured webhooks."""
        if number in self.store.numbers:
            return self.store.numbers[number]
        c = self.config
        return self.store.own(
            number, self.clock.now(), c.webhook(c.messages_path), c.messages_fallback_url, c.webhook(c.voice_path), c.voice_fallback_url
        )

    def begin(self, work: asyncio.Task[T]) -> asyncio.Task[T]:
        """Keep a task until it is done."""
        self.tasks.add(work)
        work.add_done_callback(self.tasks.discard)
        return work

    async def start(self) -> None:
        """Open the way out and start the clockwork."""
        await self.courier.open()
        self.begin(asyncio.create_task(self.timeline.run()))
        for _ in range(self.delivery.WORKERS):
            self.begin(asyncio.create_task(self.delivery.work()))

    async def stop(self) -> None:
        """End every call and wait in progress."""
        for task in list(self.tasks):
            task.cancel()
        for task in list(self.tasks):
            with suppress(asyncio.CancelledError):
                await task
        await self.courier.close()


def simulation(request: Request) -> Simulation:
    """The simulator this request came to."""
    found: Simulation = request.app.state.simulation
    return found
