"""Neighbourhoods: which tasks a step of the search sets free.

Every function takes a :class:`View` of the incumbent, a number of tasks and a random generator, and
returns the ids of about that many tasks.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TypeAlias

import numpy as np

from schedcore.model import Problem, Schedule
from schedcore.model.arrays import NO_DEADLINE, NONE_ID, IntArray

Pick: TypeAlias = Callable[["View", int, np.random.Generator], IntArray]


class View:
    """The incumbent as columns by task; absent tasks stand at their release with length 0."""

    def __init__(self, problem: Problem, schedule: Schedule) -> None:
        self.problem, self.schedule = problem, schedule
        arrays = problem.arrays
        self.count = arrays.num_tasks
        self.start = arrays.release.copy()
        self.end = arrays.release.copy()
        self.mode = np.full(self.count, -1, dtype=np.int64)
        self.start[schedule.task] = schedule.start
        self.end[schedule.task] = schedule.end
        self.mode[schedule.task] = schedule.mode
        self.present = self.mode >= 0

    @cached_property
    def uses(self) -> list[IntArray]:
        """Tasks by resource, in their modes of the incumbent; tasks of no length are left out."""
        arrays = self.problem.arrays
        rows = np.flatnonzero(self.present & (self.end > self.start))
        modes = arrays.mode_ptr[rows] + self.mode[rows]
        counts = arrays.demand_ptr[modes + 1] - arrays.demand_ptr[modes]
        owner = np.repeat(rows, counts)
        demand = np.concatenate(
            [np.arange(arrays.demand_ptr[m], arrays.demand_ptr[m + 1]) for m in modes] or [np.zeros(0, dtype=np.int64)]
        ).astype(np.int64)
        resource = arrays.demand_resource[demand]
        return [owner[resource == r] for r in range(arrays.num_resources)]

    @cached_property
    def neighbours(self) -> list[list[int]]:
        """Tasks joined by a lag, by task."""
        joined: list[list[int]] = [[] for _ in range(self.count)]
        arrays = self.problem.arrays
        for a, b in zip(arrays.lag_a.tolist(), arrays.lag_b.tolist(), strict=True):
            joined[a].append(b)
            joined[b].append(a)
        return joined

    @cached_property
    def jobs(self) -> list[IntArray]:
        """Tasks by job, for the jobs with several tasks; else by components that lags join."""
        job = self.problem.arrays.job
        groups = [np.flatnonzero(job == j) for j in np.unique(job[job != NONE_ID])]
        groups = [g for g in groups if len(g) > 1]
        if groups:
            return groups
        seen = np.zeros(self.count, dtype=bool)
        for first in range(self.count):
            if seen[first] or not self.neighbours[first]:
                continue
            stack, group = [first], []
            seen[first] = True
            while stack:
                v = stack.pop()
                group.append(v)
                for w in self.neighbours[v]:
                    if not seen[w]:
                        seen[w] = True
                        stack.append(w)
            groups.append(np.array(sorted(group), dtype=np.int64))
        return groups

    @cached_property
    def critical(self) -> IntArray:
        """Tasks that what costs leans on: tight predecessors, over lags and resources, of costly tasks.

        Costly are the last tasks and the tardy ones.
        """
        arrays = self.problem.arrays
        costly = self.present & (self.end == (self.end[self.present].max() if self.present.any() else 0))
        costly |= self.present & (arrays.due != NO_DEADLINE) & (self.end > arrays.due)
        by_end: dict[tuple[int, int], list[int]] = {}
        resources_of: list[list[int]] = [[] for _ in range(self.count)]
        for r, tasks in enumerate(self.uses):
            for i in tasks.tolist():
                by_end.setdefault((r, int(self.end[i])), []).append(i)
                resources_of[i].append(r)
        found = set(np.flatnonzero(costly).tolist())
        stack = sorted(found)
        while stack:
            v = stack.pop()
            start = int(self.start[v])
            before = [w for r in resources_of[v] for w in by_end.get((r, start), ())]
            before += [w for w in self.neighbours[v] if self.present[w] and self.end[w] <= start <= self.end[w]]
            for w in before:
                if w not in found:
                    found.add(w)
                    stack.append(w)
        return np.array(sorted(found), dtype=np.int64)


def _nearest(view: View, centre: float, among: IntArray, size: int) -> IntArray:
    distance = np.abs((view.start[among] + view.end[among]) / 2 - centre)
    return among[np.argsort(distance, kind="stable")[:size]]


def time_window(view: View, size: int, rng: np.random.Generator) -> IntArray:
    """The tasks nearest in time to a random task."""
    seed = int(rng.integers(view.count))
    return _nearest(view, (view.start[seed] + view.end[seed]) / 2, np.arange(view.count), size)


def some_resources(view: View, size: int, rng: np.random.Generator) -> IntArray:
    """The tasks of a few random resources; of the last of them those nearest to a random time."""
    chosen: IntArray = np.zeros(0, dtype=np.int64)
    used = [r for r, tasks in enumerate(view.uses) if len(tasks) > 1]
    for r in rng.permutation(used).tolist() if used else ():
        more = np.setdiff1d(view.uses[r], chosen)
        room = size - len(chosen)
        if room <= 0:
            break
        if len(more) > room:
            pivot = int(rng.choice(more))
            more = _nearest(view, (view.start[pivot] + view.end[pivot]) / 2, more, room)
        chosen = np.concatenate([chosen, more])
    return chosen if len(chosen) else time_window(view, size, rng)


def some_jobs(view: View, size: int, rng: np.random.Generator) -> IntArray:
    """The tasks of a few random jobs."""
    if len(view.jobs) < 2:
        return time_window(view, size, rng)
    chosen: list[IntArray] = []
    total = 0
    for g in rng.permutation(len(view.jobs)).tolist():
        if total >= size:
            break
        chosen.append(view.jobs[g])
        total += len(view.jobs[g])
    return np.unique(np.concatenate(chosen))[: max(size, len(chosen[0]))]


def critical_window(view: View, size: int, rng: np.random.Generator) -> IntArray:
    """Critical tasks within a window of time, and the other tasks near to them."""
    critical = view.critical
    if not len(critical):
        return time_window(view, size, rng)
    pivot = int(rng.choice(critical))
    centre = (view.start[pivot] + view.end[pivot]) / 2
    core = _nearest(view, centre, critical, max(1, size // 4))
    others = np.setdiff1d(np.arange(view.count), core)
    return np.concatenate([core, _nearest(view, centre, others, size - len(core))])


def critical_resources(view: View, size: int, rng: np.random.Generator) -> IntArray:
    """All tasks on the resources of one critical task, then of others, until there are enough."""
    critical = set(view.critical.tolist())
    weights = np.array([len(critical.intersection(tasks.tolist())) for tasks in view.uses], dtype=float)
    if weights.sum() == 0:
        return some_resources(view, size, rng)
    order = rng.choice(len(weights), size=int((weights > 0).sum()), replace=False, p=weights / weights.sum())
    chosen: IntArray = np.zeros(0, dtype=np.int64)
    for r in order.tolist():
        if len(chosen) >= size:
            break
        more = np.setdiff1d(view.uses[r], chosen)
        if len(more) > size - len(chosen):
            pivot = int(rng.choice(more))
            more = _nearest(view, (view.start[pivot] + view.end[pivot]) / 2, more, size - len(chosen))
        chosen = np.concatenate([chosen, more])
    return chosen


def at_random(view: View, size: int, rng: np.random.Generator) -> IntArray:
    """Any tasks, and those joined to them by lags."""
    chosen: dict[int, None] = {}
    for v in rng.permutation(view.count).tolist():
        if len(chosen) >= size:
            break
        chosen[v] = None
        for w in view.neighbours[v][:2]:
            chosen[w] = None
    return np.array(sorted(chosen), dtype=np.int64)


NEIGHBOURHOODS: dict[str, Pick] = {
    "time_window": time_window,
    "resources": some_resources,
    "jobs": some_jobs,
    "critical_window": critical_window,
    "critical_resources": critical_resources,
    "random": at_random,
}
"""All neighbourhoods by name."""
