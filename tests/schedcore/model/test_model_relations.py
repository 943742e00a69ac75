"""Lags, selections and mode links: what is refused, and what is kept."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.refusals import refusal

from schedcore.model import Edge, ModeLink, Selection, SelectionKind, TimeLag


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: TimeLag(0, 0), "lag: a lag relates task 0 to itself (bound its duration in the mode instead)"),
        (lambda: TimeLag(-1, 0), "lag.a: -1 is outside [0, 4398046511104] (check the unit and the sign)"),
        (lambda: TimeLag(0, None), "lag.b: None is not an integer (give a whole number (ticks, units))"),
        (
            lambda: TimeLag(0, 2**50),
            "lag.b: 1125899906842624 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (lambda: TimeLag(0, 1, 0.0), "lag.min: 0.0 is not an integer (give a whole number (ticks, units))"),
        (lambda: TimeLag(0, 1, None, 2.5), "lag.max: 2.5 is not an integer (give a whole number (ticks, units))"),
        (lambda: TimeLag(0, 1, 5, 4), "lag: min 5 is above max 4 (swap the bounds)"),
        (lambda: TimeLag(0, 1, None), "lag: neither min nor max is given (give one of them)"),
        (lambda: TimeLag(0, 1, a_edge="start"), "lag.a_edge: 'start' is no edge (give Edge.START or Edge.END)"),
        (lambda: TimeLag(0, 1, b_edge=5), "lag.b_edge: 5 is no edge (give Edge.START or Edge.END)"),
        (
            lambda: TimeLag(0, 1, iterations=1.0),
            "lag.iterations: 1.0 is not an integer (give a whole number (ticks, units))",
        ),
        (
            lambda: TimeLag(0, 1, iterations=2**17),
            "lag.iterations: 131072 is outside [-65536, 65536] (check the unit and the sign)",
        ),
        (lambda: Selection((), "implies"), "selection.tasks: tasks are () (name distinct tasks)"),
        (lambda: Selection((0, 0), "implies"), "selection.tasks: tasks are (0, 0) (name distinct tasks)"),
        (lambda: Selection((0, 1), "exactly"), "selection.kind: unknown kind 'exactly' (did you mean 'exactly_one'?)"),
        (
            lambda: Selection((0, 1), 3),
            "selection.kind: unknown kind 3 (known: all_or_none, at_least_one, at_most_one, exactly_one, implies)",
        ),
        (lambda: Selection(5, "implies"), "selection.tasks: 5 is not a sequence (give a tuple or a list)"),
        (
            lambda: Selection((0, -1), "implies"),
            "selection.tasks: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (lambda: ModeLink(0, 0, 0, (0,)), "mode_link: a mode link relates a task to itself (drop the mode instead)"),
        (
            lambda: ModeLink(0, 0, 1, ()),
            "mode_link.modes_b: modes_b is empty (forbid the pair with a selection instead)",
        ),
        (
            lambda: ModeLink(0, -1, 1, (0,)),
            "mode_link.mode_a: -1 is outside [0, 4398046511104] (check the unit and the sign)",
        ),
        (
            lambda: ModeLink(0, 0, 1, ("a",)),
            "mode_link.modes_b: 'a' is not an integer (give a whole number (ticks, units))",
        ),
        (lambda: ModeLink(0, 0, 1, 3), "mode_link.modes_b: 3 is not a sequence (give a tuple or a list)"),
    ],
)
def test_malformed_relations_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_a_lag_may_relate_a_task_to_itself_in_another_round() -> None:
    assert TimeLag(0, 0, iterations=1).iterations == 1


def test_a_lag_may_be_negative_and_edges_may_be_numbers() -> None:
    lag = TimeLag(0, 1, -5, -3, 0, 1)
    assert (lag.a_edge, lag.b_edge) == (Edge.START, Edge.END)


def test_kinds_may_be_given_as_text() -> None:
    assert Selection((0, 1), "implies").kind is SelectionKind.IMPLIES


def test_sequences_are_kept_as_tuples() -> None:
    assert Selection([0, 1], "implies") == Selection((0, 1), SelectionKind.IMPLIES)
    assert ModeLink(0, 0, 1, [2]) == ModeLink(0, 0, 1, (2,))
