"""Compiled inner loop of the packer: decode a sequence, and anneal.  Imported only where it is used (numba).

A solution is a sequence of the tasks, a mode and a stage per task.  It is decoded by placing the tasks in the order of
the sequence as early as their predecessors, the tasks before them on their stream, and the shares allow; then, in a
second pass, from the back as late as possible.  The period is the smallest that lets the pattern follow itself.
"""

# numba compiles only the functions of numpy's old generator; its state belongs to the compiled code alone.
# ruff: noqa: NPY002
# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc"

from __future__ import annotations

import numpy as np
from numba import njit

_FAR = 1 << 40


@njit(cache=True, nogil=True)
def _place(order, count, start, end, share, earliest, length, amount, capacity):
    """The earliest start >= ``earliest`` at which ``amount`` fits for ``length`` beside the ``count`` placed tasks."""
    at = earliest
    moved = True
    while moved:
        moved = False
        # The load within [at, at + length) changes at `at` and at the starts of placed tasks.
        for probe in range(-1, count):
            t = at if probe < 0 else start[order[probe]]
            if t < at or t >= at + length:
                continue
            load = amount
            first_end = _FAR
            for k in range(count):
                i = order[k]
                if start[i] <= t and t < end[i]:
                    load += share[i]
                    first_end = min(first_end, end[i])
            if load > capacity:
                at = first_end
                moved = True
                break
    return at


@njit(cache=True, nogil=True)
def period_of(n, start, end, share, stream, num_streams, before, after, rounds, stage, capacity, low):
    """The smallest period for phases ``start`` and ``end`` (all starts >= 0); ``_FAR`` if a precedence cannot hold."""
    period = low
    first = np.full(num_streams, _FAR, np.int64)
    last = np.zeros(num_streams, np.int64)
    finish = 0
    for i in range(n):
        first[stream[i]] = min(first[stream[i]], start[i])
        last[stream[i]] = max(last[stream[i]], end[i])
        period = max(period, start[i] + 1)
        finish = max(finish, end[i])
    for s in range(num_streams):
        if first[s] < _FAR:
            period = max(period, last[s] - first[s])
    for k in range(len(before)):
        a, b = before[k], after[k]
        apart = rounds[k] + stage[b] - stage[a]
        if apart < 0 or (apart == 0 and start[b] < end[a]):
            return _FAR
        if apart == 1:
            period = max(period, end[a] - start[b])
    # What reaches beyond the period runs beside the next round's head.
    period = max(period, (finish + 1) // 2)
    changed = True
    while changed:
        changed = False
        for probe in range(2 * n):
            # The load of the window changes at the starts of both rounds.
            if probe < n:
                t = start[probe] + period
            else:
                t = start[probe - n]
                if t < period:
                    continue
            if t >= finish:
                continue
            load = 0
            step = _FAR
            for i in range(n):
                if start[i] <= t and t < end[i]:
                    load += share[i]
                    # The next round later by this much, and i is over when the head comes.
                    step = min(step, end[i] - t)
                if start[i] + period <= t and t < end[i] + period:
                    load += share[i]
            if load > capacity:
                period += max(1, step) if probe < n else 1
                changed = True
                break
    return period


@njit(cache=True, nogil=True)
def decode(
    n, sequence, mode, stage, durations, shares, stream, num_streams, before, after, rounds, capacity, low, start, end
):
    """Fill ``start`` and ``end`` with phases, and return the period (``_FAR``: the sequence breaks a precedence)."""
    share = np.empty(n, np.int64)
    for i in range(n):
        share[i] = shares[i, mode[i]]
    free = np.zeros(num_streams, np.int64)
    position = np.empty(n, np.int64)
    for k in range(n):
        position[sequence[k]] = k
    for k in range(n):
        i = sequence[k]
        ready = free[stream[i]]
        for d in range(len(before)):
            if after[d] == i:
                a = before[d]
                apart = rounds[d] + stage[i] - stage[a]
                if apart < 0 or (apart == 0 and position[a] > k):
                    return _FAR
                if apart == 0:
                    ready = max(ready, end[a])
        length = durations[i, mode[i]]
        at = _place(sequence, k, start, end, share, ready, length, share[i], capacity)
        start[i] = at
        end[i] = at + length
        free[stream[i]] = end[i]
    forward = period_of(n, start, end, share, stream, num_streams, before, after, rounds, stage, capacity, low)
    # Second pass, in mirrored time: as late as possible below the same finish.
    finish = 0
    for i in range(n):
        finish = max(finish, end[i])
    back = np.arange(n)
    for k in range(1, n):
        x = back[k]
        m = k
        while m > 0 and end[back[m - 1]] < end[x]:
            back[m] = back[m - 1]
            m -= 1
        back[m] = x
    mirror_start = np.empty(n, np.int64)
    mirror_end = np.empty(n, np.int64)
    free[:] = 0
    for k in range(n):
        i = back[k]
        ready = free[stream[i]]
        for d in range(len(before)):
            if before[d] == i:
                b = after[d]
                if rounds[d] + stage[b] - stage[i] == 0:
                    ready = max(ready, mirror_end[b])
        length = durations[i, mode[i]]
        at = _place(back, k, mirror_start, mirror_end, share, ready, length, share[i], capacity)
        mirror_start[i] = at
        mirror_end[i] = at + length
        free[stream[i]] = mirror_end[i]
    top = 0
    for i in range(n):
        top = max(top, mirror_end[i])
    late_start = np.empty(n, np.int64)
    late_end = np.empty(n, np.int64)
    for i in range(n):
        late_start[i] = top - mirror_end[i]
        late_end[i] = top - mirror_start[i]
    backward = period_of(
        n, late_start, late_end, share, stream, num_streams, before, after, rounds, stage, capacity, low
    )
    if backward < forward:
        for i in range(n):
            start[i] = late_start[i]
            end[i] = late_end[i]
        return backward
    return forward


@njit(cache=True, nogil=True)
def anneal(
    sequence, mode, stage, durations, shares, num_modes, stream, num_streams, before, after, rounds, capacity, low,
    steps, seed, hot, cold, two_stages, best_start, best_end, best_mode, best_stage,
):  # fmt: skip
    """Simulated annealing from a solution, which is changed; the best is left in ``best_*``; returns its period."""
    np.random.seed(seed)
    n = len(sequence)
    start = np.zeros(n, np.int64)
    end = np.zeros(n, np.int64)
    value = decode(
        n,
        sequence,
        mode,
        stage,
        durations,
        shares,
        stream,
        num_streams,
        before,
        after,
        rounds,
        capacity,
        low,
        start,
        end,
    )
    best = value
    best_start[:] = start
    best_end[:] = end
    best_mode[:] = mode
    best_stage[:] = stage
    trial = sequence.copy()
    for step in range(steps):
        if best <= low:
            break
        temperature = hot * (cold / hot) ** (step / steps)
        kind = np.random.randint(0, 10)
        trial[:] = sequence
        i = np.random.randint(0, n)
        old_mode, old_stage = mode[i], stage[i]
        j = np.random.randint(0, n)
        other_mode = mode[j]
        if kind < 4:
            if np.random.random() < 0.6:
                mode[i] = min(max(mode[i] + (1 if np.random.random() < 0.5 else -1), 0), num_modes[i] - 1)
            else:
                mode[i] = np.random.randint(0, num_modes[i])
            if kind == 0:
                mode[j] = min(max(mode[j] + (1 if np.random.random() < 0.5 else -1), 0), num_modes[j] - 1)
        elif kind < 9 or not two_stages:
            a = np.random.randint(0, n)
            b = min(max(a + np.random.randint(-6, 7), 0), n - 1)
            x = trial[a]
            if b > a:
                for k in range(a, b):
                    trial[k] = trial[k + 1]
            else:
                for k in range(a, b, -1):
                    trial[k] = trial[k - 1]
            trial[b] = x
            if kind == 8:
                mode[i] = np.random.randint(0, num_modes[i])
        else:
            stage[i] = 1 - stage[i]
            a = np.random.randint(0, n)
            for k in range(n):
                if trial[k] == i:
                    x = trial[a]
                    trial[a] = trial[k]
                    trial[k] = x
                    break
        found = decode(
            n, trial, mode, stage, durations, shares, stream, num_streams, before, after, rounds, capacity, low,
            start, end,
        )  # fmt: skip
        if found <= value or (found < _FAR and np.random.random() < np.exp((value - found) / temperature)):
            value = found
            sequence[:] = trial
            if value < best:
                best = value
                best_start[:] = start
                best_end[:] = end
                best_mode[:] = mode
                best_stage[:] = stage
        else:
            mode[j] = other_mode
            mode[i] = old_mode
            stage[i] = old_stage
    return best
