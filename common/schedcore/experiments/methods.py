"""Methods by name: a solver or a policy of the core, of a domain, of a package, or somebody's own class."""

from __future__ import annotations

import re
from typing import Any

from schedcore.errors import unknown_name


def get_method(name: str, domain: str | None = None) -> Any:
    """The solver called ``name``; those of ``domain`` come first.

    Raises
    ------
    UnknownNameError
        There is no such solver; near misses among all of them are suggested.
    """
    from schedcore.registry import get_domain, load_reference
    from schedcore.solvers import get_solver, solver_names

    own = get_domain(domain).solvers if domain is not None else {}
    if name in own:
        found = load_reference(own[name], where=f"solver {name!r} of domain {domain}")
        return found() if callable(found) and not hasattr(found, "solve") or isinstance(found, type) else found
    if ":" not in name and name not in solver_names():
        raise unknown_name("solver", name, (*own, *solver_names()), where="--solver")
    return get_solver(name)


def describe(method: object) -> str:
    """First sentence of what ``method`` says of itself: its ``summary``, or the docstring of its class."""
    import inspect

    summary = getattr(method, "summary", None)
    text = summary if isinstance(summary, str) else inspect.getdoc(type(method)) or ""
    sentence = text.split("\n\n")[0].replace("\n", " ").rstrip(".")
    sentence = re.sub(r":\w+:`~?(?:[\w.]*\.)?(\w+)`", r"\1", sentence)
    return sentence.replace("``", "")
