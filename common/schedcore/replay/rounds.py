"""Cyclic schedules are executed by unrolling: some rounds of the pattern, one after the other."""

from __future__ import annotations

import dataclasses

import numpy as np

from schedcore.errors import InputError
from schedcore.model import Objective, Problem, Schedule, Task, TimeLag
from schedcore.model.arrays import IntArray


def unroll_rounds(problem: Problem, schedule: Schedule, rounds: int) -> tuple[Problem, Schedule]:
    """A plain problem and schedule of ``rounds`` rounds of a cyclic one.

    Task ``name`` of round ``i`` becomes ``name@i``, with id ``i * number of tasks + id``.  Lags join the
    rounds that they relate, as far as both exist.  Release and deadline bind round 0 alone, as in the
    cyclic problem; the metric ``period`` leaves the objective.  While the pattern builds up, fewer
    tasks overlap than in the steady state, so resources suffice; reservoirs may leave their bounds.

    Raises
    ------
    InputError
        If the schedule has no period, or ``rounds`` is below 1.
    """
    if rounds < 1:
        raise InputError(f"rounds is {rounds}", where="rounds", remedy="give at least 1")
    if problem.cycle is None:
        raise InputError("the problem has no cycle", where="rounds", remedy="replay it as it is")
    if schedule.cycle is None or schedule.cycle < 1:
        raise InputError(
            f"the schedule's period is {schedule.cycle}", where="schedule.cycle", remedy="give the value of the period"
        )
    count = len(problem.tasks)
    tasks: list[Task] = []
    for i in range(rounds):
        for task in problem.tasks:
            job = None if task.job is None else i * len(problem.jobs) + task.job
            copy = dataclasses.replace(task, name=f"{task.name}@{i}", job=job)
            tasks.append(copy if i == 0 else dataclasses.replace(copy, release=0, deadline=None, due=None))
    lags: list[TimeLag] = []
    for lag in problem.lags:
        for i in range(rounds):
            j = i + lag.iterations
            if 0 <= j < rounds:
                lags.append(dataclasses.replace(lag, a=lag.a + i * count, b=lag.b + j * count, iterations=0))
    objective = problem.objective
    if objective is not None:
        stages = [tuple((n, w) for n, w in stage if n != "period") for stage in objective.stages]
        kept = tuple(stage for stage in stages if stage)
        objective = Objective(kept) if kept else None
    plain = problem.replace(
        name=f"{problem.name} x {rounds}",
        tasks=tuple(tasks),
        lags=tuple(lags),
        jobs=tuple(f"{job}@{i}" for i in range(rounds) for job in problem.jobs),
        selections=tuple(
            dataclasses.replace(s, tasks=tuple(t + i * count for t in s.tasks))
            for i in range(rounds)
            for s in problem.selections
        ),
        mode_links=tuple(
            dataclasses.replace(k, task_a=k.task_a + i * count, task_b=k.task_b + i * count)
            for i in range(rounds)
            for k in problem.mode_links
        ),
        objective=objective,
        horizon=None,
        cycle=None,
    )
    which = np.repeat(np.arange(rounds, dtype=np.int64), len(schedule))
    return plain, Schedule.from_arrays(
        np.tile(schedule.task, rounds) + which * count,
        np.tile(schedule.mode, rounds),
        np.tile(schedule.start, rounds) + which * schedule.cycle,
        np.tile(schedule.end, rounds) + which * schedule.cycle,
    )


def cycle_times(rounds: int, tasks_per_round: int, task: IntArray, end: IntArray) -> IntArray:
    """Latest end of every round, shape ``[round, scenario]``, from ends ``[row, scenario]``."""
    latest = np.zeros((rounds, end.shape[1]), dtype=np.int64)
    np.maximum.at(latest, task // tasks_per_round, end)
    return latest
