"""Segments of a mapped protocol: the places where it may be interrupted."""

from __future__ import annotations

from qnet.mapping.mapped import MappedProtocol, Segment


def segments_of(protocol: MappedProtocol) -> tuple[Segment, ...]:
    """Maximal groups of operations that overlap in time (specification 4.4).

    Slots in which qubits only store a link do not join groups: where no operation runs, every slot is a segment of
    its own, so that each of its boundaries is a preemption point.
    """
    groups: list[tuple[int, int, list[str]]] = []
    for operation in sorted(protocol.operations, key=lambda o: (o.start_slot, o.end_slot)):
        if groups and operation.start_slot < groups[-1][1]:
            start, end, names = groups[-1]
            groups[-1] = (start, max(end, operation.end_slot), [*names, operation.name])
            continue
        for slot in range(groups[-1][1] if groups else 0, operation.start_slot):
            groups.append((slot, slot + 1, []))
        groups.append((operation.start_slot, operation.end_slot, [operation.name]))
    locks = _locks(protocol)
    segments = []
    for start, end, names in groups:
        held = {qubit for qubit, first, last in locks if first <= end <= last and end < protocol.latency_slots}
        needed = {qubit for qubit, intervals in protocol.occupied.items() if intervals[-1][1] > start}
        segments.append(Segment(start, end, tuple(names), frozenset(held), frozenset(needed)))
    return tuple(segments)


def _locks(protocol: MappedProtocol) -> list[tuple[str, int, int]]:
    """``(qubit, end of the operation that leaves a link in it, start of its next use)``, also where they are equal."""
    locks: list[tuple[str, int, int]] = []
    next_use: dict[str, int] = {}
    for operation in sorted(protocol.operations, key=lambda o: -o.start_slot):
        for qubit in operation.held:
            locks.append((qubit, operation.end_slot, next_use.get(qubit, protocol.latency_slots)))
        for qubit in operation.qubits:
            next_use[qubit] = operation.start_slot
    return locks
