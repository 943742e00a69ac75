"""Hardware of the nodes: memories, gate noise, durations of swaps and distillations."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.physics.distillation import DistillRule
from qnet.physics.noise import NOISELESS, GateNoise
from qnet.physics.storage import PERFECT_MEMORY, Memory
from schedcore.errors import InputError


@dataclass(frozen=True, slots=True)
class Hardware:
    """What the nodes of a network are made of.

    Attributes
    ----------
    name:
        For tables.
    comm, storage:
        Memories of a communication and of a storage qubit.
    noise:
        Errors of the gates and readouts of a swap or a distillation.
    swap_s, distill_s:
        Durations from gate times.
    swap_success:
        Probability that a swap works (1 for deterministic hardware, 0.5 for linear optics).
    move_weight:
        Share of a link that survives a move of one end into a storage qubit (the rest is fully mixed).
    rule:
        Distillation rule.
    certain:
        The seed's terms: windows of mean length, links and distillations that never fail.
    """

    name: str
    comm: Memory = PERFECT_MEMORY
    storage: Memory = PERFECT_MEMORY
    noise: GateNoise = NOISELESS
    swap_s: float = 0.0015
    distill_s: float = 0.0015
    swap_success: float = 1.0
    move_weight: float = 1.0
    rule: DistillRule = "dejmps"
    certain: bool = False

    def __post_init__(self) -> None:
        for field_name in ("swap_success", "move_weight"):
            value = getattr(self, field_name)
            if not 0.0 < value <= 1.0:
                raise InputError(
                    f"{field_name} {value} is not in (0, 1]",
                    where=f"hardware {self.name!r}",
                    remedy="give a probability",
                )
        if not (self.swap_s > 0 and self.distill_s > 0):
            raise InputError(
                f"durations {self.swap_s} s and {self.distill_s} s are not positive",
                where=f"hardware {self.name!r}",
                remedy="give the times of a swap and of a distillation in seconds",
            )

    def memory(self, qubit: str) -> Memory:
        """Memory of a qubit by its name ``node-C0`` or ``node-S0``."""
        return self.comm if qubit.rpartition("-")[2].startswith("C") else self.storage


SEED_TERMS = Hardware("seed", swap_s=0.01, distill_s=0.01, rule="werner", certain=True)
"""What the published system assumes: nothing fails, nothing decoheres, no noise, 10 ms for a swap or distillation."""

NV_GATE = 1.0 - 1.0 / 60.0
"""Quality of an electron-carbon gate: depolarising 1/60."""
NV_READOUT = 1.0 - (0.05 + 0.005) / 2.0
"""Mean of the electron readout of the two states: errors 0.05 and 0.005."""
NV_MOVE_WEIGHT = (0.967 - 0.25) / 0.75
"""One side of a perfect pair moved into a carbon keeps a fidelity of 0.967 (thesis figure)."""


def nv_hardware(t2_s: float = 1.0, *, count_moves: bool = False) -> Hardware:
    """Nitrogen-vacancy nodes with the declared gates; ``t2_s`` of the carbons, electrons keep the declared ratio 1.46.

    A swap or distillation takes two electron-carbon gates of 0.5 ms, two carbon rotations and readouts: 1.5 ms.
    The move into a carbon is not counted unless ``count_moves``: the published link table has none either.
    """
    return Hardware(
        name=f"NV, T2 {t2_s:g} s",
        comm=Memory(t1_s=max(3600.0, t2_s), t2_s=1.46 * t2_s),
        storage=Memory(t1_s=max(36000.0, t2_s), t2_s=t2_s),
        noise=GateNoise(NV_GATE, NV_READOUT),
        move_weight=NV_MOVE_WEIGHT if count_moves else 1.0,
    )


def futuristic_hardware(t2_s: float = 10.0) -> Hardware:
    """Nodes of the published wide-area experiment: links of 0.999 at 1400 Hz, no gate error declared."""
    return Hardware(name=f"futuristic, T2 {t2_s:g} s", comm=Memory(t2_s=t2_s), storage=Memory(t2_s=t2_s))
