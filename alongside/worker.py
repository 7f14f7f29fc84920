"""The worker: short steps, each claiming a little work and finishing it in one transaction, danger first.

Threads: one takes only danger; some take any message; some send, one of them only pages; one looks after check-ins, alerts and the rest of
the house, and another does what has to wait for the provider. A thread that fails says so and goes on; a worker that dies leaves rows whose leases end. On SQLite only one worker runs (a file lock), so every
claimed row found at start is an orphan and is freed at once.
"""

from __future__ import annotations

import fcntl
import logging
import os
import secrets
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from alongside.house import Keeper
from alongside.wiring import House
from casefile.claims import free_orphans
from casefile.database import utc_now
from casefile.models import Alert, Checkin, Inbound, Outbox
from casefile.vocabulary import InboundState, Lane, OutboxState
from checkins.outcomes import delivery_heard
from messaging.run import Post
from triage import named
from triage.language_id import identify
from triage.run import handle_next

log = logging.getLogger(__name__)
IDLE = 0.1
TRIAGE_THREADS = 3
SEND_THREADS = 2


class AlreadyRunning(RuntimeError):
    """On SQLite one worker at a time; another holds the lock."""


class Worker:
    """All threads of one worker process."""

    def __init__(self, house: House):
        self.house = house
        # All texts are there in every language, or nothing starts; and phrase lists and language guesser are warm before the first message
        # (the guesser's statistics, half a second to load, are asked only about several words).
        house.catalogue.keys()
        house.triage.book.hear("how are you all doing today")
        house.triage.wishes.hear("how are you all doing today")
        named.load()
        identify("how are you all doing today", "en")
        if house.reserve is None:
            log.warning("there is no reserve: without the bot only phrase lists are left")
        self.owner = f"w{os.getpid()}-{secrets.token_hex(4)}"
        self.stopping = threading.Event()
        self._lock_file = self._only_one() if house.database.sqlite else None
        # Pages have hands of their own: a provider that is slow with a hundred texts must not hold them up.
        self.post, self.pager = (Post(house.database, house.gateway, house.senders, house.templates, delivery_heard, self.owner,
                                      house.settings.recordings_dir) for _ in range(2))
        self.keeper = Keeper(house, self.owner)

    def _only_one(self) -> TextIO:
        path = Path(str(self.house.database.url.database)).with_suffix(".worker-lock")
        file = path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyRunning("another worker is running on this SQLite database; one is enough") from None
        return file

    def free_orphans(self) -> int:
        """Free what dead workers left behind; returns how many rows."""
        alone, now, freed = self.house.database.sqlite, utc_now(), 0
        with self.house.database.write() as session:
            freed += free_orphans(session, Inbound, now, all_of_them=alone, orphan=Inbound.state == InboundState.WORKING,
                                  back={"state": InboundState.READY})
            # A send that was under way may have reached the provider: its outcome is unknown, never sent again blindly.
            freed += free_orphans(session, Outbox, now, all_of_them=alone, orphan=Outbox.state == OutboxState.SENDING,
                                  back={"state": OutboxState.UNKNOWN, "run_at": now})
            freed += free_orphans(session, Checkin, now, all_of_them=alone, orphan=Checkin.owner.is_not(None), back={})
            freed += free_orphans(session, Alert, now, all_of_them=alone, orphan=Alert.owner.is_not(None), back={})
        return freed

    def run(self) -> None:
        """Work until `stop`."""
        if freed := self.free_orphans():
            log.warning("freed %s pieces of work that a dead worker held", freed)
        steps: list[tuple[str, Callable[[], bool]]] = [("danger", lambda: self._triage([Lane.DANGER]))]
        steps += [(f"triage-{n}", lambda: self._triage(None)) for n in range(TRIAGE_THREADS)]
        steps += [(f"send-{n}", lambda: self._send(self.post, None)) for n in range(SEND_THREADS)]
        steps.append(("pages", lambda: self._send(self.pager, [Lane.DANGER])))
        steps.append(("keeper", lambda: self.keeper.step(utc_now())))
        steps.append(("provider", lambda: self.keeper.ask_provider(utc_now())))
        threads = [threading.Thread(target=self._loop, args=step, name=step[0], daemon=True) for step in steps]
        for thread in threads:
            thread.start()
        log.info("worker %s is ready", self.owner)
        self.stopping.wait()
        for thread in threads:
            thread.join(timeout=10)
        self.post.close()
        self.pager.close()
        if self._lock_file is not None:
            self._lock_file.close()

    def stop(self, *_: object) -> None:
        self.stopping.set()

    def _triage(self, lanes: list[Lane] | None) -> bool:
        return handle_next(self.house.triage, f"{self.owner}-{threading.current_thread().name}", utc_now(), lanes)

    def _send(self, post: Post, lanes: list[Lane] | None) -> bool:
        return post.send_due(utc_now(), f"{self.owner}-{threading.current_thread().name}", lanes) > 0

    def _loop(self, name: str, step: Callable[[], bool]) -> None:
        pause = IDLE
        while not self.stopping.is_set():
            try:
                did = step()
                pause = 0.0 if did else IDLE
            except Exception as error:
                # One bad step must not end the thread; it is said, and tried again a little later.
                log.exception("%s: step failed: %s", name, type(error).__name__)
                pause = min(max(pause, IDLE) * 2, 5.0)
            if pause:
                self.stopping.wait(pause)


def main(house: House) -> None:
    """Run a worker until SIGTERM or SIGINT."""
    worker = Worker(house)
    signal.signal(signal.SIGTERM, worker.stop)
    signal.signal(signal.SIGINT, worker.stop)
    worker.run()
