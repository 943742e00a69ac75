"""A project (activities, precedence of any shape, renewable resources) as the arrays that the compiled kernel reads.

Every activity is a job of one operation; job shops whose precedences are no chains are projects as well.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.learn.ours.shop import FloatArray
from jssp.project import ProjectInstance
from schedcore.errors import UnsupportedFeatureError


class ProjectShop(NamedTuple):
    """Static arrays of a project.  Times are ticks held as float64.

    Attributes
    ----------
    duration, release
        By activity.
    succ_ptr, succ, pred_count
        Direct successors in compressed rows, and number of direct predecessors.
    tail
        Longest path of durations behind each activity.
    below
        Share of all work (duration x share of capacity) in the activities that must follow, by activity.
    following
        Number of direct successors, and of all successors, shape [2, activities].
    demand, capacity
        Units, shapes [activities, resources] and [resources]; every demand fits its capacity.
    scale
        Mean duration (1 if all are 0), lower bound of the makespan (at least 1): shape [2].
    """

    duration: FloatArray
    release: FloatArray
    succ_ptr: IntArray
    succ: IntArray
    pred_count: IntArray
    tail: FloatArray
    below: FloatArray
    following: FloatArray
    demand: FloatArray
    capacity: FloatArray
    scale: FloatArray

    @property
    def num_operations(self) -> int:
        return len(self.duration)

    @property
    def alt_duration(self) -> FloatArray:
        """The one alternative of each activity is itself."""
        return self.duration

    @property
    def alt_op(self) -> IntArray:
        return np.arange(len(self.duration))


def project_of(instance: ProjectInstance) -> ProjectShop:
    """The arrays of an instance."""
    return build_project(
        instance.durations,
        [(int(a), int(b)) for a, b in instance.arcs],
        instance.demands,
        instance.capacities,
    )


def build_project(
    durations: npt.ArrayLike,
    arcs: list[tuple[int, int]],
    demands: npt.ArrayLike,
    capacities: npt.ArrayLike,
    release: npt.ArrayLike | None = None,
) -> ProjectShop:
    """The arrays from durations, precedences ``(before, after)``, demands and capacities; see :class:`ProjectShop`.

    Raises
    ------
    UnsupportedFeatureError
        The precedences have a cycle, or a demand exceeds its capacity, so that there is no schedule.
    """
    duration = np.asarray(durations, dtype=np.float64)
    demand = np.asarray(demands, dtype=np.float64).reshape(len(duration), -1)
    capacity = np.asarray(capacities, dtype=np.float64)
    start = np.zeros(len(duration)) if release is None else np.asarray(release, dtype=np.float64)
    if (demand > capacity).any():
        raise UnsupportedFeatureError.of("learned", ["a demand above its capacity"])
    count = len(duration)
    after: list[list[int]] = [[] for _ in range(count)]
    pred_count = np.zeros(count, dtype=np.int64)
    for a, b in sorted(set(arcs)):
        after[a].append(b)
        pred_count[b] += 1
    order, left = [int(i) for i in np.flatnonzero(pred_count == 0)], pred_count.copy()
    for i in order:
        for j in after[i]:
            left[j] -= 1
            if left[j] == 0:
                order.append(j)
    if len(order) < count:
        raise UnsupportedFeatureError.of("learned", ["a precedence cycle"])
    tail, head = np.zeros(count), start.copy()
    reach = np.zeros((count, count), dtype=bool)
    for i in reversed(order):
        for j in after[i]:
            tail[i] = max(tail[i], duration[j] + tail[j])
            reach[i] |= reach[j]
            reach[i, j] = True
    for i in order:
        for j in after[i]:
            head[j] = max(head[j], head[i] + duration[i])
    room = np.maximum(capacity, 1)
    work = (demand / room).mean(axis=1) * duration if len(capacity) else np.zeros(count)
    below = reach @ work / max(float(work.sum()), 1e-9)
    loads = (demand * duration[:, None]).sum(axis=0) / room
    bound = max(float((head + duration + tail).max(initial=0)), float(loads.max(initial=0)), 1.0)
    pointers = np.zeros(count + 1, dtype=np.int64)
    np.cumsum([len(row) for row in after], out=pointers[1:])
    mean = float(duration.mean()) if count else 0.0
    return ProjectShop(
        duration,
        start,
        pointers,
        np.array([j for row in after for j in row], dtype=np.int64),
        pred_count,
        tail,
        below,
        np.stack((np.diff(pointers), reach.sum(axis=1))).astype(np.float64),
        np.ascontiguousarray(demand),
        capacity,
        np.array([mean if mean > 0 else 1.0, bound]),
    )
