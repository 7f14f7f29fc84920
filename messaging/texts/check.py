"""Check text files against English: `python messaging/texts/check.py [lang ...]` (standard library only)."""

from __future__ import annotations

import re
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
GSM7 = set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
           "abcdefghijklmnopqrstuvwxyzäöñüà")


def budget(key: str, text: str) -> int:
    """Most UTF-16 units a text may have: one unsplit text for check-ins, two at the most for others."""
    if key.startswith("button."):
        return 20
    plain = set(text) <= GSM7
    if key.startswith("checkin.ask"):
        return 160 if plain else 67
    return 160 if plain else 134


def problems(lang: str) -> list[str]:
    """What is wrong with a language's file, one line each; empty when all is well."""
    english = tomllib.loads((HERE / "en.toml").read_text("utf-8"))["texts"]
    data = tomllib.loads((HERE / f"{lang}.toml").read_text("utf-8"))
    texts, wrong = data["texts"], []
    if data.get("language") != lang or not data.get("provenance"):
        wrong.append(f"{lang}: language or provenance line is missing")
    wrong += [f"{lang}: {k} is missing" for k in english.keys() - texts.keys()]
    wrong += [f"{lang}: {k} is unknown" for k in texts.keys() - english.keys()]
    for key, text in texts.items():
        units = len(text.encode("utf-16-le")) // 2
        if not text.strip() or units > budget(key, text):
            wrong.append(f"{lang}: {key} has {units} units, at most {budget(key, text)}")
        if key in english and set(re.findall(r"{\w+}", text)) != set(re.findall(r"{\w+}", english[key])):
            wrong.append(f"{lang}: {key} has other placeholders than English")
        if "!" in text or "http" in text:
            wrong.append(f"{lang}: {key} has an exclamation mark or a link")
    return wrong


if __name__ == "__main__":
    found = [p for lang in (sys.argv[1:] or sorted(p.stem for p in HERE.glob("*.toml") if p.stem != "reviews"))
             for p in problems(lang)]
    print("\n".join(found) or "all texts are in order")
    raise SystemExit(bool(found))
