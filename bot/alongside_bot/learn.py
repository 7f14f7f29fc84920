"""Train the heads on the training phrases; calibrate them and choose their thresholds on the development replies, which another hand wrote
and from which nothing is learned. The held-out test files of nlu_data/ are never looked at.

The encoder was tuned on the training phrases (bot/tuning), so they cannot tell how sure the heads may be: only replies it never saw can.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field

import numpy as np
from joblib import Parallel, delayed
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from listening.heads import ESCALATES, SHORT, Heads, Judged, adding_up, centred, lines_of, softened
from listening.labels import INTENTS, KIND_OF, URGENCIES
from listening.ngrams import Grams
from listening.small_talk import amid
from listening.understanding import alarms, alone, of_kinds, wholes, worst_of
from listening.weights import NOISE

GRAM_IN, GRAM_NUMBERS, HIDDEN, MEMBERS, ROUNDS, DAMPING, BATCH = 12, 150, 256, 4, 14, 0.5, 256
# Recall first: an alarm that is missed costs more than one too many.
RECALL, IMMEDIATE_RECALL, SERIOUS_REACH_A_PERSON, ROUTINE_REACH_A_PERSON, CALLED_IMMEDIATE = 0.9875, 0.99, 0.9925, 0.9, 0.9
AMID_RECALL = 0.93  # of short dangers amid small talk; more costs ever more false alarms at longer texts
SLACK = 0.05
DISCOUNTS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0)


@dataclass
class Lesson:
    """Phrases: for each the text (and, to judge by, its parts) with their vectors, and its labels."""

    heard: list[list[str]] = field(default_factory=list)
    vectors: list[np.ndarray] = field(default_factory=list)
    intents: list[int] = field(default_factory=list)
    urgencies: list[int] = field(default_factory=list)
    langs: list[str] = field(default_factory=list)


def learn(lesson: Lesson, development: Lesson, say=print, grown: dict[str, np.ndarray] | None = None) -> Heads:
    """Everything from phrases to a model ready to save. `grown`: the heads tuned together with the encoder (weights.grown_heads()). Raises
    ValueError when there is too little to learn from or to calibrate on."""
    for what, phrases in (("learn from", lesson), ("calibrate on", development)):
        if len(phrases.heard) < 50 or len(set(phrases.urgencies)) < len(URGENCIES):
            raise ValueError(f"too few phrases to {what}: every urgency is needed, and at least 50 phrases")
    wholes = np.stack([rows[0] for rows in lesson.vectors])
    texts = [pieces[0] for pieces in lesson.heard]
    intents, urgencies = np.array(lesson.intents), np.array(lesson.urgencies)
    pairs, labels = np.unique(intents * len(URGENCIES) + urgencies, return_inverse=True)
    centre = grown["centre"] if grown else wholes.mean(0)
    grams = Grams.learn(texts, at_least=min(GRAM_IN, 1 + len(texts) // 100))
    rows = grams.matrix(texts)
    svd = TruncatedSVD(min(GRAM_NUMBERS, rows.shape[1] - 1), n_iter=2, random_state=0).fit(rows)
    meaning = centred(wholes, centre)
    arrays = {
        "intents": np.array(INTENTS), "urgencies": np.array(URGENCIES), "centre": centre.astype(np.float32),
        "gram_names": grams.names, "gram_weights": grams.weights, "gram_space": svd.components_.T.astype(np.float16),
        "scale": np.float32(1 / (grown["spread"] if grown else meaning.std())),
        "pair_intent": pairs // len(URGENCIES), "pair_urgency": pairs % len(URGENCIES),
        "calibration": np.array([1.0, 1.0, 0.0]), "report": np.array("{}"),
        "threshold_names": np.array([], dtype=str), "thresholds": np.array([]),
        "known_texts": lines_of(texts), "known_intents": intents.astype(np.int16),
        "known_urgencies": urgencies.astype(np.int16), "known_langs": np.array(lesson.langs),
        "known_vectors": meaning.astype(np.float16),
        "short_space": short_space(meaning),
        **(_grown(grown, pairs) if grown else {}),
    }
    say(f"  {len(texts)} phrases, {len(grams.names)} n-grams, {len(pairs)} kinds of label")
    features = Heads(arrays).side_by_side(rows, wholes)
    features[:, :meaning.shape[1]] += np.random.RandomState(0).standard_normal(meaning.shape) * NOISE * arrays["scale"]
    for kind, target, count in (("pair", labels, len(pairs)), ("urgency", urgencies, len(URGENCIES))):
        for n, layers in enumerate(_train(features, target, count)):
            arrays.update({f"{kind}_{part}{n}": layer for part, layer in zip("wbvc", layers)})
        say(f"  learned by {kind}")
    return _with_thresholds(_calibrated(Heads(arrays), development), development)


def _grown(grown: dict[str, np.ndarray], pairs: np.ndarray) -> dict[str, np.ndarray]:
    """The grown heads with their outputs in the order of `pairs`; a pair they do not know has no chance."""
    place = {kind: n for n, kind in enumerate(grown["kinds"].tolist())}
    v, c = np.pad(grown["v"], ((0, 0), (0, 1))), np.append(grown["c"], np.float32(-30))  # one output more, for what they do not know
    order = [place.get(f"{INTENTS[pair // len(URGENCIES)]} {URGENCIES[pair % len(URGENCIES)]}", -1) for pair in pairs]
    order += range(len(place), len(place) + len(URGENCIES))
    return {"grown_w": grown["w"], "grown_b": grown["b"], "grown_v": v[:, order], "grown_c": c[order]}


def short_space(meaning: np.ndarray) -> np.ndarray:
    """What turns meanings into the SHORT numbers in which they differ most."""
    return np.linalg.eigh(meaning.T @ meaning)[1][:, -SHORT:].astype(np.float32)


def _train(features: np.ndarray, labels: np.ndarray, count: int) -> list[tuple[np.ndarray, ...]]:
    """The ensemble's members. Rare kinds of label are repeated (up to four times) towards the usual number."""
    present, sizes = np.unique(labels, return_counts=True)
    usual = np.median(sizes)
    again = {label: int(min(4, max(1, round(usual / size)))) for label, size in zip(present, sizes)}
    chosen = np.repeat(np.arange(len(labels)), [again[label] for label in labels])
    # One thread each: so small a net is no faster with two, but two nets are.
    nets = Parallel(n_jobs=-1)(delayed(_fit)(features[chosen], labels[chosen], seed) for seed in range(MEMBERS))
    return [_layers(net, count) for net in nets]


def _fit(features: np.ndarray, labels: np.ndarray, seed: int) -> MLPClassifier:
    """One member. ROUNDS and DAMPING are where it does best on the development replies, not where it converges."""
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return MLPClassifier((HIDDEN,), alpha=DAMPING, batch_size=min(BATCH, len(labels)), learning_rate_init=2e-3, max_iter=ROUNDS,
                             random_state=seed).fit(features, labels)


def _layers(net: MLPClassifier, count: int) -> tuple[np.ndarray, ...]:
    """What is saved of a net: its layers, with a place for each of `count` kinds of label."""
    (w, v), (b, c) = net.coefs_, net.intercepts_
    wide, low = np.zeros((v.shape[0], count)), np.full(count, -30.0)  # a kind of label without a phrase: no chance
    wide[:, net.classes_], low[net.classes_] = v, c
    return tuple(a.astype(np.float32) for a in (w, b, wide, low))


def _calibrated(heads: Heads, development: Lesson) -> Heads:
    """The same with [temperature, slope, offset] that make its probabilities of the development replies come true."""
    raw = heads.raw([pieces[0] for pieces in development.heard], np.stack([rows[0] for rows in development.vectors]))
    place = {pair: n for n, pair in enumerate(zip(heads.arrays["pair_intent"].tolist(), heads.arrays["pair_urgency"].tolist()))}
    known = [(n, place[pair]) for n, pair in enumerate(zip(development.intents, development.urgencies)) if pair in place]
    rows, labels = map(list, zip(*known))

    def loss(temperature: float) -> float:
        return -np.log(softened(raw.pairs[rows], temperature)[np.arange(len(rows)), labels] + 1e-9).mean()

    temperature = min(np.arange(0.5, 5.01, 0.1), key=loss)
    fit = LogisticRegression(C=1e6).fit(raw.odds(heads.arrays["pair_urgency"])[:, None], np.array(development.urgencies) >= ESCALATES)
    return Heads({**heads.arrays, "calibration": np.array([temperature, fit.coef_[0, 0], fit.intercept_[0]])})


@dataclass(frozen=True)
class _Replies:
    """Replies of which every piece has been judged. `pieces`: for each reply the rows of its whole and its parts; `wholes`: how many are all of it."""

    found: Judged
    pieces: list[np.ndarray]
    wholes: list[int]

    @classmethod
    def judged(cls, heads: Heads, replies: Lesson) -> _Replies:
        ends = np.cumsum([len(pieces) for pieces in replies.heard])
        found = heads.judge([piece for pieces in replies.heard for piece in pieces], np.concatenate(replies.vectors))
        return cls(found, np.split(np.arange(ends[-1]), ends[:-1]), [wholes(pieces) for pieces in replies.heard])

    def chances_at(self, discount: float) -> tuple[np.ndarray, np.ndarray]:
        """Of each reply how bad the piece sounds that sounds worst, and its chances of every urgency."""
        found = [(p, worst_of(self.found, p, discount, whole)) for p, whole in zip(self.pieces, self.wholes)]
        escalate = np.array([chance for _, (_, chance, _) in found])
        return escalate, adding_up(self.found.urgencies[[p[most] for p, (_, _, most) in found]], escalate)

    def alone(self, limits: dict[str, float]) -> np.ndarray:
        """Whether a part of each would alarm by itself."""
        by_itself = alone(self.found.escalate, self.found.urgencies, limits)
        return np.array([bool(by_itself[p[1:]].any()) for p in self.pieces])


def _with_thresholds(heads: Heads, development: Lesson) -> Heads:
    """The same with its thresholds, and the report on the development replies at them.

    part_discount  how much less a sentence counts than the whole, in log-odds: what costs the fewest false alarms and still finds AMID_RECALL of short
                   dangers amid small talk
    escalate       of P(urgent or immediate), and
    escalate_immediate  of P(immediate): either is enough for an alarm. Together they find RECALL of what is serious and IMMEDIATE_RECALL
                   of what is immediate, with the fewest false alarms
    immediate      of P(immediate): an alarm is called immediate; finds CALLED_IMMEDIATE of what is
    person         of 1 - P(none): what anybody has to do something about
    intent         of a kind of intent: below it a guess is more often wrong than right
    """
    urgencies = np.array(development.urgencies)
    serious = urgencies >= ESCALATES
    replies, talk = _Replies.judged(heads, development), _small_talk(development)
    chatting = _Replies.judged(heads, talk) if talk.heard else None

    def found_amid(discount: float, limits: dict[str, float]) -> float:
        if chatting is None:
            return 1.0
        escalate, chances = chatting.chances_at(discount)
        return float(alarms(escalate, chances[:, 3], limits).mean())

    def cost(discount: float) -> tuple[float, float]:
        limits, false = alarm_limits(*replies.chances_at(discount), urgencies)
        return max(0.0, AMID_RECALL - found_amid(discount, limits)), false

    discount = min(DISCOUNTS, key=cost)
    escalate, chances = replies.chances_at(discount)
    alarm, _ = alarm_limits(escalate, chances, urgencies)
    immediate, person = chances[:, 3], 1 - chances[:, 0]
    limits = {
        "part_discount": discount, **alarm,
        "immediate": reaching(immediate[urgencies == 3], CALLED_IMMEDIATE),
        "person": min(reaching(person[serious], SERIOUS_REACH_A_PERSON), reaching(person[urgencies == 1], ROUTINE_REACH_A_PERSON)),
        "intent": _surer_than_not(replies.found.intents[[p[0] for p in replies.pieces]], np.array(development.intents)),
    }
    reached = (person >= limits["person"]) | replies.alone(alarm)
    report = {**_report(alarms(escalate, immediate, limits), reached, limits, development), "amid_small_talk": round(found_amid(discount, alarm), 4)}
    return Heads({**heads.arrays, "threshold_names": np.array(list(limits)), "thresholds": np.array(list(limits.values())),
                  "report": np.array(json.dumps(report))})


def _small_talk(replies: Lesson) -> Lesson:
    """Their short dangers amid their harmless ones; the whole of so long a text is the mean of its parts (listening.listener)."""
    mixed, urgencies = Lesson(), replies.urgencies
    for row in amid(replies.langs, [heard[0] for heard in replies.heard], [u >= ESCALATES for u in urgencies], [u == 0 for u in urgencies]):
        parts, vectors = [replies.heard[n][0] for n in row], np.stack([replies.vectors[n][0] for n in row])
        whole = vectors.mean(0)
        mixed.heard.append(["\n".join(parts), *parts])
        mixed.vectors.append(np.vstack([whole / np.linalg.norm(whole), vectors]))
    return mixed


def alarm_limits(escalate: np.ndarray, chances: np.ndarray, urgencies: np.ndarray) -> tuple[dict[str, float], float]:
    """The two limits of an alarm, and the share of harmless replies that reach either. Every limit of `escalate` from the one that alone would
    miss SLACK too many is tried with the highest limit of the immediate chance that makes up for it."""
    serious, now, calm = urgencies >= ESCALATES, urgencies == 3, urgencies < ESCALATES
    may_miss = int(np.floor(now.sum() * (1 - IMMEDIATE_RECALL) + 1e-9))

    def limits_with(limit: float) -> dict[str, float]:
        missed = chances[now & (escalate < limit), 3]
        return {"escalate": limit, "escalate_immediate": reaching(missed, 1 - may_miss / len(missed)) if len(missed) > may_miss else 1.0}

    def cost(limits: dict[str, float]) -> float:
        raised = alarms(escalate, chances[:, 3], limits)
        return round(float(raised[calm].mean()), 4) if raised[serious].mean() >= RECALL else np.inf  # never of all: the last share reaches it

    best = min((limits_with(reaching(escalate[serious], share)) for share in np.arange(RECALL - SLACK, 1, 0.0025)), key=cost)
    return best, cost(best)


def reaching(scores: np.ndarray, share: float) -> float:
    """The largest limit (rounded down to four places) that at least `share` of the scores reach."""
    most_missed = int(np.floor(len(scores) * (1 - share) + 1e-9))
    return float(np.floor(np.sort(scores)[most_missed] * 1e4) / 1e4)


def _surer_than_not(chances: np.ndarray, intents: np.ndarray) -> float:
    """From which probability on the likeliest kind of intent is right more often than not."""
    kinds = of_kinds(chances)
    top, right = kinds.max(1), kinds.argmax(1) == np.array(KIND_OF)[intents]
    order, window = np.argsort(top), max(20, len(top) // 12)
    share = np.convolve(right[order], np.ones(window) / window, "valid")
    doubtful = np.flatnonzero(share < 0.5)
    return min(0.5, float(top[order][doubtful[-1] + window // 2])) if len(doubtful) else 0.3


def _report(alarm: np.ndarray, reached: np.ndarray, limits: dict[str, float], development: Lesson) -> dict:
    """Shares of the development replies, in all, by language and by intent, at the thresholds."""
    intents, urgencies, langs = np.array(development.intents), np.array(development.urgencies), np.array(development.langs)

    def row(which: np.ndarray) -> dict:
        def share(raised: np.ndarray, among: np.ndarray) -> float | None:
            chosen = raised[which & among]
            return round(float(chosen.mean()), 4) if len(chosen) else None
        return {"phrases": int(which.sum()), "recall": share(alarm, urgencies >= ESCALATES),
                "recall_immediate": share(alarm, urgencies == 3),
                "false_alarms": share(alarm, urgencies < ESCALATES),
                "false_alarms_none": share(alarm, urgencies == 0),
                "needless_person": share(reached, urgencies == 0)}

    return {"all": row(np.ones(len(intents), bool)), "thresholds": limits,
            "languages": {str(lang): row(langs == lang) for lang in sorted(set(development.langs))},
            "intents": {INTENTS[i]: row(intents == i) for i in sorted(set(development.intents))}}
