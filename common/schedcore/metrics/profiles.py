"""Step profiles of a schedule: usage of a resource, level of a reservoir."""

from __future__ import annotations

import numpy as np

from schedcore.check.renewable import folded_usage
from schedcore.check.reservoir import folded_levels, levels
from schedcore.check.steps import sum_steps
from schedcore.check.view import View
from schedcore.errors import ModelError
from schedcore.model import Problem, Reservoir, Schedule, StepProfile
from schedcore.model.arrays import IntArray


def usage_profile(problem: Problem, schedule: Schedule, resource_id: int) -> StepProfile:
    """Units of a unary or renewable resource in use over time.

    In a cyclic problem the profile covers the phases of one period in the steady state; what stands
    at its last point holds to the end of the period.

    Raises
    ------
    ModelError
        If the resource is a reservoir or does not exist, or a cyclic schedule lacks its period.
    """
    view = _view(problem, schedule, resource_id)
    if isinstance(problem.resources[resource_id], Reservoir):
        raise ModelError(
            f"{problem.resources[resource_id].name!r} is a reservoir", where="usage_profile", remedy="use level_profile"
        )
    uses = view.uses
    chosen = np.flatnonzero(uses.resource == resource_id)
    row, amount, resource = uses.row[chosen], uses.amount[chosen], uses.resource[chosen]
    if view.period is not None:
        _, time, value = folded_usage(view, row, resource, amount, view.period)
    else:
        _, time, (value,) = sum_steps(
            np.concatenate([resource, resource]),
            np.concatenate([view.start[row], view.end[row]]),
            np.concatenate([amount, -amount]),
        )
    return _profile(time, value, 0)


def level_profile(problem: Problem, schedule: Schedule, reservoir_id: int) -> StepProfile:
    """Net level of a reservoir from every tick on (in a cyclic problem: over the phases of the steady state).

    Raises
    ------
    ModelError
        If the resource is no reservoir or does not exist, or a cyclic schedule lacks its period.
    """
    view = _view(problem, schedule, reservoir_id)
    reservoir = problem.resources[reservoir_id]
    if not isinstance(reservoir, Reservoir):
        raise ModelError(f"{reservoir.name!r} is no reservoir", where="level_profile", remedy="use usage_profile")
    group, time, level = levels(view) if view.period is None else folded_levels(view, view.period)
    chosen = group == reservoir_id
    return _profile(time[chosen], level[chosen], reservoir.initial)


def _view(problem: Problem, schedule: Schedule, resource_id: int) -> View:
    if not 0 <= resource_id < len(problem.resources):
        raise ModelError(
            f"resource {resource_id} does not exist, there are {len(problem.resources)}", where="resource_id"
        )
    view = View(problem, schedule)
    if not view.judges_resources:
        raise ModelError(
            "a cyclic schedule without a positive period has no profile",
            where="schedule.cycle",
            remedy="give the period's value",
        )
    return view


def _profile(time: IntArray, value: IntArray, before: int) -> StepProfile:
    """A profile from steps; what happened before tick 0 is summed up in its first value."""
    points: list[tuple[int, int]] = [(0, before)]
    for tick, units in zip(time.tolist(), value.tolist(), strict=True):
        if tick <= 0:
            points[0] = (0, units)
        elif units != points[-1][1]:
            points.append((tick, units))
    return StepProfile(tuple(points))
