"""Simulated time: it may run faster than real time or be moved forward, and it knows what is due when."""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

log = logging.getLogger(__name__)


class Clock:
    """Time in this simulator. now() is timezone-aware UTC; a factor of 60 makes a minute pass each second."""

    def __init__(self, factor: float = 1.0) -> None:
        self.factor = factor
        self._start = datetime.now(UTC)
        self._elapsed = 0.0
        self._since = time.monotonic()

    def seconds(self) -> float:
        """Simulated seconds since the start."""
        return self._elapsed + (time.monotonic() - self._since) * self.factor

    def now(self) -> datetime:
        """The simulated moment, UTC."""
        return self._start + timedelta(seconds=self.seconds())

    def run_at(self, factor: float) -> None:
        """From now on run this many times as fast as real time."""
        self._elapsed, self._since, self.factor = self.seconds(), time.monotonic(), factor

    def advance(self, seconds: float) -> None:
        """Jump forward by this many simulated seconds."""
        self._elapsed += seconds


class Timeline:
    """Does things when the clock reaches their moment. One task runs it; a changed clock wakes it with poke()."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._wake = asyncio.Event()

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Call action once, this many simulated seconds from now."""
        heapq.heappush(self._due, (self.clock.seconds() + seconds, next(self._count), action))
        self._wake.set()

    async def sleep(self, seconds: float) -> None:
        """Wait this many simulated seconds."""
        if seconds <= 0:
            return
        done = asyncio.get_running_loop().create_future()

        def finish() -> None:
            if not done.done():
                done.set_result(None)

        self.after(seconds, finish)
        await done

    def poke(self) -> None:
        """Look again: the clock was changed."""
        self._wake.set()

    async def run(self) -> None:
        """Run for ever."""
        while True:
            self._wake.clear()
            for _ in range(200):  # then let requests through
                if not self._due or self._due[0][0] > self.clock.seconds():
                    break
                try:
                    heapq.heappop(self._due)[2]()
                except Exception:
                    log.exception("a due step of the simulator failed")
            wait = None if not self._due else max(0.0, (self._due[0][0] - self.clock.seconds()) / self.clock.factor)
            with suppress(TimeoutError):  # asyncio.timeout, not wait_for, whose 3.11 form can lose a cancellation
                async with asyncio.timeout(wait):
                    await self._wake.wait()
