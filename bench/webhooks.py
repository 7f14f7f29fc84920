"""How fast the door acknowledges received texts: ours, a bare route that inserts one row, and Rasa's own Twilio channel on the same bot."""

from __future__ import annotations

import os
import runpy
import secrets
import sys
from pathlib import Path
from typing import Any

import httpx

from alongside.processes import BOT_PYTHON, Program
from alongside.settings import ROOT
from alongside.standalone import free_port
from bench.load import Load, message, run, signed_form
from bench.people import add_people, number
from bench.place import MODEL, SENDER, folder, new_database, place, wait

PEOPLE = 200
CLIENTS = (1, 8, 32)
TEXT = "I went to the market yesterday, the bus was late"


def measure(server: str, requests: int) -> dict[str, Any]:
    """Figures by kind of database and number of connections; "ratio" is ours to the bare route."""
    found: dict[str, Any] = {}
    for kind, where in (("sqlite", None), ("postgresql", server)):
        ours, bare = _ours(where, requests), _bare(where, requests)
        found[kind] = {clients: {"ours": _shown(ours[clients]), "bare": _shown(bare[clients]),
                                 "ratio": round(ours[clients].per_second / bare[clients].per_second, 2)} for clients in CLIENTS}
    found["rasa"] = _rasa(max(40, requests // 10)) if MODEL.exists() else "left out: the bot is not trained (bot/models is empty)"
    return found


def _texts(url: str, path: str, token: str, account: str, count: int) -> list[bytes]:
    return [signed_form(url, path, token, message("SM" + secrets.token_hex(16), number(1 + n % PEOPLE), SENDER, f"{TEXT} {n}", account))
            for n in range(count)]


def _levels(url: str, path: str, token: str, account: str, requests: int) -> dict[int, Load]:
    run(url, _texts(url, path, token, account, 50), 4)  # warm
    found = {clients: run(url, _texts(url, path, token, account, requests), clients) for clients in CLIENTS}
    for load in found.values():
        if set(load.statuses) - {200, 204}:
            raise RuntimeError(f"the door did not take every text: {load.statuses}")
    return found


def _ours(server: str | None, requests: int) -> dict[int, Load]:
    with place(server) as made:
        add_people(made.house, 1, PEOPLE)
        made.start(simulator=False)
        return _levels(made.url, "/twilio/messages", made.settings.twilio_auth_tokens[0], made.settings.twilio_account_sid, requests)


def _bare(server: str | None, requests: int) -> dict[int, Load]:
    with folder() as where:
        port = free_port()
        program = Program("bare", [sys.executable, "-m", "bench.bare_app", new_database(where, server), str(port)], where / "bare.log")
        return _alone(program, f"http://127.0.0.1:{port}", "/twilio/messages", requests)


def _rasa(requests: int) -> dict[Any, Any]:
    """Rasa answers its webhook only once the bot has taken the whole turn; what it sends costs nothing here (bench/rasa_twilio)."""
    with folder() as where:
        port = free_port()
        (where / "credentials.yml").write_text(f"twilio:\n  account_sid: AC{'0' * 32}\n  auth_token: none\n  twilio_number: '{SENDER}'\n")
        settings = runpy.run_path(str(ROOT / "bot" / "surroundings.py"))["SETTINGS"]
        environ = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent / "rasa_twilio"), str(ROOT / "bot"), str(ROOT)])}
        command = [str(BOT_PYTHON), "-m", "rasa", "run", "-i", "127.0.0.1", "-p", str(port), "--model", str(MODEL), "--credentials",
                   str(where / "credentials.yml"), "--endpoints", str(ROOT / "bot" / "endpoints.yml")]
        program = Program("rasa", command, where / "rasa.log", environ)
        found = _alone(program, f"http://127.0.0.1:{port}", "/webhooks/twilio/webhook", requests, "/webhooks/twilio/")
        return {clients: _shown(load) for clients, load in found.items()}


def _alone(program: Program, url: str, path: str, requests: int, alive: str = "/openapi.json") -> dict[int, Load]:
    program.start()
    try:
        wait(program, lambda: httpx.get(url + alive, timeout=3).status_code == 200)
        return _levels(url, path, "none", "AC" + "0" * 32, requests)
    finally:
        program.stop()


def _shown(load: Load) -> dict[str, float]:
    return {"per_second": round(load.per_second, 1), "p50_ms": round(load.p50, 2), "p99_ms": round(load.p99, 2)}
