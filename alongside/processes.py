"""Start and keep the programs of one machine: bot, app, worker. A program that ends is started again, a little later each time."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from alongside.settings import ROOT, Settings

log = logging.getLogger(__name__)
BOT_PYTHON = ROOT / "bot" / ".venv" / "bin" / "python"


class BotMissing(RuntimeError):
    """The bot's own environment or model is not installed."""


def bot_command() -> list[str]:
    """How the bot is started. Raises BotMissing."""
    if not BOT_PYTHON.exists():
        raise BotMissing("the bot is not installed: run `make setup`")
    return [str(BOT_PYTHON), str(ROOT / "bot" / "serve.py")]


def bot_environment(settings: Settings) -> dict[str, str]:
    """What the bot's program reads: address, port, token, key."""
    url = urlsplit(settings.bot_url)
    # The program takes an address only: "localhost" is the usual one.
    return {"ALONGSIDE_BOT_HOST": "::1" if url.hostname == "::1" else "127.0.0.1", "ALONGSIDE_BOT_PORT": str(url.port or 5005), "ALONGSIDE_BOT_TOKEN": settings.bot_token or settings.bot_key,
            "ALONGSIDE_BOT_KEY": settings.bot_key}


class Program:
    """One child process, kept alive until `stop`; its output goes to a log file."""

    def __init__(self, name: str, command: list[str], log_file: Path, environ: Mapping[str, str] | None = None):
        self.name, self.command, self.log_file = name, command, log_file
        self.environ = {**os.environ, **(environ or {})}
        self.process: subprocess.Popen[bytes] | None = None
        self._wanted = False
        self._lock = threading.Lock()
        self._keeper: threading.Thread | None = None

    def start(self) -> None:
        self._wanted = True
        self._spawn()
        self._keeper = threading.Thread(target=self._keep, name=f"keep-{self.name}", daemon=True)
        self._keeper.start()

    def _spawn(self) -> None:
        self.log_file.parent.mkdir(parents=True, exist_ok=True)
        with self.log_file.open("ab") as out:
            # A group of its own, so that stopping also ends what the program started itself.
            self.process = subprocess.Popen(self.command, env=self.environ, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)

    def _keep(self) -> None:
        pause = 0.5
        while self._wanted:
            process = self.process
            if process is None:
                return
            began = time.monotonic()
            code = process.wait()
            if not self._wanted:
                return
            pause = 0.5 if time.monotonic() - began > 60 else min(pause * 2, 30)
            log.error("%s ended with %s; starting it again in %.0f s (see %s)", self.name, code, pause, self.log_file.name)
            self._signal(signal.SIGKILL)  # what it started and left behind would hold its port
            time.sleep(pause)
            with self._lock:
                if self._wanted:
                    try:
                        self._spawn()
                    except OSError as error:
                        log.error("%s could not be started: %s", self.name, error.strerror)

    def _signal(self, number: signal.Signals) -> None:
        """To the whole group; nothing when it has ended."""
        if self.process:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, number)

    def kill(self) -> None:
        """End it at once, as a crash would (kill -9 of its whole group)."""
        if self.process and self.process.poll() is None:
            self._signal(signal.SIGKILL)

    def stop(self, patience: float = 10.0) -> None:
        """Ask it to end; insist after `patience` seconds."""
        with self._lock:
            self._wanted = False
        if self.process is None or self.process.poll() is not None:
            return
        self._signal(signal.SIGTERM)
        try:
            self.process.wait(patience)
        except subprocess.TimeoutExpired:
            log.warning("%s did not end within %.0f s and was killed", self.name, patience)
        self._signal(signal.SIGKILL)
        self.process.wait()


def own(*arguments: str) -> list[str]:
    """The command line of another program of this service."""
    return [sys.executable, "-m", "alongside.cli", *arguments]
