"""How much the seed alone changes a result."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Spread:
    """Spread within instances, between seeds.

    ``deviation`` is the pooled standard deviation of the logarithms, about the relative standard deviation
    (0.01 is 1 %); ``widest`` the largest ``worst / best - 1`` of an instance; ``constant`` counts the instances
    whose seeds all give the same, of ``instances`` with at least two seeds.
    """

    deviation: float
    widest: float
    constant: int
    instances: int


def seed_spread(logs: Sequence[Sequence[float]]) -> Spread | None:
    """Spread of ``logs[instance][seed]``, logarithms of ratios; ``None`` without an instance of two seeds.

    Pooled variance: sum of squared deviations from the mean of each instance, divided by the number of values
    minus the number of instances (Box, Hunter and Hunter, Statistics for Experimenters, 2nd edition, 2005).
    """
    squares = 0.0
    freedom = constant = instances = 0
    widest = 0.0
    for values in logs:
        if len(values) < 2:
            continue
        mean = math.fsum(values) / len(values)
        squares += math.fsum((value - mean) ** 2 for value in values)
        freedom += len(values) - 1
        instances += 1
        constant += max(values) == min(values)
        widest = max(widest, math.exp(max(values) - min(values)) - 1)
    if not instances:
        return None
    return Spread(math.sqrt(squares / freedom), widest, constant, instances)
