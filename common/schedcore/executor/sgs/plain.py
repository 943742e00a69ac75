"""The compiled serial schedule generation scheme for plain problems.

Plain: unary and renewable resources without setups and calendars, one mode of fixed duration per task,
minimum lags from ends to starts, releases, deadlines.  Same schedule as ``serial_pass``, several times faster.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

import numpy as np

from schedcore.executor.sgs.compiled import compiled
from schedcore.executor.sgs.heap import heap_pop, heap_push
from schedcore.executor.sgs.timelines import INF, add_between, renewable_fit, unary_fit, unary_insert


@compiled
def group_by(keys, count):
    """Positions of ``keys`` grouped by value, in compressed rows."""
    pointers = np.zeros(count + 1, np.int64)
    for key in keys:
        pointers[key + 1] += 1
    for i in range(count):
        pointers[i + 1] += pointers[i]
    rows = np.empty(len(keys), np.int64)
    fill = pointers[:-1].copy()
    for i in range(len(keys)):
        rows[fill[keys[i]]] = i
        fill[keys[i]] += 1
    return pointers, rows


@compiled
def plain_pass(
    rank,
    by_rank,
    duration,
    demand_ptr,
    demand_resource,
    demand_amount,
    unary,
    capacity,
    lag_a,
    lag_b,
    lag_min,
    start_low,
    end_high,
    starts,
    ends,
):
    """Place all tasks in order of priority; returns -1, or the first task that misses its deadline.

    ``n`` minus the number placed is returned as ``-1 - left`` if lags wait for each other.
    """
    n, resources = len(rank), len(unary)
    line_ptr = np.zeros(resources + 1, np.int64)
    for r in demand_resource:
        line_ptr[r + 1] += 1 if unary[r] else 2
    for r in range(resources):
        line_ptr[r + 1] += line_ptr[r] + 2
    room = line_ptr[resources]
    first, second, third = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    count = np.zeros(resources, np.int64)
    for r in range(resources):
        if not unary[r]:
            first[line_ptr[r]], second[line_ptr[r]], count[r] = 0, capacity[r], 1
    out_ptr, out_lag = group_by(lag_a, n)
    waiting = np.zeros(n, np.int64)
    for b in lag_b:
        waiting[b] += 1
    earliest = start_low.copy()
    heap = np.empty(n + 1, np.int64)
    size = 0
    for t in range(n):
        if waiting[t] == 0:
            size = heap_push(heap, size, rank[t])
    left = n
    while size > 0:
        task = by_rank[heap_pop(heap, size)]
        size -= 1
        left -= 1
        start, length = earliest[task], duration[task]
        low, high = demand_ptr[task], demand_ptr[task + 1]
        if length > 0:
            while True:
                before = start
                for k in range(low, high):
                    r = demand_resource[k]
                    base = line_ptr[r]
                    if unary[r]:
                        start = unary_fit(first, second, base, count[r], start, length)
                    else:
                        start = renewable_fit(first, second, base, count[r], start, length, demand_amount[k])
                        if start >= INF:
                            return task
                if start == before or high - low == 1:
                    break
        end = start + length
        if end > end_high[task]:
            return task
        starts[task], ends[task] = start, end
        if length > 0:
            for k in range(low, high):
                r = demand_resource[k]
                if unary[r]:
                    unary_insert(first, second, third, line_ptr[r], count[r], start, end, task)
                    count[r] += 1
                else:
                    count[r] = add_between(first, second, line_ptr[r], count[r], start, end, -demand_amount[k])
        for k in range(out_ptr[task], out_ptr[task + 1]):
            i = out_lag[k]
            other = lag_b[i]
            if end + lag_min[i] > earliest[other]:
                earliest[other] = end + lag_min[i]
            waiting[other] -= 1
            if waiting[other] == 0:
                size = heap_push(heap, size, rank[other])
    return -1 if left == 0 else -1 - left
