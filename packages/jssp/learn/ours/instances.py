"""Generated instances for training and validation; no standard instance is ever among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jssp.generators.demirkol import new_demirkol
from jssp.generators.taillard import new_taillard
from jssp.instance import JobShopInstance

TRAINING_STREAM = 1_000_000_000
"""Seeds of training instances start here, those of validation instances stay below."""


@dataclass(frozen=True, slots=True)
class ShopClass:
    """Instances of one size: ``kind`` is taillard, demirkol or demirkol_split; ``weight`` how often it is drawn."""

    kind: str
    jobs: int
    machines: int
    weight: float = 1.0

    def instance(self, seed: int) -> JobShopInstance:
        """The instance of ``seed``."""
        if self.kind == "taillard":
            return new_taillard(self.jobs, self.machines, seed)
        return new_demirkol(self.jobs, self.machines, seed, split=self.kind == "demirkol_split")

    @property
    def name(self) -> str:
        """Such as ``taillard 20x15``."""
        return f"{self.kind} {self.jobs}x{self.machines}"


SIZES = ((10, 10, 2.0), (15, 10, 2.0), (15, 15, 4.0), (20, 15, 4.0), (20, 20, 3.0), (30, 15, 2.5), (30, 20, 2.0))
LARGE = ((40, 15, 0.6), (50, 15, 0.6), (50, 20, 0.4), (100, 20, 0.15))
KINDS = (("taillard", 1.0), ("demirkol", 0.3), ("demirkol_split", 0.9))

TRAINING = tuple(
    ShopClass(kind, jobs, machines, weight * share)
    for kind, share in KINDS
    for jobs, machines, weight in (*SIZES, *LARGE)
)
"""What our recipe trains on."""

VALIDATION = tuple(
    ShopClass(kind, jobs, machines)
    for kind in ("taillard", "demirkol_split")
    for jobs, machines in ((15, 15), (20, 20), (30, 15), (30, 20), (50, 15))
)
"""What checkpoints are chosen on."""


def draw(classes: Sequence[ShopClass], rng: np.random.Generator) -> JobShopInstance:
    """A fresh training instance of a random class."""
    weights = np.array([c.weight for c in classes])
    chosen = classes[int(rng.choice(len(classes), p=weights / weights.sum()))]
    return chosen.instance(TRAINING_STREAM + int(rng.integers(0, 2**31)))
