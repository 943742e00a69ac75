"""The configuration of an experiment: what may stand in ``configs/experiment/NAME.yaml``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from schedcore.errors import InputError


@dataclass
class MethodConfig:
    """A method under test.

    Parameters
    ----------
    solver
        A name of ``sched list solvers`` or ``package.module:Class``.
    parameters
        Changes of its parameters by name.
    time_limit_s, deterministic_limit, workers
        Instead of those of the experiment.
    groups
        The groups that it is run on; empty: all.
    """

    solver: str
    parameters: dict[str, Any] = field(default_factory=dict)
    time_limit_s: float | None = None
    deterministic_limit: float | None = None
    workers: int | None = None
    groups: list[str] = field(default_factory=list)


@dataclass
class GroupConfig:
    """Instances of one domain that belong together in the tables."""

    domain: str
    instances: list[str]
    title: str = ""


@dataclass
class ExperimentConfig:
    """An experiment: every method on every instance of its groups, with every seed.

    Parameters
    ----------
    title, description
        Heading and first paragraph of the report.
    groups, methods
        By name; the order is that of the tables.
    seeds
        One run of every pair for each.
    time_limit_s, workers
        Of every solver call, unless the method says otherwise.
    warm_up
        Let every method solve a tiny instance before the first timed run, so that compiling and loading
        of libraries is not counted as its time.
    gantt
        Instances whose best schedule is drawn; names that are not among the instances are skipped.
    data_dirs
        Folders that instances which are not shipped are looked for in.
    backend
        Who runs the trials.
    """

    title: str = ""
    description: str = ""
    groups: dict[str, GroupConfig] = field(default_factory=dict)
    methods: dict[str, MethodConfig] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=lambda: [0])
    time_limit_s: float = 10.0
    workers: int = 1
    warm_up: bool = True
    gantt: list[str] = field(default_factory=list)
    data_dirs: list[str] = field(default_factory=list)
    backend: str = "inline"


def check_config(config: ExperimentConfig, where: str) -> None:
    """Refuse what has the right types but makes no experiment.

    Raises
    ------
    InputError
        Nothing to run, a limit that is none, a name that stands for nothing in the configuration.
    """

    def fail(key: str, what: str, remedy: str) -> None:
        raise InputError(what, where=f"{where}: {key}", remedy=remedy)

    if not config.groups or not any(group.instances for group in config.groups.values()):
        fail("groups", "the experiment has no instances", "name a domain and instances of it")
    if not config.methods:
        fail("methods", "the experiment has no methods", "name a solver; 'sched list solvers' shows them")
    if not config.seeds:
        fail("seeds", "the experiment has no seeds", "write seeds: [0]")
    if len(set(config.seeds)) < len(config.seeds) or min(config.seeds) < 0:
        fail("seeds", f"seeds are {config.seeds}", "use different numbers >= 0")
    for name, method in (("", None), *config.methods.items()):
        limit = config.time_limit_s if method is None else method.time_limit_s
        workers = config.workers if method is None else method.workers
        key = "" if method is None else f"methods.{name}."
        if limit is not None and not 0 < limit < float("inf"):
            fail(f"{key}time_limit_s", f"the time limit is {limit}", "use seconds > 0")
        if workers is not None and workers < 1:
            fail(f"{key}workers", f"workers is {workers}", "use at least 1")
        for group in () if method is None else method.groups:
            if group not in config.groups:
                from schedcore.errors import did_you_mean

                fail(f"{key}groups", f"unknown group {group!r}", did_you_mean(group, config.groups))


def skipped_charts(config: ExperimentConfig) -> list[str]:
    """A warning for each name in ``gantt`` that is no instance of the experiment: nothing is drawn for it."""
    from schedcore.errors import did_you_mean

    everything = [name for group in config.groups.values() for name in group.instances]
    return [
        f"gantt: {name!r} is no instance of this run and is not drawn; {did_you_mean(name, everything)}"
        for name in config.gantt
        if name not in everything
    ]
