"""Lags as list schedulers see them: holds are taken out, their lags stand between the tasks they are tied to.

A hold has no decision of its own (``docs/semantics.md``).  Here every lag on the edge of a hold moves
to the edge it is tied to, its duration range becomes a lag from the opening to the closing edge, and
its release and deadline become bounds of those edges.  What is left is a network over plain tasks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schedcore.model import Hold, Problem, find_holds
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
    elastic = bool((arrays.duration_max > arrays.duration).any())
    holds = tuple(h for h in find_holds(problem) if _follows(problem, h)) if elastic and len(arrays.lag_a) else ()
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
    return _without_holds(problem, ties, holds) if holds else ties


def _follows(problem: Problem, hold: Hold) -> bool:
    """Whether a hold can be left to the tasks that it is tied to.

    Not if it must be there while one of them may be absent, or if it may vanish with its effects: such
    a task is placed by itself like any elastic task.
    """
    task = problem.tasks[hold.task]
    if task.optional:
        return not task.modes[0].effects
    return not any(problem.tasks[t].optional for t, _ in (hold.opens, hold.closes))


def _without_holds(problem: Problem, ties: Ties, found: tuple[Hold, ...]) -> Ties:
    rows = tuple(HoldRow(h.task, h.opens[0], int(h.opens[1]), h.closes[0], int(h.closes[1])) for h in found)
    is_hold = ties.is_hold.copy()
    start_low, end_low = ties.start_low.copy(), ties.end_low.copy()
    start_high, end_high = ties.start_high.copy(), ties.end_high.copy()
    span_low, span_high = ties.span_low.copy(), ties.span_high.copy()
    edge_of: dict[tuple[int, int], tuple[int, int]] = {}
    lags: list[tuple[int, int, int, int, int, int, int, int]] = []
    for row in rows:
        is_hold[row.task] = True
        edge_of[row.task, 0] = (row.open_task, row.open_edge)
        edge_of[row.task, 1] = (row.close_task, row.close_edge)
        low, high = (start_low, start_high) if row.open_edge == 0 else (end_low, end_high)
        low[row.open_task] = max(low[row.open_task], ties.start_low[row.task])
        low, high = (start_low, start_high) if row.close_edge == 0 else (end_low, end_high)
        high[row.close_task] = min(high[row.close_task], ties.end_high[row.task])
        mode = problem.tasks[row.task].modes[0]
        lags.append(
            (
                -1 - row.task,
                row.open_task,
                row.close_task,
                row.open_edge,
                row.close_edge,
                mode.duration,
                NO_DEADLINE if mode.longest >= MAX_TICK else mode.longest,
                0,
            )
        )
    columns = (
        ties.lag_a,
        ties.lag_b,
        ties.lag_a_edge,
        ties.lag_b_edge,
        ties.lag_min,
        ties.lag_max,
        ties.lag_iterations,
    )
    tie_ids = {i for h in found for i in h.lags}
    for i, (a, b, a_edge, b_edge, low_, high_, rounds) in enumerate(zip(*(c.tolist() for c in columns), strict=True)):
        if i in tie_ids:
            continue
        a, a_edge = edge_of.get((a, a_edge), (a, a_edge))
        b, b_edge = edge_of.get((b, b_edge), (b, b_edge))
        lags.append((i, a, b, a_edge, b_edge, low_, high_, rounds))
    kept = []
    for lag in lags:
        index, a, b, a_edge, b_edge, low_, high_, rounds = lag
        if a != b or rounds:
            kept.append(lag)
        elif a_edge == b_edge:
            if not low_ <= 0 <= high_:  # can never hold: leave an impossible span behind
                span_low[a], span_high[a] = 1, 0
        elif a_edge == 0:
            span_low[a], span_high[a] = max(span_low[a], low_), min(span_high[a], high_)
        else:
            span_low[a], span_high[a] = max(span_low[a], -high_), min(span_high[a], -low_)
    table = np.array(kept, dtype=np.int64).reshape(-1, 8)
    return Ties(
        rows,
        is_hold,
        *(np.ascontiguousarray(table[:, c]) for c in (0, 1, 2, 3, 4, 5, 6, 7)),
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
    has_min = ties.lag_min != NO_MIN_LAG
    if not has_min.any():
        return has_min
    simple = (ties.lag_a_edge == 1) & (ties.lag_b_edge == 0) & (ties.lag_min >= 0)
    if bool((simple | ~has_min).all()):
        return has_min
    weak = has_min & (start_weights(ties) <= 0)
    if not weak.any():
        return has_min
    component = _components(len(ties.is_hold), ties.lag_a[has_min], ties.lag_b[has_min])
    return has_min & ~(weak & (component[ties.lag_a] == component[ties.lag_b]))


def start_weights(ties: Ties) -> IntArray:
    """Least distance of the starts of ``a`` and ``b`` that the minimum of each lag implies."""
    return (
        ties.lag_min
        + ties.lag_a_edge * ties.duration_least[ties.lag_a]
        - ties.lag_b_edge * ties.duration_most[ties.lag_b]
    )


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
