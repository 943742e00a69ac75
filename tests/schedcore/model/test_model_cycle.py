"""The period of cyclic problems."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.refusals import refusal

from schedcore.model import Cycle


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Cycle(0, 5), "cycle.minimum: 0 is outside [1, 4398046511104] (check the unit and the sign)"),
        (lambda: Cycle(5, 4), "cycle: minimum 5 is above maximum 4 (swap the bounds)"),
        (lambda: Cycle(1, 2.0), "cycle.maximum: 2.0 is not an integer (give a whole number (ticks, units))"),
    ],
)
def test_malformed_cycles_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_a_period_is_fixed_or_free() -> None:
    assert Cycle(4, 4).is_fixed
    assert not Cycle(4, 5).is_fixed
