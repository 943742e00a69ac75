"""Profiles, gaps over time, Pareto fronts, wins, and spread over seeds, worked by hand."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedcore.errors import InputError
from schedcore.experiments.statistics import (
    gap_trace,
    mean_gap_curve,
    pareto_front,
    primal_integral,
    profile_curves,
    seed_spread,
    win_tie_loss,
)

TRACE = st.lists(st.tuples(st.floats(0, 10), st.floats(50, 500)), max_size=6)


def test_wins_are_smaller_costs() -> None:
    counts = win_tie_loss([-1.0, 0.0, 0.5, -math.inf])
    assert (counts.wins, counts.ties, counts.losses, counts.total) == (2, 1, 1, 4)


def test_profile_by_hand() -> None:
    # Best costs 10, 20, 5: a has ratios 1, 1.5, 1; b has 2, 1 and nothing.
    curves = profile_curves({"a": {"x": 10, "y": 30, "z": 5}, "b": {"x": 20, "y": 20, "z": None}})
    assert curves["a"].ratio == (1.0, 1.5)
    assert curves["a"].share == (pytest.approx(2 / 3), 1.0)
    assert [curves["b"].at(t) for t in (0.5, 1, 1.99, 2, 100)] == pytest.approx([0, 1 / 3, 1 / 3, 2 / 3, 2 / 3])


def test_instance_that_nobody_solved_stays_in_the_denominator() -> None:
    curves = profile_curves({"a": {"x": 1, "y": None}, "b": {"x": 2, "y": None}})
    assert curves["a"].share == (0.5,)


def test_gap_over_time_by_hand() -> None:
    trace = gap_trace([(1.0, 100), (3.0, 50)], reference=50)
    assert trace.at(np.array([0.0, 0.99, 1.0, 2.9, 3.0, 9.0])).tolist() == [1, 1, 0.5, 0.5, 0, 0]
    # One second of gap 1, two of 1/2, one of 0.
    assert primal_integral(trace, 4.0) == pytest.approx((1 + 2 * 0.5) / 4)
    assert primal_integral(trace, 2.0) == pytest.approx((1 + 0.5) / 2)
    assert primal_integral(gap_trace([], 50), 7.0) == 1.0


def test_points_that_do_not_improve_change_nothing() -> None:
    trace = gap_trace([(2.0, 200), (1.0, 100)], reference=50)
    assert trace.at(np.array([1.0, 2.0])).tolist() == [0.5, 0.5]


def test_mean_over_seeds_then_instances() -> None:
    best, half, none = gap_trace([(0, 50)], 50), gap_trace([(0, 100)], 50), gap_trace([], 50)
    # First instance: seeds 0 and 1 -> 1/2; second: 1/2.
    assert mean_gap_curve([[best, none], [half]], [1.0]).tolist() == [0.5]
    with pytest.raises(InputError, match="no run to average"):
        mean_gap_curve([[best], []], [1.0])


@given(TRACE)
def test_integral_is_the_mean_of_the_steps(points: list[tuple[float, float]]) -> None:
    trace = gap_trace(points, 50)
    middle = (np.arange(20_000) + 0.5) * (8 / 20_000)
    assert primal_integral(trace, 8.0) == pytest.approx(float(trace.at(middle).mean()), abs=2e-3)


def test_integral_needs_time() -> None:
    with pytest.raises(InputError, match="end 0"):
        primal_integral(gap_trace([], 1), 0)


def test_front_by_hand() -> None:
    points = {"slow": (9, 1), "fast": (1, 9), "bad": (9, 9), "same": (1, 9), "wide": (9, 2), "mid": (4, 4)}
    assert pareto_front(points) == ["fast", "same", "mid", "slow"]
    assert pareto_front({}) == []


@given(st.dictionaries(st.integers(), st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=10))
def test_front_is_what_nothing_dominates(points: dict[int, tuple[int, int]]) -> None:
    def dominated(p: tuple[int, int]) -> bool:
        return any(q[0] <= p[0] and q[1] <= p[1] and q != p for q in points.values())

    assert set(pareto_front(points)) == {name for name, p in points.items() if not dominated(p)}


def test_spread_by_hand() -> None:
    logs = [[0.0, 0.0], [math.log(2), math.log(8)], [5.0]]
    found = seed_spread(logs)
    assert found is not None
    assert (found.instances, found.constant, found.widest) == (2, 1, pytest.approx(3.0))
    half = math.log(2)  # deviation of either seed of the second instance from its mean, log 4
    assert found.deviation == pytest.approx(math.sqrt(2 * half**2 / 2))
    assert seed_spread([[1.0], [2.0]]) is None


def test_spread_of_one_instance_is_the_standard_deviation() -> None:
    values = [0.1, 0.25, 0.2, 0.05]
    found = seed_spread([values])
    assert found is not None
    assert found.deviation == pytest.approx(statistics.stdev(values))
