"""Generated instances for training and validation; no standard instance is ever among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jssp.adapter import AnyInstance
from jssp.generators.brandimarte import BrandimarteParameters, brandimarte
from jssp.generators.demirkol import new_demirkol
from jssp.generators.progen import ProGenParameters, progen
from jssp.generators.taillard import new_taillard
from jssp.instance import FlexibleJobShopInstance, JobShopInstance
from jssp.project import ProjectInstance

TRAINING_STREAM = 1_000_000_000
"""Seeds of training instances start here, those of validation instances stay below."""


@dataclass(frozen=True, slots=True)
class ShopClass:
    """Instances of one size.

    ``kind`` is taillard, demirkol, demirkol_split or brandimarte; ``weight`` says how often the class is drawn, and
    ``alternatives`` and ``longest`` are the largest number of machines of an operation and the longest duration of
    flexible shops.
    """

    kind: str
    jobs: int
    machines: int
    weight: float = 1.0
    alternatives: int = 3
    longest: int = 10

    def instance(self, seed: int) -> JobShopInstance | FlexibleJobShopInstance:
        """The instance of ``seed``."""
        if self.kind == "brandimarte":
            shop = BrandimarteParameters(
                self.jobs,
                self.machines,
                min_operations=max(1, self.machines // 2),
                max_operations=self.machines + 2,
                max_alternatives=min(self.alternatives, self.machines),
                max_duration=self.longest,
            )
            return brandimarte(shop, seed)
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


FLEXIBLE = tuple(
    ShopClass("brandimarte", jobs, machines, 1.0, alternatives, longest)
    for jobs, machines in ((10, 6), (10, 10), (15, 5), (15, 8), (20, 5), (20, 10), (20, 15), (30, 10))
    for alternatives, longest in ((2, 20), (3, 10), (5, 7))
)
"""Flexible job shops of the sizes of mk01 to mk15."""

FLEXIBLE_VALIDATION = tuple(
    ShopClass("brandimarte", jobs, machines, 1.0, alternatives, longest)
    for jobs, machines in ((10, 6), (15, 8), (20, 10), (20, 15))
    for alternatives, longest in ((3, 10), (5, 7))
)


@dataclass(frozen=True, slots=True)
class ProjectClass:
    """Projects of one size and difficulty, in the terms of :class:`~jssp.generators.progen.ProGenParameters`."""

    activities: int
    complexity: float
    factor: float
    strength: float
    weight: float = 1.0
    resources: int = 4

    @property
    def kind(self) -> str:
        """The generator."""
        return "progen"

    @property
    def jobs(self) -> int:
        """Activities, each a job of its own."""
        return self.activities

    @property
    def machines(self) -> int:
        """An activity is one operation, whatever the number of resources."""
        return 1

    def instance(self, seed: int) -> ProjectInstance:
        """The instance of ``seed``."""
        parameters = ProGenParameters(
            activities=self.activities,
            resources=self.resources,
            network_complexity=self.complexity,
            resource_factor=self.factor,
            resource_strength=self.strength,
        )
        return progen(parameters, seed)

    @property
    def name(self) -> str:
        """Size and difficulty."""
        return f"progen {self.activities}x{self.resources} nc {self.complexity} rf {self.factor} rs {self.strength}"


# The grid of the PSPLIB sets, without the strength of 1 (no conflict: every rule is optimal there).
PROJECTS = tuple(
    ProjectClass(activities, complexity, factor, strength)
    for activities in (30, 60)
    for complexity in (1.5, 1.8, 2.1)
    for factor in (0.25, 0.5, 0.75, 1.0)
    for strength in (0.2, 0.5, 0.7)
)
"""Projects in the manner of j30 and j60."""

PROJECT_VALIDATION = tuple(
    ProjectClass(30, complexity, factor, strength)
    for complexity in (1.5, 2.1)
    for factor in (0.5, 1.0)
    for strength in (0.2, 0.5)
)

FAMILIES: dict[str, tuple[Sequence[ShopClass | ProjectClass], Sequence[ShopClass | ProjectClass]]] = {
    "job": (TRAINING, VALIDATION),
    "flexible": (FLEXIBLE, FLEXIBLE_VALIDATION),
    "project": (PROJECTS, PROJECT_VALIDATION),
}
"""What is trained on and what is validated on, by the setting ``family``."""


def draw(classes: Sequence[ShopClass | ProjectClass], rng: np.random.Generator) -> AnyInstance:
    """A fresh training instance of a random class."""
    weights = np.array([c.weight for c in classes])
    chosen = classes[int(rng.choice(len(classes), p=weights / weights.sum()))]
    return chosen.instance(TRAINING_STREAM + int(rng.integers(0, 2**31)))
