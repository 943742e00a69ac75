"""The non-delay rules as solvers, for every problem that is a plain job shop.

Their names are ``nondelay-spt`` and so on: the priority rules of the core rank tasks in its own list scheduler, these
keep to the environment that the learned dispatchers are compared in (see :mod:`jssp.rules`).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from jssp.adapter import to_job_shop
from jssp.rules import dispatch
from schedcore.model import Problem, Schedule
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features

_PREFERRED = {
    "fifo": "who waits longest goes first",
    "spt": "the shortest operation goes first",
    "lpt": "the longest operation goes first",
    "mwkr": "the job with the most work left goes first",
    "mor": "the job with the most operations left goes first",
}

_FEATURES = frozenset({"unary", "precedence", "objective:makespan"})


class RuleSolver:
    """One non-delay rule; deterministic, so ``seed`` changes nothing, and a hint is of no use to it."""

    features = _FEATURES
    kernels = ("jssp._kernels",)

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.name = f"nondelay-{rule}"
        self.summary = f"job shops, non-delay: {_PREFERRED[rule]}"

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
        """The schedule of the rule; it takes milliseconds, so the limits are not looked at."""
        begin = time.perf_counter()
        require_features(self.name, self.features, problem)
        instance, order = to_job_shop(problem)
        starts = np.empty(len(order), dtype=np.int64)
        starts[order] = dispatch(instance, self.rule)
        schedule = Schedule.from_arrays(
            np.arange(len(order)), np.zeros(len(order), dtype=np.int64), starts, starts + problem.arrays.duration
        )
        objective = () if problem.objective is None else (schedule.makespan * _weight(problem),)
        wall_s = time.perf_counter() - begin
        if on_solution is not None:
            on_solution(Incumbent(schedule, objective, None, wall_s))
        return SolveResult(
            Status.FEASIBLE if problem.objective is not None else Status.OPTIMAL,
            schedule,
            objective,
            None,
            wall_s,
            self.name,
            seed,
            trace=((wall_s, float(objective[0]), None),) if objective else (),
            parameters={"rule": self.rule},
        )


def _weight(problem: Problem) -> int:
    assert problem.objective is not None
    return problem.objective.stages[0][0][1]


fifo = RuleSolver("fifo")
spt = RuleSolver("spt")
lpt = RuleSolver("lpt")
mwkr = RuleSolver("mwkr")
mor = RuleSolver("mor")
