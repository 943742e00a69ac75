"""Every policy as a solver of its name."""

from __future__ import annotations

import time
from collections.abc import Callable

from schedcore.errors import NoScheduleError, UnsupportedFeatureError
from schedcore.model import Problem, Schedule
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status
from schedcore.solvers.support import values_of, verify


class PolicySolver:
    """Lets a policy decide once on the executor.

    Limits have no influence: a policy runs to its end.  ``hint`` is not used.

    Parameters
    ----------
    policy
        Name of the policy.
    """

    def __init__(self, policy: str) -> None:
        from schedcore.policies import get_policy

        self._policy = get_policy(policy)
        self.name = policy
        self.features: frozenset[str] = self._policy.features

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
        """The schedule that the policy makes; UNKNOWN with the reason if it ends in a dead end."""
        from schedcore.executor import execute

        began = time.perf_counter()
        missing = problem.features() - self.features
        if missing:
            raise UnsupportedFeatureError.of(self.name, missing)
        try:
            schedule = execute(problem, self._policy, seed)
        except NoScheduleError as error:
            wall = time.perf_counter() - began
            return SolveResult(Status.UNKNOWN, None, (), None, wall, self.name, seed, message=str(error))
        verify(self.name, problem, schedule)
        values = values_of(problem, schedule)
        wall = time.perf_counter() - began
        if on_solution is not None:
            on_solution(Incumbent(schedule, values, None, wall))
        trace = ((wall, float(values[0]), None),) if values else ()
        # Without an objective any feasible schedule is optimal.
        status = Status.FEASIBLE if values else Status.OPTIMAL
        return SolveResult(status, schedule, values, None, wall, self.name, seed, trace)
