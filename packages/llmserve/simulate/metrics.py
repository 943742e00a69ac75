"""Figures of a simulation, as formulas.

For a request with arrival a, first token at f, last token at e, and d answer tokens:

    time to first token          TTFT = f - a
    time per output token        TPOT = (e - f) / (d - 1)        only where d > 1
    normalised latency           NL   = (e - a) / d              (NanoFlow, section 6; also Orca and vLLM)

For a window from the end of iteration i to the end of iteration j:

    total throughput             (prompt + answer tokens computed in iterations i + 1 ... j) / time
    retired throughput           (requests finished there) * (mean prompt + mean answer of the workload) / time
    goodput                      requests that meet all limits of an SLO / makespan

Computed tokens count one token per decode request and iteration, as the paper's do; the token that asynchronous
scheduling wastes on a request that has ended makes up for the one that the last answer token never needs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from llmserve.simulate.result import SimulationResult
from llmserve.simulate.times import NS_PER_S
from schedcore.errors import InputError

Floats = NDArray[np.float64]


def ttft_s(result: SimulationResult) -> Floats:
    """Times to the first token of the finished requests, seconds."""
    done = result.finished
    return (result.first_token_ns(done) - result.arrival_ns[done]) / NS_PER_S


def tpot_s(result: SimulationResult) -> Floats:
    """Times per output token of the finished requests, seconds; NaN for answers of one token."""
    done = result.finished
    tokens = result.workload.output_tokens[done] - 1
    span = (result.finish_ns(done) - result.first_token_ns(done)) / NS_PER_S
    return np.divide(span, tokens, out=np.full(len(done), math.nan), where=tokens > 0)


def normalised_latency_s(result: SimulationResult) -> Floats:
    """Latencies per answer token of the finished requests, seconds."""
    done = result.finished
    latency = (result.finish_ns(done) - result.arrival_ns[done]) / NS_PER_S
    return np.asarray(latency / result.workload.output_tokens[done])


@dataclass(frozen=True, slots=True)
class Slo:
    """Limits that a good request keeps, seconds; ``None``: no limit."""

    ttft_s: float | None = None
    tpot_s: float | None = None
    normalised_latency_s: float | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if value is not None and not (math.isfinite(value) and value > 0):
                raise InputError(f"{name} is {value}", where="SLO", remedy="give positive seconds")

    def met(self, result: SimulationResult) -> NDArray[np.bool_]:
        """Which of the finished requests keep all limits."""
        good = np.ones(len(result.finished), dtype=bool)
        if self.ttft_s is not None:
            good &= ttft_s(result) <= self.ttft_s
        if self.tpot_s is not None:
            times = tpot_s(result)
            good &= np.isnan(times) | (times <= self.tpot_s)
        if self.normalised_latency_s is not None:
            good &= normalised_latency_s(result) <= self.normalised_latency_s
        return good


def goodput_per_s(result: SimulationResult, slo: Slo) -> float:
    """Requests per second that keep ``slo``, over the whole simulation."""
    return float(slo.met(result).sum()) / result.makespan_s if result.num_iterations else 0.0


@dataclass(frozen=True, slots=True)
class Throughput:
    """Throughput of a window, of the whole deployment (divide by the number of GPUs for the paper's figures)."""

    tokens_per_s: float
    retired_tokens_per_s: float
    requests_per_s: float
    window_s: float


def throughput(result: SimulationResult, first: int = 0, last: int | None = None) -> Throughput:
    """Throughput of the iterations ``first`` to ``last`` (exclusive; ``None``: to the end).

    Raises
    ------
    InputError
        There are no such iterations.
    """
    stop = result.num_iterations if last is None else min(last, result.num_iterations)
    if not 0 <= first < stop:
        raise InputError(
            f"iterations {first} to {stop} of {result.num_iterations}",
            where="throughput",
            remedy="simulate more iterations or requests, or take an earlier window",
        )
    begin = int(result.end_ns[first - 1]) if first else 0
    window = (int(result.end_ns[stop - 1]) - begin) / NS_PER_S
    columns = result.columns
    tokens = int(columns.decode[first:stop].sum() + columns.prefill[first:stop].sum())
    ended = int(((result.finish_iteration >= first) & (result.finish_iteration < stop)).sum())
    mean = result.workload.mean_prompt_tokens + result.workload.mean_output_tokens
    return Throughput(tokens / window, ended * mean / window, ended / window, window)


def _spread(values: Floats) -> dict[str, float]:
    kept = values[~np.isnan(values)]
    if not len(kept):
        return {}
    p50, p90, p99 = np.percentile(kept, (50, 90, 99))
    return {"mean": float(kept.mean()), "p50": float(p50), "p90": float(p90), "p99": float(p99)}


def summary(result: SimulationResult, slo: Slo | None = None) -> dict[str, Any]:
    """All figures of a simulation as plain data."""
    data: dict[str, Any] = {
        "requests": len(result.workload),
        "finished": len(result.finished),
        "iterations": result.num_iterations,
        "makespan_s": result.makespan_s,
        "preemptions": result.preemptions,
        "wasted_tokens": result.wasted_tokens,
        "reused_tokens": result.reused_tokens,
        "peak_pages": int(result.pages_used.max()) if result.num_iterations else 0,
        "pages": result.kv.pages,
    }
    if result.num_iterations:
        whole = throughput(result)
        data |= {
            "tokens_per_s": whole.tokens_per_s,
            "requests_per_s": whole.requests_per_s,
            "mean_decode": float(result.columns.decode.mean()),
            "mean_prefill": float(result.columns.prefill.mean()),
            "mean_iteration_s": float(result.duration_ns.mean()) / NS_PER_S,
        }
    if len(result.finished):
        data["ttft_s"] = _spread(ttft_s(result))
        data["tpot_s"] = _spread(tpot_s(result))
        data["normalised_latency_s"] = _spread(normalised_latency_s(result))
        if slo is not None:
            data["goodput_per_s"] = goodput_per_s(result, slo)
            data["slo_attainment"] = float(slo.met(result).mean())
    return data
