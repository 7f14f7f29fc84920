"""The bot for command-line tools: the one that answers at BOT_URL, else one started for as long as it is needed."""

from __future__ import annotations

import secrets
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType, ModuleType

import typer

from alongside.processes import BotMissing, Program, bot_command
from triage.bot_client import Bot

PATIENCE = 120.0


def free_port() -> int:
    """A port of this machine that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def bot_for_tools(configuration: ModuleType) -> Iterator[Bot]:
    """A bot that answers. Raises BotMissing when none can be started."""
    try:
        settings = configuration.load()
    except configuration.SettingsWrong:
        settings = None  # tools need no Twilio account: they start a bot of their own
    if settings is not None:
        running = Bot(settings.bot_url, settings.bot_key, timeout=10)
        if running.healthy():
            yield running
            return
        running.close()
    with own_bot() as bot:
        yield bot


@contextmanager
def own_bot(port: int | None = None) -> Iterator[Bot]:
    """A bot process of our own on a free port, ended afterwards. Raises BotMissing."""
    port, key = port or free_port(), secrets.token_hex(16)
    with ended_in_order(), TemporaryDirectory() as folder:
        program = Program("bot", bot_command(), Path(folder) / "bot.log", {
            "ALONGSIDE_BOT_HOST": "127.0.0.1", "ALONGSIDE_BOT_PORT": str(port), "ALONGSIDE_BOT_TOKEN": secrets.token_hex(16), "ALONGSIDE_BOT_KEY": key})
        typer.echo("starting the bot...", err=True)
        bot = Bot(f"http://127.0.0.1:{port}", key, timeout=10)
        try:
            program.start()
            wait_until_healthy(bot, program)
            yield bot
        finally:
            bot.close()
            program.stop()


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Have SIGTERM and a closed terminal end the block as an exception does: by default they end us at once, and the bot, in a session of its own,
    would run on for good. What is handled or ignored already (nohup) stays so."""
    numbers = [n for n in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(n) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        numbers = []  # only the main thread may say what a signal does

    def end(number: int, frame: FrameType | None) -> None:
        for n in numbers:
            signal.signal(n, signal.SIG_IGN)  # a second one must not break off the ending
        raise SystemExit(128 + number)

    for n in numbers:
        signal.signal(n, end)
    try:
        yield
    finally:
        for n in numbers:
            signal.signal(n, signal.SIG_DFL)


def wait_until_healthy(bot: Bot, program: Program, patience: float = PATIENCE) -> None:
    """Wait until the bot really parses. Raises BotMissing with where to look."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if bot.healthy():
            return
        time.sleep(0.3)
    raise BotMissing(f"the bot did not answer within {patience:.0f} s; its log ends:\n{tail(program.log_file)}")


def tail(file: Path, lines: int = 15) -> str:
    """The end of a log file."""
    return "\n".join(file.read_text("utf-8", "replace").splitlines()[-lines:]) if file.exists() else "(no log)"
