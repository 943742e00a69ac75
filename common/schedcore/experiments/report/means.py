"""Mean gaps with their intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from schedcore.experiments.report.arena import Arena, CellRuns
from schedcore.experiments.statistics import Interval, bootstrap_mean


@dataclass(frozen=True)
class Mean:
    """Gap of a method to the reference over some instances: 0.016 is 1.6 % worse.

    ``gap`` is the geometric mean ratio minus 1, or the mean gap on the scale of gaps.
    """

    gap: float
    interval: Interval | None
    instances: int


def mean_of(arena: Arena, measures: Sequence[Sequence[float]]) -> Mean | None:
    """Mean of ``measures[instance][seed]`` with its interval, as a gap."""
    if not measures:
        return None
    mean = math.fsum(math.fsum(seeds) / len(seeds) for seeds in measures) / len(measures)
    return Mean(arena.percent(mean), as_gaps(arena, bootstrap_mean(measures)), len(measures))


def as_gaps(arena: Arena, interval: Interval | None) -> Interval | None:
    """An interval of means as one of gaps."""
    if interval is None:
        return None
    return Interval(arena.percent(interval.low), arena.percent(interval.high), interval.level)


def listed(cell: CellRuns) -> list[float]:
    """The measures of a cell, a value per seed."""
    return list(cell.measure.values())
