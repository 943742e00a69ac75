"""A worker of large-neighbourhood search: it makes one step after the other from the shared incumbent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from schedcore.model import Schedule
from schedcore.solvers.cpsat.solver import CpsatSolver
from schedcore.solvers.lns.bandit import Bandit
from schedcore.solvers.lns.freeze import freeze
from schedcore.solvers.lns.jobshop import TabuMove
from schedcore.solvers.lns.neighbourhoods import View
from schedcore.solvers.protocol import Status
from schedcore.solvers.support import values_of
from schedcore.solvers.tabu.structure import job_shop_of

if TYPE_CHECKING:
    from schedcore.solvers.lns.solver import Run

TABU = "tabu"
"""Name of the move for job shops."""
STEP_UNITS = 0.02
"""Deterministic time that every CP-SAT step is charged for its model, which CP-SAT does not count."""


class Worker:
    """Makes steps in a thread of its own."""

    def __init__(self, run: Run, number: int, seed: np.random.SeedSequence) -> None:
        self.shared = run
        self.rng = np.random.Generator(np.random.Philox(seed))
        self.offer: tuple[Schedule, tuple[int, ...]] | None = None
        self.cost = 0.0
        self.proven = False
        self.error: BaseException | None = None
        shop = job_shop_of(run.problem)
        self.tabu: TabuMove | None = None
        arms = list(run.neighbourhoods)
        if shop is not None:
            # The first worker goes on from the incumbent, the others begin elsewhere.
            self.tabu = TabuMove(shop, seed.spawn(1)[0], run.best if number == 0 else None)
            for schedule in run.members[number :: run.limits.workers]:
                self.tabu.receive(schedule)
            arms.insert(0, TABU)
        if shop is None:
            self.bandit = Bandit(arms, floor=run.parameters.floor)
        else:
            self.bandit = Bandit(arms, floor=run.parameters.cp_floor, untried=[TABU])
        count = len(run.problem.tasks)
        self.sizes = dict.fromkeys(run.neighbourhoods, float(min(count, run.parameters.first_size)))
        self._in_rounds = False
        self._known: int | None = None

    def stop(self) -> None:
        """End the step that is under way as soon as possible."""
        if self.tabu is not None:
            self.tabu.stop()

    def run(self, in_rounds: bool) -> None:
        """One step if the workers go in rounds, else steps until the search is over."""
        self._in_rounds = in_rounds
        try:
            while not self.shared.is_over:
                self._step()
                if in_rounds:
                    break
        except BaseException as error:  # handed to the thread that waits
            self.error = error

    def _step(self) -> None:
        run = self.shared
        arm = self.bandit.choose(self.rng)
        with run.lock:
            incumbent, values = run.best, run.values
            run.steps += 1
        assert incumbent is not None
        began = time.perf_counter()
        found, cost = self._tabu_step(incumbent, values) if arm == TABU else self._cp_step(arm, incumbent, values)
        if not self._in_rounds:
            cost = time.perf_counter() - began
        self.cost = cost
        gain = 0.0
        if found is not None:
            schedule, new = found
            gain = _gain(values, new)
            if self._in_rounds:
                self.offer = found
            else:
                run.offer(schedule, new)
        self.bandit.reward(arm, gain, cost)

    def _tabu_step(
        self, incumbent: Schedule, values: tuple[int, ...]
    ) -> tuple[tuple[Schedule, tuple[int, ...]] | None, float]:
        assert self.tabu is not None
        cost = self.tabu.step()
        best = self.tabu.best_below(self._known)
        if best is None:
            return None, cost
        self._known, schedule = best
        new = values_of(self.shared.problem, schedule)
        return ((schedule, new) if new < values else None), cost

    def _cp_step(
        self, arm: str, incumbent: Schedule, values: tuple[int, ...]
    ) -> tuple[tuple[Schedule, tuple[int, ...]] | None, float]:
        run = self.shared
        view = View(run.problem, incumbent)
        size = max(2, min(view.count, round(self.sizes[arm])))
        free = run.neighbourhoods[arm](view, size, self.rng)
        solver = CpsatSolver(warm_start=False, adjust=lambda model: freeze(model, view, free))
        result = solver.solve(
            run.problem,
            limits=run.sub_limits(min(run.parameters.step_s, run.left)),
            seed=int(self.rng.integers(2**31)),
            hint=incumbent,
            should_stop=run.should_end,
        )
        finished = result.status is Status.OPTIMAL
        self.sizes[arm] = size * (1.15 if finished else 0.9)
        if finished and len(free) >= view.count:
            self.proven = True
            if not self._in_rounds:
                run.proven = True
        cost = STEP_UNITS + float(result.parameters["deterministic_time"])
        if result.schedule is None:
            return None, cost
        if self.tabu is not None and result.objective < values:
            self.tabu.receive(result.schedule)
        return ((result.schedule, result.objective) if result.objective <= values else None), cost


def _gain(before: tuple[int, ...], after: tuple[int, ...]) -> float:
    """Relative improvement of the first stage that differs, each later stage counting a hundredth of the one before."""
    for stage, (old, new) in enumerate(zip(before, after, strict=True)):
        if old != new:
            return max(0.0, (old - new) / max(1, abs(old))) / 100**stage
    return 0.0
