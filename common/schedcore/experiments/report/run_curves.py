"""Profiles of the methods of an arena, and the gaps of its runs over time."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from schedcore.experiments.report.arena import Arena
from schedcore.experiments.statistics import GapTrace, ProfileCurve, gap_trace, primal_integral, profile_curves
from schedcore.experiments.trial import TrialRecord, TrialStatus

CURVE_POINTS: int = 120


def profiles_of(arena: Arena) -> dict[str, ProfileCurve]:
    """Profiles over instances, from the mean ratio over seeds; none on the scale of gaps.

    Instances that some method has not finished a single run on are left out for all; one that a method refused, or
    was not to be run on, counts as not solved by it.
    """
    if arena.scale != "ratio" or not arena.has_values:
        return {}
    compared = []
    for name in arena.instances:
        cells = [arena.cell(method, name) for method in arena.methods]
        if any(cell.counted for cell in cells) and all(cell.records or not cell.planned for cell in cells):
            compared.append(name)
    costs: dict[str, dict[str, float | None]] = {}
    for method in arena.methods:
        means = {name: arena.cell(method, name).mean for name in compared}
        costs[method] = {name: None if mean is None else math.exp(mean) for name, mean in means.items()}
    return profile_curves(costs)


def traces_of(arena: Arena, method: str) -> list[list[GapTrace]]:
    """Gap traces ``[instance][seed]`` of the runs that the method did not refuse."""
    found = []
    for name, info in arena.instances.items():
        cell = arena.cell(method, name)
        if info.reference is None or not cell.counted:
            continue
        runs = [record for record in cell.records.values() if record.status is not TrialStatus.REFUSED]
        found.append([gap_trace(_points(record), float(info.reference)) for record in runs])
    return found


def _points(record: TrialRecord) -> list[tuple[float, float]]:
    """Incumbents of a run; its value at its end closes the trace, or is all of it."""
    if record.failed or record.value is None:
        return []
    points = [(float(point[0]), float(point[1])) for point in record.trace if point[1] is not None]
    return [*points, (max(record.wall_s, 0.0), float(record.value))]


def last_second(arena: Arena) -> float:
    """Seconds of the longest run; at least a millisecond."""
    ends = [record.wall_s for cell in arena.cells.values() for record in cell.records.values()]
    return max(max(ends, default=0.0), 1e-3)


def time_grid(arena: Arena, until_s: float) -> list[float]:
    """Times from a millisecond (or just before the first result) to the end, evenly on a logarithmic axis."""
    firsts = [
        point[0]
        for cell in arena.cells.values()
        for record in cell.records.values()
        for point in _points(record)[:1]
        if point[0] > 0
    ]
    begin = min(max(1e-3, min(firsts, default=1e-3) / 2), until_s / 2)
    times: list[float] = np.geomspace(begin, until_s, CURVE_POINTS).tolist()
    return times


def mean_gap_over_time(traces: Sequence[Sequence[GapTrace]], until_s: float) -> float | None:
    """Mean over instances of the mean over seeds of the primal integral; ``None`` without runs."""
    if not traces:
        return None
    means = [math.fsum(primal_integral(t, until_s) for t in seeds) / len(seeds) for seeds in traces]
    return math.fsum(means) / len(means)
