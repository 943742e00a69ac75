"""The names of solvers: built-in ones, entry points of the group ``sched.solvers``, policies, own classes."""

from __future__ import annotations

import importlib
import importlib.util
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from schedcore.errors import InputError, UnknownNameError, unknown_name
from schedcore.solvers.protocol import Solver

ENTRY_POINT_GROUP = "sched.solvers"

_BUILT_IN: dict[str, str] = {
    "auto": "schedcore.solvers.auto:AutoSolver",
    "cpsat": "schedcore.solvers.cpsat.solver:CpsatSolver",
    "exhaustive": "schedcore.solvers.exhaustive:ExhaustiveSolver",
    "lns": "schedcore.solvers.lns.solver:LnsSolver",
    "tabu": "schedcore.solvers.tabu.search:TabuSolver",
}


def solver_names(*, policies: bool = True) -> list[str]:
    """The names that :func:`get_solver` understands; ``policies=False`` leaves the policies out."""
    names = set(_BUILT_IN) | set(_entry_points())
    if policies:
        names |= set(_policy_names())
    return sorted(names)


def get_solver(spec: str) -> Solver:
    """The solver called ``spec``, or an object of the class ``package.module:Class``.

    Raises
    ------
    UnknownNameError
        If there is no such name, module or class.
    InputError
        If the class is no solver.
    """
    if ":" in spec:
        return _load(spec, where="solver")
    if spec in _BUILT_IN:
        return _load(_BUILT_IN[spec], where=f"solver {spec!r}")
    points = _entry_points()
    if spec in points:
        return _load(points[spec].value, where=f"entry point {spec!r} of {ENTRY_POINT_GROUP}")
    if spec in _policy_names():
        from schedcore.solvers.policy import PolicySolver

        return PolicySolver(spec)
    raise unknown_name("solver", spec, solver_names())


def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=ENTRY_POINT_GROUP)}


def _policy_names() -> list[str]:
    if importlib.util.find_spec("schedcore.policies") is None:
        return []
    from schedcore.policies import policy_names

    return list(policy_names())


def _load(spec: str, *, where: str) -> Solver:
    module_name, _, class_name = spec.partition(":")
    remedy = "give package.module:Class of an importable module"
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise UnknownNameError(f"cannot import {module_name!r}: {error}", where=where, remedy=remedy) from error
    made: Any = getattr(module, class_name, None)
    if made is None:
        raise UnknownNameError(f"module {module_name!r} has no {class_name!r}", where=where, remedy=remedy)
    solver = made() if isinstance(made, type) else made
    if not isinstance(solver, Solver):
        raise InputError(
            f"{spec} is no solver",
            where=where,
            remedy="it needs name, features and solve(); see schedcore.solvers.Solver",
        )
    return solver
