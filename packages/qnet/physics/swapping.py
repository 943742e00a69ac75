"""Entanglement swap of two Bell-diagonal links."""

from __future__ import annotations

from qnet.physics.bell import BellState, convolved, mixed
from qnet.physics.noise import NOISELESS, GateNoise


def swap(left: BellState, right: BellState, noise: GateNoise = NOISELESS) -> BellState:
    """State of the long link after a Bell measurement on the inner halves of two links.

    The ideal swap multiplies the Pauli errors of its inputs.  A wrong readout of one of the two measured qubits
    applies a wrong correction, X or Z; both wrong, Y.  A failed two-qubit gate leaves the long link fully mixed.
    """
    result = convolved(left, right)
    m = noise.readout
    if m < 1.0:
        once = m * (1.0 - m)
        result = convolved(result, BellState(m * m, once, (1.0 - m) ** 2, once))
    return mixed(result, noise.gate) if noise.gate < 1.0 else result


def chain_fidelity(links: int, fidelity: float, noise: GateNoise = NOISELESS) -> float:
    """Fidelity of a chain of ``links`` equal Werner links, twirled after every swap (Briegel et al. 1998)."""
    per_swap = noise.gate * (4.0 * noise.readout**2 - 1.0) / 3.0
    return 0.25 + 0.75 * per_swap ** (links - 1) * ((4.0 * fidelity - 1.0) / 3.0) ** links
