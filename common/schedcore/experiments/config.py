"""The configuration: what may stand in ``configs/``, and what one trial is told.

The classes are the schema.  Every key of a file or a word is a field of one of them; what is missing takes
the default that stands here.  ``domain``, ``solver``, ``policy`` and ``backend`` are groups: their values are
files of ``configs/GROUP/`` or registered names.  An instance is a value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from schedcore.errors import InputError

GROUPS = ("domain", "solver", "policy", "backend")
"""The groups that a word may choose from, besides ``experiment`` itself."""


@dataclass(frozen=True)
class DomainConfig:
    """A domain, and what of it is run.

    Parameters
    ----------
    name
        A name of ``sched list domains``.
    runner
        ``solve``, or another runner of the domain.
    """

    name: str
    runner: str = "solve"


@dataclass(frozen=True)
class SolverConfig:
    """A solver of ``sched list solvers`` or ``package.module:Class``, and changes of its parameters."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PolicyConfig:
    """A policy of ``sched list policies`` or ``package.module:Class``, and changes of its parameters."""

    name: str
    parameters: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class BackendConfig:
    """Who runs the trials.

    Parameters
    ----------
    name
        ``inline``, ``process``, ``ray``, or ``auto``: what suits the work.
    slots
        Processors to use; default: all that were granted.
    memory_mb
        Memory for all trials together; default: no limit.
    address
        Of a running Ray cluster.
    grace_s
        Seconds beyond its time limit after which a trial is ended from outside.
    object_store_mb
        Size of the object store of a Ray that is started here.
    """

    name: str = "auto"
    slots: int | None = None
    memory_mb: int | None = None
    address: str | None = None
    grace_s: float = 30.0
    object_store_mb: int = 256


@dataclass(frozen=True)
class TrialConfig:
    """One trial: all that is decided before it runs.

    Parameters
    ----------
    solver, policy
        The method: exactly one of the two.
    seed
        Root of its randomness.
    time_limit_s, deterministic_limit
        Limits that the method obeys: seconds, or its own units of work.
    workers, gpus, memory_mb
        What the trial is granted.
    timeout_s
        Limit enforced from outside; default: the time limit and the grace of the backend.
    data_dirs
        Folders that instances which are not shipped are looked for in.
    settings
        Parameters of runners other than ``solve``.
    """

    domain: DomainConfig
    instance: str
    solver: SolverConfig | None = None
    policy: PolicyConfig | None = None
    seed: int = 0
    time_limit_s: float = 10.0
    deterministic_limit: float | None = None
    workers: int = 1
    gpus: float = 0.0
    memory_mb: int | None = None
    timeout_s: float | None = None
    data_dirs: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def method(self) -> SolverConfig | PolicyConfig:
        """The solver or the policy."""
        found = self.policy or self.solver
        if found is None:
            raise InputError("the trial has no method", where="solver", remedy="give solver=NAME or policy=NAME")
        return found


@dataclass(frozen=True)
class MethodConfig:
    """A method of an experiment.

    Parameters
    ----------
    solver, policy
        A name of the group, or ``package.module:Class``; one of the two.
    parameters
        Changes of its parameters by name.
    time_limit_s, deterministic_limit, workers, gpus, memory_mb, timeout_s
        Instead of those of the experiment.
    settings
        Added to those of the experiment.
    groups
        The groups that it is run on; empty: all.
    """

    solver: str | None = None
    policy: str | None = None
    parameters: dict[str, Any] = field(default_factory=dict)
    time_limit_s: float | None = None
    deterministic_limit: float | None = None
    workers: int | None = None
    gpus: float | None = None
    memory_mb: int | None = None
    timeout_s: float | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    groups: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class GroupConfig:
    """Instances of one domain that belong together in the tables.

    Parameters
    ----------
    domain
        A name of ``sched list domains``.
    instances
        Names, generator expressions or files; ``glob(ta0*)`` stands for all names that match.
    title
        Heading of the table; default: the name of the group.
    runner
        ``solve``, or another runner of the domain.
    gantt
        Instances of the group whose best schedule is drawn, besides those of the experiment.
    """

    domain: str
    instances: list[str]
    title: str = ""
    runner: str = "solve"
    gantt: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class ExperimentConfig:
    """What a file of ``configs/experiment/`` and words make up together.

    Every method runs on every instance of its groups with every seed; without ``groups`` and ``methods``
    there is one ``instance`` and one ``solver`` or ``policy``.

    Parameters
    ----------
    title, description
        Heading and first paragraph of the report.
    groups, methods
        By name; the order is that of the tables.
    seeds
        One run of every pair for each; default: ``seed`` alone.
    warm_up
        Let every method solve a tiny instance before the first timed run, so that compiling and loading
        of libraries is not counted as its time.
    gantt
        Instances whose best schedule is drawn; names that are not among the instances are skipped.
    backend
        Who runs the trials.
    retries
        How often a trial that failed is tried again.
    fail_fast
        Stop at the first failure.

    The other keys are those of :class:`TrialConfig`, for all trials.
    """

    title: str = ""
    description: str = ""
    groups: dict[str, GroupConfig] = field(default_factory=dict)
    methods: dict[str, MethodConfig] = field(default_factory=dict)
    seeds: list[int] = field(default_factory=list)
    domain: DomainConfig | None = None
    instance: str | None = None
    solver: SolverConfig | None = None
    policy: PolicyConfig | None = None
    seed: int = 0
    time_limit_s: float = 10.0
    deterministic_limit: float | None = None
    workers: int = 1
    gpus: float = 0.0
    memory_mb: int | None = None
    timeout_s: float | None = None
    data_dirs: list[str] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    warm_up: bool = True
    gantt: list[str] = field(default_factory=list)
    backend: BackendConfig = field(default_factory=BackendConfig)
    retries: int = 0
    fail_fast: bool = False


WHOLE = frozenset({"title", "description", "backend", "retries", "fail_fast", "warm_up", "gantt"})
"""Keys for the whole sweep, which cannot vary from trial to trial."""

_POSITIVE = ("time_limit_s", "deterministic_limit", "timeout_s")


def check_trial(config: TrialConfig, place: Callable[[str], str] = str) -> None:
    """Refuse limits and grants that are none.

    Parameters
    ----------
    place
        Where a key was set, for the message.
    """
    for key in _POSITIVE:
        limit = getattr(config, key)
        if limit is not None and not 0 < limit < float("inf"):
            raise InputError(f"{key} is {limit}", where=place(key), remedy="use a number > 0")
    for key, least in (("workers", 1), ("gpus", 0), ("memory_mb", 1), ("seed", 0)):
        value = getattr(config, key)
        if value is not None and not least <= value < float("inf"):
            raise InputError(f"{key} is {value}", where=place(key), remedy=f"use at least {least}")


def check_experiment(config: ExperimentConfig, place: Callable[[str], str] = str) -> None:
    """Refuse what has the right types but makes no experiment.

    Raises
    ------
    InputError
        A name that stands for nothing in the configuration, a method that is none, seeds that are equal.
    """

    def fail(key: str, what: str, remedy: str) -> None:
        raise InputError(what, where=place(key), remedy=remedy)

    if config.seeds and (len(set(config.seeds)) < len(config.seeds) or min(config.seeds) < 0):
        fail("seeds", f"seeds are {config.seeds}", "use different numbers >= 0")
    for name, group in config.groups.items():
        if not group.instances:
            fail(f"groups.{name}.instances", f"the group {name!r} has no instances", "name some, or leave it away")
    for name, method in config.methods.items():
        if (method.solver is None) == (method.policy is None):
            fail(f"methods.{name}", f"the method {name!r} needs a solver or a policy", "write one of the two")
        for group_name in method.groups:
            if group_name not in config.groups:
                from schedcore.errors import did_you_mean

                fail(f"methods.{name}.groups", f"unknown group {group_name!r}", did_you_mean(group_name, config.groups))
    for key, least in (("retries", 0), ("backend.slots", 1), ("backend.memory_mb", 1), ("backend.object_store_mb", 1)):
        value = getattr(config.backend, key.partition(".")[2]) if "." in key else getattr(config, key)
        if value is not None and value < least:
            fail(key, f"{key} is {value}", f"use at least {least}")
    if not 0 <= config.backend.grace_s < float("inf"):
        fail("backend.grace_s", f"backend.grace_s is {config.backend.grace_s}", "use seconds >= 0")


def skipped_charts(config: ExperimentConfig) -> list[str]:
    """A warning for each name in ``gantt`` that is no instance of the experiment: nothing is drawn for it."""
    from schedcore.errors import did_you_mean

    everything = [name for group in config.groups.values() for name in group.instances]
    return [
        f"gantt: {name!r} is no instance of this run and is not drawn; {did_you_mean(name, everything)}"
        for name in config.gantt
        if name not in everything
    ]
