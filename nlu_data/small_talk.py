"""Short dangers amid small talk, as somebody writes who does not come to the point at once. Standard library only; the same texts every time."""

from __future__ import annotations

import random
from collections.abc import Sequence

AMID = 8  # harmless replies around a danger
SHORT = 8  # tokens that a danger has at most


def amid(langs: Sequence[str], dangers: Sequence[int], calm: Sequence[int]) -> list[list[int]]:
    """For each of `dangers` its place in the middle of AMID of the `calm` ones of its language (all are places in `langs`). A danger is left out
    where its language has too few."""
    draw, rows = random.Random(0), []
    for danger in dangers:
        others = [n for n in calm if langs[n] == langs[danger]]
        if len(others) >= AMID:
            chosen = draw.sample(others, AMID)
            rows.append([*chosen[:AMID // 2], danger, *chosen[AMID // 2:]])
    return rows
