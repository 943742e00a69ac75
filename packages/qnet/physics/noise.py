"""Gate and readout errors of swaps and distillations, with the numbers of two kinds of hardware."""

from __future__ import annotations

from dataclasses import dataclass

from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class GateNoise:
    """Errors of the local operations of a swap or a distillation.

    Attributes
    ----------
    gate:
        Probability that a two-qubit gate works; otherwise its two qubits are left fully mixed.
    readout:
        Probability that the readout of one qubit is right.
    """

    gate: float = 1.0
    readout: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.gate <= 1.0:
            raise InputError(f"gate quality {self.gate} is not in [0, 1]", where="noise", remedy="give a probability")
        if not 0.5 <= self.readout <= 1.0:
            raise InputError(
                f"readout quality {self.readout} is not in [0.5, 1]",
                where="noise",
                remedy="give the probability of a right result; below 1/2 swap the two results",
            )


NOISELESS = GateNoise()
"""Perfect gates and readout: what the reference assumes."""
