"""FLOP, bytes of memory and bytes of network of the operations of one iteration.

The formulas are those of NanoFlow (arXiv 2408.12757, section 3 and table 2), summed over the GPUs of the
tensor-parallel group and over all layers; activations are counted once for the group.  For mixtures of
experts (FFN tensor-parallel, not expert-parallel) they are ours.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from llmserve.batch import BatchComposition
from llmserve.deployment import Deployment


class Resource(enum.StrEnum):
    """What an operation is bound by."""

    COMPUTE = "compute"
    MEMORY = "memory"
    NETWORK = "network"


@dataclass(frozen=True, slots=True)
class OperationCost:
    """Work of one operation in one iteration, all layers and GPUs together.

    ``times`` and ``bound`` compare the work with the rates of a deployment by data sheet.
    """

    name: str
    flop: float
    memory_bytes: float
    network_bytes: float = 0.0

    def times_s(self, deployment: Deployment, *, sustained: bool = False) -> dict[Resource, float]:
        """Seconds that the work takes on each resource alone, at data-sheet (or ``sustained``) rates."""
        gpu, n = deployment.accelerator, deployment.gpus
        flop_per_s = gpu.best_flop_per_s if sustained else gpu.compute_flop_per_s
        bytes_per_s = gpu.best_memory_bytes_per_s if sustained else gpu.memory_bytes_per_s
        link_per_s = gpu.best_one_way_bytes_per_s if sustained else gpu.one_way_bytes_per_s
        return {
            Resource.COMPUTE: self.flop / (n * flop_per_s),
            Resource.MEMORY: self.memory_bytes / (n * bytes_per_s),
            Resource.NETWORK: self.network_bytes / (n * link_per_s),
        }

    def bound(self, deployment: Deployment) -> Resource:
        """The resource on which the work takes longest."""
        times = self.times_s(deployment)
        return max(times, key=times.__getitem__)


KQV, O_PROJECTION, UP_GATE, DOWN = "KQV", "O", "UG", "D"
DECODE_ATTENTION, PREFILL_ATTENTION, NETWORK, HEAD = "decode attention", "prefill attention", "network", "head"
ROUTER = "router"

DENSE_OPERATIONS = (KQV, O_PROJECTION, UP_GATE, DOWN)
"""The matrix products that all tokens of a batch go through."""


def operation_table(
    deployment: Deployment, batch: BatchComposition, *, head: bool = False
) -> tuple[OperationCost, ...]:
    """The operations of one iteration on ``batch``: KQV, O, UG, D, both attentions, network; the head on demand.

    Models with experts have a ``router`` besides.
    """
    m, n = deployment.model, deployment.gpus
    b, s, layers = batch.dense_tokens, m.bytes_per_value, m.num_layers
    d, q, k, i = m.hidden_size, m.query_size, m.kv_size, m.intermediate_size

    def gemm(name: str, rows: int, columns: int) -> OperationCost:
        return OperationCost(
            name, 2 * b * rows * columns * layers, s * layers * (rows * columns + b * (rows + columns))
        )

    def experts(name: str, rows: int, columns: int) -> OperationCost:
        visits = b * m.experts_per_token
        weights = rows * columns * touched_experts(m.num_experts, m.experts_per_token, b)
        return OperationCost(
            name, 2 * visits * rows * columns * layers, s * layers * (weights + visits * (rows + columns))
        )

    ffn: Callable[[str, int, int], OperationCost] = experts if m.num_experts > 1 else gemm
    transfers = 4 * (n - 1) * b * d * s * layers
    table = [
        gemm(KQV, q + 2 * k, d),
        gemm(O_PROJECTION, d, q),
        ffn(UP_GATE, 2 * i, d),
        ffn(DOWN, d, i),
        OperationCost(
            DECODE_ATTENTION,
            4 * q * batch.decode_context_tokens * layers,
            s * layers * (2 * k * batch.decode_context_tokens + 2 * q * batch.decode_tokens),
        ),
        OperationCost(
            PREFILL_ATTENTION,
            4 * q * batch.prefill_pairs * layers,
            s * layers * batch.prefill_tokens * (2 * q + 2 * k),
        ),
        OperationCost(NETWORK, 2 * (n - 1) * b * d * layers, transfers, transfers),
    ]
    if m.num_experts > 1:
        table.append(gemm(ROUTER, m.num_experts, d))
    if head:
        rows = batch.head_tokens
        table.append(
            OperationCost(HEAD, 2 * rows * d * m.vocab_size, s * (d * m.vocab_size + rows * (d + m.vocab_size)))
        )
    return tuple(table)


def touched_experts(num_experts: int, experts_per_token: int, tokens: float) -> float:
    """Mean number of experts that at least one of ``tokens`` tokens visits under even, independent routing."""
    if num_experts == 1:
        return 1.0
    return num_experts * (1 - (1 - experts_per_token / num_experts) ** tokens)
