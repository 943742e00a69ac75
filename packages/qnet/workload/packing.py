"""Which physical qubits a protocol gets: best fit by utilisation, demand after demand (specification 6.2)."""

from __future__ import annotations

from collections import defaultdict
from typing import TypeAlias

from qnet.mapping.mapped import MappedProtocol
from qnet.network import Network

_Pools: TypeAlias = dict[str, list[str]]


class QubitPacking:
    """Assigns the qubits of protocols to those of the network, and keeps the utilisation of each.

    Per node and kind the least-used qubit of the protocol goes to the most-used qubit of the node that has room for it
    (a utilisation of at most 1 afterwards).  Where a node has no room for all of them it is overbooked whatever is
    chosen: storage qubits go by the same rule without regard to room, communication qubits the other way round.
    A node with room for several protocols side by side is divided into lanes, of which the fullest with room is taken.
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
            names |= self._at_node(node, sorted(virtual))
        return names

    def _at_node(self, node: str, virtual: list[tuple[float, str]]) -> dict[str, str]:
        lanes = self._lanes(node, [qubit for _, qubit in virtual])

        def use(lane: _Pools) -> float:
            return sum(self.utilisation[q] for q in lane["C"])

        for lane in sorted(lanes, key=use, reverse=True):
            fitted = self._fit(lane, virtual, room=True)
            if fitted is not None:
                return fitted
        fitted = self._fit(min(lanes, key=use), virtual, room=False)
        assert fitted is not None
        return fitted

    def _lanes(self, node: str, virtual: list[str]) -> list[_Pools]:
        """Parts of a node that can each carry the protocol alone, so that two protocols do not share qubits."""
        comm, storage = self._pools[node, "C"], self._pools[node, "S"]
        wanted = [q.rpartition("-")[2][0] for q in virtual]
        lanes = len(comm) // max(1, wanted.count("C"))
        if wanted.count("S"):
            lanes = min(lanes, len(storage) // wanted.count("S"))
        if lanes < 2:
            return [{"C": comm, "S": storage}]
        c, s = len(comm) // lanes, len(storage) // lanes
        return [{"C": comm[k * c : (k + 1) * c], "S": storage[k * s : (k + 1) * s]} for k in range(lanes)]

    def _fit(self, lane: _Pools, virtual: list[tuple[float, str]], *, room: bool) -> dict[str, str] | None:
        """Qubits of a lane by best fit; ``None`` if there must be room and one of them finds none."""
        free = {kind: list(qubits) for kind, qubits in lane.items()}
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
