"""The plan of an experiment: its trials in a fixed order, each with its key."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.code_version import code_version
from schedcore.experiments.config import ExperimentConfig, MethodConfig
from schedcore.experiments.trial import RECORD_SCHEMA, Trial, load_instance

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance


@dataclass(frozen=True)
class Plan:
    """All trials of an experiment: by group, instance, method, seed, in the order of the configuration."""

    name: str
    config: ExperimentConfig
    trials: tuple[Trial, ...]
    loaded: Mapping[tuple[str, str], LoadedInstance]
    """The instances by domain and name."""

    def instance_of(self, trial: Trial) -> LoadedInstance:
        """The instance of ``trial``."""
        return self.loaded[trial.domain, trial.instance]


def make_plan(name: str, config: ExperimentConfig) -> Plan:
    """Expand ``config``; every instance is loaded and every method found before anything runs.

    Raises
    ------
    InputError
        An instance, solver or parameter does not exist, or a pair would be run twice.
    """
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.parameters import with_parameters
    from schedcore.registry import get_domain

    domains = {group.domain: get_domain(group.domain) for group in config.groups.values()}
    for method_name, method in config.methods.items():
        for group_name, group in config.groups.items():
            if not method.groups or group_name in method.groups:
                try:
                    found = get_method(method.solver, domains[group.domain].name)
                except UnknownNameError as error:
                    key = f"methods.{method_name}.solver"
                    raise UnknownNameError(error.what, where=key, remedy=error.remedy) from error
                with_parameters(found, method.parameters)
    loaded: dict[tuple[str, str], LoadedInstance] = {}
    trials: list[Trial] = []
    for group_name, group in config.groups.items():
        for instance in group.instances:
            pair = (group.domain, instance)
            if pair in loaded:
                raise InputError(
                    f"instance {instance!r} occurs twice", where=f"groups.{group_name}", remedy="name it once"
                )
            loaded[pair] = load_instance(group.domain, instance, tuple(config.data_dirs))
            for method_name, method in config.methods.items():
                if method.groups and group_name not in method.groups:
                    continue
                for seed in config.seeds:
                    fingerprint = loaded[pair].problem.fingerprint()
                    trials.append(_trial(config, group_name, pair, fingerprint, method_name, method, seed))
    return Plan(name, config, tuple(trials), loaded)


def _trial(
    config: ExperimentConfig,
    group: str,
    pair: tuple[str, str],
    fingerprint: str,
    name: str,
    method: MethodConfig,
    seed: int,
) -> Trial:
    decides = {
        "solver": method.solver,
        "seed": seed,
        "time_limit_s": config.time_limit_s if method.time_limit_s is None else method.time_limit_s,
        "workers": config.workers if method.workers is None else method.workers,
        "deterministic_limit": method.deterministic_limit,
        "parameters": tuple(sorted(method.parameters.items())),
    }
    from schedcore.registry import get_domain

    code = code_version(get_domain(pair[0]).load.__module__.partition(".")[0])
    return Trial(
        key=trial_key({**decides, "domain": pair[0], "instance": pair[1], "problem": fingerprint, "code": code}),
        group=group,
        domain=pair[0],
        instance=pair[1],
        method=name,
        data_dirs=tuple(config.data_dirs),
        **decides,  # type: ignore[arg-type]
    )


def trial_key(decides: Mapping[str, Any]) -> str:
    """Hash of what decides the outcome of a trial."""
    from schedcore.model import canonical_json

    text = canonical_json({**decides, "schema": RECORD_SCHEMA})
    return hashlib.blake2b(text.encode(), digest_size=12).hexdigest()
