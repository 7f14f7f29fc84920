"""A long message is shared between two threads, and comes out as if it had not been."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from listening.meaning import LONG, Encoder, halfway, readable
from listening.words import spoken


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


@pytest.mark.parametrize("padding", [" ", "\u200e", "\u200b", "\t", "\u00a0", "-", "_", "\u3164"])
def test_what_stands_behind_padding_is_read(padding):
    assert readable("ok" + padding * 3_100 + "he is here").endswith("he is here")


def test_a_crowd_of_emoji_keeps_nobody_waiting():
    encoder, began = Encoder(), time.process_time()
    encoder.vectors([spoken(text) for text in ("😭" * 4_096, "🙏🏽" * 2_000, "x😭" * 2_000)])
    assert time.process_time() - began < 20, "one of them took 37 s"
    assert len(readable("😭😢" * 4_000)) <= 2_000
