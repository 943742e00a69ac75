"""List scheduling as solvers: serial and parallel SGS over all rules, then randomised around the best."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from schedcore.check import check
from schedcore.errors import InputError, NoScheduleError
from schedcore.executor.sgs import Failure, ListScheduler, cyclic_sgs, keys_of, parallel_sgs
from schedcore.metrics import objective_values
from schedcore.model import ALL_FEATURES, Problem, Schedule
from schedcore.model.arrays import NO_DEADLINE
from schedcore.policies import RULES, OptionalChoice, chosen_optional, facts_of
from schedcore.policies.priority import EXECUTABLE
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status, require_features

PLACEMENTS_PER_UNIT = 1_000_000
"""Deterministic time of list schedulers: one unit is a million placements."""


@dataclass(frozen=True, slots=True)
class SgsParameters:
    """How long and how wildly list scheduling is repeated.

    Parameters
    ----------
    max_passes
        Schedules made at most, at least 1.
    noise
        Standard deviation of the perturbation of start times around the incumbent, in mean
        processing times, above 0.
    patience
        Passes without improvement after which the noise is doubled (up to eight times), at least 1.
    optional
        Which optional tasks to try.
    """

    max_passes: int = 20_000
    noise: float = 0.15
    patience: int = 100
    optional: OptionalChoice = "rewarded"

    def __post_init__(self) -> None:
        if self.max_passes < 1:
            raise InputError(f"max_passes is {self.max_passes}", where="sgs.max_passes", remedy="give at least 1")
        if not self.noise > 0:
            raise InputError(f"noise is {self.noise}", where="sgs.noise", remedy="give a number above 0")
        if self.patience < 1:
            raise InputError(f"patience is {self.patience}", where="sgs.patience", remedy="give at least 1")


class _Incumbents:
    """Keeps the best schedule and tells about improvements."""

    def __init__(self, problem: Problem, bound: float | None, on_solution: Callable[[Incumbent], None] | None) -> None:
        self.problem, self.bound, self._tell = problem, bound, on_solution
        self.began = time.perf_counter()
        self.best: Schedule | None = None
        self.value: tuple[int, ...] = ()
        self.trace: list[tuple[float, float, float | None]] = []

    def offer(self, schedule: Schedule) -> bool:
        """Take ``schedule`` if it is better; returns whether it is at least as good."""
        value = objective_values(self.problem, schedule)
        if self.best is not None and value >= self.value:
            return value == self.value
        self.best, self.value = schedule, value
        wall = time.perf_counter() - self.began
        if value:
            self.trace.append((wall, float(value[0]), self.bound))
        if self._tell is not None:
            self._tell(Incumbent(schedule, value, self.bound, wall))
        return True

    @property
    def proven(self) -> bool:
        """Whether nothing better can exist."""
        if self.best is None:
            return False
        if self.problem.objective is None:
            return True
        return len(self.value) == 1 and self.bound is not None and self.value[0] <= self.bound

    def result(self, name: str, seed: int, parameters: dict[str, Any], message: str) -> SolveResult:
        """The outcome."""
        status = Status.UNKNOWN
        if self.best is not None:
            status, message = (Status.OPTIMAL if self.proven else Status.FEASIBLE), ""
        wall = time.perf_counter() - self.began
        return SolveResult(
            status, self.best, self.value, self.bound, wall, name, seed, tuple(self.trace), parameters, message
        )


class _ListSolver:
    """What list scheduling solvers share: they repeat passes until a limit, ``max_passes`` or a proof."""

    name: ClassVar[str]
    features: ClassVar[frozenset[str]]

    def __init__(self, parameters: SgsParameters | None = None) -> None:
        self.parameters = parameters or SgsParameters()

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
        """Repeat list scheduling until a limit, ``max_passes`` or a proof."""
        require_features(self.name, self.features, problem)
        incumbents = _Incumbents(problem, lower_bound(problem), on_solution)
        stop = _Clock(self.parameters, limits, should_stop, len(problem.tasks))
        message = _impossible(problem, self.parameters.optional)
        if not message:
            message = self._search(problem, seed, hint, incumbents, stop)
        return incumbents.result(self.name, seed, _plain(self.parameters), message)

    def _search(self, problem: Problem, seed: int, hint: Schedule | None, incumbents: _Incumbents, stop: _Clock) -> str:
        """Offer schedules to ``incumbents`` until ``stop``; returns what to say if there is none."""
        raise NotImplementedError


class SGSSolver(_ListSolver):
    """Serial SGS: every rule, then keys around the starts of the incumbent, with random modes.

    On plain problems every improvement is justified to the right and to the left (forward-backward
    improvement, Li and Willis 1992).  A cyclic problem is solved by iterative modulo scheduling.
    ``deterministic_limit`` counts a million placements as 1.
    """

    name: ClassVar[str] = "sgs"
    summary: ClassVar[str] = "list scheduling, task by task: priority rules, then random keys and justification"
    features: ClassVar[frozenset[str]] = ALL_FEATURES

    def _search(self, problem: Problem, seed: int, hint: Schedule | None, incumbents: _Incumbents, stop: _Clock) -> str:
        if problem.cycle is not None:
            return self._cyclic(problem, seed, incumbents, stop)
        return self._serial(problem, seed, hint, incumbents, stop)

    def _serial(self, problem: Problem, seed: int, hint: Schedule | None, incumbents: _Incumbents, stop: _Clock) -> str:
        scheduler = ListScheduler(problem)
        optional = self.parameters.optional
        message = "no pass ended within the limits"
        if hint is not None and check(problem, hint).ok:
            incumbents.offer(hint)
        for keys in _rule_keys(problem, seed):
            if stop.now() or incumbents.proven:
                return message
            found = scheduler.serial(keys, optional=optional)
            if isinstance(found, Failure):
                message = str(found.error(problem))
            else:
                incumbents.offer(_justified(scheduler, found) if scheduler.is_plain else found)
        rng = np.random.default_rng(seed)
        multi = bool((np.diff(problem.arrays.mode_ptr) > 1).any())
        mean = max(1.0, float(problem.arrays.duration.mean())) if len(problem.arrays.duration) else 1.0
        base, modes = None, None
        since = 0
        while not stop.now() and not incumbents.proven and len(problem.tasks):
            if incumbents.best is None:  # no luck yet: any order at all
                keys, choice = rng.random(len(problem.tasks)), None
            else:
                if base is None:
                    base, modes = _starts_and_modes(problem, incumbents.best)
                sigma = self.parameters.noise * mean * 2.0 ** min(since // self.parameters.patience, 3)
                keys = base + rng.normal(0.0, sigma, len(base))
                choice = _mutated(rng, problem, modes) if multi and modes is not None else None
            found = scheduler.serial(keys, modes=choice, optional=optional, max_repairs=100)
            since += 1
            if isinstance(found, Failure):
                message = str(found.error(problem))
                continue
            if scheduler.is_plain and since % 4 == 0:
                found = _justified(scheduler, found)
            before = incumbents.value if incumbents.best is not None else None
            if incumbents.offer(found):
                base, modes = _starts_and_modes(problem, found)
                if incumbents.value != before:
                    since = 0
        return message

    def _cyclic(self, problem: Problem, seed: int, incumbents: _Incumbents, stop: _Clock) -> str:
        message = "no pass ended within the limits"
        rng = np.random.default_rng(seed)
        multi = bool((np.diff(problem.arrays.mode_ptr) > 1).any())
        attempts: Iterator[Any] = iter([None, "cp", "mwkr", "lpt", "spt"])
        while not stop.now() and not incumbents.proven:
            priorities = next(attempts, rng.random(len(problem.tasks)))
            modes = None
            if multi and incumbents.best is not None and isinstance(priorities, np.ndarray):
                modes = _mutated(rng, problem, _starts_and_modes(problem, incumbents.best)[1])
            try:
                found = cyclic_sgs(
                    problem, priorities, modes=modes, optional=self.parameters.optional, should_stop=stop.interrupted
                )
            except NoScheduleError as error:
                message = str(error)
            else:
                incumbents.offer(found)
        return message


class ParallelSGSSolver(_ListSolver):
    """Parallel SGS: every rule, then random keys around the incumbent.  Non-delay schedules only."""

    name: ClassVar[str] = "parallel-sgs"
    summary: ClassVar[str] = "list scheduling, time by time: priority rules, then random keys; non-delay schedules only"
    features: ClassVar[frozenset[str]] = EXECUTABLE

    def _search(self, problem: Problem, seed: int, hint: Schedule | None, incumbents: _Incumbents, stop: _Clock) -> str:
        message = "no pass ended within the limits"
        rng = np.random.default_rng(seed)
        rules: Iterator[str] = iter(RULES)
        if hint is not None and check(problem, hint).ok:
            incumbents.offer(hint)
        mean = max(1.0, float(problem.arrays.duration.mean())) if len(problem.arrays.duration) else 1.0
        since = 0
        while not stop.now() and not incumbents.proven:
            priorities: Any = next(rules, None)
            if priorities is None:
                if not len(problem.tasks):
                    break
                if incumbents.best is None:
                    priorities = rng.random(len(problem.tasks))
                else:
                    base, _ = _starts_and_modes(problem, incumbents.best)
                    sigma = self.parameters.noise * mean * 2.0 ** min(since // self.parameters.patience, 3)
                    priorities = base + rng.normal(0.0, sigma, len(base))
            try:
                found = parallel_sgs(problem, priorities, optional=self.parameters.optional, seed=seed, max_repairs=20)
            except NoScheduleError as error:
                message = str(error)
                since += 1
            else:
                before = incumbents.best
                incumbents.offer(found)
                since = 0 if incumbents.best is not before else since + 1
        return message


class _Clock:
    """Counts passes and watches the limits."""

    def __init__(
        self, parameters: SgsParameters, limits: Limits, should_stop: Callable[[], bool] | None, tasks: int
    ) -> None:
        self._end = time.perf_counter() + limits.time_limit_s
        self._should_stop = should_stop
        self._passes = 0
        self._most = parameters.max_passes
        self._deterministic = limits.deterministic_limit is not None
        if limits.deterministic_limit is not None:
            passes = int(limits.deterministic_limit * PLACEMENTS_PER_UNIT) // max(1, tasks)
            self._most = min(self._most, max(1, passes))

    def interrupted(self) -> bool:
        """Whether a running pass should give up."""
        if self._should_stop is not None and self._should_stop():
            return True
        return not self._deterministic and time.perf_counter() >= self._end

    def now(self) -> bool:
        """Whether no other pass may begin; counts one if it may."""
        if self._passes >= self._most or (self._passes and self.interrupted()):
            return True
        self._passes += 1
        return False


def _impossible(problem: Problem, optional: OptionalChoice) -> str:
    """Why no pass can succeed, whatever the priorities: no choice of optional tasks keeps the selections; or empty."""
    try:
        chosen_optional(problem, optional)
    except NoScheduleError as error:
        return str(error)
    return ""


def lower_bound(problem: Problem) -> float | None:
    """A lower bound of a pure makespan objective: critical path with releases, unary loads; else ``None``."""
    if problem.objective is None or problem.objective.stages != ((("makespan", 1),),):
        return None
    arrays = problem.arrays
    if not arrays.num_tasks or problem.cycle is not None:
        return None
    facts = facts_of(problem)
    must = arrays.optional == 0
    if not must.all():
        # Lags over absent tasks do not bind, so only what is on its own is certain.
        single = (arrays.release + facts.processing)[must]
        return float(single.max()) if len(single) else 0.0
    bound = int((facts.head + facts.tail).max())
    if len(arrays.duration) == arrays.num_tasks:
        modes = np.repeat(np.arange(len(arrays.duration)), np.diff(arrays.demand_ptr))
        unary = arrays.resource_capacity[arrays.demand_resource] == 1
        use, on = modes[unary], arrays.demand_resource[unary]
        load = np.bincount(on, weights=facts.processing[use], minlength=arrays.num_resources)
        first = np.full(arrays.num_resources, NO_DEADLINE, dtype=np.int64)
        np.minimum.at(first, on, facts.head[use])
        after = np.full(arrays.num_resources, NO_DEADLINE, dtype=np.int64)
        np.minimum.at(after, on, (facts.tail - facts.processing)[use])
        used = load > 0
        if used.any():
            bound = max(bound, int((first[used] + load[used] + after[used]).max()))
    return float(bound)


def _rule_keys(problem: Problem, seed: int) -> Iterator[NDArray[np.float64]]:
    """Keys of all rules, the generally strongest first, without repeating equal ones."""
    seen: set[bytes] = set()
    for name in dict.fromkeys(["cp", "mwkr", "mor", "atc", *RULES]):
        keys = keys_of(problem, name, seed)
        mark = np.argsort(keys, kind="stable").tobytes()
        if mark not in seen:
            seen.add(mark)
            yield keys


def _justified(scheduler: ListScheduler, schedule: Schedule) -> Schedule:
    """The better of a schedule of a plain problem and its justification: to the right, then to the left again."""
    better = scheduler.justify(schedule)
    return better if better is not None and better.makespan <= schedule.makespan else schedule


def _starts_and_modes(problem: Problem, schedule: Schedule) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    starts = np.full(len(problem.tasks), float(schedule.makespan))
    modes = np.full(len(problem.tasks), -1, dtype=np.int64)
    starts[schedule.task], modes[schedule.task] = schedule.start, schedule.mode
    return starts, modes


def _mutated(rng: np.random.Generator, problem: Problem, modes: NDArray[np.int64]) -> NDArray[np.int64] | None:
    """Modes of the incumbent: most kept, some left to the scheduler, some drawn; sometimes all left."""
    if rng.random() < 0.2:
        return None
    counts = np.diff(problem.arrays.mode_ptr)
    made = modes.copy()
    luck = rng.random(len(made))
    share = 2.0 / max(2, len(made)) + 0.02
    made[luck < share] = -1
    drawn = (luck > 1.0 - share) & (counts > 1)
    made[drawn] = rng.integers(0, counts[drawn])
    return made


def _plain(parameters: SgsParameters) -> dict[str, Any]:
    optional = parameters.optional if isinstance(parameters.optional, str) else list(parameters.optional)
    return {
        "max_passes": parameters.max_passes,
        "noise": parameters.noise,
        "patience": parameters.patience,
        "optional": optional,
    }


__all__ = ["ParallelSGSSolver", "SGSSolver", "SgsParameters", "lower_bound"]
