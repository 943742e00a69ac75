"""A protocol with qubits and slots: what the periodic schedulers place and the executor runs."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from qnet.protocol.tree import ProtocolNode

Interval = tuple[int, int]
"""Slots from the first (inclusive) to the second (exclusive)."""


@dataclass(frozen=True, slots=True)
class MappedOperation:
    """One operation of a protocol on named qubits in ``[start_slot, end_slot)``.

    ``name`` is ``kind;index per kind;nodes``.  ``qubits`` are all qubits that the operation uses, ``held`` those of
    them that hold its link afterwards (none for a swap).  ``inputs`` are the names of the operations whose links it
    consumes.  ``node`` is the tree node it realises (fidelity, capability, rule).
    """

    kind: Literal["L", "S", "D"]
    name: str
    nodes: tuple[str, ...]
    start_slot: int
    end_slot: int
    qubits: tuple[str, ...]
    held: tuple[str, ...]
    inputs: tuple[str, ...]
    node: ProtocolNode

    @property
    def slots(self) -> int:
        """Length in slots."""
        return self.end_slot - self.start_slot


@dataclass(frozen=True, slots=True)
class Segment:
    """A maximal group of operations that overlap in time; between two segments a protocol may be interrupted.

    ``held_after`` are the qubits that hold a link at its end, ``needed_from`` those that are used from its start to
    the end of the protocol.
    """

    start_slot: int
    end_slot: int
    operations: tuple[str, ...]
    held_after: frozenset[str]
    needed_from: frozenset[str]


@dataclass(frozen=True)
class MappedProtocol:
    """Operations with fixed start offsets and named qubits; the first starts in slot 0.

    Attributes
    ----------
    operations:
        By start slot, then in the order of the mapping.
    holds:
        ``(qubit, first slot, end slot)``: slots in which a qubit only stores a link, the end nodes' qubits up to the
        end of the protocol included.
    latency_slots:
        Slots from the first start to the last end.
    fidelity:
        Of the delivered pair: the tree's own value in reference mode; the mean fidelity with storage and noise in
        physical mode.
    path, slot_s:
        Node names from source to destination, and the length of a slot in seconds.
    success:
        Probability that one run delivers a pair; 1 in reference mode by its own assumption.
    mode:
        Which compiler made it.
    """

    operations: tuple[MappedOperation, ...]
    holds: tuple[tuple[str, int, int], ...]
    latency_slots: int
    fidelity: float
    path: tuple[str, ...]
    slot_s: float
    tree: ProtocolNode
    success: float = 1.0
    mode: Literal["reference", "physical"] = "reference"
    extra: dict[str, float] = field(default_factory=dict, compare=False)

    @property
    def rate_hz(self) -> float:
        """Pairs per second when the protocol runs back to back and every run counts: 1 / (latency · slot)."""
        return 1.0 / (self.latency_slots * self.slot_s)

    @property
    def delivered_rate_hz(self) -> float:
        """``rate_hz`` times the probability that a run delivers."""
        return self.success * self.rate_hz

    @cached_property
    def occupied(self) -> dict[str, tuple[Interval, ...]]:
        """Per qubit the maximal intervals in which it works or holds a link, ascending."""
        pieces: dict[str, list[Interval]] = defaultdict(list)
        for operation in self.operations:
            for qubit in operation.qubits:
                pieces[qubit].append((operation.start_slot, operation.end_slot))
        for qubit, start, end in self.holds:
            pieces[qubit].append((start, end))
        return {qubit: _merged(intervals) for qubit, intervals in sorted(pieces.items())}

    @property
    def occupied_slots(self) -> dict[str, int]:
        """Number of slots per qubit in which it works or holds."""
        return {qubit: sum(end - start for start, end in intervals) for qubit, intervals in self.occupied.items()}

    @cached_property
    def masks(self) -> dict[str, int]:
        """Per qubit an integer whose bit ``t`` is set where slot ``t`` is occupied."""
        return {
            qubit: sum(((1 << (end - start)) - 1) << start for start, end in intervals)
            for qubit, intervals in self.occupied.items()
        }

    @property
    def qubits(self) -> tuple[str, ...]:
        """All qubits of the protocol, sorted."""
        return tuple(self.occupied)

    @property
    def storage_slots(self) -> int:
        """Slots in which a qubit waits for a later operation of the protocol (a link waiting at the end nodes for the
        end of the protocol is not counted, as in the reference)."""
        last_use: dict[str, int] = {}
        for operation in self.operations:
            for qubit in operation.qubits:
                last_use[qubit] = max(last_use.get(qubit, 0), operation.end_slot)
        return sum(end - start for qubit, start, end in self.holds if start < last_use[qubit])

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """The protocol cut at its preemption points (section 4.4 of the specification)."""
        from qnet.mapping.segments import segments_of

        return segments_of(self)


def _merged(intervals: list[Interval]) -> tuple[Interval, ...]:
    merged: list[Interval] = []
    for start, end in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)
