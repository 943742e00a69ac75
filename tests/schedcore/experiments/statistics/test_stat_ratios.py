"""Ratios, gaps and geometric means, worked by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedcore.errors import InputError
from schedcore.experiments.statistics import cost_ratio, geometric_mean, primal_gap, relative_gap

POSITIVE = st.floats(1e-3, 1e6)


def test_ratio_is_above_one_for_what_is_worse() -> None:
    assert cost_ratio(60, 55) == pytest.approx(60 / 55)
    assert cost_ratio(40, 50, "max") == pytest.approx(1.25)
    assert cost_ratio(50, 40, "max") == pytest.approx(0.8)


@pytest.mark.parametrize(("value", "reference"), [(0, 5), (5, 0), (-1, 5), (5, -1), (math.inf, 5)])
def test_ratio_of_what_has_none(value: float, reference: float) -> None:
    assert cost_ratio(value, reference) is None


def test_equal_values_have_ratio_one_whatever_their_sign() -> None:
    assert [cost_ratio(v, v) for v in (0, -3, 7)] == [1.0, 1.0, 1.0]


def test_relative_gap_by_hand() -> None:
    assert relative_gap(60, 50) == pytest.approx(0.2)
    assert relative_gap(40, 50, "max") == pytest.approx(0.2)
    assert relative_gap(0.5, 0) == 0.5  # the denominator is at least 1


@pytest.mark.parametrize(
    ("value", "reference", "gap"), [(50, 50, 0), (100, 50, 0.5), (25, 50, 0.5), (-5, 50, 1), (0, 50, 1), (0, 0, 0)]
)
def test_primal_gap_by_hand(value: float, reference: float, gap: float) -> None:
    assert primal_gap(value, reference) == gap


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6))
def test_primal_gap_is_symmetric_and_between_zero_and_one(a: float, b: float) -> None:
    assert 0 <= primal_gap(a, b) <= 1
    assert primal_gap(a, b) == primal_gap(b, a)


def test_geometric_mean_by_hand() -> None:
    assert geometric_mean([1, 4]) == pytest.approx(2)
    assert geometric_mean([2, 0.5]) == pytest.approx(1)  # twice as bad and twice as good cancel


@given(st.lists(POSITIVE, min_size=1, max_size=8), POSITIVE)
def test_geometric_mean_scales_and_inverts(ratios: list[float], factor: float) -> None:
    mean = geometric_mean(ratios)
    assert geometric_mean([factor * r for r in ratios]) == pytest.approx(factor * mean)
    assert geometric_mean([1 / r for r in ratios]) == pytest.approx(1 / mean)


@pytest.mark.parametrize("ratios", [[], [1, 0], [-1], [math.inf], [math.nan]])
def test_geometric_mean_of_what_has_none(ratios: list[float]) -> None:
    with pytest.raises(InputError, match="ratio|nothing to average"):
        geometric_mean(ratios)


def test_geometric_mean_is_that_of_scipy() -> None:
    scipy_stats = pytest.importorskip("scipy.stats")
    ratios = [1.02, 1.5, 0.97, 3.0]
    assert geometric_mean(ratios) == pytest.approx(scipy_stats.gmean(ratios), rel=1e-12)
