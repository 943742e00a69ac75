"""The engine of all schedulers: which slots of which qubit are taken, one big integer per qubit.

Bit ``t`` of a qubit's integer is set where slot ``t`` is taken.  Whether a pattern fits at all its starts at once takes
a few shifts per interval, whatever the length of the schedule.
"""

from __future__ import annotations

from collections.abc import Iterable

from qnet.scheduling.task import Group


def spread(mask: int, length: int) -> int:
    """Bit ``t`` is set where ``mask`` has a bit in ``[t, t + length)``."""
    covered = 1
    while covered * 2 <= length:
        mask |= mask >> covered
        covered *= 2
    return mask | (mask >> (length - covered)) if covered < length else mask


def first_clear(mask: int, start: int) -> int:
    """The lowest clear bit of ``mask`` at or above ``start``."""
    rest = mask >> start
    return start + (~rest & (rest + 1)).bit_length() - 1


class Occupancy:
    """Slots taken per qubit; qubits come into being when they are first used."""

    __slots__ = ("taken",)

    def __init__(self) -> None:
        self.taken: dict[str, int] = {}

    def forbidden(self, groups: Iterable[Group]) -> int:
        """Bit ``t`` is set where a pattern that starts in slot ``t`` would meet a taken slot."""
        found = 0
        taken = self.taken
        for first, end, qubits in groups:
            mask = 0
            for qubit in qubits:
                mask |= taken.get(qubit, 0)
            if mask:
                found |= spread(mask >> first, end - first)
        return found

    def earliest(self, groups: Iterable[Group], start: int) -> int:
        """The first slot at or after ``start`` where the pattern meets nothing."""
        return first_clear(self.forbidden(groups), start)

    def take(self, groups: Iterable[Group], start: int) -> None:
        """Mark the slots of a pattern that starts in slot ``start``."""
        taken = self.taken
        for first, end, qubits in groups:
            bits = ((1 << (end - first)) - 1) << (start + first)
            for qubit in qubits:
                taken[qubit] = taken.get(qubit, 0) | bits

    def end_of(self, qubit: str) -> int:
        """The slot after the last one taken of ``qubit``."""
        return self.taken.get(qubit, 0).bit_length()
