"""CP-SAT against exhaustive search on generated problems, exactly: status and the value of every stage."""

from __future__ import annotations

import pytest
from support.small_problems import KINDS, small_problem

from schedcore.solvers.cpsat import CpsatSolver
from schedcore.solvers.exhaustive import ExhaustiveSolver
from schedcore.solvers.protocol import Limits, Status


def compare(kind: str, seeds: range, limit_s: float) -> tuple[int, int]:
    """Number of comparable problems, and of those with a schedule; fails at the first difference."""
    compared = feasible = 0
    for seed in seeds:
        problem = small_problem(kind, seed)
        expected = ExhaustiveSolver().solve(problem, limits=Limits(time_limit_s=limit_s))
        if expected.status not in (Status.OPTIMAL, Status.INFEASIBLE):
            continue
        found = CpsatSolver().solve(problem, limits=Limits(time_limit_s=60), seed=seed)
        assert (found.status, found.objective) == (expected.status, expected.objective), f"{kind} {seed}"
        compared += 1
        feasible += found.status is Status.OPTIMAL
    return compared, feasible


@pytest.mark.parametrize("kind", KINDS)
def test_optimum_equals_that_of_exhaustive_search(kind: str) -> None:
    compared, feasible = compare(kind, range(12), 3.0)
    assert compared >= 6  # on a busy machine exhaustive search may not finish all of them
    assert feasible >= 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", KINDS)
def test_optimum_equals_that_of_exhaustive_search_on_200_problems(kind: str) -> None:
    compared, feasible = compare(kind, range(1000, 1230), 20.0)
    assert compared >= 200
    assert feasible >= 80
