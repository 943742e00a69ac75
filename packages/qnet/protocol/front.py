"""Pareto fronts of protocol candidates: latency, success, fidelity, storage."""

from __future__ import annotations

import bisect
import math
from collections.abc import Iterable
from dataclasses import dataclass

from qnet.protocol.tree import ProtocolNode

_FEW = 150  # candidates that are compared one with one


@dataclass(frozen=True, slots=True)
class Candidate:
    """A protocol tree with what its mapping gives: slots, mean fidelity, success probability, storage slots."""

    tree: ProtocolNode
    latency_slots: int
    fidelity: float
    success: float
    storage_slots: int
    operations: int = 1
    work: tuple[int, int] = (0, 0)
    """Slots of link generation at the first and at the last node of the sub-path."""

    @property
    def rate(self) -> float:
        """Delivered pairs per slot."""
        return self.success / self.latency_slots

    @property
    def level(self) -> int:
        """Fidelity level: forty per factor of ten in ``1 − F``."""
        return math.floor(-40.0 * math.log10(max(1.0 - self.fidelity, 1e-9)))


def thinned(candidates: Iterable[Candidate], size: int) -> tuple[Candidate, ...]:
    """At most about ``size`` candidates that no other beats in everything, ascending in fidelity.

    Of many candidates each fidelity level first sends its fastest delivery, its shortest, its surest, the one with the
    least storage and the truest.  If too many are left, they are thinned evenly; the highest fidelity and the highest
    rate always stay.
    """
    chosen = list(candidates)
    if len(chosen) > _FEW:
        levels: dict[int, list[Candidate]] = {}
        for candidate in chosen:
            levels.setdefault(candidate.level, []).append(candidate)
        keys = (_by_rate, _by_latency, _by_success, _by_storage, _by_fidelity)
        chosen = list({id(best): best for m in levels.values() for key in keys for best in (max(m, key=key),)}.values())
    front = [c for c in chosen if not any(_dominates(o, c) for o in chosen)]
    front.sort(key=_by_fidelity)
    if len(front) <= size:
        return tuple(front)
    keep = {max(range(len(front)), key=lambda i: _by_rate(front[i]))}
    step = (len(front) - 1) / (size - 1)
    keep.update(round(k * step) for k in range(size))
    return tuple(front[i] for i in sorted(keep))


class Steps:
    """Pairs of delivered rate and fidelity that were reached, as a staircase: a question takes a bisection."""

    def __init__(self) -> None:
        self._fidelities: list[float] = []  # ascending
        self._rates: list[float] = []  # descending

    def covers(self, rate: float, fidelity: float) -> bool:
        """Whether something was reached with at least this rate and this fidelity."""
        place = bisect.bisect_left(self._fidelities, fidelity)
        return place < len(self._rates) and self._rates[place] >= rate

    def add(self, rate: float, fidelity: float) -> None:
        """Enter a pair; the pairs that it beats leave."""
        if self.covers(rate, fidelity):
            return
        place = end = bisect.bisect_right(self._fidelities, fidelity)
        while place > 0 and self._rates[place - 1] <= rate:
            place -= 1
        self._fidelities[place:end] = [fidelity]
        self._rates[place:end] = [rate]


def staircase(candidates: Iterable[Candidate]) -> tuple[Candidate, ...]:
    """Those that no other beats in fidelity and delivered rate, ascending in fidelity."""
    steps: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: (-c.fidelity, -c.rate, c.storage_slots)):
        if not steps or candidate.rate > steps[-1].rate:
            steps.append(candidate)
    return tuple(reversed(steps))


def _by_rate(c: Candidate) -> tuple[float, ...]:
    return c.rate, c.fidelity, -c.storage_slots


def _by_latency(c: Candidate) -> tuple[float, ...]:
    return -c.latency_slots, c.rate, c.fidelity


def _by_success(c: Candidate) -> tuple[float, ...]:
    return c.success, c.rate, c.fidelity


def _by_storage(c: Candidate) -> tuple[float, ...]:
    return -c.storage_slots, c.rate, c.fidelity


def _by_fidelity(c: Candidate) -> tuple[float, ...]:
    return c.fidelity, c.rate, -c.storage_slots


def _dominates(a: Candidate, b: Candidate) -> bool:
    """Whether ``a`` is at least as good as ``b`` in everything and better in something."""
    if a is b:
        return False
    first = (-a.latency_slots, a.success, a.fidelity, -a.storage_slots)
    second = (-b.latency_slots, b.success, b.fidelity, -b.storage_slots)
    return first != second and all(x >= y for x, y in zip(first, second, strict=True))
