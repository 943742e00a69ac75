"""The exact periodic scheduler: CP-SAT on the windows of one hyperperiod, to measure what EDF loses.

Two problems: *free* (each window anywhere within its period, as for the list schedulers) and *strict* (all windows of a
demand at one phase: starts modulo the period are the variables, by lags of exactly one period between them).  Both are
problems of the core, so its checker and its other solvers apply as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qnet.scheduling.cyclic import CyclicSchedule, broken_bound
from qnet.scheduling.task import PeriodicTask
from schedcore.errors import InputError


@dataclass(frozen=True)
class ExactOutcome:
    """``schedule`` if one was found; ``proven`` if the answer is certain (found, or proven that there is none)."""

    schedule: CyclicSchedule | None
    proven: bool
    wall_s: float


def schedule_exactly(
    tasks: Sequence[PeriodicTask],
    slot_s: float,
    *,
    strict: bool = False,
    segmented: bool = False,
    time_limit_s: float = 10.0,
    workers: int = 1,
    seed: int = 0,
) -> ExactOutcome:
    """Whether a cyclic schedule of ``tasks`` exists, and one if so.

    ``strict`` asks for no jitter at all; ``segmented`` allows interruptions at segment ends within the budgets.

    Raises
    ------
    InputError
        No tasks, or the hyperperiod is too large.
    """
    from qnet.convert import cyclic_schedule, periodic_problem
    from schedcore.solvers import Status, solve

    if not tasks:
        raise InputError("no tasks", where="exact scheduler", remedy="give at least one")
    problem = periodic_problem(tasks, slot_s, segmented=segmented, jitter_max=0 if strict else None)
    result = solve(problem, "cpsat", time_limit_s=time_limit_s, workers=workers, seed=seed)
    if result.schedule is None:
        return ExactOutcome(None, result.status is Status.INFEASIBLE, result.wall_s)
    found, _ = cyclic_schedule(problem, result.schedule, "exact")
    named = CyclicSchedule(tuple(tasks), found.runs, found.cycles, slot_s, "exact")
    return ExactOutcome(named if broken_bound(named) is None else None, broken_bound(named) is None, result.wall_s)
