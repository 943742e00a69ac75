"""Holm's correction, worked by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schedcore.errors import InputError
from schedcore.experiments.statistics import holm


def test_by_hand() -> None:
    # Ascending 0.005 0.01 0.03 0.04: times 4 3 2 1 gives 0.02 0.03 0.06 0.04, and 0.04 is raised to 0.06.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_ends() -> None:
    assert holm([]) == []
    assert holm([0.7]) == [0.7]
    assert holm([0.6, 0.9]) == [1.0, 1.0]


@given(st.lists(st.floats(0, 1), max_size=8))
def test_corrected_values_keep_the_order_and_never_shrink(values: list[float]) -> None:
    corrected = holm(values)
    assert all(p <= q <= 1 for p, q in zip(values, corrected))
    order = sorted(range(len(values)), key=lambda i: values[i])
    assert [corrected[i] for i in order] == sorted(corrected)
    # Holm rejects whatever Bonferroni rejects.
    assert all(q <= min(1.0, len(values) * p) + 1e-12 for p, q in zip(values, corrected))


@pytest.mark.parametrize("value", [-0.1, 1.1, float("nan")])
def test_what_is_no_p_value(value: float) -> None:
    with pytest.raises(InputError, match="p-value"):
        holm([0.5, value])
