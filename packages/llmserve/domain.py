"""The domain ``llmserve`` for the command: deployments as instances, suites, the plan solver, options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from llmserve.instance import instance_names, parse_instance
from llmserve.simulate_command import SIMULATE_OPTIONS
from schedcore.bench import BenchRow, Suite, SuiteOptions
from schedcore.domain_options import DomainOption
from schedcore.errors import InputError
from schedcore.registry import Domain, LoadedInstance


def load(instance: str, data_dirs: Sequence[Path] = (), options: Mapping[str, Any] | None = None) -> LoadedInstance:
    """The layer of a deployment (``llama-2-70b@8xa100``) as a problem, or that of a plan file.

    Raises
    ------
    InputError
        Text of another form, a deployment or an option that makes no sense, a file that is no plan.
    UnknownNameError
        An unknown model, GPU, workload or table; near misses are suggested.
    """
    path = Path(instance).expanduser()
    if "@" not in instance and path.suffix == ".json":
        return _from_file(path, options)
    from llmserve.plan.plan import plan_metadata

    found = parse_instance(instance, options)
    question = found.question()
    structure = found.structure(question)
    context = question.context()
    problem = plan_metadata(question.problem(structure), context, structure, question.seconds(structure))
    assert problem.cycle is not None
    return LoadedInstance(
        problem,
        found.name,
        lower_bound=problem.cycle.minimum,
        bound_source="longest stream of kernels, stand-alone",
        info={
            "nano-operations": len(structure.operations),
            "dense tokens": question.dense_tokens,
            "decode tokens": question.decode_tokens,
            "durations": context.times,
            "interference": context.interference,
        },
        source=found,
    )


def _from_file(path: Path, options: Mapping[str, Any] | None) -> LoadedInstance:
    from llmserve.plan.plan import structure_of
    from schedcore.io import read_problem

    if options:
        raise InputError(
            f"option {sorted(options)[0]!r} beside a plan file",
            where=str(path),
            remedy="the file says it all; leave the option away, or name a deployment",
        )
    problem = read_problem(path)
    context = structure_of(problem, str(path))[0]
    return LoadedInstance(
        problem, path.stem, origin=path, info={"deployment": context.deployment, "workload": context.workload}
    )


def _analytic(options: SuiteOptions) -> Iterator[BenchRow]:
    from llmserve.suites.analytic import rows

    return rows(options)


def _search(options: SuiteOptions) -> Iterator[BenchRow]:
    from llmserve.suites.search import rows

    return rows(options)


def _simulator(options: SuiteOptions) -> Iterator[BenchRow]:
    from llmserve.suites.simulator import rows

    return rows(options)


def _latency(options: SuiteOptions) -> Iterator[BenchRow]:
    from llmserve.suites.latency import rows

    return rows(options)


def _h200(options: SuiteOptions) -> Iterator[BenchRow]:
    from llmserve.suites.h200 import rows

    return rows(options)


domain = Domain(
    name="llmserve",
    summary="LLM serving with nano-batches: cost model, plan search and simulator (NanoFlow)",
    instance_names=instance_names,
    load=load,
    suites={
        "analytic": Suite("cost model beside 153 figures of the paper (A1 to A11)", _analytic),
        "search": Suite("plans beside the published search (A12, A13, A17, A19, A20)", _search),
        "simulator": Suite(
            "six workloads, ablation, exactness and speed of the simulator (A12 to A14, A17, A18)", _simulator
        ),
        "latency": Suite("latency knees and curves under load (A15, A16)", _latency),
        "h200": Suite("predictions for LLaMA-3-8B on one H200, with the recommended plans", _h200),
    },
    solvers={"auto": "llmserve.plan.solver:AutoSolver", "plan": "llmserve.plan.solver:PlanSolver"},
    options=(
        DomainOption(
            "workload",
            "Lengths of prompts and answers: PROMPT-OUTPUT in tokens (512-1024), or lmsys, sharegpt, splitwise.",
            metavar="LENGTHS",
        ),
        DomainOption("dense-tokens", "Tokens of an iteration.", int, minimum=128, metavar="N", verbs=("solve", "info")),
        DomainOption(
            "interference",
            "Table of what overlapping kernels cost each other.",
            choices=("repository", "paper", "paper-text"),
        ),
        DomainOption("profile", "Measured durations (.json or .csv).", Path, metavar="FILE", verbs=("solve", "info")),
        DomainOption(
            "structure",
            "Nano-batches: 'search', 'sequential', or sizes such as 640+1408.",
            metavar="SIZES",
            verbs=("solve",),
        ),
        DomainOption(
            "paths", "Per nano-batch AG or AR, such as AR+AG (with sizes).", metavar="PATHS", verbs=("solve",)
        ),
        DomainOption("tick-us", "Grid of the plan in microseconds.", int, minimum=1, metavar="US", verbs=("solve",)),
        DomainOption(
            "other-ms",
            "Milliseconds of an iteration outside the planned operations.",
            float,
            minimum=0,
            metavar="MS",
            verbs=("solve", "simulate"),
        ),
        *SIMULATE_OPTIONS,
        DomainOption("roofline", "Draw the roofline to this file (.png, .svg).", Path, metavar="FILE", verbs=("info",)),
    ),
    runners={
        "serve": "llmserve.simulate.runner:ServeRunner",
        "capacity": "llmserve.simulate.runner:CapacityRunner",
    },
    simulate="llmserve.simulate_command:simulate",
    info="llmserve.verbs:info",
    describe="llmserve.verbs:describe",
)
