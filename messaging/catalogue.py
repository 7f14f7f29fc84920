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
    damaged: str = ""  # what is wrong with reviews.toml; then there are no reviews

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Catalogue:
        """Read and check all languages. Raises TextsIncomplete naming every fault; a damaged reviews.toml is named in `damaged` only."""
        texts, provenance, faults = {}, {}, []
        for code in LANGUAGES:
            path = folder / f"{code}.toml"
            if not path.exists():
                faults.append(f"{code}: the file is missing")
                continue
            try:
                data = tomllib.loads(path.read_text("utf-8-sig"))  # reviewers' editors put a mark first
            except ValueError as error:
                faults.append(f"{code}: the file is damaged: {error}")
                continue
            texts[code], provenance[code] = data.get("texts", {}), data.get("provenance", "")
            if data.get("language") != code or not provenance[code]:
                faults.append(f"{code}: language or provenance line is missing")
        english = texts.get("en", {})
        for code, found in texts.items():
            faults += problems(code, found, english)
        if faults:
            raise TextsIncomplete("The texts are not in order:\n" + "\n".join(f"  - {f}" for f in faults))
        return cls(texts, provenance, *_reviews(folder / "reviews.toml"))

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


def _reviews(path: Path) -> tuple[dict[str, dict[str, Review]], str]:
    """The sign-offs, and what is wrong with their file.

    A damaged file counts as no sign-off at all and stops nothing: a sign-off is shown to staff and holds no text back, so the same
    texts are sent, each marked as not reviewed, while a service that does not start would watch over nobody.
    """
    if not path.exists():
        return {}, ""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
        return {code: {key: Review(r["words"], r["reviewer"], r["on"]) for key, r in keys.items()} for code, keys in data.items()}, ""
    except Exception as error:  # damage shows in many ways: no UTF-8, no TOML, a field that is missing
        return {}, (f"{path} is damaged ({type(error).__name__}: {error}), so no text counts as signed off and no sign-off can be taken: "
                    "mend it or put its backup back")
