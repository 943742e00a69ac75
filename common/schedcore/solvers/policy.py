"""Every policy as a solver of its name."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from schedcore.errors import NoScheduleError
from schedcore.executor import Policy, execute
from schedcore.metrics import objective_values
from schedcore.model import Problem, Schedule
from schedcore.policies import get_policy
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features


class PolicySolver:
    """One run of a policy on the executor.

    Parameters
    ----------
    policy
        A policy, or what :func:`schedcore.policies.get_policy` understands.
    parameters
        For the policy's constructor, if it is given by name.
    """

    def __init__(self, policy: str | Policy, **parameters: Any) -> None:
        self.policy = get_policy(policy, **parameters)
        self.name = self.policy.name
        self.features = self.policy.features
        self._parameters = parameters

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
        """Run the policy once with ``seed``; limits and hint play no part, dead ends give ``UNKNOWN``."""
        require_features(self.name, self.features, problem)
        began = time.perf_counter()
        try:
            schedule = execute(problem, self.policy, seed)
        except NoScheduleError as error:
            wall = time.perf_counter() - began
            return SolveResult(
                Status.UNKNOWN, None, (), None, wall, self.name, seed, (), dict(self._parameters), str(error)
            )
        wall = time.perf_counter() - began
        value = objective_values(problem, schedule)
        if on_solution is not None:
            on_solution(Incumbent(schedule, value, None, wall))
        status = Status.FEASIBLE if value else Status.OPTIMAL
        trace = ((wall, float(value[0]), None),) if value else ()
        return SolveResult(status, schedule, value, None, wall, self.name, seed, trace, dict(self._parameters))
