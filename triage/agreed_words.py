"""Agreed words of a person: a safe word (exact) and a duress word (one typo forgiven). Only keyed hashes are kept.

A duress word is stored as the hashes of its comparable form and of every form with one letter left out; a text is compared by the same
set. Two words one typo apart always share a member, so no word ever has to be read back.
"""

from __future__ import annotations

from collections.abc import Iterable

from casefile.encryption import KeyRing
from triage.normalise import clean

SHORTEST = 3


class AgreedWordWrong(ValueError):
    """The word cannot be used; the message says why without repeating it."""


def _with_one_left_out(word: str) -> set[str]:
    return {word} | {word[:i] + word[i + 1:] for i in range(len(word))}


def safe_hash(ring: KeyRing, word: str) -> str:
    """What is stored for a safe word. Raises AgreedWordWrong."""
    return ring.lookup("safe:" + _checked(word))


def duress_hashes(ring: KeyRing, word: str) -> list[str]:
    """What is stored for a duress word. Raises AgreedWordWrong."""
    return sorted(ring.lookup("duress:" + form) for form in _with_one_left_out(_checked(word)))


def is_safe_word(ring: KeyRing, text: str, stored: str | None) -> bool:
    """True when the whole text is the safe word, after normalisation."""
    return stored is not None and stored in ring.lookups("safe:" + clean(text))


def is_duress(ring: KeyRing, text: str, stored: Iterable[str]) -> bool:
    """True when the whole text is the duress word, give or take one typo."""
    wanted = set(stored)
    form = clean(text)
    # A longer text cannot be the word; this also bounds the hashing.
    if not wanted or not form or len(form) > 60:
        return False
    return any(not wanted.isdisjoint(ring.lookups("duress:" + f)) for f in _with_one_left_out(form))


def _checked(word: str) -> str:
    form = clean(word)
    if len(form) < SHORTEST:
        raise AgreedWordWrong(f"an agreed word needs at least {SHORTEST} letters or signs after punctuation is taken away")
    if form.isdigit():
        raise AgreedWordWrong("an agreed word must not be a number: numbers answer the check-in")
    return form
