"""``hybrid``: the policy builds the first schedules, and search goes on from there.

The best of the policy's schedules is the first incumbent of the core's large-neighbourhood search (or a complete hint
for CP-SAT), others of them are members of its tabu populations, and one more neighbourhood sets free what the policy
doubts: operations that it would have decided otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from jssp._arrays import IntArray
from jssp.learn.ours import kernel
from jssp.learn.ours.infer import infer
from jssp.learn.ours.network import Network
from jssp.learn.ours.reading import FEATURES, read
from jssp.learn.ours.rollout import rebuild
from jssp.learn.ours.shop import Shop
from jssp.learn.ours.solver import KERNELS, LearnedSolver, lower_bound
from schedcore.errors import InputError, unknown_name
from schedcore.model import Problem, Schedule
from schedcore.solvers.cpsat.solver import CpsatSolver
from schedcore.solvers.lns import LnsSolver
from schedcore.solvers.lns.neighbourhoods import View
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features
from schedcore.solvers.support import is_feasible, values_of

ENGINES = ("lns", "cpsat")
PER_UNIT = 100
"""Schedules of the policy that count as one unit of deterministic time."""


@dataclass(frozen=True)
class HybridSolver:
    """Policy first, then search; for what the policy can read.

    Parameters
    ----------
    engine
        What goes on from the policy's schedules: ``lns`` or ``cpsat``.
    share
        Largest share of the time limit that the policy takes, in (0, 1).
    members
        Schedules of the policy that enter the tabu populations.
    policy
        The policy and how it draws; its number of schedules is the most that it makes.
    """

    name: ClassVar[str] = "hybrid"
    summary: ClassVar[str] = (
        "job shops, projects: schedules of the learned dispatcher, improved by neighbourhood search"
    )
    features: ClassVar[frozenset[str]] = FEATURES
    kernels: ClassVar[tuple[str, ...]] = (*KERNELS, "schedcore.solvers.tabu.kernel", "schedcore.executor.sgs.plain")

    engine: str = "lns"
    share: float = 0.1
    members: int = 8
    policy: LearnedSolver = field(default_factory=lambda: LearnedSolver(samples=256))

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise unknown_name("engine", self.engine, ENGINES, where="hybrid")
        if not 0 < self.share < 1:
            raise InputError(f"share is {self.share}", where="hybrid", remedy="give a number between 0 and 1")
        if self.members < 0:
            raise InputError(f"members is {self.members}", where="hybrid", remedy="give at least 0")

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
        """Solve ``problem``; a feasible hint takes part beside the policy's schedules."""
        began = time.perf_counter()
        require_features(self.name, self.features, problem)
        if not problem.tasks or problem.objective is None:
            return self.policy.solve(problem, limits=limits, seed=seed, on_solution=on_solution)
        reading = read(problem, self.name)
        network = self.policy.policy_for(reading)
        bound = float(reading.weight * lower_bound(reading))
        trace: list[tuple[float, float, float | None]] = []
        found: list[Schedule] = []

        def tell(schedule: Schedule, value: int) -> None:
            wall = time.perf_counter() - began
            if trace and value >= trace[-1][1]:
                return
            trace.append((wall, float(value), bound))
            found.append(schedule)
            if on_solution is not None:
                on_solution(Incumbent(schedule, (value,), bound, wall))

        exact = limits.deterministic_limit is not None
        parameters = self.policy.parameters
        if limits.deterministic_limit is not None:
            most = max(1, int(self.share * limits.deterministic_limit * PER_UNIT))
            parameters = parameters.with_samples(min(parameters.samples, most))
        until = began + self.share * limits.time_limit_s
        stopped = False

        def is_over() -> bool:
            nonlocal stopped
            stopped = stopped or (should_stop is not None and should_stop())
            return stopped or (not exact and time.perf_counter() >= until)

        drawn = infer(
            reading.shop,
            network,
            parameters,
            seed=seed,
            workers=limits.workers,
            on_better=lambda makespan, starts, choices: tell(
                reading.schedule(starts, choices), int(reading.weight * makespan)
            ),
            is_over=is_over,
            target=lower_bound(reading),
        )
        members = [reading.schedule(starts, choices) for _, starts, choices in drawn.elite[: self.members]]
        if hint is not None and is_feasible(problem, hint):
            tell(hint, values_of(problem, hint)[0])
        spent = time.perf_counter() - began
        left = limits.time_limit_s - spent
        info = {"samples": drawn.drawn, "engine": self.engine, "policy_s": spent, "policy": trace[-1][1]}
        if stopped or trace[-1][1] <= bound or (not exact and left <= 0):
            proven = trace[-1][1] <= bound
            status = Status.OPTIMAL if proven else Status.FEASIBLE
            value = (int(trace[-1][1]),)
            wall = time.perf_counter() - began
            return SolveResult(status, found[-1], value, bound, wall, self.name, seed, tuple(trace), info)
        engine: LnsSolver | CpsatSolver = CpsatSolver()
        if self.engine == "lns":
            extra = {"policy": Doubt(reading.shop, reading.tasks, network)} if isinstance(reading.shop, Shop) else {}
            engine = LnsSolver(extra=extra, members=members)
        rest = (
            Limits(deterministic_limit=limits.deterministic_limit * (1 - self.share), workers=limits.workers)
            if limits.deterministic_limit is not None
            else Limits(time_limit_s=left, workers=limits.workers)
        )
        result = engine.solve(
            problem,
            limits=rest,
            seed=seed,
            hint=found[-1],
            on_solution=lambda incumbent: tell(incumbent.schedule, incumbent.objective[0]),
            should_stop=should_stop,
        )
        if result.schedule is not None and result.objective[0] < trace[-1][1]:
            tell(result.schedule, result.objective[0])
        proven = result.status is Status.OPTIMAL or trace[-1][1] <= bound
        best = max(bound, result.bound if result.bound is not None else bound)
        return SolveResult(
            Status.OPTIMAL if proven else Status.FEASIBLE,
            found[-1],
            (int(trace[-1][1]),),
            best,
            time.perf_counter() - began,
            self.name,
            seed,
            tuple(trace),
            info | {"search": result.parameters},
            message="" if proven else result.message,
        )


class Doubt:
    """A neighbourhood: operations that the policy would have decided otherwise, and what lies near one of them."""

    def __init__(self, shop: Shop, tasks: IntArray, network: Network) -> None:
        self.shop, self.tasks, self.network = shop, tasks, network

    def __call__(self, view: View, size: int, rng: np.random.Generator) -> IntArray:
        """About ``size`` tasks around a doubtful one, doubtful ones first."""
        doubt = self.by_task(view)
        weights = doubt + 1e-3
        pivot = int(rng.choice(view.count, p=weights / weights.sum()))
        distance = abs((view.start + view.end) - (view.start[pivot] + view.end[pivot]))
        return np.argsort(distance / (0.1 + doubt), kind="stable")[:size]

    def by_task(self, view: View) -> np.ndarray:
        """1 - p(decision) of the incumbent, shape [tasks]."""
        shop, tasks = self.shop, self.tasks
        alternatives = shop.alt_ptr[:-1] + view.mode[tasks]
        _, _, choices = rebuild(shop, view.start[tasks].astype(np.float64), alternatives)
        by_operation = np.empty(shop.num_operations)
        kernel.doubts(shop, self.network, kernel.ACTIVE, choices, by_operation)
        doubt = np.empty(view.count)
        doubt[tasks] = by_operation
        return doubt
