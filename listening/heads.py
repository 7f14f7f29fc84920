"""What was learned, and judging with it: numpy only, so that any program can load the same file.

A saved model is one .npz without pickles:
    centre                 mean of the encoder's vectors; a text's meaning is its vector minus this, of length one
    gram_names, _weights   character n-grams (ngrams.py); gram_space turns a row of them into 300 numbers
    scale                  what both are multiplied by before the layers
    pair_w0 _b0 _v0 _c0, pair_w1 ...   each member of an ensemble: a hidden layer (w, b, ReLU), one output (v, c) an
                           (intent, urgency) pair; urgency_w0 ... the same with one output an urgency
    grown_w _b _v _c       the same layers of the heads that were tuned together with the encoder; outputs: the pairs, then the urgencies
    pair_intent, _urgency  index of each pair's intent and urgency in `intents` and `urgencies`
    calibration            [temperature, slope, offset]: of the pairs' probabilities; of the escalation's log-odds,
                           which are the mean of what both ensembles say, the grown heads being half of each, and the vote of the nearest training phrases
    threshold_names, thresholds
    known_texts, known_intents, known_urgencies, known_langs, known_vectors
                           the training phrases: the nearest ones vote, and show what a text resembles (the texts as
                           lines of UTF-8: an array of strings would be ten times as large)
    short_space            turns a meaning into the SHORT numbers in which the CANDIDATES are looked up
    report                 JSON: how it did on the development replies
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix

from listening.ngrams import Grams

ESCALATES = 2  # urgencies from this index on
# How many of the nearest training phrases vote, how much more the nearer ones count, and the vote's share beside what was learned.
NEIGHBOURS, SHARPNESS, VOTE = 15, 25.0, 0.25
# To look through all phrases' vectors would take longer than to read the message: so first through a short copy of them, which finds 998 in
# 1,000 of the nearest.
SHORT, CANDIDATES = 96, 256
SHOWN = 3  # of them, to a person who asks why


@dataclass(frozen=True)
class Near:
    """One row a text: of its nearest training phrases the share that escalates (the nearer ones counting more), and which the SHOWN nearest
    are and how alike."""

    serious: np.ndarray
    phrases: np.ndarray
    likeness: np.ndarray


@dataclass(frozen=True)
class Judged:
    """One row a text: probability of each intent, of each urgency, and of a person being needed today; the nearest training phrases."""

    intents: np.ndarray
    urgencies: np.ndarray
    escalate: np.ndarray
    near: Near


def log_odds(p: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)), kept finite."""
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return np.log(p / (1 - p))


def softened(probabilities: np.ndarray, temperature: float) -> np.ndarray:
    """Rows of probabilities at another temperature: above 1 less sure, below 1 surer."""
    logits = np.log(np.clip(probabilities, 1e-9, 1)) / temperature
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)


@dataclass(frozen=True)
class Raw:
    """What the signals say of each text, not calibrated: chances of the pairs, of the urgencies, and its neighbours."""

    pairs: np.ndarray
    urgency: np.ndarray
    near: Near

    def odds(self, pair_urgency: np.ndarray) -> np.ndarray:
        """The log-odds of urgent or immediate, all signals together."""
        ensembles = (log_odds(self.pairs[:, pair_urgency >= ESCALATES].sum(1)) + log_odds(self.urgency[:, ESCALATES:].sum(1))) / 2
        return ensembles + VOTE * log_odds(0.01 + 0.98 * self.near.serious)


def judged(raw: Raw, pair_intent: np.ndarray, pair_urgency: np.ndarray, intents: int, calibration: np.ndarray) -> Judged:
    """From what the signals say to what is used. `intents`: how many there are."""
    temperature, slope, offset = calibration
    escalate = 1 / (1 + np.exp(-(slope * raw.odds(pair_urgency) + offset)))
    pairs, urgency = softened(raw.pairs, temperature), raw.urgency
    of_intents, urgencies = np.zeros((len(pairs), intents)), urgency.astype(float)
    np.add.at(of_intents.T, pair_intent, pairs.T)
    np.add.at(urgencies.T, pair_urgency, pairs.T)
    return Judged(of_intents, adding_up(urgencies, escalate), escalate, raw.near)


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
        self._known = arrays["known_vectors"]
        self._short_space = arrays["short_space"]
        self._short = shortened(self._known, self._short_space)
        self._texts = texts_of(arrays["known_texts"])
        self._serious = arrays["known_urgencies"] >= ESCALATES
        self._pairs, self._urgency = members(arrays, "pair"), members(arrays, "urgency")
        self.id = identity(arrays)

    def features(self, texts: list[str], vectors: np.ndarray) -> np.ndarray:
        """What the layers see: meaning and n-grams side by side."""
        return self.side_by_side(self.grams.matrix(texts), vectors)

    def side_by_side(self, grams: csr_matrix, vectors: np.ndarray) -> np.ndarray:
        """The same where the texts' n-grams have been counted."""
        return np.hstack([self.meaning(vectors), grams @ self._space]).astype(np.float32) * self.arrays["scale"]

    def meaning(self, vectors: np.ndarray) -> np.ndarray:
        """The encoder's vectors centred, and of length one again."""
        return centred(vectors, self.arrays["centre"])

    def judge(self, texts: list[str], vectors: np.ndarray) -> Judged:
        """What each text is, from its words and its encoder vector."""
        return judged(self.raw(texts, vectors), self.arrays["pair_intent"], self.arrays["pair_urgency"], len(self.intents), self.arrays["calibration"])

    def raw(self, texts: list[str], vectors: np.ndarray) -> Raw:
        """What each signal says by itself."""
        features, meaning = self.features(texts, vectors), self.meaning(vectors)
        pairs, urgency = ensemble(self._pairs, features), ensemble(self._urgency, features)
        if "grown_w" in self.arrays:
            said = hidden(features[:, :meaning.shape[1]], *(self.arrays[f"grown_{part}"] for part in "wbvc"))
            count = pairs.shape[1]
            pairs, urgency = (pairs + chances(said[:, :count])) / 2, (urgency + chances(said[:, count:])) / 2
        return Raw(pairs, urgency, self._near(meaning))

    def _near(self, meaning: np.ndarray) -> Near:
        count = min(NEIGHBOURS, len(self._known))
        serious, phrases, alike = np.zeros(len(meaning)), np.zeros((len(meaning), min(SHOWN, count)), int), np.zeros((len(meaning), min(SHOWN, count)))
        for begin in range(0, len(meaning), 64):  # so many at a time, or the likenesses of a large batch would fill the memory
            here = slice(begin, begin + 64)
            near = most(shortened(meaning[here], self._short_space) @ self._short.T, CANDIDATES)
            likeness = np.einsum("ij,ikj->ik", meaning[here], self._known[near].astype(np.float32))
            best = most(likeness, count)
            near, likeness = np.take_along_axis(near, best, 1), np.take_along_axis(likeness, best, 1)
            weight = np.exp(SHARPNESS * (likeness - 1))
            serious[here] = (weight * self._serious[near]).sum(1) / weight.sum(1)
            best = np.argsort(-likeness, axis=1)[:, :SHOWN]
            phrases[here], alike[here] = np.take_along_axis(near, best, 1), np.take_along_axis(likeness, best, 1)
        return Near(serious, phrases, alike)

    def shown(self, near: Near, row: int) -> list[dict]:
        """The training phrases nearest to a text, for a person who asks why."""
        return [{"text": self._texts[i], "intent": self.intents[self.arrays["known_intents"][i]],
                 "urgency": self.urgencies[self.arrays["known_urgencies"][i]],
                 "lang": str(self.arrays["known_langs"][i]), "similarity": round(float(likeness), 3)}
                for i, likeness in zip(near.phrases[row].tolist(), near.likeness[row].tolist())]

    def save(self, path: Path) -> None:
        """Write the .npz."""
        np.savez_compressed(path, **self.arrays)

    @classmethod
    def load(cls, path: Path) -> "Heads":
        """Read it back. Raises ValueError for a file that holds anything but plain arrays."""
        with np.load(path, allow_pickle=False) as file:
            return cls({name: file[name] for name in file.files})


def most(scores: np.ndarray, count: int) -> np.ndarray:
    """In each row the places of the `count` highest (of all, if there are fewer), in no order."""
    count = min(count, scores.shape[1])
    return np.argpartition(scores, scores.shape[1] - count, axis=1)[:, scores.shape[1] - count:]


def shortened(meaning: np.ndarray, space: np.ndarray) -> np.ndarray:
    """The first coordinates of meanings, a part at a time, for they may be kept in 16 bits."""
    return np.concatenate([meaning[n:n + 4096].astype(np.float32) @ space for n in range(0, len(meaning), 4096)])


def lines_of(texts: list[str]) -> np.ndarray:
    """Texts as saved: bytes of UTF-8, each text a line (line ends in it become spaces)."""
    return np.frombuffer("\n".join(" ".join(text.splitlines()) for text in texts).encode("utf-8", "replace"), np.uint8)


def texts_of(lines: np.ndarray) -> list[str]:
    """The opposite of lines_of()."""
    return lines.tobytes().decode("utf-8").split("\n")


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
    return sum(chances(hidden(features, *member)) for member in layers) / len(layers)


def hidden(features: np.ndarray, w: np.ndarray, b: np.ndarray, v: np.ndarray, c: np.ndarray) -> np.ndarray:
    """Through one hidden layer."""
    return np.maximum(features @ w + b, 0) @ v + c


def chances(logits: np.ndarray) -> np.ndarray:
    """Rows that add up to 1."""
    odds = np.exp(logits - logits.max(1, keepdims=True))
    return odds / odds.sum(1, keepdims=True)


def identity(arrays: dict[str, np.ndarray]) -> str:
    """Twelve hex digits that change with anything learned."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(name.encode() + np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()[:12]
