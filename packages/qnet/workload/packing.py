"""Which physical qubits a protocol gets: best fit by utilisation, demand after demand (specification 6.2)."""

from __future__ import annotations

from collections import defaultdict

from qnet.mapping.mapped import MappedProtocol
from qnet.network import Network


class QubitPacking:
    """Assigns the qubits of protocols to those of the network, and keeps the utilisation of each.

    Per node and kind the least-used qubit of the protocol goes to the most-used qubit of the node that has room for it
    (a utilisation of at most 1 afterwards); without room to the least-used one.
    """

    def __init__(self, network: Network) -> None:
        self._pools = {
            (node.name, kind): list(qubits)
            for node in network.nodes
            for kind, qubits in (("C", node.comm_qubits), ("S", node.storage_qubits))
        }
        self.utilisation: dict[str, float] = defaultdict(float)

    def add(self, protocol: MappedProtocol, period: int) -> dict[str, str]:
        """Assign the qubits of ``protocol`` that runs every ``period`` slots; qubit of the protocol -> of the network."""
        names = self.assignment(protocol, period)
        for qubit, slots in protocol.occupied_slots.items():
            self.utilisation[names[qubit]] += slots / period
        return names

    def remove(self, protocol: MappedProtocol, period: int, names: dict[str, str]) -> None:
        """Take back what :meth:`add` has added."""
        for qubit, slots in protocol.occupied_slots.items():
            self.utilisation[names[qubit]] -= slots / period

    def assignment(self, protocol: MappedProtocol, period: int) -> dict[str, str]:
        """What :meth:`add` would assign."""
        wanted: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
        for qubit, slots in protocol.occupied_slots.items():
            node, _, rest = qubit.rpartition("-")
            wanted[node, rest[0]].append((slots / period, qubit))
        names: dict[str, str] = {}
        for pool, virtual in wanted.items():
            free = list(self._pools[pool])
            for use, qubit in sorted(virtual):
                fitting = [q for q in free if self.utilisation[q] + use <= 1.0 + 1e-12]
                if fitting:
                    chosen = max(fitting, key=lambda q: self.utilisation[q])
                else:
                    chosen = min(free, key=lambda q: self.utilisation[q])
                names[qubit] = chosen
                free.remove(chosen)
        return names
