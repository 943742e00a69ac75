"""``plan``: the packer and CP-SAT on the layer of one structure, as a solver of the core."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from llmserve.plan.packer import KERNELS, PackerParameters, compile_kernels, pack
from llmserve.plan.window_model import check_window_features, orders_of, solve_window
from schedcore.errors import FormatError, UnsupportedFeatureError
from schedcore.model import ALL_FEATURES, Problem, Schedule
from schedcore.solvers import Incumbent, Limits, SolveResult, Status

FEATURES = frozenset(
    {
        "unary",
        "renewable",
        "multi_mode",
        "precedence",
        "horizon",
        "cyclic",
        "variable_period",
        "objective:period",
    }
)


@dataclass(frozen=True)
class PlanSolver:
    """Packs the nano-operations by annealing, then improves and bounds the period with CP-SAT.

    The result is OPTIMAL only if CP-SAT proves it over all orders, shares and two stages; the bound holds for those.

    Parameters
    ----------
    steps
        Sequences that the packer decodes before CP-SAT takes over.
    stages
        By how many periods the starts of a layer may be spread, 1 or 2.
    """

    name: ClassVar[str] = "plan"
    summary: ClassVar[str] = "nano-batch layers: annealed packing with shares, then CP-SAT with a bound"
    features: ClassVar[frozenset[str]] = FEATURES

    kernels: ClassVar[tuple[str, ...]] = KERNELS

    steps: int = 200_000
    stages: int = 2

    def compile_kernels(self) -> None:
        """Compile what the packer calls."""
        compile_kernels()

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
        """Solve ``problem``; see :class:`~schedcore.solvers.protocol.Solver`.  The deterministic limit is CP-SAT's."""
        check_window_features(problem)
        clock = time.perf_counter()
        trace: list[tuple[float, float, float | None]] = []
        best: Schedule | None = (
            hint if hint is not None and hint.cycle is not None and _feasible(problem, hint) else None
        )
        assert problem.cycle is not None
        bound = float(problem.cycle.minimum)

        def left() -> float:
            return limits.time_limit_s - (time.perf_counter() - clock)

        def keep(schedule: Schedule | None) -> None:
            nonlocal best
            if schedule is None or schedule.cycle is None:
                return
            if best is not None and best.cycle is not None and schedule.cycle >= best.cycle:
                return
            best = schedule
            now = time.perf_counter() - clock
            trace.append((now, float(schedule.cycle), bound))
            if on_solution is not None:
                on_solution(Incumbent(schedule, (schedule.cycle,), bound, now))

        def stopped() -> bool:
            return should_stop is not None and should_stop()

        counted = limits.deterministic_limit is not None
        # A quarter of the steps from the guess and from the best so far, hot and less hot; with time left, again.
        guess = _guess(problem)
        part = 0
        while part < 4 or (not counted and left() > 0.6 * limits.time_limit_s):
            start = guess if guess is not None and part % 4 < 2 else best
            parameters = PackerParameters(self.steps // 4, 1, self.stages, hot=(0.003, 0.01)[part % 2])
            keep(pack(problem, parameters, start=start, seed=10_007 * seed + part))
            part += 1
            if stopped() or (not counted and left() < limits.time_limit_s / 3):
                break
        status = Status.FEASIBLE
        assert best is not None
        for ordered in (True, False):
            if stopped() or (not counted and left() <= 0.05):
                break
            share = 0.4 if ordered else 1.0
            result = solve_window(
                problem,
                orders=orders_of(problem, best) if ordered else None,
                hint=best,
                longest=best.cycle,
                stages=self.stages,
                time_limit_s=max(0.05, share * left()),
                deterministic_limit=None if limits.deterministic_limit is None else share * limits.deterministic_limit,
                workers=limits.workers,
                seed=seed,
                on_solution=lambda schedule, _: keep(schedule),
                should_stop=should_stop,
            )
            keep(result.schedule)
            if not ordered:
                assert best.cycle is not None
                bound = max(bound, min(result.bound, float(best.cycle)))
                if result.status is Status.OPTIMAL and self.stages == 2:
                    status = Status.OPTIMAL
        return SolveResult(
            status,
            best,
            (best.cycle or 0,),
            bound,
            time.perf_counter() - clock,
            self.name,
            seed,
            tuple(trace),
            {"steps": self.steps, "stages": self.stages},
            f"bound over {self.stages} stages",
        )


def _guess(problem: Problem) -> Schedule | None:
    """The staggered guess, if the problem says what its tasks are."""
    from llmserve.plan.plan import structure_of
    from llmserve.plan.stagger import staggered_guess

    try:
        structure = structure_of(problem)[1]
    except FormatError:
        return None
    return staggered_guess(problem, structure)


def _feasible(problem: Problem, schedule: Schedule) -> bool:
    from schedcore.check import check

    return check(problem, schedule).ok


@dataclass(frozen=True)
class AutoSolver:
    """``auto`` in this domain: ``plan`` for layers, what the core would choose for anything else."""

    name: ClassVar[str] = "plan"
    summary: ClassVar[str] = "plan for nano-batch layers, else the choice of the core"
    features: ClassVar[frozenset[str]] = ALL_FEATURES
    kernels: ClassVar[tuple[str, ...]] = KERNELS

    def compile_kernels(self) -> None:
        """Compile what the packer calls."""
        compile_kernels()

    def solve(self, problem: Problem, **words: Any) -> SolveResult:
        """Solve ``problem``; see :class:`~schedcore.solvers.protocol.Solver`."""
        try:
            check_window_features(problem)
        except UnsupportedFeatureError:
            from schedcore.solvers import get_solver

            return get_solver("auto").solve(problem, **words)
        return PlanSolver().solve(problem, **words)
