"""Lags as list schedulers see them: holds are taken out, their lags stand between the tasks they are tied to.

A hold has no decision of its own (``docs/semantics.md``).  Here every lag on the edge of a hold moves
to the edge it is tied to, its duration range becomes a lag from the opening to the closing edge, and
its release and deadline become bounds of those edges.  What is left is a network over plain tasks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schedcore.model import Problem
from schedcore.model.arrays import NO_DEADLINE, NO_MIN_LAG, IntArray
from schedcore.model.time import MAX_TICK


class HoldRow(NamedTuple):
    """Hold ``task`` from edge ``open_edge`` of ``open_task`` to ``close_edge`` of ``close_task``."""

    task: int
    open_task: int
    open_edge: int
    close_task: int
    close_edge: int


class Ties(NamedTuple):
    """The temporal side of a problem without its holds; arrays are int64, per task or per lag.

    ``start_low`` .. ``end_high`` bound the edges absolutely, ``span_low``/``span_high`` the duration;
    ``NO_MIN_LAG`` and ``NO_DEADLINE`` mean none.  ``lag_id`` is the number of the lag in the problem,
    or ``-1 - task`` for the duration range of hold ``task``.
    """

    holds: tuple[HoldRow, ...]
    is_hold: NDArray[np.bool_]
    lag_id: IntArray
    lag_a: IntArray
    lag_b: IntArray
    lag_a_edge: IntArray
    lag_b_edge: IntArray
    lag_min: IntArray
    lag_max: IntArray
    lag_iterations: IntArray
    start_low: IntArray
    end_low: IntArray
    start_high: IntArray
    end_high: IntArray
    span_low: IntArray
    span_high: IntArray
    duration_least: IntArray
    """Shortest duration over the modes."""
    duration_most: IntArray
    """Longest duration over the modes."""


def ties_of(problem: Problem) -> Ties:
    """The temporal side of ``problem``."""
    arrays = problem.arrays
    n = arrays.num_tasks
    if n and len(arrays.duration) != n:
        least = np.minimum.reduceat(arrays.duration, arrays.mode_ptr[:-1])
        most = np.maximum.reduceat(arrays.duration_max, arrays.mode_ptr[:-1])
    else:
        least, most = arrays.duration, arrays.duration_max
    end_high = arrays.deadline if problem.horizon is None else np.minimum(arrays.deadline, problem.horizon)
    ties = Ties(
        (),
        np.zeros(n, dtype=np.bool_),
        np.arange(len(arrays.lag_a), dtype=np.int64),
        arrays.lag_a,
        arrays.lag_b,
        arrays.lag_a_edge,
        arrays.lag_b_edge,
        arrays.lag_min,
        arrays.lag_max,
        arrays.lag_iterations,
        arrays.release,
        np.full(n, NO_MIN_LAG, dtype=np.int64),
        np.full(n, NO_DEADLINE, dtype=np.int64),
        end_high,
        np.full(n, NO_MIN_LAG, dtype=np.int64),
        np.full(n, NO_DEADLINE, dtype=np.int64),
        least,
        most,
    )
    rows = _follower_holds(problem)
    return _without_holds(problem, ties, *rows) if rows is not None else ties


def _follower_holds(problem: Problem) -> tuple[IntArray, IntArray] | None:
    """Holds (rows as in :class:`HoldRow`) that can be left to the tasks they are tied to, and their tying lags.

    The same holds as ``find_holds`` gives, without those that must be there while a task they are tied
    to may be absent, or that may vanish with their effects or against a selection, or whose
    length counts at their start: such a task is placed by itself like any elastic task.
    """
    a, n = problem.arrays, problem.arrays.num_tasks
    zero = np.flatnonzero((a.lag_min == 0) & (a.lag_max == 0) & (a.lag_iterations == 0))
    if not len(zero):
        return None
    first = a.mode_ptr[:-1]
    elastic = (np.diff(a.mode_ptr) == 1) & (a.duration_max[first] > a.duration[first])
    # Both directions of every zero lag, in the order of the lags.
    lag = np.repeat(zero, 2)
    own, other = (
        np.stack(pair, axis=1).ravel() for pair in ((a.lag_a[zero], a.lag_b[zero]), (a.lag_b[zero], a.lag_a[zero]))
    )
    own_edge, other_edge = (
        np.stack(pair, axis=1).ravel()
        for pair in ((a.lag_a_edge[zero], a.lag_b_edge[zero]), (a.lag_b_edge[zero], a.lag_a_edge[zero]))
    )
    tied = np.zeros(2 * n, dtype=np.bool_)
    tied[2 * own + own_edge] = True
    candidate = elastic & tied[0::2] & tied[1::2]
    kept = np.flatnonzero(candidate[own] & ~candidate[other])
    keys, at = np.unique(2 * own[kept] + own_edge[kept], return_index=True)  # the first tie of every edge
    tie = np.full(2 * n, -1, dtype=np.int64)
    tie[keys] = kept[at]
    hold = np.flatnonzero((tie[0::2] >= 0) & (tie[1::2] >= 0))
    opens, closes = tie[2 * hold], tie[2 * hold + 1]
    no_effects = a.effect_ptr[first[hold] + 1] == a.effect_ptr[first[hold]]
    certain = (a.optional[other[opens]] == 0) & (a.optional[other[closes]] == 0)
    bound = np.isin(hold, [t for s in problem.selections for t in s.tasks])
    good = np.where(a.optional[hold] == 1, no_effects & ~bound, certain)
    # What a start changes by the length must be known at the start: such a task decides its length there.
    unknown = np.flatnonzero((a.effect_edge == 0) & (a.effect_per_tick == 1))
    good &= ~np.isin(hold, a.mode_task[np.searchsorted(a.effect_ptr, unknown, side="right") - 1])
    hold, opens, closes = hold[good], opens[good], closes[good]
    if not len(hold):
        return None
    rows = np.stack([hold, other[opens], other_edge[opens], other[closes], other_edge[closes]], axis=1)
    return rows, np.concatenate([lag[opens], lag[closes]])


def _without_holds(problem: Problem, ties: Ties, rows: IntArray, tying: IntArray) -> Ties:
    arrays, n = problem.arrays, len(ties.is_hold)
    hold, open_task, open_edge, close_task, close_edge = rows.T
    is_hold = ties.is_hold.copy()
    is_hold[hold] = True
    start_low, end_low = ties.start_low.copy(), ties.end_low.copy()
    start_high, end_high = ties.start_high.copy(), ties.end_high.copy()
    span_low, span_high = ties.span_low.copy(), ties.span_high.copy()
    for edge, low, high in ((0, start_low, start_high), (1, end_low, end_high)):
        here = open_edge == edge
        np.maximum.at(low, open_task[here], ties.start_low[hold[here]])
        here = close_edge == edge
        np.minimum.at(high, close_task[here], ties.end_high[hold[here]])
    # Every edge of a hold stands for the edge that it is tied to.
    stands_for = np.arange(2 * n, dtype=np.int64)
    stands_for[2 * hold] = 2 * open_task + open_edge
    stands_for[2 * hold + 1] = 2 * close_task + close_edge
    kept = np.ones(len(ties.lag_id), dtype=np.bool_)
    kept[tying] = False
    mode = arrays.mode_ptr[hold]
    longest = np.where(arrays.duration_max[mode] >= MAX_TICK, NO_DEADLINE, arrays.duration_max[mode])
    a = np.concatenate([2 * open_task + open_edge, stands_for[2 * ties.lag_a + ties.lag_a_edge][kept]])
    b = np.concatenate([2 * close_task + close_edge, stands_for[2 * ties.lag_b + ties.lag_b_edge][kept]])
    lag_id = np.concatenate([-1 - hold, ties.lag_id[kept]])
    lag_min = np.concatenate([arrays.duration[mode], ties.lag_min[kept]])
    lag_max = np.concatenate([longest, ties.lag_max[kept]])
    rounds = np.concatenate([np.zeros(len(hold), dtype=np.int64), ties.lag_iterations[kept]])
    own = (a // 2 == b // 2) & (rounds == 0)
    for i in np.flatnonzero(own).tolist():  # between the edges of one task: bounds of its duration
        t, low_, high_ = int(a[i]) // 2, int(lag_min[i]), int(lag_max[i])
        if a[i] == b[i]:
            if not low_ <= 0 <= high_:  # can never hold: leave an impossible span behind
                span_low[t], span_high[t] = 1, 0
        elif a[i] % 2 == 0:
            span_low[t], span_high[t] = max(span_low[t], low_), min(span_high[t], high_)
        else:
            span_low[t], span_high[t] = max(span_low[t], -high_), min(span_high[t], -low_)
    a, b = a[~own], b[~own]
    return Ties(
        tuple(HoldRow(*row) for row in rows.tolist()),
        is_hold,
        lag_id[~own],
        a // 2,
        b // 2,
        a % 2,
        b % 2,
        lag_min[~own],
        lag_max[~own],
        rounds[~own],
        start_low,
        end_low,
        start_high,
        end_high,
        span_low,
        span_high,
        ties.duration_least,
        ties.duration_most,
    )


def order_arcs(ties: Ties) -> NDArray[np.bool_]:
    """Which lags order their tasks: list schedulers consider ``b`` only when ``a`` is placed.

    All minimum lags do, save those within a cycle of minimum lags that let ``b`` start first: such
    lags are windows, not orders.
    """
    has_min: NDArray[np.bool_] = ties.lag_min != NO_MIN_LAG
    if not has_min.any():
        return has_min
    simple = (ties.lag_a_edge == 1) & (ties.lag_b_edge == 0) & (ties.lag_min >= 0)
    if bool((simple | ~has_min).all()):
        return has_min
    weak = has_min & (start_weights(ties) <= 0)
    if not weak.any():
        return has_min
    if bool((ties.lag_a[has_min] < ties.lag_b[has_min]).all()):  # no cycle
        return has_min
    component = _components(len(ties.is_hold), ties.lag_a[has_min], ties.lag_b[has_min])
    kept: NDArray[np.bool_] = has_min & ~(weak & (component[ties.lag_a] == component[ties.lag_b]))
    return kept


def start_weights(ties: Ties) -> IntArray:
    """Least distance of the starts of ``a`` and ``b`` that the minimum of each lag implies."""
    from_start: IntArray = ties.lag_min + ties.lag_a_edge * ties.duration_least[ties.lag_a]
    return from_start - ties.lag_b_edge * ties.duration_most[ties.lag_b]


def _components(n: int, tails: IntArray, heads: IntArray) -> IntArray:
    """Strongly connected components (Tarjan 1972, without recursion)."""
    successors: list[list[int]] = [[] for _ in range(n)]
    for a, b in zip(tails.tolist(), heads.tolist(), strict=True):
        successors[a].append(b)
    index, low = [-1] * n, [0] * n
    component = np.full(n, -1, dtype=np.int64)
    stack: list[int] = []
    counter = label = 0
    for root in range(n):
        if index[root] >= 0:
            continue
        work = [(root, 0)]
        while work:
            node, child = work.pop()
            if child == 0:
                index[node] = low[node] = counter
                counter += 1
                stack.append(node)
            elif component[successors[node][child - 1]] < 0:
                low[node] = min(low[node], low[successors[node][child - 1]])
            for i in range(child, len(successors[node])):
                other = successors[node][i]
                if index[other] < 0:
                    work += [(node, i + 1), (other, 0)]
                    break
                if component[other] < 0:
                    low[node] = min(low[node], low[other])
            else:
                if low[node] == index[node]:
                    while True:
                        member = stack.pop()
                        component[member] = label
                        if member == node:
                            break
                    label += 1
    return component
