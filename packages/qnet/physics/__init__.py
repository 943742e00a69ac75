"""Physics of entangled links: states, swaps, distillation, storage, noise, and the law of link generation.

Conventions, stated here once and used everywhere in the package:

- Fidelity is the overlap of a pair with the wanted Bell state itself, ``F = <Φ+|ρ|Φ+>`` (not its square root).
- A link state is Bell-diagonal with weights ``(I, X, Y, Z)`` that sum to 1.  The letter is the Pauli operator that
  turns Φ+ into the Bell state of that weight: I = Φ+, Z = Φ−, X = Ψ+, Y = Ψ− (up to a phase).  ``F`` is the weight of
  I after the frame correction, which is classical and costs no operation.
- A Werner state of fidelity ``F`` has weights ``(F, (1−F)/3, (1−F)/3, (1−F)/3)``.
- T2 is the decay time of the off-diagonal element of one qubit, its T1 share included; T2 ≤ 2·T1.
- The first argument of a distillation is kept, the second is measured.
- Lengths in km, times in seconds, rates in Hz, attenuation in dB/km.
"""

from qnet.physics.bell import IDEAL_PAIR, BellState, werner
from qnet.physics.distillation import bbpssw, dejmps, epl
from qnet.physics.swapping import swap
from qnet.physics.werner_links import (
    distill_fidelity,
    distill_success,
    distillations_for_fidelity,
    fidelity_for_distillations,
    swap_fidelity,
    undistill_equal,
    undistill_known,
    unswap_fidelity,
)

__all__ = [
    "IDEAL_PAIR",
    "BellState",
    "bbpssw",
    "dejmps",
    "distill_fidelity",
    "distill_success",
    "distillations_for_fidelity",
    "epl",
    "fidelity_for_distillations",
    "swap",
    "swap_fidelity",
    "undistill_equal",
    "undistill_known",
    "unswap_fidelity",
    "werner",
]
