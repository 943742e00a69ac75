"""What this domain adds to the verbs ``solve`` and ``info``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from llmserve.instance import parse_instance
from schedcore.domain_verbs import Answer, Request
from schedcore.registry import LoadedInstance
from schedcore.solvers import SolveResult


def describe(loaded: LoadedInstance, result: SolveResult, options: Mapping[str, Any]) -> Answer:
    """A solved layer as a plan: gain, throughput, whether overlap pays."""
    from llmserve.bounds import optimal_per_gpu
    from llmserve.plan.plan import plan_of, structure_of
    from llmserve.plan.search import FALLBACK_GAIN

    assert result.schedule is not None
    plan = plan_of(loaded.problem, result.schedule)
    context, structure, _, _ = structure_of(loaded.problem)
    deployment = parse_instance(context.deployment).deployment if loaded.source is None else loaded.source.deployment
    per_gpu = plan.context.dense_tokens / (context.layers * plan.period_s + context.other_s) / deployment.gpus
    sequential = context.layers * context.sequential_s + context.other_s
    optimum = optimal_per_gpu(deployment)
    unit_s = float(loaded.problem.unit.to_seconds(1))
    bound_s = None if result.bound is None else result.bound * unit_s
    pays = plan.gain >= FALLBACK_GAIN
    data = {
        "period_ms": 1e3 * plan.period_s,
        "bound_ms": None if bound_s is None else 1e3 * bound_s,
        "sequential_layer_ms": 1e3 * context.sequential_s,
        "iteration_ms": 1e3 * (context.layers * plan.period_s + context.other_s),
        "sequential_iteration_ms": 1e3 * sequential,
        "gain": plan.gain,
        "tokens_per_s_per_gpu": per_gpu,
        "optimum_tokens_per_s_per_gpu": optimum,
        "share_of_optimum": per_gpu / optimum,
        "mode": "overlap" if pays else "sequential",
        "nano_operations": [
            {
                "name": step.operation.name,
                "tokens": [list(pair) for pair in step.operation.ranges],
                "stream": step.stream,
                "share": step.share,
                "start_ms": 1e3 * step.start_s,
                "end_ms": 1e3 * step.end_s,
            }
            for step in plan.steps()
        ],
        "times": context.times,
        "interference": context.interference,
    }
    nano = [op for op in structure.operations if str(op.role) == "UG"]
    bound = "" if bound_s is None else f"  (bound {1e3 * bound_s:.3f} ms over orders, shares and two stages)"
    lines = [
        f"  layer       {data['period_ms']:.3f} ms, sequential {1e3 * context.sequential_s:.3f} ms{bound}",
        f"  iteration   {data['iteration_ms']:.1f} ms for {context.dense_tokens} tokens "
        f"({context.decode_tokens} decode), sequential {1e3 * sequential:.1f} ms",
        f"  throughput  {per_gpu:,.0f} tok/s/GPU, {100 * per_gpu / optimum:.1f} % of the optimum {optimum:,.0f}",
        f"  nano-batches {' + '.join(str(op.tokens) for op in nano)} tokens; durations: {context.times}; "
        f"interference: {context.interference}",
        f"  gain        {plan.gain:.3f}: "
        + ("overlap pays" if pays else f"below {FALLBACK_GAIN}, an engine is to run the layer sequentially"),
    ]
    return Answer(data, "\n".join(lines))


def info(request: Request) -> Answer:
    """The cost model of a deployment and workload: operations, bounds, largest batch, optimum."""
    from llmserve.roofline import roofline

    instance = parse_instance(request.instance, request.options)
    question = instance.question()
    found = roofline(
        instance.deployment,
        question.workload,
        question.prompt_tokens,
        question.output_tokens,
        question.dense_tokens,
    )
    written: tuple[Path, ...] = ()
    picture = request.options.get("roofline")
    if picture is not None:
        found.plot(picture)
        written = (picture,)
    return Answer(found.as_dict(), found.to_text(), written, whole=True)
