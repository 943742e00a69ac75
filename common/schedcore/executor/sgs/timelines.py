"""Compiled timelines of resources: step functions with earliest-fit queries and insertion.

The timelines of all resources live in three flat arrays; resource ``r`` owns the rows from
``line_ptr[r]`` on, ``count[r]`` of them in use:

* unary: busy intervals ``[first, second)`` of task ``third``, sorted, without overlap;
* renewable: from tick ``first`` on ``second`` units are free;
* reservoir: from tick ``first`` on the level is ``second`` (the first row, at -1, is the initial level).

Queries return the earliest tick at or after ``t`` that the resource alone allows, ``INF`` if none.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

from schedcore.executor.sgs.compiled import compiled
from schedcore.executor.sgs.tables import (
    CALENDAR_PTR,
    CALENDAR_TICK,
    CALENDAR_VALUE,
    INITIAL_STATE,
    STATE_AFTER,
    STATE_BEFORE,
    TRANSITION,
    TRANSITION_PTR,
    TRANSITION_SIZE,
)

INF = 1 << 60
FORBIDDEN = 1 << 58


@compiled
def last_at_or_before(ticks, base, count, t):
    """Last row whose tick is at or before ``t``, relative to ``base``; -1 if none."""
    low, high = 0, count
    while low < high:
        middle = (low + high) >> 1
        if ticks[base + middle] <= t:
            low = middle + 1
        else:
            high = middle
    return low - 1


@compiled
def unary_fit(first, second, base, count, t, duration):
    """Earliest gap of ``duration`` ticks (at least 1) on a unary resource without setups."""
    # Appending is the common case: look at the end before searching.
    if count == 0 or second[base + count - 1] <= t:
        return t
    i = last_at_or_before(second, base, count, t) + 1  # first interval that ends after t
    while i < count:
        if t + duration <= first[base + i]:
            return t
        if second[base + i] > t:
            t = second[base + i]
        i += 1
    return t


@compiled
def setup_fit(d, r, first, second, third, base, count, t, duration, before, after):
    """Earliest gap that also leaves room for the setups from and to the neighbours."""
    size = d[d[TRANSITION_SIZE] + r]
    matrix = d[d[TRANSITION_PTR] + r]
    i = last_at_or_before(second, base, count, t) + 1
    while i <= count:
        low = t
        allowed = True
        if i > 0:
            ticks = d[d[TRANSITION] + matrix + d[d[STATE_AFTER] + third[base + i - 1]] * size + before]
            allowed = ticks < FORBIDDEN
            low = max(low, second[base + i - 1] + ticks)
        elif d[d[INITIAL_STATE] + r] >= 0:
            ticks = d[d[TRANSITION] + matrix + d[d[INITIAL_STATE] + r] * size + before]
            allowed = ticks < FORBIDDEN
            low = max(low, ticks)
        if i == count:
            return low if allowed else INF
        if allowed:
            ticks = d[d[TRANSITION] + matrix + after * size + d[d[STATE_BEFORE] + third[base + i]]]
            if ticks < FORBIDDEN and low + duration + ticks <= first[base + i]:
                return low
        t = max(t, second[base + i])
        i += 1
    return INF


@compiled
def calendar_fit(d, r, t, duration, amount):
    """Earliest stretch in which the calendar itself offers ``amount`` units for ``duration`` ticks."""
    base = d[d[CALENDAR_PTR] + r]
    count = d[d[CALENDAR_PTR] + r + 1] - base
    if count == 0:
        return t
    i = last_at_or_before(d, d[CALENDAR_TICK] + base, count, t)
    while i < count:
        if d[d[CALENDAR_VALUE] + base + i] < amount:
            i += 1
            if i == count:
                return INF
            t = d[d[CALENDAR_TICK] + base + i]
            continue
        j = i + 1
        while j < count and d[d[CALENDAR_TICK] + base + j] < t + duration and d[d[CALENDAR_VALUE] + base + j] >= amount:
            j += 1
        if j == count or d[d[CALENDAR_TICK] + base + j] >= t + duration:
            return t
        i = j
    return INF


@compiled
def renewable_fit(first, second, base, count, t, duration, amount):
    """Earliest stretch of ``duration`` ticks (at least 1) with ``amount`` free units."""
    i = last_at_or_before(first, base, count, t)
    while True:
        while i < count and second[base + i] < amount:
            i += 1
            if i < count:
                t = first[base + i]
        if i == count:
            return INF
        j = i + 1
        while j < count and first[base + j] < t + duration and second[base + j] >= amount:
            j += 1
        if j == count or first[base + j] >= t + duration:
            return t
        i = j


@compiled
def reservoir_fit(first, second, base, count, t, duration, at_start, at_end, low, high):
    """Earliest start whose changes at start and end keep the level within bounds at all later ticks."""
    total = at_start + at_end
    # From the end on the level is shifted by both changes: nothing bad may come after it.
    i = count - 1
    while i >= 0 and low <= second[base + i] + total <= high:
        i -= 1
    if i == count - 1:
        return INF
    if i >= 0 and first[base + i + 1] - duration > t:
        t = first[base + i + 1] - duration
    if duration == 0 or at_start == 0:
        return t
    i = last_at_or_before(first, base, count, t)
    while True:
        while i < count and not low <= second[base + i] + at_start <= high:
            i += 1
            if i < count:
                t = first[base + i]
        if i == count:
            return INF
        j = i + 1
        while j < count and first[base + j] < t + duration and low <= second[base + j] + at_start <= high:
            j += 1
        if j == count or first[base + j] >= t + duration:
            return t
        i = j


@compiled
def unary_insert(first, second, third, base, count, start, end, task):
    """Put a busy interval in; the caller adds 1 to the count."""
    i = count
    while i > 0 and first[base + i - 1] >= start:
        first[base + i] = first[base + i - 1]
        second[base + i] = second[base + i - 1]
        third[base + i] = third[base + i - 1]
        i -= 1
    first[base + i] = start
    second[base + i] = end
    third[base + i] = task


@compiled
def unary_remove(first, second, third, base, count, task):
    """Take the interval of ``task`` out; returns the new count."""
    i = 0
    while i < count and third[base + i] != task:
        i += 1
    if i == count:
        return count
    while i + 1 < count:
        first[base + i] = first[base + i + 1]
        second[base + i] = second[base + i + 1]
        third[base + i] = third[base + i + 1]
        i += 1
    return count - 1


@compiled
def split(first, second, base, count, t):
    """Make sure that a row begins at ``t``; returns its position and the new count."""
    i = last_at_or_before(first, base, count, t)
    if i >= 0 and first[base + i] == t:
        return i, count
    k = count
    while k > i + 1:
        first[base + k] = first[base + k - 1]
        second[base + k] = second[base + k - 1]
        k -= 1
    first[base + i + 1] = t
    second[base + i + 1] = second[base + i]
    return i + 1, count + 1


@compiled
def add_between(first, second, base, count, start, end, delta):
    """Add ``delta`` on ``[start, end)`` (``end`` may be ``INF``); returns the new count."""
    i, count = split(first, second, base, count, start)
    j = count
    if end < INF:
        j, count = split(first, second, base, count, end)
    for k in range(i, j):
        second[base + k] += delta
    return count
