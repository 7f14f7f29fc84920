"""The main job on this machine: real bot, real app and worker over HTTP, a simulated Twilio, demo people, and the story of `alongside.story`."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import time
from itertools import product
from pathlib import Path
from typing import TextIO

import httpx
import typer

from alongside import settings as configuration
from alongside.processes import BotMissing, Program, bot_command, bot_environment, own
from alongside.seed import CAST, PASSWORD, STAFF, TOTP_SECRET, seed
from alongside.settings import ROOT, Settings
from alongside.standalone import ended_in_order, free_port, tail
from alongside.wiring import House
from messaging.catalogue import Catalogue

# A day of the ladder passes in eight seconds.
LADDER_SCALE = 8 / 86400
SENDER = "+447700900100"
ACCOUNT = "AC" + "a10951de" * 4


class Demo:
    """Everything that runs, and where."""

    def __init__(self, port: int, simulator_port: int, bot_port: int):
        self.folder = ROOT / "var" / "demo"
        self._lock_file = _only_one(self.folder)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.port, self.simulator_port, self.bot_port = _free(port, "dashboard"), _free(simulator_port, "phones"), _free(bot_port, "bot")
        self.url, self.simulator_url = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{self.simulator_port}"
        self.environ = self._environ()
        self.settings: Settings = configuration.load({**os.environ, **self.environ}, env_file=Path(os.devnull))
        logs = self.folder / "log"
        self.simulator = Program("simulator", own("simulate", "--port", str(self.simulator_port)), logs / "simulator.log", self.environ)
        self.bot = Program("bot", bot_command(), logs / "bot.log", bot_environment(self.settings))
        self.app = Program("app", own("serve", "--port", str(self.port)), logs / "app.log", self.environ)
        self.worker = Program("worker", own("work"), logs / "worker.log", self.environ)

    def _environ(self) -> dict[str, str]:
        values = {
            "VAR_DIR": str(self.folder), "DATABASE_URL": f"sqlite:///{self.folder / 'demo.db'}", "PUBLIC_URL": self.url,
            "BOT_URL": f"http://127.0.0.1:{self.bot_port}", "BOT_KEY": secrets.token_hex(24), "BOT_TOKEN": secrets.token_hex(24),
            "SECRET_KEYS": secrets.token_urlsafe(36), "TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": secrets.token_hex(16),
            "TWILIO_API_URL": self.simulator_url, "SMS_SENDER": SENDER, "WHATSAPP_SENDER": SENDER, "VOICE_SENDER": SENDER,
            "LADDER_SCALE": str(LADDER_SCALE), "RECORDINGS_DIR": str(ROOT / "var" / "demo-recordings"), "PACKAGES_DIR": str(ROOT / "var" / "languages"),
            "WHATSAPP_TEMPLATES": str(self.folder / "templates.json"), "ABSENT_AFTER": "20", "LOG_LEVEL": "INFO",
        }
        return {configuration.PREFIX + name: value for name, value in values.items()}

    def start(self) -> None:
        """Prepare the database and start every program, the slowest first. Raises NotReady."""
        self.bot.start()
        self.simulator.start()
        _wait("the simulated Twilio", f"{self.simulator_url}/phones", self.simulator)
        self._approve_templates()
        house = House(self.settings, checked=False)
        _prepare(house)
        seed(house)
        house.close()
        self.app.start()
        self.worker.start()
        _wait("the dashboard", f"{self.url}/healthz", self.app)
        _wait("the worker and the bot", f"{self.url}/readyz", self.bot, also=lambda r: r.json().get("worker") and r.json().get("bot"))

    def _approve_templates(self) -> None:
        """What an operator does once at Twilio: templates of introduction and check-in in each language, approved, and their ids written down."""
        catalogue, ids = Catalogue.load(), {"checkin.intro": {}, "checkin.ask.plain": {}}
        with httpx.Client(base_url=self.simulator_url, auth=(ACCOUNT, self.settings.twilio_auth_tokens[0]), timeout=10,
                          headers={"X-Original-Host": "content.twilio.com"}) as http:
            for key, language in product(ids, sorted({person.language for person in CAST if person.whatsapp})):
                buttons = [{"title": catalogue.text(f"button.{name}", language), "id": name} for name in ("ok", "call")]
                made = http.post("/v1/Content", json={
                    "friendly_name": f"{key}_{language}", "language": language, "variables": {},
                    "types": {"twilio/quick-reply": {"body": catalogue.text(key, language), "actions": buttons}}})
                made.raise_for_status()
                ids[key][language] = sid = made.json()["sid"]
                name = f"{key.replace('.', '_')}_{language}"
                http.post(f"/v1/Content/{sid}/ApprovalRequests/whatsapp", json={"name": name, "category": "UTILITY"}).raise_for_status()
        Path(self.settings.whatsapp_templates).write_text(json.dumps(ids), "utf-8")

    def stop(self) -> None:
        for program in (self.worker, self.app, self.simulator, self.bot):
            program.stop()


class NotReady(RuntimeError):
    """A program did not come up; the message holds the end of its log. Or another demo is running."""


def _only_one(folder: Path) -> TextIO:
    """A lock that is held while the demo in this folder runs. Raises NotReady when another one does: its record would be deleted under it."""
    folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = folder.with_suffix(".lock").open("w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise NotReady("Another demo is running in this checkout: end it first (Ctrl-C in its terminal).") from None
    return file


def _prepare(house: House) -> None:
    from casefile.migrate import upgrade
    from messaging.recordings import make_demo

    upgrade(house.database)
    if made := make_demo(house.settings.recordings_dir, house.catalogue):
        typer.echo(f"  synthetic demo voice prompts made in {len(made)} languages (espeak-ng; replace with human voices)")


def _free(port: int, what: str) -> int:
    """The port, or another free one when it is busy (said aloud)."""
    import socket

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            other = free_port()
            typer.echo(f"  port {port} is busy: the {what} is at {other} this time")
            return other
    return port


def _wait(what: str, url: str, program: Program, also=lambda response: True, patience: float = 120.0) -> None:
    began = time.monotonic()
    while time.monotonic() - began < patience:
        try:
            response = httpx.get(url, timeout=3)
            if response.status_code in (200, 503) and also(response) and (response.status_code == 200 or "readyz" in url):
                typer.echo(f"  {what}: ready after {time.monotonic() - began:.1f} s")
                return
        except (httpx.HTTPError, ValueError):
            pass
        time.sleep(0.2)
    raise NotReady(f"{what} did not come up within {patience:.0f} s. {program.log_file} ends:\n{tail(program.log_file)}")


def run_demo(story_only: bool, port: int, simulator_port: int, bot_port: int) -> int:
    """Start everything, play the story, stay up unless `story_only`; returns the exit status."""
    began = time.monotonic()
    typer.echo("Starting Alongside's demo on this machine (nothing leaves it).")
    try:
        demo = Demo(port, simulator_port, bot_port)
    except (BotMissing, NotReady, configuration.SettingsWrong) as missing:
        typer.echo(str(missing), err=True)
        return 1
    try:
        with ended_in_order():
            return _show(demo, story_only, began)
    except NotReady as error:
        typer.echo(str(error), err=True)
        return 1
    except KeyboardInterrupt:
        return 0


def _show(demo: Demo, story_only: bool, began: float) -> int:
    from alongside.story import play

    try:
        demo.start()
        typer.echo(f"Everything is up after {time.monotonic() - began:.0f} s. The story:\n")
        missed = play(demo, typer.echo)
        if story_only:
            return 1 if missed else 0
        typer.echo(f"\nDashboard  {demo.url}   sign in: {STAFF[0].email} / {PASSWORD}\n"
                   f"           code: now {_code()}, later from an authenticator app with the key {TOTP_SECRET}\n"
                   f"Phones     {demo.simulator_url}   type as a survivor and see what arrives\nCtrl-C ends the demo.")
        while True:
            time.sleep(60)
    finally:
        demo.stop()


def _code() -> str:
    import pyotp

    return pyotp.TOTP(TOTP_SECRET).now()
