"""Unary, renewable and reservoir: what is refused, and what is kept."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from support.refusals import refusal

from schedcore.model import Renewable, Reservoir, StepProfile, Unary


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Unary(""), "resource: the name of a resource is '' (give a non-empty string)"),
        (lambda: Unary(3), "resource: the name of a resource is 3 (give a non-empty string)"),
        (
            lambda: Unary("m", calendar=((0, 1),)),
            "resource 'm'.calendar: ((0, 1),) is no StepProfile (give a StepProfile)",
        ),
        (
            lambda: Unary("m", calendar=StepProfile(((0, 2),))),
            "resource 'm'.calendar: calendar values run from 2 to 2 (a unary resource is open (1) or closed (0))",
        ),
        (
            lambda: Unary("m", transition=()),
            "resource 'm'.transition: transition matrix is empty (use None for no setups)",
        ),
        (lambda: Unary("m", transition=3), "resource 'm'.transition: 3 is not a sequence (give a tuple or a list)"),
        (
            lambda: Unary("m", transition=(1, 2)),
            "resource 'm'.transition[0]: 1 is not a sequence (give a tuple or a list)",
        ),
        (
            lambda: Unary("m", transition=((0, 1), (1,))),
            "resource 'm'.transition: row 1 has 1 entries, the matrix has 2 rows (give a square matrix, one row and "
            "column per state)",
        ),
        (
            lambda: Unary("m", transition=((0, -1), (1, 0))),
            "resource 'm'.transition: transition[0][1] is -1 (give ticks >= 0, or None to forbid the sequence)",
        ),
        (
            lambda: Unary("m", transition=((0, 1.5), (1, 0))),
            "resource 'm'.transition: transition[0][1] is 1.5 (give ticks >= 0, or None to forbid the sequence)",
        ),
        (
            lambda: Unary("m", initial_state=0),
            "resource 'm': initial_state without transition matrix (give transition)",
        ),
        (
            lambda: Unary("m", transition=((0,),), initial_state=1),
            "resource 'm'.initial_state: initial_state 1 is outside the 1 states (add its row and column to the "
            "matrix)",
        ),
        (
            lambda: Unary("m", transition=((0,),), initial_state="red"),
            "resource 'm'.initial_state: 'red' is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: Renewable("r", -1),
            "resource 'r'.capacity: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Renewable("r", 2.0),
            "resource 'r'.capacity: 2.0 is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: Renewable("r", True),
            "resource 'r'.capacity: True is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: Renewable("r", np.int64(3)),
            "resource 'r'.capacity: np.int64(3) is not an integer (convert it with int(...))",
        ),
        (
            lambda: Renewable("r", 2**43),
            "resource 'r'.capacity: 8796093022208 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Renewable("r", 10**5000),
            "resource 'r'.capacity: int with thousands of digits is outside [0, 4398046511104] (check the unit and "
            "the sign)",
        ),
        (
            lambda: Renewable("r", 2, StepProfile(((0, 3),))),
            "resource 'r'.calendar: calendar values run from 3 to 3, capacity is 2 (keep them between 0 and the "
            "capacity)",
        ),
        (
            lambda: Renewable("r", 2, StepProfile(((0, -1),))),
            "resource 'r'.calendar: calendar values run from -1 to -1, capacity is 2 (keep them between 0 and the "
            "capacity)",
        ),
        (lambda: Renewable("r", 2, 7), "resource 'r'.calendar: 7 is no StepProfile (give a StepProfile)"),
        (
            lambda: Reservoir("b", 5, 6, 9),
            "resource 'b': initial level 5 is outside [6, 9] (need minimum <= initial <= maximum)",
        ),
        (
            lambda: Reservoir("b", 5, 0, 4),
            "resource 'b': initial level 5 is outside [0, 4] (need minimum <= initial <= maximum)",
        ),
        (
            lambda: Reservoir("b", None, 0, 4),
            "resource 'b'.initial: None is not an integer (give a whole number (ticks, units))",
        ),
        (lambda: Reservoir("", 0, 0, 4), "resource: the name of a resource is '' (give a non-empty string)"),
    ],
)
def test_malformed_resources_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_a_transition_matrix_may_be_given_as_lists_and_is_kept_as_tuples() -> None:
    resource = Unary("m", transition=[[0, None], [3, 0]], initial_state=1)
    assert resource.transition == ((0, None), (3, 0))
    assert hash(resource) == hash(Unary("m", transition=((0, None), (3, 0)), initial_state=1))


def test_capacity_zero_and_a_reservoir_without_room_are_well_formed() -> None:
    assert Renewable("r", 0).capacity == 0
    assert Reservoir("b", 3, 3, 3).initial == 3


def test_a_calendar_may_use_the_whole_capacity() -> None:
    assert Renewable("r", 4, StepProfile(((0, 4), (5, 0)))).calendar is not None
