"""A time by which some optimal schedule has ended, for solvers that need a finite range."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schedcore.errors import ModelError
from schedcore.model.arrays import NO_DEADLINE
from schedcore.model.holds import find_holds
from schedcore.model.resources import Reservoir, Unary
from schedcore.model.time import MAX_TICK

if TYPE_CHECKING:
    from schedcore.model.problem import Problem

LATER_IS_NEVER_BETTER: frozenset[str] = frozenset(
    {
        "makespan",
        "total_flow",
        "weighted_flow",
        "total_completion",
        "total_start",
        "max_lateness",
        "total_tardiness",
        "weighted_tardiness",
        "tardy_count",
        "weighted_tardy_count",
    }
)
"""Metrics that never fall when tasks move later: to maximise them is to wait for ever."""


def default_horizon(problem: Problem) -> int:
    """``problem.horizon``, or else a tick by which some optimal schedule has ended.

    Why it is one: take a schedule and call ``T`` the last release, change of a calendar or due date.
    Wherever nothing but holds runs after ``T``, everything later can move earlier together, until a
    lag, a setup or the shortest duration of a hold forbids it; no objective gets worse.  What is left
    after ``T`` is then covered by durations and by such lags, each counted once, and setups, one per
    gap.  A maximum below zero is a minimum in the other direction.  In a cyclic problem the moves are
    whole periods, so each gap may be longer by one period; a lag over several rounds counts with its
    periods.  (Moving by whole periods changes the level of reservoirs, so a cyclic problem whose
    reservoirs force a stay of many rounds needs a horizon of its own.)

    Raises
    ------
    ModelError
        If the durations add up to more than the largest time, an elastic task may last so long, or the
        objective rewards waiting, so that no useful bound exists; a horizon of the problem helps.
    """
    if problem.horizon is not None:
        return problem.horizon
    arrays = problem.arrays
    if not arrays.num_tasks:
        return 0
    bound = int(arrays.deadline.max())  # NO_DEADLINE if a task has none
    late = _rewarded_for_waiting(problem)
    if late is None:
        bound = min(bound, _work_bound(problem))
    elif bound == NO_DEADLINE:
        raise ModelError(
            f"no finite horizon can be derived: the objective maximises {late!r}",
            where="horizon",
            remedy="give the problem a horizon",
        )
    if bound > MAX_TICK:
        shortest = int(np.minimum.reduceat(arrays.duration, arrays.mode_ptr[:-1]).sum())
        if shortest > MAX_TICK:
            raise ModelError(
                f"the durations are too large: they add up to {shortest} ticks, times go up to {MAX_TICK}",
                where="tasks",
                remedy="use a coarser unit, or give the problem a horizon",
            )
        raise ModelError(
            f"no finite horizon can be derived (it would be {bound})",
            where="horizon",
            remedy="give the problem a horizon, or bound the elastic durations",
        )
    return bound


def _rewarded_for_waiting(problem: Problem) -> str | None:
    """A metric of the objective that is maximised although waiting raises it."""
    stages = () if problem.objective is None else problem.objective.stages
    names = (name for stage in stages for name, weight in stage if weight < 0)
    return next((name for name in names if name in LATER_IS_NEVER_BETTER), None)


def _work_bound(problem: Problem) -> int:
    arrays = problem.arrays
    longest = np.maximum.reduceat(arrays.duration_max, arrays.mode_ptr[:-1])
    for hold in find_holds(problem):
        mode = problem.tasks[hold.task].modes[0]
        if not any(effect.per_tick for effect in mode.effects):
            longest[hold.task] = mode.duration
    last_change = int(arrays.release.max())
    due = arrays.due[arrays.due != NO_DEADLINE]
    if len(due):  # earliness may make it worth while to wait
        last_change = max(last_change, int(due.max()))
    setup = 0
    for resource in problem.resources:
        if isinstance(resource, Unary) and resource.transition is not None:
            setup = max(setup, *(ticks or 0 for row in resource.transition for ticks in row))
        if not isinstance(resource, Reservoir) and resource.calendar is not None:
            last_change = max(last_change, resource.calendar.points[-1][0])
    per_gap = setup if problem.cycle is None else setup + problem.cycle.maximum
    return last_change + int(longest.sum()) + _lag_bound(problem) + per_gap * arrays.num_tasks


def _lag_bound(problem: Problem) -> int:
    """Sum over the lags of the longest distance that each can force."""
    arrays = problem.arrays
    low, high = arrays.lag_min.astype(object), arrays.lag_max.astype(object)  # exact however large
    forward = np.where(arrays.lag_min < -MAX_TICK, 0, low)
    backward = np.where(arrays.lag_max > MAX_TICK, 0, -high)
    if problem.cycle is not None:
        rounds = arrays.lag_iterations
        forward = forward + np.where(rounds < 0, -rounds * problem.cycle.maximum, 0)
        backward = backward + np.where(rounds > 0, rounds * problem.cycle.maximum, 0)
    return int(np.maximum(np.maximum(forward, backward), 0).sum()) if len(forward) else 0
