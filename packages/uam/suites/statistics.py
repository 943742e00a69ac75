"""Figures over days: spread, tails, and paired comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean, standard deviation (n - 1), minimum, 5th percentile, and mean of the worst tenth (CVaR 10)."""

    days: int
    mean: float
    sd: float
    minimum: float
    p5: float
    cvar10: float


def spread(profits: Sequence[float]) -> Spread:
    """The spread of ``profits``."""
    values = np.sort(np.asarray(profits, dtype=np.float64))
    if not len(values):
        raise InputError("no day", where="statistics")
    worst = values[: max(1, round(0.1 * len(values)))]
    return Spread(
        len(values),
        float(values.mean()),
        float(values.std(ddof=1)) if len(values) > 1 else 0.0,
        float(values[0]),
        float(np.percentile(values, 5)),
        float(worst.mean()),
    )


@dataclass(frozen=True, slots=True)
class Paired:
    """``a - b`` on the same days: mean, standard error, days on which ``a`` is better, and two-sided p-values."""

    days: int
    mean: float
    error: float
    better: int
    t_p: float
    wilcoxon_p: float


def paired(a: Sequence[float], b: Sequence[float]) -> Paired:
    """Compare two methods day by day.  With fewer than three days, or no difference, the p-values are 1.

    Raises
    ------
    InputError
        Different numbers of days.
    """
    if len(a) != len(b) or not len(a):
        raise InputError(f"{len(a)} days beside {len(b)}", where="paired comparison", remedy="play the same days")
    difference = np.asarray(a, dtype=np.float64) - np.asarray(b, dtype=np.float64)
    days = len(difference)
    error = float(difference.std(ddof=1) / np.sqrt(days)) if days > 1 else 0.0
    t_p = wilcoxon_p = 1.0
    if days > 2 and difference.any():
        from scipy import stats

        if error > 0:
            t_p = float(stats.ttest_1samp(difference, 0.0).pvalue)
        else:
            t_p = 0.0  # the same difference every day
        wilcoxon_p = float(stats.wilcoxon(difference).pvalue)
    return Paired(days, float(difference.mean()), error, int((difference > 0).sum()), t_p, wilcoxon_p)
