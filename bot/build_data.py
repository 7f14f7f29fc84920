"""Write what Rasa trains on from nlu_data/train: bot/.generated/nlu.yml (git-ignored).

    python bot/build_data.py

Phrases that tuning found to be spare (tuning/spare.py) are left out. One block for each intent, urgency and language; the block's metadata carries urgency and language to the classifier.
Phrases are quoted as JSON (which is YAML) and made harmless for Rasa's markup; HeardClassifier sees them exactly.
"""

from __future__ import annotations

import json
import os
import sys
from itertools import groupby
from pathlib import Path

BOT = Path(__file__).resolve().parent
sys.path[:0] = [str(BOT), str(BOT.parent)]

import numpy as np  # noqa: E402

from listening.words import harmless  # noqa: E402
from nlu_data.read import Phrase, training  # noqa: E402

GENERATED = BOT / ".generated" / "nlu.yml"
SPARE = BOT / "tuning" / "spare.npy"


def as_yaml(phrases: list[Phrase]) -> str:
    """Rasa's training file for these phrases. The same phrase twice in a block is written once."""
    def block(phrase: Phrase) -> tuple[str, str, str]:
        return phrase.intent, phrase.urgency, phrase.lang

    lines = ['version: "3.1"', "nlu:"]
    for (intent, urgency, lang), group in groupby(sorted(phrases, key=block), key=block):
        texts = dict.fromkeys(harmless(p.text) for p in group)
        examples = "".join(f"- {text}\n" for text in texts)
        lines += [f"- intent: {intent}", f"  metadata: {{urgency: {urgency}, lang: {json.dumps(lang)}}}",
                  f"  examples: {json.dumps(examples, ensure_ascii=False)}"]
    return "\n".join(lines) + "\n"


def needed(phrases: list[Phrase]) -> list[Phrase]:
    """Those that are not spare."""
    spare = frozenset(np.load(SPARE).tolist())
    return [p for p in phrases if p.mark not in spare]


def write(path: Path = GENERATED) -> int:
    """Write the file whole or not at all; returns the number of phrases. Raises nlu_data.read.BadFile."""
    phrases = needed(training())
    path.parent.mkdir(exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(as_yaml(phrases), encoding="utf-8")
    os.replace(new, path)
    return len(phrases)


if __name__ == "__main__":
    print(f"{write()} phrases written to bot/.generated/nlu.yml")
