"""Does a machine translation look right? Pure rules; what they refuse is not shown as a translation at all.

`confidence` is the model's mean natural log-probability a token: 0 is certain, -1 means each token had about 37 %.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum

POOR_BELOW = -1.2  # each token had less than 30 % of the probability; a guess to measure when real packages are at hand
SHAKY_BELOW = -0.6
SHORT_WORDS = 2
_HAN = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]")
_WORD = re.compile(r"[\w'’]+")
_SAME_WORDS = re.compile(r"(?<!\S)(\S+(?: \S+){0,3}?)(?: \1)+(?!\S)")
_SAME_LETTERS = re.compile(r"(\S{2,12}?)\1{2,}")


class Why(StrEnum):
    """Why there is no translation, or why not to trust it; words a caseworker reads."""

    # no translation
    NO_PACKAGE = "no translation package is installed for this language"
    SAME_LANGUAGE = "it is already in this language"
    NOTHING_TO_TRANSLATE = "there are no words to translate"
    TOO_LONG = "the text is too long to translate here"
    TOO_SLOW = "translating took too long"
    DAMAGED = "the translation package for this language cannot be used; tell whoever runs the service"
    EMPTY = "the machine could make nothing of it"
    UNCHANGED = "the machine gave the words back unchanged"
    REPEATS = "the machine repeated itself"
    TOO_SHORT_OR_LONG = "the result is far shorter or longer than the original"
    UNSURE = "the machine was not sure enough of the result"
    # a translation, but
    PARTLY = "some sentences could not be translated and stand in [brackets] in the original"
    NUMBERS_DIFFER = "numbers differ from the original"
    VERY_SHORT = "very short texts are often translated wrongly"
    SHAKY = "the machine was not very sure of the result"
    THROUGH_ENGLISH = "translated through English, which adds mistakes"
    FIXTURE = "TEST FIXTURE: this is not a real translation"


def has_words(text: str) -> bool:
    """Whether there is any letter in it (numbers, emoji and punctuation need no translation)."""
    return any(c.isalpha() for c in text)


def refuse(source: str, result: str, confidence: float) -> Why | None:
    """Why this result must not be shown as a translation of `source`, or None."""
    if not has_words(result):
        return Why.EMPTY
    if _letters(source) == _letters(result):
        return Why.UNCHANGED
    if _longest_repeat(result) > max(2, _longest_repeat(source) + 1):
        return Why.REPEATS
    before, after = _weight(source), _weight(result)
    if after > 3 * before + 25 or before > 25 and after * 4 < before:
        return Why.TOO_SHORT_OR_LONG
    if confidence < POOR_BELOW:
        return Why.UNSURE
    return None


def doubt(source: str, result: str, confidence: float) -> Why | None:
    """Why to take an accepted result with care, or None."""
    if _numbers(source) != _numbers(result):
        return Why.NUMBERS_DIFFER
    if confidence < SHAKY_BELOW:
        return Why.SHAKY
    if len(_WORD.findall(source)) <= SHORT_WORDS and _weight(source) < 20:
        return Why.VERY_SHORT
    return None


def _letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _weight(text: str) -> int:
    """Length in characters, a Chinese or Japanese one counted as three."""
    return len(text) + 2 * len(_HAN.findall(text))


def _longest_repeat(text: str) -> int:
    """How often at most the same one to four words, or the same 2 to 12 characters inside a word, stand in a row."""
    line = " ".join(_WORD.findall(text.casefold()))
    rows = [(len(m[0]) + 1) // (len(m[1]) + 1) for m in _SAME_WORDS.finditer(line)]
    rows += [len(m[0]) // len(m[1]) for m in _SAME_LETTERS.finditer(line)]
    return max(rows, default=1)


def _numbers(text: str) -> list[int]:
    return sorted(int(n) for n in re.findall(r"\d{1,18}", text))
