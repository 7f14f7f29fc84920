"""The reserve: the bot's own trained model, asked in this process when the bot does not answer. Slower to start, no dialogue, same ears.

The model file is the one the bot's training leaves beside its archive; without it phrase lists alone are left, and `alongside check` says so.
"""

from __future__ import annotations

import threading
from pathlib import Path

from listening.heads import Heads
from listening.listener import Listener
from listening.meaning import Encoder
from triage.bot_client import understanding_of
from triage.decide import Understanding


class Reserve:
    """Understands one text after another; safe to use from several threads."""

    def __init__(self, listener: Listener):
        self._listener = listener
        self._one_at_a_time = threading.Lock()

    @classmethod
    def load(cls, model: Path) -> Reserve | None:
        """The reserve of a model file; None when there is none. A file that is damaged, or was made by other code than this, raises whatever
        reading it raises: EOFError, zipfile.BadZipFile, zlib.error, KeyError, ValueError."""
        if not model.exists():
            return None
        return cls(Listener(Heads.load(model), Encoder()))

    def understand(self, texts: list[str]) -> list[Understanding]:
        """What the model makes of each text, in order. Raises nothing a text could cause."""
        with self._one_at_a_time:
            found = self._listener.understand([t.encode("utf-8", "replace").decode() for t in texts])
        return [understanding_of(u) for u in found]
