"""From judged parts to one understanding of a message: whole and sentence by sentence, the most serious wins. Pure."""

from __future__ import annotations

import numpy as np

from listening.heads import Heads, Judged, adding_up, log_odds
from listening.labels import CONCERNS, FALLBACK, KIND_OF, KINDS
from listening.words import crying, without_emoji


def wholes(pieces: list[str]) -> int:
    """How many of a message's pieces are all of it: one, or two where the second is its words without emoji that cry, plead or call, so that these make
    nothing sound better. Without other emoji they count as a part does."""
    return 2 if len(pieces) > 1 and crying(pieces[0]) and pieces[1] == without_emoji(pieces[0]) else 1


def worst_of(judged: Judged, here: np.ndarray, part_discount: float, whole: int) -> tuple[int, float, int]:
    """Of a message's pieces, judged in the rows `here`: the place of the one that sounds worst, how bad (the chance of a person being needed), and the
    place of the one whose urgencies count: of those that are all of it the one that sounds most like now."""
    serious = seriousness(judged.escalate[here], part_discount, whole)
    worst = int(serious.argmax())
    now = adding_up(judged.urgencies[here[:whole]], np.full(whole, serious[worst]))[:, -1]
    return worst, float(serious[worst]), int(now.argmax()) if worst < whole else worst


def seriousness(escalate: np.ndarray, part_discount: float, whole: int) -> np.ndarray:
    """The escalation's probability of the whole (the first `whole` pieces) and of each part, parts discounted (in log-odds) because a
    sentence out of its context sounds worse than it is ("police took him")."""
    odds = log_odds(escalate)
    odds[whole:] -= part_discount
    return 1 / (1 + np.exp(-odds))


def alarms(escalate: np.ndarray, immediate: np.ndarray, limits: dict[str, float]) -> np.ndarray:
    """Whether the chances of a person being needed today, and of life or liberty being at risk now, are enough for an alarm. What could be
    immediate needs less: to miss that costs most."""
    return (escalate >= limits["escalate"]) | (immediate >= limits["escalate_immediate"])


def alone(escalate: np.ndarray, urgencies: np.ndarray, limits: dict[str, float]) -> np.ndarray:
    """Which pieces would alarm as messages of their own."""
    return alarms(escalate, adding_up(urgencies, escalate)[:, -1], limits)


def of_kinds(intents: np.ndarray) -> np.ndarray:
    """Rows of intents' probabilities added up by kind (labels.KINDS)."""
    kinds = np.zeros((len(intents), len(KINDS)))
    np.add.at(kinds.T, KIND_OF, intents.T)
    return kinds


def understand(heads: Heads, heard: list[list[str]], vectors: list[np.ndarray]) -> list[dict]:
    """One understanding a message. `heard` and `vectors` have the whole of each message first, then its parts."""
    flat = [piece for pieces in heard for piece in pieces]
    if not flat:
        return []
    result = heads.judge(flat, np.concatenate(vectors))
    found, begin = [], 0
    for pieces in heard:
        found.append(_one(heads, result, slice(begin, begin + len(pieces)), pieces))
        begin += len(pieces)
    return found


def _one(heads: Heads, result: Judged, here: slice, pieces: list[str]) -> dict:
    """One message: what its pieces were judged to be stands in the rows `here`."""
    limits, intents, urgencies = heads.thresholds, result.intents[here], result.urgencies[here]
    worst, chance, most = worst_of(result, np.arange(here.start, here.stop), limits["part_discount"], wholes(pieces))
    needed = np.array([chance]).round(4)
    by_urgency = adding_up(urgencies[most:most + 1], needed).round(4)
    escalates = bool(alarms(needed, by_urgency[:, -1], limits)[0])
    # Short words of danger amid small talk may count for too little to alarm: then a person reads them.
    sounding = alone(result.escalate[here], urgencies, limits)
    sounding[0] = False
    part_alarms = bool(sounding.any())
    shown = worst if escalates or not part_alarms else int(np.where(sounding, result.escalate[here], 0).argmax())
    chances = intents[worst if escalates else 0]
    ranking = sorted(zip(heads.intents, chances.tolist()), key=lambda pair: -pair[1])
    [kinds] = of_kinds(chances[None])
    likely = [intent for intent, kind in zip(heads.intents, KIND_OF) if kind == kinds.argmax()]
    name, confidence = next(pair for pair in ranking if pair[0] in (CONCERNS if escalates else likely))
    if not escalates and kinds.max() < limits["intent"]:
        name = FALLBACK
    return {
        "intent": name, "confidence": round(confidence, 4),
        "ranking": [{"name": n, "confidence": round(c, 4)} for n, c in ranking[:10]],
        "urgency": dict(zip(heads.urgencies, by_urgency[0].tolist())),
        "escalate": float(needed[0]),
        "alarms": escalates, "part_alarms": part_alarms,
        "nearest": heads.shown(result.near, here.start + shown),
        "worst_part": pieces[shown] if shown else None,
        "thresholds": limits,
        "model": heads.id,
    }

