"""Running the simulator: on loopback, and nowhere else."""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvicorn

from messaging.simulator.app import create_app
from messaging.simulator.config import Config
from messaging.simulator.simulation import Simulation

DEFAULT_PORT = 4010


@dataclass(frozen=True, slots=True)
class Running:
    """A simulator in a thread of this process: its address, and its inside for tests."""

    url: str
    simulation: Simulation


def serve(config: Config, host: str = "127.0.0.1", port: int = DEFAULT_PORT) -> None:
    """Serve until interrupted. Raises ValueError for a host that others could reach: its phones need no password."""
    _loopback(host)
    _server(config, host, port)[0].run()


@contextmanager
def running(config: Config, port: int = 0) -> Iterator[Running]:
    """A simulator on a free loopback port for as long as the block lasts. Raises RuntimeError if it does not start."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on: 40 ms an answer
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", port))
    server, sim = _server(config, "127.0.0.1", port)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [sock]}, name="twilio-simulator", daemon=True)
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the simulator did not start")
            time.sleep(0.005)
        yield Running(f"http://127.0.0.1:{sock.getsockname()[1]}", sim)
    finally:
        server.should_exit = True
        thread.join(10)
        sock.close()


def _server(config: Config, host: str, port: int) -> tuple[uvicorn.Server, Simulation]:
    app = create_app(config)
    # No access log: the addresses of the phones' routes are phone numbers.
    settings = uvicorn.Config(app, host=host, port=port, access_log=False, log_level="warning", timeout_graceful_shutdown=2)
    return uvicorn.Server(settings), app.state.simulation


def _loopback(host: str) -> None:
    try:
        is_loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ValueError("the simulator listens on loopback only, such as 127.0.0.1")
