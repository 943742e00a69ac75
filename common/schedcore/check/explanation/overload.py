"""Capacity overload: mandatory work that cannot fit into an interval of a resource."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedcore.check.explanation.conflict import Conflict, ConflictKind
from schedcore.check.explanation.facts import INFINITY, Facts
from schedcore.check.steps import excess_runs, sum_steps
from schedcore.check.view import static_capacity
from schedcore.model import Reservoir, StepProfile
from schedcore.model.arrays import IntArray


@dataclass
class _Load:
    """Mandatory work on one resource, one entry per task.

    ``energy`` is the least units times ticks, ``amount`` the least units at any tick it runs.
    """

    task: list[int]
    energy: list[int]
    amount: list[int]


def overloads(facts: Facts) -> list[Conflict]:
    """At most one conflict per resource: by energy over an interval, or by work that must run at one tick."""
    loads: dict[int, _Load] = {}
    for task in facts.mandatory():
        for resource, (energy, amount) in _least_work(facts, task).items():
            load = loads.setdefault(resource, _Load([], [], []))
            load.task.append(task)
            load.energy.append(energy)
            load.amount.append(amount)
    conflicts = []
    for resource in sorted(loads):
        if facts.cyclic:
            conflict = _per_round(facts, resource, loads[resource])
        else:
            conflict = _compulsory(facts, resource, loads[resource]) or _energy(facts, resource, loads[resource])
        if conflict is not None:
            conflicts.append(conflict)
    return conflicts


def _least_work(facts: Facts, task: int) -> dict[int, tuple[int, int]]:
    """Per resource that every possible mode needs for some time: least energy and least units."""
    work: dict[int, tuple[int, int]] | None = None
    for mode in facts.allowed(task):
        if mode.duration == 0:
            return {}
        mine = {d.resource: (d.amount * mode.duration, d.amount) for d in mode.demands}
        if work is None:
            work = mine
        else:
            work = {
                r: (min(energy, mine[r][0]), min(amount, mine[r][1]))
                for r, (energy, amount) in work.items()
                if r in mine
            }
    return work or {}


def _calendar(facts: Facts, resource: int) -> StepProfile:
    target = facts.problem.resources[resource]
    assert not isinstance(target, Reservoir)
    return target.calendar or StepProfile.constant(static_capacity(facts.problem, resource))


def _per_round(facts: Facts, resource: int, load: _Load) -> Conflict | None:
    """Work of one round against the longest period."""
    cycle = facts.problem.cycle
    assert cycle is not None
    capacity = static_capacity(facts.problem, resource)
    need, offered = sum(load.energy), capacity * cycle.maximum
    if need <= offered:
        return None
    words = facts.words
    return Conflict(
        ConflictKind.CAPACITY,
        f"every round needs at least {need} units times ticks of {words.resource(resource)}, a period of "
        f"{words.span(cycle.maximum)} offers {offered}: {words.tasks(load.task)}",
        tuple(load.task),
        resource,
    )


def _compulsory(facts: Facts, resource: int, load: _Load) -> Conflict | None:
    """Tasks that all run at some tick wherever they start: from the latest start to the earliest end."""
    chosen = [
        (task, amount, facts.latest_start[task], facts.earliest_end[task])
        for task, amount in zip(load.task, load.amount, strict=True)
        if facts.latest_start[task] < facts.earliest_end[task]
    ]
    if not chosen:
        return None
    amounts, begins, ends = (np.array([row[k] for row in chosen], dtype=np.int64) for k in (1, 2, 3))
    points = np.array(_calendar(facts, resource).points, dtype=np.int64)
    times = np.concatenate([begins, ends, points[:, 0]])
    none = np.zeros(len(chosen), dtype=np.int64)
    use = np.concatenate([amounts, -amounts, np.zeros(len(points), dtype=np.int64)])
    offer = np.concatenate([none, none, np.diff(points[:, 1], prepend=0)])
    group, time, (used, offered) = sum_steps(np.zeros(len(times), dtype=np.int64), times, use, offer)
    runs = excess_runs(group, time, used - offered)
    if not len(runs.begin):
        return None
    begin, end = int(runs.begin[0]), int(runs.end[0])
    involved = [(task, amount) for task, amount, late, early in chosen if late <= begin < early]
    words = facts.words
    need = sum(amount for _, amount in involved)
    tasks = tuple(task for task, _ in involved)
    return Conflict(
        ConflictKind.CAPACITY,
        f"{words.tasks(tasks)} must all run at {words.at(begin)}, wherever they start in their time windows, and need "
        f"{words.units(need)} of {words.resource(resource)}, which then offers {_calendar(facts, resource).at(begin)}",
        tasks,
        resource,
        (begin, end),
    )


def _energy(facts: Facts, resource: int, load: _Load) -> Conflict | None:
    """Overload check over all intervals from an earliest start to a latest end.

    In order of the latest end ``b``, the value ``K(a) + energy of the tasks within [a, b)`` is kept for every
    earliest start ``a``, where ``K`` adds up the capacity from tick 0 on; above ``K(b)`` the interval is overloaded
    (the idea of the theta-tree of Vilim, 2004, as plain array operations and with calendars).
    """
    rows = [
        (facts.latest_end[task], facts.earliest_start[task], energy, task)
        for task, energy in zip(load.task, load.energy, strict=True)
        if facts.latest_end[task] < INFINITY // 2
    ]
    if not rows:
        return None
    rows.sort()
    profile = _calendar(facts, resource)
    starts = np.array(sorted({row[1] for row in rows}), dtype=np.int64)
    ends = np.array([row[0] for row in rows], dtype=np.int64)
    exact = max(profile.maximum, 1) * max(int(ends[-1]), int(starts[-1])) + sum(row[2] for row in rows) >= 2**62
    dtype = object if exact else np.int64
    value = _offered(profile, starts, dtype)
    limit = _offered(profile, ends, dtype)
    position = np.searchsorted(starts, [row[1] for row in rows]).tolist()
    for k, (latest, _, energy, _) in enumerate(rows):
        value[: position[k] + 1] += energy
        if k + 1 < len(rows) and rows[k + 1][0] == latest:
            continue
        # Of the starts before the end only; later ones belong to no interval.
        valid = int(np.searchsorted(starts, latest))
        if valid and value[:valid].max() > limit[k]:
            return _energy_conflict(facts, resource, rows[: k + 1], int(starts[int(np.argmax(value[:valid]))]), latest)
    return None


def _energy_conflict(
    facts: Facts, resource: int, rows: list[tuple[int, int, int, int]], begin: int, end: int
) -> Conflict:
    inside = sorted((task, energy) for _, earliest, energy, task in rows if earliest >= begin)
    need = sum(energy for _, energy in inside)
    profile = _calendar(facts, resource)
    offered = sum((stop - max(start, begin)) * v for start, stop, v in profile.segments(end) if stop > begin)
    words = facts.words
    tasks = tuple(task for task, _ in inside)
    return Conflict(
        ConflictKind.CAPACITY,
        f"{words.tasks(tasks)} must run between {words.at(begin)} and {words.at(end)} and need at least {need} units "
        f"times ticks of {words.resource(resource)}, which offers {offered} there",
        tasks,
        resource,
        (begin, end),
    )


def _offered(profile: StepProfile, ticks: IntArray, dtype: type) -> IntArray:
    """Units times ticks that ``profile`` offers from tick 0 to each of ``ticks``."""
    points: IntArray = np.array(profile.points, dtype=dtype)
    begin, value = points[:, 0], points[:, 1]
    total: IntArray = np.zeros(len(begin), dtype=dtype)
    if len(begin) > 1:
        total[1:] = np.cumsum(np.diff(begin) * value[:-1])
    at = np.searchsorted(begin.astype(np.int64), ticks, side="right") - 1
    result: IntArray = total[at] + (ticks.astype(dtype) - begin[at]) * value[at]
    return result
