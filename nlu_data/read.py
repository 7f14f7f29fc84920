"""Read the phrase files of nlu_data/. Standard library only: the bot's Python 3.10 and the app both use it."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nlu_data.dialects import DIALECTS

HERE = Path(__file__).resolve().parent
LANGUAGES = ["en", "sq", "vi", "ro", "ar", "ti", "am", "so", "fa", "ur", "hi", "bn", "zh", "pl", "bg", "hu", "lt", "pt", "es", "fr", "tr", "uk", "ru", "tl"]
DANGER = ["danger_now", "trafficker_contact", "exploitation", "threats", "suicide_self_harm", "medical", "no_safe_place", "child_at_risk", "detained"]
OTHER = ["distress", "practical_need", "legal_case", "wants_contact", "fine", "chat", "stop", "reschedule", "change_language", "wrong_person", "unclear"]
DIALOGUE = ["pause", "start", "who_are_you", "is_person"]
INTENTS = DANGER + OTHER + DIALOGUE
URGENCIES = ("none", "routine", "urgent", "immediate")
SPARE = HERE / "spare.bin"
PROVENANCE = "# provenance: drafted by a language model, needs native review"
_SECTION = re.compile(r"^\[([a-z_ ]+)\]$")


@dataclass(frozen=True)
class Phrase:
    """One labelled phrase. `intent` is a concern of the taxonomy or one of the dialogue's own intents."""

    text: str
    lang: str
    intent: str
    urgency: str
    tags: frozenset[str] = frozenset()

    @property
    def mark(self) -> int:
        """32 bits that tell the text so labelled from others, where a list of texts would be too much: with another label it is another phrase."""
        return zlib.crc32(f"{self.intent} {self.urgency} {self.text}".encode())


class BadFile(ValueError):
    """A phrase file breaks the format; the message names file and line."""


def key(text: str) -> str:
    """The text without case, accents, marks and spaces: two phrases with one key are near-copies."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", "", "".join(c for c in plain if not unicodedata.combining(c))) or text


@cache
def dialects(lang: str) -> dict[str, str]:
    """The name of each dialect of a language, by the key of every way it may be written."""
    return {key(written): names.split()[0] for names in DIALECTS[lang].split(",") for written in names.split()}


@cache
def _tag(written: str, lang: str) -> str:
    kind, _, name = written.partition(":")
    return f"dialect:{dialects(lang).get(key(name), name)}" if kind == "dialect" else written


def _lines(path: Path, intent: str | None, lang: str) -> Iterator[Phrase]:
    urgency = None
    try:
        written = path.read_text(encoding="utf-8-sig")  # reviewers' editors put a mark first
    except UnicodeDecodeError:
        raise BadFile(f"{path}: not text in UTF-8") from None
    for number, raw in enumerate(written.splitlines(), 1):
        line = raw.strip()
        if not line or line.startswith("# ") or line == "#":
            continue
        section = _SECTION.match(line)
        if section:
            words = section.group(1).split()
            if intent is None and len(words) == 2:
                held_out, urgency = words
            elif intent is not None and len(words) == 1:
                held_out, urgency = intent, words[0]
            else:
                raise BadFile(f"{path}:{number}: section {line}")
            if urgency not in URGENCIES or held_out not in INTENTS:
                raise BadFile(f"{path}:{number}: unknown intent or urgency in {line}")
            continue
        if urgency is None:
            raise BadFile(f"{path}:{number}: a phrase before any [section]")
        text, _, tags = line.partition(" || ")
        yield Phrase(text.strip(), lang, held_out, urgency,
                     frozenset(_tag(t.strip(), lang) for t in tags.split(",") if t.strip()))


def training(languages: list[str] | None = None, root: Path = HERE / "train") -> list[Phrase]:
    """Every training phrase, in a stable order. Raises BadFile."""
    found: list[Phrase] = []
    for lang in languages or LANGUAGES:
        for path in sorted((root / lang).glob("*.txt")):
            if path.stem not in INTENTS:
                raise BadFile(f"{path}: no such intent")
            found.extend(_lines(path, path.stem, lang))
    return found


def development(languages: list[str] | None = None) -> list[Phrase]:
    """Every development phrase: thresholds are chosen on these, nothing is learned from them. Raises BadFile."""
    return held_out(languages, HERE / "dev")


def held_out(languages: list[str] | None = None, root: Path = HERE / "test") -> list[Phrase]:
    """Every held-out test phrase, in a stable order. Raises BadFile."""
    return [p for lang in languages or LANGUAGES if (root / f"{lang}.txt").exists()
            for p in _lines(root / f"{lang}.txt", None, lang)]


def spare() -> frozenset[int]:
    """Marks of the training phrases from which the heads need not learn, for the tuned encoder has them where they belong
    (bot/tuning/spare.py writes the file, 32 bits a mark)."""
    return frozenset(memoryview(SPARE.read_bytes()).cast("I"))
