"""The vetted texts: every key in every language, or the service does not start. Rules are in texts/README.md."""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from casefile.vocabulary import LANGUAGES
from messaging.segments import budget, segments

FOLDER = Path(__file__).resolve().parent / "texts"
_PLACEHOLDER = re.compile(r"{(\w+)}")


class TextsIncomplete(RuntimeError):
    """A text is missing, too long or broken; the message names every fault."""


class NoSuchText(KeyError):
    """There is no such key or language."""


def words_hash(text: str) -> str:
    """What a reviewer's sign-off is bound to: exactly these words."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Review:
    """A reviewer's sign-off of one text."""

    words: str
    reviewer: str
    on: str


@dataclass(frozen=True)
class Catalogue:
    """All vetted texts by language and key."""

    texts: dict[str, dict[str, str]]
    provenance: dict[str, str]
    reviews: dict[str, dict[str, Review]] = field(default_factory=dict)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Catalogue:
        """Read and check all languages. Raises TextsIncomplete naming every fault."""
        texts, provenance, faults = {}, {}, []
        for code in LANGUAGES:
            path = folder / f"{code}.toml"
            if not path.exists():
                faults.append(f"{code}: the file is missing")
                continue
            data = tomllib.loads(path.read_text("utf-8"))
            texts[code], provenance[code] = data.get("texts", {}), data.get("provenance", "")
            if data.get("language") != code or not provenance[code]:
                faults.append(f"{code}: language or provenance line is missing")
        english = texts.get("en", {})
        for code, found in texts.items():
            faults += problems(code, found, english)
        if faults:
            raise TextsIncomplete("The texts are not in order:\n" + "\n".join(f"  - {f}" for f in faults))
        return cls(texts, provenance, _reviews(folder / "reviews.toml"))

    @property
    def languages(self) -> list[str]:
        return list(self.texts)

    def keys(self, prefix: str = "") -> list[str]:
        """All keys that begin with `prefix`, in the order of the English file."""
        return [key for key in self.texts["en"] if key.startswith(prefix)]

    def text(self, key: str, language: str, **params: str) -> str:
        """The words of a key. Raises NoSuchText; KeyError for a missing parameter."""
        words = self.text_raw(key, language)
        return words.format(**params) if _PLACEHOLDER.search(words) else words

    def text_raw(self, key: str, language: str) -> str:
        """The words of a key with their placeholders. Raises NoSuchText."""
        try:
            return self.texts[language][key]
        except KeyError:
            raise NoSuchText(f"{key} in {language}") from None

    def awaiting(self, language: str) -> list[str]:
        """The keys whose words in a language no native reviewer has signed off."""
        return [key for key in self.keys() if self.reviewed(key, language) is None]

    def reviewed(self, key: str, language: str) -> Review | None:
        """The sign-off of exactly today's words; None when there is none or the words changed since."""
        review = self.reviews.get(language, {}).get(key)
        return review if review and review.words == words_hash(self.texts[language][key]) else None


def problems(code: str, found: dict[str, str], english: dict[str, str]) -> list[str]:
    """What is wrong with one language's texts, one line each."""
    wrong = [f"{code}: {key} is missing" for key in english.keys() - found.keys()]
    wrong += [f"{code}: {key} is unknown" for key in found.keys() - english.keys()]
    for key, text in found.items():
        measured = segments(text)
        if not text.strip() or measured.units > budget(key, text):
            wrong.append(f"{code}: {key} has {measured.units} units, at most {budget(key, text)}")
        if key in english and set(_PLACEHOLDER.findall(text)) != set(_PLACEHOLDER.findall(english[key])):
            wrong.append(f"{code}: {key} has other placeholders than English")
        if "!" in text or "http" in text:
            wrong.append(f"{code}: {key} has an exclamation mark or a link")
    return wrong


def _reviews(path: Path) -> dict[str, dict[str, Review]]:
    if not path.exists():
        return {}
    data = tomllib.loads(path.read_text("utf-8"))
    return {code: {key: Review(r["words"], r["reviewer"], r["on"]) for key, r in keys.items()} for code, keys in data.items()}
