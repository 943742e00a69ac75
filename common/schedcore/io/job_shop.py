"""Job shops between files and problems: neutral arrays, the problem they make, and the way back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Demand, Mode, Objective, Problem, Task, TimeLag, Unary

IntArray = NDArray[np.int64]

MAKESPAN = Objective.minimise(makespan=1)

_JOB_SHOP_FEATURES = frozenset({"unary", "precedence", "objective:makespan"})
_FLEXIBLE_FEATURES = _JOB_SHOP_FEATURES | {"multi_mode"}


@dataclass(frozen=True, eq=False)
class ParsedJobShop:
    """A job shop in which every job visits every machine once.

    Parameters
    ----------
    machines, durations
        Machine (from 0) and duration (ticks) of the ``k``-th operation of job ``j`` at ``[j, k]``; int64, shape
        ``[job, machine count]``.
    """

    machines: IntArray
    durations: IntArray

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ParsedJobShop):
            return NotImplemented
        return np.array_equal(self.machines, other.machines) and np.array_equal(self.durations, other.durations)

    __hash__ = None  # type: ignore[assignment]

    @property
    def num_jobs(self) -> int:
        """Number of jobs."""
        return len(self.machines)

    @property
    def num_machines(self) -> int:
        """Number of machines."""
        return self.machines.shape[1]


@dataclass(frozen=True)
class ParsedFlexibleShop:
    """A job shop whose operations may choose among machines.

    Parameters
    ----------
    num_machines
        Number of machines.
    jobs
        ``jobs[j][k]`` are the alternatives of operation ``k`` of job ``j``: pairs of machine (from 0) and duration
        (ticks).
    """

    num_machines: int
    jobs: tuple[tuple[tuple[tuple[int, int], ...], ...], ...]


def job_shop_problem(shop: ParsedJobShop, name: str) -> Problem:
    """The problem of ``shop``: tasks ``j0.o1``, machines ``m0``, jobs ``j0``; the makespan is minimised."""
    demands = [(Demand(m),) for m in range(shop.num_machines)]
    tasks: list[Task] = []
    lags: list[TimeLag] = []
    for j, (route, times) in enumerate(zip(shop.machines.tolist(), shop.durations.tolist(), strict=True)):
        first = len(tasks)
        tasks += [
            Task(f"j{j}.o{k}", (Mode(time, demands[machine]),), job=j)
            for k, (machine, time) in enumerate(zip(route, times, strict=True))
        ]
        lags += [TimeLag(k - 1, k) for k in range(first + 1, len(tasks))]
    return _problem(name, shop.num_machines, shop.num_jobs, tasks, lags)


def flexible_shop_problem(shop: ParsedFlexibleShop, name: str) -> Problem:
    """The problem of ``shop``, with the names of :func:`job_shop_problem`; modes are in the order of the file."""
    demands = [(Demand(m),) for m in range(shop.num_machines)]
    tasks: list[Task] = []
    lags: list[TimeLag] = []
    for j, operations in enumerate(shop.jobs):
        first = len(tasks)
        tasks += [
            Task(f"j{j}.o{k}", tuple([Mode(time, demands[machine]) for machine, time in alternatives]), job=j)
            for k, alternatives in enumerate(operations)
        ]
        lags += [TimeLag(k - 1, k) for k in range(first + 1, len(tasks))]
    return _problem(name, shop.num_machines, len(shop.jobs), tasks, lags)


def _problem(name: str, machines: int, jobs: int, tasks: list[Task], lags: list[TimeLag]) -> Problem:
    return Problem(
        name=name,
        resources=tuple([Unary(f"m{m}") for m in range(machines)]),
        tasks=tuple(tasks),
        jobs=tuple([f"j{j}" for j in range(jobs)]),
        lags=tuple(lags),
        objective=MAKESPAN,
    )


def job_shop_of(problem: Problem, format_name: str = "jsplib") -> ParsedJobShop:
    """The job shop that ``problem`` is, for a writer of ``format_name``.

    Raises
    ------
    UnsupportedFeatureError
        If the problem has features that job shops lack.
    InputError
        If it is no job shop in which every job visits every machine once.
    """
    _refuse_features(problem, _JOB_SHOP_FEATURES, format_name)
    flexible = flexible_shop_of(problem, format_name)
    routes = [[operation[0] for operation in job] for job in flexible.jobs]
    for j, route in enumerate(routes):
        if sorted(machine for machine, _ in route) != list(range(flexible.num_machines)):
            raise InputError(
                f"job {problem.jobs[j]!r} does not visit every machine exactly once",
                where=f"format {format_name}",
                remedy="write it as fjsplib or json",
            )
    table = np.array(routes, dtype=np.int64).reshape(len(routes), flexible.num_machines, 2)
    return ParsedJobShop(table[:, :, 0].copy(), table[:, :, 1].copy())


def flexible_shop_of(problem: Problem, format_name: str = "fjsplib") -> ParsedFlexibleShop:
    """The flexible job shop that ``problem`` is, for a writer of ``format_name``.

    Raises
    ------
    UnsupportedFeatureError
        If the problem has features that flexible job shops lack.
    InputError
        If its tasks do not form one chain per job, or a mode does not use exactly one machine.
    """
    _refuse_features(problem, _FLEXIBLE_FEATURES, format_name)
    check_makespan(problem, format_name)

    def refuse(what: str) -> InputError:
        return InputError(what, where=f"format {format_name}", remedy="write it as json")

    if not problem.tasks:
        raise refuse("the problem has no tasks")
    for task in problem.tasks:
        if task.job is None:
            raise refuse(f"task {task.name!r} belongs to no job")
        if any(len(mode.demands) != 1 for mode in task.modes):
            raise refuse(f"a mode of task {task.name!r} does not use exactly one machine")
        if len({mode.demands[0].resource for mode in task.modes}) < len(task.modes):
            raise refuse(f"two modes of task {task.name!r} use the same machine")
    successor: dict[int, int] = {}
    for lag in problem.lags:
        if problem.tasks[lag.a].job != problem.tasks[lag.b].job or successor.setdefault(lag.a, lag.b) != lag.b:
            raise refuse(
                f"the precedence of {problem.tasks[lag.a].name!r} and {problem.tasks[lag.b].name!r} is not part of the "
                "chain of a job"
            )
    heads = sorted(set(range(len(problem.tasks))) - set(successor.values()))
    chains: list[list[int]] = [[] for _ in problem.jobs]
    for head in heads:
        job = problem.tasks[head].job
        assert job is not None
        if chains[job]:
            raise refuse(f"the tasks of job {problem.jobs[job]!r} form no chain")
        chain = [head]
        while chain[-1] in successor:
            chain.append(successor[chain[-1]])
        chains[job] = chain
    for job, chain in enumerate(chains):
        members = [i for i, task in enumerate(problem.tasks) if task.job == job]
        if sorted(chain) != members or not members:
            raise refuse(f"the tasks of job {problem.jobs[job]!r} form no chain")
    return ParsedFlexibleShop(
        len(problem.resources),
        tuple(
            tuple(tuple((m.demands[0].resource, m.duration) for m in problem.tasks[i].modes) for i in chain)
            for chain in chains
        ),
    )


def check_makespan(problem: Problem, format_name: str) -> None:
    """Refuse every objective but the plain makespan, which is what these formats stand for."""
    if problem.objective != MAKESPAN:
        raise InputError(
            "the objective is not the makespan",
            where=f"format {format_name}",
            remedy="write it as json, or replace the objective by Objective.minimise(makespan=1)",
        )


def _refuse_features(problem: Problem, supported: frozenset[str], format_name: str) -> None:
    missing = problem.features() - supported
    if missing:
        raise UnsupportedFeatureError.of(f"format {format_name}", missing, remedy="write it as json")
