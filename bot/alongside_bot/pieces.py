"""The encoder's tokenizer, as its engine does it: for embedding or tuning many texts at once outside the engine."""

from __future__ import annotations

from typing import List

from listening.weights import ModelFile

SPACE = "\u2581"
PREFIX = "query: "  # what the engine puts before every text
NEVER = -1e30


class Pieces:
    """Cuts texts into numbered pieces: the likeliest way (SentencePiece unigram, Viterbi)."""

    def __init__(self, model: ModelFile):
        self._numbers = model.pieces()
        self._scores = model.scores.tolist()
        self._spelling = str.maketrans(model.spelling)
        self._begin, self._end, self._unknown = model.begin, model.end, model.unknown
        self._unlikely = min(self._scores) - 10
        self._longest = max(map(len, self._numbers))

    def of(self, text: str, most: int = 512) -> List[int]:
        """The numbers of a text's pieces with the engine's prefix, begin and end; at most `most`."""
        read = (PREFIX + text).translate(self._spelling)
        while "  " in read:
            read = read.replace("  ", " ")
        read = (read if read.startswith(" ") else " " + read).replace(" ", SPACE)
        return [self._begin, *self._cut(read)[:most - 2], self._end]

    def _cut(self, text: str) -> List[int]:
        size = len(text)
        best, back = [0.0] + [NEVER] * size, [(0, self._unknown)] * (size + 1)
        for start in range(size):
            sure = best[start]
            for stop in range(start + 1, min(size, start + self._longest) + 1):
                number = self._numbers.get(text[start:stop])
                if number is not None and number != self._unknown and sure + self._scores[number] > best[stop]:
                    best[stop], back[stop] = sure + self._scores[number], (start, number)
            if sure + self._unlikely > best[start + 1]:
                best[start + 1], back[start + 1] = sure + self._unlikely, (start, self._unknown)
        found, at = [], size
        while at:
            at, number = back[at]
            found.append(number)
        return found[::-1]
