"""Tasks, modes, demands and effects: what is refused, and what is kept."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from support.refusals import refusal

from schedcore.model import Demand, Edge, Effect, Mode, Task


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Demand(-1), "demand.resource: -1 is outside [0, 4398046511104] (check the unit and the sign)"),
        (lambda: Demand("oven"), "demand.resource: 'oven' is not an integer (give a whole number (ticks, units))"),
        (lambda: Demand(0, 0), "demand.amount: 0 is outside [1, 4398046511104] (check the unit and the sign)"),
        (lambda: Demand(0, 1.5), "demand.amount: 1.5 is not an integer (give a whole number (ticks, units))"),
        (lambda: Effect(0, 0), "effect.delta: delta is 0 (leave the effect out)"),
        (lambda: Effect(0, 1.5), "effect.delta: 1.5 is not an integer (give a whole number (ticks, units))"),
        (lambda: Effect(-1, 1), "effect.reservoir: -1 is outside [0, 4398046511104] (check the unit and the sign)"),
        (lambda: Effect(0, 1, 2), "effect.edge: 2 is no edge (give Edge.START or Edge.END)"),
        (lambda: Effect(0, 1, "end"), "effect.edge: 'end' is no edge (give Edge.START or Edge.END)"),
        (lambda: Effect(0, 1, Edge.END, 1), "effect.per_tick: 1 is not a truth value (give True or False)"),
        (lambda: Mode(-1), "mode.duration: -1 is outside [0, 4398046511104] (check the unit and the sign)"),
        (lambda: Mode(2.5), "mode.duration: 2.5 is not an integer (give a whole number (ticks, units))"),
        (lambda: Mode(math.nan), "mode.duration: nan is not an integer (give a whole number (ticks, units))"),
        (
            lambda: Mode(2**43),
            "mode.duration: 8796093022208 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Mode(5, duration_max=4),
            "mode.duration_max: duration_max 4 is below duration 5 (swap the two, or leave duration_max out)",
        ),
        (
            lambda: Mode(5, duration_max="long"),
            "mode.duration_max: 'long' is not an integer (give a whole number (ticks, units))",
        ),
        (lambda: Mode(5, (Demand(0), Demand(0))), "mode.demands: two demands name the same resource (add them up)"),
        (
            lambda: Mode(5, Demand(0)),
            "mode.demands: Demand(resource=0, amount=1) is not a sequence (give a tuple or a list)",
        ),
        (lambda: Mode(5, (0,)), "mode.demands[0]: 0 is no Demand (give objects of Demand)"),
        (
            lambda: Mode(5, (), (Demand(0),)),
            "mode.effects[0]: Demand(resource=0, amount=1) is no Effect (give objects of Effect)",
        ),
        (lambda: Mode(5, (), 7), "mode.effects: 7 is not a sequence (give a tuple or a list)"),
        (lambda: Mode(5, cost=0.5), "mode.cost: 0.5 is not an integer (give a whole number (ticks, units))"),
        (lambda: Task("", (Mode(1),)), "task: the name of a task is '' (give a non-empty string)"),
        (lambda: Task(None, (Mode(1),)), "task: the name of a task is None (give a non-empty string)"),
        (lambda: Task("t", ()), "task 't'.modes: no modes (give at least one mode)"),
        (lambda: Task("t", 5), "task 't'.modes: 5 is not a sequence (give a tuple or a list)"),
        (lambda: Task("t", (5,)), "task 't'.modes[0]: 5 is no Mode (give objects of Mode)"),
        (
            lambda: Task("t", (Mode(1),), job=-1),
            "task 't'.job: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Task("t", (Mode(1),), job="j0"),
            "task 't'.job: 'j0' is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: Task("t", (Mode(1),), release=-1),
            "task 't'.release: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Task("t", (Mode(1),), release=0.0),
            "task 't'.release: 0.0 is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: Task("t", (Mode(1),), deadline=-1),
            "task 't'.deadline: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Task("t", (Mode(1),), due=0.5),
            "task 't'.due: 0.5 is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: Task("t", (Mode(1),), weight=-1),
            "task 't'.weight: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Task("t", (Mode(1),), weight=True),
            "task 't'.weight: True is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: Task("t", (Mode(1),), reward=0.5),
            "task 't'.reward: 0.5 is not an integer (give a whole number (ticks, units))",
        ),
        (lambda: Task("t", (Mode(1),), optional=1), "task 't'.optional: 1 is not a truth value (give True or False)"),
        (
            lambda: Task("t", (Mode(1),), state_before=-1),
            "task 't'.state_before: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: Task("t", (Mode(1),), state_after="red"),
            "task 't'.state_after: 'red' is not an integer (give a whole number (ticks, units))",
        ),
        (lambda: Task("t", (Mode(1),), tags="abc"), "task 't'.tags: 'abc' is not a sequence (give a tuple or a list)"),
        (lambda: Task("t", (Mode(1),), tags=(1,)), "task 't'.tags[0]: 1 is no str (give objects of str)"),
    ],
)
def test_malformed_tasks_and_modes_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_a_mode_without_longest_duration_is_not_elastic() -> None:
    assert (Mode(5).longest, Mode(5).is_elastic) == (5, False)
    assert (Mode(5, duration_max=7).longest, Mode(5, duration_max=7).is_elastic) == (7, True)
    assert Mode(5, duration_max=5) == Mode(5)


def test_sequences_are_kept_as_tuples() -> None:
    task = Task("t", [Mode(1, [Demand(0)], [Effect(1, -2)])], tags=["a", "b"])
    assert task == Task("t", (Mode(1, (Demand(0),), (Effect(1, -2),)),), tags=("a", "b"))


def test_an_edge_may_be_given_by_its_number() -> None:
    assert Effect(0, 1, 0).edge is Edge.START


def test_zero_ticks_and_a_negative_due_date_are_well_formed() -> None:
    assert Task("t", (Mode(0),), due=-5).due == -5
