"""Durations by the roofline, for deployments that nobody has measured."""

from __future__ import annotations

from dataclasses import dataclass, field

from llmserve.batch import BatchComposition
from llmserve.cost import DECODE_ATTENTION, NETWORK, PREFILL_ATTENTION, Resource, operation_table
from llmserve.deployment import Deployment
from llmserve.profile.times import ALL_GATHER, ALL_REDUCE, OPERATIONS
from schedcore.errors import unknown_name


@dataclass(frozen=True)
class RooflineTimes:
    """Every operation lasts as long as the resource that binds it at sustained rates, plus a launch overhead.

    An AllGather moves a quarter of the layer's network volume (NanoFlow, section 3), an AllReduce half of it.
    """

    deployment: Deployment
    overhead_s: float = 0.0
    name: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", f"roofline of {self.deployment.name}")

    def seconds(self, operation: str, tokens: float, context: float = 0.0) -> float:
        """See :class:`~llmserve.profile.times.OperationTimes`; ``context`` counts for both attentions."""
        if operation not in OPERATIONS:
            raise unknown_name("operation", operation, OPERATIONS, where=self.name)
        if tokens <= 0:
            return 0.0
        if operation == DECODE_ATTENTION:
            batch = BatchComposition(tokens, 0, tokens * context)
        else:
            batch = BatchComposition(0, tokens, 0, tokens * context)
        part, name = 1.0, operation
        if operation in (ALL_GATHER, ALL_REDUCE):
            if self.deployment.gpus == 1:
                return 0.0
            part, name = (0.25 if operation == ALL_GATHER else 0.5), NETWORK
        table = {op.name: op for op in operation_table(self.deployment, batch)}
        work = table[name].times_s(self.deployment, sustained=True)
        if operation == PREFILL_ATTENTION and context == 0:
            work[Resource.COMPUTE] = 0.0
        return part * max(work.values()) / self.deployment.model.num_layers + self.overhead_s
