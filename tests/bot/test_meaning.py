"""A long message is shared between two threads, and comes out as if it had not been."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from listening.meaning import LONG, Encoder, halfway


def test_what_two_threads_work_out_is_what_one_does():
    texts = ["he was here again this morning, the man from the house, and he had a key " * 2, "I am well", "ai është jashtë derës sime"]
    encoder = Encoder()
    assert sum(map(len, texts)) >= LONG
    together, alone = encoder.vectors(texts), np.concatenate([encoder.vectors([t]) for t in texts])
    assert np.abs(together - alone).max() < 1e-5


@given(st.lists(st.integers(1, 400), min_size=2, max_size=16))
def test_both_halves_have_something_and_no_better_cut_is_missed(lengths):
    cut = halfway(["x" * n for n in lengths])
    assert 1 <= cut < len(lengths)
    slower = [max(sum(lengths[:n]), sum(lengths[n:])) for n in range(1, len(lengths))]
    assert slower[cut - 1] == min(slower)


def test_a_single_text_is_not_cut():
    assert halfway(["one text"]) == 0
