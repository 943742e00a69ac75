"""The image of a real day on the grid, a point of the linear program: proof by example that it is a relaxation."""

from __future__ import annotations

import numpy as np

from schedcore.errors import InputError
from uam._checks import Floats, Ints
from uam.bound.linear import Columns, DayProgram
from uam.log import Charge, DayLog, Flight


def day_point(program: DayProgram, log: DayLog) -> Floats:
    """The columns of ``program`` that describe ``log``; feasible, and worth the profit of the day.

    Every aircraft flies, stands and charges in the steps that :mod:`uam.bound.grid` says; its level on the grid
    is never below its real energy.

    Raises
    ------
    InputError
        The log cannot be placed on the grid.  That is a defect of the relaxation (or the log of another scenario).
    """
    grid, columns = program.grid, program.columns
    plan = log.scenario.plan
    n, steps = grid.num_vertiports, grid.num_steps
    point = np.zeros(columns.total)
    find = _Lookup(columns, grid.top + 1)
    flights = [[f for f in log.flights if f.aircraft == k] for k in range(plan.num_aircraft)]
    charges = [[c for c in log.charges if c.aircraft == k] for k in range(plan.num_aircraft)]
    change = np.zeros((n, steps))
    for k in range(plan.num_aircraft):
        where, now = int(plan.start_location[k]), 0
        level = grid.level_of(int(plan.start_energy_wh[k]))
        change[where, 0] += 1
        plugged = _charging_steps(charges[k], grid.step_s)
        for flight in (*flights[k], None):
            until = steps if flight is None else flight.start_s // grid.step_s
            while now < until:
                kind, after = 0, int(grid.park[level]) if grid.chargers[where] else level
                if now in plugged and level < grid.top:
                    kind, after = 1, int(grid.charge[level])
                point[find(kind, where, where, now, level)] += 1
                level, now = after, now + 1
            if flight is None:
                break
            target = flight.destination
            if now != until or where != flight.origin or level < grid.need[where, target]:
                raise _misfit(k, flight, now, where, level)
            taken = int(grid.steps[where, target, now])
            if taken < 0:
                raise _misfit(k, flight, now, where, level)
            point[find(2, where, target, now, level)] += 1
            change[where, now] -= 1
            change[target, now] += 1
            level -= int(grid.energy[where, target])
            if grid.chargers[target]:
                level = int(grid.land[level])
            where, now = target, now + taken
    _fill_counts(program, log, point)
    point[-n * steps :] = change.cumsum(axis=1).ravel()
    return point


class _Lookup:
    """Index of an arc from its description."""

    def __init__(self, columns: Columns, levels: int) -> None:
        self._sizes = (columns.num_vertiports, columns.num_vertiports, columns.num_steps, levels)
        keys = self._key(columns.kind, columns.origin, columns.target, columns.step, columns.level)
        self._index = dict(zip(keys.tolist(), range(len(keys)), strict=True))

    def _key(self, kind: Ints, origin: Ints, target: Ints, step: Ints, level: Ints) -> Ints:
        key = kind
        for size, part in zip(self._sizes, (origin, target, step, level), strict=True):
            key = key * size + part
        return key

    def __call__(self, kind: int, origin: int, target: int, step: int, level: int) -> int:
        parts = (np.int64(x) for x in (kind, origin, target, step, level))
        return self._index[int(self._key(*parts))]  # type: ignore[arg-type]


def _charging_steps(charges: list[Charge], step_s: int) -> set[int]:
    """Steps whose last instant is spent on a charger."""
    return {t for c in charges for t in range(c.start_s // step_s, c.end_s // step_s)}


def _fill_counts(program: DayProgram, log: DayLog, point: Floats) -> None:
    grid, columns = program.grid, program.columns
    flown = np.zeros(grid.full.shape)
    for flight in log.flights:
        flown[flight.origin, flight.destination, flight.start_s // 3600] += 1
    full = np.minimum(flown, grid.full)
    rest = np.minimum(flown - full, grid.rest_value > 0)
    block = columns.num_pair_hours
    for number, counts in enumerate((full, rest, flown - full - rest)):
        first = columns.num_arcs + number * block
        point[first : first + block] = counts[columns.pairs[:, 0], columns.pairs[:, 1]].ravel()


def _misfit(aircraft: int, flight: Flight, step: int, where: int, level: int) -> InputError:
    return InputError(
        f"aircraft {aircraft} cannot fly {flight.origin} to {flight.destination} at {flight.start_s} s: on the grid "
        f"it is at {where} in step {step} with level {level}",
        where="bound: day_point",
        remedy="the log must belong to the scenario of the program",
    )
