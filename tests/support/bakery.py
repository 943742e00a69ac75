"""A domain outside the project that has options, a simulation, an info and a description of its own."""

from __future__ import annotations

import textwrap
from pathlib import Path

MODULE = '''
"""Loaves on ovens: for tests of what a domain can add to the command."""

from schedcore.domain_options import DomainOption
from schedcore.domain_verbs import Answer
from schedcore.errors import InputError
from schedcore.model import ProblemBuilder
from schedcore.registry import Domain, LoadedInstance


def load(instance, data_dirs, options=None):
    options = options or {}
    loaves = options.get("loaves", 3)
    builder = ProblemBuilder(instance)
    oven = builder.unary("oven")
    for number in range(loaves):
        builder.task(f"loaf{number}", 4 if options.get("rye") else 2, on=oven)
    builder.minimise(makespan=1)
    problem = builder.build()
    return LoadedInstance(problem, instance, source={"loaves": loaves})


def simulate(request):
    if request.policies == ("burn",):
        raise InputError("unknown policy 'burn'", where="--policy", remedy="try 'slow'")
    request.progress(1, 2, "first batch")
    data = {"loaves": request.options.get("loaves", 3), "scenarios": request.scenarios, "seed": request.seed}
    if request.plot is not None:
        request.plot.write_text("picture")
    written = () if request.plot is None else (request.plot,)
    return Answer(data, f"baked {data['loaves']}", written, warnings=("hot",))


def info(request):
    if request.instance == "recipe":
        return Answer({"flour_g": 500}, "flour 500 g", whole=True)
    return Answer({"ovens": 1}, "one oven")


def describe(loaded, result, options):
    return Answer({"loaves_per_hour": 60 * loaded.source["loaves"] / result.schedule.makespan}, "  fresh  yes")


def wrong(request):
    return {"no": "answer"}


domain = Domain(
    name="bakery",
    summary="Loaves on ovens.",
    instance_names=lambda: ("morning", "evening"),
    load=load,
    options=(
        DomainOption("loaves", "How many loaves.", int, minimum=1, maximum=50, metavar="N"),
        DomainOption("rye", "Bake rye.", bool),
        DomainOption("flour", "Which flour.", choices=("wheat", "spelt"), verbs=("solve",), multiple=True),
        DomainOption("baker", "Who bakes.", instead_of="solver", verbs=("solve",)),
    ),
    simulate="bakery_sched:SIMULATE",
    info="bakery_sched:info",
    describe="bakery_sched:describe",
)
'''


def install_bakery(folder: Path, simulate: str = "simulate") -> Path:
    """Write the package into ``folder``, which then belongs on the module path."""
    metadata = folder / "bakery_sched-1.0.dist-info"
    metadata.mkdir(parents=True)
    source = textwrap.dedent(MODULE).replace("SIMULATE", simulate)
    (folder / "bakery_sched.py").write_text(source, encoding="utf-8")
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: bakery-sched\nVersion: 1.0\n", encoding="utf-8")
    (metadata / "entry_points.txt").write_text("[sched.domains]\nbakery = bakery_sched:domain\n", encoding="utf-8")
    return folder
