"""When requests arrive."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from schedcore.errors import InputError, unknown_name

KINDS = ("offline", "poisson", "uniform", "gamma")


@dataclass(frozen=True, slots=True)
class Arrivals:
    """An arrival process.

    Parameters
    ----------
    kind
        ``offline``: all at time 0; ``poisson``: exponential gaps; ``uniform``: equal gaps; ``gamma``: gaps with the
        coefficient of variation ``cv`` (1 is Poisson, more is burstier).
    rate_per_s
        Requests per second, positive; ``offline`` has none.
    cv
        For ``gamma``.
    """

    kind: str = "offline"
    rate_per_s: float | None = None
    cv: float = 1.0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise unknown_name("arrival process", self.kind, KINDS, where="arrivals")
        if self.kind == "offline":
            if self.rate_per_s is not None:
                raise InputError("requests that are all there at once have no rate", where="arrivals", remedy="drop it")
            return
        if self.rate_per_s is None or not (math.isfinite(self.rate_per_s) and self.rate_per_s > 0):
            raise InputError(
                f"rate {self.rate_per_s}", where="arrivals", remedy="give a positive number of requests per second"
            )
        if not (math.isfinite(self.cv) and self.cv > 0):
            raise InputError(f"coefficient of variation {self.cv}", where="arrivals", remedy="give a positive number")

    def times(self, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Arrival times in seconds of ``count`` requests, not falling."""
        if self.rate_per_s is None:
            return np.zeros(count)
        if self.kind == "uniform":
            return np.arange(1, count + 1) / self.rate_per_s
        shape = 1.0 if self.kind == "poisson" else self.cv**-2
        gaps = rng.exponential(size=count) if self.kind == "poisson" else rng.gamma(shape, size=count) / shape
        return np.cumsum(gaps) / self.rate_per_s


def parse_arrivals(text: str, rate_per_s: float | None = None) -> Arrivals:
    """The process that ``text`` names: ``offline``, ``poisson``, ``uniform``, ``gamma:CV``.

    Raises
    ------
    InputError
        An unknown process, a missing rate, or a coefficient that is no number.
    """
    kind, _, value = text.partition(":")
    if not value:
        return Arrivals(kind, rate_per_s)
    if kind != "gamma":
        raise InputError(f"{kind!r} takes no number", where="arrivals", remedy="only gamma:CV does")
    try:
        cv = float(value)
    except ValueError:
        raise InputError(f"{value!r} is no number", where="arrivals", remedy="for example gamma:2") from None
    return Arrivals(kind, rate_per_s, cv)
