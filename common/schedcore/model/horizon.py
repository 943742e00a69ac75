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


def default_horizon(problem: Problem) -> int:
    """``problem.horizon``, or else a tick by which everything can have been done one by one.

    The bound adds the latest release, the last change of a calendar, the longest durations, all
    positive lags and the largest setups.  Holds cost nothing, for they last as long as other tasks
    and lags do.

    Raises
    ------
    ModelError
        If an elastic task may last so long that no useful bound exists; the remedy is to give the
        problem a horizon.
    """
    if problem.horizon is not None:
        return problem.horizon
    arrays = problem.arrays
    if not arrays.num_tasks:
        return 0
    longest = np.maximum.reduceat(arrays.duration_max, arrays.mode_ptr[:-1])
    for hold in find_holds(problem):
        longest[hold.task] = 0
    setup = 0
    last_change = int(arrays.release.max())
    for resource in problem.resources:
        if isinstance(resource, Unary) and resource.transition is not None:
            setup = max(setup, *(ticks or 0 for row in resource.transition for ticks in row))
        if not isinstance(resource, Reservoir) and resource.calendar is not None:
            last_change = max(last_change, resource.calendar.points[-1][0])
    lags = np.maximum(arrays.lag_min, 0).sum()
    due = arrays.due[arrays.due != NO_DEADLINE]
    total = last_change + int(longest.sum()) + int(lags) + setup * arrays.num_tasks
    if len(due):  # earliness may make it worth while to wait
        total += max(0, int(due.max()))
    if problem.cycle is not None:
        total += problem.cycle.maximum * arrays.num_tasks
    has_deadlines = bool((arrays.deadline != NO_DEADLINE).all())
    if has_deadlines:
        total = min(total, int(arrays.deadline.max()))
    if total > MAX_TICK:
        raise ModelError(
            f"no finite horizon can be derived (it would be {total})",
            where="horizon",
            remedy="give the problem a horizon, or bound the elastic durations",
        )
    return total
