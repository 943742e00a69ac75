"""The checker of qubit rules finds every planted violation, and nothing in what the mappers make."""

import itertools
from dataclasses import replace

import pytest

from qnet.mapping.check import Rule, check_mapping
from qnet.mapping.mapped import MappedOperation, MappedProtocol
from qnet.protocol.capability import LinkCapability
from qnet.protocol.reference import ReferenceCompiler

PATH = ["a", "b", "c", "d"]
RESOURCES = dict.fromkeys(PATH, (1, 3))
LINKS = {(u, v): (LinkCapability(0.88, 14.0), LinkCapability(0.8, 28.0)) for u, v in itertools.pairwise(PATH)}


@pytest.fixture(scope="module")
def mapped() -> MappedProtocol:
    found = ReferenceCompiler(RESOURCES, LINKS).compile(PATH, 0.68)
    assert found is not None
    assert {o.kind for o in found.operations} == {"L", "S", "D"}
    return found


def changed(mapped: MappedProtocol, index: int, **fields: object) -> MappedProtocol:
    operations = list(mapped.operations)
    operations[index] = replace(operations[index], **fields)
    return replace(mapped, operations=tuple(operations))


def rules(mapped: MappedProtocol, **options: int) -> set[Rule]:
    return {violation.rule for violation in check_mapping(mapped, RESOURCES, **options)}


def first(mapped: MappedProtocol, kind: str) -> tuple[int, MappedOperation]:
    return next((i, o) for i, o in enumerate(mapped.operations) if o.kind == kind)


def test_what_the_heuristic_makes_breaks_nothing(mapped: MappedProtocol) -> None:
    assert check_mapping(mapped, RESOURCES) == ()


def test_a_qubit_that_does_not_exist(mapped: MappedProtocol) -> None:
    found = check_mapping(mapped, {**RESOURCES, "b": (1, 1)})
    assert {v.rule for v in found} == {Rule.QUBIT}
    assert "node b has no qubit" in found[0].message
    assert check_mapping(mapped, {k: v for k, v in RESOURCES.items() if k != "c"})


def test_two_operations_on_one_qubit(mapped: MappedProtocol) -> None:
    links = [i for i, o in enumerate(mapped.operations) if o.kind == "L"]
    one = mapped.operations[links[0]]
    other = next(i for i in links[1:] if set(mapped.operations[i].qubits) & set(one.qubits))
    moved = changed(mapped, other, start_slot=one.start_slot, end_slot=one.start_slot + one.slots)
    assert Rule.OVERLAP in rules(moved)


def test_a_locked_qubit(mapped: MappedProtocol) -> None:
    # The second link at a node is put into the storage qubit that holds the first.
    links = [(i, o) for i, o in enumerate(mapped.operations) if o.kind == "L"]
    (_, one), (j, two) = next((p, q) for p in links for q in links if p[0] < q[0] and set(p[1].nodes) & set(q[1].nodes))
    node = (set(one.nodes) & set(two.nodes)).pop()
    taken = next(q for q in one.held if q.startswith(f"{node}-"))
    own = next(q for q in two.held if q.startswith(f"{node}-"))
    qubits = tuple(taken if q == own else q for q in two.qubits)
    held = tuple(taken if q == own else q for q in two.held)
    found = rules(changed(mapped, j, qubits=qubits, held=held))
    assert found & {Rule.LOCKED, Rule.OVERLAP}
    assert Rule.INPUT in found


def test_a_consumer_before_its_producer(mapped: MappedProtocol) -> None:
    i, swap = first(mapped, "S")
    early = changed(mapped, i, start_slot=swap.start_slot - 1, end_slot=swap.end_slot - 1)
    assert Rule.PRECEDENCE in rules(early)


def test_counts(mapped: MappedProtocol) -> None:
    i, link = first(mapped, "L")
    assert Rule.COUNT in rules(changed(mapped, i, held=link.held[:1]))
    storage = tuple(q for q in link.qubits if "-S" in q)
    assert Rule.COUNT in rules(changed(mapped, i, qubits=storage))
    assert Rule.COUNT in rules(changed(mapped, i, held=("a-S2", "b-S2")))
    i, swap = first(mapped, "S")
    assert Rule.COUNT in rules(changed(mapped, i, held=swap.qubits[:1]))
    i, distillation = first(mapped, "D")
    assert Rule.COUNT in rules(changed(mapped, i, qubits=distillation.qubits[:3]))
    assert Rule.COUNT in rules(changed(mapped, i, qubits=("x-S0", *distillation.qubits[1:])))


def test_inputs(mapped: MappedProtocol) -> None:
    i, swap = first(mapped, "S")
    assert Rule.INPUT in rules(changed(mapped, i, inputs=swap.inputs[:1]))
    assert Rule.INPUT in rules(changed(mapped, i, inputs=(swap.inputs[0], "L;99;a;b")))
    assert Rule.INPUT in rules(changed(mapped, i, inputs=(swap.inputs[0], swap.inputs[0])))


def test_durations_and_results(mapped: MappedProtocol) -> None:
    i, link = first(mapped, "L")
    assert Rule.DURATION in rules(changed(mapped, i, end_slot=link.end_slot - 1))
    assert Rule.DURATION in rules(changed(mapped, i, start_slot=-1))
    assert Rule.RESULT in rules(replace(mapped, latency_slots=mapped.latency_slots + 1))
    assert Rule.RESULT in rules(replace(mapped, holds=mapped.holds[1:]))
    assert Rule.RESULT in rules(replace(mapped, path=("a", "b", "c")))
    assert Rule.RESULT in rules(replace(mapped, operations=()))


def test_a_memory_cut_off(mapped: MappedProtocol) -> None:
    longest = max(end - start for _, start, end in mapped.holds)
    assert rules(mapped, cutoff_slots=longest) == set()
    assert Rule.PRECEDENCE in rules(mapped, cutoff_slots=2)
