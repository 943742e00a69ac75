"""Where the time of an iteration goes: operations beside the resources that bind them, as text, data and picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmserve.batch import BatchComposition, steady_batch
from llmserve.bounds import (
    bottleneck,
    maximum_batch,
    memory_over_compute,
    network_over_compute,
    optimal_per_gpu,
)
from llmserve.cost import OperationCost, Resource, operation_table
from llmserve.deployment import Deployment

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Roofline:
    """The cost of one steady iteration of a deployment.

    ``times_s`` has for every operation its time on each resource alone, at sustained rates.
    """

    deployment: Deployment
    workload: str
    prompt_tokens: float
    output_tokens: float
    batch: BatchComposition
    operations: tuple[OperationCost, ...]

    @property
    def times_s(self) -> tuple[dict[Resource, float], ...]:
        """Seconds per operation and resource."""
        return tuple(op.times_s(self.deployment, sustained=True) for op in self.operations)

    @property
    def sequential_s(self) -> float:
        """All operations one after another, each as long as the resource that binds it."""
        return sum(max(times.values()) for times in self.times_s)

    @property
    def overlapped_s(self) -> float:
        """The busiest resource alone: what perfect overlap would take."""
        return max(sum(times[r] for times in self.times_s) for r in Resource)

    def as_dict(self) -> dict[str, Any]:
        """All figures as plain data."""
        d, model = self.deployment, self.deployment.model
        p, o = self.prompt_tokens, self.output_tokens
        data: dict[str, Any] = {
            "deployment": d.name,
            "workload": self.workload,
            "dense_tokens": self.batch.dense_tokens,
            "decode_tokens": self.batch.decode_tokens,
            "parameters": model.total_params,
            "weights_gb": model.weight_bytes / 1e9,
            "kv_bytes_per_token": model.kv_bytes_per_token,
            "kv_capacity_tokens": d.kv_capacity_tokens,
            "operations": [
                {
                    "name": op.name,
                    "gflop": op.flop / 1e9,
                    "memory_gb": op.memory_bytes / 1e9,
                    "network_gb": op.network_bytes / 1e9,
                    **{f"{r}_ms": 1e3 * t for r, t in times.items()},
                    "bound": str(max(times, key=times.__getitem__)),
                }
                for op, times in zip(self.operations, self.times_s, strict=True)
            ],
            "sequential_ms": 1e3 * self.sequential_s,
            "perfect_overlap_ms": 1e3 * self.overlapped_s,
            "sequential_tokens_per_s_per_gpu": self.batch.dense_tokens / self.sequential_s / d.gpus,
            "perfect_overlap_tokens_per_s_per_gpu": self.batch.dense_tokens / self.overlapped_s / d.gpus,
            "optimal_tokens_per_s_per_gpu": optimal_per_gpu(d),
            "network_over_compute": network_over_compute(model, d.accelerator, d.gpus),
        }
        if o > 0:
            most = maximum_batch(model, d.memory_bytes, p, o, weight_bytes=model.weight_bytes)
            data |= {
                "maximum_requests": most.requests,
                "maximum_dense_tokens": most.dense_tokens,
                "memory_over_compute": memory_over_compute(model, d.accelerator, d.gpus, p, o),
                "bottleneck": bottleneck(d, p, o),
            }
        return data

    def to_text(self) -> str:
        """The figures for people."""
        data = self.as_dict()
        lines = [
            f"{data['deployment']}, workload {self.workload} "
            f"({data['dense_tokens']:.0f} tokens per iteration, {data['decode_tokens']:.0f} of them decode)",
            "",
            f"  {'operation':<18}{'GFLOP':>12}{'memory GB':>11}{'net GB':>9}"
            f"{'compute ms':>12}{'memory ms':>11}{'network ms':>12}  bound by",
        ]
        for op in data["operations"]:
            lines.append(
                f"  {op['name']:<18}{op['gflop']:>12,.1f}{op['memory_gb']:>11.1f}{op['network_gb']:>9.1f}"
                f"{op['compute_ms']:>12.2f}{op['memory_ms']:>11.2f}{op['network_ms']:>12.2f}  {op['bound']}"
            )
        lines += [
            "",
            f"  sequential        {data['sequential_ms']:8.2f} ms   "
            f"{data['sequential_tokens_per_s_per_gpu']:10,.0f} tok/s/GPU",
            f"  perfect overlap   {data['perfect_overlap_ms']:8.2f} ms   "
            f"{data['perfect_overlap_tokens_per_s_per_gpu']:10,.0f} tok/s/GPU",
            f"  optimum C / 2P    {'':8}      {data['optimal_tokens_per_s_per_gpu']:10,.0f} tok/s/GPU",
            f"  weights {data['weights_gb']:.1f} GB, KV {data['kv_bytes_per_token']:,} bytes per token, "
            f"room for {data['kv_capacity_tokens']:,} tokens",
        ]
        if "bottleneck" in data:
            lines.append(
                f"  at most {data['maximum_dense_tokens']:,.0f} tokens, {data['maximum_requests']:,.0f} requests; "
                f"memory / compute {data['memory_over_compute']:.2f}, network / compute "
                f"{data['network_over_compute']:.2f}: bound by {data['bottleneck']} as a whole"
            )
        return "\n".join(lines)

    def figure(self) -> Figure:
        """The roofline with every operation on it, and the times of the operations by resource."""
        from llmserve.roofline_plot import roofline_figure

        return roofline_figure(self)

    def plot(self, path: Path) -> None:
        """Draw to ``path`` (.png or .svg)."""
        from schedcore.plot import save

        save(self.figure(), path)


def roofline(
    deployment: Deployment, workload: str, prompt_tokens: float, output_tokens: float, dense_tokens: float
) -> Roofline:
    """The roofline of a steady iteration with ``dense_tokens`` tokens."""
    batch = steady_batch(dense_tokens, prompt_tokens, output_tokens)
    return Roofline(
        deployment,
        workload,
        prompt_tokens,
        output_tokens,
        batch,
        operation_table(deployment, batch, head=True),
    )
