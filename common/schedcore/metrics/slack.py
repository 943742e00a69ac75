"""Robustness of a schedule: total float of every task while modes, durations and orders stay as they are.

The fixed-order network keeps the minimum and maximum lags, the order of consecutive tasks on every unary
resource (with setups), the hand-over of units on every renewable resource (one chaining of the schedule: who
passes units on to whom; what a calendar withdraws takes part as work that cannot move), the order of changes on every
reservoir, the closing times of unary resources, deadlines and the horizon.  The total float of a task is how many ticks
its start can move right, others moving as needed, without the makespan growing: the latest start in this simple
temporal network minus the start (Dechter, Meiri and Pearl, 1991).
"""

from __future__ import annotations

import heapq
from collections import deque

import numpy as np

from schedcore.check.unary import FORBIDDEN, sequences
from schedcore.check.view import LIMIT, View
from schedcore.errors import ModelError
from schedcore.model import Problem, Schedule
from schedcore.model.arrays import NO_DEADLINE, NO_MIN_LAG, RENEWABLE, UNARY, IntArray


def total_float(problem: Problem, schedule: Schedule) -> dict[int, int]:
    """Total float in ticks of every present task, by task id.

    The schedule should be feasible; a task that breaks a rule of the network may get a negative float.

    Raises
    ------
    ModelError
        If the problem is cyclic: there is no makespan to hold.
    """
    view = View(problem, schedule)
    return dict(zip(view.task.tolist(), float_of(view).tolist(), strict=True))


def float_of(view: View) -> IntArray:
    """Total float per row of the view."""
    if view.problem.cycle is not None:
        raise ModelError(
            "total float is not defined for cyclic problems", where="total_float", remedy="unroll a few rounds first"
        )
    if not len(view.task):
        return np.zeros(0, dtype=np.int64)
    latest = np.minimum(int(view.end.max()), view.arrays.deadline[view.task]) - view.length
    if view.problem.horizon is not None:
        latest = np.minimum(latest, view.problem.horizon - view.length)
    latest = np.minimum(latest, _closing_limits(view))
    handed, fillers = _renewable_edges(view)
    edges = [_lag_edges(view), _unary_edges(view), handed, _reservoir_edges(view)]
    # Withdrawn capacity cannot move: fillers have their start as the latest one.
    start = np.concatenate([view.start, fillers])
    latest = np.concatenate([latest, fillers])
    source, target, weight = (np.concatenate(column) for column in zip(*edges, strict=True))
    slack: IntArray = _latest_starts(start, latest, source, target, weight) - start
    return slack[: len(view.task)]


def _latest_starts(start: IntArray, latest: IntArray, source: IntArray, target: IntArray, weight: IntArray) -> IntArray:
    """Largest starts with ``start[target] >= start[source] + weight`` and ``start <= latest``.

    Label-correcting search in order of decreasing start; one pass suffices without maximum lags.
    """
    count = len(start)
    by_target = np.argsort(target, kind="stable")
    into, distance = source[by_target].tolist(), weight[by_target].tolist()
    pointer = np.searchsorted(target[by_target], np.arange(count + 1)).tolist()
    value = latest.tolist()
    queue = deque(np.argsort(-start, kind="stable").tolist())
    waiting = [True] * count
    passes = [0] * count
    while queue:
        node = queue.popleft()
        waiting[node] = False
        passes[node] += 1
        if passes[node] > count + 1:
            break  # a contradiction among the lags: the schedule cannot be feasible
        for k in range(pointer[node], pointer[node + 1]):
            limit = value[node] - distance[k]
            before = into[k]
            if limit < value[before]:
                value[before] = limit
                if not waiting[before]:
                    waiting[before] = True
                    queue.append(before)
    return np.array(value, dtype=np.int64)


_Edges = tuple[IntArray, IntArray, IntArray]


def _edges(rows: list[tuple[int, int, int]]) -> _Edges:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    return table[:, 0], table[:, 1], table[:, 2]


def _lag_edges(view: View) -> _Edges:
    arrays = view.arrays
    row_a, row_b = view.row_of[arrays.lag_a], view.row_of[arrays.lag_b]
    offset_a = np.where(arrays.lag_a_edge == 1, view.length[row_a], 0)
    offset_b = np.where(arrays.lag_b_edge == 1, view.length[row_b], 0)
    present = (row_a >= 0) & (row_b >= 0)
    low = np.flatnonzero(present & (arrays.lag_min != NO_MIN_LAG))
    high = np.flatnonzero(present & (arrays.lag_max != NO_DEADLINE))
    shift = offset_a - offset_b
    return (
        np.concatenate([row_a[low], row_b[high]]),
        np.concatenate([row_b[low], row_a[high]]),
        np.concatenate([arrays.lag_min[low] + shift[low], -arrays.lag_max[high] - shift[high]]),
    )


def _unary_edges(view: View) -> _Edges:
    order = view.unary_order
    group, row = view.uses.resource[order], view.uses.row[order]
    same = np.flatnonzero(group[:-1] == group[1:]) if len(group) else np.zeros(0, dtype=np.int64)
    before, after = row[same], row[same + 1]
    pairs = sequences(view)
    if pairs is None:
        return before, after, view.length[before]
    real = np.flatnonzero((pairs.row_before >= 0) & (pairs.setup != FORBIDDEN))
    first, second = pairs.row_before[real], pairs.row_after[real]
    return (
        np.concatenate([before, first]),
        np.concatenate([after, second]),
        np.concatenate([view.length[before], view.length[first] + pairs.setup[real]]),
    )


def _renewable_edges(view: View) -> tuple[_Edges, IntArray]:
    """Hand-over of units by chaining: a task takes units from those that ended earliest.

    What a calendar withdraws counts as a task that cannot move (a filler); fillers are numbered after the
    rows of the view, and their starts are returned.
    """
    uses = view.uses
    chosen = np.flatnonzero(view.arrays.resource_kind[uses.resource] == RENEWABLE)
    fillers = _fillers(view, set(uses.resource[chosen].tolist()))
    first = len(view.task)
    rows = uses.row[chosen]
    resource = np.concatenate([uses.resource[chosen], fillers[:, 0]])
    node = np.concatenate([rows, np.arange(first, first + len(fillers))])
    amount = np.concatenate([uses.amount[chosen], fillers[:, 3]])
    starts = np.concatenate([view.start[rows], fillers[:, 1]])
    ends = np.concatenate([view.end[rows], fillers[:, 2]])
    order = np.lexsort((node, starts, resource))
    edges: list[tuple[int, int, int]] = []
    current, free = -1, 0
    ended: list[tuple[int, int, int, int]] = []
    for r, me, units, start, end in zip(
        *(column[order].tolist() for column in (resource, node, amount, starts, ends)), strict=True
    ):
        if r != current:
            current, free, ended = r, int(view.arrays.resource_capacity[r]), []
        need = units
        while need > 0 and ended and ended[0][0] <= start:
            until, giver, given, length = heapq.heappop(ended)
            edges.append((giver, me, length))
            if given > need:
                heapq.heappush(ended, (until, giver, given - need, length))
            need = max(0, need - given)
        free -= min(free, need)
        heapq.heappush(ended, (end, me, units, end - start))
    return _edges(edges), fillers[:, 1]


def _fillers(view: View, resources: set[int]) -> IntArray:
    """Withdrawn capacity of renewable resources with calendars: rows of resource, begin, end, units."""
    rows = []
    for r in sorted(resources):
        profile = view.calendar(r)
        capacity = int(view.arrays.resource_capacity[r])
        for begin, end, value in profile.segments(LIMIT) if profile is not None else ():
            if value < capacity:
                rows.append((r, begin, end, capacity - value))
    return np.array(rows, dtype=np.int64).reshape(-1, 4)


def _reservoir_edges(view: View) -> _Edges:
    """Changes of a reservoir stay in order; those of one tick stay together."""
    events = view.events
    if not len(events.row):
        return _edges([])
    order = np.lexsort((events.row, events.time, events.reservoir))
    row, group, time = events.row[order], events.reservoir[order], events.time[order]
    offset = time - view.start[row]
    same = np.flatnonzero((group[:-1] == group[1:]) & (row[:-1] != row[1:]))
    forward = (row[same], row[same + 1], (offset[:-1] - offset[1:])[same])
    tied = same[time[same] == time[same + 1]]
    backward = (row[tied + 1], row[tied], (offset[1:] - offset[:-1])[tied])
    return tuple(np.concatenate(pair) for pair in zip(forward, backward, strict=True))  # type: ignore[return-value]


def _closing_limits(view: View) -> IntArray:
    """Latest start of every row before its unary resources close."""
    limits = np.full(len(view.task), NO_DEADLINE, dtype=np.int64)
    uses = view.uses
    for r, kind in enumerate(view.arrays.resource_kind.tolist()):
        profile = view.calendar(r) if kind == UNARY else None
        if profile is None:
            continue
        closings = np.array([tick for tick, value in profile.points if value == 0] + [NO_DEADLINE], dtype=np.int64)
        rows = uses.row[uses.resource == r]
        # The first closing after the task has begun (at its end or later, if the schedule is feasible).
        following = np.searchsorted(closings, view.start[rows], side="right")
        np.minimum.at(limits, rows, closings[np.minimum(following, len(closings) - 1)] - view.length[rows])
    return limits
