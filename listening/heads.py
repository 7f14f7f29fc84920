"""What was learned, and judging with it: numpy only, so that any program can load the same file.

A saved model is one .npz without pickles:
    centre                 mean of the encoder's vectors; a text's meaning is its vector minus this, of length one
    gram_names, _weights   character n-grams (ngrams.py); gram_space turns a row of them into 300 numbers
    scale                  what both are multiplied by before the layers
    pair_w0 _b0 _v0 _c0, pair_w1 ...   each member of an ensemble: a hidden layer (w, b, ReLU), one output (v, c) an
                           (intent, urgency) pair; urgency_w0 ... the same with one output an urgency
    pair_intent, _urgency  index of each pair's intent and urgency in `intents` and `urgencies`
    calibration            [temperature, slope, offset]: of the pairs' probabilities; of the escalation's log-odds,
                           which are the mean of what both ensembles say
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

from listening.ngrams import Grams

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


def raw_odds(pairs: np.ndarray, urgency: np.ndarray, pair_urgency: np.ndarray) -> np.ndarray:
    """Both ensembles' log-odds of urgent or immediate, averaged; not calibrated yet."""
    return (log_odds(pairs[:, pair_urgency >= ESCALATES].sum(1)) + log_odds(urgency[:, ESCALATES:].sum(1))) / 2


def judged(pairs: np.ndarray, urgency: np.ndarray, pair_intent: np.ndarray, pair_urgency: np.ndarray, intents: int,
           calibration: np.ndarray) -> Judged:
    """From the ensembles' probabilities to what is used. `intents`: how many there are."""
    temperature, slope, offset = calibration
    escalate = 1 / (1 + np.exp(-(slope * raw_odds(pairs, urgency, pair_urgency) + offset)))
    pairs = softened(pairs, temperature)
    of_intents, urgencies = np.zeros((len(pairs), intents)), urgency.astype(float)
    np.add.at(of_intents.T, pair_intent, pairs.T)
    np.add.at(urgencies.T, pair_urgency, pairs.T)
    return Judged(of_intents, adding_up(urgencies, escalate), escalate)


def adding_up(urgencies: np.ndarray, escalate: np.ndarray) -> np.ndarray:
    """Rows of urgencies rescaled so that urgent and immediate together are `escalate`, and all are 1."""
    rows, escalate = np.array(urgencies, float), np.asarray(escalate)[:, None]
    for serious, share in ((slice(ESCALATES, None), escalate), (slice(ESCALATES), 1 - escalate)):
        rows[:, serious] *= share / np.maximum(rows[:, serious].sum(1, keepdims=True), 1e-12)
    return rows


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
        self._pairs, self._urgency = members(arrays, "pair"), members(arrays, "urgency")
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
        seen = self.features(texts, vectors)
        return judged(ensemble(self._pairs, seen), ensemble(self._urgency, seen), self.arrays["pair_intent"],
                      self.arrays["pair_urgency"], len(self.intents), self.arrays["calibration"])

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


def members(arrays: dict[str, np.ndarray], kind: str) -> list[tuple[np.ndarray, ...]]:
    """The saved members of an ensemble, "pair" or "urgency"."""
    count = sum(name.startswith(f"{kind}_w") for name in arrays)
    return [tuple(arrays[f"{kind}_{part}{n}"] for part in "wbvc") for n in range(count)]


def ensemble(layers: list[tuple[np.ndarray, ...]], features: np.ndarray) -> np.ndarray:
    """The members' mean probability of each output."""
    total = 0
    for w, b, v, c in layers:
        logits = np.maximum(features @ w + b, 0) @ v + c
        odds = np.exp(logits - logits.max(1, keepdims=True))
        total = total + odds / odds.sum(1, keepdims=True)
    return total / len(layers)


def identity(arrays: dict[str, np.ndarray]) -> str:
    """Twelve hex digits that change with anything learned."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:12]
