"""Train the heads, calibrate them and choose their thresholds, all on phrases out of fold; the held-out test files of
nlu_data/ are never looked at.

Out of fold means: neighbourhoods of meaning, whatever the language, are held out together, so that a phrase is judged
by a model that saw neither it nor its translations. That is stricter than holding out phrases at random.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, field

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.decomposition import TruncatedSVD
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from listening.heads import ESCALATES, Heads, adding_up, centred, ensemble, judged, raw_odds, softened
from listening.labels import INTENTS, KIND_OF, URGENCIES
from listening.ngrams import Grams
from listening.understanding import of_kinds, seriousness

GRAM_NUMBERS, HIDDEN, MEMBERS, ROUNDS, FOLDS, BATCH = 300, 256, 2, 25, 4, 256
RECALL, SURE_FALSE_ALARMS, IMMEDIATE_RECALL, PERSON_RECALL = 0.97, 0.02, 0.9, 0.9
DISCOUNTS = (0.0, 0.5, 1.0, 1.5, 2.0)


@dataclass
class Lesson:
    """The training phrases: for each the whole text and its parts with their vectors, and its labels."""

    heard: list[list[str]] = field(default_factory=list)
    vectors: list[np.ndarray] = field(default_factory=list)
    intents: list[int] = field(default_factory=list)
    urgencies: list[int] = field(default_factory=list)
    langs: list[str] = field(default_factory=list)


def learn(lesson: Lesson, say=print) -> Heads:
    """Everything from phrases to a model ready to save. Raises ValueError when there is too little to learn from."""
    wholes = np.stack([rows[0] for rows in lesson.vectors])
    texts = [pieces[0] for pieces in lesson.heard]
    intents, urgencies = np.array(lesson.intents), np.array(lesson.urgencies)
    if len(texts) < 50 or len(set(lesson.urgencies)) < len(URGENCIES):
        raise ValueError("too few phrases to learn from: every urgency is needed, and at least 50 phrases")
    pairs, labels = np.unique(intents * len(URGENCIES) + urgencies, return_inverse=True)
    centre = wholes.mean(0)
    grams = Grams.learn(texts, at_least=3)
    rows = grams.matrix(texts)
    svd = TruncatedSVD(min(GRAM_NUMBERS, rows.shape[1] - 1), n_iter=3, random_state=0).fit(rows)
    space = svd.components_.T.astype(np.float16)
    meaning = centred(wholes, centre)
    arrays = {
        "intents": np.array(INTENTS), "urgencies": np.array(URGENCIES), "centre": centre.astype(np.float32),
        "gram_names": grams.names, "gram_weights": grams.weights, "gram_space": space,
        "scale": np.float32(1 / meaning.std()),
        "pair_intent": pairs // len(URGENCIES), "pair_urgency": pairs % len(URGENCIES),
        "calibration": np.array([1.0, 1.0, 0.0]), "report": np.array("{}"),
        "threshold_names": np.array([], dtype=str), "thresholds": np.array([]),
        "known_texts": np.array(texts), "known_intents": intents.astype(np.int16),
        "known_urgencies": urgencies.astype(np.int16), "known_langs": np.array(lesson.langs),
        "known_vectors": meaning.astype(np.float16),
    }
    draft = Heads(arrays)
    flat = [piece for pieces in lesson.heard for piece in pieces]
    of = np.repeat(np.arange(len(texts)), [len(pieces) for pieces in lesson.heard])
    features = draft.features(flat, np.concatenate(lesson.vectors))
    first = np.searchsorted(of, np.arange(len(texts)))
    say(f"  {len(texts)} phrases, {len(grams.names)} n-grams, {len(pairs)} kinds of label")

    fold = _folds(meaning)
    unseen = {"pair": np.zeros((len(flat), len(pairs))), "urgency": np.zeros((len(flat), len(URGENCIES)))}
    targets = {"pair": labels, "urgency": urgencies}
    for n in range(fold.max() + 1):
        inside, here = fold != n, fold[of] == n
        for kind, target in targets.items():
            layers = _train(features[first][inside], target[inside], unseen[kind].shape[1])
            unseen[kind][here] = ensemble(layers, features[here])
        say(f"  out of fold {n + 1} of {fold.max() + 1}")
    serious = urgencies >= ESCALATES
    arrays["calibration"] = _calibrate(unseen["pair"][first], unseen["urgency"][first], labels, arrays, serious)
    result = judged(unseen["pair"], unseen["urgency"], arrays["pair_intent"], arrays["pair_urgency"], len(INTENTS),
                    arrays["calibration"])
    pieces = np.split(np.arange(len(flat)), first[1:])
    discount = _discount([result.escalate[p] for p in pieces], serious)
    worst = np.array([p[seriousness(result.escalate[p], discount).argmax()] for p in pieces])
    scores = np.array([seriousness(result.escalate[p], discount).max() for p in pieces])
    chances = adding_up(result.urgencies[worst], scores)
    limits = {name: float(np.floor(1e4 * limit) / 1e4)  # as understandings are rounded, and never above
              for name, limit in _thresholds(chances, urgencies, result.intents[first], intents).items()}
    limits["part_discount"] = discount
    arrays["threshold_names"], arrays["thresholds"] = np.array(list(limits)), np.array(list(limits.values()))
    report = _report(chances, result.intents[first].argmax(1), intents, urgencies, np.array(lesson.langs), limits)
    arrays["report"] = np.array(json.dumps(report))
    for kind, target in targets.items():
        for n, layers in enumerate(_train(features[first], target, unseen[kind].shape[1])):
            arrays.update({f"{kind}_{part}{n}": layer for part, layer in zip("wbvc", layers)})
    return Heads(arrays)


def _folds(meaning: np.ndarray) -> np.ndarray:
    """The fold of each phrase: clusters of meaning, the largest shared out first."""
    clusters = MiniBatchKMeans(min(150, len(meaning) // 8), n_init=1, random_state=0).fit_predict(meaning)
    sizes, fold_of = np.zeros(FOLDS), {}
    for cluster, size in sorted(zip(*np.unique(clusters, return_counts=True)), key=lambda pair: -pair[1]):
        fold_of[cluster] = int(sizes.argmin())
        sizes[fold_of[cluster]] += size
    return np.array([fold_of[c] for c in clusters])


def _train(features: np.ndarray, labels: np.ndarray, count: int) -> list[tuple[np.ndarray, ...]]:
    """The ensemble's members. Rare kinds of label are repeated (up to four times) towards the usual number."""
    present, sizes = np.unique(labels, return_counts=True)
    usual = np.median(sizes)
    again = {label: int(min(4, max(1, round(usual / size)))) for label, size in zip(present, sizes)}
    chosen = np.repeat(np.arange(len(labels)), [again[label] for label in labels])
    members = []
    for seed in range(MEMBERS):
        # One thread: so small a net is no faster with two. ROUNDS is where it generalises best, not where it converges.
        with warnings.catch_warnings(), threadpool_limits(1):
            warnings.simplefilter("ignore", ConvergenceWarning)
            net = MLPClassifier((HIDDEN,), alpha=0.7, batch_size=min(BATCH, len(chosen)), learning_rate_init=2e-3,
                                max_iter=ROUNDS, random_state=seed)
            net.fit(features[chosen], labels[chosen])
        (w, v), (b, c) = net.coefs_, net.intercepts_
        wide, low = np.zeros((v.shape[0], count)), np.full(count, -30.0)  # a kind this fold never saw: no chance
        wide[:, net.classes_], low[net.classes_] = v, c
        members.append(tuple(a.astype(np.float32) for a in (w, b, wide, low)))
    return members


def _calibrate(pairs: np.ndarray, urgency: np.ndarray, labels: np.ndarray, arrays: dict,
               serious: np.ndarray) -> np.ndarray:
    """[temperature, slope, offset] that make the probabilities of unseen phrases come true."""
    def loss(temperature: float) -> float:
        return -np.log(softened(pairs, temperature)[np.arange(len(labels)), labels] + 1e-9).mean()

    temperature = min(np.arange(0.5, 3.01, 0.05), key=loss)
    raw = raw_odds(pairs, urgency, arrays["pair_urgency"])
    fit = LogisticRegression(C=1e6).fit(raw[:, None], serious)
    return np.array([temperature, fit.coef_[0, 0], fit.intercept_[0]])


def _discount(escalate: list[np.ndarray], serious: np.ndarray) -> float:
    """How much less a part counts than a whole, so that RECALL costs the fewest false alarms."""
    def false_alarms(discount: float) -> float:
        scores = np.array([seriousness(e, discount).max() for e in escalate])
        return round(float((scores[~serious] >= np.quantile(scores[serious], 1 - RECALL)).mean()), 3)

    return min(DISCOUNTS, key=false_alarms)


def _thresholds(chances: np.ndarray, urgencies: np.ndarray, intent_chances: np.ndarray,
                intents: np.ndarray) -> dict[str, float]:
    """Thresholds from urgencies' probabilities out of fold.

    escalate       of P(urgent or immediate): finds RECALL of what is serious
    escalate_sure  of the same: raises at most SURE_FALSE_ALARMS
    immediate      of P(immediate): finds IMMEDIATE_RECALL of what is, and never escalates alone
    person         of 1 - P(none): finds PERSON_RECALL of what anybody has to do something about
    intent         of a kind of intent: below it a guess is more often wrong than right
    """
    escalate, serious = chances[:, ESCALATES:].sum(1), urgencies >= ESCALATES
    limit = float(np.quantile(escalate[serious], 1 - RECALL))
    immediate = float(np.quantile(chances[urgencies == 3, 3], 1 - IMMEDIATE_RECALL))
    kinds = of_kinds(intent_chances)
    top, right = kinds.max(1), kinds.argmax(1) == np.array(KIND_OF)[intents]
    order = np.argsort(top)
    share = np.convolve(right[order], np.ones(200) / 200, "valid") if len(top) > 400 else np.array([])
    doubtful = np.flatnonzero(share < 0.5)
    intent = float(top[order][doubtful[-1] + 100]) if len(doubtful) else 0.3
    return {"escalate": limit, "escalate_sure": float(np.quantile(escalate[~serious], 1 - SURE_FALSE_ALARMS)),
            "immediate": max(immediate, limit),
            "person": float(np.quantile(1 - chances[urgencies > 0, 0], 1 - PERSON_RECALL)), "intent": min(intent, 0.5)}


def _report(chances: np.ndarray, guess: np.ndarray, intents: np.ndarray, urgencies: np.ndarray, langs: np.ndarray,
            limits: dict[str, float]) -> dict:
    """Shares out of fold, in all, by language and by intent, at the thresholds."""
    escalate, person = chances[:, ESCALATES:].sum(1), 1 - chances[:, 0]

    def row(which: np.ndarray) -> dict:
        def share(scores: np.ndarray, limit: str, among: np.ndarray) -> float | None:
            chosen = scores[which & among]
            return round(float((chosen >= limits[limit]).mean()), 4) if len(chosen) else None
        return {"phrases": int(which.sum()), "recall": share(escalate, "escalate", urgencies >= ESCALATES),
                "recall_immediate": share(escalate, "escalate", urgencies == 3),
                "false_alarms": share(escalate, "escalate", urgencies < ESCALATES),
                "false_alarms_none": share(escalate, "escalate", urgencies == 0),
                "recall_sure": share(escalate, "escalate_sure", urgencies >= ESCALATES),
                "false_alarms_sure": share(escalate, "escalate_sure", urgencies < ESCALATES),
                "called_immediate": share(chances[:, 3], "immediate", urgencies < 3),
                "needless_person": share(person, "person", urgencies == 0),
                "intent_right": round(float((guess == intents)[which].mean()), 4)}

    return {"all": row(np.ones(len(intents), bool)),
            "languages": {str(lang): row(langs == lang) for lang in sorted(set(langs))},
            "intents": {INTENTS[i]: row(intents == i) for i in sorted(set(intents.tolist()))}, "thresholds": limits}
