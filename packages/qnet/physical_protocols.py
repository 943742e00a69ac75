"""Protocols of the physical mode: compiled for the hardware of the nodes, with loss in the fibre."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from qnet.compiling import SLOT_S, Mode
from qnet.mapping.mapped import MappedProtocol
from qnet.network import Network
from qnet.physics.hardware import Hardware, futuristic_hardware, nv_hardware
from qnet.physics.links import DEFAULT_LOSS_DB_KM, with_loss
from qnet.protocol.physical import DEFAULT_OPTIONS, PhysicalCompiler, PhysicalOptions

SHORTEST_KM = 0.01
"""Links between devices of one place: the law of the fibre wants a length."""


def hardware_of(network: Network, t2_s: float) -> Hardware:
    """NV nodes with their declared gates, or nodes of the future class; storage qubits live ``t2_s``."""
    return futuristic_hardware(t2_s) if network.futuristic else nv_hardware(t2_s)


def lossy(network: Network, loss_db_km: float = DEFAULT_LOSS_DB_KM) -> Network:
    """The network with ``loss_db_km`` on its links; every capability gets the cycle time of its length."""
    links = []
    for link in network.links:
        length_km = max(link.length_km, SHORTEST_KM)
        capabilities = tuple(with_loss(c, length_km, loss_db_km) for c in link.capabilities)
        links.append(replace(link, capabilities=capabilities))
    return network.with_links(links)


class PhysicalProtocols:
    """The compiler of the physical mode on the paths of a network (see :class:`qnet.compiling.Compiler`)."""

    mode: Mode = "physical"

    def __init__(
        self,
        network: Network,
        slot_s: float = SLOT_S,
        *,
        t2_s: float = 10.0,
        loss_db_km: float = DEFAULT_LOSS_DB_KM,
        hardware: Hardware | None = None,
        options: PhysicalOptions = DEFAULT_OPTIONS,
    ) -> None:
        self.network = lossy(network, loss_db_km)
        self.slot_s = slot_s
        self.hardware = hardware_of(network, t2_s) if hardware is None else hardware
        self._options = options
        self._found: dict[tuple[str, str, float], MappedProtocol | None] = {}

    @cached_property
    def compiler(self) -> PhysicalCompiler:
        """The search, made when it is first needed."""
        resources = {n.name: (n.comm, n.storage) for n in self.network.nodes}
        links = {(link.u, link.v): link.capabilities for link in self.network.links}
        return PhysicalCompiler(resources, links, self.hardware, self.slot_s, self._options)

    def protocol(self, source: str, destination: str, fidelity: float) -> MappedProtocol | None:
        """The protocol with the highest delivered rate that keeps ``fidelity`` in the mean; ``None`` if none does."""
        key = (source, destination, fidelity)
        if key not in self._found:
            self._found[key] = self.compiler.compile(self.network.path(source, destination), fidelity)
        return self._found[key]
