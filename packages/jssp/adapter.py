"""From our instances to the core's problems, and from schedules back.

Tasks are numbered like operations (job by job), jobs are called ``j0``, ``j1``, …, their operations ``j3.o2``, machines
``m0``, …; the activities of a project are ``a0``, …, its resources ``r0``, ….  The objective is the makespan.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from jssp._arrays import IntArray
from jssp.instance import FlexibleJobShopInstance, JobShopInstance
from jssp.project import ProjectInstance
from schedcore.errors import ModelError, UnsupportedFeatureError
from schedcore.model import Demand, Mode, Objective, Problem, Renewable, Schedule, Task, TimeLag, Unary

AnyInstance = JobShopInstance | FlexibleJobShopInstance | ProjectInstance


def to_problem(instance: AnyInstance) -> Problem:
    """The instance as a problem of the core."""
    if isinstance(instance, ProjectInstance):
        return _project(instance)
    demands = [(Demand(k),) for k in range(instance.num_machines)]
    modes: list[tuple[Mode, ...]]
    if isinstance(instance, JobShopInstance):
        modes = [(Mode(d, demands[k]),) for k, d in zip(instance.op_machines.tolist(), instance.op_durations.tolist())]
    else:
        every = [Mode(d, demands[k]) for k, d in zip(instance.alt_machines.tolist(), instance.alt_durations.tolist())]
        offsets = instance.alt_offsets.tolist()
        modes = [tuple(every[a:b]) for a, b in pairwise(offsets)]
    tasks, lags = [], []
    bounds = instance.job_offsets.tolist()
    for job, (first, last) in enumerate(pairwise(bounds)):
        tasks += [Task(f"j{job}.o{i - first}", modes[i], job=job) for i in range(first, last)]
        lags += [TimeLag(i, i + 1) for i in range(first, last - 1)]
    return Problem(
        name=instance.name,
        resources=tuple(Unary(f"m{k}") for k in range(instance.num_machines)),
        tasks=tuple(tasks),
        jobs=tuple(f"j{job}" for job in range(instance.num_jobs)),
        lags=tuple(lags),
        objective=Objective.minimise(makespan=1),
    )


def _project(instance: ProjectInstance) -> Problem:
    tasks = []
    for activity, (duration, row) in enumerate(zip(instance.durations.tolist(), instance.demands.tolist())):
        demands = tuple(Demand(k, amount) for k, amount in enumerate(row) if amount > 0)
        tasks.append(Task(f"a{activity}", (Mode(duration, demands),)))
    return Problem(
        name=instance.name,
        resources=tuple(Renewable(f"r{k}", c) for k, c in enumerate(instance.capacities.tolist())),
        tasks=tuple(tasks),
        lags=tuple(TimeLag(a, b) for a, b in instance.arcs),
        objective=Objective.minimise(makespan=1),
    )


def to_schedule(instance: AnyInstance, starts: npt.ArrayLike, modes: npt.ArrayLike | None = None) -> Schedule:
    """The schedule with these start times; feasibility is for the checker to judge.

    Parameters
    ----------
    instance
        The instance of the operations (or activities).
    starts
        Ticks, shape [operations].
    modes
        Position of the chosen alternative of each operation; 0 by default.

    Raises
    ------
    ModelError
        A wrong number of values, or an alternative that does not exist.
    """
    durations = instance.op_durations if isinstance(instance, JobShopInstance) else None
    if isinstance(instance, ProjectInstance):
        durations = instance.durations
    count = len(durations) if durations is not None else len(_alternative_counts(instance))
    begin = _column(starts, count, f"starts of {instance.name!r}")
    chosen = np.zeros(count, dtype=np.int64) if modes is None else _column(modes, count, f"modes of {instance.name!r}")
    counts = _alternative_counts(instance)
    wrong = (chosen < 0) | (chosen >= counts)
    if wrong.any():
        operation = int(np.argmax(wrong))
        raise ModelError(
            f"operation {operation} has no alternative {int(chosen[operation])}",
            where=f"modes of {instance.name!r}",
            remedy=f"use 0 ... {int(counts[operation]) - 1}",
        )
    if durations is None:
        assert isinstance(instance, FlexibleJobShopInstance)
        durations = instance.alt_durations[instance.alt_offsets[:-1] + chosen]
    return Schedule.from_arrays(np.arange(count), chosen, begin, begin + durations)


def start_times(instance: AnyInstance, schedule: Schedule) -> IntArray:
    """Start of each operation (or activity) in ticks; the inverse of :func:`to_schedule`.

    Raises
    ------
    ModelError
        The schedule does not place every operation exactly once.
    """
    count = len(_alternative_counts(instance))
    if not np.array_equal(schedule.task, np.arange(count)):
        raise ModelError(
            f"the schedule has {len(schedule)} placements of {len(np.unique(schedule.task))} tasks, "
            f"{instance.name!r} has {count} operations",
            where="schedule",
            remedy="place every operation exactly once",
        )
    return schedule.start.copy()


def start_matrix(instance: JobShopInstance, schedule: Schedule) -> IntArray:
    """Start times as one row per job, shape [jobs, longest job], -1 behind the end of a job."""
    return instance.to_matrix(start_times(instance, schedule))


def to_job_shop(problem: Problem) -> tuple[JobShopInstance, IntArray]:
    """A problem that is a plain job shop as an instance, and the task of each operation (shape [operations]).

    Plain means: every task has one mode and needs exactly one unary resource; precedences form chains; nothing else but
    the makespan as objective (or none).  Chains become jobs in the order of their first tasks.

    Raises
    ------
    UnsupportedFeatureError
        The problem has other features; they are named.
    """
    allowed = frozenset({"unary", "precedence", "objective:makespan"})
    if problem.features() - allowed:
        raise UnsupportedFeatureError.of("a job shop", problem.features() - allowed)
    arrays = problem.arrays
    count = arrays.num_tasks
    follows, precedes = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    pairs = np.unique(np.stack((arrays.lag_a, arrays.lag_b), axis=1), axis=0)
    if len(np.unique(pairs[:, 0])) < len(pairs) or len(np.unique(pairs[:, 1])) < len(pairs):
        raise UnsupportedFeatureError.of("a job shop", ["precedence that is no set of chains"])
    if not (np.diff(arrays.demand_ptr) == 1).all():
        raise UnsupportedFeatureError.of("a job shop", ["tasks that do not need exactly one resource"])
    follows[pairs[:, 0]], precedes[pairs[:, 1]] = pairs[:, 1], pairs[:, 0]
    chains: list[list[int]] = []
    for first in np.flatnonzero(precedes < 0).tolist():
        chain, task = [], first
        while task >= 0:
            chain.append(task)
            task = int(follows[task])
        chains.append(chain)
    order = np.array([task for chain in chains for task in chain], dtype=np.int64)
    if len(order) < count:
        raise UnsupportedFeatureError.of("a job shop", ["a precedence cycle"])
    # One resource per task in task order, since every mode has exactly one demand and every task one mode.
    machines, durations = arrays.demand_resource, arrays.duration
    instance = JobShopInstance(
        problem.name,
        [machines[chain].tolist() for chain in chains],
        [durations[chain].tolist() for chain in chains],
        num_machines=arrays.num_resources,
    )
    return instance, order


def _alternative_counts(instance: AnyInstance) -> IntArray:
    if isinstance(instance, FlexibleJobShopInstance):
        return np.diff(instance.alt_offsets)
    count = instance.num_operations if isinstance(instance, JobShopInstance) else instance.num_activities
    return np.ones(count, dtype=np.int64)


def _column(values: npt.ArrayLike, count: int, where: str) -> IntArray:
    array = np.asarray(values)
    if array.shape != (count,) or not np.issubdtype(array.dtype, np.integer):
        raise ModelError(
            f"shape {array.shape} and type {array.dtype}", where=where, remedy=f"give integers of shape ({count},)"
        )
    return array.astype(np.int64)
