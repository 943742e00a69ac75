"""The reference heuristic that gives qubits and slots to a protocol in three phases.

Specification 4.1 to 4.3: operations as soon as possible, then as late as possible, then swaps and distillations early
again.  Links end up late (they decohere while they wait), swaps and distillations early (they free qubits).

Inside, operations are numbered in the tree's post-order and qubits by node and name; names are made only for a
mapping that somebody reads, because a compiler maps thousands of candidates for their latency alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from qnet.mapping.mapped import MappedOperation, MappedProtocol
from qnet.protocol.tree import ProtocolNode, SwapNode
from schedcore.errors import InputError

Resources = Mapping[str, tuple[int, int]]
"""Node name -> number of communication qubits and of storage qubits."""

Phase = Literal["asap", "alap", "final"]

SLOT_S = 0.01
"""Length of a slot in the published experiments, in seconds."""

_NEVER = 1 << 60


def slots_of(duration_s: float, slot_s: float) -> int:
    """Slots that hold ``duration_s``, at least one."""
    return max(1, math.ceil(duration_s / slot_s - 1e-9))


class Qubits:
    """The qubits of some nodes as numbers; within a node they ascend with the name, communication first."""

    def __init__(self, resources: Resources, nodes: Sequence[str]) -> None:
        self.names: list[str] = []
        self.comm: dict[str, range] = {}
        self.storage: dict[str, range] = {}
        for node in nodes:
            comm, storage = resources[node]
            first = len(self.names)
            self.names += sorted(f"{node}-C{i}" for i in range(comm))
            self.comm[node] = range(first, first + comm)
            first += comm
            self.names += sorted(f"{node}-S{i}" for i in range(storage))
            self.storage[node] = range(first, first + storage)


class Draft:
    """A mapping in the making: parallel lists over the operations in post-order."""

    __slots__ = ("consumer", "held", "inputs", "nodes", "numbers", "order", "qubits", "slots", "starts")

    def __init__(self, root: ProtocolNode, slot_s: float) -> None:
        self.nodes: list[ProtocolNode] = []
        self.inputs: list[tuple[int, ...]] = []
        self.consumer: list[int] = []
        self.numbers: list[int] = []  # index per kind
        counts = {"L": 0, "S": 0, "D": 0}
        nodes, inputs = self.nodes, self.inputs
        stack: list[ProtocolNode | None] = [root]
        pending: list[ProtocolNode] = []
        open_results: list[int] = []
        while stack:
            node = stack.pop()
            if node is None:
                node = pending.pop()
                right = open_results.pop()
                left = open_results.pop()
                children: tuple[int, ...] = (left, right)
            elif node.children:
                pending.append(node)
                stack.append(None)
                stack.append(node.children[1])
                stack.append(node.children[0])
                continue
            else:
                children = ()
            index = len(nodes)
            nodes.append(node)
            inputs.append(children)
            self.consumer.append(-1)
            for child in children:
                self.consumer[child] = index
            self.numbers.append(counts[node.kind])
            counts[node.kind] += 1
            open_results.append(index)
        cache: dict[float, int] = {}
        self.slots: list[int] = []
        for node in nodes:
            duration = node.duration_s
            length = cache.get(duration)
            if length is None:
                length = cache[duration] = slots_of(duration, slot_s)
            self.slots.append(length)
        self.order: list[int] = []
        self.starts: list[int] = [0] * len(nodes)
        self.qubits: list[tuple[int, ...]] = [()] * len(nodes)
        self.held: list[tuple[int, ...]] = [()] * len(nodes)

    def twin(self) -> Draft:
        """A draft of the same tree, sharing what does not depend on the placement."""
        other = Draft.__new__(Draft)
        other.nodes, other.inputs, other.consumer = self.nodes, self.inputs, self.consumer
        other.numbers, other.slots, other.order = self.numbers, self.slots, self.order
        count = len(self.nodes)
        other.starts = [0] * count
        other.qubits = [()] * count
        other.held = [()] * count
        return other

    def name(self, index: int) -> str:
        """``kind;index per kind;nodes`` of an operation."""
        node = self.nodes[index]
        places = (node.pivot,) if isinstance(node, SwapNode) else node.nodes
        return ";".join((node.kind, str(self.numbers[index]), *places))

    def visits(self) -> list[int]:
        """Post-order that goes first into the input with the larger ``(dist, name)``."""
        if self.order:
            return self.order
        order = self.order
        stack = [len(self.nodes) - 1]
        nodes, inputs = self.nodes, self.inputs
        # Reversed pre-order that visits the smaller input first is the post-order that visits the larger first.
        while stack:
            index = stack.pop()
            order.append(index)
            children = inputs[index]
            if children:
                first, second = children
                a, b = nodes[first].dist_s, nodes[second].dist_s
                if a > b or (a == b and self.name(first) > self.name(second)):
                    first, second = second, first
                stack.append(second)
                stack.append(first)
        order.reverse()
        return order


def as_soon_as_possible(draft: Draft, qubits: Qubits, *, keep_pair: bool = False) -> bool:
    """Phase 1; ``False`` if a link finds no free communication qubit.

    A distillation keeps the higher-named qubit of each node, as published; with ``keep_pair`` both ends of one link.
    """
    nodes, slots, starts = draft.nodes, draft.slots, draft.starts
    busy_until = [0] * len(qubits.names)
    locked = [False] * len(qubits.names)
    ends: list[dict[str, int]] = [{}] * len(nodes)
    order = draft.visits()
    for index in order:
        node = nodes[index]
        if node.kind == "L":
            best = _best_link_place(node.nodes, qubits, busy_until, locked)
            if best is None:
                return False
            start, used, held = best
            ends[index] = {node.nodes[0]: held[0], node.nodes[1]: held[1]}
        else:
            left, right = draft.inputs[index]
            if isinstance(node, SwapNode):
                pivot = node.pivot
                used = (ends[left][pivot], ends[right][pivot])
                held = ()
                ends[index] = {**ends[left], **ends[right]}
                del ends[index][pivot]
            else:
                first, second = node.nodes
                one, other = ends[left], ends[right]
                if one[first] > other[first]:
                    one, other = other, one
                used = (one[first], other[first], one[second], other[second])
                kept = {first: other[first], second: other[second]}
                if not keep_pair:
                    kept[second] = max(one[second], other[second])
                ends[index] = kept
                held = tuple(kept.values())
            start = max(busy_until[qubit] for qubit in used)
        starts[index] = start
        end_slot = start + slots[index]
        for qubit in used:
            busy_until[qubit] = end_slot
            locked[qubit] = False
        for qubit in held:
            locked[qubit] = True
        draft.qubits[index] = used
        draft.held[index] = held
    return True


def _best_link_place(
    ends: tuple[str, str], qubits: Qubits, busy_until: list[int], locked: list[bool]
) -> tuple[int, tuple[int, ...], tuple[int, ...]] | None:
    """Earliest start of a link generation, its qubits, and those that hold the link; ``None`` if there is no place."""
    places: list[list[tuple[int, int, int]]] = []  # per end: (free from, communication qubit, holding qubit)
    for end in ends:
        storage = -1
        for qubit in qubits.storage[end]:
            if not locked[qubit] and (storage < 0 or busy_until[qubit] < busy_until[storage] - 1):
                storage = qubit
        options = []
        for comm in qubits.comm[end]:
            if locked[comm]:
                continue
            holding = comm if storage < 0 else storage
            options.append((max(busy_until[comm], busy_until[holding]), comm, holding))
        if not options:
            return None
        places.append(options)
    best: tuple[int, tuple[int, ...], tuple[int, ...]] | None = None
    for free_u, comm_u, hold_u in places[0]:
        for free_v, comm_v, hold_v in places[1]:
            start = max(free_u, free_v)
            if best is None or start < best[0]:
                used = tuple(dict.fromkeys((comm_u, hold_u, comm_v, hold_v)))
                best = start, used, (hold_u, hold_v)
                if start == 0:
                    return best
    return best


def as_late_as_possible(draft: Draft, qubit_count: int) -> None:
    """Phase 2: everything but the last operation moves towards its consumer, then the first starts at 0."""
    starts, slots, used, consumer = draft.starts, draft.slots, draft.qubits, draft.consumer
    order = sorted(range(len(starts)), key=starts.__getitem__)
    next_use = [_NEVER] * qubit_count
    for position in range(len(order) - 1, -1, -1):
        index = order[position]
        start = starts[index]
        if position < len(order) - 1:
            child = consumer[index]
            latest = start
            if child >= 0 and not set(used[index]).isdisjoint(used[child]):
                latest = max(start, starts[child] - slots[index])
            start = starts[index] = min(latest, min(next_use[qubit] for qubit in used[index]) - slots[index])
        for qubit in used[index]:
            next_use[qubit] = start
    _shift_to_zero(draft)


def _shift_to_zero(draft: Draft) -> None:
    first = min(draft.starts)
    if first:
        draft.starts[:] = [start - first for start in draft.starts]


def swaps_early(draft: Draft, qubit_count: int) -> None:
    """Phase 3: every swap and distillation starts when the previous use of its qubits ends."""
    starts, slots, used = draft.starts, draft.slots, draft.qubits
    free_from = [0] * qubit_count
    for index in sorted(range(len(starts)), key=starts.__getitem__):
        if draft.nodes[index].kind != "L":
            starts[index] = max(free_from[qubit] for qubit in used[index])
        end = starts[index] + slots[index]
        for qubit in used[index]:
            free_from[qubit] = end


def _draft(root: ProtocolNode, resources: Resources, slot_s: float, phase: Phase) -> tuple[Draft, Qubits] | None:
    nodes = sorted({name for node in leaf_ends(root) for name in node})
    qubits = Qubits(resources, nodes)
    draft = Draft(root, slot_s)
    if not as_soon_as_possible(draft, qubits):
        return None
    if phase != "asap":
        as_late_as_possible(draft, len(qubits.names))
    if phase == "final":
        swaps_early(draft, len(qubits.names))
    return draft, qubits


def leaf_ends(root: ProtocolNode) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        if node.kind == "L":
            found.add(node.nodes)
        else:
            stack.extend(node.children)
    return found


def mapped_latency(root: ProtocolNode, resources: Resources, slot_s: float = SLOT_S) -> int | None:
    """Latency in slots of the final phase; ``None`` if the protocol does not fit on the qubits."""
    made = _draft(root, resources, slot_s, "final")
    if made is None:
        return None
    draft = made[0]
    return max(map(int.__add__, draft.starts, draft.slots)) - min(draft.starts)


def map_protocol(
    root: ProtocolNode,
    path: Sequence[str],
    resources: Resources,
    slot_s: float = SLOT_S,
    phase: Phase = "final",
) -> MappedProtocol | None:
    """Qubits and slots for the operations of ``root`` after ``phase`` of the heuristic.

    ``None`` if a link generation finds every communication qubit of a node locked.

    Raises
    ------
    InputError
        A node without qubits in ``resources``, or a slot length that is not positive.
    """
    if not slot_s > 0:
        raise InputError(f"a slot of {slot_s} s", where="slot", remedy="give a positive length in seconds")
    for name in path:
        if name not in resources:
            raise InputError(f"no qubits are given for node {name!r}", where="resources", remedy="name every node")
    made = _draft(root, resources, slot_s, phase)
    if made is None:
        return None
    return read_draft(*made, path, slot_s)


def read_draft(draft: Draft, qubits: Qubits, path: Sequence[str], slot_s: float) -> MappedProtocol:
    """Names and operations of a finished draft, whose first operation starts in slot 0."""
    root = draft.nodes[-1]
    indices = sorted(range(len(draft.nodes)), key=lambda i: (draft.starts[i], i))
    names = [draft.name(i) for i in range(len(draft.nodes))]
    operations = []
    for i in indices:
        node = draft.nodes[i]
        operations.append(
            MappedOperation(
                kind=node.kind,
                name=names[i],
                nodes=(node.pivot,) if isinstance(node, SwapNode) else node.nodes,
                start_slot=draft.starts[i],
                end_slot=draft.starts[i] + draft.slots[i],
                qubits=tuple(sorted(qubits.names[q] for q in draft.qubits[i])),
                held=tuple(sorted(qubits.names[q] for q in draft.held[i])),
                inputs=tuple(names[j] for j in draft.inputs[i]),
                node=node,
            )
        )
    latency = max(o.end_slot for o in operations)
    return MappedProtocol(
        operations=tuple(operations),
        holds=holds_of(operations, latency),
        latency_slots=latency - min(o.start_slot for o in operations),
        fidelity=root.fidelity,
        path=tuple(path),
        slot_s=slot_s,
        tree=root,
    )


def holds_of(operations: Sequence[MappedOperation], end_slot: int) -> tuple[tuple[str, int, int], ...]:
    """Per qubit the slots between the operation that leaves a link in it and its next use, or ``end_slot``."""
    holds: list[tuple[str, int, int]] = []
    next_use: dict[str, int] = {}
    for operation in sorted(operations, key=lambda o: -o.start_slot):
        for qubit in operation.held:
            until = next_use.get(qubit, end_slot)
            if until > operation.end_slot:
                holds.append((qubit, operation.end_slot, until))
        for qubit in operation.qubits:
            next_use[qubit] = operation.start_slot
    return tuple(sorted(holds))
