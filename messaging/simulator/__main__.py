"""python -m messaging.simulator: a simulator with phones at http://127.0.0.1:4010/ ."""

import argparse
import os

from messaging.simulator.config import DEMO_ACCOUNT_SID, DEMO_AUTH_TOKEN, Config
from messaging.simulator.serve import DEFAULT_PORT, serve


def main() -> None:
    """Read the options and serve until interrupted."""
    environment = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m messaging.simulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    parser.add_argument("--account-sid", default=environment("ALONGSIDE_TWILIO_ACCOUNT_SID") or DEMO_ACCOUNT_SID)
    parser.add_argument("--public-url", default=environment("ALONGSIDE_PUBLIC_URL") or "http://127.0.0.1:8000", help="what webhooks are signed for")
    parser.add_argument("--deliver-url", help="where the app really listens, if not at --public-url")
    parser.add_argument("--number", action="append", default=[], help="one of the account's own numbers; may be repeated")
    parser.add_argument("--phone", action="append", default=[], metavar="NUMBER=NAME", help="a phone to show from the start")
    parser.add_argument("--pace", type=float, default=1.0, help="0: nothing takes time")
    parser.add_argument("--clock-factor", type=float, default=1.0, help="60: a minute passes each second")
    parser.add_argument("--no-status-callbacks", action="store_true")
    given = parser.parse_args()
    token = (environment("ALONGSIDE_TWILIO_AUTH_TOKEN") or DEMO_AUTH_TOKEN).split(",")[0].strip()  # not an option: ps shows those
    try:
        config = Config(
            account_sid=given.account_sid, auth_token=token, public_url=given.public_url, deliver_url=given.deliver_url,
            numbers=tuple(given.number), phones=tuple(_named(phone) for phone in given.phone), pace=given.pace,
            clock_factor=given.clock_factor, status_callbacks=not given.no_status_callbacks,
        )
        print(f"Simulated Twilio and its phones: http://{given.host}:{given.port}/", flush=True)
        serve(config, given.host, given.port)
    except ValueError as problem:
        parser.error(str(problem))


def _named(phone: str) -> tuple[str, str]:
    number, _, name = phone.partition("=")
    return number, name


if __name__ == "__main__":
    main()
