"""What is where when: step functions over the day, read off a log."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from uam._checks import Ints
from uam.log import DayLog


class Steps(NamedTuple):
    """A step function per row: ``values[row, n]`` holds from ``times[n]`` until the next time."""

    times: Ints
    values: Ints


def occupancy(log: DayLog) -> dict[str, Steps]:
    """Aircraft per vertiport ``[N, times]`` that stand there (``present``), charge (``charging``), or fly there
    (``inbound``)."""
    plan = log.scenario.plan
    n = plan.num_vertiports
    start = np.bincount(plan.start_location, minlength=n)
    present = [(0, i, int(start[i])) for i in range(n)]
    inbound: list[tuple[int, int, int]] = []
    for flight in log.flights:
        present += [(flight.start_s, flight.origin, -1), (flight.end_s, flight.destination, 1)]
        inbound += [(flight.start_s, flight.destination, 1), (flight.end_s, flight.destination, -1)]
    charging = [(c.start_s, c.vertiport, 1) for c in log.charges] + [(c.end_s, c.vertiport, -1) for c in log.charges]
    return {
        "present": _steps(present, n),
        "charging": _steps(charging, n),
        "inbound": _steps(inbound, n),
    }


def waiting(log: DayLog) -> Steps:
    """Passengers of the current hour who have not been carried ``[1, times]``; at the end of an hour they are lost."""
    plan, demand = log.scenario.plan, log.scenario.realised.demand
    changes: list[tuple[int, int, int]] = []
    left = np.array([int(demand[:, :, h].sum()) for h in range(plan.hours)])
    for flight in log.flights:
        changes.append((flight.start_s, 0, -flight.passengers))
        left[flight.start_s // 3600] -= flight.passengers
    for h in range(plan.hours):
        changes.append((3600 * h, 0, int(demand[:, :, h].sum())))
        changes.append((3600 * (h + 1), 0, -int(left[h])))
    return _steps(changes, 1)


def carried_by_hour(log: DayLog) -> tuple[Ints, Ints]:
    """Passengers ``[H]`` who turned up, and who were carried."""
    turned_up = log.scenario.realised.demand.sum(axis=(0, 1))
    carried = np.zeros(log.scenario.plan.hours, dtype=np.int64)
    for flight in log.flights:
        carried[flight.start_s // 3600] += flight.passengers
    return turned_up, carried


def profit_over_time(log: DayLog) -> Steps:
    """Profit so far ``[1, times]``, mills."""
    return _steps([(0, 0, 0)] + [(flight.start_s, 0, flight.profit_mills) for flight in log.flights], 1)


def _steps(changes: list[tuple[int, int, int]], rows: int) -> Steps:
    times = np.unique(np.array([0, *(time for time, _, _ in changes)], dtype=np.int64))
    values = np.zeros((rows, len(times)), dtype=np.int64)
    if changes:
        when, row, delta = (np.array(column, dtype=np.int64) for column in zip(*changes, strict=True))
        np.add.at(values, (row, np.searchsorted(times, when)), delta)
    return Steps(times, values.cumsum(axis=1))
