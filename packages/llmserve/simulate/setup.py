"""A deployment made ready for simulation: iteration times, KV memory, batch policy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from llmserve.batch import BatchComposition
from llmserve.bounds import maximum_batch
from llmserve.deployment import Deployment
from llmserve.interference.table import PAPER, REPOSITORY, Interference, Stream
from llmserve.profile import published_profile
from llmserve.profile.roofline_times import RooflineTimes
from llmserve.serving.kv import KVConfig
from llmserve.serving.policy import BatchPolicy, batch_policy
from llmserve.simulate.pipeline_time import Mode, PipelineTime, layer_table, paper_table
from llmserve.simulate.times import TransferRates
from llmserve.workload import Workload
from schedcore.errors import InputError, unknown_name

OTHER_SHARE = 19.2 / 225.05
"""Time of an iteration outside the tabulated operations over those operations run one after another: 19.2 ms of
NanoFlow's figure 9 over the sum of its table 2.  Assumed for deployments where nobody measured it."""

OFFLOAD_BLOCKS = 2 / 108
"""Share of an A100 that the kernels get which move keys and values to a staging buffer (NanoFlow's code: 2 blocks)."""


@dataclass(frozen=True, slots=True)
class Fit:
    """Parameters of a deployment that was compared with published throughput.

    ``other_s`` is fitted; the shares of decode attention and collectives are a choice, and belong to it.
    """

    other_s: float
    gemv_share: float
    network_share: float
    interference: Interference


FITS = {"llama-2-70b@8xa100": Fit(0.0300, 0.2, 0.1, PAPER)}
"""With it the simulated throughput on 512/1024 is that of NanoFlow's figure 7; the suite ``simulator`` fits it anew."""

MAX_BUDGET = 2048
"""Largest default budget (NanoFlow's for 70B models)."""

MIN_GAIN = 1.02
"""Predicted speed-up below which ``auto`` runs operations one after another."""

SLACK = 1.1
"""A kernel must fit beside the others with this much to spare."""

MODES = ("auto", *(str(mode) for mode in Mode))

SHARES = tuple(round(0.05 * k, 2) for k in range(1, 20))


@dataclass(frozen=True)
class Setup:
    """What :func:`~llmserve.simulate.simulator.simulate` needs besides the workload."""

    deployment: Deployment
    time: PipelineTime
    policy: BatchPolicy
    kv: KVConfig
    transfers: TransferRates
    cpu_s: float = 0.0

    def arguments(self) -> dict[str, Any]:
        """Keyword arguments of ``simulate``."""
        return {
            "policy": self.policy,
            "kv": self.kv,
            "model": self.time,
            "transfers": self.transfers,
            "cpu_s": self.cpu_s,
        }


def base_time(deployment: Deployment) -> PipelineTime:
    """Sequential iteration times: from published measurements where there are any, else by the roofline."""
    model = deployment.model
    layers = model.num_layers
    rate = deployment.gpus * deployment.accelerator.best_flop_per_s
    pair_s = 4 * model.query_size / rate
    profile = published_profile(deployment)
    if profile is not None and deployment.gpus == 8:
        table = paper_table()
    else:
        table = layer_table(profile or RooflineTimes(deployment), gpus=deployment.gpus, prefill_pair_s=pair_s)
    kv_bytes = model.kv_bytes_per_token / deployment.gpus
    staging_s = 2 * kv_bytes / (OFFLOAD_BLOCKS * deployment.accelerator.memory_bytes_per_s)
    return PipelineTime(table, layers, Mode.SEQUENTIAL, offload_token_s=staging_s, deployment=deployment)


def overlapped_time(time: PipelineTime, table: Interference, gemv_share: float, network_share: float) -> PipelineTime:
    """``time`` with decode attention and collectives hidden behind the rest with these shares."""
    return time.replace(
        mode=Mode.OVERLAP,
        gemv_cost=table.exchange(Stream.GEMV, gemv_share),
        network_cost=table.exchange(Stream.NETWORK, network_share),
        gemv_speed=table.speed(Stream.GEMV, gemv_share),
        network_speed=table.speed(Stream.NETWORK, network_share),
    )


def best_shares(time: PipelineTime, batch: BatchComposition, interference: Interference) -> tuple[float, float]:
    """Shares R of decode attention and of collectives with the shortest iteration on ``batch``.

    A kernel that keeps P(R) of its speed runs t / P; it must fit beside the rest of the layer, which bounds R from
    below, and a smaller R costs less (NanoFlow, section 4.1).  Tried: multiples of 0.05.
    """
    gemm, prompt, attention, network = (
        float(part[0])
        for part in time.replace(mode=Mode.OVERLAP).layer_parts(
            *(
                np.array([value], dtype=np.float64)
                for value in (
                    batch.decode_tokens,
                    batch.prefill_tokens,
                    batch.decode_context_tokens,
                    batch.prefill_pairs,
                )
            )
        )
    )
    best = (float("inf"), SHARES[-1], SHARES[-1])
    for gemv in SHARES:
        for link in SHARES if network else SHARES[:1]:
            lost = attention * interference.exchange(Stream.GEMV, gemv)
            lost += network * interference.exchange(Stream.NETWORK, link) if network else 0.0
            beside = max(
                attention / interference.speed(Stream.GEMV, gemv),
                network / interference.speed(Stream.NETWORK, link) if network else 0.0,
            )
            # Contexts vary from iteration to iteration, so a share that only just suffices does not.
            layer = max(gemm + prompt + lost, SLACK * beside)
            if gemv + link < 1 and layer < best[0] - 1e-12:
                best = (layer, gemv, link)
    return best[1], best[2]


def make_setup(
    deployment: Deployment,
    workload: Workload,
    *,
    policy: str = "nanoflow",
    mode: str = "auto",
    token_budget: int | None = None,
    max_requests: int | None = None,
    interference: Interference | None = None,
    other_s: float | None = None,
    pad: bool | None = None,
    cpu_s: float = 0.0,
    page_tokens: int = 16,
    swap_gb: float = 64.0,
    host_gb: float = 0.0,
    disk_gb: float = 0.0,
    reuse: bool = False,
) -> Setup:
    """Everything about ``deployment`` for simulating ``workload`` on it.

    Parameters
    ----------
    policy, token_budget, max_requests
        See :func:`llmserve.serving.policy.batch_policy`.
    mode
        One of :data:`MODES`; ``auto``: overlap if it is predicted to gain at least :data:`MIN_GAIN` on full batches, in
        those iterations that are faster so; other policies
        than ``nanoflow`` run operations one after another.
    interference
        R -> P table for the overlapped modes; ``None``: that of the :class:`Fit` of the deployment, else the one that
        NanoFlow's released search reads.
    other_s
        Seconds per iteration outside the tabulated operations; ``None``: that of the :class:`Fit`, else
        :data:`OTHER_SHARE` of the operations run one after another on a full mean batch.
    pad
        Whether a smaller batch takes as long as a full one in dense operations; ``None``: as NanoFlow, where a pipeline
        is built for one size, so in the overlapped modes.
    cpu_s
        Seconds to form an iteration on the CPU.
    page_tokens, swap_gb, host_gb, disk_gb, reuse
        KV memory beside that of the GPUs; see :class:`~llmserve.serving.kv.KVConfig`.

    Raises
    ------
    InputError
        A deployment without room for KV pages, or values out of range.
    UnknownNameError
        Unknown policy or mode.
    """
    if mode not in MODES:
        raise unknown_name("mode", mode, MODES, where="mode")
    chosen = batch_policy(
        policy,
        mean_prompt_tokens=workload.mean_prompt_tokens,
        mean_output_tokens=workload.mean_output_tokens,
        token_budget=token_budget,
        max_requests=max_requests,
    )
    capacity = deployment.kv_capacity_tokens
    if capacity < page_tokens:
        raise InputError(
            f"room for {capacity} tokens beside the weights",
            where=f"deployment {deployment.name!r}",
            remedy="take more or larger GPUs",
        )
    if policy == "nanoflow" and token_budget is None:
        chosen = chosen.replace(token_budget=default_budget(deployment, workload))
    batch = full_batch(chosen.token_budget, workload, capacity)
    time = base_time(deployment)
    fit = FITS.get(deployment.name)
    if other_s is None:
        other_s = fit.other_s if fit is not None else OTHER_SHARE * time.seconds(batch)
    time = time.replace(other_s=other_s)
    table = interference or (fit.interference if fit is not None else REPOSITORY)
    if fit is not None and interference is None:
        shares = (fit.gemv_share, fit.network_share)
    else:
        shares = best_shares(time, batch, table)
    overlap = overlapped_time(time, table, *shares)
    if mode == "auto":
        gain = time.seconds(batch) / overlap.seconds(batch)
        picked = Mode.OVERLAP if policy == "nanoflow" and gain >= MIN_GAIN else Mode.SEQUENTIAL
    else:
        picked = Mode(mode)
    overlapped = picked in (Mode.OVERLAP, Mode.OFFLOAD)
    padded = overlapped if pad is None else pad
    page_bytes = page_tokens * deployment.model.kv_bytes_per_token
    return Setup(
        deployment,
        overlap.replace(mode=picked, pad_to=chosen.token_budget if padded else 0, fallback=mode == "auto"),
        chosen,
        KVConfig(
            capacity // page_tokens,
            page_tokens,
            swap_pages=_pages(swap_gb, page_bytes, "swap memory"),
            host_pages=_pages(host_gb, page_bytes, "host memory"),
            disk_pages=_pages(disk_gb, page_bytes, "disk"),
            reuse=reuse,
        ),
        TransferRates(page_bytes, deployment.gpus * 20e9, 3e9, write_through=picked is Mode.OFFLOAD),
        cpu_s,
    )


def default_budget(deployment: Deployment, workload: Workload) -> int:
    """The largest batch whose contexts fit in memory, a multiple of 128, at most :data:`MAX_BUDGET`."""
    largest = maximum_batch(
        deployment.model,
        deployment.memory_bytes,
        workload.mean_prompt_tokens,
        workload.mean_output_tokens,
        weight_bytes=deployment.model.weight_bytes,
    )
    return max(128, min(MAX_BUDGET, int(largest.dense_tokens) // 128 * 128))


def full_batch(token_budget: int, workload: Workload, capacity_tokens: int) -> BatchComposition:
    """The mean iteration of a full budget in equilibrium, decode requests bounded by the memory for their contexts.

    A request decodes once per answer token, so long answers weigh more: the mean context of decode requests is
    E[d (p + (d + 1) / 2)] / E[d], and a prompt token attends to (E[p^2] / E[p] + 1) / 2 tokens.
    """
    prompt, output = (a.astype(np.float64) for a in (workload.prompt_tokens, workload.output_tokens))
    context = float((output * (prompt + (output + 1) / 2)).mean() / output.mean())
    decode = token_budget * output.mean() / (prompt.mean() + output.mean())
    decode = min(decode, capacity_tokens / context)
    prefill = decode * prompt.mean() / output.mean()
    pairs = prefill * float((prompt**2).mean() / prompt.mean() + 1) / 2
    return BatchComposition(decode, prefill, decode * context, pairs, decode + prefill / prompt.mean())


def _pages(gigabytes: float, page_bytes: float, what: str) -> int:
    if not 0 <= gigabytes < 1e9:
        raise InputError(f"{gigabytes} GB", where=what, remedy="give a number of gigabytes >= 0")
    return int(gigabytes * 1e9 // page_bytes)
