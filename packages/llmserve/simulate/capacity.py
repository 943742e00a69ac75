"""Capacity search: the highest rate within a limit, the best mode and dense budget for a workload, what tokens cost."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llmserve.deployment import Deployment
from llmserve.simulate.metrics import Slo, normalised_latency_s, throughput
from llmserve.simulate.result import SimulationResult
from llmserve.simulate.setup import Setup, make_setup
from llmserve.simulate.simulator import simulate
from llmserve.workload import Arrivals, Workload, make_workload
from schedcore.errors import InputError

SimulateAtRate = Callable[[float], SimulationResult]


@dataclass(frozen=True, slots=True)
class Limit:
    """When a rate is sustained: mean normalised latency at most ``normalised_latency_s`` (NanoFlow, figure 8), and at
    least ``attainment`` of the requests within ``slo``; ``None``: not asked."""

    normalised_latency_s: float | None = 0.2
    slo: Slo | None = None
    attainment: float = 0.99

    def __post_init__(self) -> None:
        value = self.normalised_latency_s
        if value is not None and not (math.isfinite(value) and value > 0):
            raise InputError(f"normalised latency {value}", where="limit", remedy="give positive seconds per token")
        if value is None and self.slo is None:
            raise InputError("no limit", where="limit", remedy="limit the latency, or give an SLO")
        if not 0 < self.attainment <= 1:
            raise InputError(f"attainment {self.attainment}", where="limit", remedy="use a share above 0, at most 1")

    def kept(self, result: SimulationResult) -> bool:
        """Whether all requests were finished, within the limits."""
        if len(result.finished) < len(result.workload):
            return False
        if self.normalised_latency_s is not None and normalised_latency_s(result).mean() > self.normalised_latency_s:
            return False
        return self.slo is None or float(self.slo.met(result).mean()) >= self.attainment


def highest_rate(
    at_rate: SimulateAtRate,
    limit: Limit,
    guess_per_s: float,
    *,
    tolerance: float = 0.02,
    lowest: float = 0.05,
    highest: float = 8.0,
) -> float:
    """The highest rate that keeps ``limit``, by bisection in the logarithm to ``tolerance`` (relative); 0 if none does.

    ``guess_per_s`` is where the search begins; rates from ``lowest`` to ``highest`` times the guess are considered.
    Simulations should share their randomness, so that the outcome hardly ever changes back with a growing rate.  What
    is found for a finite time of arrivals may not last: give ``highest`` so that the rate stays below saturation.
    """
    if not (math.isfinite(guess_per_s) and guess_per_s > 0):
        raise InputError(f"rate {guess_per_s}", where="capacity search", remedy="give a positive guess")
    low, high = 0.0, math.inf
    rate = guess_per_s
    while not low or math.isinf(high):
        if limit.kept(at_rate(rate)):
            low = rate
            if rate >= highest * guess_per_s:
                return low
            rate = min(rate * 1.4, highest * guess_per_s) if math.isinf(high) else rate
        else:
            high = rate
            if rate <= lowest * guess_per_s:
                return 0.0
            rate = max(rate / 1.4, lowest * guess_per_s) if not low else rate
    while high / low > 1 + tolerance:
        middle = math.sqrt(low * high)
        if limit.kept(at_rate(middle)):
            low = middle
        else:
            high = middle
    return low


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a deployment sustains in one configuration.

    ``rate_per_s`` is 0 where the limit is never kept.  ``usd_per_million_tokens`` is for prompt and answer tokens
    together at that rate, ``None`` without a price or rate.
    """

    mode: str
    token_budget: int
    rate_per_s: float
    tokens_per_s_per_gpu: float
    usd_per_million_tokens: float | None

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {name: getattr(self, name) for name in self.__slots__}


def rate_simulation(
    deployment: Deployment,
    workload_name: str,
    *,
    duration_s: float,
    seed: int,
    data_dirs: Sequence[Any] = (),
    **setup: Any,
) -> SimulateAtRate:
    """Simulations by rate on common random numbers; ``setup`` goes to ``make_setup``."""

    def at_rate(rate_per_s: float) -> SimulationResult:
        arrivals = Arrivals("poisson", rate_per_s)
        workload = make_workload(
            workload_name, duration_s=duration_s, arrivals=arrivals, seed=seed, data_dirs=tuple(data_dirs)
        )
        return simulate(workload, **make_setup(deployment, workload, **setup).arguments())

    return at_rate


def saturation_rate(setup: Setup, workload: Workload) -> float:
    """Requests per second that the iteration model allows at a full steady batch, without queueing effects."""
    from llmserve.simulate.setup import full_batch

    batch = full_batch(setup.policy.token_budget, workload, setup.deployment.kv_capacity_tokens)
    tokens_per_s = batch.dense_tokens / setup.time.seconds(batch)
    return tokens_per_s / (workload.mean_prompt_tokens + workload.mean_output_tokens)


def capacity_search(
    deployment: Deployment,
    workload_name: str,
    *,
    modes: Sequence[str] = ("sequential", "overlap"),
    budgets: Sequence[int] = (768, 1024, 2048),
    limit: Limit | None = None,
    duration_s: float = 300.0,
    usd_per_gpu_hour: float | None = None,
    seed: int = 0,
    tolerance: float = 0.02,
    progress: Callable[[int, int, str], None] | None = None,
    data_dirs: Sequence[Any] = (),
    **setup: Any,
) -> Iterator[Capacity]:
    """The capacity of every mode and budget; the best is that with the highest rate.

    Parameters
    ----------
    limit
        Default: a mean normalised latency of 0.2 s per token.
    duration_s
        Seconds of arrivals per simulation.
    usd_per_gpu_hour
        Price for the cost of tokens.
    setup
        Further arguments of :func:`~llmserve.simulate.setup.make_setup`.
    """
    limit = limit or Limit()
    if usd_per_gpu_hour is not None and not (math.isfinite(usd_per_gpu_hour) and usd_per_gpu_hour > 0):
        raise InputError(f"price {usd_per_gpu_hour}", where="capacity search", remedy="give a positive price")
    sample = make_workload(workload_name, requests=2000, seed=seed, data_dirs=tuple(data_dirs))
    total = len(modes) * len(budgets)
    for number, (mode, budget) in enumerate((m, b) for m in modes for b in budgets):
        if progress is not None:
            progress(number, total, f"{mode}, budget {budget}")
        made = make_setup(deployment, sample, mode=mode, token_budget=budget, **setup)
        at_rate = rate_simulation(
            deployment,
            workload_name,
            duration_s=duration_s,
            seed=seed,
            data_dirs=data_dirs,
            mode=mode,
            token_budget=budget,
            **setup,
        )
        # A burst above saturation may keep the limit for a while; it is no capacity.
        rate = highest_rate(at_rate, limit, saturation_rate(made, sample), tolerance=tolerance, highest=1.0)
        tokens = rate * (sample.mean_prompt_tokens + sample.mean_output_tokens)
        cost = None
        if usd_per_gpu_hour is not None and rate:
            cost = usd_per_gpu_hour * deployment.gpus / 3600 / tokens * 1e6
        yield Capacity(mode, budget, rate, tokens / deployment.gpus, cost)


def offline_tokens_per_s(result: SimulationResult) -> float:
    """Throughput of the middle of a simulation, where it neither fills nor drains, tokens/s of the deployment."""
    iterations = result.num_iterations
    return throughput(result, int(0.4 * iterations), max(int(0.7 * iterations), int(0.4 * iterations) + 1)).tokens_per_s


def latency_curve(at_rate: SimulateAtRate, rates: Sequence[float]) -> list[tuple[float, float, float]]:
    """``(rate, mean, 99th percentile)`` of the normalised latency in seconds per token."""
    curve = []
    for rate in rates:
        latency = normalised_latency_s(at_rate(rate))
        curve.append((rate, float(latency.mean()), float(np.percentile(latency, 99))))
    return curve
