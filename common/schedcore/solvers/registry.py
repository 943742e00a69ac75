"""The names of solvers: built-in ones, entry points of the group ``sched.solvers``, policies, own classes."""

from __future__ import annotations

from typing import Any

from schedcore.errors import InputError, unknown_name
from schedcore.registry import SOLVERS, is_reference, load_reference, load_registered, registered_names
from schedcore.solvers.protocol import Solver

_BUILT_IN: dict[str, str] = {
    "auto": "schedcore.solvers.auto:AutoSolver",
    "cpsat": "schedcore.solvers.cpsat.solver:CpsatSolver",
    "exhaustive": "schedcore.solvers.exhaustive:ExhaustiveSolver",
    "lns": "schedcore.solvers.lns.solver:LnsSolver",
    "parallel-sgs": "schedcore.solvers.sgs:ParallelSGSSolver",
    "sgs": "schedcore.solvers.sgs:SGSSolver",
    "tabu": "schedcore.solvers.tabu.search:TabuSolver",
}


def solver_names(*, policies: bool = True) -> list[str]:
    """The names that :func:`get_solver` understands; ``policies=False`` leaves the policies out."""
    names = {*_BUILT_IN, *registered_names(SOLVERS)}
    if policies:
        from schedcore.policies import policy_names

        names.update(policy_names())
    return sorted(names)


def get_solver(spec: str) -> Solver:
    """The solver called ``spec``, or an object of the class ``package.module:Class``.

    Built-in names come before those of packages, and both before policies, which decide on the executor.

    Raises
    ------
    UnknownNameError
        If there is no such name, module or class.
    InputError
        If what is found is no solver.
    """
    if is_reference(spec):
        return _solver(load_reference(spec, where="solver"), spec)
    if spec in _BUILT_IN:
        return _solver(load_reference(_BUILT_IN[spec]), spec)
    if spec in registered_names(SOLVERS):
        return _solver(load_registered(SOLVERS, spec), spec)
    from schedcore.policies import policy_names

    if spec in policy_names():
        from schedcore.solvers.policy import PolicySolver

        return PolicySolver(spec)
    raise unknown_name("solver", spec, solver_names(), where="solver")


def _solver(found: Any, spec: str) -> Solver:
    made = found() if isinstance(found, type) else found
    if not isinstance(made, Solver):
        raise InputError(
            f"{spec} is no solver",
            where="solver",
            remedy="it needs name, features and solve(); see schedcore.solvers.Solver",
        )
    return made
