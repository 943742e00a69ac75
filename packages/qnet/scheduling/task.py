"""A demand as a periodic task: the slots that its protocol occupies on every qubit, and how often it runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from qnet.mapping.mapped import MappedProtocol
from schedcore.errors import InputError

DEFAULT_BUDGET_SLOTS = 100
MAX_HYPERPERIOD_SLOTS = 1 << 20
"""A cyclic schedule longer than this (almost three hours at 10 ms) is refused."""

Group: TypeAlias = tuple[int, int, tuple[str, ...]]
"""``(first slot, end slot, qubits)``: qubits that are occupied in the same slots."""


@dataclass(frozen=True, slots=True)
class TaskSegment:
    """A stretch of the protocol that cannot be interrupted.

    ``held_after`` are qubits that keep a link at its end; ``needed_from`` all that are used from its start on.
    """

    start: int
    end: int
    held_after: frozenset[str]
    needed_from: frozenset[str]


@dataclass(frozen=True)
class PeriodicTask:
    """A protocol that is released every ``period`` slots and must end within its period.

    Parameters
    ----------
    id
        Position in the order of arrival; breaks ties.
    name
        For people.
    slots
        Length of the protocol, c.
    period
        Slots between releases, p; also the relative deadline.
    masks
        Per physical qubit an integer whose bit ``t`` is set where slot ``t`` of the protocol occupies it.
    segments
        In order, from slot 0 to ``slots``; a single segment cannot be interrupted.
    budget
        Slots that an instance may spend interrupted, k.
    rate_hz
        Instances per second that count as throughput.
    jitter_max
        Bound in slots on the standard deviation of the distance of consecutive starts; ``None``: none.
    latency_max
        Bound in slots on end minus release; ``None``: the period.
    """

    id: int
    name: str
    slots: int
    period: int
    masks: Mapping[str, int]
    segments: tuple[TaskSegment, ...] = ()
    budget: int = DEFAULT_BUDGET_SLOTS
    rate_hz: float = 0.0
    jitter_max: float | None = None
    latency_max: int | None = None

    def __post_init__(self) -> None:
        where = f"task {self.name}"
        if self.slots < 1 or self.period < 1:
            raise InputError(
                f"{self.slots} slots every {self.period} slots", where=where, remedy="both are at least one slot"
            )
        if self.budget < 0:
            raise InputError(f"a preemption budget of {self.budget} slots", where=where, remedy="give 0 or more")
        for qubit, mask in self.masks.items():
            if mask < 0 or mask.bit_length() > self.slots:
                raise InputError(
                    f"{qubit} is occupied beyond the {self.slots} slots of the protocol",
                    where=where,
                    remedy="give the slots relative to the start of the protocol",
                )
        if not self.segments:
            whole = TaskSegment(0, self.slots, frozenset(), frozenset(self.masks))
            object.__setattr__(self, "segments", (whole,))

    @classmethod
    def of_protocol(
        cls,
        id: int,
        name: str,
        protocol: MappedProtocol,
        period: int,
        *,
        physical: Mapping[str, str] | None = None,
        budget: int = DEFAULT_BUDGET_SLOTS,
        rate_hz: float = 0.0,
        jitter_max: float | None = None,
        latency_max: int | None = None,
    ) -> PeriodicTask:
        """The task that runs ``protocol``; ``physical`` renames its qubits (default: as mapped)."""
        names = {q: q for q in protocol.qubits} if physical is None else physical
        segments = tuple(
            TaskSegment(
                s.start_slot,
                s.end_slot,
                frozenset(names[q] for q in s.held_after),
                frozenset(names[q] for q in s.needed_from),
            )
            for s in protocol.segments
        )
        masks = {names[q]: mask for q, mask in protocol.masks.items()}
        return cls(id, name, protocol.latency_slots, period, masks, segments, budget, rate_hz, jitter_max, latency_max)

    @cached_property
    def qubits(self) -> frozenset[str]:
        """All qubits that it uses."""
        return frozenset(self.masks)

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Its occupation: every qubit in its own slots only."""
        return groups_of(self.masks)

    @cached_property
    def block(self) -> tuple[Group, ...]:
        """Full reservation: every qubit in all its slots."""
        return ((0, self.slots, tuple(sorted(self.masks))),)

    @cached_property
    def utilisation(self) -> Mapping[str, float]:
        """Share of time in which each qubit is occupied."""
        return {qubit: mask.bit_count() / self.period for qubit, mask in self.masks.items()}


def intervals_of(mask: int) -> list[tuple[int, int]]:
    """Maximal runs of set bits as ``[first, end)``, ascending."""
    found = []
    at = 0
    while mask:
        gap = (mask & -mask).bit_length() - 1
        mask >>= gap
        length = (~mask & (mask + 1)).bit_length() - 1
        found.append((at + gap, at + gap + length))
        mask >>= length
        at += gap + length
    return found


def groups_of(masks: Mapping[str, int]) -> tuple[Group, ...]:
    """Qubits gathered by equal intervals, in order of time."""
    gathered: dict[tuple[int, int], list[str]] = {}
    for qubit in sorted(masks):
        for interval in intervals_of(masks[qubit]):
            gathered.setdefault(interval, []).append(qubit)
    return tuple((a, b, tuple(qubits)) for (a, b), qubits in sorted(gathered.items()))


def hyperperiod(periods: Iterable[int], limit: int = MAX_HYPERPERIOD_SLOTS) -> int:
    """Least common multiple of the periods in slots.

    Raises
    ------
    InputError
        It is above ``limit``; the numbers are named and nothing is approximated.
    """
    periods = list(periods)
    length = math.lcm(*periods) if periods else 1
    if length > limit:
        shown = ", ".join(str(p) for p in sorted(set(periods))[:8])
        raise InputError(
            f"the hyperperiod of the periods {shown} is {length} slots, more than {limit}",
            where="periods",
            remedy="choose rates whose periods divide each other (powers of two of a slot)",
        )
    return length


def components(tasks: Sequence[PeriodicTask]) -> list[list[PeriodicTask]]:
    """Tasks gathered by shared qubits: no two groups have a qubit in common.  Ordered by their first task."""
    parent = list(range(len(tasks)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    owner: dict[str, int] = {}
    for i, task in enumerate(tasks):
        for qubit in task.qubits:
            if qubit in owner:
                a, b = root(owner[qubit]), root(i)
                parent[max(a, b)] = min(a, b)
            else:
                owner[qubit] = i
    gathered: dict[int, list[PeriodicTask]] = {}
    for i, task in enumerate(tasks):
        gathered.setdefault(root(i), []).append(task)
    return [gathered[key] for key in sorted(gathered)]
