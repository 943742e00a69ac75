"""Distillation of Bell-diagonal links: BBPSSW without twirl, DEJMPS, and the extreme-photon-loss scheme."""

from __future__ import annotations

from typing import Literal, NamedTuple

from qnet.physics.bell import BellState
from qnet.physics.noise import NOISELESS, GateNoise
from schedcore.errors import InputError

DistillRule = Literal["bbpssw", "dejmps", "werner"]
"""``"werner"`` is BBPSSW with a twirl of both inputs and of the result, the rule of the published compiler."""


class Distilled(NamedTuple):
    """Probability that the pair is kept, and its state then."""

    probability: float
    state: BellState


def bbpssw(kept: BellState, measured: BellState, noise: GateNoise = NOISELESS) -> Distilled:
    """Bilateral CNOT from the kept pair onto the measured one; kept if the two readouts are equal.  No twirl.

    Each side has one two-qubit gate and one readout.  A failed gate leaves its two qubits fully mixed, after which
    the outcomes agree with probability 1/2 and the kept pair is fully mixed; a wrong readout on one side turns equal
    outcomes into different ones.
    """
    return _normalised(unnormalised(kept, measured, noise, "bbpssw"))


def dejmps(kept: BellState, measured: BellState, noise: GateNoise = NOISELESS) -> Distilled:
    """The rule of Deutsch et al.: rotations that exchange Y and Z on both inputs, then :func:`bbpssw`.

    It keeps the information that a twirl throws away; the result needs no relabelling.
    """
    return _normalised(unnormalised(kept, measured, noise, "dejmps"))


def epl(bright_weight: float) -> Distilled:
    """Two raw single-click pairs ``(1−α)|Ψ±><Ψ±| + α|↑↑><↑↑|`` distilled into a perfect one (Campbell, Benjamin).

    ``bright_weight`` is α; everything else is ideal.  Succeeds with probability ``(1−α)²/2``.
    """
    if not 0.0 <= bright_weight < 1.0:
        raise InputError(
            f"bright weight {bright_weight} is not in [0, 1)",
            where="EPL",
            remedy="give the share of ↑↑ in a raw pair",
        )
    return Distilled((1.0 - bright_weight) ** 2 / 2.0, BellState(1.0, 0.0, 0.0, 0.0))


def _exchanged(state: BellState) -> BellState:
    return BellState(state.i, state.x, state.z, state.y)


def unnormalised(kept: BellState, measured: BellState, noise: GateNoise, rule: DistillRule) -> BellState:
    """Weights of the kept pair times the probability that it is kept; linear in each input.

    Inputs may be unnormalised too: weights that sum to the probability that the link exists.
    """
    if rule == "werner":
        return _twirled(unnormalised(_twirled(kept), _twirled(measured), noise, "bbpssw"))
    if rule == "dejmps":
        kept, measured = _exchanged(kept), _exchanged(measured)
    ki, kx, ky, kz = kept
    mi, mx, my, mz = measured
    same = BellState(ki * mi + kz * mz, kx * mx + ky * my, kx * my + ky * mx, ki * mz + kz * mi)
    if noise.gate == 1.0 and noise.readout == 1.0:
        return same
    # Outcomes that differ: the bit-flip parts of the two pairs are unequal.
    other = BellState(ki * mx + kz * my, kx * mi + ky * mz, kx * mz + ky * mi, ki * my + kz * mx)
    right = noise.readout**2 + (1.0 - noise.readout) ** 2
    both = noise.gate**2
    lost = (1.0 - both) * sum(kept) * sum(measured) / 8.0
    return BellState(*(both * (right * s + (1.0 - right) * o) + lost for s, o in zip(same, other, strict=True)))


def _twirled(state: BellState) -> BellState:
    rest = (state.x + state.y + state.z) / 3.0
    return BellState(state.i, rest, rest, rest)


def _normalised(weights: BellState) -> Distilled:
    probability = sum(weights)
    if probability <= 0.0:
        raise InputError(
            "the two links never give equal outcomes", where="distillation", remedy="check the states of the links"
        )
    return Distilled(probability, BellState(*(weight / probability for weight in weights)))
