"""Start the simulated Twilio for the demo, on this machine only. The only file of the service that knows the simulator."""

from __future__ import annotations

import sys

import typer

from alongside.seed import CAST, STAFF
from alongside.settings import LOOPBACK, Settings


def serve_simulator(settings: Settings, host: str, port: int) -> None:
    """Serve until stopped. Refuses any address but this machine's."""
    from messaging.simulator.config import Config
    from messaging.simulator.serve import serve

    if host not in LOOPBACK:
        typer.echo("The simulator may only listen on this machine.", err=True)
        sys.exit(2)
    numbers = tuple(dict.fromkeys(n for n in (settings.sms_sender, settings.whatsapp_sender, settings.voice_sender) if n))
    phones = tuple((person.number, f"{person.name} ({person.language})") for person in CAST)
    phones += tuple((member.phone, f"{member.name}, staff") for member in STAFF)
    serve(Config(account_sid=settings.twilio_account_sid, auth_token=settings.twilio_auth_tokens[0], public_url=settings.public_url,
                 numbers=numbers, phones=phones, pace=0.3), host=host, port=port)
