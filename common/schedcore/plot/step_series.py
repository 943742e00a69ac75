"""Step functions that the plots draw: usage of a resource, level of a reservoir.  Sparse, never per tick."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schedcore.model import Renewable, Unary
from schedcore.model.arrays import RESERVOIR
from schedcore.plot.layout import GanttLayout, expand_demands, known_placements

IntArray = NDArray[np.int64]


class StepSeries(NamedTuple):
    """``value[i]`` holds on ``[time[i], time[i+1])``, the last one up to the end of the axis."""

    time: IntArray
    value: IntArray


def usage(layout: GanttLayout) -> dict[int, StepSeries]:
    """Units in use of every unary and renewable resource over the drawn time; by id of the resource."""
    problem, schedule, pieces = layout.problem, layout.schedule, layout.pieces
    placement, resource, amount = expand_demands(problem, schedule)
    number = np.bincount(pieces.owner, minlength=len(schedule))
    first = np.cumsum(number) - number
    by_owner = np.argsort(pieces.owner, kind="stable")
    result: dict[int, StepSeries] = {}
    for r, kind in enumerate(problem.resources):
        if not isinstance(kind, Unary | Renewable):
            continue
        mine = np.flatnonzero(resource == r)
        counts = number[placement[mine]]
        demand = np.repeat(mine, counts)
        ends = np.cumsum(counts)
        within = np.arange(len(demand), dtype=np.int64) - np.repeat(ends - counts, counts)
        piece = by_owner[first[placement[demand]] + within]
        positive = pieces.end[piece] > pieces.start[piece]
        piece, units = piece[positive], amount[demand[positive]]
        result[r] = _accumulate(
            np.concatenate([pieces.start[piece], pieces.end[piece]]), np.concatenate([units, -units]), 0, layout.x_min
        )
    return result


def levels(layout: GanttLayout) -> dict[int, StepSeries]:
    """Level of every reservoir: net after all events of a tick; folded, that of the steady state."""
    problem, schedule = layout.problem, layout.schedule
    arrays = problem.arrays
    mode = known_placements(problem, schedule)
    known = np.flatnonzero(mode >= 0)
    first = arrays.effect_ptr[mode[known]]
    counts = arrays.effect_ptr[mode[known] + 1] - first
    ends = np.cumsum(counts)
    effect = np.arange(int(ends[-1]) if len(ends) else 0, dtype=np.int64) - np.repeat(ends - counts - first, counts)
    placement = np.repeat(known, counts)
    length = schedule.end[placement] - schedule.start[placement]
    delta = arrays.effect_delta[effect] * np.where(arrays.effect_per_tick[effect] == 1, length, 1)
    time = np.where(arrays.effect_edge[effect] == 1, schedule.end[placement], schedule.start[placement])
    result: dict[int, StepSeries] = {}
    for r in range(len(problem.resources)):
        if arrays.resource_kind[r] != RESERVOIR:
            continue
        mine = arrays.effect_reservoir[effect] == r
        t, d, initial = time[mine], delta[mine], int(arrays.level_initial[r])
        if layout.period is not None and layout.folded:
            initial -= int((d * (t // layout.period)).sum())
            t = t % layout.period
        elif layout.period is not None:
            rounds = np.repeat(np.arange(layout.rounds, dtype=np.int64), len(t))
            t = np.tile(t, layout.rounds) + rounds * layout.period
            d = np.tile(d, layout.rounds)
        result[r] = _accumulate(t, d, initial, layout.x_min)
    return result


def _accumulate(time: IntArray, delta: IntArray, initial: int, x_min: int) -> StepSeries:
    ticks, inverse = np.unique(np.append(time, x_min), return_inverse=True)
    change = np.zeros(len(ticks), dtype=np.int64)
    np.add.at(change, inverse, np.append(delta, 0))
    value = initial + np.cumsum(change)
    keep = np.ones(len(ticks), dtype=bool)
    keep[1:] = change[1:] != 0
    return StepSeries(ticks[keep], value[keep])


def limit_series(resource: Unary | Renewable) -> StepSeries:
    """Capacity over time: the calendar, or the constant capacity."""
    capacity = 1 if isinstance(resource, Unary) else resource.capacity
    points = resource.calendar.points if resource.calendar is not None else ((0, capacity),)
    times, values = zip(*points, strict=True)
    return StepSeries(np.array(times, dtype=np.int64), np.array(values, dtype=np.int64))


def sample(series: StepSeries, time: IntArray) -> IntArray:
    """Values at ``time``; before its first point a series has its first value."""
    return series.value[np.maximum(0, np.searchsorted(series.time, time, side="right") - 1)]
