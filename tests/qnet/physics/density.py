"""Density matrices of qutip as an independent second implementation; helper of the physics tests."""

from __future__ import annotations

import numpy as np
import qutip as qt

from qnet.physics.bell import BellState

PAULI = {"i": qt.qeye(2), "x": qt.sigmax(), "y": qt.sigmay(), "z": qt.sigmaz()}
PHI = qt.bell_state("00")
CNOT = qt.Qobj(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]]), dims=[[2, 2], [2, 2]])
H = qt.Qobj(np.array([[1, 1], [1, -1]]) / np.sqrt(2))


def pair(state: BellState) -> qt.Qobj:
    """Density matrix: the Pauli operator of each weight on the second qubit of Φ+."""
    rho = 0
    for letter, weight in zip("ixyz", state, strict=True):
        rho = rho + weight * qt.ket2dm(qt.tensor(PAULI["i"], PAULI[letter]) * PHI)
    return rho


def bell_weights(rho: qt.Qobj) -> BellState:
    """Overlaps of a two-qubit density matrix with the four Bell states."""
    return BellState(*(float(np.real(qt.expect(rho, qt.tensor(PAULI["i"], PAULI[letter]) * PHI))) for letter in "ixyz"))


def on(operator: qt.Qobj, qubits: tuple[int, ...], count: int) -> qt.Qobj:
    """``operator`` on ``qubits`` (in its own order) of ``count``."""
    rest = [q for q in range(count) if q not in qubits]
    full = qt.tensor(operator, *(qt.qeye(2) for _ in rest)) if rest else operator
    order = [*qubits, *rest]
    return full.permute([order.index(q) for q in range(count)])


def mixed_out(rho: qt.Qobj, qubits: tuple[int, int]) -> qt.Qobj:
    """The two ``qubits`` of a four-qubit state replaced by the fully mixed state."""
    rest = [q for q in range(4) if q not in qubits]
    noise = qt.tensor(qt.qeye(2), qt.qeye(2)) / 4
    order = [*qubits, *rest]
    return qt.tensor(noise, rho.ptrace(rest)).permute([order.index(q) for q in range(4)])


def noisy_gate(rho: qt.Qobj, gate: qt.Qobj, qubits: tuple[int, int], quality: float) -> qt.Qobj:
    """``gate`` with probability ``quality``, else its two qubits fully mixed."""
    operator = on(gate, qubits, 4)
    return quality * operator * rho * operator.dag() + (1 - quality) * mixed_out(rho, qubits)


def read(rho: qt.Qobj, qubits: tuple[int, int], wanted: tuple[int, int], quality: float) -> qt.Qobj:
    """Unnormalised state of the other two qubits when the readouts say ``wanted``."""
    rest = [q for q in range(4) if q not in qubits]
    total = 0
    for true in ((0, 0), (0, 1), (1, 0), (1, 1)):
        chance = 1.0
        for bit, says in zip(true, wanted, strict=True):
            chance *= quality if bit == says else 1 - quality
        projector = on(qt.tensor(qt.fock_dm(2, true[0]), qt.fock_dm(2, true[1])), qubits, 4)
        total = total + chance * (projector * rho * projector).ptrace(rest)
    return total
