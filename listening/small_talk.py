"""Short dangers amid small talk, as somebody writes who does not come to the point at once. The same texts every time."""

from __future__ import annotations

import random
from collections.abc import Sequence

from listening.words import parts, tokens

AMID = 8  # harmless replies around a danger
SHORT = 8  # tokens that a danger has at most


def amid(langs: Sequence[str], texts: Sequence[str], serious: Sequence[bool], harmless: Sequence[bool]) -> list[list[int]]:
    """For each short one of the `serious` replies its place in the middle of those of AMID `harmless` ones of its language; all of one sentence. A
    danger is left out where its language has too few."""
    at_once = [n for n, text in enumerate(texts) if not parts(text)]
    calm: dict[str, list[int]] = {}
    for n in at_once:
        if harmless[n]:
            calm.setdefault(langs[n], []).append(n)
    draw, rows = random.Random(0), []
    for danger in at_once:
        others = calm.get(langs[danger], [])
        if serious[danger] and len(tokens(texts[danger])) <= SHORT and len(others) >= AMID:
            chosen = draw.sample(others, AMID)
            rows.append([*chosen[:AMID // 2], danger, *chosen[AMID // 2:]])
    return rows
