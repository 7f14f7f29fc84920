"""Count the phrases and look for broken files, doubles and leaks: `python nlu_data/check.py [lang ...]`."""

from __future__ import annotations

import collections
import re
import sys
import unicodedata
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from nlu_data import read

BIG = {"en": 120, **dict.fromkeys(["sq", "vi", "ro", "ar", "ti", "zh"], 60)}


def key(text: str) -> str:
    """The text without case, accents, marks and spaces: two phrases with one key are near-copies."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c))) or text


def wanted(lang: str, intent: str) -> int:
    """How many training phrases an intent should have in a language."""
    full = BIG.get(lang, 20)
    if intent in read.DANGER:
        return full
    return full // 2 if intent in read.OTHER else max(6, full // 8)


def main(languages: list[str]) -> int:
    """Print the table; exit status 1 when anything is short, doubled or leaked."""
    wrong = 0
    test_keys = {key(p.text) for p in (*read.held_out(), *read.development())}
    for lang in languages:
        phrases = read.training([lang])
        counts = collections.Counter(p.intent for p in phrases)
        short = {i: f"{counts[i]}/{wanted(lang, i)}" for i in read.INTENTS if counts[i] < wanted(lang, i)}
        keys = collections.Counter((p.intent, key(p.text)) for p in phrases)
        doubles = sorted(k for (_, k), n in keys.items() if n > 1)
        leaks = sorted({k for _, k in keys} & test_keys - {k for k in test_keys if len(k) < 12})
        calm = sum(bool(p.tags & {"hard_negative", "negation", "past"}) for p in phrases)
        danger = sum(p.intent in read.DANGER for p in phrases)
        if calm * 3 < danger:
            short["hard negatives+negation+past"] = f"{calm}/{danger // 3}"
        wrong += bool(short or leaks)
        print(f"{lang}: {len(phrases)} phrases, {danger} danger, {calm} calm-looking-alarming, "
              f"{sum('terse' in p.tags for p in phrases)} terse, {len(doubles)} doubles"
              + (f"; SHORT {short}" if short else "") + (f"; LEAKED {leaks[:5]}" if leaks else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:] or read.LANGUAGES))
