"""What priority rules know about the tasks of a problem, as arrays."""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from schedcore.executor.ties import order_arcs, start_weights, ties_of
from schedcore.model import Problem
from schedcore.model.arrays import NO_DEADLINE, IntArray
from schedcore.policies.levels import levels_of, relax


class RuleFacts:
    """Facts per task; *followers* are the tasks reachable over ordering minimum lags, with the task itself.

    Attributes
    ----------
    processing
        Shortest duration, 0 for holds.
    tail
        Longest path from the start of the task to the end of a follower.
    due, deadline
        Latest end that keeps the due dates (deadlines and horizon) of all followers, ``NO_DEADLINE`` if none.
    weight
        Largest weight of a follower.
    head
        Earliest start by releases and ordering lags.
    mean
        Mean processing.
    """

    def __init__(
        self,
        arcs: tuple[IntArray, IntArray, IntArray],
        columns: dict[str, IntArray],
    ) -> None:
        self._arcs = arcs
        self.processing = columns["processing"]
        self.tail = columns["tail"]
        self.due = columns["due"]
        self.deadline = columns["deadline"]
        self.weight = columns["weight"]
        self.head = columns["head"]
        self.mean = float(self.processing.mean()) if len(self.processing) else 0.0

    @cached_property
    def _sums(self) -> tuple[IntArray, IntArray]:
        p = self.processing.tolist()
        work, operations = p[:], [1] * len(p)
        following = _following(len(p), *self._arcs)
        order, _ = _topological(len(p), *self._arcs[:2])
        if all(len(f) <= 1 for f in following):
            for a in reversed(order):
                for b, _ in following[a]:
                    work[a] += work[b]
                    operations[a] += operations[b]
        else:
            position = {t: i for i, t in enumerate(order)}
            for part in _parts(following):
                if len(part) > 1:
                    part.sort(key=position.__getitem__)
                    _sum_followers(part, following, p, work, operations)
        return np.array(work, dtype=np.int64), np.array(operations, dtype=np.int64)

    @property
    def work(self) -> IntArray:
        """Total processing of the followers, each counted once."""
        return self._sums[0]

    @property
    def operations(self) -> IntArray:
        """Number of followers."""
        return self._sums[1]

    def columns(self, *, followers: bool = True) -> tuple[IntArray, ...]:
        """Processing, tail, work, operations, due, deadline, weight: what :func:`rule_key` takes, in its order.

        ``followers=False`` leaves work and operations 0, for rules that do not look at them.
        """
        none = np.zeros(len(self.processing), dtype=np.int64)
        work, operations = (self.work, self.operations) if followers else (none, none)
        return self.processing, self.tail, work, operations, self.due, self.deadline, self.weight


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
    head = np.maximum(ties.start_low, 0)
    columns = {
        "processing": processing,
        "tail": tail,
        "due": due,
        "deadline": deadline,
        "weight": weight,
        "head": head,
    }
    tails, followers, gaps = ties.lag_a[arcs], ties.lag_b[arcs], start_weights(ties)[arcs]
    levels = levels_of(n, tails, followers) if n else None
    if levels is not None:
        relax(columns, tails, followers, gaps, levels)
        return RuleFacts((tails, followers, gaps), columns)
    order, acyclic = _topological(n, tails, followers)
    if not acyclic:  # contradictory lags: no schedule exists, any ranking will do
        none = np.zeros(0, dtype=np.int64)
        return RuleFacts((none, none, none), columns)
    following = _following(n, tails, followers, gaps)
    p, t, d, e, w8, heads = (c.tolist() for c in columns.values())
    for a in order:
        for b, gap in following[a]:
            heads[b] = max(heads[b], heads[a] + gap)
    for a in reversed(order):
        for b, gap in following[a]:
            t[a] = max(t[a], gap + t[b])
            # Starting a at s lets b start at s + gap at the earliest, so a must end by latest start of b + (p - gap).
            if d[b] < NO_DEADLINE:
                d[a] = min(d[a], d[b] - p[b] - gap + p[a])
            if e[b] < NO_DEADLINE:
                e[a] = min(e[a], e[b] - p[b] - gap + p[a])
            w8[a] = max(w8[a], w8[b])
    for name, values in zip(columns, (p, t, d, e, w8, heads), strict=True):
        columns[name] = np.array(values, dtype=np.int64)
    return RuleFacts((tails, followers, gaps), columns)


def _following(n: int, tails: IntArray, heads: IntArray, gaps: IntArray) -> list[list[tuple[int, int]]]:
    """Direct followers of every task, with the least distance of their starts."""
    following: list[list[tuple[int, int]]] = [[] for _ in range(n)]
    for a, b, gap in zip(tails.tolist(), heads.tolist(), gaps.tolist(), strict=True):
        following[a].append((b, gap))
    return following


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


def _parts(following: list[list[tuple[int, int]]]) -> list[list[int]]:
    """Connected parts of the ordering lags."""
    parent = list(range(len(following)))

    def find(x: int) -> int:
        while parent[x] != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for a, out in enumerate(following):
        for b, _ in out:
            parent[find(a)] = find(b)
    parts: dict[int, list[int]] = {}
    for a in range(len(following)):
        parts.setdefault(find(a), []).append(a)
    return list(parts.values())


def _sum_followers(
    part: list[int],
    following: list[list[tuple[int, int]]],
    processing: list[int],
    work: list[int],
    operations: list[int],
) -> None:
    """Work and number of followers within a connected part: reachability in blocks of bits."""
    place = {t: i for i, t in enumerate(part)}
    p = np.array([processing[t] for t in part], dtype=np.int64)
    for t in part:
        work[t] = operations[t] = 0
    block = 4096
    for low in range(0, len(part), block):
        size = min(block, len(part) - low)
        reach: NDArray[np.uint8] = np.zeros((len(part), (size + 7) // 8), dtype=np.uint8)
        for a in reversed(part):  # in topological order
            i = place[a]
            row = reach[i]
            if low <= i < low + size:
                row[(i - low) >> 3] |= np.uint8(1 << ((i - low) & 7))
            for b, _ in following[a]:
                row |= reach[place[b]]
        for i, t in enumerate(part):
            bits = np.unpackbits(reach[i], count=size, bitorder="little").astype(bool)
            operations[t] += int(bits.sum())
            work[t] += int(p[low : low + size][bits].sum())
