"""Throughput of the modes that the paper compares: sequential, nano-batches only, overlap, overlap with offload."""

from __future__ import annotations

from dataclasses import dataclass

from llmserve.deployment import Deployment

COPY_BLOCKS = 2
"""Thread blocks of each of the two copy kernels (device to host, host to device), as in the released code."""

BLOCKS = 108
"""Thread blocks that fill an A100: one per streaming multiprocessor."""


@dataclass(frozen=True, slots=True)
class Offload:
    """What writing all new keys and values to the host costs.

    Two copy kernels hold ``COPY_BLOCKS`` blocks each for as long as a layer's feed-forward part runs in one direction
    and while the link is busy in the other; what they hold, GEMMs lack.  The gathered and scattered bytes also pass
    the memory four times.
    """

    deployment: Deployment
    host_bytes_per_s_per_gpu: float = 20e9

    def slowdown(self, dense_tokens: float, iteration_s: float) -> float:
        """Part of an iteration without offload that offload adds."""
        gpus = self.deployment.gpus
        moved = dense_tokens * self.deployment.model.kv_bytes_per_token / gpus
        busy = min(1.0, moved / self.host_bytes_per_s_per_gpu / iteration_s)
        held = COPY_BLOCKS / BLOCKS * (1.0 + busy)
        memory_s = 4 * moved / self.deployment.accelerator.best_memory_bytes_per_s
        return held + memory_s / iteration_s


def tokens_per_s_per_gpu(dense_tokens: float, layer_s: float, layers: int, other_s: float, gpus: int) -> float:
    """Throughput of iterations of ``layers`` layers."""
    return dense_tokens / (layer_s * layers + other_s) / gpus
