"""The lists as they are, read once."""

from __future__ import annotations

import pytest

from triage.phrases import PhraseBook
from triage.wishes import WishBook


@pytest.fixture(scope="session")
def book() -> PhraseBook:
    return PhraseBook.load()


@pytest.fixture(scope="session")
def wishes() -> WishBook:
    return WishBook.load()
