"""Suite ``h200``: predictions for LLaMA-3-8B in bf16 on one H200, for later measurements to stand beside."""

from __future__ import annotations

from collections.abc import Iterator

from llmserve.bounds import maximum_batch, optimal_tokens_per_s
from llmserve.deployment import parse_deployment
from llmserve.instance import Instance
from llmserve.plan.search import Effort, LayerQuestion, layer_question, search_plan
from llmserve.profile import RooflineTimes
from llmserve.roofline import roofline
from schedcore.bench import BenchRow, SuiteOptions
from schedcore.errors import unknown_name

NAME = "llama-3-8b@1xh200"

SECTION_14 = {
    # workload: lengths, requests, dense tokens, T_R, bound by compute and by memory, tokens/s
    "lmsys": ((102.0, 222.0), 4771, 6963, 0.245),
    "splitwise": ((1155.0, 211.0), 806, 5219, 0.327),
    "sharegpt": ((246.0, 322.0), 2497, 4404, 0.388),
    "512-512": ((512.0, 512.0), 1323, 2646, 0.645),
    "1024-512": ((1024.0, 512.0), 794, 2382, 0.717),
    "512-1024": ((512.0, 1024.0), 992, 1489, 1.147),
}

EFFORT = Effort()
"""How long a plan is searched for."""

SUSTAINED_SOURCE = "hand calculation from 790 TFLOP/s, 4.3 TB/s and 149.25 GB, measured on one H200"


def question_of(workload: str, dense_tokens: int | None = None) -> LayerQuestion:
    """The layer of LLaMA-3-8B on one H200 for the mean lengths of ``workload``."""
    (p, d), *_ = SECTION_14[workload]
    deployment = parse_deployment(NAME)
    return layer_question(deployment, workload, p, d, dense_tokens=dense_tokens, times=RooflineTimes(deployment))


def rows(options: SuiteOptions) -> Iterator[BenchRow]:
    """Bounds, sequential times and recommended plans of the six workloads."""
    for key in options.overrides:
        raise unknown_name("override", key, (), where="suite h200")
    deployment = Instance(NAME, parse_deployment(NAME), {}).deployment
    model, gpu = deployment.model, deployment.accelerator
    for params, reference, note in (
        (8e9, 49_375.0, "8e9 parameters, as the paper counts"),
        (8.03e9, 49_191.0, "8.03e9 parameters; percentages are of this one"),
    ):
        yield BenchRow(
            "optimum",
            f"optimum with {params / 1e9:g}e9 parameters",
            optimal_tokens_per_s(gpu.best_flop_per_s, params),
            reference,
            "tok/s",
            SUSTAINED_SOURCE,
            0.001 * reference,
            note=note,
        )
    optimum = optimal_tokens_per_s(gpu.best_flop_per_s, 8.03e9)
    for step, (workload, ((p, d), requests, dense, t_r)) in enumerate(SECTION_14.items()):
        options.progress(step, len(SECTION_14), workload)
        most = maximum_batch(model, gpu.memory_bytes, p, d, weight_bytes=2 * 8.03e9)
        sweep_s = gpu.memory_bytes / gpu.best_memory_bytes_per_s
        ratio = sweep_s / (2 * most.dense_tokens * 8.03e9 / gpu.best_flop_per_s)
        source = SUSTAINED_SOURCE
        yield BenchRow(workload, "requests at a time", most.requests, requests, "requests", source, 0.01 * requests)
        yield BenchRow(workload, "largest dense batch", most.dense_tokens, dense, "tokens", source, 0.01 * dense)
        yield BenchRow(workload, "memory / compute", ratio, t_r, "", source, 0.01)
        question = question_of(workload)
        found = roofline(deployment, workload, p, d, question.dense_tokens)
        sequential = question.dense_tokens / found.sequential_s
        yield BenchRow(
            workload,
            "sequential, predicted",
            sequential,
            unit="tok/s",
            note=f"{question.dense_tokens} tokens per iteration, {1e3 * found.sequential_s:.1f} ms; roofline",
        )
        yield BenchRow(
            workload,
            "perfect overlap",
            question.dense_tokens / found.overlapped_s,
            unit="tok/s",
            note=f"{1e3 * found.overlapped_s:.1f} ms: the busiest resource alone",
        )
        plan = search_plan(question, effort=EFFORT, workers=options.workers, seed=options.seed)
        sizes = "+".join(str(op.tokens) for op in plan.structure.operations if str(op.role) == "UG")
        kqv = "+".join(str(op.tokens) for op in plan.structure.operations if str(op.role) == "KQV")
        planned = question.dense_tokens / (found.sequential_s / plan.gain)
        yield BenchRow(
            workload,
            "recommended plan, predicted",
            planned if plan.overlap else sequential,
            unit="tok/s",
            note=f"nano-batches {sizes}, KQV {kqv}, gain {plan.gain:.3f}, "
            f"{'overlap' if plan.overlap else 'sequential'}; repository's table (A100)",
        )
        yield BenchRow(
            workload,
            "recommended plan, share of the optimum",
            100 * (planned if plan.overlap else sequential) / optimum,
            unit="%",
        )
