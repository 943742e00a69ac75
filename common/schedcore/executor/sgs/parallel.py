"""Compiled chronological dispatching: what :class:`PriorityPolicy` does on the executor, in one pass.

``dispatch_pass`` serves shops of single unary demands, ``chronological_pass`` everything without
look-ahead (no maximum lags, holds, elastic durations, optional tasks, mode links).  Both give exactly
the schedule of the executor; where they fail, the executor is asked to say why.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

import numpy as np

from schedcore.executor.sgs.compiled import compiled
from schedcore.executor.sgs.heap import heap_pop, heap_push
from schedcore.executor.sgs.plain import group_by
from schedcore.executor.sgs.tables import (
    CALENDAR_PTR,
    CALENDAR_TICK,
    CALENDAR_VALUE,
    DEMAND_AMOUNT,
    DEMAND_PTR,
    DEMAND_RESOURCE,
    DURATION,
    EFFECT_END,
    EFFECT_END_RATE,
    EFFECT_PTR,
    EFFECT_RESERVOIR,
    EFFECT_START,
    EFFECT_START_RATE,
    INITIAL_STATE,
    KIND,
    LAG_A_EDGE,
    LAG_B,
    LAG_MIN,
    LEVEL_INITIAL,
    LEVEL_MAXIMUM,
    LEVEL_MINIMUM,
    MODE_PTR,
    OUT_LAG,
    OUT_PTR,
    START_LOW,
    STATE_AFTER,
    STATE_BEFORE,
    TRANSITION,
    TRANSITION_PTR,
    TRANSITION_SIZE,
)
from schedcore.executor.sgs.timelines import FORBIDDEN, INF, last_at_or_before
from schedcore.policies.rules import FIFO, rule_key

_UNARY = 0
_NO_DEADLINE = float(1 << 43)

compiled_rule_key = compiled(rule_key)


@compiled
def dispatch_pass(
    rank, by_rank, first_come, duration, machine, lag_a, lag_b, lag_min, start_low, machines, starts, ends
):
    """Non-delay schedule of tasks with one unary demand each, one mode, minimum lags from ends to starts.

    ``first_come`` ranks by arrival (then task id) instead of ``rank``.  Returns the number of tasks
    that never became ready.
    """
    n = len(rank)
    out_ptr, out_lag = group_by(lag_a, n)
    waiting = np.zeros(n, np.int64)
    for b in lag_b:
        waiting[b] += 1
    earliest = start_low.copy()
    # One heap of ready tasks per machine, laid out one after the other.
    base = np.zeros(machines + 1, np.int64)
    for m in machine:
        base[m + 1] += 1
    for m in range(machines):
        base[m + 1] += base[m]
    ready = np.empty(n + 1, np.int64)
    size = np.zeros(machines, np.int64)
    busy = np.zeros(machines, np.bool_)
    touched = np.empty(machines, np.int64)
    is_touched = np.zeros(machines, np.bool_)
    events = np.empty(2 * n + 2, np.int64)  # tick * 2n + task: the task ends; + n: it becomes ready
    num_events = 0
    for t in range(n):
        if waiting[t] == 0:
            num_events = heap_push(events, num_events, earliest[t] * 2 * n + n + t)
    left = n
    while num_events > 0:
        now = events[0] // (2 * n)
        num_touched = 0
        while num_events > 0 and events[0] // (2 * n) == now:
            event = heap_pop(events, num_events) % (2 * n)
            num_events -= 1
            if event >= n:
                t = event - n
                m = machine[t]
                value = earliest[t] * n + t if first_come else rank[t]
                heap = ready[base[m] : base[m + 1]]
                size[m] = heap_push(heap, size[m], value)
            else:
                t = event
                m = machine[t]
                busy[m] = False
                for k in range(out_ptr[t], out_ptr[t + 1]):
                    i = out_lag[k]
                    other = lag_b[i]
                    if now + lag_min[i] > earliest[other]:
                        earliest[other] = now + lag_min[i]
                    waiting[other] -= 1
                    if waiting[other] == 0:
                        at = max(now, earliest[other])
                        num_events = heap_push(events, num_events, at * 2 * n + n + other)
            if not is_touched[m]:
                is_touched[m] = True
                touched[num_touched] = m
                num_touched += 1
        for k in range(num_touched):
            m = touched[k]
            is_touched[m] = False
            heap = ready[base[m] : base[m + 1]]
            while not busy[m] and size[m] > 0:
                value = heap_pop(heap, size[m])
                size[m] -= 1
                t = value % n if first_come else by_rank[value]
                starts[t], ends[t] = now, now + duration[t]
                left -= 1
                busy[m] = True
                num_events = heap_push(events, num_events, ends[t] * 2 * n + t)
    return left


@compiled
def units_at(d, r, tick, static):
    """Units that the calendar of a resource gives at ``tick``."""
    low, high = d[d[CALENDAR_PTR] + r], d[d[CALENDAR_PTR] + r + 1]
    if low == high:
        return static
    k = max(0, last_at_or_before(d, d[CALENDAR_TICK] + low, high - low, tick))
    return d[d[CALENDAR_VALUE] + low + k]


@compiled
def setups_done(d, last, ends, mode, task):
    """The tick from which on all setups of a mode can be done, ``INF`` if one is forbidden."""
    tick = 0
    for k in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
        r = d[d[DEMAND_RESOURCE] + k]
        offset = d[d[TRANSITION_PTR] + r]
        if offset < 0:
            continue
        size = d[d[TRANSITION_SIZE] + r]
        if last[r] < 0:
            state, begin = d[d[INITIAL_STATE] + r], 0
            if state < 0:
                continue
        else:
            state, begin = d[d[STATE_AFTER] + last[r]], ends[last[r]]
        ticks = d[d[TRANSITION] + offset + state * size + d[d[STATE_BEFORE] + task]]
        if ticks >= FORBIDDEN:
            return INF
        tick = max(tick, begin + ticks)
    return tick


@compiled
def may_start(d, task, mode, now, used, last, level, ends, running, num_running, run_mode, latest_end):
    """Whether a ready task may start now in a mode (flat)."""
    duration = d[d[DURATION] + mode]
    end = now + duration
    if end > latest_end[task]:
        return False
    if duration > 0:
        for k in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
            r, amount = d[d[DEMAND_RESOURCE] + k], d[d[DEMAND_AMOUNT] + k]
            if used[r] + amount > units_at(d, r, now, 1):
                return False
            low, high = d[d[CALENDAR_PTR] + r], d[d[CALENDAR_PTR] + r + 1]
            for c in range(low + last_at_or_before(d, d[CALENDAR_TICK] + low, high - low, now) + 1, high):
                tick = d[d[CALENDAR_TICK] + c]
                if tick >= end:
                    break
                in_use = 0
                for j in range(num_running):
                    other = running[j]
                    if ends[other] > tick:
                        for e in range(d[d[DEMAND_PTR] + run_mode[other]], d[d[DEMAND_PTR] + run_mode[other] + 1]):
                            if d[d[DEMAND_RESOURCE] + e] == r:
                                in_use += d[d[DEMAND_AMOUNT] + e]
                if in_use + amount > d[d[CALENDAR_VALUE] + c]:
                    return False
        if setups_done(d, last, ends, mode, task) > now:
            return False
    for k in range(d[d[EFFECT_PTR] + mode], d[d[EFFECT_PTR] + mode + 1]):
        r = d[d[EFFECT_RESERVOIR] + k]
        at_start = d[d[EFFECT_START] + k] + d[d[EFFECT_START_RATE] + k] * duration
        at_end = d[d[EFFECT_END] + k] + d[d[EFFECT_END_RATE] + k] * duration
        low, high = d[d[LEVEL_MINIMUM] + r], d[d[LEVEL_MAXIMUM] + r]
        # The level changes only now, at the task's end and at the ends of what runs: look at each of them.
        for j in range(-2, num_running):
            tick = now if j == -2 else (end if j == -1 else ends[running[j]])
            value = level[r] + at_start
            if tick >= end:
                value += at_end
            for i in range(num_running):
                other = running[i]
                if ends[other] <= tick:
                    m = run_mode[other]
                    for e in range(d[d[EFFECT_PTR] + m], d[d[EFFECT_PTR] + m + 1]):
                        if d[d[EFFECT_RESERVOIR] + e] == r:
                            value += d[d[EFFECT_END] + e] + d[d[EFFECT_END_RATE] + e] * d[d[DURATION] + m]
            if value < low or value > high:
                return False
    return True


@compiled
def chronological_pass(
    d, code, facts, mean, keys, waits, waiting, latest_end, latest_start, by_latest, breaks, starts, ends, modes, info
):
    """Non-delay schedule by a priority rule.

    Parameters
    ----------
    code
        Rule for :func:`rule_key`, or -1: ``keys`` are static.
    facts
        ``[task, 7]`` processing, tail, work, operations, due, deadline, weight.
    waits
        Per lag: 1 if its second task waits for the edge of the first.
    waiting
        Number of such lags into each task (used up).
    by_latest
        Tasks with a finite latest start, by that.
    breaks
        All ticks at which a calendar changes, increasing.
    info
        Output: number of events.

    Returns
    -------
    int
        Tasks left unplaced: 0 is success, -1 a dead end.
    """
    n = len(keys)
    resources = d[KIND + 1] - d[KIND]
    used, last = np.zeros(resources, np.int64), np.full(resources, -1, np.int64)
    level = np.zeros(resources, np.int64)
    for r in range(resources):
        level[r] = d[d[LEVEL_INITIAL] + r]
    has_setups = d[TRANSITION + 1] > d[TRANSITION]
    has_effects = d[EFFECT_RESERVOIR + 1] > d[EFFECT_RESERVOIR]
    earliest = np.empty(n, np.int64)
    run_mode = np.full(n, -1, np.int64)
    queue = np.empty(n + 1, np.int64)
    num_queue = 0
    running = np.empty(n + 1, np.int64)
    num_running = 0
    place_of = np.empty(n, np.int64)  # of a running task
    first_parked = np.full(resources, -1, np.int64)
    next_parked = np.empty(n, np.int64)
    events = np.empty(2 * n + 2, np.int64)
    num_events = 0
    for t in range(n):
        starts[t] = -1
        earliest[t] = max(0, d[d[START_LOW] + t])
        if waiting[t] == 0:
            num_events = heap_push(events, num_events, earliest[t] * 2 * n + n + t)
    now, left, next_break, deadline_at, count = 0, n, 0, 0, 0
    while True:
        # --- events of this tick ------------------------------------------------------------------
        while num_events > 0 and events[0] // (2 * n) <= now:
            event = heap_pop(events, num_events) % (2 * n)
            num_events -= 1
            count += 1
            if event >= n:
                t = event - n
                if code == FIFO:
                    keys[t] = earliest[t]
                elif code >= 0:
                    keys[t] = key_of(code, now, earliest[t], facts, mean, t)
                num_queue = enqueue(queue, num_queue, keys, t)
                continue
            t = event
            m = run_mode[t]
            if ends[t] > starts[t]:
                for k in range(d[d[DEMAND_PTR] + m], d[d[DEMAND_PTR] + m + 1]):
                    r = d[d[DEMAND_RESOURCE] + k]
                    used[r] -= d[d[DEMAND_AMOUNT] + k]
                    while first_parked[r] >= 0:
                        other = first_parked[r]
                        first_parked[r] = next_parked[other]
                        num_queue = enqueue(queue, num_queue, keys, other)
            for k in range(d[d[EFFECT_PTR] + m], d[d[EFFECT_PTR] + m + 1]):
                change = d[d[EFFECT_END] + k] + d[d[EFFECT_END_RATE] + k] * d[d[DURATION] + m]
                level[d[d[EFFECT_RESERVOIR] + k]] += change
            num_running -= 1
            running[place_of[t]] = running[num_running]
            place_of[running[num_running]] = place_of[t]
            num_events = let_go(d, t, 1, now, waits, waiting, earliest, ends, events, num_events, n)
        # --- decisions ----------------------------------------------------------------------------
        if code >= 0 and code != FIFO:
            for k in range(num_queue):
                keys[queue[k]] = key_of(code, now, earliest[queue[k]], facts, mean, queue[k])
            for k in range(1, num_queue):  # hardly anything changes place from tick to tick
                t, j = queue[k], k
                while j > 0 and (keys[queue[j - 1]] > keys[t] or (keys[queue[j - 1]] == keys[t] and queue[j - 1] > t)):
                    queue[j] = queue[j - 1]
                    j -= 1
                queue[j] = t
        at, kept, again = 0, 0, False
        while at < num_queue and not again:
            t = queue[at]
            at += 1
            best = -1
            for m in range(d[d[MODE_PTR] + t], d[d[MODE_PTR] + t + 1]):
                if best >= 0 and d[d[DURATION] + m] >= d[d[DURATION] + best]:
                    continue
                if may_start(d, t, m, now, used, last, level, ends, running, num_running, run_mode, latest_end):
                    best = m
            if best < 0:
                r = full_resource(d, t, used)
                if r >= 0:  # not worth a look before somebody leaves that resource
                    next_parked[t] = first_parked[r]
                    first_parked[r] = t
                else:
                    queue[kept] = t
                    kept += 1
                continue
            count += 1
            left -= 1
            duration = d[d[DURATION] + best]
            starts[t], ends[t], run_mode[t] = now, now + duration, best
            modes[t] = best - d[d[MODE_PTR] + t]
            if duration > 0:
                for k in range(d[d[DEMAND_PTR] + best], d[d[DEMAND_PTR] + best + 1]):
                    r = d[d[DEMAND_RESOURCE] + k]
                    used[r] += d[d[DEMAND_AMOUNT] + k]
                    if d[d[KIND] + r] == _UNARY:
                        last[r] = t
            for k in range(d[d[EFFECT_PTR] + best], d[d[EFFECT_PTR] + best + 1]):
                change = d[d[EFFECT_START] + k] + d[d[EFFECT_START_RATE] + k] * duration
                level[d[d[EFFECT_RESERVOIR] + k]] += change
            place_of[t] = num_running
            running[num_running] = t
            num_running += 1
            num_events = heap_push(events, num_events, ends[t] * 2 * n + t)
            num_events = let_go(d, t, 0, now, waits, waiting, earliest, ends, events, num_events, n)
            # Something ends or becomes ready at this very tick, or levels have changed: look at all again.
            again = events[0] // (2 * n) <= now or (
                has_effects and d[d[EFFECT_PTR] + best + 1] > d[d[EFFECT_PTR] + best]
            )
        while at < num_queue:
            queue[kept] = queue[at]
            kept += 1
            at += 1
        num_queue = kept
        if again:
            continue
        if left == 0 and num_running == 0:
            info[0] = count
            return 0
        # --- the next tick ------------------------------------------------------------------------
        tick = INF
        if num_events > 0:
            tick = events[0] // (2 * n)
        while next_break < len(breaks) and breaks[next_break] <= now:
            next_break += 1
        if next_break < len(breaks):
            tick = min(tick, breaks[next_break])
        if has_setups:
            for k in range(num_queue):
                t = queue[k]
                for m in range(d[d[MODE_PTR] + t], d[d[MODE_PTR] + t + 1]):
                    done = setups_done(d, last, ends, m, t)
                    if now < done < tick:
                        tick = done
        if tick >= INF:
            return left
        while deadline_at < len(by_latest) and starts[by_latest[deadline_at]] >= 0:
            deadline_at += 1
        if deadline_at < len(by_latest) and latest_start[by_latest[deadline_at]] < tick:
            return -1
        now = tick


@compiled
def enqueue(queue, size, keys, t):
    """Insert a task in order of key, then id; returns the new size."""
    k = size
    while k > 0 and (keys[queue[k - 1]] > keys[t] or (keys[queue[k - 1]] == keys[t] and queue[k - 1] > t)):
        queue[k] = queue[k - 1]
        k -= 1
    queue[k] = t
    return size + 1


@compiled
def full_resource(d, t, used):
    """A resource of constant capacity that is too full for a task of one mode, -1 if there is none."""
    m = d[d[MODE_PTR] + t]
    if d[d[MODE_PTR] + t + 1] != m + 1 or d[d[DURATION] + m] == 0:
        return -1
    if d[TRANSITION + 1] > d[TRANSITION]:
        for k in range(d[d[DEMAND_PTR] + m], d[d[DEMAND_PTR] + m + 1]):
            if d[d[TRANSITION_PTR] + d[d[DEMAND_RESOURCE] + k]] >= 0:
                return -1  # the end of its setup is an event, also while it has to wait for something else
    for k in range(d[d[DEMAND_PTR] + m], d[d[DEMAND_PTR] + m + 1]):
        r = d[d[DEMAND_RESOURCE] + k]
        low, high = d[d[CALENDAR_PTR] + r], d[d[CALENDAR_PTR] + r + 1]
        if d[d[KIND] + r] == _UNARY:
            units = 1
        elif high == low + 1:
            units = d[d[CALENDAR_VALUE] + low]
        else:
            continue
        if used[r] + d[d[DEMAND_AMOUNT] + k] > units:
            return r
    return -1


@compiled
def key_of(code, now, arrival, facts, mean, t):
    """Key of a task by a dynamic rule."""
    return compiled_rule_key(
        code,
        float(now),
        float(arrival),
        facts[t, 0],
        facts[t, 1],
        facts[t, 2],
        facts[t, 3],
        facts[t, 4],
        facts[t, 5],
        facts[t, 6],
        mean,
        0.0,
        _NO_DEADLINE,
    )


@compiled
def let_go(d, t, edge, now, waits, waiting, earliest, ends, events, num_events, n):
    """An edge of ``t`` is now (its end as planned, for lags that may reach back): followers learn their bounds."""
    for k in range(d[d[OUT_PTR] + t], d[d[OUT_PTR] + t + 1]):
        i = d[d[OUT_LAG] + k]
        if not waits[i]:
            continue
        low = d[d[LAG_MIN] + i]
        # Lags from the end that reach back are decided at the start already.
        decided_at = 1 if d[d[LAG_A_EDGE] + i] == 1 and low >= 0 else 0
        if decided_at != edge:
            continue
        other = d[d[LAG_B] + i]
        at = now + low
        if edge == 0 and d[d[LAG_A_EDGE] + i] == 1:
            at = ends[t] + low
        if at > earliest[other]:
            earliest[other] = at
        waiting[other] -= 1
        if waiting[other] == 0:
            num_events = heap_push(events, num_events, max(now, earliest[other]) * 2 * n + n + other)
    return num_events
