"""Cut a text into pieces short enough to translate one by one. Pure; no model, nothing to download."""

from __future__ import annotations

import re

LONGEST = 240  # characters in a piece: a translator's time and mistakes grow with length
LONGEST_HAN = 80  # a Chinese character says as much as three or four letters

_ABBREVIATIONS = frozenset({"dr", "mr", "mrs", "ms", "st", "nr", "str", "tel", "etj", "prof", "sr", "sra", "art", "ul", "vs"})
# A sentence ends at a line break; at Chinese, Indic, Urdu or Ethiopic stops, space or not; at . ! ? before a space.
_END = re.compile(r"\s*\n\s*|[。！？｡؟۔।॥።፧]+[\"'”’»)\]]*\s*|[.!?…]+[\"'”’»)\]]*\s+")
_PAUSE = re.compile(r"[,;:،؛፣፤、，；]\s*|\s+")
_HAN = re.compile(r"[\u3400-\u9fff]")


def split(text: str) -> list[tuple[str, str]]:
    """The pieces of `text` with the white space after each; joined again they are `text`, whatever it is."""
    cuts, start = [], 0
    for end in _END.finditer(text):
        word = text[start:end.start()].rsplit(None, 1)[-1:]
        if end.group().startswith(".") and word and word[0].lower() in _ABBREVIATIONS:
            continue
        cuts.append(text[start:end.end()])
        start = end.end()
    cuts.append(text[start:])
    pieces = []
    for sentence in cuts:
        for piece in _shorten(sentence):
            words = piece.rstrip()
            pieces.append((words, piece[len(words):]))
    return [p for p in pieces if p != ("", "")]


def _shorten(sentence: str) -> list[str]:
    """A long sentence in parts, cut at the last pause that fits, else at the last space, else anywhere."""
    longest = LONGEST_HAN if len(_HAN.findall(sentence)) * 2 > len(sentence) else LONGEST
    parts = []
    while len(sentence.rstrip()) > longest:
        ends = [m for m in _PAUSE.finditer(sentence, 0, longest)]
        pauses = [m.end() for m in ends if not m.group()[0].isspace() and m.end() > longest // 3]
        at = (pauses or [m.end() for m in ends if m.start() > 0] or [longest])[-1]
        parts.append(sentence[:at])
        sentence = sentence[at:]
    return [*parts, sentence]
