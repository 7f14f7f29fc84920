"""Embed the training phrases: the same model as the engine's, on TensorFlow, which takes many texts at once several times faster.

Only for training. Its vectors differ from the engine's by rounding alone (tests hold the two together).
"""

from __future__ import annotations

from pathlib import Path
from typing import List, Tuple

import numpy as np
import tensorflow as tf

from alongside_bot.pieces import Pieces
from listening.meaning import readable
from listening.weights import BLOCK, ModelFile, unpacked

TOKENS, STEP = 4096, 8  # about so many pieces at once; lengths are rounded up, for fewer different shapes


def _kind() -> tf.DType:
    """What matrices are multiplied in: 16 bits where the processor can (1.4 times as fast; a vector turns by less than a degree), else 32."""
    try:
        return tf.bfloat16 if "avx512_bf16" in Path("/proc/cpuinfo").read_text() else tf.float32
    except OSError:
        return tf.float32


KIND = _kind()


class Bulk:
    """texts -> rows of float32 of length one, as Encoder.vectors()."""

    size = 384

    def __init__(self, path: Path) -> None:
        model = ModelFile(path)
        self.name = path.stem
        self._pieces = Pieces(model)
        self._heads, self._width, self._epsilon = model.attention_heads, model.width, model.epsilon
        self._longest = model.positions
        self._words = model.blocks("emb.word")
        self._places = model.floats("emb.pos").reshape(-1, model.width) + model.floats("emb.type")[:model.width]
        self._first = _norm(model, "emb.ln")
        self._layers = [_layer(model, n) for n in range(model.layers)]

    def vectors(self, texts: List[str]) -> np.ndarray:
        """In order, whatever their lengths. A text longer than the model reads is cut."""
        rows = [self._pieces.of(readable(t), self._longest) for t in texts]
        found = np.zeros((len(rows), self.size), np.float32)
        order = sorted(range(len(rows)), key=lambda n: len(rows[n]))
        while order:
            length = -(-len(rows[order[-1]]) // STEP) * STEP
            here, order = order[-max(1, TOKENS // length):], order[:-max(1, TOKENS // length)]
            found[here] = self._embed([rows[n] for n in here], length)
        return found

    def _embed(self, rows: List[List[int]], length: int) -> np.ndarray:
        numbers = np.zeros((len(rows), length), np.int64)
        there = np.zeros((len(rows), length), np.float32)
        for n, row in enumerate(rows):
            numbers[n, :len(row)], there[n, :len(row)] = row, 1
        scales, packed = self._words
        blocks = (numbers[..., None] * (self._width // BLOCK) + np.arange(self._width // BLOCK)).reshape(-1)
        words = (unpacked(packed[blocks]).astype(np.float32) * scales[blocks][:, None]).reshape(len(rows), length, self._width) + self._places[:length]
        return _forward(tf.constant(words), tf.constant(there), self._first, self._layers, self._heads, self._epsilon).numpy()


def _norm(model: ModelFile, name: str) -> tuple:
    return tf.constant(model.floats(f"{name}.w")), tf.constant(model.floats(f"{name}.b"))


def _linear(model: ModelFile, names: Tuple[str, ...], columns: int) -> tuple:
    """Matrix and bias; several that read the same are one, side by side."""
    matrix = np.concatenate([model.matrix(f"{name}.w", columns) for name in names])
    return tf.cast(matrix.T.copy(), KIND), tf.cast(np.concatenate([model.floats(f"{name}.b") for name in names]), KIND)


def _layer(model: ModelFile, n: int) -> tuple:
    width, inner = model.width, model.inner
    return (_linear(model, (f"l{n}.q", f"l{n}.k", f"l{n}.v"), width), _linear(model, (f"l{n}.ao",), width), _linear(model, (f"l{n}.fi",), width),
            _linear(model, (f"l{n}.fo",), inner), _norm(model, f"l{n}.aln"), _norm(model, f"l{n}.oln"))


def _normed(x, norm, epsilon):
    mean, variance = tf.nn.moments(x, [-1], keepdims=True)
    scale = tf.math.rsqrt(variance + epsilon) * norm[0]
    return x * scale + (norm[1] - mean * scale)


@tf.function(reduce_retracing=True)
def _forward(words, there, first, layers, heads, epsilon):
    """Words' vectors (texts, pieces, width) -> texts' vectors. What a layer adds is worked out in KIND, the sum of them in 32 bits."""
    texts, pieces, width = tf.shape(words)[0], tf.shape(words)[1], words.shape[2]
    each = width // heads

    def linear(x, weights):
        return tf.nn.bias_add(tf.matmul(tf.cast(x, KIND), weights[0]), weights[1])

    hidden = (1 - there)[:, None, None, :] * -1e9
    x = tf.reshape(_normed(words, first, epsilon), [-1, width])
    for qkv, out, up, down, after, last in layers:
        q, k, v = tf.unstack(tf.transpose(tf.reshape(linear(x, qkv), [texts, pieces, 3, heads, each]), [2, 0, 3, 1, 4]))
        likeness = tf.cast(tf.matmul(q, k, transpose_b=True), tf.float32) / each ** 0.5
        seen = tf.matmul(tf.cast(tf.nn.softmax(likeness + hidden), KIND), v)
        seen = linear(tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [-1, width]), out)
        x = _normed(x + tf.cast(seen, tf.float32), after, epsilon)
        x = _normed(x + tf.cast(linear(tf.nn.gelu(linear(x, up)), down), tf.float32), last, epsilon)
    x = tf.reshape(x, [texts, pieces, width])
    mean = tf.reduce_sum(x * there[..., None], 1) / tf.reduce_sum(there, 1, keepdims=True)
    return tf.math.l2_normalize(mean, 1, epsilon=1e-12)
