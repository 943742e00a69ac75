"""Policies by name: shipped ones, checkpoints, and ``package.module:Name`` of somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from schedcore.errors import InputError, unknown_name
from schedcore.registry import is_reference, load_reference
from uam.learn.registry import LEARNED
from uam.state import Policy

POLICIES: dict[str, str] = {
    "random": "uam.policies.simple:RandomPolicy",
    "greedy": "uam.policies.simple:GreedyPolicy",
    "greedy-rate": "uam.policies.simple:GreedyRatePolicy",
    "stay-put": "uam.policies.simple:StayPolicy",
    "two-step": "uam.baselines.two_step:TwoStepPolicy",
    "tuned-rule": "uam.baselines.tuned_rule:TunedRule",
    "genetic": "uam.baselines.genetic:genetic",
    "rolling-milp": "uam.baselines.rolling_milp:rolling_milp",
    "rolling-milp-oracle": "uam.baselines.rolling_milp:rolling_milp_oracle",
    "rolling-cpsat": "uam.baselines.rolling_cpsat:rolling_cpsat",
    "rolling-cpsat-oracle": "uam.baselines.rolling_cpsat:rolling_cpsat_oracle",
    "prices": "uam.planner.price_policy:prices",
    **LEARNED,
}
"""Name to ``package.module:Name`` of a class or function that makes the policy."""

CHECKPOINT_SUFFIXES = (".pt", ".ckpt", ".zip")
CHECKPOINT_LOADER = "uam.learn.checkpoint:load_policy"
"""A function from the path of a checkpoint to the policy in it."""


def make_policy(name: str, parameters: Mapping[str, Any] | None = None) -> Policy:
    """The policy called ``name``, or that of the checkpoint at this path, made with ``parameters``.

    Raises
    ------
    UnknownNameError
        No such policy; near misses are suggested.
    InputError
        There is no such file, the parameters do not fit, or the thing referred to is no policy.
    """
    where = f"policy {name!r}"
    arguments = dict(parameters or {})
    if Path(name).suffix in CHECKPOINT_SUFFIXES:
        if not Path(name).is_file():
            raise InputError(f"there is no file {name!r}", where="policy", remedy="check the path of the checkpoint")
        maker, arguments = load_reference(CHECKPOINT_LOADER, where=where), {"path": Path(name), **arguments}
    elif name in POLICIES:
        maker = load_reference(POLICIES[name], where=where)
    elif is_reference(name):
        maker = load_reference(name, where=where)
    else:
        raise unknown_name("policy", name, POLICIES, where="policy")
    try:
        made = maker(**arguments)
    except TypeError as error:
        given = ", ".join(arguments) or "no parameters"
        raise InputError(f"it cannot be made with {given}: {error}", where=where, remedy="see its class") from None
    if not isinstance(made, Policy):
        raise InputError(
            f"{type(made).__name__} is no policy of uam",
            where=where,
            remedy="it needs name, clairvoyant, reset(plan, realised, seed) and act(state); see uam.state.Policy",
        )
    return made
