"""Formulas of Werner links: the printed vectors, and inverses that invert."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qnet.physics import (
    distill_fidelity,
    distill_success,
    distillations_for_fidelity,
    fidelity_for_distillations,
    swap_fidelity,
    undistill_equal,
    undistill_known,
    unswap_fidelity,
)
from schedcore.errors import InputError

GOOD = st.floats(0.51, 0.999)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (swap_fidelity(0.9949832212875671, 0.9949832212875671), 0.99),
        (swap_fidelity(0.9, 0.8), 0.7266666667),
        (distill_fidelity(0.9, 0.9), 0.9263959390862944),
        (distill_success(0.9, 0.9), 0.8755555556),
        (distill_fidelity(0.8770831, 0.8770831), 0.907494547),
        (distill_success(0.8770831, 0.8770831), 0.849540635),
    ],
)
def test_printed_vectors(value: float, expected: float) -> None:
    assert value == pytest.approx(expected, abs=1e-9)


def test_pumping_with_copies_of_0_9_ends_at_the_printed_limit() -> None:
    current = 0.9
    for _ in range(200):
        current = distill_fidelity(current, 0.9)
    assert current == pytest.approx(0.9434601571592949, abs=1e-9)


@given(st.floats(0.25, 1.0))
@settings(max_examples=50)
def test_unswap_inverts_the_swap_of_equal_links(fidelity: float) -> None:
    half = unswap_fidelity(fidelity)
    assert swap_fidelity(half, half) == pytest.approx(fidelity, abs=1e-9)


@given(GOOD)
@settings(max_examples=50)
def test_undistill_equal_inverts_the_distillation_of_equal_links(fidelity: float) -> None:
    needed = undistill_equal(fidelity)
    assert distill_fidelity(needed, needed) == pytest.approx(fidelity, abs=1e-9)


@given(GOOD, GOOD)
@settings(max_examples=50)
def test_undistill_known_inverts_one_input(known: float, other: float) -> None:
    target = distill_fidelity(known, other)
    assert undistill_known(target, known) == pytest.approx(other, abs=1e-7)


def test_rounds_of_pumping() -> None:
    assert distillations_for_fidelity(0.9, 0.9) == 0
    assert distillations_for_fidelity(0.9, 0.92) == 1
    assert math.isinf(distillations_for_fidelity(0.5, 0.6))
    assert math.isinf(distillations_for_fidelity(0.9, 0.95))  # above the limit of pumping


@pytest.mark.parametrize("rounds", [1, 2, 3])
def test_the_search_returns_a_fidelity_that_needs_exactly_that_many_rounds(rounds: int) -> None:
    start = fidelity_for_distillations(rounds, 0.9)
    assert 0 < start < 0.9
    assert distillations_for_fidelity(start, 0.9) == rounds
    assert fidelity_for_distillations(0, 0.9) == 0.9
    assert fidelity_for_distillations(50, 0.9) == 0


def test_unswap_refuses_what_no_swap_gives() -> None:
    with pytest.raises(InputError, match="no two equal links"):
        unswap_fidelity(0.2)
