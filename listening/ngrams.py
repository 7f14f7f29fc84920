"""Character n-grams within words: what catches Arabizi, Roman Urdu, missing accents and slips of the thumb.

Each text counts its n-grams as written and with the accents gone. The vocabulary is a plain list of strings and one
weight (inverse document frequency) each, so that any program can read a saved one.
"""

from __future__ import annotations

from collections import Counter

import numpy as np
from scipy.sparse import csr_matrix

from listening.words import bare, folded

SIZES = range(2, 6)


def grams(text: str) -> set[str]:
    """The n-grams of the words of a text, a space before and after each word, in both spellings; whole words too."""
    found: set[str] = set()
    for spelling in {folded(text), bare(text)}:
        for word in spelling.split():
            padded = f" {word} "
            found.add(padded)
            for size in SIZES:
                found.update(padded[i:i + size] for i in range(len(padded) - size + 1))
    return found


class Grams:
    """A learned vocabulary: `names` (array of str) and `weights` (float32 array of the same length)."""

    def __init__(self, names: np.ndarray, weights: np.ndarray):
        self.names, self.weights = names, weights
        self._place = {name: i for i, name in enumerate(names.tolist())}

    @classmethod
    def learn(cls, texts: list[str], at_least: int = 2) -> "Grams":
        """Keep the n-grams that at least `at_least` of the texts have."""
        seen: Counter[str] = Counter()
        for text in texts:
            seen.update(grams(text))
        kept = sorted(g for g, n in seen.items() if n >= at_least)
        rarity = np.array([np.log((1 + len(texts)) / (1 + seen[g])) + 1 for g in kept], np.float32)
        return cls(np.array(kept, dtype=str), rarity)

    def matrix(self, texts: list[str]) -> csr_matrix:
        """One row a text, of length one; a row of zeros where nothing is known."""
        columns, values, ends = [], [], [0]
        for text in texts:
            here = sorted(self._place[g] for g in grams(text) if g in self._place)
            weights = self.weights[here]
            columns.extend(here)
            values.append(weights / (np.linalg.norm(weights) or 1))
            ends.append(len(columns))
        data = np.concatenate(values).astype(np.float32) if values else np.zeros(0, np.float32)
        return csr_matrix((data, np.array(columns, np.int32), np.array(ends)), (len(texts), len(self.names)))
