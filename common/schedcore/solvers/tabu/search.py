"""Memetic search for job shops: tabu search on every member, offspring by blending two orders.

A population of machine orders is improved by tabu search (``kernel.tabu_search``).  An offspring
lies between two parents: every operation gets the blend ``(1 - x) * order_1 + x * order_2`` of its
positions in topological orders of the parents.  Chains are increasing in both, hence in the blend, so
offspring are always free of cycles; no repair is needed.  (Path relinking for the job shop with
repair: Peng, Lü and Cheng 2015.)

Each worker is an island with a population and random stream of its own; the compiled search releases
the interpreter lock, so islands are threads.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError
from schedcore.model import Problem, Schedule
from schedcore.model.arrays import IntArray
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status
from schedcore.solvers.tabu import kernel
from schedcore.solvers.tabu.structure import FEATURES, JobShopStructure

STEPS_PER_DETERMINISTIC_UNIT = 100_000
"""Tabu steps of one island that count as one unit of ``Limits.deterministic_limit``."""


@dataclass(frozen=True, slots=True)
class TabuParameters:
    """Parameters of the search.

    Parameters
    ----------
    population
        Members of an island, 2 to 1000.
    patience
        Tabu steps without improvement that end the improvement of a member, at least 1.
    noise_permille
        Randomness of the first members, 0 to 1000.
    stagnation
        Offspring in a row that improve no member before all but the best member are replaced, in
        multiples of the population, at least 1.
    """

    population: int = 15
    patience: int = 12_500
    noise_permille: int = 400
    stagnation: int = 4

    def __post_init__(self) -> None:
        for field, low, high in (
            ("population", 2, 1000),
            ("patience", 1, 10**9),
            ("noise_permille", 0, 1000),
            ("stagnation", 1, 10**6),
        ):
            value = getattr(self, field)
            if not low <= value <= high:
                raise InputError(f"{field} is {value}", where="tabu", remedy=f"give a number from {low} to {high}")


@dataclass(slots=True)
class Member:
    """Machine sequences (see ``JobShopStructure.sequence_by``) and their makespan."""

    makespan: int
    sequence: IntArray


class Island:
    """One worker's population."""

    def __init__(
        self,
        structure: JobShopStructure,
        parameters: TabuParameters,
        seed: np.random.SeedSequence,
        target: int,
        max_steps: int,
        first: IntArray | None,
    ) -> None:
        self.structure = structure
        self.parameters = parameters
        self.target = target
        self.steps_left = max_steps
        self.stop = np.zeros(1, np.int64)
        self.random = np.array([seed.generate_state(1, np.uint64)[0] | np.uint64(1)], np.uint64)
        self.generator = np.random.Generator(np.random.Philox(seed))
        self.members: list[Member] = []
        self.best: Member | None = None
        self.error: BaseException | None = None
        self._first = first
        self._fruitless = 0

    def run(self) -> None:
        """Search until the target, the steps or ``stop`` end it; errors are kept for the caller."""
        try:
            self._search()
        except BaseException as error:  # handed to the thread that waits
            self.error = error

    @property
    def is_over(self) -> bool:
        """Whether nothing remains to be done."""
        reached = self.best is not None and self.best.makespan <= self.target
        return bool(self.stop[0]) or self.steps_left <= 0 or reached

    def _search(self) -> None:
        while not self.is_over:
            self.step()

    def step(self) -> None:
        """Improve one new member, made from scratch until there are enough and then from two parents."""
        if len(self.members) < self.parameters.population:
            self._add(self._improve(self.newcomer()))
            return
        if self._add(self._improve(self._offspring())):
            self._fruitless = 0
        else:
            self._fruitless += 1
        if self._fruitless >= self.parameters.stagnation * self.parameters.population:
            self.members = [self.members[0]]
            self._fruitless = 0

    def receive(self, makespan: int, sequence: IntArray) -> None:
        """Take in a member that was found elsewhere."""
        self._add(Member(makespan, sequence))

    def newcomer(self) -> IntArray:
        """Sequences of the given first member, then of randomised active schedules."""
        if self._first is not None:
            sequence, self._first = self._first, None
            return sequence
        s = self.structure
        position = kernel.random_active_order(
            s.duration, s.release, s.job_pred, s.job_succ, s.machine, self.parameters.noise_permille, self.random
        )
        return s.sequence_by(position)

    def _offspring(self) -> IntArray:
        i, j = self.generator.choice(len(self.members), 2, replace=False)
        x = self.generator.uniform(0.3, 0.7)
        one, two = (self._positions(self.members[k].sequence) for k in (i, j))
        return self.structure.sequence_by((1 - x) * one + x * two)

    def _positions(self, sequence: IntArray) -> np.ndarray:
        _, order, _ = evaluate(self.structure, sequence)
        position = np.empty(len(order))
        position[order] = np.arange(len(order))
        return position

    def _improve(self, sequence: IntArray) -> Member:
        s = self.structure
        makespan, steps = kernel.tabu_search(
            s.duration,
            s.release,
            s.job_pred,
            s.job_succ,
            s.machine,
            s.machine_ptr,
            s.rank,
            sequence,
            self.parameters.patience,
            self.steps_left,
            self.target,
            self.random,
            self.stop,
        )
        if makespan < 0:
            raise AssertionError("a move of the tabu search made a cycle")
        self.steps_left -= max(1, int(steps))
        return Member(int(makespan), sequence)

    def _add(self, member: Member) -> bool:
        """Insert ``member`` unless it is worse than all or a copy; returns whether it came in."""
        if any(np.array_equal(member.sequence, other.sequence) for other in self.members):
            return False
        if len(self.members) >= self.parameters.population:
            if member.makespan > self.members[-1].makespan:
                return False
            self.members.pop()
        self.members.append(member)
        self.members.sort(key=lambda m: m.makespan)
        if self.best is None or member.makespan < self.best.makespan:
            self.best = member
        return True


def evaluate(structure: JobShopStructure, sequence: IntArray) -> tuple[int, IntArray, IntArray]:
    """Makespan (-1 if cyclic), a topological order, and the earliest starts of ``sequence``."""
    s, n = structure, structure.num_operations
    before, after, head, tail, order, count = (np.zeros(n, np.int64) for _ in range(6))
    kernel.link_machines(sequence, s.machine_ptr, before, after)
    makespan = kernel.evaluate(s.duration, s.release, s.job_pred, s.job_succ, before, after, head, tail, order, count)
    return int(makespan), order, head


class TabuSolver:
    """Memetic tabu search for job shops (``--solver tabu``): release dates, chains, makespan.

    With ``Limits.deterministic_limit`` every island takes that many times 100,000 tabu steps, and the
    result depends on nothing but the problem, the seed and the number of workers.
    """

    name = "tabu"
    summary = "memetic tabu search for plain job shops with the makespan as objective"
    features = FEATURES

    def __init__(self, parameters: TabuParameters | None = None) -> None:
        self.parameters = parameters or TabuParameters()

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
        """Search until the limits; OPTIMAL if the job or one-machine bound is reached.  ``hint`` is a first member."""
        began = time.perf_counter()
        structure = JobShopStructure.of(problem, self.name)
        weight = problem.objective.stages[0][0][1] if problem.objective is not None else 1
        bound = structure.lower_bound()
        max_steps = 2**62
        if limits.deterministic_limit is not None:
            max_steps = max(1, int(limits.deterministic_limit * STEPS_PER_DETERMINISTIC_UNIT))
        if structure.num_operations == 0:
            return SolveResult(Status.OPTIMAL, Schedule(), (0,), 0.0, 0.0, self.name, seed)
        islands = [
            Island(structure, self.parameters, child, bound, max_steps, self._first(structure, hint))
            for child in np.random.SeedSequence(seed).spawn(limits.workers)
        ]
        threads = [threading.Thread(target=island.run, daemon=True) for island in islands]
        for thread in threads:
            thread.start()
        trace: list[tuple[float, float, float | None]] = []
        best: Member | None = None
        interrupted = False
        try:
            while True:
                alive = any(thread.is_alive() for thread in threads)
                wall = time.perf_counter() - began
                found = _best_of(islands)
                if found is not None and (best is None or found.makespan < best.makespan):
                    best = found
                    trace.append((wall, float(weight * best.makespan), float(weight * bound)))
                    if on_solution is not None:
                        schedule = structure.schedule(evaluate(structure, best.sequence)[2])
                        on_solution(Incumbent(schedule, (weight * best.makespan,), float(weight * bound), wall))
                reached = best is not None and best.makespan <= bound
                out_of_time = wall >= limits.time_limit_s and (limits.deterministic_limit is None)
                interrupted = interrupted or (should_stop is not None and should_stop())
                if not alive:
                    break
                if reached or out_of_time or interrupted:
                    for island in islands:
                        island.stop[0] = 1
                threads[0].join(0.02) if threads[0].is_alive() else time.sleep(0.02)
        finally:
            for island in islands:
                island.stop[0] = 1
            for thread in threads:
                thread.join()
        for island in islands:
            if island.error is not None:
                raise island.error
        best = _best_of(islands)
        assert best is not None
        schedule = structure.schedule(evaluate(structure, best.sequence)[2])
        return SolveResult(
            Status.OPTIMAL if best.makespan == bound else Status.FEASIBLE,
            schedule,
            (weight * best.makespan,),
            float(weight * bound),
            time.perf_counter() - began,
            self.name,
            seed,
            tuple(trace),
            {"workers": limits.workers, "population": self.parameters.population, "patience": self.parameters.patience},
        )

    @staticmethod
    def _first(structure: JobShopStructure, hint: Schedule | None) -> IntArray | None:
        """Machine orders of a complete hint; a partial or cyclic one is of no use and is left aside."""
        if hint is None or not np.array_equal(hint.task, np.arange(structure.num_operations)):
            return None
        sequence = structure.sequence_of(hint.start)
        return sequence if evaluate(structure, sequence)[0] >= 0 else None


def _best_of(islands: list[Island]) -> Member | None:
    members = [island.best for island in islands if island.best is not None]
    return min(members, key=lambda m: m.makespan, default=None)
