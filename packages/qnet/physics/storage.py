"""What waiting does to a link: T1 and T2 of the qubits that hold it.

One waiting qubit suffers amplitude damping with probability ``1 − exp(−t/T1)``, then dephasing with probability
``(1 − exp(−t/T2 + t/(2·T1)))/2`` (specification 2.6).  Damping is twirled to keep the link Bell-diagonal.  In the
correlators of the pair the whole process is a factor per waiting qubit: ``exp(−t/T2)`` on XX and YY, ``exp(−t/T1)``
on ZZ.  Factors of the two ends multiply, and so do those of swapped links, which is why :class:`Correlators` exist.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from qnet.physics.bell import BellState
from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class Memory:
    """Relaxation times of a qubit in seconds; ``inf`` means never.

    Raises
    ------
    InputError
        A time is not positive, or T2 > 2·T1.
    """

    t1_s: float = math.inf
    t2_s: float = math.inf

    def __post_init__(self) -> None:
        if not (self.t1_s > 0 and self.t2_s > 0):
            raise InputError(
                f"T1 = {self.t1_s} s, T2 = {self.t2_s} s are not both positive", where="memory", remedy="give seconds"
            )
        if self.t2_s > 2 * self.t1_s:
            raise InputError(
                f"T2 = {self.t2_s} s is more than twice T1 = {self.t1_s} s",
                where="memory",
                remedy="T2 includes the share of T1, so it is at most 2·T1",
            )


PERFECT_MEMORY = Memory()
"""A qubit that forgets nothing."""


class Correlators(NamedTuple):
    """Weight of a link and its correlators XX, YY, ZZ (signs as of Φ+, so all four are 1 for a perfect pair).

    ``norm`` below 1 is the probability that the link exists: the numbers may be unnormalised expectations.
    """

    norm: float
    xx: float
    yy: float
    zz: float

    @classmethod
    def of(cls, state: BellState, norm: float = 1.0) -> Correlators:
        """Correlators of a Bell-diagonal state that exists with probability ``norm``."""
        i, x, y, z = state
        return cls(norm * (i + x + y + z), norm * (i + x - y - z), norm * (i + y - x - z), norm * (i + z - x - y))

    def weights(self) -> BellState:
        """Bell weights that sum to ``norm``."""
        n, a, b, c = self
        return BellState((n + a + b + c) / 4, (n + a - b - c) / 4, (n + b - a - c) / 4, (n + c - a - b) / 4)

    def aged(self, phase: float, flip: float) -> Correlators:
        """With the factors ``phase`` on XX and YY and ``flip`` on ZZ."""
        return Correlators(self.norm, self.xx * phase, self.yy * phase, self.zz * flip)


def waited(state: BellState, seconds: float, *memories: Memory) -> BellState:
    """``state`` after ``seconds`` in which the qubits of ``memories`` wait (one or both ends; none: unchanged)."""
    phase = math.exp(-sum(seconds / memory.t2_s for memory in memories))
    flip = math.exp(-sum(seconds / memory.t1_s for memory in memories))
    return Correlators.of(state).aged(phase, flip).weights()
