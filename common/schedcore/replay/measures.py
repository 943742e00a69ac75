"""Metrics and violations of many scenarios at once.

The meaning of the metrics is that of ``schedcore.metrics`` and of the violations that of
``schedcore.check``; both are compared with them in the tests.  All arrays are ``[row, scenario]``,
results ``[scenario]``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property

import numpy as np

from schedcore.check import ViolationCode
from schedcore.errors import InputError
from schedcore.model import OBJECTIVE_METRICS, Problem, Unary
from schedcore.model.arrays import NO_DEADLINE, NO_MIN_LAG, NONE_ID, RESERVOIR, IntArray
from schedcore.replay.interruptions import BoolArray


class Measures:
    """Measures of realised times.

    Parameters
    ----------
    problem
        What the tasks are.
    task, mode
        Task and mode of every row; shape ``[row]``.
    start, end, present
        Realised times, and whether the row was executed; shape ``[row, scenario]``.
    """

    def __init__(
        self, problem: Problem, task: IntArray, mode: IntArray, start: IntArray, end: IntArray, present: BoolArray
    ) -> None:
        self.problem, self.arrays = problem, problem.arrays
        self.task, self.mode, self.start, self.end, self.present = task, mode, start, end, present
        self.scenarios = present.shape[1]

    # --- metrics ------------------------------------------------------------------------------------

    def metric(self, name: str) -> IntArray:
        """Values of the objective metric ``name``, shape ``[scenario]``.

        Raises
        ------
        InputError
            For ``period``, which a replay has not.
        """
        found = _METRICS.get(name)
        if found is None:
            raise InputError(f"a replay has no metric {name!r}", where="metrics", remedy=f"use {', '.join(_METRICS)}")
        return found(self)

    def objective(self) -> IntArray:
        """Value of every stage of the objective, shape ``[stage, scenario]``."""
        stages = () if self.problem.objective is None else self.problem.objective.stages
        values = {name: self.metric(name) for stage in stages for name, _ in stage}
        rows = [sum(weight * values[name] for name, weight in stage) for stage in stages]
        return np.array(rows, dtype=np.int64).reshape(len(stages), self.scenarios)

    @cached_property
    def _late(self) -> tuple[IntArray, BoolArray, IntArray]:
        """Lateness and presence of the rows with a due date, and their weights."""
        due = self.arrays.due[self.task]
        rows = np.flatnonzero(due != NO_DEADLINE)
        return self.end[rows] - due[rows, None], self.present[rows], self.arrays.weight[self.task[rows]][:, None]

    def _flows(self) -> tuple[IntArray, IntArray]:
        """Flow per job (0 for jobs without present task), shape ``[job, scenario]``, and weights ``[job, 1]``."""
        arrays, jobs = self.arrays, len(self.problem.jobs)
        own = np.where(arrays.job == NONE_ID, jobs + np.arange(arrays.num_tasks), arrays.job)
        total = jobs + arrays.num_tasks
        release = np.full(total, NO_DEADLINE, dtype=np.int64)
        np.minimum.at(release, own, arrays.release)
        weight = np.zeros(total, dtype=np.int64)
        np.maximum.at(weight, own, arrays.weight)
        latest = np.full((total, self.scenarios), -1, dtype=np.int64)
        np.maximum.at(latest, own[self.task], np.where(self.present, self.end, -1))
        return np.where(latest < 0, 0, latest - release[:, None]), weight[:, None]

    def _setups(self) -> IntArray:
        """Sum of the transitions in the order of the realised starts."""
        total = np.zeros(self.scenarios, dtype=np.int64)
        for r, resource in enumerate(self.problem.resources):
            if not isinstance(resource, Unary) or resource.transition is None:
                continue
            size = len(resource.transition)
            table = np.zeros((size + 1, size), dtype=np.int64)
            table[:size] = [[ticks or 0 for ticks in row] for row in resource.transition]
            rows = np.array([k for k in range(len(self.task)) if self._uses(k, r)], dtype=np.int64)
            if not len(rows):
                continue
            # Absent rows and rows of no length go last, and count for nothing.
            counts = self.present[rows] & (self.end[rows] > self.start[rows])
            order = np.argsort(np.where(counts, self.start[rows], np.iinfo(np.int64).max), axis=0, kind="stable")
            before = self.arrays.state_before[self.task[rows]][order]
            after = self.arrays.state_after[self.task[rows]][order]
            counted = np.take_along_axis(counts, order, axis=0)
            if resource.initial_state is not None:
                total += np.where(counted[0], table[resource.initial_state, before[0]], 0)
            total += np.where(counted[1:], table[after[:-1], before[1:]], 0).sum(axis=0)
        return total

    def _uses(self, row: int, resource: int) -> bool:
        mode = self.problem.tasks[int(self.task[row])].modes[int(self.mode[row])]
        return any(d.resource == resource for d in mode.demands)

    def _mode_column(self, column: IntArray) -> IntArray:
        return column[self.arrays.mode_ptr[self.task] + self.mode][:, None]

    def _absent(self) -> IntArray:
        optional = self.arrays.optional[self.task][:, None] == 1
        left_out = int(self.arrays.optional.sum()) - int(self.arrays.optional[self.task].sum())
        return left_out + (optional & ~self.present).sum(axis=0)

    # --- violations ---------------------------------------------------------------------------------

    def violations(self, durations_given: BoolArray) -> dict[ViolationCode, IntArray]:
        """Number of violations per scenario, of the codes that a fixed order does not rule out.

        Valid where every row is present.  ``durations_given`` (``[row, scenario]``): rows whose
        realised duration is what they are judged by, whatever their mode says.
        """
        found = {
            ViolationCode.DURATION: self._durations(durations_given),
            ViolationCode.DEADLINE: self._deadlines(),
            ViolationCode.HORIZON: self._horizon(),
        }
        found |= self._lags()
        found |= self._reservoirs()
        return {code: counts for code, counts in found.items() if counts.any()}

    def _durations(self, given: BoolArray) -> IntArray:
        length = self.end - self.start
        shortest, longest = self._mode_column(self.arrays.duration), self._mode_column(self.arrays.duration_max)
        outside = ((length < shortest) | (length > longest)) & ~given & self.present
        return np.asarray(outside.sum(axis=0), dtype=np.int64)

    def _deadlines(self) -> IntArray:
        late = (self.end > self.arrays.deadline[self.task][:, None]) & self.present
        return np.asarray(late.sum(axis=0), dtype=np.int64)

    def _horizon(self) -> IntArray:
        if self.problem.horizon is None:
            return np.zeros(self.scenarios, dtype=np.int64)
        return np.asarray(((self.end > self.problem.horizon) & self.present).sum(axis=0), dtype=np.int64)

    def _lags(self) -> dict[ViolationCode, IntArray]:
        arrays = self.arrays
        row_of = np.full(arrays.num_tasks, -1, dtype=np.int64)
        row_of[self.task] = np.arange(len(self.task))
        a, b = row_of[arrays.lag_a], row_of[arrays.lag_b]
        both = (a >= 0) & (b >= 0)
        a, b = a[both], b[both]
        low, high = arrays.lag_min[both], arrays.lag_max[both]
        times = np.stack([self.start, self.end])
        distance = times[arrays.lag_b_edge[both], b] - times[arrays.lag_a_edge[both], a]
        bound = self.present[a] & self.present[b]
        under = (low[:, None] != NO_MIN_LAG) & (distance < low[:, None]) & bound
        over = (high[:, None] != NO_DEADLINE) & (distance > high[:, None]) & bound
        return {
            ViolationCode.LAG_MIN: under.sum(axis=0).astype(np.int64),
            ViolationCode.LAG_MAX: over.sum(axis=0).astype(np.int64),
        }

    def _reservoirs(self) -> dict[ViolationCode, IntArray]:
        low, high = np.zeros(self.scenarios, dtype=np.int64), np.zeros(self.scenarios, dtype=np.int64)
        for r in np.flatnonzero(self.arrays.resource_kind == RESERVOIR).tolist():
            times, deltas = self._events(r)
            if not len(times):
                continue
            order = np.argsort(times, axis=0, kind="stable")
            times = np.take_along_axis(times, order, axis=0)
            level = self.arrays.level_initial[r] + np.cumsum(np.take_along_axis(deltas, order, axis=0), axis=0)
            # Bounds hold for the net level after all events of a tick.
            settled = np.ones(times.shape, dtype=np.bool_)
            settled[:-1] = times[1:] > times[:-1]
            low += _intervals(level < self.arrays.level_minimum[r], settled)
            high += _intervals(level > self.arrays.level_maximum[r], settled)
        return {ViolationCode.RESERVOIR_LOW: low, ViolationCode.RESERVOIR_HIGH: high}

    def _events(self, reservoir: int) -> tuple[IntArray, IntArray]:
        """Times and changes of the level, both ``[event, scenario]``."""
        times, deltas = [], []
        for row in range(len(self.task)):
            mode = self.problem.tasks[int(self.task[row])].modes[int(self.mode[row])]
            for effect in mode.effects:
                if effect.reservoir == reservoir:
                    times.append((self.start, self.end)[effect.edge][row])
                    scale = self.end[row] - self.start[row] if effect.per_tick else 1
                    deltas.append(np.where(self.present[row], effect.delta * scale, 0))
        empty = np.empty((0, self.scenarios), dtype=np.int64)
        return (np.stack(times), np.stack(deltas)) if times else (empty, empty)


def _intervals(broken: BoolArray, settled: BoolArray) -> IntArray:
    """Number of maximal runs of broken settled levels, per column."""
    count = np.zeros(broken.shape[1], dtype=np.int64)
    within = np.zeros(broken.shape[1], dtype=np.bool_)
    for row, final in zip(broken, settled, strict=True):
        count += row & ~within & final
        within = np.where(final, row, within)
    return count


def _sum(values: IntArray, where: BoolArray) -> IntArray:
    return np.asarray(np.where(where, values, 0).sum(axis=0), dtype=np.int64)


def _tardiness(sign: int, weighted: bool) -> Callable[[Measures], IntArray]:
    def total(m: Measures) -> IntArray:
        late, present, weight = m._late
        scale = weight if weighted else np.ones_like(weight)
        return _sum(np.maximum(sign * late, 0) * scale, present)

    return total


def _max_lateness(m: Measures) -> IntArray:
    late, present, _ = m._late
    lowest = np.iinfo(np.int64).min
    worst = np.where(present, late, lowest).max(axis=0, initial=lowest)
    return np.where(worst == lowest, 0, worst)


def _tardy(weighted: bool) -> Callable[[Measures], IntArray]:
    def count(m: Measures) -> IntArray:
        late, present, weight = m._late
        return _sum(np.where(late > 0, weight if weighted else np.ones_like(weight), np.zeros_like(weight)), present)

    return count


def _flow(weighted: bool) -> Callable[[Measures], IntArray]:
    def total(m: Measures) -> IntArray:
        flow, weight = m._flows()
        return np.asarray((flow * weight if weighted else flow).sum(axis=0), dtype=np.int64)

    return total


_METRICS: dict[str, Callable[[Measures], IntArray]] = {
    "makespan": lambda m: np.where(m.present, m.end, 0).max(axis=0, initial=0),
    "total_flow": _flow(False),
    "weighted_flow": _flow(True),
    "total_completion": lambda m: _sum(m.end, m.present),
    "total_start": lambda m: _sum(m.start, m.present),
    "max_lateness": _max_lateness,
    "total_tardiness": _tardiness(1, False),
    "weighted_tardiness": _tardiness(1, True),
    "total_earliness": _tardiness(-1, False),
    "weighted_earliness": _tardiness(-1, True),
    "tardy_count": _tardy(False),
    "weighted_tardy_count": _tardy(True),
    "total_setup": lambda m: m._setups(),
    "total_cost": lambda m: _sum(m._mode_column(m.arrays.cost), m.present),
    "reward": lambda m: _sum(m.arrays.reward[m.task][:, None], m.present),
    "absent_count": lambda m: m._absent(),
}

assert set(_METRICS) == set(OBJECTIVE_METRICS) - {"period"}


def metric_names() -> Iterable[str]:
    """Metrics that a replay has."""
    return _METRICS.keys()
