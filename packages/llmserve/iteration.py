"""How long an iteration lasts: the protocol, and the sequential closed form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from llmserve.batch import BatchComposition
from llmserve.cost import operation_table
from llmserve.deployment import Deployment


@runtime_checkable
class IterationTime(Protocol):
    """Seconds that one iteration takes, given what it computes.  Implementations are pure and cheap (microseconds)."""

    @property
    def deployment(self) -> Deployment:
        """What the iteration runs on."""
        ...

    def seconds(self, batch: BatchComposition) -> float:
        """Duration of an iteration on ``batch``, all layers and everything else included."""
        ...


@dataclass(frozen=True, slots=True)
class RooflineSequential:
    """Operations one after another, each as long as the resource that binds it, plus a constant.

    ``sustained`` takes the measured rates of the accelerator instead of the data sheet's; ``other_s`` is what
    an iteration spends outside the tabulated operations (norms, rotary embedding, sampling, CPU).
    """

    deployment: Deployment
    other_s: float = 0.0
    sustained: bool = True

    def seconds(self, batch: BatchComposition) -> float:
        """Sum over the operations of their longest resource time, plus ``other_s``."""
        table = operation_table(self.deployment, batch, head=True)
        return self.other_s + sum(max(op.times_s(self.deployment, sustained=self.sustained).values()) for op in table)
