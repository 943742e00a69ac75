"""A schedule as the rules see it: one placement per known task, with its mode and its demands."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from schedcore.model import MAX_TICK, Problem, Renewable, Reservoir, Schedule, StepProfile
from schedcore.model.arrays import IntArray, ProblemArrays

LIMIT = 2 * MAX_TICK
"""Ticks are clipped to ``[-LIMIT, LIMIT]`` in all rules but HORIZON, so that no sum overflows."""


class Uses(NamedTuple):
    """Columns of what placements of positive length occupy; ``row`` indexes the view's placements."""

    row: IntArray
    resource: IntArray
    amount: IntArray


class Events(NamedTuple):
    """Columns of the changes of reservoirs; ``row`` indexes the view's placements."""

    row: IntArray
    reservoir: IntArray
    time: IntArray
    delta: IntArray


class View:
    """``schedule`` reduced to the placements that count for ``problem``.

    Placements of unknown tasks are set aside (``unknown``: rows of the schedule), and so are all
    placements of a task but its first by start (``duplicate``).  The others are the columns ``task``
    (increasing), ``mode``, ``start``, ``end``, ``length``; ``mode_index`` is the row of the mode in the
    problem's arrays, -1 if the task has no such mode; ``row_of[task]`` is the task's row here, -1 if it
    is absent.
    """

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.problem = problem
        self.schedule = schedule
        arrays = problem.arrays
        self.arrays: ProblemArrays = arrays
        task, mode = schedule.task, schedule.mode
        start, end = schedule.start, schedule.end
        if len(start) and (
            min(int(start.min()), int(end.min())) < -LIMIT or max(int(start.max()), int(end.max())) > LIMIT
        ):
            start, end = np.clip(start, -LIMIT, LIMIT), np.clip(end, -LIMIT, LIMIT)
        known = (task >= 0) & (task < arrays.num_tasks)
        first = np.ones(len(task), dtype=bool)
        first[1:] = task[1:] != task[:-1]
        self.unknown: IntArray = np.flatnonzero(~known)
        self.duplicate: IntArray = np.flatnonzero(known & ~first)
        self.rows: IntArray = np.flatnonzero(known & first)
        if len(self.rows) != len(task):
            task, mode, start, end = task[self.rows], mode[self.rows], start[self.rows], end[self.rows]
        self.task, self.mode, self.start, self.end = task, mode, start, end
        self.length: IntArray = end - start
        self.row_of: IntArray = np.full(arrays.num_tasks, -1, dtype=np.int64)
        self.row_of[task] = np.arange(len(task))
        first_mode = arrays.mode_ptr[task]
        valid = (mode >= 0) & (mode < arrays.mode_ptr[task + 1] - first_mode)
        self.mode_index: IntArray = np.where(valid, first_mode + mode, -1)

    @property
    def period(self) -> int | None:
        """The period by which resources fold; ``None`` if the problem is not cyclic or the period unusable."""
        cycle = self.schedule.cycle
        return cycle if self.problem.cycle is not None and cycle is not None and 1 <= cycle <= MAX_TICK else None

    @property
    def judges_resources(self) -> bool:
        """Whether resources can be judged: not in a cyclic problem without a usable period."""
        return self.problem.cycle is None or self.period is not None

    @cached_property
    def uses(self) -> Uses:
        """Every demand of every placement of positive length with a known mode."""
        rows = np.flatnonzero((self.mode_index >= 0) & (self.length > 0))
        owner, index = expand(self.arrays.demand_ptr, self.mode_index[rows])
        return Uses(rows[owner], self.arrays.demand_resource[index], self.arrays.demand_amount[index])

    @cached_property
    def events(self) -> Events:
        """Every effect of every placement with a known mode.

        ``delta`` has dtype ``object`` (exact Python integers) if int64 could overflow.
        """
        arrays = self.arrays
        rows = np.flatnonzero(self.mode_index >= 0)
        owner, index = expand(arrays.effect_ptr, self.mode_index[rows])
        rows = rows[owner]
        time = np.where(arrays.effect_edge[index] == 1, self.end[rows], self.start[rows])
        delta, length = arrays.effect_delta[index], self.length[rows]
        factor = np.where(arrays.effect_per_tick[index] == 1, length, 1)
        largest = float(np.abs(delta).max(initial=0)) * float(np.abs(factor).max(initial=0))
        if self.period is not None:
            largest *= 1 + float(np.abs(time).max(initial=0)) / self.period
        if largest * max(1, len(delta)) >= 2.0**61:
            delta = delta.astype(object)
        return Events(rows, arrays.effect_reservoir[index], time, delta * factor)

    @cached_property
    def unary_order(self) -> IntArray:
        """Positions in ``uses`` of the uses of unary resources, by resource, start and task."""
        uses = self.uses
        chosen = np.flatnonzero(self.arrays.resource_kind[uses.resource] == 0)
        starts = self.start[uses.row[chosen]]
        if self.period is not None:
            starts = starts % self.period
        return chosen[order_by(uses.resource[chosen], starts)]

    def calendar(self, resource: int) -> StepProfile | None:
        """Planned calendar of a resource."""
        target = self.problem.resources[resource]
        return None if isinstance(target, Reservoir) else target.calendar

    def running(self, resource: int, tick: int) -> list[int]:
        """Ids of the tasks that occupy ``resource`` at ``tick`` (a phase in a cyclic problem), each once."""
        uses = self.uses
        rows = uses.row[uses.resource == resource]
        start, length = self.start[rows], self.length[rows]
        if self.period is not None:
            inside = (tick - start) % self.period < length
        else:
            inside = (start <= tick) & (tick < start + length)
        return [int(t) for t in self.task[rows[inside]]]


def expand(pointers: IntArray, items: IntArray) -> tuple[IntArray, IntArray]:
    """Entries of the compressed rows ``items``: position of the owner in ``items``, and index of the entry."""
    begin = pointers[items]
    counts = pointers[items + 1] - begin
    total = int(counts.sum())
    if total == len(items) and (counts == 1).all():
        return np.arange(total), begin
    owner = np.repeat(np.arange(len(items)), counts)
    offset = begin - (np.cumsum(counts) - counts)
    return owner, np.arange(total) + offset[owner]


def order_by(group: IntArray, time: IntArray) -> IntArray:
    """Stable order by group, then time."""
    if not len(group):
        return np.zeros(0, dtype=np.int64)
    low, high = int(time.min()), int(time.max())
    span = high - low + 1
    if (int(group.max()) + 1) * span < 2**62:
        return np.argsort(group * span + (time - low), kind="stable")
    return np.lexsort((time, group))


def static_capacity(problem: Problem, resource: int) -> int:
    """Units of a unary or renewable resource without its calendar."""
    target = problem.resources[resource]
    return target.capacity if isinstance(target, Renewable) else 1
