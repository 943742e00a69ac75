"""Statistics of replays: what a sample of scenarios says, and how sure it is."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from schedcore.errors import InputError
from schedcore.replay.random_streams import Kind, uniforms

FloatArray = NDArray[np.float64]

QUANTILES: tuple[float, ...] = (0.05, 0.25, 0.5, 0.75, 0.95)
"""Levels of the quantiles in a summary."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval ``[low, high]``."""

    low: float
    high: float
    confidence: float
    method: str

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Summary:
    """A sample in numbers: ``std`` is that of the sample (``n - 1``), ``cvar`` at level ``cvar_level``."""

    count: int
    mean: float
    std: float
    minimum: float
    maximum: float
    quantiles: tuple[tuple[float, float], ...]
    cvar: float
    cvar_level: float
    interval: Interval

    def quantile(self, level: float) -> float:
        """The quantile at one of the levels of ``quantiles``."""
        return dict(self.quantiles)[level]

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self) | {"quantiles": {f"{level:g}": value for level, value in self.quantiles}}


@dataclass(frozen=True, slots=True)
class Rate:
    """``hits`` of ``count``, with a Wilson interval."""

    hits: int
    count: int
    interval: Interval

    @property
    def value(self) -> float:
        """``hits / count``."""
        return self.hits / self.count

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return asdict(self) | {"value": self.value}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Paired difference *second minus first* of a metric on common random numbers.

    ``better``, ``equal`` and ``worse`` count scenarios in which the second is lower, equal, higher.
    ``correlation`` is that of the pairs (``nan`` if one of them is constant): the closer to 1, the more
    the common random numbers help.
    """

    metric: str
    difference: Summary
    better: int
    equal: int
    worse: int
    correlation: float

    @property
    def significant(self) -> bool:
        """Whether the confidence interval of the mean difference excludes 0."""
        return 0 not in self.difference.interval

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON (no correlation: ``None``)."""
        data = asdict(self) | {"difference": self.difference.as_dict(), "significant": self.significant}
        return data | {"correlation": None if math.isnan(self.correlation) else self.correlation}


def summarise(
    values: ArrayLike, *, confidence: float = 0.95, cvar_level: float = 0.95, method: str = "t", seed: int = 0
) -> Summary:
    """Summary of a sample.

    Parameters
    ----------
    values
        At least one, shape ``[scenario]``.
    confidence
        Level of the interval for the mean, in (0, 1).
    cvar_level
        Level of the conditional value at risk, in [0, 1).
    method
        ``"t"`` (Student) or ``"bootstrap"`` (percentile, 2,000 resamples drawn from ``seed``).

    Raises
    ------
    InputError
        For an empty sample, a level out of range or an unknown method.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.ndim != 1 or not len(sample):
        raise InputError("there are no values", where="statistics", remedy="replay at least one scenario")
    quantiles = np.quantile(sample, QUANTILES)
    return Summary(
        len(sample),
        float(sample.mean()),
        float(sample.std(ddof=1)) if len(sample) > 1 else 0.0,
        float(sample.min()),
        float(sample.max()),
        tuple(zip(QUANTILES, (float(q) for q in quantiles), strict=True)),
        cvar(sample, cvar_level),
        cvar_level,
        mean_interval(sample, confidence=confidence, method=method, seed=seed),
    )


def cvar(values: ArrayLike, level: float = 0.95) -> float:
    """Mean of the worst (largest) share ``1 - level`` of the sample.

    The value at the border counts with the fraction that completes the share (Rockafellar and Uryasev,
    Journal of Banking & Finance 26 (2002), proposition 8).

    >>> cvar([1, 2, 3, 4], 0.5), cvar([1, 2, 3, 4], 0.625)
    (3.5, 3.6666666666666665)
    """
    if not 0 <= level < 1:
        raise InputError(f"level is {level}", where="cvar_level", remedy="give a level from 0 to below 1")
    sample = np.sort(np.asarray(values, dtype=np.float64))[::-1]
    share = (1 - level) * len(sample)
    whole = min(int(share + 1e-9), len(sample))
    total = float(sample[:whole].sum())
    if whole < len(sample):
        total += max(0.0, share - whole) * float(sample[whole])
    return total / share


def mean_interval(values: ArrayLike, *, confidence: float = 0.95, method: str = "t", seed: int = 0) -> Interval:
    """Confidence interval of the mean of an independent sample; infinite for a single value."""
    _check_confidence(confidence)
    sample = np.asarray(values, dtype=np.float64)
    if method not in ("t", "bootstrap"):
        raise InputError(f"unknown method {method!r}", where="interval", remedy="use 't' or 'bootstrap'")
    if len(sample) < 2:
        return Interval(-math.inf, math.inf, confidence, method)
    mean = float(sample.mean())
    if method == "t":
        from scipy.special import stdtrit

        half = (
            float(stdtrit(len(sample) - 1, (1 + confidence) / 2)) * float(sample.std(ddof=1)) / math.sqrt(len(sample))
        )
        return Interval(mean - half, mean + half, confidence, method)
    resamples = 2000
    means = np.empty(resamples)
    chunk = max(1, 1_000_000 // len(sample))
    for first in range(0, resamples, chunk):
        rows = np.arange(first, min(first + chunk, resamples), dtype=np.uint64)
        u = uniforms(seed, rows[:, None], Kind.BOOTSTRAP, 0, np.arange(len(sample), dtype=np.uint64)[None, :])[0]
        means[first : first + chunk] = sample[(u * len(sample)).astype(np.int64)].mean(axis=1)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return Interval(float(low), float(high), confidence, method)


def rate(hits: int, count: int, *, confidence: float = 0.95) -> Rate:
    """A proportion with the score interval of Wilson, J. Amer. Statist. Assoc. 22 (1927) 209-212.

    >>> r = rate(0, 10)
    >>> r.value, round(r.interval.low, 4), round(r.interval.high, 4)
    (0.0, 0.0, 0.2775)
    """
    _check_confidence(confidence)
    if count < 1 or not 0 <= hits <= count:
        raise InputError(f"{hits} of {count}", where="rate", remedy="give 0 <= hits <= count, count at least 1")
    from scipy.special import ndtri

    z2 = float(ndtri((1 + confidence) / 2)) ** 2
    p = hits / count
    centre = (p + z2 / (2 * count)) / (1 + z2 / count)
    half = math.sqrt(z2 * (p * (1 - p) / count + z2 / (4 * count**2))) / (1 + z2 / count)
    low = 0.0 if hits == 0 else max(0.0, centre - half)
    high = 1.0 if hits == count else min(1.0, centre + half)
    return Rate(hits, count, Interval(low, high, confidence, "wilson"))


def compare_pairs(
    metric: str, first: ArrayLike, second: ArrayLike, *, confidence: float = 0.95, method: str = "t", seed: int = 0
) -> Comparison:
    """Paired comparison of two samples over the same scenarios."""
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    if a.shape != b.shape:
        raise InputError(
            f"{len(a)} and {len(b)} scenarios", where="compare", remedy="replay both over the same scenarios"
        )
    difference = b - a
    constant = len(a) < 2 or a.std() == 0 or b.std() == 0
    return Comparison(
        metric,
        summarise(difference, confidence=confidence, method=method, seed=seed),
        int((difference < 0).sum()),
        int((difference == 0).sum()),
        int((difference > 0).sum()),
        math.nan if constant else float(np.corrcoef(a, b)[0, 1]),
    )


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}", where="confidence", remedy="give a level between 0 and 1")
