"""Addresses of people and of our own numbers: one written form, and the keyed hash they are found by."""

from __future__ import annotations

import phonenumbers

from casefile.encryption import ring
from casefile.vocabulary import Channel


class NumberWrong(ValueError):
    """This is not a phone number; the message does not repeat it."""


def canonical(number: str, region: str = "GB") -> str:
    """E.164 of a number as people write it. Raises NumberWrong."""
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        raise NumberWrong("this is not a phone number") from None
    if not phonenumbers.is_possible_number(parsed):
        raise NumberWrong("this phone number is too short or too long")
    if parsed.extension:  # a second number after ";" is taken for one: neither may be dropped without a word
        raise NumberWrong("give one phone number, without an extension")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def split_address(address: str) -> tuple[Channel, str]:
    """Twilio's From or To: the channel, and the address without prefix (a number, or a WhatsApp user id without one)."""
    channel, _, rest = address.rpartition(":")
    return (Channel.WHATSAPP if channel == "whatsapp" else Channel.SMS), rest


def address_hash(address: str) -> str:
    """What an address is stored under."""
    return ring().lookup("address:" + address)


def address_hashes(address: str) -> list[str]:
    """What an address may be stored under, for every key still configured."""
    return ring().lookups("address:" + address)
