"""The arrays that the compiled list schedulers read.

Rows are compressed as in :class:`~schedcore.model.ProblemArrays`.  Holds are resolved
(:mod:`schedcore.executor.ties`), effects are summed per mode and reservoir, calendars and transition
matrices are flat.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from schedcore.executor.ties import Ties, order_arcs, ties_of
from schedcore.model import Problem, Reservoir, Unary
from schedcore.model.arrays import NO_DEADLINE, NO_MIN_LAG, NONE_ID, RESERVOIR, UNARY, IntArray

FORBIDDEN = 1 << 58
"""Transition that must not occur."""


class Tables(NamedTuple):
    """See the module's text; all int64."""

    flags: IntArray  # [6] see FLAG_*
    mode_ptr: IntArray
    duration: IntArray
    duration_max: IntArray
    demand_ptr: IntArray
    demand_resource: IntArray
    demand_amount: IntArray
    effect_ptr: IntArray
    effect_reservoir: IntArray
    effect_start: IntArray  # fixed change at the start
    effect_start_rate: IntArray  # per tick of duration
    effect_end: IntArray
    effect_end_rate: IntArray
    kind: IntArray
    level_initial: IntArray
    level_minimum: IntArray
    level_maximum: IntArray
    calendar_ptr: IntArray  # [resource + 1]; renewables without calendar have one point
    calendar_tick: IntArray
    calendar_value: IntArray
    transition_ptr: IntArray  # [resource] offset into transition, -1 without setups
    transition_size: IntArray
    transition: IntArray
    initial_state: IntArray
    state_before: IntArray
    state_after: IntArray
    line_ptr: IntArray  # [resource + 1] room for the timeline of each resource
    start_low: IntArray
    end_low: IntArray
    start_high: IntArray
    end_high: IntArray
    span_low: IntArray
    span_high: IntArray
    is_hold: IntArray
    lag_a: IntArray
    lag_b: IntArray
    lag_a_edge: IntArray
    lag_b_edge: IntArray
    lag_min: IntArray
    lag_max: IntArray
    lag_order: IntArray  # 1 if a is placed before b
    lag_urgent: IntArray  # 1 if b should follow at once: a maximum lag or an open hold binds it
    in_ptr: IntArray  # lags by b
    in_lag: IntArray
    out_ptr: IntArray  # lags by a
    out_lag: IntArray
    hold_task: IntArray
    hold_open_edge: IntArray
    hold_close_task: IntArray
    hold_close_edge: IntArray
    hold_open_task: IntArray
    opens_ptr: IntArray
    opens: IntArray
    closes_ptr: IntArray
    closes: IntArray
    link_ptr: IntArray  # mode links by task_a's flat mode: (flat mode of b that is forbidden)
    link_mode: IntArray
    drawer_ptr: IntArray  # tasks with effects, by reservoir
    drawer: IntArray


(
    FLAGS,
    MODE_PTR,
    DURATION,
    DURATION_MAX,
    DEMAND_PTR,
    DEMAND_RESOURCE,
    DEMAND_AMOUNT,
    EFFECT_PTR,
    EFFECT_RESERVOIR,
    EFFECT_START,
    EFFECT_START_RATE,
    EFFECT_END,
    EFFECT_END_RATE,
    KIND,
    LEVEL_INITIAL,
    LEVEL_MINIMUM,
    LEVEL_MAXIMUM,
    CALENDAR_PTR,
    CALENDAR_TICK,
    CALENDAR_VALUE,
    TRANSITION_PTR,
    TRANSITION_SIZE,
    TRANSITION,
    INITIAL_STATE,
    STATE_BEFORE,
    STATE_AFTER,
    LINE_PTR,
    START_LOW,
    END_LOW,
    START_HIGH,
    END_HIGH,
    SPAN_LOW,
    SPAN_HIGH,
    IS_HOLD,
    LAG_A,
    LAG_B,
    LAG_A_EDGE,
    LAG_B_EDGE,
    LAG_MIN,
    LAG_MAX,
    LAG_ORDER,
    LAG_URGENT,
    IN_PTR,
    IN_LAG,
    OUT_PTR,
    OUT_LAG,
    HOLD_TASK,
    HOLD_OPEN_EDGE,
    HOLD_CLOSE_TASK,
    HOLD_CLOSE_EDGE,
    HOLD_OPEN_TASK,
    OPENS_PTR,
    OPENS,
    CLOSES_PTR,
    CLOSES,
    LINK_PTR,
    LINK_MODE,
    DRAWER_PTR,
    DRAWER,
    NUM_FIELDS,
) = range(60)
"""Fields of :class:`Tables` in their order: the head of a packed table says where each begins."""

FLAG_SETUPS, FLAG_CALENDARS, FLAG_EFFECTS, FLAG_NETWORK, FLAG_LINKS, FLAG_HOLDS = range(6)
"""Positions in ``flags``."""


def tables_of(problem: Problem) -> tuple[Tables, Ties]:
    """The arrays for ``problem``; about a tenth of a microsecond per task beyond ``problem.arrays``."""
    arrays, ties = problem.arrays, ties_of(problem)
    n, resources = arrays.num_tasks, arrays.num_resources
    order = order_arcs(ties).astype(np.int64)
    simple = (ties.lag_a_edge == 1) & (ties.lag_b_edge == 0) & (order == 1) & (ties.lag_max == NO_DEADLINE)
    in_ptr, in_lag = _by(ties.lag_b, n)
    out_ptr, out_lag = _by(ties.lag_a, n)
    effects = _effects(problem)
    has_effects = len(effects[1]) > 0
    calendar_ptr, calendar_tick, calendar_value, has_calendars = _calendars(problem)
    transition = _transitions(problem)
    holds = np.array(list(ties.holds), dtype=np.int64).reshape(-1, 5)
    opens_ptr, opens = _by(holds[:, 1], n)
    closes_ptr, closes = _by(holds[:, 3], n)
    link_ptr, link_mode = _links(problem)
    # Room: a unary task takes one row, a renewable demand two points, an effect one or two points.
    room = np.bincount(arrays.demand_resource, minlength=resources) * np.where(arrays.resource_kind == UNARY, 1, 2)
    room += np.where(arrays.resource_kind == UNARY, 1, np.diff(calendar_ptr) + 2)
    if has_effects:
        room += 2 * np.bincount(effects[1], minlength=resources)
    line_ptr = np.zeros(resources + 1, dtype=np.int64)
    np.cumsum(room, out=line_ptr[1:])
    flags = [
        len(transition[2]) > 0,
        has_calendars,
        has_effects,
        not bool(simple.all()) or bool(len(holds)),
        len(link_mode) > 0,
        len(holds) > 0,
    ]
    if has_effects:
        mode_of = np.repeat(np.arange(len(arrays.duration)), np.diff(effects[0]))
        pairs = np.unique(np.stack([effects[1], arrays.mode_task[mode_of]], axis=1), axis=0)
        drawer_ptr, rows = _by(pairs[:, 0], resources)
        drawer = np.ascontiguousarray(pairs[rows, 1])
    else:
        drawer_ptr, drawer = np.zeros(resources + 1, dtype=np.int64), np.zeros(0, dtype=np.int64)
    tables = Tables(
        np.array(flags, dtype=np.int64),
        arrays.mode_ptr,
        arrays.duration,
        arrays.duration_max,
        arrays.demand_ptr,
        arrays.demand_resource,
        arrays.demand_amount,
        *effects,
        arrays.resource_kind,
        arrays.level_initial,
        arrays.level_minimum,
        arrays.level_maximum,
        calendar_ptr,
        calendar_tick,
        calendar_value,
        *transition,
        arrays.state_before,
        arrays.state_after,
        line_ptr,
        ties.start_low,
        ties.end_low,
        ties.start_high,
        ties.end_high,
        ties.span_low,
        ties.span_high,
        ties.is_hold.astype(np.int64),
        ties.lag_a,
        ties.lag_b,
        ties.lag_a_edge,
        ties.lag_b_edge,
        ties.lag_min,
        ties.lag_max,
        order,
        ((ties.lag_max != NO_DEADLINE) | (ties.lag_id < 0)).astype(np.int64),
        in_ptr,
        in_lag,
        out_ptr,
        out_lag,
        np.ascontiguousarray(holds[:, 0]),
        np.ascontiguousarray(holds[:, 2]),
        np.ascontiguousarray(holds[:, 3]),
        np.ascontiguousarray(holds[:, 4]),
        np.ascontiguousarray(holds[:, 1]),
        opens_ptr,
        opens,
        closes_ptr,
        closes,
        link_ptr,
        link_mode,
        drawer_ptr,
        drawer,
    )
    return tables, ties


def packed(tables: Tables) -> IntArray:
    """All tables in one array, as compiled code takes them: cheap to hand on, quick to compile.

    Entry ``k`` of field ``F`` is ``d[d[F] + k]``; the field ends before ``d[F + 1]``.
    """
    head = np.zeros(NUM_FIELDS + 1, dtype=np.int64)
    head[0] = NUM_FIELDS + 1
    np.cumsum([len(column) for column in tables], out=head[1:])
    head[1:] += NUM_FIELDS + 1
    return np.concatenate([head, *tables])


def _by(keys: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Positions of ``keys`` grouped by value, in compressed rows."""
    pointers = np.zeros(count + 1, dtype=np.int64)
    if len(keys):
        np.cumsum(np.bincount(keys, minlength=count), out=pointers[1:])
    return pointers, np.argsort(keys, kind="stable")


def _effects(problem: Problem) -> tuple[IntArray, IntArray, IntArray, IntArray, IntArray, IntArray]:
    arrays = problem.arrays
    modes = len(arrays.duration)
    if not len(arrays.effect_delta):
        none = np.zeros(0, dtype=np.int64)
        return np.zeros(modes + 1, dtype=np.int64), none, none, none, none, none
    mode = np.repeat(np.arange(modes, dtype=np.int64), np.diff(arrays.effect_ptr))
    key = mode * arrays.num_resources + arrays.effect_reservoir
    unique, row = np.unique(key, return_inverse=True)
    sums = np.zeros((4, len(unique)), dtype=np.int64)
    np.add.at(sums, (2 * arrays.effect_edge + arrays.effect_per_tick, row), arrays.effect_delta)
    pointers = np.zeros(modes + 1, dtype=np.int64)
    np.cumsum(np.bincount(unique // arrays.num_resources, minlength=modes), out=pointers[1:])
    return pointers, unique % arrays.num_resources, sums[0].copy(), sums[1].copy(), sums[2].copy(), sums[3].copy()


def _calendars(problem: Problem) -> tuple[IntArray, IntArray, IntArray, bool]:
    pointers, ticks, values, found = [0], [], [], False
    for resource in problem.resources:
        if not isinstance(resource, Reservoir):
            if resource.calendar is not None:
                ticks += [t for t, _ in resource.calendar.points]
                values += [v for _, v in resource.calendar.points]
                found = True
            elif not isinstance(resource, Unary):
                ticks.append(0)
                values.append(resource.capacity)
        pointers.append(len(ticks))
    as_array = [np.array(c, dtype=np.int64) for c in (pointers, ticks, values)]
    return as_array[0], as_array[1], as_array[2], found


def _transitions(problem: Problem) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    pointers: list[int] = []
    sizes: list[int] = []
    flat: list[int] = []
    initial: list[int] = []
    for resource in problem.resources:
        matrix = resource.transition if isinstance(resource, Unary) else None
        pointers.append(-1 if matrix is None else len(flat))
        sizes.append(0 if matrix is None else len(matrix))
        state = resource.initial_state if isinstance(resource, Unary) else None
        initial.append(NONE_ID if state is None else state)
        for row in matrix or ():
            flat += [FORBIDDEN if v is None else v for v in row]
    as_array = [np.array(c, dtype=np.int64) for c in (pointers, sizes, flat, initial)]
    return as_array[0], as_array[1], as_array[2], as_array[3]


def _links(problem: Problem) -> tuple[IntArray, IntArray]:
    """Pairs of flat modes that exclude each other, both ways, in compressed rows."""
    pointers = problem.arrays.mode_ptr.tolist()
    pairs = set()
    for link in problem.mode_links:
        a = pointers[link.task_a] + link.mode_a
        for m in range(len(problem.tasks[link.task_b].modes)):
            if m not in link.modes_b:
                b = pointers[link.task_b] + m
                pairs |= {(a, b), (b, a)}
    table = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    link_ptr, rows = _by(table[:, 0], pointers[-1])
    return link_ptr, np.ascontiguousarray(table[rows, 1])


__all__ = ["FORBIDDEN", "NO_DEADLINE", "NO_MIN_LAG", "RESERVOIR", "Tables", "tables_of"]
