"""The bot for command-line tools: the one that answers, else one of our own that ends with the tool."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from alongside import settings as configuration
from alongside import standalone
from alongside.processes import BotMissing, Program
from alongside.standalone import bot_for_tools, free_port, own_bot, tail, wait_until_healthy
from triage.bot_client import Bot

# Tells everybody of its health and understands whoever has its key, as the bot does, on the port it is told.
HEALTHY = """
import hashlib, hmac, json, os
from http.server import BaseHTTPRequestHandler, HTTPServer
HEARD = {"intent": "greet", "confidence": 1.0, "ranking": [], "urgency": {}, "escalate": 0.0, "alarms": False}
class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/webhooks/alongside/health" else 404)
        self.end_headers()
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        ours = hmac.new(os.environ["ALONGSIDE_BOT_KEY"].encode(), body, hashlib.sha256).hexdigest() == self.headers["X-Alongside-Signature"]
        self.send_response((200 if ours else 403) if self.path == "/webhooks/alongside/understand" else 404)
        self.end_headers()
        self.wfile.write(json.dumps({"understandings": [HEARD for text in json.loads(body)["texts"]]} if ours else {}).encode())
print("pid", os.getpid(), os.environ["ALONGSIDE_BOT_KEY"], flush=True)
HTTPServer(("127.0.0.1", int(os.environ["ALONGSIDE_BOT_PORT"])), Answer).serve_forever()
"""

KEY = "bot-key-for-tests-only"  # the one of `configured`


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standalone, "bot_command", lambda: [sys.executable, "-S", "-c", HEALTHY])


@pytest.fixture
def running_bot(tmp_path: Path) -> Iterator[int]:
    port = free_port()
    program = Program("bot", [sys.executable, "-S", "-c", HEALTHY], tmp_path / "bot.log", {"ALONGSIDE_BOT_PORT": str(port), "ALONGSIDE_BOT_KEY": KEY})
    program.start()
    bot = Bot(f"http://127.0.0.1:{port}", KEY)
    wait_until_healthy(bot, program, 20)
    bot.close()
    yield port
    program.stop(1)


def children() -> list[int]:
    return [p.pid for p in psutil.Process().children(recursive=True) if p.status() != psutil.STATUS_ZOMBIE]


def test_a_free_port_can_be_taken_on_this_machine() -> None:
    ports = {free_port() for _ in range(20)}
    for port in ports:
        assert 1024 <= port <= 65535
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", port))


def test_a_bot_of_ones_own_answers_and_is_gone_afterwards(stand_in: None, capsys: pytest.CaptureFixture[str]) -> None:
    before = set(children())
    with own_bot() as bot:
        assert bot.healthy() and set(children()) - before
    assert not set(children()) - before
    said = capsys.readouterr()
    assert "starting the bot" in said.err and said.out == ""


def test_it_is_ended_when_the_tool_fails(stand_in: None) -> None:
    before = set(children())
    with pytest.raises(RuntimeError), own_bot():
        raise RuntimeError
    assert not set(children()) - before


TOOL = """
import signal, time
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
from alongside import standalone
standalone.bot_command = lambda: ["sleep", "60"]
standalone.wait_until_healthy = lambda bot, program: print(program.process.pid, flush=True)
with standalone.own_bot():
    time.sleep(60)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_is_ended_when_the_tool_is_told_to_end_or_its_terminal_closes(number: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", TOOL], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=configuration.ROOT) as tool:
        assert tool.stdout is not None
        bot = psutil.Process(int(tool.stdout.readline()))
        try:
            tool.send_signal(number)
            assert tool.wait(20) == 128 + number and not bot.is_running()
        finally:
            if bot.is_running():
                bot.kill()


def test_a_signal_that_is_ignored_stays_ignored_and_all_is_afterwards_as_it_was(stand_in: None) -> None:
    """`nohup` outlives its terminal."""
    before = signal.getsignal(signal.SIGTERM), signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with own_bot():
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN and signal.getsignal(signal.SIGTERM) is before[0]
    finally:
        signal.signal(signal.SIGHUP, before[1])


def test_the_running_bot_is_used_when_it_answers(configured: dict[str, str], running_bot: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALONGSIDE_BOT_URL", f"http://127.0.0.1:{running_bot}")
    before = set(children())
    with bot_for_tools(configuration) as bot:
        assert bot.healthy() and set(children()) == before


def test_a_bot_with_another_key_does_not_count_as_healthy_and_is_not_used(configured: dict[str, str], stand_in: None, running_bot: int,
                                                                          monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALONGSIDE_BOT_URL", f"http://127.0.0.1:{running_bot}")
    monkeypatch.setenv("ALONGSIDE_BOT_KEY", "another-key-for-tests")
    other = Bot(f"http://127.0.0.1:{running_bot}", "another-key-for-tests")
    assert not other.healthy()
    other.close()
    before = set(children())
    with bot_for_tools(configuration) as bot:
        assert bot.healthy() and set(children()) - before
    assert not set(children()) - before


@pytest.mark.parametrize("whole", [True, False])
def test_else_one_is_started_even_without_any_settings(configured: dict[str, str], stand_in: None, monkeypatch: pytest.MonkeyPatch, whole: bool) -> None:
    if not whole:
        for name in configured:
            monkeypatch.delenv(name)
    with bot_for_tools(configuration) as bot:
        assert bot.healthy()


def test_a_bot_that_does_not_come_up_is_said_with_the_end_of_its_log(tmp_path: Path) -> None:
    program = Program("bot", [sys.executable, "-S", "-c", "raise SystemExit('the model is missing')"], tmp_path / "bot.log")
    program.start()
    bot = Bot(f"http://127.0.0.1:{free_port()}", "k")
    try:
        with pytest.raises(BotMissing, match="did not answer within 1 s(?s:.*)the model is missing"):
            wait_until_healthy(bot, program, 1.2)
    finally:
        bot.close()
        program.stop(1)


def test_the_tail_of_a_log_is_its_last_lines_whatever_is_in_it(tmp_path: Path) -> None:
    file = tmp_path / "log"
    assert tail(file) == "(no log)"
    file.write_bytes(b"\n".join(str(n).encode() for n in range(100)) + b"\n\xff broken")
    assert tail(file, 2) == "99\n\ufffd broken" and os.linesep == "\n"
