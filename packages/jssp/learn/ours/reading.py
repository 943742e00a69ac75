"""A problem of the core as a shop: chains of operations on unary machines, each with one or more alternatives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jssp._arrays import IntArray
from jssp.learn.ours.shop import FloatArray, Shop, build_shop
from schedcore.errors import UnsupportedFeatureError
from schedcore.model import Problem, Schedule

FEATURES = frozenset({"unary", "precedence", "release", "multi_mode", "objective:makespan"})
"""What the policy can read; the objective must be to minimise the makespan."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A shop and the way back to the problem.

    Attributes
    ----------
    shop
        The arrays of the policy.
    tasks
        The task of each operation, shape [operations].
    mode
        The mode (position within its task) of each alternative, shape [alternatives].
    weight
        Factor of the makespan in the objective.
    """

    shop: Shop
    tasks: IntArray
    mode: IntArray
    weight: int

    def schedule(self, starts: FloatArray, choices: IntArray) -> Schedule:
        """The schedule with these starts (by operation) and alternatives (in any order)."""
        count = len(self.tasks)
        alternative = np.empty(count, dtype=np.int64)
        alternative[self.shop.alt_op[choices]] = choices
        start, mode, end = (np.empty(count, dtype=np.int64) for _ in range(3))
        begin = starts.astype(np.int64)
        start[self.tasks] = begin
        mode[self.tasks] = self.mode[alternative]
        end[self.tasks] = begin + self.shop.alt_duration[alternative].astype(np.int64)
        return Schedule.from_arrays(np.arange(count), mode, start, end)


def read(problem: Problem, name: str = "learned") -> Reading:
    """The shop in ``problem``, for the method called ``name``.

    Raises
    ------
    UnsupportedFeatureError
        The problem has features that the policy cannot read, its precedences are no chains, a mode does not need
        exactly one machine, a task inside a chain has a release, or the makespan is not what is minimised.
    """
    missing = problem.features() - FEATURES
    if missing:
        raise UnsupportedFeatureError.of(name, missing)
    arrays = problem.arrays
    weight = 1 if problem.objective is None else problem.objective.stages[0][0][1]
    if weight < 0:
        raise UnsupportedFeatureError.of(name, ["a makespan that is to be long"])
    if (np.diff(arrays.demand_ptr) != 1).any():
        raise UnsupportedFeatureError.of(name, ["modes that do not need exactly one resource"])
    count = arrays.num_tasks
    if count == 0:
        raise UnsupportedFeatureError.of(name, ["a problem without tasks"])
    order, job_ptr = chains(problem, name)
    inner = np.ones(count, dtype=bool)
    inner[job_ptr[:-1]] = False
    if arrays.release[order][inner].any():
        raise UnsupportedFeatureError.of(name, ["releases inside a chain"])
    modes = [np.arange(arrays.mode_ptr[task], arrays.mode_ptr[task + 1]) for task in order]
    alt_ptr = np.zeros(count + 1, dtype=np.int64)
    np.cumsum([len(rows) for rows in modes], out=alt_ptr[1:])
    rows = np.concatenate(modes)
    shop = build_shop(
        job_ptr,
        alt_ptr,
        arrays.demand_resource[arrays.demand_ptr[rows]],
        arrays.duration[rows],
        arrays.num_resources,
        arrays.release[order[job_ptr[:-1]]],
    )
    return Reading(shop, order, rows - arrays.mode_ptr[arrays.mode_task[rows]], weight)


def chains(problem: Problem, name: str) -> tuple[IntArray, IntArray]:
    """The tasks chain by chain (in the order of their first tasks) and the first position of each chain.

    Raises
    ------
    UnsupportedFeatureError
        A task has several successors or predecessors, or there is a cycle.
    """
    arrays = problem.arrays
    count = arrays.num_tasks
    after, before = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    pairs = np.unique(np.stack((arrays.lag_a, arrays.lag_b), axis=1), axis=0)
    if len(np.unique(pairs[:, 0])) < len(pairs) or len(np.unique(pairs[:, 1])) < len(pairs):
        raise UnsupportedFeatureError.of(name, ["precedence that is no set of chains"])
    after[pairs[:, 0]], before[pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    order: list[int] = []
    pointers = [0]
    for first in np.flatnonzero(before < 0).tolist():
        task = first
        while task >= 0:
            order.append(task)
            task = int(after[task])
        pointers.append(len(order))
    if len(order) < count:
        raise UnsupportedFeatureError.of(name, ["a precedence cycle"])
    return np.array(order, dtype=np.int64), np.array(pointers, dtype=np.int64)
