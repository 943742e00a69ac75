"""Who hands which units of a resource to whom: a schedule as a partial order on its resources.

A renewable resource has numbered units.  Tasks are taken in the order of their planned starts (then
ends, then ids), and each takes units that are free by then, in this order of preference:

1. units last held by a task that it waits for anyway: the tail of an END to START lag with a minimum
   of at least 0;
2. units idle for longest (never used ones first);
3. low numbers first.

A task then waits for the tasks that held its units last: a partial-order schedule in the sense of
Policella, Cesta, Oddi and Smith, "From precedence constraint posting to partial order schedules",
AI Communications 20 (2007).  However durations turn out, capacity suffices.

Where a calendar leaves less than the capacity, the missing units are the highest-numbered ones that
are free when the stretch begins; nothing runs on them during the stretch.  A unary resource has one
unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schedcore.errors import InputError
from schedcore.model import Edge, Problem, Renewable, Schedule, Tick, Unary
from schedcore.replay.scenario import NEVER
from schedcore.replay.uncertainty import capacity_of


@dataclass(slots=True)
class _Run:
    """Units ``first`` to ``first + count - 1``, which have one history."""

    first: int
    count: int
    holder: int = -1
    """Task that held them last, or -1."""
    holder_end: Tick = -1
    """Planned end of that task, -1 if never held."""
    free_from: Tick = 0


@dataclass(slots=True)
class TaskUnits:
    """The units that one task holds on one resource."""

    runs: list[tuple[int, int]] = field(default_factory=list)
    """``(first unit, one past the last)``, disjoint and increasing."""
    suppliers: tuple[int, ...] = ()
    """Tasks that held units of them last, by id."""

    @property
    def highest(self) -> int:
        """Highest unit number."""
        return self.runs[-1][1] - 1


@dataclass(slots=True)
class ResourcePlan:
    """The units of one resource in a schedule."""

    resource: int
    order: tuple[int, ...]
    """Tasks with units, in the order in which they take them."""
    tasks: dict[int, TaskUnits]
    closures: list[tuple[Tick, Tick, list[tuple[int, int]]]]
    """``(begin, end, runs of units)`` that the calendar closes; ``NEVER`` as end: for ever."""

    def closed_for(self, task: int) -> list[tuple[Tick, Tick]]:
        """Intervals during which the calendar closes a unit of ``task``."""
        mine = self.tasks[task].runs
        return [(begin, end) for begin, end, runs in self.closures if _overlap(mine, runs)]


def plan_units(
    problem: Problem, schedule: Schedule, may_grow: Mapping[int, bool] | None = None
) -> dict[int, ResourcePlan]:
    """The unit plan of every unary and renewable resource that ``schedule`` uses, by resource id.

    Tasks of no planned length hold no units, except those in ``may_grow``, whose realised length may
    be positive: they hold units if there are any free; its values say whether they must.

    Raises
    ------
    InputError
        If the capacity does not suffice: the schedule is infeasible, or a task that must have room has none
        at the tick at which it is planned.
    """
    grow = may_grow or {}
    waits: dict[int, set[int]] = {}
    for lag in problem.lags:
        if lag.a_edge is Edge.END and lag.b_edge is Edge.START and lag.min is not None and lag.min >= 0:
            waits.setdefault(lag.b, set()).add(lag.a)
    uses: dict[int, list[tuple[Tick, Tick, int, int]]] = {}
    for task, mode, start, end in schedule.placements:
        if end > start or task in grow:
            for demand in problem.tasks[task].modes[mode].demands:
                uses.setdefault(demand.resource, []).append((start, end, task, demand.amount))
    lenient = frozenset(task for task, must in grow.items() if not must)
    return {r: _plan_resource(problem, r, sorted(rows), waits, lenient) for r, rows in sorted(uses.items())}


def _plan_resource(
    problem: Problem,
    r: int,
    uses: list[tuple[Tick, Tick, int, int]],
    waits: Mapping[int, set[int]],
    lenient: frozenset[int],
) -> ResourcePlan:
    resource = problem.resources[r]
    assert isinstance(resource, Unary | Renewable)
    capacity = capacity_of(problem, r)
    runs = [_Run(0, capacity)]
    plan = ResourcePlan(r, (), {}, [])
    # A closure that begins when a task starts comes first: the task must not get its units.
    events: list[tuple[Tick, int, Tick, int, int]] = [(s, 1, e, task, amount) for s, e, task, amount in uses]
    events += [(b, 0, e, -1, capacity - value) for b, e, value in _closings(resource, capacity)]
    for start, _, end, task, amount in sorted(events):
        free = [run for run in runs if run.free_from <= start]
        if task in lenient and sum(run.count for run in free) < amount:
            continue
        if task < 0:
            chosen = _take(runs, sorted(free, key=lambda run: -run.first), amount, from_top=True)
        else:
            known = waits.get(task, ())
            free.sort(key=lambda run: (run.holder not in known, run.holder_end, run.first))
            chosen = _take(runs, free, amount)
        if chosen is None:
            what = "a closed stretch" if task < 0 else f"task {problem.tasks[task].name!r}"
            raise InputError(
                f"{resource.name!r} has no {amount} free units for {what} at tick {start}",
                where="replay",
                remedy="check the schedule; a task planned with no length needs room for the length it may get",
            )
        pieces = _merged((run.first, run.first + run.count) for run in chosen)
        if task < 0:
            plan.closures.append((start, end, pieces))
        else:
            plan.tasks[task] = TaskUnits(pieces, tuple(sorted({run.holder for run in chosen if run.holder >= 0})))
        for run in chosen:
            run.free_from = end
            if task >= 0:
                run.holder, run.holder_end = task, end
    plan.order = tuple(plan.tasks)
    return plan


def _closings(resource: Unary | Renewable, capacity: int) -> list[tuple[Tick, Tick, int]]:
    if resource.calendar is None:
        return []
    points = resource.calendar.points
    ends = [*(tick for tick, _ in points[1:]), NEVER]
    return [(begin, end, value) for (begin, value), end in zip(points, ends, strict=True) if value < capacity]


def _take(runs: list[_Run], free: list[_Run], amount: int, *, from_top: bool = False) -> list[_Run] | None:
    """``amount`` units from ``free`` in its order, splitting the last run; ``None`` if there are too few."""
    chosen: list[_Run] = []
    for run in free:
        if amount == 0:
            break
        if run.count > amount:
            rest = _Run(run.first, run.count, run.holder, run.holder_end, run.free_from)
            if from_top:
                rest.count -= amount
                run.first, run.count = run.first + rest.count, amount
            else:
                rest.first, rest.count = run.first + amount, run.count - amount
                run.count = amount
            runs.append(rest)
        amount -= run.count
        chosen.append(run)
    return None if amount else chosen


def _merged(runs: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, stop in sorted(runs):
        if merged and merged[-1][1] == first:
            merged[-1] = (merged[-1][0], stop)
        else:
            merged.append((first, stop))
    return merged


def _overlap(a: list[tuple[int, int]], b: list[tuple[int, int]]) -> bool:
    return any(first < other_stop and other < stop for first, stop in a for other, other_stop in b)
