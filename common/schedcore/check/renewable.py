"""Rules on capacities: renewable resources, and the calendars of all resources."""

from __future__ import annotations

import numpy as np

from schedcore.check.realised import Realised
from schedcore.check.steps import Runs, excess_runs, join_around, sum_steps
from schedcore.check.view import LIMIT, View
from schedcore.check.violation import Findings, Violation, ViolationCode
from schedcore.check.words import Words
from schedcore.model import StepProfile
from schedcore.model.arrays import RENEWABLE, RESERVOIR, IntArray


def check_capacities(view: View, realised: Realised | None) -> list[Findings]:
    """``CAPACITY`` (static capacity exceeded) and ``CALENDAR`` (only what the calendar leaves exceeded).

    One sweep over all resources that are renewable or have a calendar: the changes of demand and of
    capacity are sorted by resource and tick and summed up.
    """
    if not view.judges_resources:
        return []
    calendars = calendars_of(view, realised)
    uses = view.uses
    swept = view.arrays.resource_kind == RENEWABLE
    swept[list(calendars)] = True
    chosen = np.flatnonzero(swept[uses.resource])
    if not len(chosen):
        return []
    row, resource, amount = uses.row[chosen], uses.resource[chosen], uses.amount[chosen]
    found = []
    if view.period is not None:
        group, time, usage = folded_usage(view, row, resource, amount, view.period)
        over = excess_runs(group, time, usage - view.arrays.resource_capacity[group])
        over = join_around(over, view.period)
        return [_findings(view, ViolationCode.CAPACITY, over)] if len(over.group) else []
    points = [_changes(r, view.arrays.resource_capacity[r], profile) for r, profile in calendars.items()]
    columns = [
        (resource, view.start[row], amount, np.zeros(len(row), dtype=np.int64)),
        (resource, view.end[row], -amount, np.zeros(len(row), dtype=np.int64)),
        *points,
    ]
    groups, times, changes, lacks = (np.concatenate(c) for c in zip(*columns, strict=True))
    group, time, sums = sum_steps(groups, times, changes, *([lacks] if points else []))
    usage = sums[0]
    capacity = view.arrays.resource_capacity[group]
    renewable = view.arrays.resource_kind[group] == RENEWABLE
    over = excess_runs(group, time, np.where(renewable, usage - capacity, 0))
    if len(over.group):
        found.append(_findings(view, ViolationCode.CAPACITY, over))
    if points:
        lack = np.where(usage <= capacity, usage - (capacity - sums[1]), 0)
        short = excess_runs(group, time, lack)
        if len(short.group):
            found.append(_findings(view, ViolationCode.CALENDAR, short))
    return found


def calendars_of(view: View, realised: Realised | None) -> dict[int, StepProfile]:
    """Calendars by resource id; those that occurred replace the planned ones."""
    calendars = {}
    for r, kind in enumerate(view.arrays.resource_kind.tolist()):
        if kind != RESERVOIR:
            profile = view.calendar(r)
            if profile is not None:
                calendars[r] = profile
    if realised is not None:
        calendars.update(realised.calendars)
    return calendars


def _changes(resource: int, capacity: int, profile: StepProfile) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Changes of the *missing* capacity (static minus calendar) as columns; none at negative ticks."""
    points = np.array(profile.points, dtype=np.int64)
    missing = capacity - points[:, 1]
    count = len(points)
    return (
        np.full(count, resource, dtype=np.int64),
        np.minimum(points[:, 0], LIMIT),
        np.zeros(count, dtype=np.int64),
        np.diff(missing, prepend=0),
    )


def folded_usage(
    view: View, row: IntArray, resource: IntArray, amount: IntArray, period: int
) -> tuple[IntArray, IntArray, IntArray]:
    """Demand in the steady state of a cyclic schedule as steps over the phases ``[0, period]``.

    A task of ``q * period + rest`` ticks counts ``q`` times at every phase, and once more during the
    ``rest`` ticks that follow the phase of its start, around the end of the period.
    """
    phase = view.start[row] % period
    whole, rest = view.length[row] // period, view.length[row] % period
    stop = phase + rest
    around = stop > period
    used, index = np.unique(resource, return_inverse=True)
    base = np.zeros(len(used), dtype=np.int64)
    np.add.at(base, index, amount * (whole + around))
    zeros = np.zeros(len(used), dtype=np.int64)
    groups = np.concatenate([used, used, resource, resource])
    times = np.concatenate([zeros, zeros + period, phase, np.where(around, stop - period, stop)])
    changes = np.concatenate([base, -base, amount, -amount])
    group, time, (usage,) = sum_steps(groups, times, changes)
    inside = time < period  # at the end of the period stands phase 0 again
    return group[inside], time[inside], usage[inside]


def _findings(view: View, code: ViolationCode, runs: Runs) -> Findings:
    def build() -> list[Violation]:
        words = Words(view.problem)
        result = []
        for r, begin, end, amount in zip(*(column.tolist() for column in runs), strict=True):
            tasks = view.running(r, begin)
            stretch = words.stretch(begin, end, view.period)
            if code is ViolationCode.CAPACITY:
                capacity = int(view.arrays.resource_capacity[r])
                text = f"demand on {words.resource(r)} exceeds its capacity of {capacity} by {words.units(amount)}"
            else:
                text = f"the calendar of {words.resource(r)} leaves {words.units(amount)} too little"
            result.append(
                Violation(code, f"{text} {stretch}; at first: {words.tasks(tasks)}", tuple(tasks), r, begin, amount)
            )
        return result

    return Findings(code, runs.excess, build)
