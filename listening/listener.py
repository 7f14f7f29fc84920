"""Texts in, understandings out: split into parts, embed, judge. The bot's featurizer uses the two halves; triage's reserve the whole."""

from __future__ import annotations

from typing import List

import numpy as np

from listening.heads import Heads
from listening.meaning import Encoder
from listening.understanding import understand
from listening.words import parts, spoken, tokens, without_emoji

LONGEST_WHOLE = 60  # tokens; the whole of a longer text is the mean of its parts, or it alone would take a second


def split(texts: List[str]) -> tuple[List[List[str]], List[str]]:
    """For each text the parts to judge (the whole first), and all that must be embedded."""
    heard, needed = [], {}
    for text in texts:
        pieces = [said for part in parts(text) for said in (part, without_emoji(part)) if said]
        long = len(pieces) > 1 and len(tokens(text)) > LONGEST_WHOLE
        # A crying face drowns out three words of danger: they are heard without it, too.
        words = "" if long else without_emoji(text)
        here = [text, *([words] if words else []), *pieces]
        heard.append(here)
        needed.update(dict.fromkeys(pieces if long else here))
    return heard, list(needed)


def gather(heard: List[List[str]], needed: List[str], rows: np.ndarray) -> List[np.ndarray]:
    """For each text the vectors of its whole and its parts."""
    place = {text: i for i, text in enumerate(needed)}
    found = []
    for whole, *pieces in heard:
        vectors = [rows[place[p]] for p in pieces]
        if whole in place:
            first = rows[place[whole]]
        else:
            first = np.mean(vectors, axis=0)
            first = first / np.linalg.norm(first)
        found.append(np.stack([first, *vectors]).astype(np.float32))
    return found


class Listener:
    """A trained model with its encoder."""

    def __init__(self, heads: Heads, encoder: Encoder):
        self._heads, self._encoder = heads, encoder

    def understand(self, texts: List[str]) -> List[dict]:
        """One understanding a text, in order; nothing of the texts is kept."""
        heard, needed = split(texts)
        return understand(self._heads, heard, gather(heard, needed, self._encoder.vectors([spoken(t) for t in needed])))
