"""Bootstrap intervals of geometric means: instances are drawn again, and within each its seeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError

FloatArray = NDArray[np.float64]

LEVEL: float = 0.95
RESAMPLES: int = 2_000
_DRAWS_AT_ONCE: int = 4_000_000  # keeps the arrays of one step below some 100 MB


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval that covers the true value with probability ``level``, as far as the sample tells."""

    low: float
    high: float
    level: float = LEVEL


def bootstrap_geometric_mean(
    logs: Sequence[Sequence[float]], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Percentile interval of ``exp`` of the mean over instances of the mean over seeds of ``logs``.

    Parameters
    ----------
    logs
        ``logs[instance][seed]``: logarithms of ratios; every instance has at least one.
    level
        Coverage, between 0 and 1.
    resamples
        Number of bootstrap samples.
    seed
        Equal seeds and data give equal intervals.

    Returns
    -------
    The interval, or ``None`` where nothing can vary: one instance with one seed.

    Notes
    -----
    Two stages: instances with replacement, then within each drawn instance its seeds with replacement, as
    in Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8.  The percentile
    interval is that of Efron and Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13.
    """
    return _exp(bootstrap_mean(logs, level=level, resamples=resamples, seed=seed))


def bootstrap_mean(
    values: Sequence[Sequence[float]], *, level: float = LEVEL, resamples: int = RESAMPLES, seed: int = 0
) -> Interval | None:
    """Percentile interval of the mean over instances of the mean over seeds of ``values[instance][seed]``.

    Drawn as in :func:`bootstrap_geometric_mean`.
    """
    return _interval([values], level=level, resamples=resamples, seed=seed)


def bootstrap_ratio(
    first: Sequence[Sequence[float]],
    second: Sequence[Sequence[float]],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """Percentile interval of the ratio of two geometric means over the same instances.

    ``first[i]`` and ``second[i]`` belong to the same instance: it is drawn for both at once, the seeds of
    each apart.

    Raises
    ------
    InputError
        The two have different numbers of instances.
    """
    return _exp(bootstrap_mean_difference(first, second, level=level, resamples=resamples, seed=seed))


def bootstrap_mean_difference(
    first: Sequence[Sequence[float]],
    second: Sequence[Sequence[float]],
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = 0,
) -> Interval | None:
    """Percentile interval of the difference of two means over the same instances; see :func:`bootstrap_ratio`."""
    if len(first) != len(second):
        raise InputError(
            f"{len(first)} against {len(second)} instances", where="bootstrap", remedy="give the same instances"
        )
    return _interval([first, second], level=level, resamples=resamples, seed=seed)


def _exp(interval: Interval | None) -> Interval | None:
    return None if interval is None else Interval(math.exp(interval.low), math.exp(interval.high), interval.level)


def _interval(
    sides: Sequence[Sequence[Sequence[float]]], *, level: float, resamples: int, seed: int
) -> Interval | None:
    if not 0 < level < 1:
        raise InputError(f"level {level!r}", where="bootstrap", remedy="use a number between 0 and 1")
    if resamples < 1:
        raise InputError(f"resamples {resamples!r}", where="bootstrap", remedy="use at least 1")
    instances = len(sides[0])
    if instances == 0 or any(len(values) == 0 for side in sides for values in side):
        raise InputError("an instance without a value", where="bootstrap", remedy="leave it out")
    if instances == 1 and all(len(side[0]) == 1 for side in sides):
        return None
    tables = [_table(side) for side in sides]
    width = sum(table.shape[1] for table, _ in tables)
    step = max(1, _DRAWS_AT_ONCE // (instances * width))
    generator = np.random.default_rng(seed)
    means = []
    for begin in range(0, resamples, step):
        count = min(step, resamples - begin)
        drawn = generator.integers(0, instances, size=(count, instances))
        value = _drawn_means(tables[0], drawn, generator)
        if len(tables) == 2:
            value = value - _drawn_means(tables[1], drawn, generator)
        means.append(value.mean(axis=1))
    low, high = np.quantile(np.concatenate(means), [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high), level)


def _table(logs: Sequence[Sequence[float]]) -> tuple[FloatArray, NDArray[np.int64]]:
    """Values ``[instance, seed]``, padded with zeros, and the number of seeds of every instance."""
    sizes = np.array([len(values) for values in logs], dtype=np.int64)
    table = np.zeros((len(logs), int(sizes.max())))
    for row, values in enumerate(logs):
        table[row, : len(values)] = values
    if not np.isfinite(table).all():
        raise InputError("a value is not finite", where="bootstrap", remedy="leave it out")
    return table, sizes


def _drawn_means(side: tuple[FloatArray, NDArray[np.int64]], drawn: NDArray[Any], generator: Any) -> FloatArray:
    """Mean of the redrawn seeds of every drawn instance: ``[sample, instance]``."""
    table, sizes = side
    width = table.shape[1]
    if width == 1:
        return table[drawn, 0]
    size = sizes[drawn]
    # A uniform number times the size is a seed of that instance; columns beyond its size count nothing.
    pick = (generator.random((*drawn.shape, width)) * size[..., None]).astype(np.int64)
    values = table[drawn[..., None], pick]
    values[np.arange(width) >= size[..., None]] = 0.0
    means: FloatArray = values.sum(axis=2) / size
    return means
