"""Methods by name: a solver or a policy of the core, of a domain, of a package, or somebody's own class."""

from __future__ import annotations

import re
from typing import Any

from schedcore.errors import InputError, unknown_name


def get_method(name: str, domain: str | None = None) -> Any:
    """The solver called ``name``: of ``domain``, else of the core or a package, else of any domain.

    A policy counts as the solver that carries it out.

    Raises
    ------
    UnknownNameError
        There is no such solver; near misses among all of them are suggested.
    """
    from schedcore.registry import domain_names, get_domain, is_reference
    from schedcore.solvers import get_solver, solver_names

    if domain is not None and name in get_domain(domain).solvers:
        return _of_domain(domain, name)
    if domain is not None and name in get_domain(domain).policies:
        from schedcore.solvers.policy import PolicySolver

        return PolicySolver(find_policy(name, domain))
    if is_reference(name):
        return _referenced(name)
    if name in solver_names():
        return get_solver(name)
    known = list(solver_names())
    for other in domain_names():
        solvers = get_domain(other).solvers
        if name in solvers:
            return _of_domain(other, name)
        known += solvers
    raise unknown_name("solver", name, known, where="--solver")


def _referenced(reference: str) -> Any:
    """The solver ``package.module:Class``; a policy becomes the solver that runs it."""
    from schedcore.executor import Policy
    from schedcore.registry import load_reference
    from schedcore.solvers import Solver
    from schedcore.solvers.policy import PolicySolver

    found = load_reference(reference, where="--solver")
    try:
        made = found() if callable(found) else found
    except TypeError as error:
        raise InputError(
            f"{reference} cannot be made without arguments: {error}",
            where="--solver",
            remedy="give its parameters defaults; key=value words change them",
        ) from error
    if isinstance(made, Solver):
        return made
    if isinstance(made, Policy):
        return PolicySolver(made)
    raise InputError(
        f"{reference} is neither a solver nor a policy",
        where="--solver",
        remedy="a solver has name, features and solve(); a policy has name, features, reset() and decide()",
    )


def _of_domain(domain: str, name: str) -> Any:
    """The domain's own solver ``name``: an object, or a class or function that makes one."""
    from schedcore.registry import get_domain, load_reference

    found = load_reference(get_domain(domain).solvers[name], where=f"solver {name!r} of domain {domain}")
    return found() if isinstance(found, type) or not hasattr(found, "solve") else found


def describe(method: object) -> str:
    """First sentence of what ``method`` says of itself: its ``summary``, or the docstring of its class."""
    import functools
    import inspect

    summary = getattr(method, "summary", None)
    if isinstance(method, functools.partial):
        method = method.func
    # A function that makes the method speaks for it; an object by the docstring of its class.
    source = method if inspect.isroutine(method) else type(method)
    text = summary if isinstance(summary, str) else inspect.getdoc(source) or ""
    sentence = text.split("\n\n")[0].replace("\n", " ").rstrip(".")
    sentence = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"\1", sentence)
    return sentence.replace("``", "")


def find_policy(name: str, domain: str | None = None) -> Any:
    """The policy called ``name``; those of ``domain`` come first.

    Raises
    ------
    UnknownNameError
        There is no such policy; near misses among all of them are suggested.
    """
    from schedcore.policies import get_policy, policy_names
    from schedcore.registry import get_domain, load_reference

    own = get_domain(domain).policies if domain is not None else {}
    if name in own:
        found = load_reference(own[name], where=f"policy {name!r} of domain {domain}")
        return found() if isinstance(found, type) else found
    if ":" not in name and name not in policy_names():
        raise unknown_name("policy", name, (*own, *policy_names()), where="--policy")
    return get_policy(name)
