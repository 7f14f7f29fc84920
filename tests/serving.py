"""An app in a thread of the test's own process, reached over real HTTP."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI


@contextmanager
def serving(app: FastAPI, port: int) -> Iterator[None]:
    """Serve on loopback for as long as the block lasts. Raises RuntimeError if it does not start."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_config=None, access_log=False, timeout_graceful_shutdown=1))
    thread = threading.Thread(target=server.run, name="app", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the app did not start")
            time.sleep(0.005)
        yield
    finally:
        server.should_exit = True
        thread.join(10)


def until(seen: Callable[[], Any], seconds: float = 10.0) -> Any:
    """What `seen` gives as soon as it gives something; the test fails when it does not in time."""
    end = time.monotonic() + seconds
    while not (found := seen()):
        assert time.monotonic() < end, f"not seen within {seconds} s"
        time.sleep(0.02)
    return found
