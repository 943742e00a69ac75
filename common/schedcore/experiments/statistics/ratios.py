"""Ratios and gaps of a value to a reference, and their geometric mean."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Literal, TypeAlias

from schedcore.errors import InputError

Direction: TypeAlias = Literal["min", "max"]
"""Whether small or large values are good."""


def cost_ratio(value: float, reference: float, direction: Direction = "min") -> float | None:
    """How many times worse than ``reference`` a value is: 1 equals it, larger is worse, whatever the direction.

    ``value / reference`` for minimisation, ``reference / value`` for maximisation; ``None`` where either is
    not positive, for a ratio then says nothing.  Two zeros are equal: 1.
    """
    if value == reference:
        return 1.0
    if value <= 0 or reference <= 0 or not (math.isfinite(value) and math.isfinite(reference)):
        return None
    return value / reference if direction == "min" else reference / value


def relative_gap(value: float, reference: float, direction: Direction = "min") -> float:
    """``(value - reference) / max(1, |reference|)``, with the sign turned for maximisation: positive is worse.

    The denominator keeps references near zero from blowing the gap up.
    """
    difference = value - reference if direction == "min" else reference - value
    return difference / max(1.0, abs(reference))


def primal_gap(value: float, reference: float) -> float:
    """Distance of a value to the best known one, in [0, 1], defined for every sign.

    ``|value - reference| / max(|value|, |reference|)``; 0 if they are equal, 1 if their signs differ
    (Berthold, Measuring the impact of primal heuristics, Operations Research Letters 41, 2013).
    """
    if value == reference:
        return 0.0
    if value * reference < 0:
        return 1.0
    return abs(value - reference) / max(abs(value), abs(reference))


def geometric_mean(ratios: Iterable[float]) -> float:
    """``exp(mean(log ratio))``: the mean that does not depend on which of two methods is the reference.

    Fleming and Wallace, How not to lie with statistics, Communications of the ACM 29, 1986.

    Raises
    ------
    InputError
        There is no ratio, or one that is not positive.
    """
    logs = []
    for ratio in ratios:
        if not (ratio > 0 and math.isfinite(ratio)):
            raise InputError(f"ratio {ratio!r}", where="geometric mean", remedy="give finite ratios > 0")
        logs.append(math.log(ratio))
    if not logs:
        raise InputError("there is nothing to average", where="geometric mean", remedy="give at least one ratio")
    return math.exp(math.fsum(logs) / len(logs))
