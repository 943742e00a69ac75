"""What an elementary link can do: pairs of fidelity and rate."""

from __future__ import annotations

import math
from dataclasses import dataclass

from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class LinkCapability:
    """One way of running an elementary link.

    Attributes
    ----------
    fidelity:
        Fidelity of a fresh pair, in (0.25, 1].
    rate_hz:
        Pairs per second while the link runs without pause, the reciprocal of the mean time to a pair.
    cycle_s:
        Duration of one trial; ``None`` where only the rate is known.  A trial succeeds with probability
        ``rate_hz * cycle_s``.
    length_km:
        Length of the fibre, for the time of classical messages; 0 where it is not counted.
    """

    fidelity: float
    rate_hz: float
    cycle_s: float | None = None
    length_km: float = 0.0

    def __post_init__(self) -> None:
        if not 0.25 < self.fidelity <= 1.0:
            raise InputError(
                f"a link fidelity of {self.fidelity} is not in (0.25, 1]",
                where="link capability",
                remedy="give the fidelity itself (not its root) of a pair that is better than noise",
            )
        if not (self.rate_hz > 0 and math.isfinite(self.rate_hz)):
            raise InputError(
                f"a link rate of {self.rate_hz} Hz is not positive",
                where="link capability",
                remedy="give pairs per second",
            )
        if not (self.length_km >= 0 and math.isfinite(self.length_km)):
            raise InputError(
                f"a fibre of {self.length_km} km", where="link capability", remedy="give a length of at least 0"
            )
        if self.cycle_s is not None and not (self.cycle_s > 0 and self.rate_hz * self.cycle_s <= 1.0):
            raise InputError(
                f"trials of {self.cycle_s} s cannot make {self.rate_hz} pairs per second",
                where="link capability",
                remedy="the rate is at most one pair per trial",
            )

    @property
    def trial_probability(self) -> float | None:
        """Probability that one trial makes a pair; ``None`` without a cycle time."""
        return None if self.cycle_s is None else self.rate_hz * self.cycle_s

    def success_within(self, duration_s: float) -> float:
        """Probability that at least one trial of a window of ``duration_s`` succeeds.

        Whole trials count.  Without a cycle time the arrival is taken as exponential with the given rate.
        """
        if self.cycle_s is None:
            return -math.expm1(-self.rate_hz * duration_s)
        trials = math.floor(duration_s / self.cycle_s + 1e-9)
        probability = self.rate_hz * self.cycle_s
        if probability >= 1.0:
            return 1.0 if trials > 0 else 0.0
        return -math.expm1(trials * math.log1p(-probability))
