"""The domain ``jssp`` for the command: instances by name, generator expression or file, suites, and the rules."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jssp.adapter import AnyInstance, to_problem
from jssp.bounds import Bounds, find_bounds
from jssp.content import content_digest, published_digest
from jssp.data_path import SUFFIXES, available_names, find_file, search_path
from jssp.generators.expression import GENERATORS, generate, is_expression
from jssp.instance import FlexibleJobShopInstance, JobShopInstance
from jssp.standard import FAMILIES, canonical_name, family, size_class, standard_instance, standard_names
from schedcore.bench import BenchRow, Suite, SuiteOptions
from schedcore.errors import InputError, UnknownNameError, unknown_name
from schedcore.model import Problem
from schedcore.registry import Domain, LoadedInstance


def load(instance: str, data_dirs: Sequence[Path] = (), format_name: str | None = None) -> LoadedInstance:
    """The problem that ``instance`` stands for, with what is known about it.

    Tried in this order: a generator expression (``taillard:20x15:7``), the path of a file, a standard name (``ta01``),
    the name of a file in ``data_dirs`` and then in the folders of ``SCHED_DATA_DIR``.  With ``format_name`` (one of
    :data:`schedcore.io.FORMATS`) only files are tried, and read in that format.

    Raises
    ------
    InputError
        A folder, or a format was given and there is no such file.
    UnknownNameError
        Nothing of that name; near misses are suggested.
    FormatError
        A file that cannot be read as an instance.
    """
    path = Path(instance).expanduser()
    name = canonical_name(instance)
    if format_name is None:
        if is_expression(instance):
            return _generated(instance)
        if _looks_like_path(instance) and path.is_file():
            return _from_file(path)
        if name is not None:
            return _standard(name)
    directories = search_path(data_dirs)
    found = path if path.is_file() else find_file(instance, directories)
    if found is not None:
        return _from_file(found, format_name)
    if path.is_dir():
        remedy = "name a file in it, or give the folder as --data-dir"
        raise InputError(f"{instance!r} is a folder", where="instance", remedy=remedy)
    if format_name is not None and (name is not None or is_expression(instance)):
        raise InputError(f"{instance} is no file, so it has no format", where="format", remedy="leave the format away")
    if _looks_like_path(instance) and not directories:
        raise UnknownNameError(
            f"there is no file {instance!r}", where="instance", remedy="check the path, or give --data-dir"
        )
    if ":" in instance:
        raise unknown_name("generator", instance.partition(":")[0], GENERATORS, where="instance")
    known = (*standard_names(), *available_names(directories))
    error = unknown_name("instance", instance, known, where="instance")
    if find_bounds(instance) is not None:
        raise UnknownNameError(
            f"{instance} is known, but its file is not here",
            where="instance",
            remedy="give the folder that has it with --data-dir or SCHED_DATA_DIR",
        )
    raise error


def _looks_like_path(text: str) -> bool:
    return "/" in text or "\\" in text or Path(text).suffix.lower() in SUFFIXES


def _standard(name: str) -> LoadedInstance:
    instance = standard_instance(name)
    info = {"class": size_class(name), "origin": FAMILIES[family(name)], **_sizes(instance)}
    return _with_bounds(to_problem(instance), name, find_bounds(name), info=info)


def _generated(expression: str) -> LoadedInstance:
    instance = generate(expression)
    info = {"generator": GENERATORS[expression.partition(":")[0]], **_sizes(instance)}
    return LoadedInstance(
        to_problem(instance),
        expression,
        lower_bound=instance.lower_bound(),
        bound_source="trivial lower bound of the generated instance",
        info=info,
    )


def _from_file(path: Path, format_name: str | None = None) -> LoadedInstance:
    from schedcore.io import read_problem

    problem = read_problem(path, format_name)
    info: dict[str, Any] = {
        "tasks": len(problem.tasks),
        "resources": len(problem.resources),
        "features": sorted(problem.features()),
    }
    name = path.stem
    known = find_bounds(name)
    if known is not None and not _holds(problem, name):
        info["note"] = f"the content is not that of the published {name}: its bounds are not used"
        known = None
    return _with_bounds(problem, name, known, origin=path, info=info)


def _holds(problem: Problem, name: str) -> bool:
    """Whether ``problem`` is the published instance called ``name``."""
    standard = canonical_name(name)
    if standard is not None:
        return content_digest(problem) == content_digest(to_problem(standard_instance(standard)))
    return content_digest(problem) == published_digest(name)


def _with_bounds(
    problem: Problem, name: str, known: Bounds | None, *, info: dict[str, Any], origin: Path | None = None
) -> LoadedInstance:
    if known is not None and (known.lower_by or known.upper_by):
        info = {**info, "lower bound by": known.lower_by, "upper bound by": known.upper_by}
    return LoadedInstance(
        problem,
        name,
        lower_bound=None if known is None else known.lower,
        upper_bound=None if known is None else known.upper,
        bound_source=None if known is None else known.source,
        origin=origin,
        info=info,
    )


def _sizes(instance: AnyInstance) -> dict[str, int]:
    if isinstance(instance, JobShopInstance):
        return {
            "jobs": instance.num_jobs,
            "machines": instance.num_machines,
            "operations": instance.num_operations,
        }
    if isinstance(instance, FlexibleJobShopInstance):
        return {
            "jobs": instance.num_jobs,
            "machines": instance.num_machines,
            "operations": instance.num_operations,
            "alternatives": instance.num_alternatives,
        }
    return {
        "activities": instance.num_activities,
        "resources": instance.num_resources,
        "precedences": len(instance.arcs),
    }


def _rules_suite(options: SuiteOptions) -> Iterator[BenchRow]:
    from jssp.suites.rules import rows

    return rows(options)


def _solvers_suite(options: SuiteOptions) -> Iterator[BenchRow]:
    from jssp.suites.solvers import rows

    return rows(options)


def _learned_suite(options: SuiteOptions) -> Iterator[BenchRow]:
    from jssp.suites.learned import rows

    return rows(options)


def _evaluation(options: SuiteOptions) -> Iterator[BenchRow]:
    from jssp.suites.learned import rows

    return rows(options, compare=False)


domain = Domain(
    name="jssp",
    summary="job shops, flexible job shops and projects: 242 standard job shops, generators, rules, solvers",
    instance_names=standard_names,
    load=load,
    takes_format=True,
    suites={
        "rules": Suite("makespans of five non-delay rules on the 242 standard job shops", _rules_suite),
        "solvers": Suite("gaps by class of rules, list scheduling, CP-SAT and neighbourhood search", _solvers_suite),
        "learned": Suite("gaps by class of learned dispatchers beside the figures of others", _learned_suite),
    },
    solvers={
        **{f"nondelay-{rule}": f"jssp.rule_solver:{rule}" for rule in ("fifo", "spt", "lpt", "mwkr", "mor")},
        "paper": "jssp.learn.paper.solver:PaperSolver",
        "learned": "jssp.learn.ours.solver:LearnedSolver",
        "control": "jssp.learn.ours.solver:ControlSolver",
        "hybrid": "jssp.learn.ours.hybrid:HybridSolver",
    },
    trainers={
        "paper": "jssp.learn.paper.trainer:trainer",
        "ours": "jssp.learn.ours.recipe:ours",
        "control": "jssp.learn.ours.recipe:control",
    },
    evaluation=Suite("gaps by class, with confidence, share worse than MWKR, and time", _evaluation),
)
