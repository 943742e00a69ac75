"""The job shop inside a problem: what the compiled search needs, or the reason why there is none."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np

from schedcore.errors import UnsupportedFeatureError
from schedcore.model import Problem, Schedule
from schedcore.model.arrays import IntArray

FEATURES = frozenset({"unary", "precedence", "release", "due", "mode_cost", "objective:makespan"})
"""Features of the problems that contain nothing but a job shop (due dates and costs do not touch the makespan)."""


@dataclass(frozen=True, slots=True)
class JobShopStructure:
    """Operations with one machine each, in chains.  All arrays are indexed by task unless said otherwise."""

    duration: IntArray
    release: IntArray
    job_pred: IntArray  # -1 if none
    job_succ: IntArray  # -1 if none
    machine: IntArray  # dense number of the unary resource
    machine_ptr: IntArray  # [machine + 1] into a concatenation of the machines' sequences
    rank: IntArray  # number of the task among those of its machine
    members: tuple[IntArray, ...]  # [machine] its tasks

    @property
    def num_operations(self) -> int:
        """Number of operations."""
        return len(self.duration)

    @classmethod
    def of(cls, problem: Problem, name: str) -> JobShopStructure:
        """Extract the structure for method ``name``.

        Raises
        ------
        UnsupportedFeatureError
            If the problem is more than a job shop with release dates and makespan: other features,
            tasks with several modes or resources, precedences that are no chains.
        """
        missing = problem.features() - FEATURES
        if missing:
            raise UnsupportedFeatureError.of(name, missing)
        if problem.objective is None or problem.objective.stages[0][0][1] < 0:
            raise UnsupportedFeatureError(f"{name} minimises the makespan, this problem does not", where="objective")
        arrays = problem.arrays
        n = arrays.num_tasks
        if (np.diff(arrays.mode_ptr) != 1).any() or (np.diff(arrays.demand_ptr) != 1).any():
            raise UnsupportedFeatureError(f"{name} needs tasks of one mode on one unary resource", where="tasks")
        pred = np.full(n, -1, np.int64)
        succ = np.full(n, -1, np.int64)
        pairs = np.unique(np.stack([arrays.lag_a, arrays.lag_b], axis=1), axis=0) if len(arrays.lag_a) else ()
        for a, b in pairs:
            if succ[a] >= 0 or pred[b] >= 0:
                raise UnsupportedFeatureError(
                    f"{name} needs chains; a task has two predecessors or successors", where="lags"
                )
            succ[a], pred[b] = b, a
        _, machine = np.unique(arrays.demand_resource, return_inverse=True)
        machine = machine.astype(np.int64)
        members = tuple(np.flatnonzero(machine == k) for k in range(int(machine.max(initial=-1)) + 1))
        rank = np.zeros(n, np.int64)
        for tasks in members:
            rank[tasks] = np.arange(len(tasks))
        pointers = np.zeros(len(members) + 1, np.int64)
        np.cumsum([len(tasks) for tasks in members], out=pointers[1:])
        return cls(arrays.duration.copy(), arrays.release.copy(), pred, succ, machine, pointers, rank, members)

    def sequence_by(self, key: np.ndarray) -> IntArray:
        """Machine sequences (concatenated) in the order of ``key`` per task; ties by task id.

        If ``key`` grows along every chain, as any blend of topological orders does, the sequences
        are free of cycles.
        """
        return np.concatenate([tasks[np.argsort(key[tasks], kind="stable")] for tasks in self.members])

    def sequence_of(self, start: IntArray) -> IntArray:
        """Machine sequences of a feasible schedule with these starts, free of cycles.

        Tasks of no length may stand inside others in a schedule; in a sequence they stand before or behind.
        """
        # Start, end and place in the chain together grow along every chain, whatever the durations.
        place = np.zeros(self.num_operations, np.int64)
        for first in np.flatnonzero(self.job_pred < 0):
            v, i = int(first), 0
            while v >= 0:
                place[v] = i
                v, i = int(self.job_succ[v]), i + 1
        position = np.empty(self.num_operations, np.int64)
        position[np.lexsort((place, start + self.duration, start))] = np.arange(self.num_operations)
        return self.sequence_by(position)

    def schedule(self, start: IntArray) -> Schedule:
        """The schedule with these starts."""
        n = self.num_operations
        return Schedule.from_arrays(np.arange(n), np.zeros(n, np.int64), start, start + self.duration)

    def lower_bound(self) -> int:
        """Largest bound of the jobs and of the machines alone (Jackson's preemptive schedule, Carlier 1982)."""
        head = self.release.copy()
        tail = np.zeros_like(head)
        firsts = np.flatnonzero(self.job_pred < 0)
        bound = 0
        for first in firsts:
            v, chain = int(first), []
            while v >= 0:
                chain.append(v)
                w = int(self.job_succ[v])
                if w >= 0:
                    head[w] = max(head[w], head[v] + self.duration[v])
                v = w
            bound = max(bound, int(head[chain[-1]] + self.duration[chain[-1]]))
            for v, w in zip(chain[-2::-1], chain[:0:-1], strict=True):
                tail[v] = tail[w] + self.duration[w]
        return max([bound, *(self._one_machine(tasks, head, tail) for tasks in self.members)])

    def _one_machine(self, tasks: IntArray, head: IntArray, tail: IntArray) -> int:
        pending = sorted((int(head[v]), int(tail[v]), int(self.duration[v])) for v in tasks)
        ready: list[tuple[int, int]] = []  # (-tail, remaining)
        now = bound = i = 0
        while i < len(pending) or ready:
            if not ready:
                now = max(now, pending[i][0])
            while i < len(pending) and pending[i][0] <= now:
                heapq.heappush(ready, (-pending[i][1], pending[i][2]))
                i += 1
            negative_tail, remaining = heapq.heappop(ready)
            run = remaining if i == len(pending) else min(remaining, pending[i][0] - now)
            now += run
            if run < remaining:
                heapq.heappush(ready, (negative_tail, remaining - run))
            else:
                bound = max(bound, now - negative_tail)
        return bound


def job_shop_of(problem: Problem) -> JobShopStructure | None:
    """The job shop that ``problem`` is, or ``None`` if it is more or less than one."""
    try:
        structure = JobShopStructure.of(problem, "job_shop_of")
    except UnsupportedFeatureError:
        return None
    return structure if structure.num_operations else None
