"""Placement of interrupted instances on many qubits: segment after segment within the budget (specification 5.4).

Three ways to reserve: ``own`` (every qubit only in its own slots, RCPSP-PB), ``rest`` (for the whole segment every
qubit that the protocol needs from it on, RCPSP-PBS), ``all`` (for the whole segment every qubit of the protocol,
RCPSP-PB-FPR). In a gap the qubits that hold a link stay reserved.
"""

from __future__ import annotations

from typing import Literal

from qnet.scheduling.cyclic import Piece
from qnet.scheduling.edf import Place
from qnet.scheduling.occupancy import Occupancy, first_clear
from qnet.scheduling.task import Group, PeriodicTask, groups_of

Reservation = Literal["own", "rest", "all"]


def segment_placer(reservation: Reservation) -> Place:
    """The placement rule with this kind of reservation."""

    def place(task: PeriodicTask, occupancy: Occupancy, earliest: int, deadline: int) -> tuple[Piece, ...]:
        return _place(task, occupancy, earliest, deadline, _patterns(task, reservation))

    return place


_CACHE_KEY = "_segment_patterns"


def _patterns(task: PeriodicTask, reservation: Reservation) -> tuple[tuple[Group, ...], ...]:
    cache: dict[str, tuple[tuple[Group, ...], ...]] = task.__dict__.setdefault(_CACHE_KEY, {})
    if reservation not in cache:
        cache[reservation] = tuple(_pattern(task, k, reservation) for k in range(len(task.segments)))
    return cache[reservation]


def _pattern(task: PeriodicTask, k: int, reservation: Reservation) -> tuple[Group, ...]:
    segment = task.segments[k]
    length = segment.end - segment.start
    if reservation == "own":
        bits = (1 << length) - 1
        return groups_of({q: mask >> segment.start & bits for q, mask in task.masks.items()})
    qubits = segment.needed_from if reservation == "rest" else task.qubits
    return ((0, length, tuple(sorted(qubits))),)


def _place(
    task: PeriodicTask,
    occupancy: Occupancy,
    earliest: int,
    deadline: int,
    patterns: tuple[tuple[Group, ...], ...],
) -> tuple[Piece, ...]:
    segments = task.segments
    forbidden = [occupancy.forbidden(pattern) for pattern in patterns]
    held = [_taken(occupancy, segment.held_after) for segment in segments]
    start = earliest
    longest = task.slots + task.budget
    while True:
        start = first_clear(forbidden[0], start)
        if start + task.slots > deadline:
            return (Piece(0, task.slots, start),)
        starts = [start]
        at = start + segments[0].end - segments[0].start
        retry = start
        for k in range(1, len(segments)):
            begin = first_clear(forbidden[k], at)
            if begin > at and held[k - 1] >> at & ((1 << (begin - at)) - 1):
                retry = start + 1  # a qubit that holds a link is wanted by others in the gap
                break
            starts.append(begin)
            at = begin + segments[k].end - segments[k].start
        else:
            excess = at - start - longest
            if excess <= 0:
                break
            retry = start + excess
        start = retry
    pieces = _pieces(task, starts)
    end = pieces[-1].start + pieces[-1].slots
    if end <= deadline:
        for pattern, begin in zip(patterns, starts, strict=True):
            occupancy.take(pattern, begin)
        for k in range(len(segments) - 1):
            gap = starts[k] + segments[k].end - segments[k].start
            if starts[k + 1] > gap and segments[k].held_after:
                occupancy.take(((0, starts[k + 1] - gap, tuple(segments[k].held_after)),), gap)
    return pieces


def _taken(occupancy: Occupancy, qubits: frozenset[str]) -> int:
    mask = 0
    for qubit in qubits:
        mask |= occupancy.taken.get(qubit, 0)
    return mask


def _pieces(task: PeriodicTask, starts: list[int]) -> tuple[Piece, ...]:
    """Segments that follow each other without a gap as one piece."""
    pieces: list[Piece] = []
    for segment, start in zip(task.segments, starts, strict=True):
        length = segment.end - segment.start
        if pieces and pieces[-1].start + pieces[-1].slots == start:
            pieces[-1] = Piece(pieces[-1].offset, pieces[-1].slots + length, pieces[-1].start)
        else:
            pieces.append(Piece(segment.start, length, start))
    return tuple(pieces)
