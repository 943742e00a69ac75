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
    segments = []
    for start, end, names in groups:
        held = {qubit for qubit, first, last in protocol.holds if first <= end < last}
        for operation in protocol.operations:
            if operation.end_slot == end and end < protocol.latency_slots:
                held.update(operation.held)
        needed = {qubit for qubit, intervals in protocol.occupied.items() if intervals[-1][1] > start}
        segments.append(Segment(start, end, tuple(names), frozenset(held), frozenset(needed)))
    return tuple(segments)
