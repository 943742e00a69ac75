"""Compiled placing of one task: the earliest start at which all its resources agree."""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,misc,untyped-decorator"

from __future__ import annotations

from schedcore.executor.sgs.compiled import compiled
from schedcore.executor.sgs.tables import (
    CALENDAR_PTR,
    CALENDAR_TICK,
    CALENDAR_VALUE,
    CLOSES,
    CLOSES_PTR,
    DEMAND_AMOUNT,
    DEMAND_PTR,
    DEMAND_RESOURCE,
    EFFECT_END,
    EFFECT_END_RATE,
    EFFECT_PTR,
    EFFECT_RESERVOIR,
    EFFECT_START,
    EFFECT_START_RATE,
    FLAGS,
    HOLD_CLOSE_EDGE,
    HOLD_CLOSE_TASK,
    HOLD_OPEN_EDGE,
    HOLD_OPEN_TASK,
    HOLD_TASK,
    KIND,
    LEVEL_INITIAL,
    LEVEL_MAXIMUM,
    LEVEL_MINIMUM,
    LINE_PTR,
    MODE_PTR,
    OPENS,
    OPENS_PTR,
    STATE_AFTER,
    STATE_BEFORE,
    TRANSITION_PTR,
)
from schedcore.executor.sgs.timelines import (
    INF,
    add_between,
    calendar_fit,
    renewable_fit,
    reservoir_fit,
    setup_fit,
    unary_fit,
    unary_insert,
    unary_remove,
)

UNARY, RENEWABLE, RESERVOIR = 0, 1, 2
FLAG_SETUPS, FLAG_CALENDARS, FLAG_EFFECTS, FLAG_NETWORK, FLAG_LINKS, FLAG_HOLDS = range(6)


@compiled
def demand_fit(d, lines, count, r, t, duration, amount, task):
    """Earliest start for one demand of a task of positive length."""
    first, second, third = lines
    base = d[d[LINE_PTR] + r]
    if d[d[KIND] + r] == RENEWABLE:
        return renewable_fit(first, second, base, count[r], t, duration, amount)
    if d[d[FLAGS] + FLAG_SETUPS] and d[d[TRANSITION_PTR] + r] >= 0:
        before, after = d[d[STATE_BEFORE] + task], d[d[STATE_AFTER] + task]
        t = setup_fit(d, r, first, second, third, base, count[r], t, duration, before, after)
    else:
        t = unary_fit(first, second, base, count[r], t, duration)
    if d[d[FLAGS] + FLAG_CALENDARS] and t < INF and d[d[CALENDAR_PTR] + r + 1] > d[d[CALENDAR_PTR] + r]:
        t = calendar_fit(d, r, t, duration, amount)
    return t


@compiled
def occupy(d, lines, count, r, start, end, amount, task):
    """Book a demand."""
    first, second, third = lines
    base = d[d[LINE_PTR] + r]
    if d[d[KIND] + r] == UNARY:
        unary_insert(first, second, third, base, count[r], start, end, task)
        count[r] += 1
    else:
        count[r] = add_between(first, second, base, count[r], start, end, -amount)


@compiled
def release(d, lines, count, r, start, end, amount, task):
    """Take a booking back."""
    first, second, third = lines
    base = d[d[LINE_PTR] + r]
    if d[d[KIND] + r] == UNARY:
        count[r] = unary_remove(first, second, third, base, count[r], task)
    else:
        count[r] = add_between(first, second, base, count[r], start, end, amount)


@compiled
def reset_lines(d, lines, count):
    """Empty timelines: calendars of renewables, initial levels of reservoirs."""
    first, second, _ = lines
    for r in range(d[KIND + 1] - d[KIND]):
        base = d[d[LINE_PTR] + r]
        if d[d[KIND] + r] == UNARY:
            count[r] = 0
        elif d[d[KIND] + r] == RENEWABLE:
            low, high = d[d[CALENDAR_PTR] + r], d[d[CALENDAR_PTR] + r + 1]
            for k in range(low, high):
                first[base + k - low] = d[d[CALENDAR_TICK] + k]
                second[base + k - low] = d[d[CALENDAR_VALUE] + k]
            count[r] = high - low
        else:
            first[base], second[base] = -1, d[d[LEVEL_INITIAL] + r]
            count[r] = 1


@compiled
def known_edge(starts, ends, task, edge):
    """Time of an edge, -1 if its task is not placed."""
    return starts[task] if edge == 0 else ends[task]


@compiled
def level_changes(d, starts, ends, task, mode, duration, t, changed, delta):
    """Changes of reservoirs by a task that starts at ``t``, with the holds that it opens and closes.

    Fills ``changed`` (reservoirs) and ``delta`` (at start, at end); returns how many.
    """
    used = 0
    for k in range(d[d[EFFECT_PTR] + mode], d[d[EFFECT_PTR] + mode + 1]):
        changed[used] = d[d[EFFECT_RESERVOIR] + k]
        delta[used, 0] = d[d[EFFECT_START] + k] + d[d[EFFECT_START_RATE] + k] * duration
        delta[used, 1] = d[d[EFFECT_END] + k] + d[d[EFFECT_END_RATE] + k] * duration
        used += 1
    if not d[d[FLAGS] + FLAG_HOLDS]:
        return used
    for side in range(2):
        pointers = d[OPENS_PTR] if side == 0 else d[CLOSES_PTR]
        rows = d[OPENS] if side == 0 else d[CLOSES]
        for k in range(d[pointers + task], d[pointers + task + 1]):
            h = d[rows + k]
            mode_h = d[d[MODE_PTR] + d[d[HOLD_TASK] + h]]
            edge = d[d[HOLD_OPEN_EDGE] + h] if side == 0 else d[d[HOLD_CLOSE_EDGE] + h]
            length = 0
            if side == 1:
                closed = t if edge == 0 else t + duration
                if d[d[HOLD_OPEN_TASK] + h] == task:
                    opened = t if d[d[HOLD_OPEN_EDGE] + h] == 0 else t + duration
                else:
                    opened = known_edge(starts, ends, d[d[HOLD_OPEN_TASK] + h], d[d[HOLD_OPEN_EDGE] + h])
                if opened >= 0:
                    length = closed - opened
            for e in range(d[d[EFFECT_PTR] + mode_h], d[d[EFFECT_PTR] + mode_h + 1]):
                if side == 0:
                    change = d[d[EFFECT_START] + e]
                else:
                    rate = d[d[EFFECT_START_RATE] + e] + d[d[EFFECT_END_RATE] + e]
                    change = d[d[EFFECT_END] + e] + rate * length
                at = 0
                while at < used and changed[at] != d[d[EFFECT_RESERVOIR] + e]:
                    at += 1
                if at == used:
                    changed[used], delta[used, 0], delta[used, 1] = d[d[EFFECT_RESERVOIR] + e], 0, 0
                    used += 1
                delta[at, edge] += change
    return used


@compiled
def fit(d, lines, count, starts, ends, task, mode, t, duration, latest, changed, delta):
    """Earliest start at or after ``t`` at which everything the task needs is there, ``INF`` if after ``latest``.

    Each resource moves ``t`` on to its own next possibility until all agree.
    """
    first, second, _ = lines
    demands = d[d[DEMAND_PTR] + mode + 1] - d[d[DEMAND_PTR] + mode]
    effects = d[d[FLAGS] + FLAG_EFFECTS]
    holds = d[d[FLAGS] + FLAG_HOLDS] and (
        d[d[OPENS_PTR] + task + 1] > d[d[OPENS_PTR] + task] or d[d[CLOSES_PTR] + task + 1] > d[d[CLOSES_PTR] + task]
    )
    while True:
        before = t
        if duration > 0:
            for k in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
                r = d[d[DEMAND_RESOURCE] + k]
                amount = d[d[DEMAND_AMOUNT] + k]
                if holds:
                    amount += held_by(d, task, r, 0)
                t = demand_fit(d, lines, count, r, t, duration, amount, task)
                if t > latest:
                    return INF
        if holds:
            t = holds_fit(d, lines, count, starts, ends, task, t, duration)
            if t > latest:
                return INF
        if effects:
            used = level_changes(d, starts, ends, task, mode, duration, t, changed, delta)
            for k in range(used):
                r = changed[k]
                t = reservoir_fit(
                    first,
                    second,
                    d[d[LINE_PTR] + r],
                    count[r],
                    t,
                    duration,
                    delta[k, 0],
                    delta[k, 1],
                    d[d[LEVEL_MINIMUM] + r],
                    d[d[LEVEL_MAXIMUM] + r],
                )
                if t > latest:
                    return INF
        if t == before or (demands == 1 and not effects and not holds and t < INF and not d[d[FLAGS] + FLAG_CALENDARS]):
            return t if t <= latest else INF


@compiled
def held_by(d, task, r, edge):
    """Units of a renewable that holds opened by an edge of ``task`` take."""
    units = 0
    if d[d[KIND] + r] == RENEWABLE:
        for k in range(d[d[OPENS_PTR] + task], d[d[OPENS_PTR] + task + 1]):
            h = d[d[OPENS] + k]
            mode = d[d[MODE_PTR] + d[d[HOLD_TASK] + h]]
            if d[d[HOLD_OPEN_EDGE] + h] == edge:
                for e in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
                    if d[d[DEMAND_RESOURCE] + e] == r:
                        units += d[d[DEMAND_AMOUNT] + e]
    return units


@compiled
def holds_fit(d, lines, count, starts, ends, task, t, duration):
    """Earliest start from which the resources of all holds that ``task`` opens are free until they close.

    A hold whose closing edge is not placed yet must have its resources free for ever.
    """
    for k in range(d[d[OPENS_PTR] + task], d[d[OPENS_PTR] + task + 1]):
        h = d[d[OPENS] + k]
        hold = d[d[HOLD_TASK] + h]
        mode = d[d[MODE_PTR] + hold]
        offset = 0 if d[d[HOLD_OPEN_EDGE] + h] == 0 else duration
        opened = t + offset
        length = INF - opened - 1
        if d[d[HOLD_CLOSE_TASK] + h] == task:
            length = (0 if d[d[HOLD_CLOSE_EDGE] + h] == 0 else duration) - offset
        else:
            closed = known_edge(starts, ends, d[d[HOLD_CLOSE_TASK] + h], d[d[HOLD_CLOSE_EDGE] + h])
            if closed >= 0:
                length = closed - opened
        if length <= 0:
            continue
        for e in range(d[d[DEMAND_PTR] + mode], d[d[DEMAND_PTR] + mode + 1]):
            r = d[d[DEMAND_RESOURCE] + e]
            amount = d[d[DEMAND_AMOUNT] + e]
            if d[d[KIND] + r] == RENEWABLE:
                amount = held_by(d, task, r, d[d[HOLD_OPEN_EDGE] + h])
            at = demand_fit(d, lines, count, r, opened, length, amount, hold)
            if at >= INF:
                return INF
            if at > opened:
                t += at - opened
                opened = at
                if length > INF // 2:
                    length = INF - opened - 1
    return t
