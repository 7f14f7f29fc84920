"""The only file that imports Argos Translate, and the only place where its environment is set.

Argos reads its settings once, at import, from the environment and from a file in the home folder; it makes folders there, and
logs every text at level INFO. So it is imported late, once, with our settings, with scratch folders in place of the home
ones, and its logger is shut. Its package index, downloads, cached translations and sentence splitters are never used: a
model is loaded from a folder and given one sentence at a time.
"""

from __future__ import annotations

import logging
import os
import sys
import tempfile
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import EngineRefused

_SETTINGS = {
    "ARGOS_DEBUG": "0", "ARGOS_DEV_MODE": "0", "ARGOS_MODEL_PROVIDER": "OPENNMT", "ARGOS_DEVICE_TYPE": "cpu",
    "ARGOS_CHUNK_TYPE": "MINISBD", "ARGOS_INTER_THREADS": "1", "ARGOS_INTRA_THREADS": "2", "ARGOS_BEAM_SIZE": "4",
    "ARGOS_BATCH_SIZE": "32", "ARGOS_COMPUTE_TYPE": "auto",
}
_FOLDERS = ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "ARGOS_PACKAGES_DIR", "ARGOS_TRANSLATE_PACKAGE_DIR")
_OFF = ("", "0", "false", "no", "off")
_importing = threading.Lock()


def refuse_debug() -> None:
    """Raise EngineRefused when ARGOS_DEBUG is on: Argos would print every text. Cheap; called at start."""
    if os.environ.get("ARGOS_DEBUG", "").strip().lower() not in _OFF:
        raise EngineRefused("ARGOS_DEBUG is set: Argos would print what people write. Unset it and start again.")


class Model:
    """One loaded package, about 100 MB of memory. Not for use by two threads at once."""

    def __init__(self, folder: Path):
        """Load it (a second or two). Raises what CTranslate2 or the tokenizer raise on damaged files."""
        engine, package = _engine(), sys.modules["argostranslate.package"].Package(folder)
        names = [engine.Language(code, code) for code in (package.from_code, package.to_code)]
        self._translation = engine.PackageTranslation(*names, package)
        self._translation.sentencizer = _AsItIs()
        self._tokens = package.tokenizer
        self.say("ok")  # the weights are read at the first use, and a damaged file should show itself now

    def say(self, sentence: str) -> tuple[str, float]:
        """The translation of one sentence without line breaks, and its mean log-probability a token (0 is certain).

        Empty when the model has never seen most of the letters: it would invent something fluent.
        """
        if self._mostly_unknown(sentence):
            return "", -99.0
        best = self._translation.hypotheses(sentence, 1)[0]
        # The score is the sum of the log-probabilities over length ** 0.2 (Argos's length penalty).
        return best.value.strip(), best.score / max(1, len(self._tokens.encode(best.value))) ** 0.8

    def _mostly_unknown(self, sentence: str) -> bool:
        if not isinstance(self._tokens, sys.modules["argostranslate.tokenizer"].SentencePieceTokenizer):
            return False
        pieces = self._tokens.lazy_processor()
        ids = pieces.encode(sentence)
        return 3 * ids.count(pieces.unk_id()) > len(ids)


class _AsItIs:
    """Stands where Argos keeps its sentence splitter, which it would download: our pieces are sentences already."""

    def split_sentences(self, text: str) -> list[str]:
        return [text]


def _engine() -> ModuleType:
    """The module argostranslate.translate, imported once with our settings. Raises EngineRefused."""
    with _importing:
        if "argostranslate.settings" not in sys.modules:
            with tempfile.TemporaryDirectory(prefix="argos-") as scratch:
                _import_with({**_SETTINGS, **{name: scratch for name in _FOLDERS}})
        import argostranslate.translate as engine
        from argostranslate import settings

        if settings.debug or settings.model_provider is not settings.ModelProvider.OPENNMT:
            raise EngineRefused("Argos was imported with settings that print or send what people write")
        log = logging.getLogger("argostranslate.utils")
        if _never not in log.filters:  # a filter outlives a later logging configuration; a level does not
            log.addFilter(_never)
        return engine


def _import_with(environment: dict[str, str]) -> None:
    before = {name: os.environ.get(name) for name in environment}
    os.environ.update(environment)
    try:
        import argostranslate.package
        import argostranslate.translate  # noqa: F401
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _never(record: Any) -> bool:
    return False
