"""The reference compiler: every golden row, hand-worked small cases, refusals."""

import sys
from pathlib import Path

import pytest

from qnet.protocol.capability import LinkCapability
from qnet.protocol.link import generation_rounds
from qnet.protocol.reference import ReferenceCompiler
from qnet.protocol.tree import count_operations, post_order, relabelled
from schedcore.errors import InputError

sys.path.insert(0, str(Path(__file__).parent))
import itertools

from golden_data import capabilities, needs_data, nv_capabilities, rows


def line(hops: int, comm: int, storage: int, links: tuple[LinkCapability, ...], slot_s: float = 0.01):
    path = [str(i) for i in range(hops + 1)]
    resources = dict.fromkeys(path, (comm, storage))
    return path, ReferenceCompiler(resources, dict.fromkeys(itertools.pairwise(path), links), slot_s)


@needs_data
@pytest.mark.parametrize("family", ["NV_5km_line", "futuristic_0.999_1400Hz"])
def test_every_golden_protocol(family: str) -> None:
    wrong = []
    for row in rows("golden_protocols.csv"):
        if row["family"] != family:
            continue
        path, compiler = line(
            int(row["hops"]), int(row["comm_qubits"]), int(row["storage_qubits"]), capabilities(family)
        )
        mapped = compiler.compile(path, float(row["F_min"]))
        expected: tuple[object, ...] | None = None
        if row["F_protocol"]:
            names = ("n_link", "n_distill", "n_swap", "latency_slots", "storage_slots_shift")
            expected = (row["F_protocol"], *(int(row[name]) for name in names), row["rate_hz"])
        found: tuple[object, ...] | None = None
        if mapped is not None:
            counts = count_operations(mapped.tree)
            found = (
                f"{mapped.fidelity:.4f}",
                counts["L"],
                counts["D"],
                counts["S"],
                mapped.latency_slots,
                mapped.storage_slots,
                f"{mapped.rate_hz:.4f}",
            )
        if found != expected:
            wrong.append((row, found))
    assert not wrong


@needs_data
def test_every_golden_slot_size() -> None:
    for row in rows("golden_slot_size.csv"):
        path, compiler = line(int(row["hops"]), 1, 3, nv_capabilities(), float(row["slot_s"]))
        mapped = compiler.compile(path, float(row["F_min"]))
        assert mapped is not None
        assert mapped.latency_slots == int(row["latency_slots"]), row


@needs_data
def test_a_compiler_that_remembers_gives_the_same_as_a_fresh_one() -> None:
    path, compiler = line(5, 1, 3, nv_capabilities())
    for start, end, fidelity in ((0, 2, 0.8), (1, 3, 0.8), (3, 5, 0.8), (0, 3, 0.7), (2, 5, 0.7)):
        part = path[start : end + 1]
        warm = compiler.compile(part, fidelity)
        _, fresh = line(5, 1, 3, nv_capabilities())
        cold = fresh.compile(part, fidelity)
        assert warm is not None
        assert cold is not None
        assert [(o.name, o.start_slot, o.qubits) for o in warm.operations] == [
            (o.name, o.start_slot, o.qubits) for o in cold.operations
        ]


def test_one_perfect_hop_is_one_link() -> None:
    path, compiler = line(1, 1, 3, (LinkCapability(0.999, 1400.0),))
    mapped = compiler.compile(path, 0.98)
    assert mapped is not None
    assert [o.name for o in mapped.operations] == ["L;0;0;1"]
    assert mapped.latency_slots == 1
    assert mapped.rate_hz == 100.0


def test_a_rate_above_the_link_has_no_protocol() -> None:
    path, compiler = line(1, 1, 3, (LinkCapability(0.9, 10.0),))
    assert compiler.compile(path, 0.8, 11.0) is None
    assert compiler.compile(path, 0.8, 9.0) is not None


def test_one_storage_qubit_in_the_middle_of_two_hops_is_no_distillation() -> None:
    path, compiler = line(2, 1, 0, (LinkCapability(0.9, 10.0),))
    assert compiler.compile(path, 0.7) is None


def test_rounds_of_parallel_generation() -> None:
    # One communication, three storage qubits: one link per round.
    assert generation_rounds(8, 1, 3) == 8
    # Two at a time, then 4 is 100 in binary: one qubit holds, two more fit, and so on.
    assert generation_rounds(8, 2, 2) == 4
    assert generation_rounds(4, 1, 0) > 4  # no room to keep a link: never


def test_relabelling_keeps_the_protocol() -> None:
    path, compiler = line(2, 1, 3, (LinkCapability(0.9, 10.0), LinkCapability(0.8, 20.0)))
    mapped = compiler.compile(path, 0.8)
    assert mapped is not None
    other = relabelled(mapped.tree, {"0": "x", "1": "y", "2": "z"})
    assert count_operations(other) == count_operations(mapped.tree)
    assert {name for node in post_order(other) for name in node.nodes} <= {"x", "y", "z"}


@pytest.mark.parametrize(
    ("path", "fidelity", "rate_hz", "message"),
    [
        (["0"], 0.8, 1.0, "is not a path"),
        (["0", "1", "0"], 0.8, 1.0, "is not a path"),
        (["0", "1"], 0.25, 1.0, "cannot be asked for"),
        (["0", "1"], 1.0, 1.0, "cannot be asked for"),
        (["0", "1"], 0.8, 0.0, "a rate of"),
        (["0", "7"], 0.8, 1.0, "no communication qubit"),
        (["0", "2"], 0.8, 1.0, "no link between"),
    ],
)
def test_refusals(path: list[str], fidelity: float, rate_hz: float, message: str) -> None:
    _, compiler = line(2, 1, 3, (LinkCapability(0.9, 10.0),))
    with pytest.raises(InputError, match=message):
        compiler.compile(path, fidelity, rate_hz)
