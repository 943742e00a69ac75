"""Balanced workloads, as in the comparison of 2020: demands until every end node is a little overbooked.

Specification 6.2.  The text leaves open what happens when a source has no destination left among the candidates that
can be served: here the destination is then any other end node, and without one the source is dropped.
"""

from __future__ import annotations

import numpy as np

from qnet.compiling import Compiler, OfferedDemand, window_period
from qnet.demand import Demand
from qnet.workload.load import servable_rates
from qnet.workload.packing import QubitPacking

OVERBOOKED = 1.2
"""A communication qubit is a candidate until its utilisation reaches this."""


def balanced_workload(compiler: Compiler, fidelity: float, seed: int) -> list[OfferedDemand]:
    """Demands that book the communication qubits of all end nodes evenly."""
    network = compiler.network
    rng = np.random.default_rng([seed, 1])
    packing = QubitPacking(network)
    offered: list[OfferedDemand] = []
    barren: set[tuple[str, str]] = set()
    dropped: set[str] = set()

    def pick(names: list[str]) -> str:
        return names[int(rng.integers(len(names)))]

    while True:
        candidates = [
            name
            for name in network.end_nodes
            if name not in dropped
            for qubit in network.node(name).comm_qubits
            if packing.utilisation[qubit] < OVERBOOKED
        ]
        if not candidates:
            return offered
        source = pick(candidates)
        while True:
            others = [n for n in candidates if n != source and (source, n) not in barren]
            others = others or [n for n in network.end_nodes if n != source and (source, n) not in barren]
            if not others:
                dropped.add(source)
                break
            destination = pick(others)
            rates = servable_rates(compiler, source, destination, fidelity)
            if not rates:
                barren.add((source, destination))
                continue
            demand = Demand(source, destination, fidelity, pick_rate(rates, rng), name=f"d{len(offered)}")
            protocol = compiler.protocol(source, destination, fidelity)
            assert protocol is not None
            period = window_period(demand, protocol)
            offered.append(OfferedDemand(demand, protocol, period, packing.add(protocol, period)))
            break


def pick_rate(rates: list[float], rng: np.random.Generator) -> float:
    """One of ``rates``, all equally likely."""
    return rates[int(rng.integers(len(rates)))]
