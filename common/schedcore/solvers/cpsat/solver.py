"""``cpsat``: exact search with CP-SAT over every feature of the model."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar

from schedcore.errors import InputError
from schedcore.model import ALL_FEATURES, Problem, Schedule
from schedcore.solvers.cpsat.build import CpsatModel, build_model
from schedcore.solvers.cpsat.search import Found, Outcome, run_cpsat
from schedcore.solvers.cpsat.variables import Infeasible
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features
from schedcore.solvers.support import is_feasible, values_of, verify
from schedcore.solvers.tabu.structure import job_shop_of

LATER_STAGES = 0.1
"""Share of the time left that a stage of a lexicographic objective leaves to the stages after it."""


@dataclass(frozen=True)
class CpsatSolver:
    """Google's CP-SAT on the feature-gated model of :func:`~schedcore.solvers.cpsat.build.build_model`.

    Stages of a lexicographic objective are solved one after the other, each with the values reached in
    the stages before it as bounds.  A stage gets at most nine tenths of the time left if others follow.
    The result is OPTIMAL only if every stage is proven.
    With a deterministic limit wall time does not count, and the result depends on problem,
    parameters and seed alone.

    Parameters
    ----------
    warm_start
        Whether to start from the best of a few list schedules if no hint is given.  ``None``: unless the
        problem is a plain job shop with makespan.  There CP-SAT's own first schedules are as good, and of
        twelve runs (la, ta, swv, dmu) the hint lost seven, by up to 11 %, and won five, by at most 1.1 %;
        with other objectives and resources CP-SAT gets much further with it.
    parameters
        Further fields of CP-SAT's ``SatParameters``, by name.
    adjust
        Called with the model before it is solved; may add constraints that every schedule of interest
        obeys.  Proofs then hold for the adjusted model only.
    """

    name: ClassVar[str] = "cpsat"
    summary: ClassVar[str] = "exact: Google's CP-SAT, for every feature"
    features: ClassVar[frozenset[str]] = ALL_FEATURES

    warm_start: bool | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    adjust: Callable[[CpsatModel], None] | None = None

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
        """Solve ``problem``; see :class:`~schedcore.solvers.protocol.Solver`.

        Raises
        ------
        InputError
            If CP-SAT refuses the model, because numbers are too large for it, or refuses its parameters.
        """
        require_features(self.name, self.features, problem)
        run = _Run(self, problem, limits, seed, on_solution, should_stop)
        return run.solve(hint)


class _Run:
    """One call of :meth:`CpsatSolver.solve`."""

    def __init__(
        self,
        solver: CpsatSolver,
        problem: Problem,
        limits: Limits,
        seed: int,
        on_solution: Callable[[Incumbent], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.solver, self.problem, self.limits, self.seed = solver, problem, limits, seed
        self.on_solution, self.should_stop = on_solution, should_stop
        self.clock = time.perf_counter()
        self.best: Schedule | None = None
        self.bound: float | None = None
        self.trace: list[tuple[float, float, float | None]] = []
        self.used_deterministic = 0.0
        self.parameters: dict[str, Any] = {}

    def solve(self, hint: Schedule | None) -> SolveResult:
        start = self._start(hint)
        try:
            model = build_model(self.problem, at_least=0 if start is None else start.makespan)
        except Infeasible as error:
            return self._result(Status.INFEASIBLE, str(error))
        if self.solver.adjust is not None:
            self.solver.adjust(model)
        if start is not None:
            model.hint(start, feasible=is_feasible(self.problem, start))
        status, message = Status.OPTIMAL, ""
        for stage in range(max(1, len(model.stages))):
            outcome = self._solve_stage(model, stage)
            if outcome.values is not None:
                self.best = model.schedule(outcome.values)
            if stage == 0:
                self.bound = _rounded(outcome.bound) if model.stages else None
            if outcome.status != "OPTIMAL" and status is Status.OPTIMAL:
                status, message = self._ended(outcome, stage)
            if self.best is None or outcome.stopped:
                break
            if stage + 1 < len(model.stages):
                self._fix_stage(model, stage)
        return self._result(status, message)

    def _start(self, hint: Schedule | None) -> Schedule | None:
        if hint is not None or self.solver.warm_start is False:
            return hint
        if self.solver.warm_start is None and job_shop_of(self.problem) is not None:
            return None
        from schedcore.solvers.start import best_list_schedule

        exact = self.limits.deterministic_limit is not None
        return best_list_schedule(
            self.problem, seed=self.seed, budget_s=None if exact else 0.1 * self.limits.time_limit_s
        )

    def _solve_stage(self, model: CpsatModel, stage: int) -> Outcome:
        if model.stages:
            model.model.minimize(model.stages[stage])
        self.parameters = self._parameters(len(model.stages) - 1 - stage)
        outcome = run_cpsat(
            model.model,
            self.parameters,
            clock=self.clock,
            on_found=lambda found: self._note(model, stage, found),
            should_stop=self.should_stop,
        )
        self.used_deterministic += outcome.deterministic_time
        if outcome.status == "MODEL_INVALID":
            # CP-SAT says the same of parameters that it does not accept; the model is then in order.
            faults = model.model.validate().splitlines()
            if not faults:
                given = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
                raise InputError(
                    f"CP-SAT refuses its parameters: {given}",
                    where="solver cpsat",
                    remedy="see the ranges in the documentation of SatParameters",
                )
            raise InputError(
                f"CP-SAT refuses the model: {faults[0]}",
                where=f"problem {self.problem.name!r}",
                remedy="use a coarser tick, smaller weights or a horizon, so that sums stay below 2^62",
            )
        return outcome

    def _parameters(self, stages_to_come: int) -> dict[str, Any]:
        limits = self.limits
        share = 1 - LATER_STAGES if stages_to_come > 0 else 1.0
        parameters: dict[str, Any] = {"num_workers": limits.workers, "random_seed": self.seed & 0x7FFFFFFF}
        if limits.deterministic_limit is not None:
            left = limits.deterministic_limit - self.used_deterministic
            parameters["max_deterministic_time"] = max(share * left, 1e-6)
            if limits.workers > 1:
                parameters["interleave_search"] = True  # the only deterministic search of several workers
        else:
            left = limits.time_limit_s - (time.perf_counter() - self.clock)
            parameters["max_time_in_seconds"] = max(share * left, 1e-3)
        return parameters | self.solver.parameters

    def _note(self, model: CpsatModel, stage: int, found: Found) -> None:
        if not model.stages:
            if self.on_solution is not None:
                self._tell(model.schedule(found.values), None, found.wall_s)
            return
        bound = _rounded(found.bound)
        schedule = None
        if stage == 0:
            schedule = model.schedule(found.values)
            value = values_of(self.problem, schedule)[0]
            if not self.trace or value < self.trace[-1][1]:
                self.trace.append((found.wall_s, value, bound))
        if self.on_solution is not None:
            self._tell(schedule or model.schedule(found.values), bound, found.wall_s)

    def _tell(self, schedule: Schedule, bound: float | None, wall_s: float) -> None:
        assert self.on_solution is not None
        verify(self.solver.name, self.problem, schedule)
        self.on_solution(Incumbent(schedule, values_of(self.problem, schedule), bound, wall_s))

    def _fix_stage(self, model: CpsatModel, stage: int) -> None:
        """Keep the value reached in ``stage`` and go on from the schedule that has it."""
        assert self.best is not None
        value = values_of(self.problem, self.best)[stage]
        model.build.constraint(model.stages[stage] <= value)
        model.hint(self.best, feasible=True)

    def _ended(self, outcome: Outcome, stage: int) -> tuple[Status, str]:
        if outcome.status == "INFEASIBLE" and self.best is None:
            return Status.INFEASIBLE, "CP-SAT proves that no schedule exists"
        reason = outcome.stopped or "limit reached"
        if self.best is None:
            return Status.UNKNOWN, f"{reason} before a schedule was found"
        what = "" if len(self.problem.objective.stages) < 2 else f" in stage {stage + 1}"  # type: ignore[union-attr]
        return Status.FEASIBLE, f"{reason}{what} before optimality was proven"

    def _result(self, status: Status, message: str) -> SolveResult:
        objective: tuple[int, ...] = ()
        if self.best is not None:
            verify(self.solver.name, self.problem, self.best)
            objective = values_of(self.problem, self.best)
        if objective and self.bound is not None:
            self.bound = min(self.bound, objective[0])
        return SolveResult(
            status=status,
            schedule=self.best,
            objective=objective,
            bound=self.bound,
            wall_s=time.perf_counter() - self.clock,
            solver=self.solver.name,
            seed=self.seed,
            trace=tuple(self.trace),
            parameters=self.parameters | {"deterministic_time": self.used_deterministic},
            message=message,
        )


def _rounded(bound: float | None) -> float | None:
    """Objectives are integers, so bounds may be rounded up."""
    if bound is None or not math.isfinite(bound):
        return None
    return float(math.ceil(bound - 1e-6))
