"""Probability laws of durations: the only place where the core meets floating point.

A law is its quantile function.  One uniform number gives one value, so two laws that share a stream
are comonotone: a task that is slow under one is slow under the other, which is what makes paired
comparisons sharp.  Values are ticks, or factors on a nominal duration (see :class:`~schedcore.replay.Noise`);
:func:`to_ticks` rounds them to the nearest tick, halves up, never below 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import FormatError, InputError, did_you_mean
from schedcore.model import MAX_TICK

FloatArray: TypeAlias = NDArray[np.float64]
TickArray: TypeAlias = NDArray[np.int64]


@runtime_checkable
class Law(Protocol):
    """A law on the non-negative numbers."""

    @property
    def mean(self) -> float:
        """Expected value, before rounding."""
        ...

    def quantile(self, u: FloatArray) -> FloatArray:
        """Values at the probabilities ``u``, each strictly between 0 and 1; same shape."""
        ...


def to_ticks(values: FloatArray) -> TickArray:
    """Nearest tick, halves up, at least 0 and at most ``MAX_TICK``.

    >>> to_ticks(np.array([-1.0, 0.49, 0.5, 2.5])).tolist()
    [0, 0, 1, 3]
    """
    return np.clip(np.floor(values + 0.5), 0, MAX_TICK).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Fixed:
    """Always ``value`` (at least 0)."""

    value: float
    kind: ClassVar[str] = "fixed"

    def __post_init__(self) -> None:
        _at_least(self, "value", 0)

    @property
    def mean(self) -> float:
        """``value``."""
        return self.value

    def quantile(self, u: FloatArray) -> FloatArray:
        """``value`` everywhere."""
        return np.full(np.shape(u), float(self.value))


@dataclass(frozen=True, slots=True)
class Uniform:
    """Uniform between ``lo`` and ``hi``, ``0 <= lo <= hi``.

    Continuous, then rounded: with whole bounds the two outermost ticks have half the weight of the
    others.  Use ``Uniform(lo - 0.5, hi + 0.5)`` for equal weights on ``lo`` to ``hi`` ticks, ``lo >= 1``.
    """

    lo: float
    hi: float
    kind: ClassVar[str] = "uniform"

    def __post_init__(self) -> None:
        _at_least(self, "lo", 0)
        _at_least(self, "hi", self.lo)

    @property
    def mean(self) -> float:
        """``(lo + hi) / 2``."""
        return (self.lo + self.hi) / 2

    def quantile(self, u: FloatArray) -> FloatArray:
        """``lo + u (hi - lo)``."""
        return self.lo + u * (self.hi - self.lo)


@dataclass(frozen=True, slots=True)
class Triangular:
    """Triangular density on ``[lo, hi]`` with its peak at ``mode``; ``0 <= lo <= mode <= hi``."""

    lo: float
    mode: float
    hi: float
    kind: ClassVar[str] = "triangular"

    def __post_init__(self) -> None:
        _at_least(self, "lo", 0)
        _at_least(self, "mode", self.lo)
        _at_least(self, "hi", self.mode)

    @property
    def mean(self) -> float:
        """``(lo + mode + hi) / 3``."""
        return (self.lo + self.mode + self.hi) / 3

    def quantile(self, u: FloatArray) -> FloatArray:
        """Inverse of the piecewise quadratic distribution function."""
        width, rise, fall = self.hi - self.lo, self.mode - self.lo, self.hi - self.mode
        if width == 0:
            return np.full(np.shape(u), float(self.lo))
        return np.where(
            u < rise / width, self.lo + np.sqrt(u * width * rise), self.hi - np.sqrt((1 - u) * width * fall)
        )


@dataclass(frozen=True, slots=True)
class LogNormal:
    """Log-normal with this ``mean`` (above 0) and coefficient of variation ``cv`` (at least 0).

    The logarithm has variance ``ln(1 + cv^2)`` and mean ``ln(mean)`` less half of that.
    """

    mean: float
    cv: float
    kind: ClassVar[str] = "lognormal"

    def __post_init__(self) -> None:
        _at_least(self, "mean", 0, strictly=True)
        _at_least(self, "cv", 0)

    def quantile(self, u: FloatArray) -> FloatArray:
        """``exp(mu + sigma * Phi^-1(u))``."""
        from scipy.special import ndtri

        variance = math.log1p(self.cv**2)
        return np.exp(math.log(self.mean) - variance / 2 + math.sqrt(variance) * ndtri(u))


@dataclass(frozen=True, slots=True)
class Exponential:
    """Exponential with this ``mean`` (above 0)."""

    mean: float
    kind: ClassVar[str] = "exponential"

    def __post_init__(self) -> None:
        _at_least(self, "mean", 0, strictly=True)

    def quantile(self, u: FloatArray) -> FloatArray:
        """``-mean ln(1 - u)``."""
        return -self.mean * np.log1p(-u)


@dataclass(frozen=True, slots=True)
class Gamma:
    """Gamma with this ``mean`` (above 0) and coefficient of variation ``cv`` (above 0): shape ``1 / cv^2``."""

    mean: float
    cv: float
    kind: ClassVar[str] = "gamma"

    def __post_init__(self) -> None:
        _at_least(self, "mean", 0, strictly=True)
        _at_least(self, "cv", 0, strictly=True)

    def quantile(self, u: FloatArray) -> FloatArray:
        """Inverse of the regularised incomplete gamma function."""
        from scipy.special import gammaincinv

        shape = self.cv**-2
        return np.asarray(gammaincinv(shape, u) * (self.mean / shape), dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Geometric:
    """``slot`` (above 0) times the number of trials until the first success of probability ``p``, 0 < p <= 1."""

    p: float
    slot: float = 1.0
    kind: ClassVar[str] = "geometric"

    def __post_init__(self) -> None:
        _at_least(self, "p", 0, strictly=True)
        _at_least(self, "slot", 0, strictly=True)
        if self.p > 1:
            raise InputError(f"p is {self.p}", where="geometric.p", remedy="a probability is at most 1")

    @property
    def mean(self) -> float:
        """``slot / p``."""
        return self.slot / self.p

    def quantile(self, u: FloatArray) -> FloatArray:
        """``slot * ceil(ln(1 - u) / ln(1 - p))``, at least one slot."""
        if self.p == 1:
            return np.full(np.shape(u), float(self.slot))
        return self.slot * np.maximum(1.0, np.ceil(np.log1p(-u) / math.log1p(-self.p)))


@dataclass(frozen=True, slots=True)
class Empirical:
    """Each of ``values`` (at least one, none below 0) with equal probability."""

    values: tuple[float, ...]
    kind: ClassVar[str] = "empirical"

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "values", tuple(sorted(self.values)))
        except TypeError:
            raise InputError(f"values are {self.values!r}", where="empirical.values", remedy="give numbers") from None
        if not self.values:
            raise InputError("there are no values", where="empirical.values", remedy="give at least one")
        for value in self.values:
            _number(value, "empirical.values", 0, False)

    @property
    def mean(self) -> float:
        """Average of the values."""
        return math.fsum(self.values) / len(self.values)

    def quantile(self, u: FloatArray) -> FloatArray:
        """The value of rank ``floor(u n)``."""
        ranks = np.minimum((np.asarray(u) * len(self.values)).astype(np.int64), len(self.values) - 1)
        return np.array(self.values, dtype=np.float64)[ranks]


KnownLaw: TypeAlias = Fixed | Uniform | Triangular | LogNormal | Exponential | Gamma | Geometric | Empirical

LAWS: dict[str, type[KnownLaw]] = {
    law.kind: law for law in (Fixed, Uniform, Triangular, LogNormal, Exponential, Gamma, Geometric, Empirical)
}
"""The laws that have a JSON form, by the value of their ``type``."""


def law_to_dict(law: Law) -> dict[str, Any]:
    """``law`` as JSON data: ``{"type": "lognormal", "mean": 1.0, "cv": 0.3}``.

    Raises
    ------
    InputError
        If it is a law of the user's own, which has no JSON form.
    """
    if type(law) not in LAWS.values():
        raise InputError(f"{law!r} has no JSON form", where="law", remedy=f"use one of {', '.join(LAWS)}")
    assert isinstance(law, KnownLaw)
    values = {f.name: getattr(law, f.name) for f in fields(law)}
    return {"type": law.kind} | {k: list(v) if isinstance(v, tuple) else v for k, v in values.items()}


def law_from_dict(data: object, *, where: str = "law") -> KnownLaw:
    """Inverse of :func:`law_to_dict`.

    Raises
    ------
    FormatError, InputError
        If the type is unknown, a parameter is missing, superfluous or out of range.
    """
    if not isinstance(data, Mapping) or "type" not in data:
        raise FormatError(f"{data!r} is not a law", where=where, remedy='write {"type": "uniform", "lo": 2, "hi": 4}')
    kind = data["type"]
    if kind not in LAWS:
        raise FormatError(f"unknown law {kind!r}", where=f"{where}.type", remedy=did_you_mean(str(kind), LAWS))
    cls = LAWS[kind]
    names = [f.name for f in fields(cls)]
    for key in data:
        if key != "type" and key not in names:
            raise FormatError(f"{kind} has no {key!r}", where=where, remedy=did_you_mean(str(key), names))
    try:
        return cls(**{k: v for k, v in data.items() if k != "type"})
    except TypeError:
        missing = [f.name for f in fields(cls) if f.name not in data and f.default is MISSING]
        raise FormatError(
            f"{kind} lacks {', '.join(missing)}", where=where, remedy=f"give {', '.join(names)}"
        ) from None
    except InputError as error:
        raise FormatError(error.what, where=f"{where}.{error.where}", remedy=error.remedy) from None


def _at_least(law: KnownLaw, field: str, low: float, *, strictly: bool = False) -> None:
    _number(getattr(law, field), f"{law.kind}.{field}", low, strictly)


def _number(value: object, where: str, low: float, strictly: bool) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise InputError(f"{value!r} is not a number", where=where, remedy="give a number")
    if not math.isfinite(value) or value < low or (strictly and value == low):
        bound = f"above {low}" if strictly else f"at least {low}"
        raise InputError(f"{value} is out of range", where=where, remedy=f"give a finite number {bound}")
