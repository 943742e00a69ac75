"""Compiled bounds from the lag network alone: the floors from which list scheduling starts."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

import numpy as np

from schedcore.executor.sgs.compiled import compiled
from schedcore.executor.sgs.tables import (
    DURATION,
    DURATION_MAX,
    END_LOW,
    LAG_A,
    LAG_A_EDGE,
    LAG_B,
    LAG_B_EDGE,
    LAG_MAX,
    LAG_MIN,
    MODE_PTR,
    SPAN_HIGH,
    SPAN_LOW,
    START_LOW,
)

NO_DEADLINE = 1 << 43
NO_MIN_LAG = -(1 << 43)


@compiled
def raise_floors(d, wanted, floors):
    """Raise ``floors`` (earliest starts) to the longest paths of the lag network (Bellman-Ford).

    Returns -1, or a lag on a cycle that cannot be satisfied.
    """
    n = len(floors)
    ends, least, most = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64)
    for t in range(n):
        low, high = NO_DEADLINE, 0
        for m in range(d[d[MODE_PTR] + t], d[d[MODE_PTR] + t + 1]):
            low = min(low, d[d[DURATION] + m])
            high = max(high, d[d[DURATION_MAX] + m])
        least[t] = max(low, d[d[SPAN_LOW] + t])
        most[t] = min(high, d[d[SPAN_HIGH] + t])
        floors[t] = max(floors[t], d[d[START_LOW] + t], d[d[END_LOW] + t] - most[t], 0)
        ends[t] = max(floors[t] + least[t], d[d[END_LOW] + t])
    lags = d[LAG_A + 1] - d[LAG_A]
    for _ in range(2 * n + 2):
        culprit = -1
        for i in range(lags):
            a, b = d[d[LAG_A] + i], d[d[LAG_B] + i]
            if not (wanted[a] and wanted[b]):
                continue
            at = floors[a] if d[d[LAG_A_EDGE] + i] == 0 else ends[a]
            bt = floors[b] if d[d[LAG_B_EDGE] + i] == 0 else ends[b]
            low, high = d[d[LAG_MIN] + i], d[d[LAG_MAX] + i]
            if low > NO_MIN_LAG and bt < at + low:
                task, edge, bound = b, d[d[LAG_B_EDGE] + i], at + low
            elif high < NO_DEADLINE and at < bt - high:
                task, edge, bound = a, d[d[LAG_A_EDGE] + i], bt - high
            else:
                continue
            culprit = i
            if edge == 0:
                floors[task] = bound
                ends[task] = max(ends[task], bound + least[task])
            else:
                ends[task] = bound
                floors[task] = max(floors[task], bound - most[task])
        if culprit < 0:
            return -1
    return culprit
