"""Find the training phrases that the heads can do without, now that the encoder is tuned, and write nlu_data/spare.bin (the end of `make tune`).

The encoder was tuned on all phrases and has put most of them where they belong: one whose nearest neighbours all need a person today, as it does, or
all do not, teaches the heads next to nothing. One in KEPT of those stays, and of every intent in every language at least FEW phrases. Without the
others training takes half the time, a message finds its neighbours in half the time, and development replies are told apart as well as before
(docs/understanding.md). What is not in the file is learned from: new phrases always are.

    bot/.venv/bin/python bot/tuning/spare.py [--anew]     without --anew only phrases that are not in the file yet are looked at
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from surroundings import prepare  # noqa: E402

prepare()

from alongside_bot.featurizer import worked_out  # noqa: E402
from alongside_bot.learn import short_space  # noqa: E402

from listening.heads import ESCALATES, NEIGHBOURS, centred, most, shortened  # noqa: E402
from listening.words import exact, spoken  # noqa: E402
from nlu_data.read import SPARE, URGENCIES, Phrase, spare, training  # noqa: E402

KEPT, FEW = 5, 6


def agreed(vectors: np.ndarray, serious: np.ndarray) -> np.ndarray:
    """Whether each phrase's nearest neighbours are all as serious, or all as little, as it is."""
    meaning = centred(vectors, vectors.mean(0))
    short = shortened(meaning, short_space(meaning))
    found = np.zeros(len(short), bool)
    for begin in range(0, len(short), 256):
        here = slice(begin, begin + 256)
        found[here] = (serious[most(short[here] @ short.T, NEIGHBOURS + 1)] == serious[here, None]).all(1)  # itself among them
    return found


def spare_of(phrases: list[Phrase], among_their_like: np.ndarray) -> list[int]:
    """The marks of the phrases that are left out."""
    left, marks = Counter((p.lang, p.intent) for p in phrases), set()
    for phrase, settled in zip(phrases, among_their_like):
        if settled and phrase.mark % KEPT and left[phrase.lang, phrase.intent] > FEW:
            marks.add(phrase.mark)
            left[phrase.lang, phrase.intent] -= 1
    return sorted(marks)


def main() -> None:
    """Add to the file what can be spared (the training that follows finds the vectors remembered)."""
    before = frozenset() if "--anew" in sys.argv else spare()
    phrases = [phrase for phrase in training() if phrase.mark not in before]
    serious = np.array([URGENCIES.index(p.urgency) >= ESCALATES for p in phrases])
    marks = spare_of(phrases, agreed(worked_out([spoken(exact(p.text)) for p in phrases]), serious))
    np.array(sorted({*before, *marks}), np.uint32).tofile(SPARE)
    print(f"{len(marks)} of {len(phrases)} phrases more need not be learned from again, {len(before)} as before: {SPARE.name}")


if __name__ == "__main__":
    main()
