"""``lns``: large-neighbourhood search, for instances on which plain CP-SAT gets stuck.

A step sets some tasks of the incumbent free (``neighbourhoods``), keeps the decisions and the order of
the others (``freeze``), and lets CP-SAT improve the rest for a moment.  How many tasks are free adapts
to what CP-SAT can finish; which neighbourhood comes next, to what has paid off.  On job shops a step
may also be one improvement of a memetic tabu search (``jobshop``), which shares the incumbent.

Every worker makes steps of its own.  Under wall time workers exchange incumbents whenever they like;
under a deterministic limit they do so after rounds of one step each, so that the result depends on the
problem, the seed and the number of workers only.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from schedcore.model import ALL_FEATURES, Problem, Schedule
from schedcore.solvers.cpsat.solver import CpsatSolver
from schedcore.solvers.lns.jobshop import TabuMove
from schedcore.solvers.lns.neighbourhoods import NEIGHBOURHOODS, Pick
from schedcore.solvers.lns.parameters import LnsParameters
from schedcore.solvers.lns.worker import Worker
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features
from schedcore.solvers.support import is_feasible, values_of, verify
from schedcore.solvers.tabu.structure import job_shop_of

_POLL_S = 0.02


@dataclass(frozen=True)
class LnsSolver:
    """Large-neighbourhood search over every feature of the model except cycles.

    Parameters
    ----------
    parameters
        Of the search.
    extra
        Further neighbourhoods by name, beside those of ``neighbourhoods.NEIGHBOURHOODS``.
    members
        On job shops: schedules that the populations of the tabu move begin with, dealt out to the workers; only the
        order of tasks on each resource counts.
    """

    name: ClassVar[str] = "lns"
    summary: ClassVar[str] = (
        "large-neighbourhood search with CP-SAT steps, for large problems of every kind but cyclic ones"
    )
    features: ClassVar[frozenset[str]] = ALL_FEATURES - {"cyclic", "variable_period"}

    parameters: LnsParameters = field(default_factory=LnsParameters)
    extra: Mapping[str, Pick] = field(default_factory=dict)
    members: Sequence[Schedule] = ()

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
        """Search until the limits; OPTIMAL only if the first CP-SAT run or a bound proves it.

        ``hint`` is the first incumbent if it is feasible, and guides the search for one otherwise.
        """
        require_features(self.name, self.features, problem)
        return Run(self, problem, limits, seed, on_solution, should_stop).solve(hint)


class Run:
    """One call of :meth:`LnsSolver.solve`; the incumbent and what the workers share."""

    def __init__(
        self,
        solver: LnsSolver,
        problem: Problem,
        limits: Limits,
        seed: int,
        on_solution: Callable[[Incumbent], None] | None,
        should_stop: Callable[[], bool] | None,
    ) -> None:
        self.parameters, self.problem, self.limits, self.seed = solver.parameters, problem, limits, seed
        self.neighbourhoods: dict[str, Pick] = {**NEIGHBOURHOODS, **solver.extra}
        self.members = solver.members
        self.on_solution, self.should_stop = on_solution, should_stop
        self.clock = time.perf_counter()
        self.lock = threading.Lock()
        self.best: Schedule | None = None
        self.values: tuple[int, ...] = ()
        self.bound: float | None = None
        self.stopped = ""
        self.proven = False
        self.used = 0.0
        self.steps = 0
        self.trace: list[tuple[float, float, float | None]] = []
        self._told: tuple[int, ...] | None = None
        self.workers: list[Worker] = []

    # --- the incumbent ----------------------------------------------------------------------------

    @property
    def wall_s(self) -> float:
        """Seconds since the begin."""
        return time.perf_counter() - self.clock

    @property
    def left(self) -> float:
        """What is left of the limit, in seconds or units of deterministic time."""
        limits = self.limits
        if limits.deterministic_limit is not None:
            return limits.deterministic_limit - self.used
        return limits.time_limit_s - self.wall_s

    @property
    def is_over(self) -> bool:
        """Whether the workers should end."""
        reached = self.bound is not None and bool(self.values) and self.values[0] <= self.bound
        return bool(self.stopped) or self.proven or self.left <= 0 or (reached and len(self.values) == 1)

    def offer(self, schedule: Schedule, values: tuple[int, ...]) -> bool:
        """Make ``schedule`` the incumbent if it is better; equal ones replace it too, for variety."""
        with self.lock:
            better = self.best is None or values < self.values
            if better or values == self.values:
                self.best, self.values = schedule, values
            if better:
                self.trace.append((self.wall_s, float(values[0]) if values else 0.0, self.bound))
            return better

    def tell(self) -> None:
        """Report the incumbent to the caller, in the caller's thread."""
        with self.lock:
            schedule, values = self.best, self.values
        if self.on_solution is None or schedule is None or values == self._told:
            return
        self._told = values
        verify("lns", self.problem, schedule)
        self.on_solution(Incumbent(schedule, values, self.bound, self.wall_s))

    def should_end(self) -> bool:
        """Polled from the steps of CP-SAT."""
        return bool(self.stopped)

    # --- the course of the search -----------------------------------------------------------------

    def solve(self, hint: Schedule | None) -> SolveResult:
        try:
            first = self._first(hint)
            if first is not None:
                return first
            self.tell()
            self._improve()
        except KeyboardInterrupt:
            self.stopped = "interrupted"
        return self._result()

    def _first(self, hint: Schedule | None) -> SolveResult | None:
        """Find an incumbent; a result ends the search here and now."""
        if hint is not None and is_feasible(self.problem, hint):
            self.offer(hint, values_of(self.problem, hint))
        else:
            from schedcore.solvers.start import best_list_schedule

            exact = self.limits.deterministic_limit is not None
            budget = None if exact else 0.1 * self.limits.time_limit_s
            quick = best_list_schedule(self.problem, seed=self.seed, budget_s=budget, smallest=2)
            if quick is not None:
                self.offer(quick, values_of(self.problem, quick))
        shop = job_shop_of(self.problem)
        if shop is not None:
            weight = self.problem.objective.stages[0][0][1] if self.problem.objective is not None else 1
            self.bound = float(weight * shop.lower_bound())
            if self.best is None:
                start = TabuMove(shop, np.random.SeedSequence(self.seed), None)
                schedule = start.active_schedule()
                self.offer(schedule, values_of(self.problem, schedule))
            return None
        # A short plain run: it often finds a better start, sometimes a proof, and always a bound.
        result = self._plain_run(hint, self.parameters.start_share * self.left)
        if result.schedule is None and result.status is Status.UNKNOWN and self.left > 0 and not self.stopped:
            result = self._plain_run(hint, self.left, first_only=True)
        self.bound = result.bound
        if result.schedule is not None:
            self.offer(result.schedule, result.objective)
        self.proven = result.status is Status.OPTIMAL
        if result.status is Status.INFEASIBLE:
            return self._result(Status.INFEASIBLE, result.message)
        return None

    def _plain_run(self, hint: Schedule | None, limit: float, *, first_only: bool = False) -> SolveResult:
        solver = CpsatSolver(parameters={"stop_after_first_solution": True} if first_only else {}, warm_start=False)
        result = solver.solve(
            self.problem,
            limits=self.sub_limits(limit, self.limits.workers),
            seed=self.seed,
            hint=self.best if self.best is not None else hint,
            should_stop=self._poll,
        )
        self.used += float(result.parameters["deterministic_time"])
        if result.message.startswith("interrupted"):
            self.stopped = "interrupted"
        return result

    def sub_limits(self, limit: float, workers: int = 1) -> Limits:
        """Limits of one run of CP-SAT, in the measure of the whole search."""
        limit = max(limit, 1e-3)
        if self.limits.deterministic_limit is not None:
            return Limits(deterministic_limit=limit, workers=workers)
        return Limits(time_limit_s=limit, workers=workers)

    def _poll(self) -> bool:
        if not self.stopped and self.should_stop is not None and self.should_stop():
            self.stopped = "stopped"
        return bool(self.stopped)

    def _improve(self) -> None:
        if self.best is None or not self.values or not len(self.problem.tasks) or self.is_over:
            return
        seeds = np.random.SeedSequence(self.seed).spawn(self.limits.workers)
        self.workers = workers = [Worker(self, k, seed) for k, seed in enumerate(seeds)]
        in_rounds = self.limits.deterministic_limit is not None
        try:
            while not self.is_over:
                threads = [
                    threading.Thread(target=worker.run, args=(in_rounds,), name=f"lns-{k}", daemon=True)
                    for k, worker in enumerate(workers)
                ]
                for thread in threads:
                    thread.start()
                self._watch(threads, workers)
                for worker in workers:
                    if worker.error is not None:
                        raise worker.error
                if in_rounds:
                    self._exchange(workers)
        finally:
            self.stopped = self.stopped or ("" if self.is_over else "interrupted")
            for worker in workers:
                worker.stop()

    def _watch(self, threads: list[threading.Thread], workers: list[Worker]) -> None:
        try:
            while any(thread.is_alive() for thread in threads):
                next(t for t in threads if t.is_alive() or t is threads[-1]).join(_POLL_S)
                self._poll()
                self.tell()
                if (self.limits.deterministic_limit is None and self.is_over) or self.stopped:
                    for worker in workers:
                        worker.stop()
        except BaseException:
            self.stopped = "interrupted"
            for worker in workers:
                worker.stop()
            for thread in threads:
                thread.join()
            raise

    def _exchange(self, workers: list[Worker]) -> None:
        """End of a round: the offers of all workers count in the order of the workers."""
        for worker in workers:
            if worker.offer is not None:
                self.offer(*worker.offer)
                worker.offer = None
            self.proven = self.proven or worker.proven
        self.used += max(worker.cost for worker in workers)
        self.tell()

    def _result(self, status: Status | None = None, message: str = "") -> SolveResult:
        if self.best is not None:
            verify("lns", self.problem, self.best)
            self.tell()
        values = self.values if self.best is not None else ()
        reached = self.bound is not None and len(values) == 1 and values[0] <= self.bound
        if status is None:
            proven = self.best is not None and (self.proven or reached or not values)
            status = Status.OPTIMAL if proven else Status.UNKNOWN if self.best is None else Status.FEASIBLE
            if status is Status.FEASIBLE:
                message = f"{self.stopped or 'limit reached'} after {self.steps} steps"
            elif status is Status.UNKNOWN:
                message = f"{self.stopped or 'limit reached'} before a schedule was found"
        bound = self.bound
        if status is Status.OPTIMAL and values:
            bound = float(values[0])
        return SolveResult(
            status=status,
            schedule=self.best,
            objective=values,
            bound=bound,
            wall_s=self.wall_s,
            solver="lns",
            seed=self.seed,
            trace=tuple(self.trace),
            parameters={"workers": self.limits.workers, "steps": self.steps, "moves": self._moves()},
            message=message,
        )

    def _moves(self) -> dict[str, tuple[int, int]]:
        """How often each move was made, and how often it gained something."""
        moves: dict[str, tuple[int, int]] = {}
        for worker in self.workers:
            for arm, tries in worker.bandit.tries.items():
                before = moves.get(arm, (0, 0))
                moves[arm] = (before[0] + tries, before[1] + worker.bandit.gains[arm])
        return moves
