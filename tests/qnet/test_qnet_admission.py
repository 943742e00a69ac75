"""Admission: the published rule, and ours that accepts at least as much."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qnet.admission import admit
from qnet.compiling import ReferenceProtocols
from qnet.networks import get_network
from qnet.scheduling import PUBLISHED
from qnet.workload import QubitPacking, balanced_workload, load_workload
from schedcore.errors import UnknownNameError


@pytest.fixture(scope="module")
def h_network() -> ReferenceProtocols:
    return ReferenceProtocols(get_network("H"))


def test_no_qubit_is_booked_above_one(h_network) -> None:
    for seed in range(5):
        found = admit(balanced_workload(h_network, 0.6, seed))
        use: dict[str, float] = {}
        for o in found.demands:
            for qubit, slots in o.protocol.occupied_slots.items():
                use[o.qubits[qubit]] = use.get(o.qubits[qubit], 0.0) + slots / o.period
        assert max(use.values()) <= 1 + 1e-9
        assert set(found.accepted) | set(found.reasons) == set(range(len(found.offered)))


@pytest.mark.parametrize("label", PUBLISHED)
def test_prefixes_are_stable(label: str, h_network) -> None:
    """What is accepted does not depend on demands that come later."""
    workload = balanced_workload(h_network, 0.6, 3)
    whole, part = admit(workload, label), admit(workload[:8], label)
    assert part.accepted == tuple(i for i in whole.accepted if i < 8)


@pytest.mark.parametrize("network", ["star", "H", "line5"])
def test_ours_contains_the_published_outcome_and_more_in_the_mean(network: str) -> None:
    compiler = ReferenceProtocols(get_network(network))
    gained = 0.0
    for seed in range(12):
        workload = balanced_workload(compiler, 0.6, seed)
        published, ours = admit(workload), admit(workload, rule="retry")
        assert set(published.accepted) <= set(ours.accepted)
        assert ours.throughput_hz >= published.throughput_hz - 1e-9
        gained += len(ours.accepted) - len(published.accepted)
    assert gained >= 0
    if network != "star":
        assert gained > 0


def test_low_load_is_accepted_whole() -> None:
    for network in ("star", "H", "symmetric", "line"):
        compiler = ReferenceProtocols(get_network(network))
        found = admit(load_workload(compiler, 0.55, 1.0, 0))
        assert len(found.accepted) == len(found.offered)


def test_unknown_rule_is_refused(h_network) -> None:
    with pytest.raises(UnknownNameError, match="admission rule"):
        admit([], rule="bribe")


def test_workloads_follow_their_description(h_network) -> None:
    load = load_workload(h_network, 0.55, 8.0, 1)
    assert sum(o.demand.rate_hz for o in load[:-1]) < 8.0 <= sum(o.demand.rate_hz for o in load) + 1e-9
    for o in load:
        assert o.period & (o.period - 1) == 0
        assert o.period > o.protocol.latency_slots
    assert [o.demand for o in load] == [o.demand for o in load_workload(h_network, 0.55, 8.0, 1)]
    balanced = balanced_workload(h_network, 0.55, 1)
    use: dict[str, float] = {}
    for o in balanced:
        for qubit, slots in o.protocol.occupied_slots.items():
            use[o.qubits[qubit]] = use.get(o.qubits[qubit], 0.0) + slots / o.period
    assert all(use[f"{node}-C0"] >= 1.2 for node in h_network.network.end_nodes)


def test_packing_uses_the_fullest_qubit_that_has_room() -> None:
    network = get_network("star").with_qubits(2, 6)
    compiler = ReferenceProtocols(network, compiled_for=(1, 3))
    protocol = compiler.protocol("0", "1", 0.6)
    assert protocol is not None
    packing = QubitPacking(network)
    first = packing.add(protocol, 16)  # 9 of 16 slots
    second = packing.add(protocol, 16)
    assert first["3-C0"] == "3-C0"
    assert second["3-C0"] == "3-C0"  # 16 of 16: link generation takes 8 of the 9 slots
    assert packing.add(protocol, 16)["3-C0"] == "3-C1"


def test_bound_on_latency_rejects(h_network) -> None:
    workload = load_workload(h_network, 0.55, 5.0, 2)
    bounded = [replace(o, demand=replace(o.demand, max_latency_s=0.01)) for o in workload]
    found = admit(bounded)
    assert not found.accepted
    assert "above the bound 1" in found.reasons[0]
