"""Objectives: what is refused, and how stages are given."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.refusals import refusal

from schedcore.model import Objective


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: Objective(()),
            "objective: an objective or one of its stages is empty (name a metric, or use None for any feasible "
            "schedule)",
        ),
        (
            lambda: Objective(((),)),
            "objective: an objective or one of its stages is empty (name a metric, or use None for any feasible "
            "schedule)",
        ),
        (lambda: Objective(5), "objective: 5 is not a sequence (give a tuple or a list)"),
        (
            lambda: Objective((("makespan", 1),)),
            "objective[0][0]: 'makespan' is not a sequence (give a tuple or a list)",
        ),
        (lambda: Objective(((("makspan", 1),),)), "objective: unknown metric 'makspan' (did you mean 'makespan'?)"),
        (
            lambda: Objective(((((), 1),),)),
            "objective: unknown metric () (known: absent_count, makespan, max_lateness, period, reward, tardy_count, "
            "total_completion, total_cost, total_earliness, total_flow, total_setup, total_start, ...)",
        ),
        (
            lambda: Objective.minimise(makespan=0),
            "objective: weight of 'makespan' is 0 (give a non-zero integer of at most 4398046511104)",
        ),
        (
            lambda: Objective.minimise(makespan=1.0),
            "objective: weight of 'makespan' is 1.0 (give a non-zero integer of at most 4398046511104)",
        ),
        (
            lambda: Objective.minimise(makespan=2**43),
            "objective: weight of 'makespan' is 8796093022208 (give a non-zero integer of at most 4398046511104)",
        ),
        (
            lambda: Objective(((("makespan", 1), ("makespan", 2)),)),
            "objective: a stage names a metric twice (add the weights up)",
        ),
        (
            lambda: Objective.minimise(),
            "objective: an objective or one of its stages is empty (name a metric, or use None for any feasible "
            "schedule)",
        ),
    ],
)
def test_malformed_objectives_are_refused(call: Callable[[], object], text: str) -> None:
    assert refusal(call) == text


def test_one_stage_and_several() -> None:
    assert Objective.minimise(makespan=1, total_cost=2).stages == ((("makespan", 1), ("total_cost", 2)),)
    staged = Objective.lexicographic({"reward": -1}, {"makespan": 1})
    assert staged.stages == ((("reward", -1),), (("makespan", 1),))
    assert staged.metrics == {"reward", "makespan"}
