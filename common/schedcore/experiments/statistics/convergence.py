"""Gaps over time: how far the best solution so far is from the best known value, averaged over runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError
from schedcore.experiments.statistics.ratios import primal_gap

FloatArray = NDArray[np.float64]


@dataclass(frozen=True)
class GapTrace:
    """The primal gap of one run as a step function: ``gap[k]`` from ``time_s[k]`` on, 1 before the first."""

    time_s: FloatArray
    gap: FloatArray

    def at(self, times_s: FloatArray) -> FloatArray:
        """The gap at each of ``times_s``."""
        place = np.searchsorted(self.time_s, times_s, side="right") - 1
        padded = np.concatenate([[1.0], self.gap])
        values: FloatArray = padded[place + 1]
        return values


def gap_trace(points: Iterable[tuple[float, float]], reference: float) -> GapTrace:
    """The gap of incumbents ``(seconds, value)``; a point that is no improvement changes nothing.

    No points make a run that found nothing: its gap is 1 for ever.
    """
    ordered = sorted((max(0.0, float(t)), primal_gap(float(v), reference)) for t, v in points)
    times = np.array([t for t, _ in ordered])
    gaps = np.array([g for _, g in ordered])
    return GapTrace(times, np.minimum.accumulate(gaps) if len(gaps) else gaps)


def mean_gap_curve(runs: Sequence[Sequence[GapTrace]], times_s: Sequence[float]) -> FloatArray:
    """Mean over instances of the mean over seeds of the gap, at each of ``times_s``.

    ``runs[instance]`` holds the traces of its seeds.  A run without a solution so far counts as gap 1, so the
    curve never gains by leaving out what is hard (Berthold 2013, as for ``primal_gap``).

    Raises
    ------
    InputError
        There is no run.
    """
    grid = np.asarray(times_s, dtype=np.float64)
    if not runs or not all(runs):
        raise InputError("there is no run to average", where="mean gap", remedy="give a trace for every instance")
    total = np.zeros_like(grid)
    for seeds in runs:
        total += sum((trace.at(grid) for trace in seeds), np.zeros_like(grid)) / len(seeds)
    return total / len(runs)


def primal_integral(trace: GapTrace, until_s: float) -> float:
    """Mean of the gap over ``[0, until_s]``: Berthold's primal integral divided by the time, in [0, 1].

    Raises
    ------
    InputError
        ``until_s`` is not positive.
    """
    if not until_s > 0:
        raise InputError(f"end {until_s!r}", where="primal integral", remedy="use seconds > 0")
    inside = trace.time_s < until_s
    edges = np.concatenate([[0.0], trace.time_s[inside], [until_s]])
    levels = np.concatenate([[1.0], trace.gap[inside]])
    return float((np.diff(edges) * levels).sum() / until_s)
