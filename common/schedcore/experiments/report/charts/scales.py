"""Axes: where a value lies, and which values get a tick."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["linear", "log", "root"]


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from ``low`` to ``high`` on the pixels from ``start`` to ``end``.

    ``root`` is the signed square root: small gaps keep their room beside large ones, and zero has a place.
    """

    low: float
    high: float
    start: float
    end: float
    kind: Kind = "linear"

    def __call__(self, value: float) -> float:
        """Pixel of ``value``, kept inside the axis."""
        low, high = _warp(self.low, self.kind), _warp(self.high, self.kind)
        if high <= low:
            return (self.start + self.end) / 2
        share = (_warp(max(self.low, min(self.high, value)), self.kind) - low) / (high - low)
        return self.start + share * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[float]:
        """Round values for ticks, about so many."""
        if self.kind == "log":
            return log_ticks(self.low, self.high, about)
        if self.kind == "root":
            return self._root_ticks(about)
        return linear_ticks(self.low, self.high, about)

    def _root_ticks(self, about: int) -> list[float]:
        """0 and round values that lie about evenly apart on the drawn axis."""
        top = max(abs(self.low), abs(self.high)) or 1.0
        found = [0.0]
        for sign in (1, -1):
            reach = self.high if sign > 0 else -self.low
            k = 1
            while reach > 0 and k <= about:
                wish = reach * (k / about) ** 2
                value = sign * _round_125(wish)
                if value not in found and self.low <= value <= self.high and abs(value) > 1e-4 * top:
                    found.append(value)
                k += 1
        ticks: list[float] = []
        for value in sorted(found):
            if not ticks or abs(self(value) - self(ticks[-1])) >= 0.6 * abs(self.end - self.start) / about:
                ticks.append(value)
            elif value == 0:
                ticks[-1] = value
        return ticks


def _warp(value: float, kind: Kind) -> float:
    if kind == "log":
        return math.log(max(value, 1e-300))
    if kind == "root":
        return math.copysign(math.sqrt(abs(value)), value)
    return value


def _round_125(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    digit = min((1, 2, 5, 10), key=lambda d: abs(d - value / power))
    return float(f"{digit * power:.12g}")


def linear_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between ``low`` and ``high``."""
    if not high > low:
        return [low]
    raw = (high - low) / max(1, about)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(s for s in (1, 2, 5, 10) if s * power >= raw * 0.999) * power
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [float(f"{k * step:.12g}") for k in range(first, last + 1)]


def log_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Powers of ten between ``low`` and ``high``; with 2 and 5 where these are few, thinned where they are many."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)

    def inside(digits: Sequence[int], every: int = 1) -> list[float]:
        values = (float(f"{d}e{k}") for k in decades if k % every == 0 for d in digits)
        return [v for v in values if low * 0.999 <= v <= high * 1.001]

    for digits in ((1, 2, 5), (1, 3), (1,)):
        found = inside(digits)
        if len(found) <= about + 1:
            break
    every = 1
    while len(found) > about + 1 and every < 12:
        every += 1
        found = inside((1,), every)
    return found if len(found) >= 2 else linear_ticks(low, high, about)


def percent_text(share: float) -> str:
    """A tick of an axis of gaps: ``1.5%``."""
    return f"{100 * share:.3g}%"


def seconds_text(seconds: float) -> str:
    """A length of time: ``3 ms``, ``1.5 s``, ``2 min``, ``3 h``, ``5 d``."""
    if seconds >= 3 * 86400:
        return f"{seconds / 86400:,.0f} d"
    if seconds < 1e-3:
        return f"{1e6 * seconds:.3g} µs"
    if seconds < 1:
        return f"{1e3 * seconds:.3g} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds / 60:.3g} min" if seconds < 7200 else f"{seconds / 3600:.3g} h"


def gap_kind(values: Sequence[float]) -> Kind:
    """``root`` where the gaps differ so much that the small ones would lie on top of each other."""
    sizes = sorted(abs(v) for v in values if v)
    return "root" if len(sizes) > 1 and sizes[-1] > 8 * sizes[len(sizes) // 2 - (len(sizes) % 2 == 0)] else "linear"
