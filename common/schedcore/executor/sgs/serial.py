"""The compiled serial schedule generation scheme: one pass over all tasks in order of priority."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

import numpy as np

from schedcore.executor.sgs.aside import part_of, resource_parts, shares, touch
from schedcore.executor.sgs.compiled import compiled
from schedcore.executor.sgs.heap import heap_pop, heap_push
from schedcore.executor.sgs.place import (
    FLAG_EFFECTS,
    FLAG_HOLDS,
    FLAG_LINKS,
    FLAG_NETWORK,
    fit,
    known_edge,
    level_changes,
    occupy,
    release,
    reset_lines,
)
from schedcore.executor.sgs.tables import (
    CLOSES,
    CLOSES_PTR,
    DEMAND_AMOUNT,
    DEMAND_PTR,
    DEMAND_RESOURCE,
    DRAWER,
    DRAWER_PTR,
    DURATION,
    DURATION_MAX,
    EFFECT_END,
    EFFECT_END_RATE,
    EFFECT_PTR,
    EFFECT_RESERVOIR,
    EFFECT_START,
    EFFECT_START_RATE,
    END_HIGH,
    END_LOW,
    FLAGS,
    HOLD_CLOSE_EDGE,
    HOLD_CLOSE_TASK,
    HOLD_OPEN_EDGE,
    HOLD_OPEN_TASK,
    HOLD_TASK,
    IN_LAG,
    IN_PTR,
    IS_HOLD,
    KIND,
    LAG_A,
    LAG_A_EDGE,
    LAG_B,
    LAG_B_EDGE,
    LAG_MAX,
    LAG_MIN,
    LAG_ORDER,
    LAG_URGENT,
    LEVEL_MAXIMUM,
    LEVEL_MINIMUM,
    LINE_PTR,
    LINK_MODE,
    LINK_PTR,
    MODE_PTR,
    OPENS,
    OPENS_PTR,
    OUT_LAG,
    OUT_PTR,
    SPAN_HIGH,
    SPAN_LOW,
    START_HIGH,
    START_LOW,
)
from schedcore.executor.sgs.timelines import INF, add_between

DONE, DELAY, LATE, STUCK, CONTRADICTION, NO_MODE = range(6)
"""Outcomes of a pass (see ``serial_pass``)."""

NO_DEADLINE = 1 << 43
NO_MIN_LAG = -(1 << 43)
LEAVE_OUT, MUST, TRY = 0, 1, 2
NOT_QUEUED = 1 << 40


@compiled
def window(d, starts, ends, floors, task, out):
    """Bounds of start and end by releases, deadlines, floors and all lags to placed tasks.

    ``out`` becomes: least start, least end, latest start, latest end, and the task whose placement
    gives the tightest upper bound (-1: a deadline).
    """
    start_low = max(floors[task], d[d[START_LOW] + task])
    end_low = d[d[END_LOW] + task]
    start_high, end_high = d[d[START_HIGH] + task], d[d[END_HIGH] + task]
    blame_start, blame_end = -1, -1
    for k in range(d[d[IN_PTR] + task], d[d[IN_PTR] + task + 1]):
        i = d[d[IN_LAG] + k]
        at = known_edge(starts, ends, d[d[LAG_A] + i], d[d[LAG_A_EDGE] + i])
        if at < 0:
            continue
        low, high = d[d[LAG_MIN] + i], d[d[LAG_MAX] + i]
        if d[d[LAG_B_EDGE] + i] == 0:
            if low > NO_MIN_LAG:
                start_low = max(start_low, at + low)
            if high < NO_DEADLINE and at + high < start_high:
                start_high, blame_start = at + high, d[d[LAG_A] + i]
        else:
            if low > NO_MIN_LAG:
                end_low = max(end_low, at + low)
            if high < NO_DEADLINE and at + high < end_high:
                end_high, blame_end = at + high, d[d[LAG_A] + i]
    if d[d[FLAGS] + FLAG_NETWORK]:
        for k in range(d[d[OUT_PTR] + task], d[d[OUT_PTR] + task + 1]):
            i = d[d[OUT_LAG] + k]
            at = known_edge(starts, ends, d[d[LAG_B] + i], d[d[LAG_B_EDGE] + i])
            if at < 0:
                continue
            low, high = d[d[LAG_MIN] + i], d[d[LAG_MAX] + i]
            if d[d[LAG_A_EDGE] + i] == 0:
                if low > NO_MIN_LAG and at - low < start_high:
                    start_high, blame_start = at - low, d[d[LAG_B] + i]
                if high < NO_DEADLINE:
                    start_low = max(start_low, at - high)
            else:
                if low > NO_MIN_LAG and at - low < end_high:
                    end_high, blame_end = at - low, d[d[LAG_B] + i]
                if high < NO_DEADLINE:
                    end_low = max(end_low, at - high)
    out[0], out[1], out[2], out[3], out[4], out[5] = start_low, end_low, start_high, end_high, blame_start, blame_end


@compiled
def shortest_draw(d, mode, r):
    """Units by which the shortest run of a mode lowers reservoir ``r`` at worst."""
    worst = 0
    for k in range(d[d[EFFECT_PTR] + mode], d[d[EFFECT_PTR] + mode + 1]):
        if d[d[EFFECT_RESERVOIR] + k] == r:
            at_start = d[d[EFFECT_START] + k] + d[d[EFFECT_START_RATE] + k] * d[d[DURATION] + mode]
            at_end = at_start + d[d[EFFECT_END] + k] + d[d[EFFECT_END_RATE] + k] * d[d[DURATION] + mode]
            worst = max(worst, -at_start, -at_end)
    return worst


@compiled
def wanted_duration(d, lines, count, starts, wanted, task, mode, generous):
    """Duration of an elastic mode that the levels of reservoirs ask for (see ``executor.elastic``)."""
    _, second, _ = lines
    least = max(d[d[DURATION] + mode], d[d[SPAN_LOW] + task])
    if generous == 2:  # as short as it may be, whatever others need
        return least
    for k in range(d[d[EFFECT_PTR] + mode], d[d[EFFECT_PTR] + mode + 1]):
        rate = d[d[EFFECT_END_RATE] + k] + d[d[EFFECT_START_RATE] + k]
        if rate <= 0:
            continue
        r = d[d[EFFECT_RESERVOIR] + k]
        level = second[d[d[LINE_PTR] + r] + count[r] - 1] + d[d[EFFECT_START] + k] + d[d[EFFECT_END] + k]
        need = 0
        for j in range(d[d[DRAWER_PTR] + r], d[d[DRAWER_PTR] + r + 1]):
            other = d[d[DRAWER] + j]
            if other != task and starts[other] < 0 and wanted[other] != 0 and not d[d[IS_HOLD] + other]:
                draw = INF
                for m in range(d[d[MODE_PTR] + other], d[d[MODE_PTR] + other + 1]):
                    draw = min(draw, shortest_draw(d, m, r))
                need = max(need, draw)
        target = min(d[d[LEVEL_MAXIMUM] + r], d[d[LEVEL_MINIMUM] + r] + need)
        if generous == 1:
            target = d[d[LEVEL_MAXIMUM] + r]
        room = (d[d[LEVEL_MAXIMUM] + r] - level) // rate
        least = max(least, min(-((level - target) // rate), room))
    return min(least, d[d[DURATION_MAX] + mode])


@compiled
def serial_pass(d, rank, by_rank, group, wanted, forced, floors, generous, starts, ends, modes, info):
    """Place all wanted tasks one after the other, each at its earliest feasible start.

    Parameters
    ----------
    rank, by_rank
        Place of a task in the order of priority, and the task at a place.
    group
        Class of a task: all of a lower class that are eligible go first.
    wanted
        ``LEAVE_OUT``, ``MUST`` or ``TRY`` per task.
    forced
        Mode of a task, -1: the one that ends first.
    floors
        Earliest starts by repairs.
    generous
        0: elastic tasks last as long as needed, 1: as long as levels allow, 2: as short as they may be.
    starts, ends, modes
        Output, -1 where absent.
    info
        Output: task, other task, tick.

    Returns
    -------
    int
        ``DONE``; ``DELAY``: task ``info[0]`` fits at ``info[2]`` only, too late for the placement of
        ``info[1]``; ``LATE``: ``info[0]`` misses its deadline; ``STUCK``: there is no room for
        ``info[0]`` at any time; ``CONTRADICTION``: the lags of ``info[0]`` wait for each other;
        ``NO_MODE``: mode links leave ``info[0]`` none.
    """
    n = len(rank)
    room = d[d[LINE_PTR + 1] - 1]
    lines = (np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64))
    count = np.zeros((d[KIND + 1] - d[KIND]), np.int64)
    reset_lines(d, lines, count)
    network, links, holds = d[d[FLAGS] + FLAG_NETWORK], d[d[FLAGS] + FLAG_LINKS], d[d[FLAGS] + FLAG_HOLDS]
    scratch = (d[KIND + 1] - d[KIND]) + 1
    changed, delta = np.empty(scratch, np.int64), np.empty((scratch, 2), np.int64)
    barred = np.zeros((d[DURATION + 1] - d[DURATION]) if links else 0, np.int64)
    waiting = np.zeros(n, np.int64)
    heap = np.empty(4 * n + 8, np.int64)
    size = 0
    queued = np.full(n, NOT_QUEUED, np.int64)  # lowest class in which a task is in the heap
    # What has no room is put aside, in one list per connected part of the resources: only there can room come.
    part = resource_parts(d)
    first_aside = np.full(len(part) + 1, -1, np.int64)
    next_aside = np.empty(n, np.int64)
    aside = np.zeros(n, np.bool_)
    num_aside = 0
    touched, stamp = np.zeros(d[KIND + 1] - d[KIND], np.int64), 0
    bounds = np.empty(6, np.int64)
    left = 0
    for t in range(n):
        starts[t], ends[t], modes[t] = -1, -1, -1
        if wanted[t]:
            left += 1
    for i in range(d[LAG_A + 1] - d[LAG_A]):
        if d[d[LAG_ORDER] + i] and wanted[d[d[LAG_A] + i]] and wanted[d[d[LAG_B] + i]]:
            waiting[d[d[LAG_B] + i]] += 1
    for t in range(n):
        if wanted[t] and waiting[t] == 0:
            size = heap_push(heap, size, group[t] * n + rank[t])
            queued[t] = group[t]
    if links:  # holds have one mode and follow other tasks: what they exclude is out from the beginning
        for h in range(d[HOLD_TASK + 1] - d[HOLD_TASK]):
            if wanted[d[d[HOLD_OPEN_TASK] + h]] and wanted[d[d[HOLD_CLOSE_TASK] + h]]:
                mode = d[d[MODE_PTR] + d[d[HOLD_TASK] + h]]
                for k in range(d[d[LINK_PTR] + mode], d[d[LINK_PTR] + mode + 1]):
                    barred[d[d[LINK_MODE] + k]] += 1
    while left > 0:
        if size == 0:
            # Nothing else can go first: give up what may be given up, or name what is stuck.
            if num_aside == 0:
                for t in range(n):
                    if wanted[t] and starts[t] < 0:
                        info[0] = t
                        break
                return CONTRADICTION
            task = -1
            for t in range(n):
                if aside[t] and wanted[t] == TRY:
                    task = t
                    break
                if aside[t] and task < 0:
                    task = t
            if wanted[task] != TRY:
                info[0] = task
                return STUCK
            aside[task] = False  # its entry in the list is stale now
            num_aside -= 1
            best_mode = -1
        else:
            value = heap_pop(heap, size)
            size -= 1
            task = by_rank[value % n]
            if starts[task] >= 0 or not wanted[task]:
                continue
            queued[task] = NOT_QUEUED
            # --- the earliest start over all modes --------------------------------------------------
            window(d, starts, ends, floors, task, bounds)
            start_low, end_low, start_high, end_high = bounds[0], bounds[1], bounds[2], bounds[3]
            if holds:
                for k in range(d[d[CLOSES_PTR] + task], d[d[CLOSES_PTR] + task + 1]):
                    close_early(d, lines, count, starts, ends, d[d[CLOSES] + k])
            best_mode, best_start, best_end = -1, INF, INF
            any_mode, too_late, found_any = False, INF, False
            for m in range(d[d[MODE_PTR] + task], d[d[MODE_PTR] + task + 1]):
                if forced[task] >= 0 and m != d[d[MODE_PTR] + task] + forced[task]:
                    continue
                if links and (barred[m] or not mode_leaves_choice(d, barred, starts, wanted, m)):
                    continue
                any_mode = True
                longest = min(d[d[DURATION_MAX] + m], d[d[SPAN_HIGH] + task])
                if d[d[DURATION] + m] == d[d[DURATION_MAX] + m]:
                    duration = d[d[DURATION] + m]
                else:
                    duration = wanted_duration(d, lines, count, starts, wanted, task, m, generous)
                base = duration
                # Starting later is preferred to lasting longer, unless the start is bound.
                low = max(start_low, min(end_low - duration, start_high), end_low - longest, 0)
                duration = max(duration, min(end_low - low, longest))
                if duration > longest or duration < d[d[SPAN_LOW] + task]:
                    continue
                # An elastic mode may be cut down to reach its latest end.
                least = max(d[d[DURATION] + m], d[d[SPAN_LOW] + task], end_low - low)
                if low + duration > end_high and duration > least:
                    duration = max(least, end_high - low)
                start = fit(d, lines, count, starts, ends, task, m, low, duration, INF - 1, changed, delta)
                if start >= INF:
                    continue
                found_any = True
                shorter = max(base, end_low - start)
                if shorter < duration and start > low:  # the start moved on: less is needed to reach end_low
                    again = fit(d, lines, count, starts, ends, task, m, start, shorter, INF - 1, changed, delta)
                    if again == start:
                        duration = shorter
                if start > start_high or start + duration > end_high:
                    if start + duration - end_high < too_late or too_late == INF:
                        too_late = max(start - start_high, start + duration - end_high)
                        info[0], info[2] = task, too_late
                        info[1] = bounds[4] if start > start_high else bounds[5]
                        if start > start_high and start + duration > end_high:
                            late_start, late_end = start - start_high, start + duration - end_high
                            info[1] = bounds[4] if late_start >= late_end else bounds[5]
                    continue
                if start + duration < best_end:
                    best_mode, best_start, best_end = m, start, start + duration
            if best_mode < 0:
                if holds:
                    for k in range(d[d[CLOSES_PTR] + task], d[d[CLOSES_PTR] + task + 1]):
                        reopen(d, lines, count, starts, ends, d[d[CLOSES] + k])
                if not found_any and any_mode:  # room may come with what is placed later
                    if not aside[task]:
                        where = part_of(d, task, part)
                        aside[task] = True
                        next_aside[task] = first_aside[where]
                        first_aside[where] = task
                        num_aside += 1
                    continue
                if wanted[task] != TRY:
                    info[0] = task
                    if not any_mode:
                        return NO_MODE
                    return LATE if info[1] < 0 else DELAY
        left -= 1
        if aside[task]:  # it came up again by another way; its entry in the list is stale now
            aside[task] = False
            num_aside -= 1
        if best_mode >= 0:
            book(d, lines, count, starts, ends, modes, task, best_mode, best_start, best_end, changed, delta)
            if links:
                for k in range(d[d[LINK_PTR] + best_mode], d[d[LINK_PTR] + best_mode + 1]):
                    barred[d[d[LINK_MODE] + k]] += 1
            where = part_of(d, task, part)
            if first_aside[where] >= 0:  # those that share a resource with the placement may have room now
                stamp += 1
                touch(d, task, best_mode, touched, stamp)
                other, first_aside[where] = first_aside[where], -1
                while other >= 0:
                    following = next_aside[other]
                    if aside[other] and shares(d, other, touched, stamp):
                        aside[other] = False
                        num_aside -= 1
                        size = heap_push(heap, size, group[other] * n + rank[other])
                        queued[other] = group[other]
                    elif aside[other]:
                        next_aside[other] = first_aside[where]
                        first_aside[where] = other
                    other = following
        else:
            wanted[task] = LEAVE_OUT
        # --- followers ------------------------------------------------------------------------------
        for k in range(d[d[OUT_PTR] + task], d[d[OUT_PTR] + task + 1]):
            i = d[d[OUT_LAG] + k]
            other = d[d[LAG_B] + i]
            if not wanted[other]:
                continue
            if d[d[LAG_ORDER] + i]:
                waiting[other] -= 1
            if starts[other] < 0 and waiting[other] == 0:
                urgent = network and best_mode >= 0 and d[d[LAG_URGENT] + i]
                level = 0 if urgent else group[other]
                if level < queued[other] and not (queued[other] == NOT_QUEUED and aside[other]):
                    size = heap_push(heap, size, level * n + rank[other])
                    queued[other] = level
        if network and best_mode >= 0:
            for k in range(d[d[IN_PTR] + task], d[d[IN_PTR] + task + 1]):
                i = d[d[IN_LAG] + k]
                other = d[d[LAG_A] + i]
                bound = wanted[other] and starts[other] < 0 and d[d[LAG_MIN] + i] > NO_MIN_LAG
                if bound and 0 < queued[other] < NOT_QUEUED:
                    size = heap_push(heap, size, rank[other])
                    queued[other] = 0
    return DONE


@compiled
def mode_leaves_choice(d, barred, starts, wanted, mode):
    """Whether every unplaced task keeps a mode if ``mode`` is chosen."""
    for k in range(d[d[LINK_PTR] + mode], d[d[LINK_PTR] + mode + 1]):
        other = task_of(d, d[d[LINK_MODE] + k])
        if starts[other] >= 0 or not wanted[other]:
            continue
        kept = False
        for m in range(d[d[MODE_PTR] + other], d[d[MODE_PTR] + other + 1]):
            if not barred[m]:
                excluded = False
                for j in range(d[d[LINK_PTR] + mode], d[d[LINK_PTR] + mode + 1]):
                    if d[d[LINK_MODE] + j] == m:
                        excluded = True
                        break
                if not excluded:
                    kept = True
                    break
        if not kept:
            return False
    return True


@compiled
def task_of(d, mode):
    """The task of a flat mode."""
    low, high = 0, (d[MODE_PTR + 1] - d[MODE_PTR]) - 1
    while low + 1 < high:
        middle = (low + high) >> 1
        if d[d[MODE_PTR] + middle] <= mode:
            low = middle
        else:
            high = middle
    return low


@compiled
def close_early(d, lines, count, starts, ends, h):
    """Before its closing task is placed: a hold that ends with the start of that task gives way to it."""
    if d[d[HOLD_CLOSE_EDGE] + h] != 0 or d[d[HOLD_OPEN_TASK] + h] == d[d[HOLD_CLOSE_TASK] + h]:
        return
    opened = known_edge(starts, ends, d[d[HOLD_OPEN_TASK] + h], d[d[HOLD_OPEN_EDGE] + h])
    if opened < 0:
        return
    hold = d[d[HOLD_TASK] + h]
    mode = d[d[MODE_PTR] + hold]
    for e in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
        release(d, lines, count, d[d[DEMAND_RESOURCE] + e], opened, INF, d[d[DEMAND_AMOUNT] + e], hold)


@compiled
def reopen(d, lines, count, starts, ends, h):
    """Undo :func:`close_early`."""
    if d[d[HOLD_CLOSE_EDGE] + h] != 0 or d[d[HOLD_OPEN_TASK] + h] == d[d[HOLD_CLOSE_TASK] + h]:
        return
    opened = known_edge(starts, ends, d[d[HOLD_OPEN_TASK] + h], d[d[HOLD_OPEN_EDGE] + h])
    if opened < 0:
        return
    hold = d[d[HOLD_TASK] + h]
    mode = d[d[MODE_PTR] + hold]
    for e in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
        occupy(d, lines, count, d[d[DEMAND_RESOURCE] + e], opened, INF, d[d[DEMAND_AMOUNT] + e], hold)


@compiled
def book(d, lines, count, starts, ends, modes, task, mode, start, end, changed, delta):
    """Enter a placement, its effects and its holds into the timelines."""
    first, second, _ = lines
    if end > start:
        for k in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
            occupy(d, lines, count, d[d[DEMAND_RESOURCE] + k], start, end, d[d[DEMAND_AMOUNT] + k], task)
    if d[d[FLAGS] + FLAG_EFFECTS]:
        used = level_changes(d, starts, ends, task, mode, end - start, start, changed, delta)
        for k in range(used):
            r = changed[k]
            base = d[d[LINE_PTR] + r]
            if delta[k, 0] != 0:
                count[r] = add_between(first, second, base, count[r], start, INF, delta[k, 0])
            if delta[k, 1] != 0:
                count[r] = add_between(first, second, base, count[r], end, INF, delta[k, 1])
    starts[task], ends[task], modes[task] = start, end, mode - d[d[MODE_PTR] + task]
    if d[d[FLAGS] + FLAG_HOLDS]:
        for side in range(2):
            pointers = d[OPENS_PTR] if side == 0 else d[CLOSES_PTR]
            rows = d[OPENS] if side == 0 else d[CLOSES]
            for k in range(d[pointers + task], d[pointers + task + 1]):
                update_hold(d, lines, count, starts, ends, modes, d[rows + k], side)


@compiled
def update_hold(d, lines, count, starts, ends, modes, h, side):
    """Open (``side`` 0) or close (1) a hold whose task at that side has just been placed."""
    hold = d[d[HOLD_TASK] + h]
    mode = d[d[MODE_PTR] + hold]
    opened = known_edge(starts, ends, d[d[HOLD_OPEN_TASK] + h], d[d[HOLD_OPEN_EDGE] + h])
    closed = known_edge(starts, ends, d[d[HOLD_CLOSE_TASK] + h], d[d[HOLD_CLOSE_EDGE] + h])
    same = d[d[HOLD_OPEN_TASK] + h] == d[d[HOLD_CLOSE_TASK] + h]
    if side == 1 and (same or opened < 0):
        return  # done at the opening, or to be done there
    if opened < 0:
        return
    for e in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
        r, amount = d[d[DEMAND_RESOURCE] + e], d[d[DEMAND_AMOUNT] + e]
        if side == 0:
            if closed < 0:
                occupy(d, lines, count, r, opened, INF, amount, hold)
            elif closed > opened:
                occupy(d, lines, count, r, opened, closed, amount, hold)
        else:
            if d[d[HOLD_CLOSE_EDGE] + h] != 0:  # a hold that ends with a start has given way before
                release(d, lines, count, r, opened, INF, amount, hold)
            if closed > opened:
                occupy(d, lines, count, r, opened, closed, amount, hold)
    if closed >= 0:
        starts[hold], ends[hold], modes[hold] = opened, closed, 0
