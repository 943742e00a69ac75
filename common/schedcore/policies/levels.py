"""Longest paths over ordering arcs, level by level in numpy."""

from __future__ import annotations

import numpy as np

from schedcore.model.arrays import NO_DEADLINE, IntArray

_MIN_WIDTH = 8
"""Mean number of tasks per level below which a plain loop is faster."""


def levels_of(n: int, tails: IntArray, heads: IntArray) -> list[IntArray] | None:
    """Arcs by the level of their tails, the sources first.

    The level of a task is the largest number of arcs on a path to it.  ``None`` if there is a cycle,
    or if the levels are so narrow that a loop over tasks is the better way.
    """
    waiting = np.bincount(heads, minlength=n)
    by_tail = np.argsort(tails, kind="stable")
    counts = np.bincount(tails, minlength=n)
    first = np.zeros(n, dtype=np.int64)
    np.cumsum(counts[:-1], out=first[1:])
    front, seen = np.flatnonzero(waiting == 0), 0
    levels: list[IntArray] = []
    while len(front):
        seen += len(front)
        size = counts[front]
        total = int(size.sum())
        offset = np.cumsum(size) - size
        arcs = by_tail[np.repeat(first[front] - offset, size) + np.arange(total)]
        levels.append(arcs)
        if len(levels) > 16 and n < _MIN_WIDTH * len(levels):
            return None
        reached = heads[arcs]
        np.subtract.at(waiting, reached, 1)
        reached = reached[waiting[reached] == 0]
        front = np.unique(reached) if len(reached) > 1 else reached
    return levels if seen == n else None


def relax(
    columns: dict[str, IntArray], tails: IntArray, heads: IntArray, gaps: IntArray, levels: list[IntArray]
) -> None:
    """Carry heads forward, and tails, due dates, deadlines and weights back, in place.

    ``gaps`` are least distances of starts.  See ``facts_of`` for what the columns mean.
    """
    p, tail, head, weight = columns["processing"], columns["tail"], columns["head"], columns["weight"]
    latest = [c for c in (columns["due"], columns["deadline"]) if (c < NO_DEADLINE).any()]
    uneven = len(weight) > 0 and bool((weight != weight[0]).any())
    for arcs in levels:
        np.maximum.at(head, heads[arcs], head[tails[arcs]] + gaps[arcs])
    for arcs in reversed(levels):
        a, b, gap = tails[arcs], heads[arcs], gaps[arcs]
        np.maximum.at(tail, a, gap + tail[b])
        for column in latest:
            bound = np.where(column[b] < NO_DEADLINE, column[b] - p[b] - gap + p[a], NO_DEADLINE)
            np.minimum.at(column, a, bound)
        if uneven:
            np.maximum.at(weight, a, weight[b])
