"""What priority rules know about the tasks of a problem, as arrays."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from schedcore.executor.ties import order_arcs, start_weights, ties_of
from schedcore.model import Problem
from schedcore.model.arrays import NO_DEADLINE, IntArray


class RuleFacts(NamedTuple):
    """Facts per task; *followers* are the tasks reachable over ordering minimum lags, with the task itself.

    ``processing``: shortest duration.  ``tail``: longest path from its start to the end of a follower.
    ``work``, ``operations``: total processing and number of followers.  ``due``: latest end that
    keeps the due dates of all followers; ``deadline``: the same for deadlines and horizon
    (``NO_DEADLINE`` if none).  ``weight``: largest weight of a follower.
    ``head``: earliest start by releases and ordering lags.  ``mean``: mean processing.
    """

    processing: IntArray
    tail: IntArray
    work: IntArray
    operations: IntArray
    due: IntArray
    deadline: IntArray
    weight: IntArray
    head: IntArray
    mean: float


def facts_of(problem: Problem) -> RuleFacts:
    """Facts about ``problem``; linear in tasks and lags if every task has at most one direct follower."""
    arrays, ties = problem.arrays, ties_of(problem)
    n = arrays.num_tasks
    # A hold has no work of its own.
    processing = np.where(ties.is_hold, 0, ties.duration_least)
    arcs = np.flatnonzero(order_arcs(ties))
    tail = processing.copy()
    due, deadline = arrays.due.copy(), ties.end_high.copy()
    weight = arrays.weight.copy()
    order, acyclic = _topological(n, ties.lag_a[arcs], ties.lag_b[arcs])
    if not acyclic:  # contradictory lags: no schedule exists, any ranking will do
        ones = np.ones(n, dtype=np.int64)
        return RuleFacts(processing, tail, processing, ones, due, deadline, weight, ties.start_low, _mean(processing))
    starts = start_weights(ties)[arcs]
    following: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for a, b, w in zip(ties.lag_a[arcs].tolist(), ties.lag_b[arcs].tolist(), starts.tolist(), strict=True):
        following[a].append((b, w))
    heads = np.maximum(ties.start_low, 0).tolist()
    for a in order:
        for b, gap in following[a]:
            heads[b] = max(heads[b], heads[a] + gap)
    p, t, d, e, w8 = (c.tolist() for c in (processing, tail, due, deadline, weight))
    work, operations = p[:], [1] * n
    chains = all(len(f) <= 1 for f in following)
    for a in reversed(order):
        for b, gap in following[a]:
            t[a] = max(t[a], gap + t[b])
            # Starting a at s lets b start at s + gap at the earliest, so a must end by latest start of b + (p - gap).
            if d[b] < NO_DEADLINE:
                d[a] = min(d[a], d[b] - p[b] - gap + p[a])
            if e[b] < NO_DEADLINE:
                e[a] = min(e[a], e[b] - p[b] - gap + p[a])
            w8[a] = max(w8[a], w8[b])
            if chains:
                work[a] += work[b]
                operations[a] += operations[b]
    if not chains:
        work, operations = _closure_sums(order, following, p)
    return RuleFacts(
        processing,
        np.array(t, dtype=np.int64),
        np.array(work, dtype=np.int64),
        np.array(operations, dtype=np.int64),
        np.array(d, dtype=np.int64),
        np.array(e, dtype=np.int64),
        np.array(w8, dtype=np.int64),
        np.array(heads, dtype=np.int64),
        _mean(processing),
    )


def _mean(processing: IntArray) -> float:
    return float(processing.mean()) if len(processing) else 0.0


def _topological(n: int, tails: IntArray, heads: IntArray) -> tuple[list[int], bool]:
    count = np.bincount(heads, minlength=n).tolist() if n else []
    out: list[list[int]] = [[] for _ in range(n)]
    for a, b in zip(tails.tolist(), heads.tolist(), strict=True):
        out[a].append(b)
    order = [i for i in range(n) if count[i] == 0]
    for a in order:
        for b in out[a]:
            count[b] -= 1
            if count[b] == 0:
                order.append(b)
    return order, len(order) == n


def _closure_sums(
    order: list[int], following: list[list[tuple[int, int]]], processing: list[int]
) -> tuple[list[int], list[int]]:
    """Work and number of all followers, each counted once: reachability in blocks of bits."""
    n = len(order)
    work, operations = [0] * n, [0] * n
    p = np.array(processing, dtype=np.int64)
    block = 4096
    for low in range(0, n, block):
        size = min(block, n - low)
        reach: NDArray[np.uint8] = np.zeros((n, (size + 7) // 8), dtype=np.uint8)
        weights = np.zeros(reach.shape[1] * 8, dtype=np.int64)
        weights[:size] = p[low : low + size]
        for a in reversed(order):
            row = reach[a]
            if low <= a < low + size:
                row[(a - low) >> 3] |= np.uint8(1 << ((a - low) & 7))
            for b, _ in following[a]:
                row |= reach[b]
        for a in range(n):
            bits = np.unpackbits(reach[a], bitorder="little")
            operations[a] += int(bits.sum())
            work[a] += int(weights[bits.astype(bool)].sum())
    return work, operations
