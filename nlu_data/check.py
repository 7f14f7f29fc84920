"""Count the phrases and name what breaks their rules: `python nlu_data/check.py [lang ...]`."""

from __future__ import annotations

import collections
import sys
from pathlib import Path

import numpy as np
from rapidfuzz import fuzz, process

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from nlu_data import heads, read

BIG = {"en": 120, **dict.fromkeys(["sq", "vi", "ro", "ar", "ti", "zh"], 60)}
HELD_OUT = 60
# A shorter key ("ok", "yes please") may stand on both sides by chance.
TELLING = 12
# Of a hundred letters of two keys so many are the same: a near-copy ("he is at my door now" and "he's at my door now").
NEAR = 90


def wanted(lang: str, intent: str) -> int:
    """How many training phrases an intent should have in a language."""
    full = BIG.get(lang, 20)
    if intent in read.DANGER:
        return full
    return full // 2 if intent in read.OTHER else max(6, full // 8)


def problems(lang: str) -> list[str]:
    """What breaks the rules in the phrases of a language, a line each; nothing when all is well. Raises read.BadFile."""
    learned, held, dev = read.training([lang]), read.held_out([lang]), read.development([lang])
    counts = collections.Counter(p.intent for p in learned)
    found = [f"{i}: {counts[i]} of {wanted(lang, i)} phrases" for i in read.INTENTS if counts[i] < wanted(lang, i)]
    calm, danger = _calm(learned), _danger(learned)
    # A third; a little less will do, for a label may be put right without a new phrase being found.
    if calm * 3 < danger * 0.95:
        found.append(f"{calm} of {danger // 3} calm phrases that look alarming")
    if len(held) < HELD_OUT:
        found.append(f"{len(held)} of {HELD_OUT} replies held out")
    found += [f"{i}: no reply held out" for i in read.DANGER if i not in {p.intent for p in held}]
    # In whatever language they stand there: people mix them, and some words are the same in two.
    developed = _keys(read.development())
    apart = developed | _keys(read.held_out())
    found += [f"{p.intent}: learned and held out: {p.text}" for p in learned if read.key(p.text) in apart]
    found += [f"{p.intent}: learned, and nearly the same is held out or for development: {p.text}" for p in near_copies(learned, [*held, *dev])]
    found += [f"{p.intent}: for development and held out: {p.text}" for p in held if read.key(p.text) in developed]
    known = {f"dialect:{name}" for name in read.dialects(lang).values()}
    tags = {tag for p in (*learned, *held, *dev) for tag in p.tags}
    found += [f"{tag}: no dialect in dialects.py" for tag in sorted(tags) if tag.startswith("dialect:") and tag not in known]
    return found + [f"{file.name}: its first line says neither that it awaits native review nor who reviewed it and when" for file in _files(lang) if not _says_so(file)]


def near_copies(learned: list[read.Phrase], apart: list[read.Phrase]) -> list[read.Phrase]:
    """Those of `learned` that are, but for a few letters, one of `apart` (all of one language; those with the same key are among them)."""
    keys = sorted(_keys(apart))
    if not keys or not learned:
        return []
    alike = process.cdist(keys, [read.key(p.text) for p in learned], scorer=fuzz.ratio, score_cutoff=NEAR, dtype=np.uint8)
    return [p for p, near in zip(learned, alike.any(axis=0), strict=True) if near]


def _calm(phrases: list[read.Phrase]) -> int:
    return sum(bool(p.tags & {"hard_negative", "negation", "past"}) and p.urgency in ("none", "routine") for p in phrases)


def _danger(phrases: list[read.Phrase]) -> int:
    return sum(p.intent in read.DANGER for p in phrases)


def _keys(phrases: list[read.Phrase]) -> set[str]:
    return {k for p in phrases if len(k := read.key(p.text)) >= TELLING}


def _files(lang: str) -> list[Path]:
    return [*(read.HERE / "train" / lang / f"{i}.txt" for i in read.INTENTS), *(read.HERE / part / f"{lang}.txt" for part in ("test", "dev"))]


def _says_so(file: Path) -> bool:
    return file.exists() and heads.in_order(heads.head_of(file))


def main(languages: list[str]) -> int:
    """Print each language's counts and problems; exit status 1 when there is a problem. Near-copies are counted and are none."""
    wrong = 0
    for lang in languages:
        phrases, found = read.training([lang]), problems(lang)
        keys = collections.Counter((p.intent, read.key(p.text)) for p in phrases)
        print(f"{lang}: {len(phrases)} phrases, {_danger(phrases)} danger, {_calm(phrases)} calm though alarming, "
              f"{sum('terse' in p.tags for p in phrases)} terse, {sum(n > 1 for n in keys.values())} near-copies")
        for problem in found:
            print(f"    {problem}")
        wrong += bool(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or read.LANGUAGES))
