"""Shares with their 95 % Wilson intervals, macro-F1, and how far chances are from what came true. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from statistics import fmean
from typing import Any

Z = 1.959964


@dataclass(frozen=True)
class Figure:
    """`hits` of `of`; `value` is the share, `interval` its 95 % Wilson interval. For a score that is no share `of` is the number of texts."""

    hits: int
    of: int
    score: float | None = None

    @property
    def value(self) -> float:
        return self.score if self.score is not None else self.hits / self.of if self.of else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.hits, self.of)

    def shown(self) -> dict[str, Any]:
        """For JSON. A score has no interval."""
        if self.score is not None:
            return {"value": round(self.score, 4), "of": self.of}
        low, high = self.interval
        return {"value": round(self.value, 4), "hits": self.hits, "of": self.of, "low": round(low, 4), "high": round(high, 4)}

    def short(self) -> str:
        """A share for a table's cell."""
        low, high = self.interval
        return f"{self.value:.2f} ({low:.2f}-{high:.2f}) {self.hits}/{self.of}"

    def __str__(self) -> str:
        if self.score is not None:
            return f"{self.score:.3f} over {self.of} texts"
        low, high = self.interval
        return f"{self.value:.3f} ({self.hits}/{self.of}; 95 % {low:.3f}-{high:.3f})"


def wilson(hits: int, of: int) -> tuple[float, float]:
    """The 95 % Wilson score interval of a share; (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    p, z2 = hits / of, Z * Z
    centre = (p + z2 / (2 * of)) / (1 + z2 / of)
    spread = Z * math.sqrt(p * (1 - p) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(0.0, centre - spread), min(1.0, centre + spread)


def share(flags: Iterable[bool]) -> Figure:
    """How many are true."""
    seen = [bool(f) for f in flags]
    return Figure(sum(seen), len(seen))


def macro_f1(pairs: Sequence[tuple[str | None, str]]) -> Figure:
    """The mean F1 over the concerns that occur, of (labelled, heard) pairs."""
    right = Counter(a for a, b in pairs if a == b)
    labelled, heard = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    scores = [2 * right[c] / (labelled[c] + heard[c]) for c in labelled]
    return Figure(sum(right.values()), len(pairs), sum(scores) / len(scores) if scores else 0.0)


def calibration_error(chances: Sequence[tuple[float, bool]], bins: int = 10) -> Figure:
    """The expected calibration error of (chance, came true) pairs: 0 means that of all that was given 70 %, 70 % came true.

    Bins hold equally many texts. Source: Nguyen and O'Connor (2015), with adaptive bins. Of equal chances equally many came true in every bin.
    """
    alike = {chance: fmean(true for _, true in pairs) for chance, pairs in groupby(sorted(chances), key=itemgetter(0))}
    ordered, error = sorted((chance, alike[chance]) for chance, _ in chances), 0.0
    for n in range(bins):
        here = ordered[n * len(ordered) // bins:(n + 1) * len(ordered) // bins]
        error += abs(sum(chance for chance, _ in here) - sum(true for _, true in here))
    return Figure(0, len(ordered), error / len(ordered) if ordered else 0.0)
