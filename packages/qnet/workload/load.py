"""Workloads up to a target load, as in the load experiments (specification 6.2)."""

from __future__ import annotations

import numpy as np

from qnet.compiling import Compiler, OfferedDemand, serves, window_period
from qnet.demand import Demand
from qnet.workload.menu import MENU_PERIODS
from qnet.workload.packing import QubitPacking
from schedcore.errors import InputError

MAX_DEMANDS = 2000


def load_workload(compiler: Compiler, fidelity: float, load_hz: float, seed: int) -> list[OfferedDemand]:
    """Demands between random end nodes until their rates sum up to ``load_hz``.

    The rate of a demand is uniform over the menu entries that still fit below the target, the smallest entry of its
    protocol if none does.  Pairs that cannot be served are skipped.

    Raises
    ------
    InputError
        The load is not positive, no pair can be served at this fidelity, or there would be more than
        ``MAX_DEMANDS`` demands.
    """
    if not load_hz > 0:
        raise InputError(f"a load of {load_hz}", where="--load", remedy="give pairs per second > 0")
    ends = compiler.network.end_nodes
    if len(ends) < 2:
        raise InputError("fewer than two end nodes", where=f"network {compiler.network.name}", remedy="add end nodes")
    rng = np.random.default_rng([seed, 2])
    packing = QubitPacking(compiler.network)
    offered: list[OfferedDemand] = []
    total_hz = 0.0
    barren: set[tuple[str, str]] = set()
    slot_s = compiler.slot_s
    while total_hz < load_hz - 1e-9:
        source, destination = (ends[int(i)] for i in rng.choice(len(ends), size=2, replace=False))
        if (source, destination) in barren:
            if len(barren) == len(ends) * (len(ends) - 1):
                raise InputError(
                    f"no pair of end nodes can be served at fidelity {fidelity:g}",
                    where=f"network {compiler.network.name}",
                    remedy="ask for a lower fidelity",
                )
            continue
        rates = servable_rates(compiler, source, destination, fidelity)
        if not rates:
            barren.add((source, destination))
            continue
        fitting = [r for r in rates if r <= load_hz - total_hz + 1e-9]
        rate_hz = fitting[int(rng.integers(len(fitting)))] if fitting else rates[-1]
        demand = Demand(source, destination, fidelity, rate_hz, name=f"d{len(offered)}")
        protocol = compiler.protocol(source, destination, fidelity)
        assert protocol is not None
        period = window_period(demand, protocol)
        offered.append(OfferedDemand(demand, protocol, period, packing.add(protocol, period)))
        total_hz += rate_hz
        if len(offered) > MAX_DEMANDS:
            raise InputError(
                f"a load of {load_hz:g} Hz takes more than {MAX_DEMANDS} demands at {slot_s:g} s slots",
                where="--load",
                remedy="ask for less",
            )
    return offered


def servable_rates(compiler: Compiler, source: str, destination: str, fidelity: float) -> list[float]:
    """Menu rates in Hz that the pair can be given, fastest first; empty if none."""
    protocol = compiler.protocol(source, destination, fidelity)
    if protocol is None:
        return []
    rates = (1.0 / (p * compiler.slot_s) for p in MENU_PERIODS)
    return [rate for rate in rates if serves(protocol, rate)]
