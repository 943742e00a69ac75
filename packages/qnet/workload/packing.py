"""Which physical qubits a protocol gets: best fit by utilisation, demand after demand (specification 6.2)."""

from __future__ import annotations

from collections import defaultdict

from qnet.mapping.mapped import MappedProtocol
from qnet.network import Network


class QubitPacking:
    """Assigns the qubits of protocols to those of the network, and keeps the utilisation of each.

    Per node and kind the least-used qubit of the protocol goes to the most-used qubit of the node that has room for it
    (a utilisation of at most 1 afterwards).  Where a node has no room for all of them it is overbooked whatever is
    chosen: storage qubits go by the same rule without regard to room, communication qubits the other way round.
    """

    def __init__(self, network: Network) -> None:
        self._pools = {
            (node.name, kind): list(qubits)
            for node in network.nodes
            for kind, qubits in (("C", node.comm_qubits), ("S", node.storage_qubits))
        }
        self.utilisation: dict[str, float] = defaultdict(float)

    def add(self, protocol: MappedProtocol, period: int) -> dict[str, str]:
        """Assign the qubits of ``protocol`` that runs every ``period`` slots; qubit of the protocol -> of the
        network."""
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
        wanted: dict[str, list[tuple[float, str]]] = defaultdict(list)
        for qubit, slots in protocol.occupied_slots.items():
            wanted[qubit.rpartition("-")[0]].append((slots / period, qubit))
        names: dict[str, str] = {}
        for node, virtual in wanted.items():
            fitted = self._fit(node, sorted(virtual), room=True) or self._fit(node, sorted(virtual), room=False)
            assert fitted is not None
            names |= fitted
        return names

    def _fit(self, node: str, virtual: list[tuple[float, str]], *, room: bool) -> dict[str, str] | None:
        """Qubits of one node by best fit; ``None`` if there must be room and one of them finds none."""
        free = {kind: list(self._pools[node, kind]) for kind in ("C", "S")}
        names: dict[str, str] = {}
        for use, qubit in virtual:
            pool = free[qubit.rpartition("-")[2][0]]
            fitting = [q for q in pool if self.utilisation[q] + use <= 1.0 + 1e-12] if room else pool
            if not fitting:
                return None
            # Overbooking is spread over the communication qubits, which are what runs out.
            least = not room and pool is free["C"]
            names[qubit] = (min if least else max)(fitting, key=lambda q: self.utilisation[q])
            pool.remove(names[qubit])
        return names
