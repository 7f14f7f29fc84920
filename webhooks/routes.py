"""Mount Twilio's door and the health routes on the app."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI

from casefile.database import Database
from triage.phrases import PhraseBook
from webhooks import health, messages, voice
from webhooks.door import Door
from webhooks.signature import Signatures


def mount(app: FastAPI, *, database: Database, settings: Any, book: PhraseBook) -> None:
    """`settings` gives public_url, twilio_auth_tokens, twilio_account_sid and recordings_dir."""
    door = Door(database, book, Signatures(settings.public_url, settings.twilio_auth_tokens), settings.twilio_account_sid)
    app.include_router(messages.routes(door))
    app.include_router(voice.routes(door, settings.public_url, settings.recordings_dir))
    app.include_router(health.routes(database))
