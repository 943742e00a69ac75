"""Performance profiles as step curves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from schedcore.plot.performance_profile import profile_ratios


@dataclass(frozen=True, slots=True)
class ProfileCurve:
    """Right-continuous steps: ``share[k]`` of the instances are within factor ``ratio[k]`` of the best."""

    ratio: tuple[float, ...]
    share: tuple[float, ...]

    def at(self, factor: float) -> float:
        """Share of the instances within ``factor`` of the best."""
        below = [share for ratio, share in zip(self.ratio, self.share) if ratio <= factor]
        return below[-1] if below else 0.0


def profile_curves(costs: Mapping[str, Mapping[str, float | None]]) -> dict[str, ProfileCurve]:
    """The performance profile of every method.

    ``rho(tau)`` is the share of instances on which the cost of the method is at most ``tau`` times the
    smallest cost of all methods (Dolan and Moré, Mathematical Programming 91, 2002).  Instances that nobody
    solved stay in the denominator; a method without a cost on an instance is never within any factor there.

    Parameters
    ----------
    costs
        ``costs[method][instance]``, positive; ``None`` or absent where the method found nothing.
    """
    curves = {}
    for method, ratios in profile_ratios(costs).items():
        x: list[float] = []
        y: list[float] = []
        for count, ratio in enumerate(ratios, start=1):
            if not math.isfinite(ratio):
                break
            if x and x[-1] == ratio:
                y[-1] = count / len(ratios)
            else:
                x.append(ratio)
                y.append(count / len(ratios))
        curves[method] = ProfileCurve(tuple(x), tuple(y))
    return curves
