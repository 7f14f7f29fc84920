"""Check text files: `python messaging/texts/check.py [lang ...]`."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))
from messaging.catalogue import problems  # noqa: E402


def _texts(lang: str) -> dict[str, str]:
    try:
        return tomllib.loads((HERE / f"{lang}.toml").read_text("utf-8-sig"))["texts"]
    except (OSError, ValueError, KeyError) as error:
        raise SystemExit(f"{lang}.toml cannot be read: {error}") from None


if __name__ == "__main__":
    found = [p for lang in (sys.argv[1:] or sorted(p.stem for p in HERE.glob("*.toml") if p.stem != "reviews"))
             for p in problems(lang, _texts(lang), _texts("en"))]
    print("\n".join(found) or "all texts are in order")
    raise SystemExit(bool(found))
