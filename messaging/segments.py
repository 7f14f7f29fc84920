"""How many texts a message is billed and split as: GSM-7 160/153, otherwise UCS-2 70/67. Pure, and what budgets are checked with."""

from __future__ import annotations

from dataclasses import dataclass

GSM7 = frozenset("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
                 "abcdefghijklmnopqrstuvwxyzäöñüà")
GSM7_DOUBLE = frozenset("^{}\\[~]|€\f")


@dataclass(frozen=True)
class Segments:
    """`units` are GSM-7 septets or UTF-16 units; `count` is how many texts are billed."""

    encoding: str
    units: int
    count: int


def segments(text: str) -> Segments:
    """Measure a text. An empty text is one segment."""
    if all(c in GSM7 or c in GSM7_DOUBLE for c in text):
        units = sum(2 if c in GSM7_DOUBLE else 1 for c in text)
        return Segments("GSM-7", units, 1 if units <= 160 else -(-units // 153))
    units = len(text.encode("utf-16-le", "surrogatepass")) // 2
    return Segments("UCS-2", units, 1 if units <= 70 else -(-units // 67))


def budget(key: str, text: str) -> int:
    """The most units a vetted text may have: a check-in is one text, others two at the most (one in GSM-7), a button 20 characters."""
    if key.startswith("button."):
        return 20
    if segments(text).encoding == "GSM-7":
        return 160
    return 67 if key.startswith("checkin.ask") else 134
