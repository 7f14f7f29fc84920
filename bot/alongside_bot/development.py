"""Choose the thresholds that decide what people are told on the development replies (nlu_data/dev): another hand wrote them, and nothing was
learned from them. Out-of-fold thresholds (learn.py) stand where there are none."""

from __future__ import annotations

import numpy as np

from listening.heads import Heads
from listening.listener import gather, split
from listening.meaning import Encoder, Remembered, cache_folder
from listening.understanding import understand
from listening.words import spoken
from nlu_data.read import Phrase

# Recall first: an alarm that is missed costs more than one too many. Not more than these few replies can tell: the last hundredth of recall
# would hang on one odd phrase and cost half of all calm ones.
RECALL, SERIOUS_REACH_A_PERSON, ROUTINE_REACH_A_PERSON = 0.97, 0.97, 0.95


def with_thresholds(heads: Heads, phrases: list[Phrase], say=print) -> Heads:
    """The same model with `escalate` and `person` set anew."""
    if not phrases:
        return heads
    texts = [p.text for p in phrases]
    remembered = Remembered(Encoder(), cache_folder())
    try:
        heard, needed = split(texts)
        found = understand(heads, heard, gather(heard, needed, remembered.vectors([spoken(t) for t in needed])))
    finally:
        remembered.close()
    urgency = np.array([p.urgency for p in phrases])
    escalate = np.array([f["escalate"] for f in found])
    person = np.array([1 - f["urgency"]["none"] for f in found])
    serious = np.isin(urgency, ("urgent", "immediate"))
    limits = dict(heads.thresholds)
    limits["escalate"] = reaching(escalate[serious], RECALL)
    limits["person"] = min(reaching(person[serious], SERIOUS_REACH_A_PERSON), reaching(person[urgency == "routine"], ROUTINE_REACH_A_PERSON))
    limits["immediate"] = max(limits["immediate"], limits["escalate"])
    calm = urgency == "none"
    say(f"  thresholds on {len(phrases)} development replies: escalate {limits['escalate']:.3f} (false alarms {(escalate[calm] >= limits['escalate']).mean():.1%}), "
        f"person {limits['person']:.3f} (needless {(person[calm] >= limits['person']).mean():.1%})")
    return Heads({**heads.arrays, "threshold_names": np.array(list(limits)), "thresholds": np.array(list(limits.values()))})


def reaching(scores: np.ndarray, share: float) -> float:
    """The largest limit (rounded down to four places) that at least `share` of the scores reach."""
    most_missed = int(np.floor(len(scores) * (1 - share) + 1e-9))
    return float(np.floor(np.sort(scores)[most_missed] * 1e4) / 1e4)
