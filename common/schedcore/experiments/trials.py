"""The trials of one configuration: its groups, methods and seeds, or its one instance and method."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from schedcore.errors import InputError, UnknownNameError
from schedcore.experiments.choices import is_registered
from schedcore.experiments.compose import Composer
from schedcore.experiments.config import (
    DomainConfig,
    ExperimentConfig,
    MethodConfig,
    PolicyConfig,
    SolverConfig,
    TrialConfig,
    check_trial,
)
from schedcore.experiments.labels import Row
from schedcore.experiments.schema import Builder, Place
from schedcore.experiments.words import parse_glob

Method = tuple[str, SolverConfig | None, PolicyConfig | None, MethodConfig | None]
"""Name in the tables, solver or policy, and what the experiment says of it."""

_LIMITS = ("time_limit_s", "deterministic_limit", "workers", "gpus", "memory_mb", "timeout_s")


class Trials:
    """Makes the trials of configurations of one sweep.

    Parameters
    ----------
    composer
        Knows the files of the groups that methods choose from.
    place
        Where a key was set, for messages.
    """

    def __init__(self, composer: Composer, place: Place) -> None:
        self._composer = composer
        self._place = place
        self._files: dict[tuple[str, str], Any] = {}
        self._methods: dict[int, tuple[Any, SolverConfig | None, PolicyConfig | None]] = {}
        self._domains: dict[tuple[str, str], DomainConfig] = {}
        self._groups: dict[int, tuple[Any, list[tuple[str, DomainConfig, str]]]] = {}
        self._texts: dict[int, tuple[Any, str]] = {}
        self._known: set[tuple[str, str, bool]] = set()
        self._checked: set[tuple[Any, ...]] = set()

    def of(
        self,
        config: ExperimentConfig,
        plain: Mapping[str, Any],
        given: frozenset[str],
        labels: Mapping[str, Any],
        varied: list[str],
    ) -> Iterator[Row]:
        """The trials of ``config``: by group, instance, method, seed.

        Parameters
        ----------
        plain
            The same configuration as plain data.
        given
            Keys that words or a grid set: they win over groups, methods and seeds of a file.
        labels
            Names of what was chosen from groups.
        varied
            The dotted keys that the sweep sets.
        """
        methods = self._chosen_methods(config, given, labels)
        seeds = [config.seed] if "seed" in given or not config.seeds else config.seeds
        if "seed" in given and "seeds" in given:
            raise InputError("seed and seeds are both given", where=self._place("seed"), remedy="give one of them")
        data_dirs = tuple(config.data_dirs)
        for group, domain, instance in self._instances(config, given):
            for name, solver, policy, more in methods:
                if more is not None and more.groups and group not in more.groups:
                    continue
                settings = (
                    {**config.settings, **more.settings} if more is not None and more.settings else config.settings
                )
                limits = [_limit(config, more, key) for key in _LIMITS]
                time_limit_s, deterministic_limit, workers, gpus, memory_mb, timeout_s = limits
                for seed in seeds:
                    trial = TrialConfig(
                        domain,
                        instance,
                        solver,
                        policy,
                        seed,
                        time_limit_s,
                        deterministic_limit,
                        workers,
                        gpus,
                        memory_mb,
                        timeout_s,
                        data_dirs,
                        settings,
                    )
                    self._check(trial, name if more is not None else None, more)
                    yield Row(trial, group, name, more is not None, plain, labels, varied)

    def identity(self, config: TrialConfig) -> tuple[Any, ...]:
        """Equal for equal configurations; cheaper than comparing their text."""
        return (
            config.domain.name,
            config.domain.runner,
            config.instance,
            self._text(config.solver),
            self._text(config.policy),
            config.seed,
            config.time_limit_s,
            config.deterministic_limit,
            config.workers,
            config.gpus,
            config.memory_mb,
            config.timeout_s,
            config.data_dirs,
            self._text(config.settings),
        )

    def _text(self, part: Any) -> str:
        found = self._texts.get(id(part))
        if found is None or found[0] is not part:
            found = self._texts[id(part)] = (part, repr(part))
        return found[1]

    def _check(self, trial: TrialConfig, method: str | None, more: MethodConfig | None) -> None:
        values = tuple(getattr(trial, key) for key in (*_LIMITS, "seed"))
        if values not in self._checked:

            def place(key: str) -> str:
                own = more is not None and key in _LIMITS and getattr(more, key) is not None
                return self._place(f"methods.{method}.{key}" if own else key)

            check_trial(trial, place)
            self._checked.add(values)

    # ---- methods ---------------------------------------------------------------------------------

    def _chosen_methods(
        self, config: ExperimentConfig, given: frozenset[str], labels: Mapping[str, Any]
    ) -> list[Method]:
        said = {"solver", "policy"} & given
        if config.methods and not said:
            if config.solver is not None or config.policy is not None:
                key = "solver" if config.solver is not None else "policy"
                raise InputError(
                    f"both methods and {key} are set", where=self._place(key), remedy="keep one of them in the file"
                )
            return [self._named(name, method) for name, method in config.methods.items()]
        solver, policy = config.solver, config.policy
        if "solver" in said and "policy" in said and solver is not None and policy is not None:
            raise InputError(
                f"two methods are given: solver {solver.name} and policy {policy.name}",
                where=self._place("policy"),
                remedy="give one of the two; a trial has one method",
            )
        # What a word says wins over what a file says; between equals the policy is the method.
        if policy is not None and not ("solver" in said and "policy" not in said and solver is not None):
            self._exists("policy", policy.name, "policy.name")
            return [(str(labels.get("policy") or policy.name), None, policy, None)]
        solver = solver or _AUTO
        self._exists("solver", solver.name, "solver.name")
        return [(str(labels.get("solver") or solver.name), solver, None, None)]

    def _named(self, name: str, method: MethodConfig) -> Method:
        found = self._methods.get(id(method))
        if found is None:
            if method.solver is not None:
                data = self._chosen("solver", method.solver, f"methods.{name}.solver")
                data = {**data, "parameters": {**(data.get("parameters") or {}), **method.parameters}}
                found = (method, Builder().build(SolverConfig, data), None)
            else:
                assert method.policy is not None
                data = self._chosen("policy", method.policy, f"methods.{name}.policy")
                data = {**data, "parameters": {**(data.get("parameters") or {}), **method.parameters}}
                found = (method, None, Builder().build(PolicyConfig, data))
            self._methods[id(method)] = found
        return name, found[1], found[2], method

    def _chosen(self, group: str, name: str, key: str) -> Any:
        memo = (group, name)
        if memo not in self._files:
            self._exists(group, name, key, files=True)
            self._files[memo] = self._composer.group_file(group, name)
        return self._files[memo]

    def _exists(self, group: str, name: str, key: str, *, files: bool = False) -> None:
        """Refuse a name that is not registered; ``files``: and that is no file of the group either."""
        if (group, name, files) in self._known:
            return
        try:
            registered = is_registered(self._composer.configs, group, name)
        except UnknownNameError as error:
            raise UnknownNameError(error.what, where=self._place(key), remedy=error.remedy) from None
        if not registered and not files:
            from schedcore.experiments.choices import registered as names

            if name not in names(group):
                raise InputError(
                    f"{name!r} is a file of configs/{group}, and no {group} by itself",
                    where=self._place(key),
                    remedy=f"choose it:  {group}={name}, or in a file  defaults:  - override /{group}: {name}",
                )
        self._known.add((group, name, files))

    # ---- instances -------------------------------------------------------------------------------

    def _instances(self, config: ExperimentConfig, given: frozenset[str]) -> list[tuple[str, DomainConfig, str]]:
        """Group, domain and instance, in order."""
        if config.groups and "instance" not in given:
            if config.instance is not None or config.domain is not None:
                key = "instance" if config.instance is not None else "domain"
                raise InputError(
                    f"both groups and {key} are set", where=self._place(key), remedy="groups name their own"
                )
            found = self._groups.get(id(config.groups))
            if found is None:
                found = self._groups[id(config.groups)] = (config.groups, self._grouped(config))
            return found[1]
        if config.instance is None:
            raise InputError("which instance?", where=self._place("instance"), remedy="give instance=NAME,NAME,...")
        if config.domain is not None:
            domain = self._domain(config.domain.name, config.domain.runner, "domain.name")
            return [(config.domain.name, domain, config.instance)]
        for name, group in config.groups.items():
            if config.instance in self._expanded(group.domain, group.instances, f"groups.{name}.instances"):
                return [(name, self._domain(group.domain, group.runner, f"groups.{name}.domain"), config.instance)]
        kinds = {(group.domain, group.runner) for group in config.groups.values()}
        if len(kinds) != 1:
            raise InputError(
                f"an instance {config.instance!r} of which domain?",
                where=self._place("instance"),
                remedy="give domain=NAME, or an instance of the groups",
            )
        ((name, runner),) = kinds
        return [(name, self._domain(name, runner, "groups"), config.instance)]

    def _grouped(self, config: ExperimentConfig) -> list[tuple[str, DomainConfig, str]]:
        found: dict[tuple[str, str, str], tuple[str, DomainConfig, str]] = {}
        for name, group in config.groups.items():
            domain = self._domain(group.domain, group.runner, f"groups.{name}.domain")
            for instance in self._expanded(group.domain, group.instances, f"groups.{name}.instances"):
                memo = (group.domain, group.runner, instance)
                if memo in found:
                    raise InputError(
                        f"instance {instance!r} occurs twice",
                        where=self._place(f"groups.{name}.instances"),
                        remedy="name it once",
                    )
                found[memo] = (name, domain, instance)
        return list(found.values())

    def _expanded(self, domain: str, instances: list[str], key: str) -> list[str]:
        """Instances with the names that patterns stand for."""
        from schedcore.errors import did_you_mean
        from schedcore.registry import get_domain

        found: list[str] = []
        for i, text in enumerate(instances):
            pattern = parse_glob(text)
            if pattern is None:
                found.append(text)
                continue
            self._domain(domain, "solve", key)
            known = get_domain(domain).instance_names()
            names = pattern.filter(known)
            if not names:
                raise InputError(
                    f"no instance of {domain} matches {text}",
                    where=self._place(f"{key}[{i}]"),
                    remedy=did_you_mean(str(pattern), known),
                )
            found += names
        return found

    def _domain(self, name: str, runner: str, key: str) -> DomainConfig:
        memo = (name, runner)
        if memo not in self._domains:
            self._exists("domain", name, key)
            self._domains[memo] = DomainConfig(name, runner)
        return self._domains[memo]


_AUTO = SolverConfig("auto")


def _limit(config: ExperimentConfig, method: MethodConfig | None, key: str) -> Any:
    own = None if method is None else getattr(method, key)
    return getattr(config, key) if own is None else own
