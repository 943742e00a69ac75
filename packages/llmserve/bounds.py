"""What limits a deployment as a whole: the optimum, the ratios that decide what it is bound by, the largest batch.

Formulas of NanoFlow (arXiv 2408.12757), section 3; the maximum batch is our reconstruction of its supplement, which
reproduces all thirty cells of its figure 3.  Rates are those of the data sheet unless said otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass

from llmserve.accelerator import Accelerator
from llmserve.deployment import Deployment
from llmserve.model_config import ModelConfig
from schedcore.errors import InputError


def optimal_tokens_per_s(flop_per_s: float, params: float) -> float:
    """Total tokens (prompt and output) per second if compute never idles: ``flop_per_s / (2 params)``."""
    if not (flop_per_s > 0 and params > 0):
        raise InputError(
            f"{flop_per_s} FLOP/s and {params} parameters", where="optimum", remedy="give positive numbers"
        )
    return flop_per_s / (2 * params)


def optimal_per_gpu(deployment: Deployment) -> float:
    """Optimal tokens per second and GPU at the sustained rate of the accelerator."""
    return optimal_tokens_per_s(deployment.accelerator.best_flop_per_s, deployment.model.bound_params)


def network_over_compute(model: ModelConfig, accelerator: Accelerator, gpus: int) -> float:
    """Network time over compute time of an iteration; above 1 the deployment is network bound.

    Four activation-sized transfers per layer at one-way bandwidth, each over ``gpus - 1`` of ``gpus`` GPUs.  (The
    paper prints ``gpus`` instead, but its figure 2 and table 2 use this.)
    """
    network_s = (
        4
        * (gpus - 1)
        * model.hidden_size
        * model.bytes_per_value
        * model.num_layers
        / (gpus * accelerator.one_way_bytes_per_s)
    )
    compute_s = 2 * model.bound_params / (gpus * accelerator.compute_flop_per_s)
    return network_s / compute_s


@dataclass(frozen=True, slots=True)
class MaximumBatch:
    """The largest batch whose keys and values fit.

    ``requests`` generate at the same time; ``dense_tokens`` are theirs and the prefill tokens that come with them.
    """

    requests: float
    dense_tokens: float


def maximum_batch(
    model: ModelConfig,
    memory_bytes: float,
    prompt_tokens: float,
    output_tokens: float,
    *,
    weight_bytes: float | None = None,
) -> MaximumBatch:
    """The largest batch beside the weights, for requests of mean lengths with the mean context ``p + d / 2``.

    ``weight_bytes`` is by default that of the (nominal) active parameters, as the paper takes it even for Mixtral,
    whose weights are far larger.

    Raises
    ------
    InputError
        No output, lengths that are not positive, or weights that do not fit.
    """
    if not (prompt_tokens > 0 and output_tokens > 0):
        raise InputError(
            f"lengths {prompt_tokens}/{output_tokens}", where="workload", remedy="give positive mean lengths"
        )
    weights = model.bytes_per_value * model.bound_params if weight_bytes is None else weight_bytes
    if weights >= memory_bytes:
        raise InputError(
            f"weights of {weights / 1e9:.1f} GB in {memory_bytes / 1e9:.1f} GB",
            where="maximum batch",
            remedy="take more or larger GPUs",
        )
    requests = (memory_bytes - weights) / (model.kv_bytes_per_token * (prompt_tokens + output_tokens / 2))
    return MaximumBatch(requests, requests * (prompt_tokens + output_tokens) / output_tokens)


def memory_over_compute(
    model: ModelConfig, accelerator: Accelerator, gpus: int, prompt_tokens: float, output_tokens: float
) -> float:
    """Memory time over compute time at the maximum batch (T_R of the paper); below 1 it is compute bound.

    The memory time is one sweep over the whole memory.
    """
    memory = gpus * accelerator.memory_bytes
    batch = maximum_batch(model, memory, prompt_tokens, output_tokens)
    memory_s = memory / (gpus * accelerator.memory_bytes_per_s)
    compute_s = 2 * batch.dense_tokens * model.bound_params / (gpus * accelerator.compute_flop_per_s)
    return memory_s / compute_s


def bottleneck(deployment: Deployment, prompt_tokens: float, output_tokens: float) -> str:
    """What the deployment is bound by as a whole: ``compute``, ``memory`` or ``network``."""
    model, gpu = deployment.model, deployment.accelerator
    ratios = {
        "compute": 1.0,
        "memory": memory_over_compute(model, gpu, deployment.gpus, prompt_tokens, output_tokens),
        "network": network_over_compute(model, gpu, deployment.gpus),
    }
    return max(ratios, key=ratios.__getitem__)
