"""``auto``: chooses a solver by the features and the size of the problem, and says which and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import ClassVar

from schedcore.model import ALL_FEATURES, Problem, Schedule
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult
from schedcore.solvers.registry import get_solver
from schedcore.solvers.tabu.structure import job_shop_of

MANY = 300
"""With more tasks than this exact search seldom proves anything, and neighbourhood search finds better schedules."""
LARGE = 50_000
"""From this many tasks on CP-SAT needs too long to build its model and to find a first schedule."""


class AutoSolver:
    """Leaves the work to the solver that :func:`choose` names."""

    name: ClassVar[str] = "auto"
    summary: ClassVar[str] = "the solver below that suits the problem's size and features; see sched info"
    features: ClassVar[frozenset[str]] = ALL_FEATURES

    def solve(
        self,
        problem: Problem,
        *,
        limits: Limits,
        seed: int = 0,
        hint: Schedule | None = None,
        on_solution: Callable[[Incumbent], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> SolveResult:
        """Solve with the chosen solver; the message of the result says which and why."""
        name, why = choose(problem)
        result = get_solver(name).solve(
            problem, limits=limits, seed=seed, hint=hint, on_solution=on_solution, should_stop=should_stop
        )
        chosen = f"auto chose {name}: {why}"
        return dataclasses.replace(result, message=f"{chosen}; {result.message}" if result.message else chosen)


def choose(problem: Problem) -> tuple[str, str]:
    """Name of a solver for ``problem``, and the reason."""
    count = len(problem.tasks)
    if count > MANY and job_shop_of(problem) is not None:
        return "lns", f"a job shop of {count} tasks, more than the {MANY} that exact search handles well"
    if count > LARGE:
        from schedcore.solvers.sgs import SGSSolver

        if problem.features() <= SGSSolver.features:
            return "sgs", f"{count} tasks, more than the {LARGE} for which a CP-SAT model pays"
    if problem.cycle is not None:
        return "cpsat", "it handles cycles"
    if count > MANY and problem.objective is not None:
        return "lns", f"{count} tasks, more than the {MANY} that exact search handles well"
    return "cpsat", f"{count} tasks and every feature supported"
