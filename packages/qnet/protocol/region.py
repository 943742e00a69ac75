"""What physical protocols can reach: fidelity and delivered rate by hops and memory time.

Every row is the staircase of protocols over a line of equal links that the physical compiler finds: no other protocol
that it saw has both a higher fidelity and a higher delivered rate.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from qnet.mapping.heuristic import SLOT_S
from qnet.physics.hardware import futuristic_hardware, nv_hardware
from qnet.physics.links import DEFAULT_LOSS_DB_KM, single_click_capabilities, with_loss
from qnet.protocol.capability import LinkCapability
from qnet.protocol.physical import DEFAULT_OPTIONS, PhysicalCompiler, PhysicalOptions
from schedcore.errors import InputError, unknown_name

Family = Literal["nv", "futuristic"]
LEAST_RATE_HZ = 1e-3
"""Less than a pair per quarter of an hour is out of reach."""
MEMORY_TIMES_S = (1.0, 10.0, 100.0)
"""T2 of the table that is printed first in physical mode."""


@dataclass(frozen=True, slots=True)
class RegionRow:
    """What ``hops`` equal links reach with memories of ``t2_s``.

    ``staircase`` holds ``(fidelity, delivered rate in Hz, probability that a run delivers)``, ascending in fidelity and
    descending in rate; the rate counts failed runs and is that of runs back to back.
    """

    family: str
    hops: int
    t2_s: float
    staircase: tuple[tuple[float, float, float], ...]

    @property
    def best_fidelity(self) -> float:
        """Highest mean fidelity; 0 if nothing fits the qubits."""
        return self.staircase[-1][0] if self.staircase else 0.0

    @property
    def rate_at_best_hz(self) -> float:
        """Delivered rate of the protocol with the highest fidelity."""
        return self.staircase[-1][1] if self.staircase else 0.0

    def best_rate_hz(self, fidelity: float) -> float:
        """Highest delivered rate with a mean fidelity of at least ``fidelity``; 0 if it is out of reach."""
        return max((rate for reached, rate, _ in self.staircase if reached >= fidelity), default=0.0)


def feasible_region(
    family: Family,
    hops: Sequence[int],
    t2_s: Sequence[float] = MEMORY_TIMES_S,
    *,
    length_km: float = 5.0,
    loss_db_km: float = DEFAULT_LOSS_DB_KM,
    qubits: tuple[int, int] = (1, 3),
    slot_s: float = SLOT_S,
    least_rate_hz: float = LEAST_RATE_HZ,
    options: PhysicalOptions = DEFAULT_OPTIONS,
) -> Iterator[RegionRow]:
    """Rows by memory time and number of hops, as they are ready.

    Parameters
    ----------
    family:
        ``"nv"``: single-click links and the declared gates; ``"futuristic"``: 0.999 at 1400 Hz, no gate errors.
    hops:
        Numbers of links.
    length_km, loss_db_km:
        Of every fibre.
    qubits:
        Communication and storage qubits of every node.
    least_rate_hz:
        Protocols that deliver less are left out.

    Raises
    ------
    InputError
        A number of hops below one, or an unknown family.
    """
    if family not in ("nv", "futuristic"):
        raise unknown_name("family", family, ("nv", "futuristic"), where="feasible region")
    if not hops or min(hops) < 1:
        raise InputError(f"hops {list(hops)}", where="feasible region", remedy="give numbers of links from 1 on")
    if family == "nv":
        links = single_click_capabilities(length_km, loss_db_km)
    else:
        links = (with_loss(LinkCapability(0.999, 1400.0), length_km, loss_db_km),)
    longest = [str(i) for i in range(max(hops) + 1)]
    edges = dict.fromkeys(itertools.pairwise(longest), links)
    for memory_s in t2_s:
        hardware = nv_hardware(memory_s) if family == "nv" else futuristic_hardware(memory_s)
        compiler = PhysicalCompiler(dict.fromkeys(longest, qubits), edges, hardware, slot_s, options)
        for count in hops:
            front = compiler.front(longest[: count + 1])
            steps = ((c.fidelity, c.rate / slot_s, c.success) for c in front)
            yield RegionRow(family, count, memory_s, tuple(step for step in steps if step[1] >= least_rate_hz))
