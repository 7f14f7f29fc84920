"""Run the trained bot on loopback.

    bot/.venv/bin/python bot/serve.py

ALONGSIDE_BOT_KEY    signs every request (16 characters or more)
ALONGSIDE_BOT_TOKEN  opens Rasa's own API (16 characters or more)
ALONGSIDE_BOT_PORT   default 5005
ALONGSIDE_BOT_HOST   default 127.0.0.1; only a loopback address is taken
Secrets may also be given as files: ALONGSIDE_BOT_KEY_FILE, ALONGSIDE_BOT_TOKEN_FILE.
"""

from __future__ import annotations

import ipaddress
import os
import sys
from pathlib import Path

from surroundings import BOT, prepare

MODEL = BOT / "models" / "alongside.tar.gz"


def _secret(name: str) -> str:
    file = os.environ.get(f"{name}_FILE")
    value = os.environ.get(name) or (Path(file).read_text(encoding="utf-8").strip() if file else "")
    if len(value) < 16:
        raise SystemExit(f"{name}: at least 16 characters are needed")
    return value


def arguments() -> list[str]:
    """Rasa's command line. Raises SystemExit naming the setting that is wrong."""
    host, port = os.environ.get("ALONGSIDE_BOT_HOST", "127.0.0.1"), os.environ.get("ALONGSIDE_BOT_PORT", "5005")
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise SystemExit("ALONGSIDE_BOT_HOST: only a loopback address such as 127.0.0.1; the bot is never public")
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise SystemExit("ALONGSIDE_BOT_PORT: a port number is needed")
    if not MODEL.exists():
        raise SystemExit("no trained model: run bot/train.py first")
    os.environ["ALONGSIDE_BOT_KEY"] = _secret("ALONGSIDE_BOT_KEY")
    return ["rasa", "run", "--enable-api", "-i", host, "-p", port, "--auth-token", _secret("ALONGSIDE_BOT_TOKEN"),
            "--model", str(MODEL), "--credentials", "credentials.yml", "--endpoints", "endpoints.yml",
            "--request-timeout", "60", "--response-timeout", "60"]


def main() -> None:
    """Start; the process stays this one, and its command line holds no secret."""
    command = arguments()  # before prepare() changes the folder that secrets' files are named from
    prepare()
    sys.argv = command
    from rasa.__main__ import main as rasa

    rasa()


if __name__ == "__main__":
    main()
