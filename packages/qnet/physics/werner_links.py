"""Swaps and distillations of Werner states, one number per link, and their inverses.

These are the formulas of the reference compiler (specification 2.2 and 2.3): every result is twirled back to a
Werner state.  Floating-point details matter to that compiler, which breaks ties between mirror images by rounding
noise: the terms of :func:`swap_fidelity` stand in the order that reproduces it, the left half first.
"""

from __future__ import annotations

import math
from functools import lru_cache

from schedcore.errors import InputError

_SEARCH_GAP = 1e-5


def swap_fidelity(left: float, right: float) -> float:
    """Fidelity after an ideal swap of two Werner links; 1/4 is its fixed point, 1 its identity."""
    return (4 / 3) * left * right - (1 / 3) * left - (1 / 3) * right + 1 / 3


def unswap_fidelity(fidelity: float) -> float:
    """Fidelity that two equal links need so that their swap has ``fidelity``, which is at least 1/4.

    The positive root of ``(4/3)x² − (2/3)x + 1/3 − F = 0``.
    """
    if not 0.25 <= fidelity <= 1:
        raise InputError(
            f"no two equal links swap to a fidelity of {fidelity}", where="unswap", remedy="use a value in [0.25, 1]"
        )
    return (2 / 3 + math.sqrt((2 / 3) ** 2 - 4 * (4 / 3) * (1 / 3 - fidelity))) / (2 * (4 / 3))


def distill_success(kept: float, measured: float) -> float:
    """Probability that BBPSSW on two Werner links keeps the pair."""
    b, c = (1 - kept) / 3, (1 - measured) / 3
    return kept * measured + kept * c + measured * b + 5 * b * c


def distill_fidelity(kept: float, measured: float) -> float:
    """Fidelity of the kept pair of BBPSSW on two Werner links."""
    b, c = (1 - kept) / 3, (1 - measured) / 3
    return (kept * measured + b * c) / (kept * measured + kept * c + measured * b + 5 * b * c)


def undistill_equal(fidelity: float) -> float:
    """Fidelity that two equal links need so that one distillation gives ``fidelity`` (0.5 to 1)."""
    return (3 * math.sqrt(-4 * fidelity**2 + 6 * fidelity - 1) - 2 * fidelity + 1) / (10 - 8 * fidelity)


def undistill_known(target: float, known: float) -> float:
    """Fidelity that the other link needs so that a distillation with one of ``known`` gives ``target``."""
    return (2 * target * known - known - 5 * target + 1) / (8 * target * known - 10 * known - 2 * target + 1)


@lru_cache(maxsize=1 << 16)
def distillations_for_fidelity(start: float, target: float) -> float:
    """Rounds of pumping, each with a fresh copy of ``start``, until ``target`` is reached; ``inf`` if it never is."""
    if start >= target:
        return 0
    if start <= 0.5:
        return math.inf
    rounds, current = 0, start
    while current < target:
        following = distill_fidelity(current, start)
        if following <= current:
            return math.inf
        current = following
        rounds += 1
    return rounds


@lru_cache(maxsize=1 << 16)
def fidelity_for_distillations(rounds: int, target: float) -> float:
    """A fidelity from which exactly ``rounds`` rounds of pumping reach ``target``; 0 if the search meets none.

    The reference's bisection: it returns the first midpoint that needs exactly that many rounds, which is not the
    least such fidelity.
    """
    if rounds == 0:
        return target
    lower, upper = undistill_known(target, target), target
    while upper - lower > _SEARCH_GAP:
        middle = (lower + upper) / 2
        needed = distillations_for_fidelity(middle, target)
        if needed == rounds:
            return middle
        if needed < rounds:
            upper = middle
        else:
            lower = middle
    return 0.0
