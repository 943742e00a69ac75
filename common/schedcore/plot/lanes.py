"""Lanes: where bars that share a resource are drawn so that they do not hide each other."""

from __future__ import annotations

import heapq

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]


def first_fit(start: IntArray, end: IntArray) -> tuple[IntArray, int]:
    """Lane of every interval ``[start, end)``: in order of start, the lowest lane that is free.

    The number of lanes is the largest number of intervals that overlap (at least 1).  Intervals
    without length, or with a negative one, occupy nothing and are put on the lowest lane that is
    free at their start (the last one if none is).

    Returns
    -------
    lane
        ``[interval]``, from 0.
    count
        Number of lanes.
    """
    lane = np.zeros(len(start), dtype=np.int64)
    busy: list[tuple[int, int]] = []
    free: list[int] = []
    count = 0
    order = np.lexsort((-end, start))
    for i, s, e in zip(order.tolist(), start[order].tolist(), end[order].tolist(), strict=True):
        while busy and busy[0][0] <= s:
            heapq.heappush(free, heapq.heappop(busy)[1])
        if e <= s:
            lane[i] = free[0] if free else max(0, count - 1)
            continue
        if free:
            lane[i] = heapq.heappop(free)
        else:
            lane[i] = count
            count += 1
        heapq.heappush(busy, (e, int(lane[i])))
    return lane, max(1, count)


def first_fit_circular(start: IntArray, end: IntArray, owner: IntArray, period: int) -> tuple[IntArray, int]:
    """The same on a circle: pieces of ``[0, period)`` as :func:`~schedcore.plot.folding.fold` gives them.

    A piece that runs up to ``period`` and the next piece of the same ``owner`` that begins at 0 keep
    one lane if they do not overlap, so that work across the seam reads as one bar.
    """
    lane = np.full(len(start), -1, dtype=np.int64)
    free: list[int] = []  # first phase from which the lane is free
    limit: list[int] = []  # phase at which the lane is taken again
    for i in range(len(start) - 1):
        wraps = end[i] == period and start[i + 1] == 0 and owner[i] == owner[i + 1] and end[i + 1] <= start[i]
        if wraps and end[i + 1] > 0 and lane[i] < 0:
            lane[i] = lane[i + 1] = len(free)
            free.append(int(end[i + 1]))
            limit.append(int(start[i]))
    for i in np.lexsort((-end, start)).tolist():
        if lane[i] >= 0:
            continue
        s, e = int(start[i]), int(end[i])
        fitting = (k for k in range(len(free)) if free[k] <= s and e <= limit[k])
        k = next(fitting, len(free))
        if e <= s:
            lane[i] = min(k, max(0, len(free) - 1))
            continue
        if k == len(free):
            free.append(0)
            limit.append(period)
        free[k] = e
        lane[i] = k
    return lane, max(1, len(free))
