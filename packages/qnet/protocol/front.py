"""Pareto fronts of protocol candidates: latency, success, fidelity, storage."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from qnet.protocol.tree import ProtocolNode


@dataclass(frozen=True, slots=True)
class Candidate:
    """A protocol tree with what its mapping gives: slots, mean fidelity, success probability, storage slots."""

    tree: ProtocolNode
    latency_slots: int
    fidelity: float
    success: float
    storage_slots: int
    operations: int = 1

    @property
    def rate(self) -> float:
        """Delivered pairs per slot."""
        return self.success / self.latency_slots

    @property
    def level(self) -> int:
        """Fidelity level: twelve per factor of ten in ``1 − F``."""
        return math.floor(-12.0 * math.log10(max(1.0 - self.fidelity, 1e-9)))


def thinned(candidates: Iterable[Candidate], size: int) -> tuple[Candidate, ...]:
    """At most about ``size`` candidates that no other beats in everything.

    Per fidelity level the fastest delivery, the shortest, the surest and the one with the least storage stay if they
    are not dominated.  If that is still too many, the levels are thinned evenly; the highest fidelity and the highest
    rate always stay.
    """
    levels: dict[int, list[Candidate]] = {}
    for candidate in candidates:
        levels.setdefault(candidate.level, []).append(candidate)
    chosen: list[Candidate] = []
    for level in sorted(levels):
        members = levels[level]
        for key in (_by_rate, _by_latency, _by_success, _by_storage, _by_fidelity):
            best = max(members, key=key)
            if best not in chosen:
                chosen.append(best)
    front = [c for c in chosen if not any(_dominates(o, c) for o in chosen)]
    if len(front) <= size:
        return tuple(front)
    front.sort(key=_by_fidelity)
    keep = {0, len(front) - 1, max(range(len(front)), key=lambda i: _by_rate(front[i]))}
    step = (len(front) - 1) / (size - 1)
    keep.update(round(k * step) for k in range(size))
    # Between evenly spaced fidelities the best rates of the whole staircase stay too.
    return tuple(front[i] for i in sorted(keep))


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
