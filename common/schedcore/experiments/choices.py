"""What may be chosen from a group: files of ``configs/GROUP/``, and names that are registered."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from schedcore.configdir import ConfigDir
from schedcore.errors import SchedError, UnknownNameError, did_you_mean
from schedcore.registry import is_reference

BACKENDS = ("auto", "inline", "process", "ray")


@cache
def registered(group: str) -> tuple[str, ...]:
    """Names of ``group`` that need no file, sorted: they stand for a configuration with only this name."""
    from schedcore.registry import domain_names

    if group == "backend":
        return BACKENDS
    if group == "domain":
        return tuple(sorted(domain_names()))
    if group == "solver":
        from schedcore.solvers import solver_names

        return tuple(sorted({*solver_names(), *_of_domains("solvers"), *_of_domains("policies")}))
    from schedcore.policies import policy_names
    from schedcore.policies.rules import ALIASES

    return tuple(sorted({*policy_names(), *ALIASES, *_of_domains("policies")}))


def _of_domains(field: str) -> set[str]:
    from schedcore.registry import domain_names, get_domain

    found: set[str] = set()
    for name in domain_names():
        try:
            found |= set(getattr(get_domain(name), field))
        except SchedError:
            continue  # a broken domain is told where it is used; its names must not hide those of others
    return found


def options(configs: ConfigDir, group: str) -> tuple[str, ...]:
    """Everything that may be chosen from ``group``: files first, each part sorted."""
    files = configs.names(group)
    return (*files, *(name for name in registered(group) if name not in files))


def is_registered(configs: ConfigDir, group: str, name: str) -> bool:
    """Whether ``name`` is a registered name or a reference, and no file.

    Raises
    ------
    UnknownNameError
        It is neither that nor a file; near misses are suggested.
    """
    if name in configs.names(group):
        return False
    if name in registered(group) or (group in ("solver", "policy") and is_reference(name)):
        return True
    remedy = did_you_mean(name, options(configs, group))
    if group == "policy" and name in options(configs, "solver"):
        remedy = f"{name} is a solver:  solver={name}"
    raise UnknownNameError(f"unknown {group} {name!r}", where=group, remedy=remedy)


def file_of(configs: ConfigDir, group: str, name: str) -> Path | None:
    """The file behind the choice ``name``, if there is one."""
    return configs.path / group / f"{name}.yaml" if name in configs.names(group) else None
