"""Shares, their intervals and F1 are the textbook's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alongside.evaluation_sums import Figure, calibration_error, macro_f1, share, wilson


# The first four are the examples of Newcombe (1998), method 3.
@pytest.mark.parametrize(("hits", "of", "low", "high"), [
    (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718), (29, 29, 0.8830, 1.0), (5, 10, 0.2366, 0.7634),
    (0, 0, 0.0, 1.0),
])
def test_the_interval_is_wilsons(hits: int, of: int, low: float, high: float) -> None:
    assert wilson(hits, of) == pytest.approx((low, high), abs=6e-5)


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_share_stays_within_none_and_all_and_mirrors(hits: int, more: int) -> None:
    of = hits + more - 1 or 1
    hits = min(hits, of)
    low, high = wilson(hits, of)
    assert 0 <= low <= hits / of + 1e-9 and hits / of - 1e-9 <= high <= 1 and low < high
    assert wilson(of - hits, of) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    assert wilson(10 * hits, 10 * of)[1] - wilson(10 * hits, 10 * of)[0] < high - low


def test_a_share_counts_what_is_true_and_shows_it_with_its_interval() -> None:
    figure = share(flag for flag in (True, False, True, True))
    assert (figure.hits, figure.of, figure.value) == (3, 4, 0.75) and figure.interval == wilson(3, 4)
    assert str(figure) == "0.750 (3/4; 95 % 0.301-0.954)"
    assert figure.shown() == {"value": 0.75, "hits": 3, "of": 4, "low": 0.3006, "high": 0.9544} and figure.short() == "0.75 (0.30-0.95) 3/4"
    assert share([]).value == 0.0 and share([]).of == 0


@pytest.mark.parametrize(("pairs", "score"), [
    ([("fine", "fine"), ("chat", "chat")], 1.0), ([("fine", "chat"), ("chat", "fine")], 0.0), ([], 0.0),
    # fine: 1 right of 2, heard 1 time: 2/3; chat: 1 right of 1, heard 2 times: 2/3; stop: heard though never labelled: not averaged
    ([("fine", "fine"), ("fine", "chat"), ("chat", "chat")], 2 / 3), ([("fine", "fine"), ("fine", "stop")], 2 / 3),
    # one concern missed altogether counts as nothing
    ([("fine", "fine"), ("threats", "fine")], (2 / 3 + 0) / 2),
])
def test_macro_f1_is_the_mean_over_the_concerns_that_occur(pairs: list[tuple[str, str]], score: float) -> None:
    figure = macro_f1(pairs)
    assert figure.value == pytest.approx(score) and figure.of == len(pairs)
    assert str(figure) == f"{score:.3f} over {len(pairs)} texts" and figure.shown() == {"value": round(score, 4), "of": len(pairs)}


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abcd")), min_size=1))
def test_macro_f1_is_a_share_that_is_whole_only_when_all_is_right(pairs: list[tuple[str, str]]) -> None:
    value = macro_f1(pairs).value
    assert 0 <= value <= 1 and (value == 1) is all(a == b for a, b in pairs)


def test_a_figure_of_nothing_is_zero() -> None:
    assert Figure(0, 0).value == 0.0


@pytest.mark.parametrize(("chances", "bins", "error"), [
    ([(1.0, True), (0.0, False)], 2, 0.0), ([(1.0, False), (0.0, True)], 2, 1.0), ([], 10, 0.0),
    ([(0.75, n < 75) for n in range(100)], 1, 0.0), ([(0.9, n < 50) for n in range(100)], 1, 0.4),
    ([(0.5, n < 50) for n in range(100)], 10, 0.0),
])
def test_chances_that_come_true_have_no_calibration_error(chances: list[tuple[float, bool]], bins: int, error: float) -> None:
    figure = calibration_error(chances, bins)
    assert figure.value == pytest.approx(error, abs=1e-9) and figure.of == len(chances)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=1))
def test_a_calibration_error_is_a_share(chances: list[tuple[float, bool]]) -> None:
    assert 0 <= calibration_error(chances).value <= 1
