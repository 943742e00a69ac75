"""The dynamic controller over repeater protocols: early release and retry (specification 10, item 17).

The demands and their periods are those of the static schedule.  Every period asks for one pair; an attempt takes all
qubits of the protocol from its start.  When an operation fails, the attempt ends there and its qubits are free; it is
tried again as soon as they are, if it still fits before the end of the period.  When the pair is delivered the rest of
the period is free for others.  Earliest deadline first, ties by demand.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from qnet.compiling import OfferedDemand
from qnet.execution.windows import WindowOutcomes, draw_windows
from qnet.physics.hardware import Hardware
from schedcore.errors import InputError

POOL = 4096
"""Outcomes that are drawn at a time."""


@dataclass(frozen=True, slots=True)
class DynamicDemand:
    """What one demand was given: periods, those with a pair, attempts, mean fidelity of the pairs (NaN: none)."""

    name: str
    periods: int
    delivered: int
    attempts: int
    rate_hz: float
    fidelity: float


@dataclass(frozen=True, slots=True)
class DynamicResult:
    """Figures of a dynamic execution of ``slots`` slots."""

    demands: tuple[DynamicDemand, ...]
    slots: int
    slot_s: float

    @property
    def delivered_hz(self) -> float:
        """Sum of the delivered rates."""
        return sum(d.rate_hz for d in self.demands)


class _Outcomes:
    """Outcomes of the attempts of one protocol, drawn in lots."""

    def __init__(self, offered: OfferedDemand, hardware: Hardware, rng: np.random.Generator) -> None:
        self._offered, self._hardware, self._rng = offered, hardware, rng
        self._at = POOL
        self._lot: WindowOutcomes | None = None
        self.length = offered.protocol.latency_slots

    def next(self) -> tuple[bool, int, float]:
        """Whether a pair is delivered, after how many slots the qubits are free, and its fidelity."""
        if self._at >= POOL:
            self._lot = draw_windows(self._offered.protocol, self._hardware, POOL, self._rng)
            self._at = 0
        lot, i = self._lot, self._at
        assert lot is not None
        self._at += 1
        return bool(lot.delivered[i]), int(lot.freed_slot[i]), float(lot.fidelity[i])


def execute_dynamically(
    demands: Sequence[OfferedDemand], hardware: Hardware, *, slots: int, seed: int = 0
) -> DynamicResult:
    """Serve ``demands`` for ``slots`` slots with early release and retry.

    Raises
    ------
    InputError
        No demand, or fewer slots than the longest period.
    """
    if not demands:
        raise InputError("no demands", where="dynamic execution", remedy="give at least one")
    longest = max(o.period for o in demands)
    if slots < longest:
        raise InputError(
            f"{slots} slots are less than the longest period, {longest}", where="slots", remedy="play more slots"
        )
    slot_s = demands[0].protocol.slot_s
    sources = [_Outcomes(o, hardware, np.random.default_rng([seed, i, 6])) for i, o in enumerate(demands)]
    qubits = {q: k for k, q in enumerate(sorted({q for o in demands for q in o.qubits.values()}))}
    needs = [sorted({qubits[o.qubits[q]] for q in o.protocol.qubits}) for o in demands]
    free = [0] * len(qubits)
    delivered, attempts = [0] * len(demands), [0] * len(demands)
    total = [0.0] * len(demands)
    events = [(0, o.period, i) for i, o in enumerate(demands)]
    heapq.heapify(events)
    while events:
        now, deadline, i = heapq.heappop(events)
        length = sources[i].length
        until = max(max(free[q] for q in needs[i]), now)
        retry = None
        if until + length > deadline:
            pass
        elif until > now:
            retry = until
        else:
            attempts[i] += 1
            success, used, fidelity = sources[i].next()
            for q in needs[i]:
                free[q] = now + used
            if success:
                delivered[i] += 1
                total[i] += fidelity
            elif now + used + length <= deadline:
                retry = now + used
        if retry is not None:
            heapq.heappush(events, (retry, deadline, i))
        elif deadline + demands[i].period <= slots:
            heapq.heappush(events, (deadline, deadline + demands[i].period, i))
    rows = []
    for i, o in enumerate(demands):
        mean = total[i] / delivered[i] if delivered[i] else float("nan")
        rate_hz = delivered[i] / (slots * slot_s)
        rows.append(DynamicDemand(o.demand.label, slots // o.period, delivered[i], attempts[i], rate_hz, mean))
    return DynamicResult(tuple(rows), slots, slot_s)
