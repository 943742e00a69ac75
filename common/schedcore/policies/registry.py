"""Policies by name: rules, the packer, entry points of the group ``sched.policies``, own classes."""

from __future__ import annotations

from typing import Any

from schedcore.errors import InputError, unknown_name
from schedcore.executor.policy import Policy
from schedcore.policies.packer import GreedyPacker
from schedcore.policies.priority import PriorityPolicy
from schedcore.policies.rules import ALIASES, RULES
from schedcore.registry import POLICIES, is_reference, load_reference, load_registered, registered_names


def policy_names() -> tuple[str, ...]:
    """Names that :func:`get_policy` understands (besides aliases and ``package.module:Class``), sorted."""
    return tuple(sorted({*RULES, "packer", *registered_names(POLICIES)}))


def get_policy(name: str | Policy, /, **parameters: Any) -> Policy:
    """The policy called ``name``, or made by the class ``package.module:Class``.

    Parameters
    ----------
    name
        A name of :func:`policy_names`, an alias of a rule, a reference, or a policy (returned as it is).
    parameters
        For the constructor: ``optional`` for the built-in policies, ``breadth`` for the packer.

    Raises
    ------
    UnknownNameError
        If there is no such policy.
    InputError
        If the parameters do not fit, or what is found is no policy.
    """
    if not isinstance(name, str):
        return _checked(name, repr(name))
    lower = name.lower()
    if lower in RULES or lower in ALIASES:
        return _made(lambda **p: PriorityPolicy(lower, **p), parameters, name)
    if lower == "packer":
        return _made(GreedyPacker, parameters, name)
    if is_reference(name):
        return _made(load_reference(name, where="policy"), parameters, name)
    if name in registered_names(POLICIES):
        return _made(load_registered(POLICIES, name), parameters, name)
    raise unknown_name("policy", name, [*policy_names(), *ALIASES], where="policy")


def _made(factory: Any, parameters: dict[str, Any], name: str) -> Policy:
    if not callable(factory):
        if parameters:
            raise InputError(f"policy {name!r} takes no parameters", where="policy", remedy="leave them out")
        return _checked(factory, name)
    try:
        made = factory(**parameters)
    except TypeError as error:
        raise InputError(
            f"policy {name!r} does not take these parameters: {error}", where="policy", remedy="see its documentation"
        ) from error
    return _checked(made, name)


def _checked(made: Any, name: str) -> Policy:
    if not isinstance(made, Policy):
        raise InputError(f"{name} is no policy", where="policy", remedy="it needs name, features, reset() and decide()")
    return made
