"""Agreed words of a person: a safe word (exact) and a duress word (one typo forgiven). Only keyed hashes are kept.

A duress word is stored as the hashes of its comparable form, without spaces, and of every form with one letter or sign left out; a text is compared
by the same set. Two words one typo apart always share a member, so no word ever has to be read back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from casefile.encryption import KeyRing
from triage.normalise import clean, cleaned

SHORTEST, LONGEST = 3, 60  # letters and signs


class AgreedWordWrong(ValueError):
    """The word cannot be used; the message says why without repeating it."""


def _with_one_left_out(word: str) -> set[str]:
    """The word's forms. Of one that is nearly nothing without a sign (an emoji) only itself."""
    return {word} | {word[:i] + word[i + 1:] for i in range(len(word)) if len(word) >= SHORTEST}


def safe_hash(ring: KeyRing, word: str) -> str:
    """What is stored for a safe word. Raises AgreedWordWrong."""
    return ring.lookup("safe:" + _checked(word))


def duress_hashes(ring: KeyRing, word: str) -> list[str]:
    """What is stored for a duress word. Raises AgreedWordWrong."""
    return sorted(ring.lookup("duress:" + form) for form in _with_one_left_out(_together(_checked(word))))


def is_safe_word(ring: KeyRing, text: str, stored: str | None) -> bool:
    """True when the whole text is the safe word, after normalisation."""
    return stored is not None and any(stored in ring.lookups("safe:" + form) for form in cleaned(text))


def is_duress(ring: KeyRing, text: str, stored: Iterable[str]) -> bool:
    """True when the whole text is the duress word, give or take one typo."""
    wanted = set(stored)
    # A longer text cannot be the word, which one letter too many may make longer; this also bounds the hashing.
    forms = {form for form in map(_together, cleaned(text)) if wanted and form and len(form) <= LONGEST + 1}
    return any(not wanted.isdisjoint(ring.lookups("duress:" + f)) for form in forms for f in _with_one_left_out(form))


def too_common(word: str, everyday: Iterable[tuple[str, ...]]) -> bool:
    """Whether the word is an everyday answer (`everyday`: in words of comparable form) or one typo from one: "oki" would make every "ok" a sign of duress."""
    forms = _with_one_left_out(_together(clean(word)))
    return any(not forms.isdisjoint(_with_one_left_out("".join(answer))) for answer in everyday)


def _together(form: str) -> str:
    """Without spaces: signs of a script without any, and emoji, are words of their own."""
    return form.replace(" ", "")


def _checked(word: str) -> str:
    form = clean(word)
    if len(form) < SHORTEST and not any(unicodedata.category(c) == "So" for c in form):
        raise AgreedWordWrong(f"an agreed word needs at least {SHORTEST} letters, or an emoji, after punctuation is taken away")
    if len(form) > LONGEST:
        raise AgreedWordWrong(f"an agreed word may have at most {LONGEST} letters")
    if form.isdigit():
        raise AgreedWordWrong("an agreed word must not be a number: numbers answer the check-in")
    return form
