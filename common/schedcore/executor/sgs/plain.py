"""The compiled serial schedule generation scheme for plain problems.

Plain: unary and renewable resources without setups and calendars, one mode of fixed duration per task,
minimum lags from ends to starts, releases, deadlines.  Same schedule as ``serial_pass``, several times faster.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

import numpy as np

from schedcore.executor.sgs.compiled import compiled
from schedcore.executor.sgs.heap import heap_pop, heap_push
from schedcore.executor.sgs.timelines import INF, add_between, renewable_fit, unary_fit


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


_EARLIEST, _WAITING, _DURATION, _LATEST, _RANK, _OUT, _DEMANDS, _MACHINE = range(8)
"""Columns of a task's record: 64 bytes, so that a task costs one line of cache wherever it lies."""
_COUNT_BITS = 20
"""Pointers into lists carry the length of the list in their lowest bits."""


@compiled
def records_of(
    rank, duration, demand_ptr, demand_resource, unary, lag_a, lag_b, lag_min, start_low, end_high, followers
):
    """Records of all tasks, and their followers with minimum lags (``followers``: [lag, 2], filled here)."""
    n = len(rank)
    records = np.zeros((n, 8), np.int64)
    for a in lag_a:
        records[a, _OUT] += 1
    begin = 0
    for t in range(n):
        count = records[t, _OUT]
        record = records[t]
        record[_OUT] = begin << _COUNT_BITS
        begin += count
        record[_EARLIEST], record[_DURATION] = start_low[t], duration[t]
        record[_LATEST], record[_RANK] = end_high[t], rank[t]
        low, high = demand_ptr[t], demand_ptr[t + 1]
        record[_DEMANDS] = low << _COUNT_BITS | (high - low)
        record[_MACHINE] = demand_resource[low] if high == low + 1 and unary[demand_resource[low]] else -1
    for i in range(len(lag_a)):
        record = records[lag_a[i]]
        row = (record[_OUT] >> _COUNT_BITS) + (record[_OUT] & ((1 << _COUNT_BITS) - 1))
        followers[row, 0], followers[row, 1] = lag_b[i], lag_min[i]
        record[_OUT] += 1
        records[lag_b[i], _WAITING] += 1
    return records


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
):
    """Place all tasks in order of priority; returns -1, or the first task that misses its deadline.

    ``n`` minus the number placed is returned as ``-1 - left`` if lags wait for each other.
    """
    n, resources = len(rank), len(unary)
    mask = (1 << _COUNT_BITS) - 1
    line_ptr = np.zeros(resources + 1, np.int64)
    for r in demand_resource:
        line_ptr[r + 1] += 1 if unary[r] else 2
    for r in range(resources):
        line_ptr[r + 1] += line_ptr[r] + 2
    room = line_ptr[resources]
    first, second = np.empty(room, np.int64), np.empty(room, np.int64)
    count = np.zeros(resources, np.int64)
    for r in range(resources):
        if not unary[r]:
            first[line_ptr[r]], second[line_ptr[r]], count[r] = 0, capacity[r], 1
    followers = np.empty((len(lag_a), 2), np.int64)
    records = records_of(
        rank, duration, demand_ptr, demand_resource, unary, lag_a, lag_b, lag_min, start_low, end_high, followers
    )
    heap = np.empty(n + 1, np.int64)
    size = 0
    for t in range(n):
        if records[t, _WAITING] == 0:
            size = heap_push(heap, size, rank[t])
    left = n
    while size > 0:
        task = by_rank[heap_pop(heap, size)]
        size -= 1
        left -= 1
        record = records[task]
        start, length, machine = record[_EARLIEST], record[_DURATION], record[_MACHINE]
        low = record[_DEMANDS] >> _COUNT_BITS
        high = low + (record[_DEMANDS] & mask)
        if length > 0 and machine >= 0:
            start = unary_fit(first, second, line_ptr[machine], count[machine], start, length)
        elif length > 0:
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
        if end > record[_LATEST]:
            return task
        starts[task] = start
        if length > 0 and machine >= 0:
            interval_insert(first, second, line_ptr[machine], count[machine], start, end)
            count[machine] += 1
        elif length > 0:
            for k in range(low, high):
                r = demand_resource[k]
                if unary[r]:
                    interval_insert(first, second, line_ptr[r], count[r], start, end)
                    count[r] += 1
                else:
                    count[r] = add_between(first, second, line_ptr[r], count[r], start, end, -demand_amount[k])
        begin = record[_OUT] >> _COUNT_BITS
        for row in range(begin, begin + (record[_OUT] & mask)):
            other = records[followers[row, 0]]
            other[_EARLIEST] = max(other[_EARLIEST], end + followers[row, 1])
            other[_WAITING] -= 1
            if other[_WAITING] == 0:
                size = heap_push(heap, size, other[_RANK])
    return -1 if left == 0 else -1 - left


@compiled
def interval_insert(first, second, base, count, start, end):
    """Put a busy interval in; the caller adds 1 to the count."""
    i = base + count
    while i > base and first[i - 1] >= start:
        first[i] = first[i - 1]
        second[i] = second[i - 1]
        i -= 1
    first[i] = start
    second[i] = end
