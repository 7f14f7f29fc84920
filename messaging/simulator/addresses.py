"""Phone numbers, WhatsApp addresses, SIDs and dates in the forms Twilio uses."""

import os
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_BSUID = re.compile(r"[A-Z]{2}\.[0-9A-Za-z]{1,128}")


def is_e164(number: str) -> bool:
    """Whether this is a full international number such as +447700900123."""
    return _E164.fullmatch(number) is not None


def is_bsuid(text: str) -> bool:
    """Whether this is a WhatsApp business-scoped user id such as GB.1A2B3C (a person who hides the number)."""
    return _BSUID.fullmatch(text) is not None


def channel_of(address: str) -> str:
    """"whatsapp" for whatsapp:... addresses, otherwise "sms"."""
    return "whatsapp" if address.startswith("whatsapp:") else "sms"


def bare(address: str) -> str:
    """The number (or BSUID) without the channel."""
    return address.removeprefix("whatsapp:")


def on_channel(number: str, channel: str) -> str:
    """The address of this number on this channel."""
    return f"whatsapp:{number}" if channel == "whatsapp" else number


def is_valid_address(address: str) -> bool:
    """Whether Twilio would take this as a From or To."""
    rest = bare(address)
    return is_e164(rest) or (rest != address and is_bsuid(rest))


def country_of(number: str) -> str:
    """ISO country of the number as far as the simulator cares: GB, US or nothing."""
    return "GB" if number.startswith("+44") else "US" if number.startswith("+1") else ""


def new_sid(prefix: str) -> str:
    """A fresh SID. Never seeded: an app that keeps its database over two runs must not meet an old SID again."""
    return prefix + os.urandom(16).hex()


def rfc2822(moment: datetime | None) -> str | None:
    """Twilio's 2010 API date, or None."""
    return None if moment is None else _rfc2822(int(moment.timestamp()))


@lru_cache(maxsize=1024)
def _rfc2822(second: int) -> str:
    return format_datetime(datetime.fromtimestamp(second, UTC))


def iso8601(moment: datetime) -> str:
    """The date form of Twilio's newer APIs (Content)."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
