"""The two programs are put together: the web app over a house, and all three for one machine."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from alongside import processes, up
from alongside.app import create_app
from alongside.processes import BotMissing
from alongside.settings import Settings
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
