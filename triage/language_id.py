"""Which of our languages is this written in? The person's recorded language is the prior, and words of another must speak against it.

Script first, then letters and everyday words (also as typed without accents or in Latin letters), then the statistical guess of
py3langid for Latin scripts. Nobody's short "ok" changes a language. Fast (well under a millisecond once loaded); never raises.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from .language_hints import FOREIGN, LATIN, LETTERS, OTHER_SCRIPTS, ROMANISED
from .normalise import fold

LONGEST = 1000  # characters looked at
FEW = 3  # fewer words than this in the prior's own script say nothing against it
_NOT_WORDS = re.compile(r"https?://\S+|www\.\S+|\S+@\S+")
_WORD = re.compile(r"[^\W_][\w'’\-]*")
_ARABIZI = re.compile(r"(?=\w*[a-z])(?=\w*[35679])(?!\d+(?:am|pm|th|st|nd|rd|g|k|h|hrs?|min|mins|kg|km|gbp|p|x)$)[a-z]*[35679][a-z35679]*")
_SYLLABLE = re.compile(r"(?:ngh?|nh|kh|th|tr|ch|gh|gi|qu|ph|[bcdghklmnprstvx])?[aeiouy]{1,3}(?:ng|nh|ch|[cmnpt])?")
_SCRIPTS = {  # script: the languages of ours that write it
    "ethiopic": ("ti", "am"), "arabic": ("ar", "fa", "ur"), "cyrillic": ("ru", "uk", "bg"), "bengali": ("bn",),
    "devanagari": ("hi",), "han": ("zh",), "latin": tuple(LATIN),
}
_RANGES = (
    (0x41, 0x24F, "latin"), (0x1E00, 0x1EFF, "latin"), (0x400, 0x52F, "cyrillic"), (0x600, 0x6FF, "arabic"), (0x750, 0x77F, "arabic"),
    (0xFB50, 0xFEFC, "arabic"), (0x900, 0x97F, "devanagari"), (0x980, 0x9FF, "bengali"), (0x1200, 0x139F, "ethiopic"),
    (0x2D80, 0x2DDF, "ethiopic"), (0x3400, 0x9FFF, "han"), (0x20000, 0x3FFFF, "han"), (0xFF21, 0xFF5A, "latin"),
)
_ALIKE = ({"hi", "ur"}, {"es", "pt"}, {"ru", "uk", "bg"}, {"ti", "am"})  # told apart only by more evidence


@dataclass(frozen=True)
class Guess:
    """`language` is the prior unless there is good evidence for another of our 24. `changed`: the text is not in the prior;
    with `language` still the prior, it is in none of ours. `confidence` goes from 0 (nothing to go by) to 1."""

    language: str
    confidence: float
    changed: bool


def identify(text: str, prior: str) -> Guess:
    """The language of one message of a person whose recorded language is `prior` (one of our codes)."""
    text = _NOT_WORDS.sub(" ", unicodedata.normalize("NFKC", text[:LONGEST]))
    scripts = Counter(_script(c) for c in text if c.isalpha())
    if not scripts:
        return Guess(prior, 0.0, False)
    script, letters = scripts.most_common(1)[0]
    own = next((name for name, languages in _SCRIPTS.items() if prior in languages), "latin")
    if scripts[own] * (16 if own == "han" else 4) > letters:
        script = own  # two languages in one line, and hers is one of them; a Chinese character is most of a word
    if letters < 2 and script != "han":
        return Guess(prior, 0.0, False)
    if script not in _SCRIPTS:
        return Guess(prior, 0.0, True)
    written = _SCRIPTS[script]
    if len(written) == 1:
        return _settle(prior, {written[0]: 2.0}, alien=prior not in written)
    words = [w.casefold() for w in _WORD.findall(text)]
    if script == "latin":
        return _latin(words, prior)
    if sum(any(c in FOREIGN for c in w) for w in words) >= 2:
        return Guess(prior, 0.0, True)
    scores = _hits(words, _other_index(), written)
    scores.update(_marks(words, written))
    if script == "arabic":
        scores["fa"] += sum(any(c in "پچگکی" for c in w) for w in words) * (not scores["ur"])
        scores["ar"] += sum(w.startswith(("ال", "وال", "بال", "لل")) for w in words) / 2
    if prior in written and len(words) < FEW and not any(scores[a] >= 2 and not scores[prior] for a in written):
        return Guess(prior, _share(scores, prior), False)
    scores[written[0]] += 0.1  # when nothing tells: the one written most
    return _settle(prior, scores, alien=prior not in written)


def _latin(words: list[str], prior: str) -> Guess:
    """Latin letters: thirteen languages that own them, and nine that are often typed in them."""
    bare = [fold(w) for w in words]
    scores = _hits(bare, _latin_index(), ())
    marks = _marks(words, _SCRIPTS["latin"])
    scores.update(marks)
    scores["ar"] += sum(bool(_ARABIZI.fullmatch(w)) for w in bare)
    if len(bare) >= 4 and all(map(_SYLLABLE.fullmatch, bare)):
        scores["vi"] *= 1.5  # unaccented Vietnamese is all single syllables
    if len(words) < FEW and (len(words) < 2 or not marks):
        return Guess(prior, _share(scores, prior), False)
    for language, chance in _statistics(" ".join(words)).items():
        known = 1.0 if scores[language] >= 0.5 else 0.4  # without one known word of it a language is a poor guess
        scores[language] += known * chance * min(len(words), 8) / 4
    return _settle(prior, scores, alien=False)


def _settle(prior: str, scores: dict[str, float], alien: bool) -> Guess:
    """The prior, unless another language has clearly more to say for it. `alien`: the prior is not written like this at all."""
    best = max(scores, key=lambda language: (scores[language], language == prior))
    if alien:
        return Guess(best, round(_share(scores, best), 3), True)
    own, other = scores.get(prior, 0.0), scores[best]
    needed = 2.5 if any({prior, best} <= pair for pair in _ALIKE) else 1.6
    if best == prior or other - own < needed or other < 1.5 * own:
        return Guess(prior, round(_share(scores, prior), 3), False)
    return Guess(best, round(_share(scores, best), 3), True)


def _share(scores: dict[str, float], language: str) -> float:
    """This language's part of all evidence, less when there is little of it."""
    total = sum(scores.values())
    return scores.get(language, 0.0) / (total + 1.0)


def _hits(words: Iterable[str], index: dict[str, tuple[str, ...]], only: tuple[str, ...]) -> Counter[str]:
    """One point for each known word, shared among the languages that have it."""
    scores: Counter[str] = Counter()
    for word in words:
        languages = index.get(word, ())
        for language in languages:
            if not only or language in only:
                scores[language] += 1 / len(languages) ** 0.5
    return scores


def _marks(words: Iterable[str], written: tuple[str, ...]) -> Counter[str]:
    """One point for each word with a letter that only one language of the script writes."""
    scores: Counter[str] = Counter()
    for word in words:
        for language in written:
            if any(c in LETTERS.get(language, "") for c in word):
                scores[language] += 1
    return scores


@cache
def _script(c: str) -> str:
    at = ord(c)
    return next((name for low, high, name in _RANGES if low <= at <= high), "other")


@cache
def _latin_index() -> dict[str, tuple[str, ...]]:
    return _index([*LATIN.items(), *ROMANISED.items()])


@cache
def _other_index() -> dict[str, tuple[str, ...]]:
    return _index(OTHER_SCRIPTS.items())


def _index(lists: Iterable[tuple[str, str]]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for language, words in lists:
        for word in set(words.split()):
            found.setdefault(word, []).append(language)
    return {word: tuple(languages) for word, languages in found.items()}


_loading = threading.Lock()


def _statistics(text: str) -> dict[str, float]:
    """py3langid's chances among the languages that own Latin letters; they sum to 1."""
    with _loading:  # the first call takes a second or two
        model = _model()
    return dict(model.rank(text))


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    model = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    model.set_languages(list(LATIN))
    return model
