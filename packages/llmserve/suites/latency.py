"""Suite ``latency``: NanoFlow's online experiment, A15 and A16 of the acceptance list.

Requests arrive for five minutes with exponential gaps; the figure is the mean of (finish - arrival) / answer tokens.
As published, the curve of NanoFlow is the lowest of three dense batches at each rate, and the knee is the highest rate
with at most 0.2 s per token.  Iteration times are those of suite ``simulator``, fitted to offline throughput on
512/1024 (figure 7); nothing is fitted to latencies.  A pipeline built for one dense batch takes as long for a smaller
one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from llmserve.deployment import parse_deployment
from llmserve.simulate.capacity import Limit, highest_rate, latency_curve, rate_simulation
from llmserve.simulate.metrics import normalised_latency_s
from llmserve.simulate.published import BUDGETS, KNEES, LATENCY, SEED
from schedcore.bench import BenchRow, Sense, SuiteOptions
from schedcore.errors import InputError, unknown_name

KEYS = ("workloads", "duration_s", "curves")
FIGURE_8 = "NanoFlow, figure 8"
LIMIT = Limit(normalised_latency_s=0.2)
DEPLOYMENT = "llama-2-70b@8xa100"


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Knees, spread and curves of the three traces."""
    names, duration_s, curves = _words(options.overrides)
    deployment = parse_deployment(DEPLOYMENT)
    seed = options.seed or SEED
    total, done = len(names) * len(BUDGETS), 0
    for name in names:
        knees: dict[int, float] = {}
        lowest: dict[float, float] = {}
        for budget in BUDGETS:
            options.progress(done, total, f"{name}, dense batch {budget}")
            at_rate = rate_simulation(
                deployment, name, duration_s=duration_s, seed=seed, mode="overlap", token_budget=budget
            )
            knees[budget] = highest_rate(at_rate, LIMIT, KNEES[name])
            if curves:
                for rate, mean, _ in latency_curve(at_rate, list(LATENCY[name])):
                    lowest[rate] = min(mean, lowest.get(rate, mean))
            if budget == max(BUDGETS):
                near = at_rate(KNEES[name])
                latency = normalised_latency_s(near)
                ratio = float(_percentile99(latency) / latency.mean())
            done += 1
        best = max(knees, key=knees.__getitem__)
        yield BenchRow(
            "A15",
            f"highest rate at 0.2 s/token on {name}",
            knees[best],
            KNEES[name],
            "req/s",
            FIGURE_8,
            0.15 * KNEES[name],
            note="dense batch " + ", ".join(f"{budget}: {knee:.1f}" for budget, knee in knees.items()),
        )
        yield BenchRow(
            "A16",
            f"99th percentile over mean on {name}",
            ratio,
            1.15,
            "",
            "specification: at most 1.15; the paper says 1.07 without naming the trace",
            sense=Sense.AT_MOST,
            note=f"dense batch {max(BUDGETS)} at {KNEES[name]} req/s; answers of few tokens make the tail",
        )
        for rate, mean in lowest.items():
            yield BenchRow(
                "curve",
                f"normalised latency on {name} at {rate} req/s",
                mean,
                LATENCY[name][int(rate)],
                "s/token",
                "read off a figure of NanoFlow's repository, to 0.01",
                0.03,
            )
    options.progress(total, total, "done")


def _percentile99(values: object) -> float:
    import numpy as np

    return float(np.percentile(np.asarray(values), 99))


def _words(words: Mapping[str, str]) -> tuple[tuple[str, ...], float, bool]:
    for key in words:
        if key not in KEYS:
            raise unknown_name("key", key, KEYS, where="suite latency")
    names = tuple(word.strip() for word in words.get("workloads", ",".join(KNEES)).split(",") if word.strip())
    for name in names:
        if name not in KNEES:
            raise unknown_name("workload", name, KNEES, where="suite latency")
    try:
        duration_s = float(words.get("duration_s", "300"))
    except ValueError:
        duration_s = -1.0
    if not 0 < duration_s < 1e6:
        raise InputError(
            f"duration_s is {words['duration_s']!r}", where="suite latency", remedy="give a positive number of seconds"
        )
    if words.get("curves", "yes") not in ("yes", "no"):
        raise InputError(f"curves is {words['curves']!r}", where="suite latency", remedy="say yes or no")
    return names, duration_s, words.get("curves", "yes") == "yes"
