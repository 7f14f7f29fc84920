"""The two programs are put together: the web app over a house, and all three for one machine."""

from __future__ import annotations

import logging
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from fastapi.testclient import TestClient

from alongside import processes, up
from alongside.app import create_app
from alongside.processes import BotMissing, Program
from alongside.settings import ROOT, Settings
from alongside.wiring import House
from casefile.migrate import WrongVersion
from triage.phrases import PhraseBook


@pytest.fixture(autouse=True)
def loaded_once(book: PhraseBook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PhraseBook, "load", lambda: book)


def test_an_error_page_says_nothing_of_what_was_asked_and_the_log_names_the_pattern_only(house: House, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(house)

    @app.get("/broken/{ref}")
    def broken(ref: str) -> None:
        raise RuntimeError("Artemisia is hiding")

    with caplog.at_level(logging.INFO), TestClient(app, raise_server_exceptions=False) as client:
        answer = client.get("/broken/ARTA?number=07700900201")
    assert answer.status_code == 500 and "try again" in answer.text
    assert not any(words in answer.text for words in ("ARTA", "Artemisia", "07700900201", "RuntimeError"))
    (line,) = [r.getMessage() for r in caplog.records if r.name == "alongside.app"]
    assert line == "GET /broken/{ref} failed: RuntimeError"


def test_the_app_has_doors_and_no_page_that_lists_them(house: House) -> None:
    with TestClient(create_app(house)) as client:
        assert client.get("/healthz").json() == {"alive": True}
        assert client.get("/readyz").status_code == 503, "no worker has said anything yet"
        assert client.post("/twilio/messages", data={"Body": "hello"}).status_code == 403
        assert {client.get(path).status_code for path in ("/docs", "/redoc", "/openapi.json")} == {404}


def test_a_house_is_refused_on_other_tables(settings: Settings) -> None:
    with pytest.raises(WrongVersion, match="alongside migrate"):
        House(settings)


def test_everything_on_one_machine_is_bot_app_and_worker(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(processes, "BOT_PYTHON", tmp_path / "python")
    with pytest.raises(BotMissing):
        up.programs(settings, "127.0.0.1", 8000)
    (tmp_path / "python").touch()
    bot, app, worker = up.programs(settings, "127.0.0.1", 8011)
    assert [p.name for p in (bot, app, worker)] == ["bot", "app", "worker"]
    assert app.command[-5:] == ["serve", "--host", "127.0.0.1", "--port", "8011"] and worker.command[-1] == "work"
    assert bot.environ["ALONGSIDE_BOT_KEY"] == settings.bot_key and {p.log_file.parent for p in (bot, app, worker)} == {settings.var_dir / "log"}


def test_without_an_installed_bot_nothing_is_started(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(processes, "BOT_PYTHON", tmp_path / "python")
    assert up.run_all(settings, "127.0.0.1", 8000) == 2
    assert "make setup" in capsys.readouterr().err and not (tmp_path / "log").exists()


# `alongside up` with three programs that sleep; what SIGHUP does at its start is told it.
SERVICE = """
import signal, sys
from pathlib import Path
from types import SimpleNamespace
signal.signal(signal.SIGHUP, getattr(signal, sys.argv[2]))
from alongside import up
from alongside.processes import Program
folder = Path(sys.argv[1])
up.programs = lambda *_: [Program(name, ["sleep", "60"], folder / f"{name}.log") for name in ("bot", "app", "worker")]
raise SystemExit(up.run_all(SimpleNamespace(var_dir=folder, log_level="INFO"), "127.0.0.1", 1))
"""


@pytest.mark.parametrize(("number", "hang_up", "ends"), [
    (signal.SIGTERM, "SIG_DFL", True), (signal.SIGHUP, "SIG_DFL", True), (signal.SIGHUP, "SIG_IGN", False)])
def test_all_three_end_when_it_is_told_to_end_or_its_terminal_closes_unless_it_shall_outlive_that(number: signal.Signals, hang_up: str, ends: bool,
                                                                                                  tmp_path: Path) -> None:
    command = [sys.executable, "-c", SERVICE, str(tmp_path), hang_up]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=ROOT) as service:
        assert service.stdout is not None and b"is starting" in service.stdout.readline()
        started = psutil.Process(service.pid).children()
        try:
            service.send_signal(number)
            if not ends:
                time.sleep(0.5)
                assert service.poll() is None and all(p.is_running() for p in started)
                service.terminate()
            assert service.wait(20) == 0 and len(started) == 3 and not any(p.is_running() for p in started)
        finally:
            for process in (service, *(p for p in started if p.is_running())):
                process.kill()


def test_what_had_started_is_ended_when_another_cannot_be_started(settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    bot, app = Program("bot", ["sleep", "60"], tmp_path / "bot.log"), Program("app", ["sleep", "60"], tmp_path / "taken" / "app.log")
    monkeypatch.setattr(up, "programs", lambda *_: [bot, app])
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    try:
        with pytest.raises(OSError):
            up.run_all(settings, "127.0.0.1", 8000)
        assert bot.process is not None and bot.process.poll() is not None
    finally:
        bot.stop(1)
