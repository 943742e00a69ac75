"""Suite ``analytic``: the cost model beside the paper, A1 to A11 of the acceptance list."""

from __future__ import annotations

from collections.abc import Iterator

from llmserve import paper
from llmserve.accelerator import PAPER_ACCELERATORS
from llmserve.batch import steady_batch
from llmserve.bounds import maximum_batch, memory_over_compute, network_over_compute, optimal_tokens_per_s
from llmserve.cost import Resource, operation_table
from llmserve.deployment import Deployment, parse_deployment
from llmserve.model_config import MODELS
from schedcore.bench import BenchRow, SuiteOptions
from schedcore.errors import unknown_name

SUSTAINED = 260e12
"""FLOP/s of an A100 that every percentage of the paper decodes to."""


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """All figures of the analytic model."""
    for key in options.overrides:
        raise unknown_name("override", key, (), where="suite analytic")
    yield from _optima()
    yield from _figure_2()
    yield from _figure_3()
    yield from _table_2()
    yield from _maximum_batch()
    yield from _sequential()


def _optima() -> Iterator[BenchRow]:
    implied = {
        "mixtral-8x7b@8xa100": 12.63e9,
        "qwen2-72b@8xa100": 72.2e9,
        "deepseek-67b@8xa100": 67.0e9,
        "llama-3-70b@8xa100": 70.28e9,
    }
    for name, reference in paper.OPTIMA.items():
        deployment = parse_deployment(name)
        first = name in ("llama-2-70b@8xa100", "llama-3-8b@1xa100")
        params = implied.get(name, deployment.model.bound_params)
        yield BenchRow(
            {"llama-2-70b@8xa100": "A1", "llama-3-8b@1xa100": "A2"}.get(name, "A3"),
            f"optimum of {name}",
            optimal_tokens_per_s(SUSTAINED, params),
            reference,
            "tok/s/GPU",
            "figures 7 and 11: throughput over percentage",
            reference * (0.001 if first else 0.005),
            note=f"260e12 FLOP/s, {params / 1e9:.2f}e9 parameters"
            + ("" if first else "; the count that its percentage decodes to"),
        )
        if not first:
            exact = deployment.model.layer_params
            yield BenchRow(
                "A3",
                f"optimum of {name}, matrices of the layers",
                optimal_tokens_per_s(SUSTAINED, exact),
                unit="tok/s/GPU",
                note=f"{exact / 1e9:.2f}e9 parameters, from config.json, without embedding and head",
            )
    for flop, reference, note in (
        (312e12, 2_228.6, "rate of the data sheet"),
        (280e12, 2_000.0, "rate that the text names; its own optimum of 1857 needs 260e12"),
    ):
        yield BenchRow(
            "A4",
            f"optimum of llama-2-70b at {flop / 1e12:g} TFLOP/s",
            optimal_tokens_per_s(flop, 70e9),
            reference,
            "tok/s/GPU",
            "formula of section 3 with figures of table 1 and of the text",
            0.001 * reference,
            note=note,
        )


def _figure_2() -> Iterator[BenchRow]:
    for model, cells in paper.FIGURE_2.items():
        for gpu, reference in zip(paper.FIGURE_2_GPUS, cells, strict=True):
            yield BenchRow(
                "A5",
                f"network / compute, {model} on 8 {gpu}",
                network_over_compute(MODELS[model], PAPER_ACCELERATORS[gpu], 8),
                reference,
                "",
                "figure 2",
                0.001,
            )


def _figure_3() -> Iterator[BenchRow]:
    for (model, gpus), cells in paper.FIGURE_3.items():
        for (workload, (p, d)), reference in zip(paper.WORKLOADS.items(), cells, strict=True):
            yield BenchRow(
                "A6",
                f"memory / compute, {model} on {gpus} a100, {workload}",
                memory_over_compute(MODELS[model], PAPER_ACCELERATORS["a100"], gpus, p, d),
                reference,
                "",
                "figure 3",
                0.01,
            )


def _table_2() -> Iterator[BenchRow]:
    deployment = Deployment(MODELS["llama-2-70b"], PAPER_ACCELERATORS["a100"], 8)
    totals = dict.fromkeys(Resource, 0.0)
    for op in operation_table(deployment, steady_batch(2048, 512, 1024)):
        gflop, memory_gb, network_gb, *times_ms, _ = paper.TABLE_2[op.name]
        prefill = op.name == "prefill attention"
        source = "table 2"
        # Table 2 prints one decimal.
        yield BenchRow(
            "A7",
            f"work of {op.name}",
            op.flop / 1e9,
            gflop,
            "GFLOP",
            source,
            max(0.05, gflop * (0.005 if prefill else 0.001)),
        )
        yield BenchRow(
            "A8",
            f"memory traffic of {op.name}",
            op.memory_bytes / 1e9,
            memory_gb,
            "GB",
            source,
            memory_gb * (0.1 if prefill else 0.01),
        )
        if network_gb:
            yield BenchRow(
                "A8",
                f"network traffic of {op.name}",
                op.network_bytes / 1e9,
                network_gb,
                "GB",
                source,
                0.01 * network_gb,
            )
        for resource, reference in zip(Resource, times_ms, strict=True):
            ours = 1e3 * op.times_s(deployment)[resource]
            totals[resource] += ours
            if reference:
                yield BenchRow(
                    "A9",
                    f"{resource} time of {op.name}",
                    ours,
                    reference,
                    "ms",
                    source,
                    max(0.005, reference * 0.01) if not prefill else max(0.015, reference * 0.1),
                )
    for resource, reference in zip(Resource, paper.TABLE_2_TOTALS_MS, strict=True):
        yield BenchRow("A9", f"{resource} time, total", totals[resource], reference, "ms", "table 2", 0.01 * reference)


def _maximum_batch() -> Iterator[BenchRow]:
    model = MODELS["llama-2-70b"]
    batch = maximum_batch(model, 8 * 80e9, 512, 1024)
    source = "reconstruction that reproduces figure 3"
    yield BenchRow(
        "A10", "largest dense batch, llama-2-70b, 512-1024", batch.dense_tokens, 2235, "tokens", source, 22.35
    )
    yield BenchRow("A10", "requests at a time", batch.requests, 1490, "requests", source, 14.9)
    exact = maximum_batch(model, 8 * 80e9, 512, 1024, weight_bytes=model.weight_bytes)
    yield BenchRow(
        "A10",
        "largest dense batch, exact weights",
        exact.dense_tokens,
        unit="tokens",
        note="68.98e9 parameters instead of 70e9",
    )


def _sequential() -> Iterator[BenchRow]:
    measured = sum(row[-1] for row in paper.TABLE_2.values()) * 1e-3
    for other, reference, note in (
        (0.0, 1137.0, "measured operations of table 2 one after another"),
        (paper.OTHER_S, 1048.0, "with 19.2 ms for everything else, a constant fitted on this figure"),
    ):
        yield BenchRow(
            "A11",
            "sequential throughput" + (" with other work" if other else ""),
            2048 / (measured + other) / 8,
            reference,
            "tok/s/GPU",
            "figure 9, non-overlap" if other else "sum of table 2",
            0.01 * reference,
            note=note,
        )
