"""What an agent sees: padded arrays of fixed size, all within [-10, 10]."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from schedcore.envs.source import Sizes
from schedcore.executor import Executor
from schedcore.executor.progress import CANCELLED, FINISHED, RUNNING
from schedcore.model.arrays import NO_DEADLINE, RENEWABLE, RESERVOIR, UNARY
from schedcore.policies.facts import RuleFacts

Observation: TypeAlias = dict[str, NDArray[np.float32] | NDArray[np.int8]]

TASK_FEATURES: tuple[str, ...] = (
    "exists",
    "waiting",
    "running",
    "finished",
    "out",
    "optional",
    "processing",
    "tail",
    "work",
    "available in",
    "ends in",
    "due in",
    "deadline in",
    "weight",
    "reward",
)
"""Columns of ``tasks``.  Times are relative to now and divided by the scale; ``out``: absent for good or a hold."""

MODE_FEATURES: tuple[str, ...] = ("exists", "legal", "duration", "largest demand", "cost")
"""Last axis of ``modes``; the largest demand is a share of the resource's capacity."""

RESOURCE_FEATURES: tuple[str, ...] = ("unary", "renewable", "reservoir", "free", "level")
"""Columns of ``resources``: free units as a share of the capacity, level as a share of its range."""

GLOBAL_FEATURES: tuple[str, ...] = ("now", "finished", "running", "next event in")
"""``globals``: time in units of the scale, shares of the tasks."""

LIMIT = 10.0


class Observer:
    """Fills observations for one problem.

    Parameters
    ----------
    run
        The executor that is watched.
    facts
        Of its problem.
    sizes
        To which arrays are padded.
    scale
        Ticks that count as 1.
    """

    def __init__(self, run: Executor, facts: RuleFacts, sizes: Sizes, scale: float) -> None:
        self._run, self._facts, self._sizes, self._scale = run, facts, sizes, scale
        problem, arrays = run.problem, run.problem.arrays
        n = len(problem.tasks)
        self._tasks = np.zeros((sizes.tasks, len(TASK_FEATURES)), dtype=np.float32)
        self._tasks[:n, 0] = 1.0
        self._tasks[:n, 5] = arrays.optional
        self._tasks[:n, 6] = facts.processing / scale
        self._tasks[:n, 7] = facts.tail / scale
        self._tasks[:n, 8] = facts.work / scale
        self._tasks[:n, 13] = arrays.weight / max(1, int(arrays.weight.max())) if n else 0.0
        rewards = np.abs(arrays.reward).max() if n else 0
        self._tasks[:n, 14] = arrays.reward / max(1, int(rewards))
        self._modes = np.zeros((sizes.tasks, sizes.modes, len(MODE_FEATURES)), dtype=np.float32)
        costs = max(1, int(np.abs(arrays.cost).max())) if len(arrays.cost) else 1
        for t, task in enumerate(problem.tasks):
            for m, mode in enumerate(task.modes):
                shares = [d.amount / max(1, run.layout.capacity[d.resource]) for d in mode.demands]
                self._modes[t, m] = (1.0, 0.0, mode.duration / scale, max(shares, default=0.0), mode.cost / costs)
        self._resources = np.zeros((sizes.resources, len(RESOURCE_FEATURES)), dtype=np.float32)
        for r in range(len(problem.resources)):
            self._resources[r, {UNARY: 0, RENEWABLE: 1, RESERVOIR: 2}[run.layout.kind[r]]] = 1.0

    def observe(self, mask: NDArray[np.int8]) -> Observation:
        """The observation of the present stage of the run."""
        run, scale = self._run, self._scale
        now, arrays = run.now, run.problem.arrays
        tasks, n = self._tasks.copy(), arrays.num_tasks
        status = np.array(run.status, dtype=np.int64)
        out = (
            (status == CANCELLED) | np.isin(np.arange(n), list(run.excluded)) | np.array(run.layout.is_hold, dtype=bool)
        )
        waiting = (status == 0) & ~out
        tasks[:n, 1], tasks[:n, 2], tasks[:n, 3], tasks[:n, 4] = waiting, status == RUNNING, status == FINISHED, out
        available = np.maximum(np.array(run.start_low, dtype=np.int64) - now, 0) / scale
        tasks[:n, 9] = np.where(waiting, available, 0.0)
        left = np.array([run.expected_end(t) - now if run.status[t] == RUNNING else 0 for t in range(n)])
        tasks[:n, 10] = np.where(out, 0, left) / scale
        for column, limit in ((11, self._facts.due), (12, self._facts.deadline)):
            tasks[:n, column] = np.where(waiting & (limit < NO_DEADLINE), (limit - now) / scale, LIMIT)
        modes = self._modes.copy()
        modes[:, :, 1] = mask[:-1].reshape(self._sizes.tasks, self._sizes.modes)
        resources = self._resources.copy()
        for r in range(arrays.num_resources):
            if run.layout.kind[r] == RESERVOIR:
                low, high = run.layout.level_minimum[r], run.layout.level_maximum[r]
                resources[r, 4] = (run.level[r] - low) / max(1, high - low)
            else:
                resources[r, 3] = run.free_of(r) / max(1, run.layout.capacity[r])
        event = run.next_expected_event()
        count = max(1, n)
        overall = np.array(
            [
                now / scale,
                float((status == FINISHED).sum()) / count,
                float((status == RUNNING).sum()) / count,
                LIMIT if event is None else (event - now) / scale,
            ],
            dtype=np.float32,
        )
        clipped = [np.clip(a, -LIMIT, LIMIT).astype(np.float32) for a in (tasks, modes, resources, overall)]
        return {
            "tasks": clipped[0],
            "modes": clipped[1],
            "resources": clipped[2],
            "globals": clipped[3],
            "action_mask": mask.copy(),
        }
