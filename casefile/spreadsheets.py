"""CSV as office programs save it: in one of two encodings, separated by a comma, a semicolon or a tab. Pure."""

from __future__ import annotations

import codecs
import csv


class NotText(ValueError):
    """The bytes are no text in UTF-8, nor in UTF-16 that says so."""


def text_of(data: bytes) -> str:
    """The text of a CSV file. Raises NotText."""
    try:
        text = data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError:
        raise NotText("it is not UTF-8; save it as “CSV UTF-8”") from None
    if "\0" in text:  # UTF-16 without its mark, or UTF-32, can be decoded, but not to words
        raise NotText("it is not UTF-8; save it as “CSV UTF-8”")
    return text


def separator(text: str) -> str:
    """What separates its cells. Only the heading shows that, for texts are full of commas; and nothing else of what the sniffer guesses is used:
    where the heading has no quotation marks it takes doubled ones for two."""
    try:
        return csv.Sniffer().sniff(text.partition("\n")[0], delimiters=",;\t").delimiter
    except csv.Error:
        return ","
