"""Wilcoxon's test: by hand, and against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedcore.errors import InputError
from schedcore.experiments.statistics import signed_rank_test

SMALL = st.lists(st.integers(-4, 4), min_size=1, max_size=9)


def test_by_hand() -> None:
    # |d| = 1 2 3 4 with signs + + - +: ranks 1 + 2 + 4 = 7 against 3.  Of the 16 sign patterns five have a
    # sum of at most 3 ({}, {1}, {2}, {3}, {1, 2}), so p = 2 * 5 / 16.
    found = signed_rank_test([1, 2, -3, 4])
    assert (found.positive, found.negative, found.exact) == (7, 3, True)
    assert found.p_value == pytest.approx(10 / 16)


def test_ties_by_hand() -> None:
    # 1 1 2: ranks 1.5 1.5 3, all positive: only the empty sum is 0, p = 2 / 8.
    assert signed_rank_test([1, 1, 2]).p_value == pytest.approx(0.25)


def test_zeros_by_hand() -> None:
    # Pratt: 0 0 1 2 3 have ranks 1.5 1.5 3 4 5; p = 2 / 8 as without the zeros, the sums differ.
    pratt, dropped = signed_rank_test([0, 0, 1, 2, 3]), signed_rank_test([0, 0, 1, 2, 3], zeros="drop")
    assert (pratt.positive, pratt.zeros, pratt.pairs) == (12, 2, 5)
    assert (dropped.positive, dropped.p_value, pratt.p_value) == (6, 0.25, 0.25)
    # With a loss the two treatments differ: {1.. } ranks 2 3 4 against 1 2 3, sum of the loss 4 against 3.
    assert signed_rank_test([0, 1, 2, -3]).negative == 4
    assert signed_rank_test([0, 1, 2, -3], zeros="drop").negative == 3


@pytest.mark.parametrize("differences", [[], [0, 0, 0]])
def test_nothing_but_ties(differences: list[float]) -> None:
    found = signed_rank_test(differences)
    assert (found.p_value, found.positive, found.negative) == (1.0, 0.0, 0.0)


def test_infinite_differences_share_the_largest_rank() -> None:
    # A method that alone finds a schedule on two instances: as if the difference were huge there.
    endless = signed_rank_test([math.inf, 0.2, -0.1, math.inf, 0.3])
    huge = signed_rank_test([1e9, 0.2, -0.1, 1e9, 0.3])
    assert (endless.p_value, endless.positive) == (huge.p_value, huge.positive)


def test_nan_is_refused() -> None:
    with pytest.raises(InputError, match="not a number"):
        signed_rank_test([0.1, math.nan])


@given(SMALL)
@settings(max_examples=60)
def test_exact_p_values_are_those_of_all_sign_patterns(differences: list[int]) -> None:
    stats = pytest.importorskip("scipy.stats")
    if not any(differences) or len(differences) < 2:
        return
    for own, theirs in (("pratt", "pratt"), ("drop", "wilcox")):
        reference = stats.wilcoxon(differences, zero_method=theirs, method=stats.PermutationMethod(n_resamples=np.inf))
        found = signed_rank_test(differences, zeros=own)  # type: ignore[arg-type]
        assert found.p_value == pytest.approx(reference.pvalue, abs=1e-12)
        assert min(found.positive, found.negative) == reference.statistic


@pytest.mark.parametrize("count", [5, 20, 50])
def test_exact_p_values_without_ties_are_those_of_scipy(count: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    differences = np.random.default_rng(count).normal(0.3, 1, size=count)
    expected = stats.wilcoxon(differences, method="exact").pvalue
    assert signed_rank_test(differences).p_value == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("own", "theirs"), [("pratt", "pratt"), ("drop", "wilcox")])
def test_normal_approximation_with_zeros_and_ties_is_that_of_scipy(own: str, theirs: str) -> None:
    stats = pytest.importorskip("scipy.stats")
    differences = np.random.default_rng(3).integers(-3, 5, size=300)
    expected = stats.wilcoxon(differences, zero_method=theirs, method="asymptotic", correction=False).pvalue
    found = signed_rank_test(differences, zeros=own)  # type: ignore[arg-type]
    assert not found.exact
    assert found.p_value == pytest.approx(expected, rel=1e-9)


def test_exact_and_normal_meet() -> None:
    differences = np.random.default_rng(5).normal(0.15, 1, size=100)
    exact, normal = signed_rank_test(differences), signed_rank_test(differences, exact_up_to=0)
    assert exact.exact
    assert exact.p_value == pytest.approx(normal.p_value, rel=0.03)


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=12))
def test_sign_and_scale_do_not_matter(differences: list[float]) -> None:
    p = signed_rank_test(differences).p_value
    assert 0 < p <= 1
    assert signed_rank_test([-d for d in differences]).p_value == pytest.approx(p)
    assert signed_rank_test([4 * d for d in differences]).p_value == pytest.approx(p)
