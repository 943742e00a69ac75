"""Bell-diagonal states of a pair of qubits."""

from __future__ import annotations

import math
from typing import NamedTuple

from schedcore.errors import InputError

_SUM_TOLERANCE = 1e-9


class BellState(NamedTuple):
    """Weights of the four Bell states, named by the Pauli operator that makes them from Φ+.

    ``i`` is the fidelity.  Weights are not negative and sum to 1; :meth:`checked` refuses anything else, the plain
    constructor trusts its caller.
    """

    i: float
    x: float
    y: float
    z: float

    @property
    def fidelity(self) -> float:
        """Overlap with the wanted Bell state."""
        return self.i

    def twirled(self) -> BellState:
        """The Werner state of the same fidelity."""
        return werner(self.i)

    def checked(self) -> BellState:
        """Itself, if it is a state.

        Raises
        ------
        InputError
            A weight is negative or not a number, or the weights do not sum to 1.
        """
        if not all(weight >= -_SUM_TOLERANCE for weight in self):
            raise InputError(f"weights {tuple(self)} are not all >= 0", where="Bell state", remedy="give probabilities")
        if not math.isclose(sum(self), 1.0, abs_tol=_SUM_TOLERANCE):
            raise InputError(
                f"weights {tuple(self)} sum to {sum(self)}", where="Bell state", remedy="divide them by their sum"
            )
        return self


IDEAL_PAIR = BellState(1.0, 0.0, 0.0, 0.0)
"""Φ+ without error."""


def werner(fidelity: float) -> BellState:
    """The Bell-diagonal state of ``fidelity`` (0 to 1) whose other weights are equal."""
    if not 0.0 <= fidelity <= 1.0:
        raise InputError(f"a fidelity of {fidelity} is not in [0, 1]", where="Werner state", remedy="give F itself")
    rest = (1.0 - fidelity) / 3.0
    return BellState(fidelity, rest, rest, rest)


def mixed(state: BellState, weight: float) -> BellState:
    """``state`` with probability ``weight``, else the maximally mixed state of both qubits."""
    rest = (1.0 - weight) / 4.0
    return BellState(*(weight * part + rest for part in state))


def convolved(first: BellState, second: BellState) -> BellState:
    """Weights of the product of two independent Pauli errors drawn from ``first`` and ``second``."""
    i1, x1, y1, z1 = first
    i2, x2, y2, z2 = second
    return BellState(
        i1 * i2 + x1 * x2 + y1 * y2 + z1 * z2,
        i1 * x2 + x1 * i2 + y1 * z2 + z1 * y2,
        i1 * y2 + y1 * i2 + x1 * z2 + z1 * x2,
        i1 * z2 + z1 * i2 + x1 * y2 + y1 * x2,
    )
