"""The door of Twilio's over a database, and signed requests to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response
from twilio.request_validator import RequestValidator

import webhooks.routes
from casefile.database import Database
from triage.phrases import PhraseBook

ACCOUNT = "AC" + "0" * 32
TOKENS = ("first-token", "second-token")
PUBLIC = "https://checkins.example.org"


@dataclass(frozen=True)
class Settings:
    public_url: str = PUBLIC
    twilio_auth_tokens: tuple[str, ...] = TOKENS
    twilio_account_sid: str = ACCOUNT
    recordings_dir: Path = Path("/nonexistent")


@dataclass
class Door:
    """A client that signs as Twilio does."""

    client: TestClient

    def post(self, path: str, fields: dict[str, Any], token: str = TOKENS[0], signature: str | None = None) -> Response:
        url = PUBLIC + path
        signed = RequestValidator(token).compute_signature(url, fields) if signature is None else signature
        return self.client.post(path, data=fields, headers={"X-Twilio-Signature": signed} if signed else {})


@pytest.fixture(scope="session")
def book() -> PhraseBook:
    return PhraseBook.load()


def make_door(database: Database, book: PhraseBook, settings: Settings = Settings()) -> Iterator[Door]:
    app = FastAPI()
    webhooks.routes.mount(app, database=database, settings=settings, book=book)
    with TestClient(app) as client:
        yield Door(client)


@pytest.fixture
def door(database: Database, book: PhraseBook) -> Iterator[Door]:
    yield from make_door(database, book)


def text(sid: str = "SM" + "1" * 32, sender: str = "+447700900201", body: str = "hello", **more: str) -> dict[str, str]:
    """A received text's form."""
    return {"MessageSid": sid, "SmsSid": sid, "AccountSid": ACCOUNT, "From": sender, "To": "+447700900100", "Body": body, "NumMedia": "0",
            "FromCity": "", "ApiVersion": "2010-04-01", **more}
