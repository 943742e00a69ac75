"""The three-phase heuristic: every golden mapping, segments, and refusals."""

import sys
from pathlib import Path

import pytest

from qnet.mapping.heuristic import map_protocol, mapped_latency
from qnet.protocol.capability import LinkCapability
from qnet.protocol.link import link_node
from qnet.protocol.reference import ReferenceCompiler
from schedcore.errors import InputError

sys.path.insert(0, str(Path(__file__).parents[1] / "protocol"))
import itertools

from golden_data import mappings, needs_data, nv_capabilities


@needs_data
@pytest.mark.parametrize("golden", mappings(), ids=lambda g: f"{len(g['path']) - 1} hops {g['F_min']}")
def test_every_golden_mapping(golden: dict) -> None:
    path = golden["path"]
    resources = dict.fromkeys(path, (1, 3))
    links = {(u, v): nv_capabilities() for u, v in itertools.pairwise(path)}
    mapped = ReferenceCompiler(resources, links).compile(path, golden["F_min"])
    assert mapped is not None
    assert mapped.fidelity == pytest.approx(golden["F"], abs=1e-6)
    for phase, expected in golden["phases"].items():
        made = map_protocol(mapped.tree, path, resources, phase=phase)
        assert made is not None
        assert (made.latency_slots, made.storage_slots) == (expected["latency"], expected["storage_slots"])
        by_name = {o.name: o for o in made.operations}
        for operation in expected["ops"]:
            mine = by_name.pop(operation["op"])
            assert mine.start_slot == operation["start"]
            if "qubits" in operation:
                assert list(mine.qubits) == operation["qubits"]
                assert list(mine.held) == operation["held"]
                assert sorted(mine.inputs) == sorted(operation["parents"])
                assert mine.slots == operation["slots"]
        assert not by_name
    assert [(s.start_slot, s.end_slot, s.held_after) for s in mapped.segments] == [
        (s["start"], s["end"], frozenset(s["held_after"])) for s in golden["segments"]
    ]
    slots = {
        qubit: {slot for start, end, _ in pieces for slot in range(start, end)}
        for qubit, pieces in golden["occupancy"].items()
    }
    assert {
        qubit: {slot for start, end in intervals for slot in range(start, end)}
        for qubit, intervals in mapped.occupied.items()
    } == slots
    assert mapped.masks == {qubit: sum(1 << slot for slot in taken) for qubit, taken in slots.items()}
    assert mapped.occupied_slots == {qubit: len(taken) for qubit, taken in slots.items()}
    needed = [segment.needed_from for segment in mapped.segments]
    assert all(later <= earlier for earlier, later in itertools.pairwise(needed))


def test_latency_alone_equals_the_whole_mapping() -> None:
    path = ["a", "b", "c", "d"]
    links = {(u, v): (LinkCapability(0.95, 20.0), LinkCapability(0.9, 35.0)) for u, v in itertools.pairwise(path)}
    for resources in (dict.fromkeys(path, (1, 3)), dict.fromkeys(path, (2, 4))):
        mapped = ReferenceCompiler(resources, links).compile(path, 0.85)
        assert mapped is not None
        assert mapped_latency(mapped.tree, resources) == mapped.latency_slots
        assert mapped.path == ("a", "b", "c", "d")


def test_refusals() -> None:
    tree = link_node(("a", "b"), LinkCapability(0.9, 10.0))
    with pytest.raises(InputError, match="a slot of 0"):
        map_protocol(tree, ["a", "b"], {"a": (1, 1), "b": (1, 1)}, slot_s=0)
    with pytest.raises(InputError, match="no qubits are given"):
        map_protocol(tree, ["a", "b"], {"a": (1, 1)})
