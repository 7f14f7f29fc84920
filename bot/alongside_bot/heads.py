"""What was learned, and judging with it: numpy only, so that any program can load the same file.

A saved model is one .npz without pickles:
    centre                 mean of the encoder's vectors; a text's meaning is its vector minus this, of length one
    gram_names, _weights   character n-grams (ngrams.py); gram_space turns a row of them into 300 numbers
    scale                  what both are multiplied by before the layers
    w0 b0 v0 c0, w1 ...    each member of the ensemble: hidden layer (w, b, ReLU), one output (v, c) an (intent, urgency) pair
    pair_intent, _urgency  index of each pair's intent and urgency in `intents` and `urgencies`
    calibration            [temperature, slope, offset]: of the pairs' probabilities; of the escalation's log-odds
    threshold_names, thresholds
    known_texts, known_intents, known_urgencies, known_langs, known_vectors
                           the training phrases, for showing what a text resembles
    report                 JSON: how it did on phrases it had not seen (out of fold)
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alongside_bot.ngrams import Grams

ESCALATES = 2  # urgencies from this index on


@dataclass(frozen=True)
class Judged:
    """One row a text: probability of each intent, of each urgency, and of a person being needed today."""

    intents: np.ndarray
    urgencies: np.ndarray
    escalate: np.ndarray


def log_odds(p: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), kept finite."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def softened(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Rows of probabilities at another temperature: above 1 less sure, below 1 surer."""
    logits = np.log(np.clip(probabilities, 1e-9, 1)) / temperature
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)


def judged(pairs: np.ndarray, pair_intent: np.ndarray, pair_urgency: np.ndarray, size: tuple[int, int],
           calibration: np.ndarray) -> Judged:
    """From the ensemble's probability of each (intent, urgency) pair to what is used. `size`: how many of each."""
    temperature, slope, offset = calibration
    pairs = softened(pairs, temperature)
    intents = np.zeros((len(pairs), size[0]))
    urgencies = np.zeros((len(pairs), size[1]))
    np.add.at(intents.T, pair_intent, pairs.T)
    np.add.at(urgencies.T, pair_urgency, pairs.T)
    raw = urgencies[:, ESCALATES:].sum(1)
    escalate = 1 / (1 + np.exp(-(slope * log_odds(raw) + offset)))
    urgencies[:, ESCALATES:] *= (escalate / np.maximum(raw, 1e-9))[:, None]
    urgencies[:, :ESCALATES] *= ((1 - escalate) / np.maximum(1 - raw, 1e-9))[:, None]
    return Judged(intents, urgencies, escalate)


class Heads:
    """The learned model. `arrays` is exactly what is saved."""

    def __init__(self, arrays: dict[str, np.ndarray]):
        self.arrays = arrays
        self.intents = arrays["intents"].tolist()
        self.urgencies = arrays["urgencies"].tolist()
        self.thresholds = dict(zip(arrays["threshold_names"].tolist(), arrays["thresholds"].tolist()))
        self.grams = Grams(arrays["gram_names"], arrays["gram_weights"])
        self.report = json.loads(str(arrays["report"]))
        self._space = arrays["gram_space"].astype(np.float32)
        self._known = arrays["known_vectors"].astype(np.float32)
        self._members = [tuple(arrays[f"{kind}{n}"] for kind in ("w", "b", "v", "c"))
                         for n in range(sum(name.startswith("w") for name in arrays))]
        self.id = identity(arrays)

    def features(self, texts: list[str], vectors: np.ndarray) -> np.ndarray:
        """What the layers see: meaning and n-grams side by side."""
        grams = self.grams.matrix(texts) @ self._space
        return np.hstack([self.meaning(vectors), grams]).astype(np.float32) * self.arrays["scale"]

    def meaning(self, vectors: np.ndarray) -> np.ndarray:
        """The encoder's vectors centred, and of length one again."""
        return centred(vectors, self.arrays["centre"])

    def judge(self, texts: list[str], vectors: np.ndarray) -> Judged:
        """What each text is, from its words and its encoder vector."""
        pairs = ensemble(self._members, self.features(texts, vectors))
        return judged(pairs, self.arrays["pair_intent"], self.arrays["pair_urgency"],
                      (len(self.intents), len(self.urgencies)), self.arrays["calibration"])

    def nearest(self, vector: np.ndarray, count: int = 3) -> list[dict]:
        """The training phrases closest in meaning, for a person who asks why."""
        likeness = self._known @ self.meaning(vector[None])[0]
        best = np.argsort(-likeness)[:count]
        return [{"text": str(self.arrays["known_texts"][i]), "intent": self.intents[self.arrays["known_intents"][i]],
                 "urgency": self.urgencies[self.arrays["known_urgencies"][i]],
                 "lang": str(self.arrays["known_langs"][i]), "similarity": round(float(likeness[i]), 3)} for i in best]

    def save(self, path: Path) -> None:
        """Write the .npz."""
        np.savez_compressed(path, **self.arrays)

    @classmethod
    def load(cls, path: Path) -> "Heads":
        """Read it back. Raises ValueError for a file that holds anything but plain arrays."""
        with np.load(path, allow_pickle=False) as file:
            return cls({name: file[name] for name in file.files})


def centred(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Vectors minus the centre, of length one."""
    moved = np.asarray(vectors, np.float32) - centre
    return moved / np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), 1e-6)


def ensemble(members: list[tuple[np.ndarray, ...]], features: np.ndarray) -> np.ndarray:
    """The members' mean probability of each pair."""
    total = 0
    for w, b, v, c in members:
        logits = np.maximum(features @ w + b, 0) @ v + c
        odds = np.exp(logits - logits.max(1, keepdims=True))
        total = total + odds / odds.sum(1, keepdims=True)
    return total / len(members)


def identity(arrays: dict[str, np.ndarray]) -> str:
    """Twelve hex digits that change with anything learned."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:12]
