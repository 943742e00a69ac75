"""Independent check of the qubit rules of a mapped protocol (specification 4.2).

It shares no code with the mappers: it reads operations, qubits and times alone, and replays who holds which link.
"""

from __future__ import annotations

import enum
import itertools
import math
from collections import defaultdict
from dataclasses import dataclass

from qnet.mapping.heuristic import Resources
from qnet.mapping.mapped import MappedOperation, MappedProtocol


class Rule(enum.StrEnum):
    """What a mapping may break."""

    QUBIT = "qubit"  # a qubit that the node does not have, or of the wrong kind
    COUNT = "count"  # number of used or held qubits
    OVERLAP = "overlap"  # two operations on one qubit at a time
    LOCKED = "locked"  # an operation uses a qubit that holds a link of another
    INPUT = "input"  # inputs that do not exist, do not meet, or are consumed twice
    PRECEDENCE = "precedence"  # a consumer starts before its producer ends
    DURATION = "duration"  # fewer slots than the operation takes, or a negative start
    RESULT = "result"  # latency, holds or delivered link are not what the operations say


@dataclass(frozen=True, slots=True)
class MappingViolation:
    """One broken rule: which, by which operation, where, and in words."""

    rule: Rule
    operation: str
    qubit: str
    message: str


def check_mapping(
    protocol: MappedProtocol, resources: Resources, *, cutoff_slots: int | None = None
) -> tuple[MappingViolation, ...]:
    """All broken rules, in the order of the operations.

    ``cutoff_slots`` bounds how long an end of a link may wait for the operation that consumes it.
    """
    return tuple(_Checker(protocol, resources, cutoff_slots).run())


class _Checker:
    def __init__(self, protocol: MappedProtocol, resources: Resources, cutoff_slots: int | None) -> None:
        self.protocol = protocol
        self.resources = resources
        self.cutoff_slots = cutoff_slots
        self.by_name = {operation.name: operation for operation in protocol.operations}
        self.found: list[MappingViolation] = []

    def report(self, rule: Rule, operation: MappedOperation | None, message: str, qubit: str = "") -> None:
        self.found.append(MappingViolation(rule, "" if operation is None else operation.name, qubit, message))

    def run(self) -> list[MappingViolation]:
        for operation in self.protocol.operations:
            self._qubits_exist(operation)
            self._duration(operation)
            self._shape(operation)
        self._trees()
        self._timelines()
        self._results()
        return self.found

    def _qubits_exist(self, operation: MappedOperation) -> None:
        for qubit in operation.qubits:
            node, _, local = qubit.rpartition("-")
            comm, storage = self.resources.get(node, (0, 0))
            count = {"C": comm, "S": storage}.get(local[:1], 0)
            if not (local[1:].isdigit() and int(local[1:]) < count):
                self.report(Rule.QUBIT, operation, f"node {node} has no qubit {qubit}", qubit)
        for qubit in operation.held:
            if qubit not in operation.qubits:
                self.report(Rule.COUNT, operation, f"{qubit} is held but not used", qubit)

    def _duration(self, operation: MappedOperation) -> None:
        needed = max(1, math.ceil(operation.node.duration_s / self.protocol.slot_s - 1e-9))
        if operation.slots < needed:
            self.report(Rule.DURATION, operation, f"{operation.slots} slots where {needed} are needed")
        if operation.start_slot < 0:
            self.report(Rule.DURATION, operation, f"starts in slot {operation.start_slot}")

    def _shape(self, operation: MappedOperation) -> None:
        at = defaultdict(list)
        for qubit in operation.qubits:
            at[qubit.rpartition("-")[0]].append(qubit)
        held_at = sorted(qubit.rpartition("-")[0] for qubit in operation.held)
        ends = sorted(operation.nodes)
        if sorted(at) != ends:
            self.report(Rule.COUNT, operation, f"uses qubits at {sorted(at)}, works at {ends}")
            return
        inputs = {"L": 0, "S": 2, "D": 2}[operation.kind]
        if len(operation.inputs) != inputs:
            self.report(Rule.INPUT, operation, f"{len(operation.inputs)} inputs instead of {inputs}")
        if operation.kind == "S":
            if len(operation.qubits) != 2 or operation.held:
                self.report(Rule.COUNT, operation, "a swap uses two qubits and holds none")
            return
        if held_at != ends:
            self.report(Rule.COUNT, operation, "one qubit at each end must hold the link")
        if operation.kind == "D":
            if len(operation.qubits) != 4 or any(len(qubits) != 2 for qubits in at.values()):
                self.report(Rule.COUNT, operation, "a distillation uses two qubits at each end")
            return
        for node, qubits in at.items():
            comm = [qubit for qubit in qubits if qubit.rpartition("-")[2].startswith("C")]
            if len(comm) != 1 or len(qubits) > 2:
                self.report(Rule.COUNT, operation, f"needs one communication and at most one storage qubit at {node}")

    def _trees(self) -> None:
        consumer: dict[str, str] = {}
        ends: dict[str, dict[str, str]] = {}  # operation -> node -> qubit that holds its link there
        for operation in self._inputs_first():
            for name in operation.inputs:
                if name not in self.by_name:
                    self.report(Rule.INPUT, operation, f"there is no operation {name}")
                elif name in consumer:
                    self.report(Rule.INPUT, operation, f"the link of {name} is consumed by {consumer[name]} already")
                consumer[name] = operation.name
            inputs = [ends.get(name, {}) for name in operation.inputs]
            own = {qubit.rpartition("-")[0]: qubit for qubit in operation.held}
            if operation.kind == "S":
                pivot = operation.nodes[0]
                needed = sorted(given[pivot] for given in inputs if pivot in given)
                if needed != sorted(operation.qubits):
                    self.report(Rule.INPUT, operation, f"its links are in {needed}, it uses {operation.qubits}")
                own = {node: qubit for given in inputs for node, qubit in given.items() if node != pivot}
                if len(own) != 2:
                    self.report(Rule.INPUT, operation, "its links do not meet at one node alone")
            elif operation.kind == "D":
                needed = sorted(qubit for given in inputs for qubit in given.values())
                if needed != sorted(operation.qubits):
                    self.report(Rule.INPUT, operation, f"its links are in {needed}, it uses {operation.qubits}")
            ends[operation.name] = own
        roots = [operation for operation in self.protocol.operations if operation.name not in consumer]
        path = self.protocol.path
        if len(roots) != 1:
            self.report(Rule.INPUT, None, f"{len(roots)} links are left at the end instead of one")
        elif set(ends.get(roots[0].name, {})) != {path[0], path[-1]}:
            self.report(Rule.RESULT, roots[0], f"its link is not between {path[0]} and {path[-1]}")

    def _inputs_first(self) -> list[MappedOperation]:
        order: list[MappedOperation] = []
        state: dict[str, int] = {}
        for root in self.protocol.operations:
            stack = [(root, False)]
            while stack:
                operation, ready = stack.pop()
                if ready:
                    order.append(operation)
                elif operation.name not in state:
                    state[operation.name] = 1
                    stack.append((operation, True))
                    stack.extend((self.by_name[n], False) for n in operation.inputs if n in self.by_name)
        return order

    def _timelines(self) -> None:
        consumer = {name: o for o in self.protocol.operations for name in o.inputs}
        uses: dict[str, list[MappedOperation]] = defaultdict(list)
        for operation in self.protocol.operations:
            for qubit in operation.qubits:
                uses[qubit].append(operation)
        for qubit, operations in uses.items():
            operations.sort(key=lambda o: (o.start_slot, o.end_slot))
            for before, after in itertools.pairwise(operations):
                if after.start_slot < before.end_slot:
                    rule = Rule.PRECEDENCE if before.name in after.inputs else Rule.OVERLAP
                    if after.name in before.inputs:
                        rule = Rule.PRECEDENCE
                    message = f"runs on {qubit} from slot {after.start_slot}, {before.name} until {before.end_slot}"
                    self.report(rule, after, message, qubit)
                    continue
                if qubit not in before.held:
                    continue
                taker = self._taker(before, qubit, consumer)
                if after is not taker:
                    self.report(Rule.LOCKED, after, f"{qubit} holds the link of {before.name}", qubit)
                elif self.cutoff_slots is not None and after.start_slot - before.end_slot > self.cutoff_slots:
                    waited = after.start_slot - before.end_slot
                    self.report(
                        Rule.PRECEDENCE, after, f"{qubit} waits {waited} slots, more than {self.cutoff_slots}", qubit
                    )

    def _taker(
        self, producer: MappedOperation, qubit: str, consumer: dict[str, MappedOperation]
    ) -> MappedOperation | None:
        """The operation that consumes ``producer``'s link at ``qubit``'s node; swaps elsewhere are looked through."""
        node = qubit.rpartition("-")[0]
        taker = consumer.get(producer.name)
        while taker is not None and taker.kind == "S" and taker.nodes[0] != node:
            taker = consumer.get(taker.name)
        return taker

    def _results(self) -> None:
        operations = self.protocol.operations
        if not operations:
            self.report(Rule.RESULT, None, "there are no operations")
            return
        end = max(o.end_slot for o in operations)
        if min(o.start_slot for o in operations) != 0 or end != self.protocol.latency_slots:
            self.report(Rule.RESULT, None, f"latency {self.protocol.latency_slots}, operations end in slot {end}")
        expected: set[tuple[str, int]] = set()
        for operation in operations:
            for qubit in operation.held:
                later = [o.start_slot for o in operations if qubit in o.qubits and o.start_slot >= operation.end_slot]
                expected.update((qubit, slot) for slot in range(operation.end_slot, min(later, default=end)))
        stated = {(qubit, slot) for qubit, start, stop in self.protocol.holds for slot in range(start, stop)}
        for qubit in sorted({q for q, _ in expected ^ stated}):
            self.report(Rule.RESULT, None, f"the holds of {qubit} are not those that the operations imply", qubit)
