"""Cyclic problems: resources fold modulo the period, reservoirs hold in the steady state.

An edge at the absolute time ``t`` is split into ``t = round * P + phase`` with ``0 <= phase < P``.
In the steady state a run of length ``d`` that begins at ``phase`` is also under way from every
earlier round that has not ended; the rounds that reach into one window of length ``P`` are that of
the window and the ``ceil(d / P)`` before it.  With the window placed at ``[K * P, (K + 1) * P)`` for
the largest such count ``K`` on a resource, the copies ``K - ceil(d / P), ..., K`` of every run,
``P`` apart, load the window as the steady state does; every other window holds a part of these
copies and less load.  A run may meet itself at most ``capacity // demand`` times, which bounds the
count from above: on a unary resource two copies suffice.
"""

from __future__ import annotations

from typing import Any

from schedcore.model import Edge, Reservoir
from schedcore.model.arrays import UNARY
from schedcore.solvers.cpsat.constraints import Event, reservoir_events
from schedcore.solvers.cpsat.runs import Run, Uses
from schedcore.solvers.cpsat.variables import Build, Expr, Facts, Infeasible, Rule


def add_period(build: Build) -> None:
    """The period: a constant, or a variable between the loads of the resources and the largest period."""
    cycle = build.problem.cycle
    assert cycle is not None
    low = max(cycle.minimum, _smallest_period(build))
    if low > cycle.maximum:
        raise Infeasible(f"the resources need a period of at least {low} ticks, {cycle.maximum} is the largest")
    if low == cycle.maximum:
        build.period = low
    else:
        build.period = build.integer(low, cycle.maximum, lambda f: f.period)
    build.period_range = (low, cycle.maximum)


def _smallest_period(build: Build) -> int:
    """The largest load (work of mandatory tasks over capacity) of any resource."""
    work: dict[int, int] = {}
    for task in build.problem.tasks:
        if task.optional:
            continue
        loads = [{d.resource: d.amount * mode.duration for d in mode.demands} for mode in task.modes]
        for resource in loads[0]:
            work[resource] = work.get(resource, 0) + min(load.get(resource, 0) for load in loads)
    capacity = build.problem.arrays.resource_capacity
    return max((-(-w // int(capacity[r])) for r, w in work.items() if capacity[r] > 0), default=1)


def phase_of(build: Build, task: int, edge: Edge) -> tuple[Expr, Expr]:
    """Round and phase of an edge of ``task``."""
    known = build.phases.get((task, edge))
    if known is not None:
        return known
    low, high = build.period_range

    def time(f: Facts) -> int:
        return f.start[task] if edge is Edge.START else f.end[task]

    rounds = build.integer(0, build.horizon // low, lambda f: time(f) // f.period)
    phase = build.integer(0, high - 1, lambda f: time(f) % f.period)
    moment = build.tasks[task].start if edge is Edge.START else build.tasks[task].end
    if low == high:
        build.model.add(moment == phase + low * rounds)
    else:
        offset = build.integer(0, build.horizon, lambda f: time(f) // f.period * f.period)
        build.model.add_multiplication_equality(offset, [rounds, build.period])
        build.model.add(moment == phase + offset)
        build.model.add(phase < build.period)
    build.phases[task, edge] = rounds, phase
    return rounds, phase


def add_folded(build: Build, resource: int, uses: Uses) -> None:
    """Capacity of a unary or renewable resource, folded modulo the period."""
    if not uses.runs:
        return
    model, arrays = build.model, build.problem.arrays
    capacity = int(arrays.resource_capacity[resource])
    low = build.period_range[0]
    build.constraint(sum(uses.energy) <= capacity * build.period)
    before: list[int] = []
    for run, demand in zip(uses.runs, uses.least, strict=True):
        rounds = -(-run.longest // low)
        if rounds > capacity // demand:
            # A run of length d meets itself ceil(d / P) times, so that d <= P * (capacity // demand).
            rounds = capacity // demand
            build.constraint(run.size <= rounds * build.period, run.literal)
        before.append(rounds)
    last = max(before)
    intervals: list[Any] = []
    demands: list[Expr] = []
    for run, demand, count in zip(uses.runs, uses.demands, before, strict=True):
        for j in range(last - count, last + 1):
            intervals.append(_copy(build, run, j))
            demands.append(demand)
    if arrays.resource_kind[resource] == UNARY:
        model.add_no_overlap(intervals)
    else:
        model.add_cumulative(intervals, demands, capacity)


def _copy(build: Build, run: Run, j: int) -> Any:
    """The interval of ``run`` in round ``j``, counted from its phase."""
    if j in run.copies:
        return run.copies[j]
    model = build.model
    low, high = build.period_range
    i = run.task
    _, phase = phase_of(build, i, Edge.START)
    if low == high or j == 0:
        start = phase + j * low
    else:
        start = build.integer(0, (j + 1) * high, lambda f: f.start[i] % f.period + j * f.period)
        model.add(start == phase + j * build.period)
    if isinstance(run.size, int):
        end = start + run.size
    else:
        end = build.integer(
            0, (j + 1) * high + run.longest, lambda f: f.start[i] % f.period + j * f.period + f.end[i] - f.start[i]
        )
        if run.literal is not None:
            model.add(end == start + run.size).only_enforce_if(run.literal)
    if run.literal is None:
        interval = model.new_interval_var(start, run.size, end, "")
    else:
        interval = model.new_optional_interval_var(start, run.size, end, run.literal, "")
    run.copies[j] = interval
    return interval


def add_steady_reservoir(build: Build, index: int, reservoir: Reservoir) -> None:
    """The level of the steady state: one round nets to zero, and the level at every phase is in range.

    At the end of every round the level is ``initial - sum(delta * round)``; this base is put at time
    0, and an event of phase ``t`` at time ``t + 1``.
    """
    events = reservoir_events(build, index)
    if not events:
        return
    model = build.model
    net: list[Expr] = []
    carried: list[Expr] = []
    times: list[Expr] = []
    for event in events:
        rounds, phase = phase_of(build, event.task, event.edge)
        amount = _amount(build, event)
        net.append(event.delta * amount)
        carried.append(event.delta * _product(build, event, amount, rounds))
        times.append(phase + 1)
    build.constraint(sum(net) == 0)
    low, high = reservoir.minimum - reservoir.initial, reservoir.maximum - reservoir.initial

    def base_rule(f: Facts) -> int:
        total = 0
        for e in events:
            if _active(e, f):
                moment = f.start[e.task] if e.edge is Edge.START else f.end[e.task]
                total -= e.delta * _units(e, f) * (moment // f.period)
        return total

    base = build.integer(low, high, base_rule)
    model.add(base + sum(carried) == 0)
    model.add_reservoir_constraint_with_active(
        [0, *times],
        [base, *(e.delta * e.length for e in events)],
        [build.always(), *(build.always() if e.literal is None else build.positive(e.literal) for e in events)],
        low,
        high,
    )


def _active(event: Event, f: Facts) -> bool:
    return f.present[event.task] and (event.mode is None or f.mode[event.task] == event.mode)


def _units(event: Event, f: Facts) -> int:
    """By how many times ``delta`` the event changes the level, if it is active."""
    if not event.per_tick:
        return 1
    return f.end[event.task] - f.start[event.task]


def _amount(build: Build, event: Event) -> Expr:
    """``length`` if the event is active and 0 otherwise, as a linear expression."""
    if event.literal is None:
        return event.length
    if isinstance(event.length, int):
        return event.length * event.literal
    if event.mode is None:
        return event.length  # the duration of an absent task is 0
    amount = build.integer(0, build.horizon, lambda f: _units(event, f) if _active(event, f) else 0)
    build.model.add(amount == event.length).only_enforce_if(event.literal)
    build.model.add(amount == 0).only_enforce_if(~event.literal)
    return amount


def _product(build: Build, event: Event, amount: Expr, rounds: Expr) -> Expr:
    """``amount * rounds`` as a linear expression."""
    if isinstance(amount, int):
        return amount * rounds
    most = build.horizon // build.period_range[0]

    def moment_round(f: Facts) -> int:
        return (f.start[event.task] if event.edge is Edge.START else f.end[event.task]) // f.period

    if isinstance(event.length, int):
        kept = build.integer(0, most, lambda f: moment_round(f) if _active(event, f) else 0)
        build.model.add(kept == rounds).only_enforce_if(event.literal)
        build.model.add(kept == 0).only_enforce_if(~event.literal)
        return event.length * kept
    product = build.integer(
        0, most * build.horizon, lambda f: _units(event, f) * moment_round(f) if _active(event, f) else 0
    )
    build.model.add_multiplication_equality(product, [amount, rounds])
    return product


def add_phase_lags(build: Build) -> None:
    """Redundant: what the lags between folded tasks say about their rounds and phases.

    ``time(b) + w * P - time(a) >= m`` and phases that differ by less than ``P`` leave
    ``k = round(b) - round(a) + w > m / P - 1``.  For the smallest such ``k`` and the next one the lag is
    stated on the phases alone.  Without this CP-SAT sees the lags only through products with the period.
    """
    for lag in build.problem.lags:
        if lag.a == lag.b or (lag.a, Edge.START) not in build.phases or (lag.b, Edge.START) not in build.phases:
            continue
        if lag.min is not None:
            _add_phase_lag(build, lag.a, lag.a_edge, lag.b, lag.b_edge, lag.min, lag.iterations)
        if lag.max is not None:
            _add_phase_lag(build, lag.b, lag.b_edge, lag.a, lag.a_edge, -lag.max, -lag.iterations)


def _add_phase_lag(build: Build, a: int, a_edge: Edge, b: int, b_edge: Edge, low: int, shift: int) -> None:
    """``time(b) + shift * P - time(a) >= low`` in terms of the starts' rounds and phases."""
    model = build.model
    first, second = build.tasks[a], build.tasks[b]
    conditions = [x.presence for x in (first, second)]
    needed: Expr = low
    least = low
    if a_edge is Edge.END:
        needed += first.duration
        least += min(mode.duration for mode in build.problem.tasks[a].modes)
    if b_edge is Edge.END:
        needed -= second.duration
        least -= max(mode.longest for mode in build.problem.tasks[b].modes)
    rounds_a, phase_a = build.phases[a, Edge.START]
    rounds_b, phase_b = build.phases[b, Edge.START]
    smallest, largest = build.period_range
    between = least + 1
    fewest = -(-between // (largest if between >= 0 else smallest)) - 1
    distance = rounds_b - rounds_a + shift
    build.constraint(distance >= fewest, *conditions)

    def rule(most: int) -> Rule:
        return lambda f: f.start[b] // f.period - f.start[a] // f.period + shift <= most

    for most in (fewest, fewest + 1):
        within = build.boolean(rule(most))
        model.add(distance <= most).only_enforce_if(within)
        model.add(distance >= most + 1).only_enforce_if(~within)
        build.constraint(phase_b - phase_a + most * build.period >= needed, within, *conditions)
