"""Exhaustive search: the plainest possible solver, a witness for all others on tiny problems.

It tries every combination of presence, mode, duration and start tick.  Partial schedules are cut
only by rules that no further placement can mend (time windows, calendars, capacities, lags, mode
links, presence) and by a bound on the objective; the checker has the last word on every complete
schedule, so whatever the checker means is what this solver optimises.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from schedcore.check import check
from schedcore.errors import UnsupportedFeatureError
from schedcore.metrics import objective_values
from schedcore.model import (
    ALL_FEATURES,
    Edge,
    Problem,
    Renewable,
    Reservoir,
    Schedule,
    SelectionKind,
    Unary,
    default_horizon,
)
from schedcore.model.arrays import NO_DEADLINE, NO_MIN_LAG
from schedcore.solvers.protocol import Incumbent, Limits, SolveResult, Status

_SUM_METRICS = frozenset(
    {
        "total_completion",
        "total_start",
        "total_tardiness",
        "weighted_tardiness",
        "total_earliness",
        "weighted_earliness",
        "tardy_count",
        "weighted_tardy_count",
        "total_cost",
        "reward",
        "absent_count",
    }
)
"""Objective metrics that are sums over tasks, so that a partial sum can be bounded."""


@dataclass(frozen=True, slots=True)
class _Option:
    """One way to place a task; ``mode < 0`` leaves it out."""

    mode: int
    start: int
    end: int
    value: int
    """Contribution to the additive part of the first stage."""


class ExhaustiveSolver:
    """Tries everything.  Refuses problems with more than ``max_tasks`` tasks.

    The problem's horizon should be small: the work grows with (horizon * modes) ** tasks.
    """

    name = "exhaustive"
    summary = "exact: tries everything; for a handful of tasks, to check other solvers"
    features = ALL_FEATURES

    def __init__(self, max_tasks: int = 16) -> None:
        self.max_tasks = max_tasks

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
        """Search everything within the limits; ``hint`` and ``seed`` have no influence."""
        if len(problem.tasks) > self.max_tasks:
            raise UnsupportedFeatureError(
                f"exhaustive search takes at most {self.max_tasks} tasks, this problem has {len(problem.tasks)}",
                where="solver exhaustive",
                remedy="use cpsat",
            )
        began = time.perf_counter()
        best: Schedule | None = None
        best_values: tuple[int, ...] = ()
        trace: list[tuple[float, float, float | None]] = []
        complete = True
        cycle = problem.cycle
        periods: list[int | None] = [None] if cycle is None else list(range(cycle.minimum, cycle.maximum + 1))
        only_period = problem.objective is not None and problem.objective.stages[0] == (("period", 1),)
        for period in periods:
            search = _Search(problem, period, began + limits.time_limit_s, should_stop)
            search.incumbent = best_values if best is not None else None
            for schedule, values in search.run():
                best, best_values = schedule, values
                search.incumbent = values
                wall = time.perf_counter() - began
                trace.append((wall, float(values[0]) if values else 0.0, None))
                if on_solution is not None:
                    on_solution(Incumbent(schedule, values, None, wall))
                if not values:
                    break
            complete = not search.stopped
            if not complete or (best is not None and (not best_values or only_period)):
                break  # later periods are worse in the first stage
        status = (
            (Status.OPTIMAL if complete else Status.FEASIBLE)
            if best is not None
            else (Status.INFEASIBLE if complete else Status.UNKNOWN)
        )
        message = ""
        if not complete:
            stopped = should_stop is not None and should_stop()
            reason = "stopped" if stopped else f"the time limit of {limits.time_limit_s:g} s was reached"
            message = f"{reason} before " + ("a schedule was found" if best is None else "everything was tried")
        bound = float(best_values[0]) if best_values and status is Status.OPTIMAL else None
        return SolveResult(
            status,
            best,
            best_values,
            bound,
            time.perf_counter() - began,
            self.name,
            seed,
            tuple(trace),
            message=message,
        )


class _Search:
    """Depth-first search at one period (``None``: not cyclic)."""

    def __init__(
        self, problem: Problem, period: int | None, deadline_s: float, should_stop: Callable[[], bool] | None
    ) -> None:
        self.problem = problem
        self.period = period
        self.horizon = default_horizon(problem)
        self.length = period if period is not None else self.horizon
        self.incumbent: tuple[int, ...] | None = None
        self.stopped = False
        self._deadline_s = deadline_s
        self._should_stop = should_stop
        self._steps = 0
        stage = problem.objective.stages[0] if problem.objective is not None else ()
        self.weights = dict(stage)
        self.boundable = all(
            n in _SUM_METRICS or n == "period" or (n == "makespan" and w > 0) for n, w in self.weights.items()
        )
        self.options = [self._options(task) for task in range(len(problem.tasks))]
        self.order = sorted(range(len(problem.tasks)), key=lambda t: (self._is_tied(t), len(self.options[t]), t))
        cheapest = [min((o.value for o in self.options[t]), default=0) for t in self.order]
        self.remaining = [sum(cheapest[i:]) for i in range(len(cheapest) + 1)]
        self.usage = [[0] * max(1, self.length) for _ in problem.resources]
        self.chosen: list[_Option | None] = [None] * len(problem.tasks)
        self.reservoirs = [
            (r, -x.initial + x.minimum, x.maximum - x.initial) if period is None else (r, 0, 0)
            for r, x in enumerate(problem.resources)
            if isinstance(x, Reservoir)
        ]
        self.net = [0] * len(problem.resources)
        self.reach = self._reach()
        self.lags_of: list[list[int]] = [[] for _ in problem.tasks]
        for i, lag in enumerate(problem.lags):
            self.lags_of[lag.a].append(i)
            if lag.b != lag.a:
                self.lags_of[lag.b].append(i)

    def _net_effect(self, task: int, option: _Option, reservoir: int) -> int:
        if option.mode < 0:
            return 0
        return sum(
            e.delta * (option.end - option.start if e.per_tick else 1)
            for e in self.problem.tasks[task].modes[option.mode].effects
            if e.reservoir == reservoir
        )

    def _reach(self) -> list[dict[int, tuple[int, int]]]:
        """For every depth and reservoir: the least and the most that the tasks still to place can add in sum."""
        reach: list[dict[int, tuple[int, int]]] = [{r: (0, 0) for r, _, _ in self.reservoirs}]
        for task in reversed(self.order):
            after, here = reach[-1], {}
            for r, _, _ in self.reservoirs:
                effects = [self._net_effect(task, o, r) for o in self.options[task]] or [0]
                here[r] = (after[r][0] + min(effects), after[r][1] + max(effects))
            reach.append(here)
        return reach[::-1]

    def _levels_allow(self, depth: int) -> bool:
        """Whether the final levels (the net of a round, if cyclic) can still end within their bounds."""
        return all(
            self.net[r] + self.reach[depth][r][1] >= low and self.net[r] + self.reach[depth][r][0] <= high
            for r, low, high in self.reservoirs
        )

    def _out_of_time(self) -> bool:
        self._steps += 1
        if self._steps % 256 == 0 and not self.stopped:
            late = time.perf_counter() > self._deadline_s
            self.stopped = late or (self._should_stop is not None and self._should_stop())
        return self.stopped

    def _is_tied(self, task: int) -> bool:
        """Holds and other elastic tasks come last: their ties then leave them almost no choice."""
        return any(m.is_elastic for m in self.problem.tasks[task].modes)

    def _options(self, task_id: int) -> list[_Option]:
        task = self.problem.tasks[task_id]
        latest = self.horizon if task.deadline is None else min(self.horizon, task.deadline)
        options = []
        for m, mode in enumerate(task.modes):
            for start in range(task.release, latest - mode.duration + 1):
                for end in range(start + mode.duration, min(start + mode.longest, latest) + 1):
                    if self._calendars_allow(task_id, m, start, end):
                        options.append(_Option(m, start, end, self._value(task_id, m, start, end)))
        if task.optional:
            options.append(_Option(-1, 0, 0, self.weights.get("absent_count", 0)))
        options.sort(key=lambda o: (o.value, o.end, o.mode < 0))
        return options

    def _calendars_allow(self, task: int, mode: int, start: int, end: int) -> bool:
        if start == end:
            return True
        for demand in self.problem.tasks[task].modes[mode].demands:
            resource = self.problem.resources[demand.resource]
            if isinstance(resource, Reservoir):
                continue
            if isinstance(resource, Renewable) and demand.amount > resource.capacity:
                return False
            if resource.calendar is not None and resource.calendar.minimum_on(start, end) < demand.amount:
                return False
        return True

    def _value(self, task_id: int, mode: int, start: int, end: int) -> int:
        task = self.problem.tasks[task_id]
        late = 0 if task.due is None else max(0, end - task.due)
        early = 0 if task.due is None else max(0, task.due - end)
        parts = {
            "total_completion": end,
            "total_start": start,
            "total_tardiness": late,
            "weighted_tardiness": late * task.weight,
            "total_earliness": early,
            "weighted_earliness": early * task.weight,
            "tardy_count": int(late > 0),
            "weighted_tardy_count": task.weight * int(late > 0),
            "total_cost": task.modes[mode].cost,
            "reward": task.reward,
        }
        return sum(weight * parts.get(name, 0) for name, weight in self.weights.items())

    def run(self) -> Iterator[tuple[Schedule, tuple[int, ...]]]:
        """Yield ever better feasible schedules; the caller keeps ``incumbent`` up to date."""
        yield from self._place(0, 0, 0)

    def _place(self, depth: int, additive: int, latest: int) -> Iterator[tuple[Schedule, tuple[int, ...]]]:
        if self._out_of_time() or not self._may_improve(additive + self.remaining[depth], latest):
            return
        if depth == len(self.order):
            found = self._complete()
            if found is not None:
                yield found
            return
        task = self.order[depth]
        for option in self.options[task]:
            if not self._may_improve(additive + option.value + self.remaining[depth + 1], max(latest, option.end)):
                continue
            self.chosen[task] = option
            for r, _, _ in self.reservoirs:
                self.net[r] += self._net_effect(task, option, r)
            if self._levels_allow(depth + 1) and self._relations_allow(task, option) and self._occupy(task, option, 1):
                yield from self._place(depth + 1, additive + option.value, max(latest, option.end))
                self._occupy(task, option, -1)
            for r, _, _ in self.reservoirs:
                self.net[r] -= self._net_effect(task, option, r)
            self.chosen[task] = None

    def _may_improve(self, additive: int, latest: int) -> bool:
        """Whether the first stage can still equal or beat the incumbent (beat it, if it is the only one)."""
        if self.incumbent is None or not self.incumbent or not self.boundable:
            return True
        bound = additive + self.weights.get("makespan", 0) * latest
        bound += self.weights.get("period", 0) * (self.period or 0)
        return bound < self.incumbent[0] or (bound == self.incumbent[0] and len(self.incumbent) > 1)

    def _occupy(self, task: int, option: _Option, sign: int) -> bool:
        """Add (or take back) the demands; undoes itself and returns False if a capacity is exceeded."""
        if option.mode < 0 or option.start == option.end:
            return True
        fits = True
        for demand in self.problem.tasks[task].modes[option.mode].demands:
            usage = self.usage[demand.resource]
            resource = self.problem.resources[demand.resource]
            capacity = 1 if isinstance(resource, Unary) else resource.capacity if isinstance(resource, Renewable) else 0
            for tick in range(option.start, option.end):
                at = tick if self.period is None else tick % self.period
                usage[at] += sign * demand.amount
                fits = fits and usage[at] <= capacity
        if sign > 0 and not fits:
            self._occupy(task, option, -1)
            return False
        return True

    def _relations_allow(self, task: int, option: _Option) -> bool:
        if option.mode >= 0:
            arrays = self.problem.arrays
            for i in self.lags_of[task]:
                lag = self.problem.lags[i]
                a, b = self.chosen[lag.a], self.chosen[lag.b]
                if a is None or b is None or a.mode < 0 or b.mode < 0:
                    continue
                distance = (b.start if lag.b_edge is Edge.START else b.end) - (
                    a.start if lag.a_edge is Edge.START else a.end
                )
                distance += lag.iterations * (self.period or 0)
                low, high = arrays.lag_min[i], arrays.lag_max[i]
                if (low != NO_MIN_LAG and distance < low) or (high != NO_DEADLINE and distance > high):
                    return False
        for link in self.problem.mode_links:
            a, b = self.chosen[link.task_a], self.chosen[link.task_b]
            if a is not None and b is not None and a.mode == link.mode_a and b.mode >= 0 and b.mode not in link.modes_b:
                return False
        return self._selections_allow()

    def _selections_allow(self) -> bool:
        for selection in self.problem.selections:
            options = [self.chosen[t] for t in selection.tasks]
            present = sum(o is not None and o.mode >= 0 for o in options)
            absent = sum(o is not None and o.mode < 0 for o in options)
            match selection.kind:
                case SelectionKind.ALL_OR_NONE:
                    bad = present > 0 and absent > 0
                case SelectionKind.AT_MOST_ONE:
                    bad = present > 1
                case SelectionKind.EXACTLY_ONE:
                    bad = present > 1 or absent == len(options)
                case SelectionKind.AT_LEAST_ONE:
                    bad = absent == len(options)
                case SelectionKind.IMPLIES:
                    head = options[0]
                    bad = head is not None and head.mode >= 0 and absent > 0
            if bad:
                return False
        return True

    def _complete(self) -> tuple[Schedule, tuple[int, ...]] | None:
        rows = [
            (task, option.mode, option.start, option.end)
            for task, option in enumerate(self.chosen)
            if option is not None and option.mode >= 0
        ]
        schedule = Schedule(rows, cycle=self.period)
        values = objective_values(self.problem, schedule)
        if self.incumbent is not None and values >= self.incumbent:
            return None
        return (schedule, values) if check(self.problem, schedule).ok else None
