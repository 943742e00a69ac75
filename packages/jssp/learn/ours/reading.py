"""A problem of the core as arrays of the policy: a shop, or else a project.

A shop has chains of operations on unary machines, each with one or more alternatives; a project has activities of one
mode with precedences of any shape and any number of unary or renewable resources.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jssp._arrays import IntArray
from jssp.learn.ours.project_shop import ProjectShop, build_project
from jssp.learn.ours.rollout import AnyShop
from jssp.learn.ours.shop import FloatArray, build_shop
from schedcore.errors import UnsupportedFeatureError
from schedcore.model import Problem, Schedule

FEATURES = frozenset({"unary", "renewable", "precedence", "release", "multi_mode", "objective:makespan"})
"""What the policy can read; the objective must be to minimise the makespan."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The arrays of the policy and the way back to the problem.

    Attributes
    ----------
    shop
        The arrays of the policy.
    tasks
        The task of each operation (or activity), shape [operations].
    mode
        The mode (position within its task) of each alternative, shape [alternatives].
    weight
        Factor of the makespan in the objective.
    """

    shop: AnyShop
    tasks: IntArray
    mode: IntArray
    weight: int

    @property
    def inputs(self) -> str:
        """``shop`` or ``project``."""
        return "project" if isinstance(self.shop, ProjectShop) else "shop"

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
    """The shop or project in ``problem``, for the method called ``name``.

    Raises
    ------
    UnsupportedFeatureError
        The problem has features that the policy cannot read, the makespan is not what is minimised, or alternatives
        come together with anything but chains of operations on single machines.
    """
    missing = problem.features() - FEATURES
    if missing:
        raise UnsupportedFeatureError.of(name, missing)
    arrays = problem.arrays
    weight = 1 if problem.objective is None else problem.objective.stages[0][0][1]
    if weight < 0:
        raise UnsupportedFeatureError.of(name, ["a makespan that is to be long"])
    if arrays.num_tasks == 0:
        raise UnsupportedFeatureError.of(name, ["a problem without tasks"])
    reason = _no_shop(problem)
    if not reason:
        return _read_shop(problem, name, weight)
    if (np.diff(arrays.mode_ptr) != 1).any():
        raise UnsupportedFeatureError.of(name, [f"several modes together with {reason}"])
    count = arrays.num_tasks
    demands = np.zeros((count, arrays.num_resources))
    owner = np.repeat(np.arange(count), np.diff(arrays.demand_ptr))
    np.add.at(demands, (owner, arrays.demand_resource), arrays.demand_amount)
    arcs = list(zip(arrays.lag_a.tolist(), arrays.lag_b.tolist()))
    shop = build_project(arrays.duration, arcs, demands, arrays.resource_capacity, arrays.release)
    return Reading(shop, np.arange(count), np.zeros(count, dtype=np.int64), weight)


def _no_shop(problem: Problem) -> str:
    """Why the problem is no shop, in words; empty if it is one."""
    arrays = problem.arrays
    if "renewable" in problem.features():
        return "renewable resources"
    if (np.diff(arrays.demand_ptr) != 1).any():
        return "modes that do not need exactly one resource"
    pairs = np.unique(np.stack((arrays.lag_a, arrays.lag_b), axis=1), axis=0)
    if len(np.unique(pairs[:, 0])) < len(pairs) or len(np.unique(pairs[:, 1])) < len(pairs):
        return "precedence that is no set of chains"
    if arrays.release[pairs[:, 1]].any():
        return "releases inside a chain"
    return ""


def _read_shop(problem: Problem, name: str, weight: int) -> Reading:
    arrays = problem.arrays
    order, job_ptr = chains(problem, name)
    modes = [np.arange(arrays.mode_ptr[task], arrays.mode_ptr[task + 1]) for task in order]
    alt_ptr = np.zeros(len(order) + 1, dtype=np.int64)
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
        There is a cycle.
    """
    arrays = problem.arrays
    count = arrays.num_tasks
    after, before = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    pairs = np.unique(np.stack((arrays.lag_a, arrays.lag_b), axis=1), axis=0)
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
