"""`alongside up`: bot, app and worker on one machine, each started again when it ends."""

from __future__ import annotations

import signal
import threading

import typer

from alongside.logging import set_up
from alongside.processes import BotMissing, Program, bot_command, bot_environment, own
from alongside.settings import Settings


def programs(settings: Settings, host: str, port: int, environ: dict[str, str] | None = None) -> list[Program]:
    """The three programs of the service. Raises BotMissing."""
    logs = settings.var_dir / "log"
    return [
        Program("bot", bot_command(), logs / "bot.log", {**(environ or {}), **bot_environment(settings)}),
        Program("app", own("serve", "--host", host, "--port", str(port)), logs / "app.log", environ),
        Program("worker", own("work"), logs / "worker.log", environ),
    ]


def run_all(settings: Settings, host: str, port: int) -> int:
    """Run until SIGTERM, SIGINT or the end of the terminal; returns the exit status."""
    set_up("up", settings.log_level)
    try:
        wanted = programs(settings, host, port)
    except BotMissing as missing:
        typer.echo(str(missing), err=True)
        return 2
    ended = threading.Event()
    numbers = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # `nohup` outlives its terminal
        numbers.append(signal.SIGHUP)
    for number in numbers:
        signal.signal(number, lambda *_: ended.set())
    try:
        for program in wanted:
            program.start()
        typer.echo(f"Alongside is starting on http://{host}:{port} (logs in {settings.var_dir / 'log'}). Ctrl-C ends it.")
        ended.wait()
    finally:  # each has a session of its own and would run on for good, with nobody to start it again
        for program in reversed(wanted):
            program.stop()
    return 0
