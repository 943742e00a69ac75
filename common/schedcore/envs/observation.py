"""What an agent sees: padded float arrays with stated features.

Times are divided by the *scale* of the problem, the lower bound of its makespan at the start, so that
values are of order one for small and large instances alike; every value is clipped to [-10, 10].
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from schedcore.executor import Candidate, State
from schedcore.model import Problem
from schedcore.model.arrays import NO_DEADLINE, RESERVOIR, UNARY
from schedcore.policies import RuleFacts

CLIP = 10.0

CANDIDATE_FEATURES: tuple[str, ...] = (
    "is_candidate: 1 for a candidate, 0 for padding",
    "duration: shortest duration of the mode",
    "tail: longest path from its start to the end of its followers",
    "work: processing of the task and its followers",
    "operations: number of followers, over the number of tasks",
    "waited: time since it could have started by releases and lags",
    "due_slack: latest end for the due dates of its followers - now - duration (10 if none)",
    "deadline_slack: the same for deadlines (10 if none)",
    "weight: weight over the largest weight",
    "reward: reward over the largest absolute reward",
    "cost: cost of the mode over the largest absolute cost",
    "is_required: 1 if it must run",
    "demand: largest share of a resource's capacity that the mode needs",
    "drain: largest share of a reservoir's range that the mode takes",
)
"""Columns of ``candidates``, with their meaning."""

RESOURCE_FEATURES: tuple[str, ...] = (
    "is_resource: 1 for a resource, 0 for padding",
    "is_unary",
    "is_reservoir",
    "free: free units over capacity; of a reservoir the level within its range, 0 to 1",
)
"""Columns of ``resources``, with their meaning."""

GLOBAL_FEATURES: tuple[str, ...] = (
    "now",
    "finished: share of the tasks",
    "running: share of the tasks",
    "bound: lower bound of the makespan",
)
"""Entries of ``globals``, with their meaning."""


class Observer:
    """Writes observations of one problem into arrays of fixed shape."""

    def __init__(
        self, problem: Problem, facts: RuleFacts, scale: float, max_candidates: int, max_resources: int
    ) -> None:
        arrays = problem.arrays
        self.problem = problem
        self.facts = facts
        self.scale = scale
        self.max_candidates = max_candidates
        self.max_resources = max_resources
        self.first_mode = arrays.mode_ptr.tolist()
        modes = len(arrays.duration)
        table = np.zeros((modes, len(CANDIDATE_FEATURES)))
        task = arrays.mode_task
        table[:, 0] = 1
        table[:, 1] = arrays.duration / scale
        table[:, 2] = facts.tail[task] / scale
        table[:, 3] = facts.work[task] / scale
        table[:, 4] = facts.operations[task] / max(1, arrays.num_tasks)
        table[:, 8] = arrays.weight[task] / max(1, int(arrays.weight.max(initial=1)))
        table[:, 9] = arrays.reward[task] / max(1, int(np.abs(arrays.reward).max(initial=1)))
        table[:, 10] = arrays.cost / max(1, int(np.abs(arrays.cost).max(initial=1)))
        demand_mode = np.repeat(np.arange(modes), np.diff(arrays.demand_ptr))
        share = arrays.demand_amount / np.maximum(1, arrays.resource_capacity[arrays.demand_resource])
        np.maximum.at(table[:, 12], demand_mode, share)
        effect_mode = np.repeat(np.arange(modes), np.diff(arrays.effect_ptr))
        span = np.maximum(1, arrays.level_maximum - arrays.level_minimum)[arrays.effect_reservoir]
        length = np.where(arrays.effect_per_tick == 1, arrays.duration[effect_mode], 1)
        np.maximum.at(table[:, 13], effect_mode, np.maximum(0, -arrays.effect_delta * length) / span)
        self.table = table
        self.latest_due = facts.due
        self.latest_end = facts.deadline

    def write(
        self, state: State, candidates: Sequence[Candidate], may_wait: bool, bound: float
    ) -> dict[str, NDArray[np.float32] | NDArray[np.int8]]:
        """The observation of ``state``: ``candidates``, ``resources``, ``globals``, ``action_mask``."""
        rows = np.zeros((self.max_candidates, len(CANDIDATE_FEATURES)))
        for i, (task, mode) in enumerate(candidates):
            row = self.table[self.first_mode[task] + mode].copy()
            duration = row[1]
            row[5] = (state.now - state.available_since(task)) / self.scale
            row[6] = self._slack(int(self.latest_due[task]), state.now) - duration
            row[7] = self._slack(int(self.latest_end[task]), state.now) - duration
            row[11] = state.is_required(task)
            rows[i] = row
        mask = np.zeros(self.max_candidates + 1, dtype=np.int8)
        mask[: len(candidates)] = 1
        mask[-1] = may_wait
        tasks = max(1, len(self.problem.tasks))
        overall = np.array(
            [state.now / self.scale, len(state.finished) / tasks, len(state.running) / tasks, bound / self.scale]
        )
        return {
            "candidates": np.clip(rows, -CLIP, CLIP).astype(np.float32),
            "resources": np.clip(self._resources(state), -CLIP, CLIP).astype(np.float32),
            "globals": np.clip(overall, -CLIP, CLIP).astype(np.float32),
            "action_mask": mask,
        }

    def _slack(self, latest: int, now: int) -> float:
        return CLIP if latest >= NO_DEADLINE else (latest - now) / self.scale

    def _resources(self, state: State) -> NDArray[np.float64]:
        arrays = self.problem.arrays
        rows = np.zeros((self.max_resources, len(RESOURCE_FEATURES)))
        for r in range(arrays.num_resources):
            kind = int(arrays.resource_kind[r])
            rows[r, 0] = 1
            rows[r, 1] = kind == UNARY
            rows[r, 2] = kind == RESERVOIR
            if kind == RESERVOIR:
                low, high = int(arrays.level_minimum[r]), int(arrays.level_maximum[r])
                rows[r, 3] = (state.level(r) - low) / max(1, high - low)
            else:
                rows[r, 3] = state.free(r) / max(1, int(arrays.resource_capacity[r]))
        return rows
