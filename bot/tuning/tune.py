"""Train the encoder's layers further on nlu_data/train and write listening/tuned.npz (`make tune`).

    python bot/tuning/tune.py [--minutes 45] [--rate 2.5e-4] [--go-on]

It begins with the encoder as its makers left it; with --go-on with the one tuned before, and then sees at first next to nothing of the phrases that are
spare. From then on what it gets right and is sure of comes seldom: most time goes to what it has still to learn.
Needed only when the phrases have grown so much that it pays: an ordinary training (bot/train.py) learns from new phrases on the vectors as they are.
Development replies are only looked at to show how it goes, test replies never. PyTorch is in an environment of its own; the same seed on another
machine gives a slightly different file.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "bot"), str(ROOT / "bot" / "tuning")]

from alongside_bot.pieces import Pieces  # noqa: E402
from net import Net  # noqa: E402

from listening.meaning import kept_model  # noqa: E402
from listening.weights import NOISE, TUNED, ModelFile, changes, shipped  # noqa: E402
from listening.words import bare, spoken  # noqa: E402
from nlu_data.read import URGENCIES, Phrase, development, spare, training  # noqa: E402

BATCH, LONGEST, POOL = 96, 96, 32  # texts a step, pieces of a text, batches that are sorted by length together
HIDDEN, WARM, ESCALATES = 384, 100, 2
FIRST = 24_000  # phrases on which the heads alone begin
AVERAGED = 0.993  # what is kept is the layers' average over about the last 1 / (1 - this) steps: single steps go back and forth over the edges of the rounding
STOPS = {"zh": "。", "hi": "।", "bn": "।", "am": "።", "ti": "።", "ur": "۔"}
SURE, SELDOM = 2.0, 10  # log-odds from which it is sure that a person is needed or not; phrases that are learned come in one round of so many


class Heads(nn.Module):
    """What the vectors are trained for: (intent, urgency) pairs, urgency, escalation. Saved with the layers, for they have grown together: heads that
    are learned afterwards know the phrases only where the layers have put them, and are less sure of what lies between."""

    def __init__(self, vectors: torch.Tensor, pairs: int):
        super().__init__()
        self.centre = nn.Parameter(vectors.mean(0), requires_grad=False)
        self.spread = float(F.normalize(vectors - self.centre, dim=1).std())
        self.pairs, out = pairs, pairs + len(URGENCIES) + 1
        self.hidden, self.out = nn.Linear(vectors.shape[1], HIDDEN), nn.Linear(HIDDEN, out)

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """What they say of each: the pairs' numbers, the urgencies', and the log-odds of escalation."""
        x = F.dropout(F.normalize(vectors - self.centre, dim=1) / self.spread, 0.1, self.training)
        return self.out(F.dropout(F.relu(self.hidden(x)), 0.25, self.training))

    def loss(self, said: torch.Tensor, pair: torch.Tensor, urgency: torch.Tensor) -> torch.Tensor:
        """Smoothed, for some labels can be argued."""
        escalates = (urgency >= ESCALATES).float() * 0.97 + 0.015
        return (F.cross_entropy(said[:, :self.pairs], pair, label_smoothing=0.05) + F.cross_entropy(said[:, self.pairs:-1], urgency, label_smoothing=0.03)
                + 2 * F.binary_cross_entropy_with_logits(said[:, -1], escalates))

    def learned(self, said: torch.Tensor, urgency: torch.Tensor) -> np.ndarray:
        """Of which they say the right urgency, and are sure whether a person is needed."""
        side = torch.where(urgency >= ESCALATES, 1.0, -1.0)
        return ((said[:, self.pairs:-1].argmax(1) == urgency) & (said[:, -1] * side > SURE)).numpy()

    def escalation(self, vectors: torch.Tensor) -> np.ndarray:
        """How much each looks as if a person were needed today."""
        said = self(vectors)
        urgent = said[:, self.pairs:-1].softmax(1)[:, ESCALATES:].sum(1).clamp(1e-6, 1 - 1e-6)
        return (said[:, -1] + urgent.logit()).numpy()

    def saved(self, kinds: list[tuple[str, str]]) -> dict[str, np.ndarray]:
        """What half of either ensemble of listening.heads is made of. `kinds`: what the pairs are."""
        layers = {"w": self.hidden.weight.T, "b": self.hidden.bias, "v": self.out.weight.T, "c": self.out.bias, "centre": self.centre}
        return {"head_kinds": np.array([f"{intent} {urgency}" for intent, urgency in kinds]), "head_spread": np.float32(self.spread),
                **{f"head_{name}": layer.detach().numpy().astype(np.float16) for name, layer in layers.items()}}


def ended(text: str, stop: str) -> str:
    """The text with another sign at its end, or none. In the phrases calm ones end in a full stop and emergencies in "!" more often than not, but who
    texts ends as she likes. A question mark stays: it means something."""
    words = text.rstrip(" .!…。।።۔")
    return words + random.choice(["", "", stop, stop, ".", "!", "...", "!!"]) if words and words[-1] not in "?؟？፧" else text


def altered(phrase: Phrase, calm: dict[str, list[str]]) -> str:
    """The phrase as somebody else might have typed it: with another end, small talk before or behind, without accents, without signs, with a slip."""
    text = ended(phrase.text, STOPS.get(phrase.lang, ".")) if random.random() < 0.5 else phrase.text
    chance = random.random()
    if chance < 0.12 and len(text) < 160 and calm.get(phrase.lang):
        both = [text, random.choice(calm[phrase.lang])]
        random.shuffle(both)
        text = both[0].rstrip(".") + random.choice([". ", " ", "\n", ", ", "! "]) + both[1]
    chance = random.random()
    if chance < 0.10:
        return bare(text)
    if chance < 0.18:
        return text.lower()
    if chance < 0.24:
        return "".join(c for c in text if c.isalnum() or c.isspace() or unicodedata.category(c) in ("Mn", "Mc")) or text
    if chance < 0.30 and len(text) > 8:
        at = random.randrange(1, len(text) - 1)
        return random.choice([text[:at] + text[at + 1:], text[:at] + text[at + 1] + text[at] + text[at + 2:], text[:at + 1] + text[at:]])
    return text


class Lessons:
    """The training phrases as endless batches; what is learned comes seldom. `learned`: the marks of those that are from the beginning."""

    def __init__(self, phrases: list[Phrase], pieces: Pieces, learned: frozenset[int] = frozenset()):
        self._phrases, self._pieces = phrases, pieces
        self._learned = np.array([phrase.mark in learned for phrase in phrases])
        kinds = sorted({(p.intent, p.urgency) for p in phrases})
        self.kinds, self.pairs = kinds, len(kinds)
        self._labels = [(kinds.index((p.intent, p.urgency)), URGENCIES.index(p.urgency)) for p in phrases]
        self._calm: dict[str, list[str]] = {}
        for phrase in phrases:
            if phrase.intent in ("fine", "chat"):
                self._calm.setdefault(phrase.lang, []).append(phrase.text)

    @property
    def left(self) -> int:
        """How many phrases are not learned."""
        return int((~self._learned).sum())

    def note(self, which: list[int], learned: np.ndarray) -> None:
        """How the phrases of a batch went this time."""
        self._learned[which] = learned

    def labels(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Pair and urgency of every phrase."""
        pair, urgency = zip(*self._labels)
        return torch.tensor(pair), torch.tensor(urgency)

    def __iter__(self) -> Iterator[tuple[list[int], list[list[int]], torch.Tensor, torch.Tensor]]:
        """Numbers of phrases, their pieces, pair and urgency."""
        while True:
            learned = np.flatnonzero(self._learned).tolist()
            order = np.flatnonzero(~self._learned).tolist() + random.sample(learned, len(learned) // SELDOM)
            random.shuffle(order)
            for begin in range(0, len(order), BATCH * POOL):
                rows = [(n, self._pieces.of(spoken(altered(self._phrases[n], self._calm)), LONGEST), *self._labels[n]) for n in order[begin:begin + BATCH * POOL]]
                rows.sort(key=lambda row: len(row[1]))
                batches = [rows[at:at + BATCH] for at in range(0, len(rows), BATCH)]
                for batch in random.sample(batches, len(batches)):
                    which, texts, pair, urgency = zip(*batch)
                    yield list(which), list(texts), torch.tensor(pair), torch.tensor(urgency)


def vectors(net: Net, pieces: Pieces, texts: list[str]) -> torch.Tensor:
    """The texts' vectors as the net is now."""
    rows = [pieces.of(spoken(t), 128) for t in texts]
    order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
    found = torch.zeros(len(rows), net.first.weight.shape[0])
    net.eval()
    with torch.no_grad():
        for begin in range(0, len(order), BATCH):
            here = order[begin:begin + BATCH]
            found[here] = net([rows[n] for n in here])
    net.train()
    return found


def progress(net: Net, heads: Heads, pieces: Pieces, replies: list[Phrase]) -> str:
    """How development replies are told apart: the chance that a serious one scores above another, and false alarms at 97 % recall."""
    heads.eval()
    with torch.no_grad():
        scores = heads.escalation(vectors(net, pieces, [p.text for p in replies]))
    heads.train()
    serious, calm = np.isin([p.urgency for p in replies], URGENCIES[ESCALATES:]), np.array([p.urgency == "none" for p in replies])
    above = (scores[serious][:, None] > scores[~serious]).mean()
    limit = np.sort(scores[serious])[int(serious.sum() * 0.03)]
    return f"development: told apart {above:.4f}, false alarms at 97 % recall {(scores[calm] >= limit).mean():.3f}"


def tune(minutes: float, rate: float, go_on: bool) -> None:
    """Train for so long and write the result."""
    torch.manual_seed(0)
    random.seed(0)
    torch.set_flush_denormal(True)
    model, replies, phrases = ModelFile(shipped()), development(), training()
    pieces, net = Pieces(model), Net(ModelFile(kept_model()) if go_on else model)
    lessons = Lessons(phrases, pieces, spare()) if go_on else Lessons(phrases, pieces)
    print(f"{len(phrases)} phrases, {lessons.left} of them to learn; first the heads alone", flush=True)
    chosen = torch.tensor(random.sample(range(len(phrases)), min(FIRST, len(phrases))))
    found = vectors(net, pieces, [phrases[n].text for n in chosen])
    heads = Heads(found, lessons.pairs)
    pair, urgency = (labels[chosen] for labels in lessons.labels())
    first = torch.optim.AdamW(heads.parameters(), 1e-3, weight_decay=0.05)
    for _ in range(8):
        for some in torch.randperm(len(chosen)).split(256):
            _step(first, heads.loss(heads(found[some] + NOISE * torch.randn_like(found[some])), pair[some], urgency[some]), heads)
    print(progress(net, heads, pieces, replies), flush=True)
    # The lower a layer, the more general and the less it is moved.
    groups = [{"params": layer.parameters(), "lr": rate * 0.93 ** (len(net.layers) - 1 - n)} for n, layer in enumerate(net.layers)]
    groups += [{"params": net.first.parameters(), "lr": rate * 0.2}, {"params": [p for p in heads.parameters() if p.requires_grad], "lr": 5e-4}]
    optimiser = torch.optim.AdamW(groups, weight_decay=0.01)
    kept, kept_heads = (AveragedModel(grown, multi_avg_fn=get_ema_multi_avg_fn(AVERAGED)) for grown in (net, heads))
    rates, began = [group["lr"] for group in optimiser.param_groups], time.process_time()
    for step, (which, rows, pair, urgency) in enumerate(lessons, 1):
        spent = (time.process_time() - began) / (minutes * 60 * torch.get_num_threads())
        if spent >= 1:
            break
        for group, full in zip(optimiser.param_groups, rates):
            group["lr"] = full * min(1, step / WARM) * max(0.005, 1 - spent)
        said = heads(net(rows))
        loss = _step(optimiser, heads.loss(said, pair, urgency), net)
        kept.update_parameters(net)
        kept_heads.update_parameters(heads)
        lessons.note(which, heads.learned(said.detach(), urgency))
        if step % 100 == 0:
            print(f"step {step}, {spent:.0%} of the time, loss {loss:.2f}, {lessons.left} to learn" + (f"; {progress(kept.module, kept_heads.module, pieces, replies)}" if step % 400 == 0 else ""), flush=True)
    print(f"the last step: {progress(net, heads, pieces, replies)}", flush=True)
    net, heads = kept.module, kept_heads.module
    print(f"the average: {progress(net, heads, pieces, replies)}", flush=True)
    part = TUNED.with_name(f"tuned.{os.getpid()}.npz")  # a bot that starts meanwhile, or a full disk, must not meet half of it
    np.savez_compressed(part, **changes(model, net.matrices(), net.small()), **heads.saved(lessons.kinds))
    os.replace(part, TUNED)
    print(f"written: {TUNED.name}, {TUNED.stat().st_size / 2**20:.1f} MB")


def _step(optimiser: torch.optim.Optimizer, loss: torch.Tensor, trained: nn.Module) -> float:
    optimiser.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(trained.parameters(), 1.0)
    optimiser.step()
    return float(loss.detach())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=45, help="of computing with all threads; longer on a clock when the machine is busy")
    parser.add_argument("--rate", type=float, default=2.5e-4, help="how fast the upper layers learn")
    parser.add_argument("--go-on", action="store_true", help="begin with what was tuned before")
    given = parser.parse_args()
    tune(given.minutes, given.rate, given.go_on)
