"""Figures of an execution, demand by demand: delivered rate, fidelity, latency, jitter, and whether promises hold."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class DemandResult:
    """What one demand was given.

    ``*_low`` and ``*_high`` are ends of 95 % intervals, Bonferroni over the demands of the run.  ``fidelity_p5`` is the
    5th percentile over the delivered pairs.  ``jitter_s`` is the standard deviation of the time between deliveries,
    ``start_jitter_s`` that of the time between starts of windows.  ``longest_gap_s`` is the longest time without a
    pair. ``freed_share`` is the share of the reserved slots in which nothing could happen any more.
    """

    name: str
    source: str
    destination: str
    fidelity_min: float
    rate_min_hz: float
    windows: int
    delivered: int
    rate_hz: float
    rate_low_hz: float
    rate_high_hz: float
    fidelity: float
    fidelity_low: float
    fidelity_high: float
    fidelity_p5: float
    latency_s: float
    jitter_s: float
    start_jitter_s: float
    longest_gap_s: float
    freed_share: float

    @property
    def rate_holds(self) -> bool:
        """Whether the lower end of the rate reaches the demand."""
        return self.rate_low_hz >= self.rate_min_hz

    @property
    def fidelity_holds(self) -> bool:
        """Whether the lower end of the mean fidelity reaches the demand."""
        return self.fidelity_low >= self.fidelity_min

    @property
    def holds(self) -> bool:
        """Both."""
        return self.rate_holds and self.fidelity_holds

    def as_dict(self) -> dict[str, Any]:
        """Plain data; a figure without any delivered pair is ``None``."""
        row = {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in asdict(self).items()}
        return row | {"rate_holds": self.rate_holds, "fidelity_holds": self.fidelity_holds}


@dataclass(frozen=True, slots=True)
class ExecutionResult:
    """Figures of one execution of ``slots`` slots of ``slot_s`` seconds."""

    demands: tuple[DemandResult, ...]
    slots: int
    slot_s: float
    seed: int
    scheduler: str
    samples: tuple[npt.NDArray[np.float64], ...] = field(default=(), compare=False)
    """Fidelities of the delivered pairs by demand, if they were kept."""

    @property
    def seconds(self) -> float:
        """Simulated time."""
        return self.slots * self.slot_s

    @property
    def nominal_hz(self) -> float:
        """Sum of the demanded rates."""
        return sum(d.rate_min_hz for d in self.demands)

    @property
    def delivered_hz(self) -> float:
        """Sum of the delivered rates."""
        return sum(d.rate_hz for d in self.demands)

    @property
    def good_hz(self) -> float:
        """Sum of the delivered rates of demands whose mean fidelity reaches what was asked."""
        return sum(d.rate_hz for d in self.demands if d.fidelity >= d.fidelity_min)

    @property
    def fairness(self) -> float:
        """Jain's index of delivered over demanded rate: 1 if all demands get the same share; 1 without demands."""
        shares = [d.rate_hz / d.rate_min_hz for d in self.demands]
        squares = sum(s * s for s in shares)
        return sum(shares) ** 2 / (len(shares) * squares) if squares > 0 else 1.0

    @property
    def kept(self) -> int:
        """Number of demands whose promises hold."""
        return sum(d.holds for d in self.demands)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "scheduler": self.scheduler,
            "slots": self.slots,
            "slot_s": self.slot_s,
            "seed": self.seed,
            "accepted": len(self.demands),
            "promises_kept": self.kept,
            "nominal_hz": self.nominal_hz,
            "delivered_hz": self.delivered_hz,
            "good_hz": self.good_hz,
            "fairness": self.fairness,
            "demands": [d.as_dict() for d in self.demands],
        }


def quantile(demands: int) -> float:
    """Standard normal quantile of a two-sided 95 % interval, Bonferroni over ``demands``."""
    return NormalDist().inv_cdf(1.0 - (1.0 - CONFIDENCE) / (2.0 * max(1, demands)))


def share_interval(hits: int, trials: int, z: float) -> tuple[float, float]:
    """Wilson's interval of a share; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    share = hits / trials
    centre = share + z * z / (2 * trials)
    spread = z * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    scale = 1 + z * z / trials
    return max(0.0, (centre - spread) / scale), min(1.0, (centre + spread) / scale)
