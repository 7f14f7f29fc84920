"""A whole configuration that works on this machine, and a log that is put back as it was."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alongside import settings as configuration
from alongside.settings import Settings
from alongside.standalone import free_port
from alongside.wiring import House
from casefile.migrate import upgrade
from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, Config
from messaging.simulator.serve import Running, running
from tests.cast import OUR_NUMBER
from tests.conftest import TEST_KEY
from triage.phrases import PhraseBook

QUIETED = ("httpx", "httpcore", "twilio.http_client", "urllib3", "sqlalchemy", "uvicorn.access", "argostranslate", "alembic")


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    """`set_up` changes the log of the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in QUIETED}
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, before in levels.items():
        logging.getLogger(name).setLevel(before)


@pytest.fixture(scope="session")
def book() -> PhraseBook:
    return PhraseBook.load()


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Every setting a service on this machine needs; nothing answers at the bot's or the provider's address."""
    values = {
        "VAR_DIR": str(tmp_path), "DATABASE_URL": f"sqlite:///{tmp_path / 'record.db'}", "PUBLIC_URL": f"http://127.0.0.1:{free_port()}",
        "BOT_URL": f"http://127.0.0.1:{free_port()}", "BOT_KEY": "bot-key-for-tests-only", "BOT_TIMEOUT": "0.2", "SECRET_KEYS": TEST_KEY,
        "TWILIO_ACCOUNT_SID": DEMO_ACCOUNT_SID, "TWILIO_AUTH_TOKEN": DEMO_AUTH_TOKEN, "TWILIO_API_URL": f"http://127.0.0.1:{free_port()}",
        "SMS_SENDER": OUR_NUMBER, "CATCH_UP_EVERY": "0.3", "RESERVE_MODEL": str(tmp_path / "heads.npz"),
    }
    return {configuration.PREFIX + name: value for name, value in values.items()}


@pytest.fixture
def configured(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """These settings are this process's environment, and there is no .env file."""
    for name in [name for name in os.environ if name.startswith(configuration.PREFIX)]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(configuration, "ROOT", tmp_path)
    return environ


@pytest.fixture
def settings(environ: dict[str, str]) -> Settings:
    return configuration.load(environ, env_file=Path(os.devnull))


@pytest.fixture(params=["EOFError", "BadZipFile", "KeyError", "ValueError", "error"])
def damaged(request: pytest.FixtureRequest, environ: dict[str, str]) -> str:
    """The reserve's file is there and cannot be used; the name of the error that reading it ends in (the last is zlib's)."""
    file = Path(environ["ALONGSIDE_RESERVE_MODEL"])
    np.savez_compressed(file, intents=np.arange(10_000))
    outdated = file.read_bytes()
    file.write_bytes({"EOFError": b"", "BadZipFile": outdated[:200], "KeyError": outdated, "ValueError": b"no model",
                      "error": outdated[:200] + b"\xff" * 200 + outdated[400:]}[request.param])
    return request.param


@pytest.fixture
def simulator(environ: dict[str, str]) -> Iterator[Running]:
    """A simulated Twilio that the settings name."""
    with running(Config(public_url=environ["ALONGSIDE_PUBLIC_URL"], numbers=(OUR_NUMBER,), pace=0.0, status_callbacks=False)) as made:
        environ["ALONGSIDE_TWILIO_API_URL"] = made.url
        yield made


@pytest.fixture
def house(settings: Settings) -> Iterator[House]:
    """The wired service over a migrated SQLite record."""
    made = House(settings, checked=False)
    upgrade(made.database)
    yield made
    made.close()
