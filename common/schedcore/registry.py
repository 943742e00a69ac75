"""What the command finds by name: domains, and methods that live outside this project.

A domain package defines one :class:`Domain` and names it in ``pyproject.toml``::

    [project.entry-points."sched.domains"]
    jssp = "jssp.domain:domain"

A package of somebody else adds solvers and policies in the same way under ``sched.solvers`` and
``sched.policies``; without packaging anything, ``package.module:Name`` works wherever a method is
named.  Nothing is imported before it is asked for.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.bench import Suite
from schedcore.domain_options import DomainOption
from schedcore.errors import InputError, SchedError, UnknownNameError, did_you_mean, unknown_name

if TYPE_CHECKING:
    from schedcore.model import Problem

DOMAINS = "sched.domains"
SOLVERS = "sched.solvers"
POLICIES = "sched.policies"

_REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@dataclass(frozen=True, slots=True)
class LoadedInstance:
    """An instance turned into a problem, with what is known about it.

    ``lower_bound`` and ``upper_bound`` bound the objective of ``problem`` (equal when the optimum is
    proven) and ``bound_source`` says where they come from, with a date.  ``info`` is shown by
    ``sched info``: sizes, family, generator and seeds, attribution.  ``origin`` is the file that was
    read, or ``None`` for an instance that was generated or shipped.  ``source`` is the instance in the
    domain's own nouns, for :attr:`Domain.describe`.
    """

    problem: Problem
    name: str
    lower_bound: int | None = None
    upper_bound: int | None = None
    bound_source: str | None = None
    origin: Path | None = None
    info: Mapping[str, Any] = field(default_factory=dict)
    source: Any = None


@dataclass(frozen=True, slots=True)
class Domain:
    """All that the command needs to know of a scheduling domain.

    Parameters
    ----------
    name
        The word on the command line, equal to the entry-point name.
    summary
        One line for ``sched list domains``.
    instance_names
        Names of the instances that need no file, in display order.  Cheap: no instance is built.
    load
        ``load(instance, data_dirs)``: a name from ``instance_names``, a generator expression of the
        domain, or a path of a file; relative file names are also looked up in ``data_dirs``, in
        order.  Raises :class:`~schedcore.errors.UnknownNameError` (with near misses) or
        :class:`~schedcore.errors.FormatError`.
    suites
        Suites of ``sched bench`` by name.
    solvers
        Solvers that only this domain has: name to ``package.module:Name``.
    policies
        Policies that only this domain has, likewise.
    runners
        What else than solving can be done in a trial of an experiment, likewise; each is a
        :class:`~schedcore.experiments.runner.Runner`.
    trainers
        Recipes of ``sched train``: name to ``package.module:name`` of a :class:`~schedcore.training.Trainer`.
    evaluation
        What ``sched eval`` runs; its rows need no reference.
    takes_format
        Whether ``load`` takes the name of a file format as a third argument (``None``: told by the file).
    options
        Options of the domain on the command line.  If there are any, ``load`` takes the keyword ``options``: a mapping
        of those that were given.  What they choose must also be sayable in the name of the instance
        (``star:load=0.5``), since a trial of a sweep has only that.
    simulate, info, describe
        ``package.module:name`` of functions of :mod:`schedcore.domain_verbs`.
    """

    name: str
    summary: str
    instance_names: Callable[[], Sequence[str]]
    load: Callable[..., LoadedInstance]
    suites: Mapping[str, Suite] = field(default_factory=dict)
    solvers: Mapping[str, str] = field(default_factory=dict)
    policies: Mapping[str, str] = field(default_factory=dict)
    runners: Mapping[str, str] = field(default_factory=dict)
    takes_format: bool = False
    trainers: Mapping[str, str] = field(default_factory=dict)
    evaluation: Suite | None = None
    options: Sequence[DomainOption] = ()
    simulate: str | None = None
    info: str | None = None
    describe: str | None = None


@cache
def _entry_points(group: str) -> dict[str, EntryPoint]:
    found: dict[str, EntryPoint] = {}
    for point in entry_points(group=group):
        other = found.get(point.name)
        if other is not None and other.value != point.value:
            raise InputError(
                f"two packages register {point.name!r}: {other.value} and {point.value}",
                where=f"entry points {group}",
                remedy="uninstall one of them",
            )
        found[point.name] = point
    return found


def registered_names(group: str) -> tuple[str, ...]:
    """Names registered by installed packages under the entry-point ``group``, sorted; nothing is imported."""
    return tuple(sorted(_entry_points(group)))


def is_reference(text: str) -> bool:
    """Whether ``text`` has the form ``package.module:Name``."""
    return _REFERENCE.fullmatch(text) is not None


def load_reference(reference: str, *, where: str | None = None) -> Any:
    """The object that ``package.module:Name`` points at.

    Raises
    ------
    InputError
        The text has another form, or the module fails while it is imported.
    UnknownNameError
        There is no such module, or no such name in it.
    """
    if not is_reference(reference):
        raise InputError(
            f"{reference!r} is not of the form package.module:Name", where=where, remedy="for example mylab.rules:Fifo"
        )
    module_name, _, attribute = reference.partition(":")
    try:
        target: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        missing = error.name or module_name
        if module_name == missing or module_name.startswith(missing + "."):
            remedy = "install the package, or put its folder on PYTHONPATH"
            raise UnknownNameError(f"no module named {missing!r}", where=where or reference, remedy=remedy) from error
        raise InputError(
            f"module {module_name!r} needs {missing!r}, which is not installed",
            where=where or reference,
            remedy=f"install {missing}",
        ) from error
    except Exception as error:
        raise InputError(
            f"module {module_name!r} fails while it is imported: {type(error).__name__}: {error}",
            where=where or reference,
            remedy=f'run  python -c "import {module_name}"  to see where',
        ) from error
    walked = module_name
    for part in attribute.split("."):
        try:
            target = getattr(target, part)
        except AttributeError as error:
            known = [name for name in dir(target) if not name.startswith("_")]
            raise UnknownNameError(
                f"{walked!r} has no attribute {part!r}", where=where or reference, remedy=did_you_mean(part, known)
            ) from error
        walked = f"{walked}.{part}"
    return target


def load_registered(group: str, name: str) -> Any:
    """The object that an installed package registered as ``name`` under ``group``."""
    points = _entry_points(group)
    if name not in points:
        raise unknown_name(group.rpartition(".")[2].removesuffix("s"), name, points)
    point = points[name]
    return load_reference(point.value, where=f"entry point {group} {name} = {point.value}")


def domain_names() -> tuple[str, ...]:
    """Names of the registered domains, sorted; nothing is imported."""
    return registered_names(DOMAINS)


def known_domains() -> tuple[Domain, ...]:
    """The registered domains that can be loaded; one that fails is told where it is used."""
    found = []
    for name in domain_names():
        try:
            found.append(get_domain(name))
        except SchedError:
            continue
    return tuple(found)


def get_domain(name: str) -> Domain:
    """The domain called ``name``; near misses are suggested when there is none."""
    if name not in domain_names():
        raise unknown_name("domain", name, domain_names())
    found = load_registered(DOMAINS, name)
    if not isinstance(found, Domain):
        raise InputError(
            f"domain {name!r} is a {type(found).__name__}, not a schedcore.registry.Domain",
            where=f"entry point {DOMAINS}",
            remedy="point the entry point at a Domain object",
        )
    return found
