"""What a person wrote, in a caseworker's language, and the other way round. For caseworkers only, beside the original.

Slow (a model takes seconds to load, a sentence up to a second): never call it while someone waits for a webhook, and call
it from a thread, not from the event loop. Nothing is fetched, cached or logged.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from . import packages
from .argos import Model, refuse_debug
from .codes import WITHOUT_SPACES, argos_codes
from .packages import Package
from .reliable import Why, doubt, has_words, refuse
from .sentences import split

LONGEST_TEXT = 4_000  # characters
MOST_LOST = 1 / 3  # of a text's characters may stay untranslated before nothing is shown

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Translated:
    """A machine translation. `rough` has a reason a caseworker should read; `fixture` comes from a test package."""

    text: str
    quality: Literal["fair", "rough", "fixture"]
    reason: str = ""


@dataclass(frozen=True)
class NoTranslation:
    """There is none to show; `reason` says why in words for a caseworker."""

    reason: str


@dataclass(frozen=True)
class BothWays:
    """A caseworker's words in the person's language, and that read back into her own, to see before she confirms."""

    there: Translated
    back: Translated


class _OutOfTime(Exception):
    """The deadline of this text has passed."""


class Translator:
    """Translates with the packages in one folder; packages added or removed later count at once. Safe between threads."""

    def __init__(self, packages_dir: Path, *, seconds: float = 20.0, keep: int = 3, fixtures: bool = False):
        """`seconds`: the longest a text may take, waiting included (one sentence may overrun it). `keep`: models kept in
        memory. `fixtures`: use the test packages too; for tests and a clearly marked demo only. Raises EngineRefused."""
        refuse_debug()
        self._dir, self._seconds, self._keep, self._fixtures = Path(packages_dir), seconds, keep, fixtures
        self._models: OrderedDict[tuple[Path, str], Model] = OrderedDict()
        self._turn = threading.Lock()

    def available(self, source: str, target: str) -> bool:
        """Whether texts in `source` can be translated to `target` (our codes), directly or through English."""
        return bool(self._route(source, target))

    def translate(self, text: str, source: str, target: str) -> Translated | NoTranslation:
        """`text` from our language code `source` to `target`. Never raises: the original is always there to show."""
        return self._translate(text, source, target, partly=True)

    def check_back(self, text: str, source: str, target: str) -> BothWays | NoTranslation:
        """A caseworker's own `text` in `target`, and that translated back: without both, whole, she cannot judge it."""
        there = self._translate(text, source, target, partly=False)
        if isinstance(there, NoTranslation):
            return there
        back = self._translate(there.text, target, source, partly=False)
        return back if isinstance(back, NoTranslation) else BothWays(there, back)

    def _translate(self, text: str, source: str, target: str, partly: bool) -> Translated | NoTranslation:
        if not has_words(text):
            return NoTranslation(Why.NOTHING_TO_TRANSLATE)
        if set(argos_codes(source)) & set(argos_codes(target)):
            return NoTranslation(Why.SAME_LANGUAGE)
        if len(text) > LONGEST_TEXT:
            return NoTranslation(Why.TOO_LONG)
        route = self._route(source, target)
        if not route:
            return NoTranslation(Why.NO_PACKAGE)
        deadline = time.monotonic() + self._seconds
        if not self._turn.acquire(timeout=self._seconds):
            return NoTranslation(Why.TOO_SLOW)
        try:
            return self._whole(text, route, deadline, MOST_LOST if partly else 0)
        except _OutOfTime:
            return NoTranslation(Why.TOO_SLOW)
        except Exception as e:  # what CTranslate2 and SentencePiece raise on damaged files has no common root
            log.error("translation package %s is unusable: %s", [p.folder.name for p in route], type(e).__name__)
            return NoTranslation(Why.DAMAGED)
        finally:
            self._turn.release()

    def _route(self, source: str, target: str) -> list[Package]:
        """The packages to go through: one, or two that meet in English; none when there is no way."""
        pairs = {(p.source, p.target): p for p in packages.installed(self._dir) if self._fixtures or not p.fixture}
        ends = [(a, b) for a in argos_codes(source) for b in argos_codes(target)]
        direct = [[pairs[end]] for end in ends if end in pairs]
        pivots = [[pairs[a, "en"], pairs["en", b]] for a, b in ends if (a, "en") in pairs and ("en", b) in pairs]
        return (direct + pivots or [[]])[0]

    def _model(self, package: Package) -> Model:
        key = (package.folder, package.sha256)
        model = self._models.pop(key, None) or Model(package.folder)
        self._models[key] = model
        while len(self._models) > self._keep:
            self._models.popitem(last=False)
        return model

    def _whole(self, text: str, route: list[Package], deadline: float, most_lost: float) -> Translated | NoTranslation:
        target = route[-1].target
        out, doubts, lost, size, first = [], [], 0, 0, None
        for piece, space in split(text):
            if has_words(piece):
                size += len(piece)
                said, care, why = self._piece(piece, route, deadline)
                doubts += [care] if care else []
                if why:
                    lost += len(piece)
                    first = first or why
                    said = f"[{piece}]"
            else:
                said = piece
            gap = "" if target in WITHOUT_SPACES else " "
            out.append(said + (space if "\n" in space else gap))
        if first and lost > most_lost * size:
            return NoTranslation(first)
        result = "".join(out).strip()
        if any(p.fixture for p in route):
            return Translated(result, "fixture", Why.FIXTURE)
        reasons = [Why.PARTLY] * bool(first) + doubts + [Why.THROUGH_ENGLISH] * (len(route) > 1)
        return Translated(result, "rough" if reasons else "fair", "; ".join(dict.fromkeys(reasons)))

    def _piece(self, piece: str, route: list[Package], deadline: float) -> tuple[str, Why | None, Why | None]:
        """One sentence along the route: what was said, why to doubt it, why to refuse it."""
        said, care = piece, None
        for package in route:
            if time.monotonic() > deadline:
                raise _OutOfTime
            before = said
            said, confidence = self._model(package).say(before)
            if why := refuse(before, said, confidence):
                return said, care, why
            care = care or doubt(before, said, confidence)
        return said, care, None
