"""Protocols for demands on a network: one compiler per network and mode, which remembers what it has compiled."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, Protocol

from qnet.demand import Demand
from qnet.mapping.mapped import MappedProtocol
from qnet.network import Network
from schedcore.errors import InputError

Mode = Literal["reference", "physical"]
SLOT_S = 0.01
RATE_MARGIN = 0.05
"""Share of the deliveries of a window that physical mode keeps in reserve, so that a finite sample confirms the
rate."""


class Compiler(Protocol):
    """Finds a protocol for a pair of nodes and a fidelity."""

    network: Network
    slot_s: float
    mode: Mode

    def protocol(self, source: str, destination: str, fidelity: float) -> MappedProtocol | None:
        """The protocol on the path of the pair; ``None`` if the fidelity cannot be reached."""
        ...


class ReferenceProtocols:
    """The published swap-scheme search on the paths of a network.

    ``compiled_for`` states other qubits than the nodes have (communication, storage): protocols for 1C3S on nodes with
    2C6S, two of which then run side by side.
    """

    mode: Mode = "reference"

    def __init__(self, network: Network, slot_s: float = SLOT_S, compiled_for: tuple[int, int] | None = None) -> None:
        from qnet.protocol.reference import ReferenceCompiler

        self.network = network
        self.slot_s = slot_s
        resources = {n.name: (n.comm, n.storage) if compiled_for is None else compiled_for for n in network.nodes}
        links = {(link.u, link.v): link.capabilities for link in network.links}
        self._search = ReferenceCompiler(resources, links, slot_s)
        self._found: dict[tuple[str, str, float], MappedProtocol | None] = {}

    def protocol(self, source: str, destination: str, fidelity: float) -> MappedProtocol | None:
        """As :class:`Compiler` says."""
        key = (source, destination, fidelity)
        if key not in self._found:
            self._found[key] = self._search.compile(self.network.path(source, destination), fidelity)
        return self._found[key]


@dataclass(frozen=True)
class OfferedDemand:
    """A demand with its protocol, the period of its windows, and its qubits.

    ``period`` counts slots; ``qubits`` maps qubits of the protocol to those of the network (see the packing).
    """

    demand: Demand
    protocol: MappedProtocol
    period: int
    qubits: dict[str, str]

    @property
    def windows_hz(self) -> float:
        """Windows per second."""
        return 1.0 / (self.period * self.protocol.slot_s)


def window_period(demand: Demand, protocol: MappedProtocol) -> int:
    """Slots between windows that give ``demand.rate_hz`` delivered pairs per second.

    In reference mode every window counts as a pair.  In physical mode one delivers with probability
    ``protocol.success``: the period is the largest power of two of slots with rate / success windows per second and a
    margin (:data:`RATE_MARGIN`), so that hyperperiods stay short.

    Raises
    ------
    InputError
        The protocol is slower than that; or see :meth:`Demand.period_slots`.
    """
    slot_s = protocol.slot_s
    period = demand.period_slots(slot_s)
    if protocol.mode == "physical" and demand.period_s is None:
        allowed = (1 - RATE_MARGIN) * protocol.success / (demand.rate_hz * slot_s)
        period = 0 if allowed < 1 else 1 << int(math.log2(allowed * (1 + 1e-12)))
    if period < protocol.latency_slots:
        best = protocol.delivered_rate_hz * (1 - RATE_MARGIN if protocol.mode == "physical" else 1)
        raise InputError(
            f"{demand.rate_hz:g} Hz is above what the path {'-'.join(protocol.path)} gives at fidelity "
            f"{demand.fidelity:g}: {best:.4g} Hz",
            where=f"demand {demand.label}",
            remedy="ask for a lower rate or a lower fidelity",
        )
    return period


def serves(protocol: MappedProtocol, rate_hz: float) -> bool:
    """Whether windows of ``protocol`` can give ``rate_hz``; strictly below its own rate in reference mode."""
    if protocol.mode == "reference":
        return rate_hz < protocol.rate_hz * (1 - 1e-12)
    allowed = (1 - RATE_MARGIN) * protocol.success / (rate_hz * protocol.slot_s)
    return allowed >= 1 and 1 << int(math.log2(allowed * (1 + 1e-12))) >= protocol.latency_slots


def offer(demand: Demand, compiler: Compiler, qubits: dict[str, str] | None = None) -> OfferedDemand:
    """The demand with its protocol, qubits as mapped unless given.

    Raises
    ------
    InputError
        Unknown nodes, no path, a fidelity that no protocol reaches, or a rate above what the path gives.
    """
    demand.check_against(compiler.network)
    protocol = compiler.protocol(demand.source, demand.destination, demand.fidelity)
    if protocol is None:
        hops = len(compiler.network.path(demand.source, demand.destination)) - 1
        raise InputError(
            f"no protocol over {hops} hops reaches fidelity {demand.fidelity:g}",
            where=f"demand {demand.label}",
            remedy="ask for a lower fidelity, or give the nodes more qubits",
        )
    period = window_period(demand, protocol)
    return OfferedDemand(demand, protocol, period, qubits or {q: q for q in protocol.qubits})
