"""Golden makespans: priority rules of the core on standard job shops."""

from __future__ import annotations

import pytest

from jssp.adapter import to_problem
from jssp.standard import standard_instance
from schedcore.check import check
from schedcore.executor import execute
from schedcore.policies import PriorityPolicy, get_policy

RULES = ("fifo", "spt", "mwkr", "mor", "lpt")
GOLDEN = {
    "ft06": (65, 88, 61, 59, 77),
    "ft10": (1184, 1074, 1108, 1163, 1295),
    "la01": (772, 751, 735, 763, 822),
    "ta01": (1486, 1462, 1491, 1438, 1701),
}
"""Non-delay schedules, ties by lowest job, then position: that is lowest task id."""


class StepByStep(PriorityPolicy):
    """Takes the executor decision by decision, not the short cut."""


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_makespans(name: str) -> None:
    problem = to_problem(standard_instance(name))
    schedules = [execute(problem, get_policy(rule)) for rule in RULES]
    assert tuple(s.makespan for s in schedules) == GOLDEN[name]
    assert all(check(problem, s).ok for s in schedules)


@pytest.mark.parametrize("name", ["ft06", "la01"])
def test_golden_makespans_decision_by_decision(name: str) -> None:
    problem = to_problem(standard_instance(name))
    assert tuple(execute(problem, StepByStep(rule)).makespan for rule in RULES) == GOLDEN[name]
