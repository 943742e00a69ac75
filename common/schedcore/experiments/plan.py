"""The plan of a sweep: its trials in a fixed order, each with its key, and the instances at hand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.errors import InputError, SchedError, UnknownNameError
from schedcore.experiments.code_version import code_version
from schedcore.experiments.config import ExperimentConfig, TrialConfig
from schedcore.experiments.expand import Expansion
from schedcore.experiments.identity import trial_key
from schedcore.experiments.runner import SOLVE, get_runner
from schedcore.experiments.trial import Trial, load_instance

if TYPE_CHECKING:
    from schedcore.registry import LoadedInstance


@dataclass(frozen=True)
class Plan:
    """All trials of a sweep.

    Parameters
    ----------
    config
        Titles, tables and what holds for the whole sweep.
    loaded
        The instances that are problems, by domain and name.
    notes
        What a user should know of how the plan came about.
    """

    name: str
    config: ExperimentConfig
    trials: tuple[Trial, ...]
    loaded: Mapping[tuple[str, str], LoadedInstance]
    notes: tuple[str, ...] = ()

    def instance_of(self, trial: Trial) -> LoadedInstance:
        """The instance of ``trial``."""
        return self.loaded[trial.domain, trial.instance]

    @property
    def estimated_cpu_s(self) -> float:
        """Time limits times workers: what the trials may take at most."""
        return sum(trial.time_limit_s * trial.workers for trial in self.trials)


def make_plan(expansion: Expansion) -> Plan:
    """The trials of ``expansion``; every instance is loaded and every method found before anything runs.

    Raises
    ------
    InputError
        An instance, runner, method or parameter does not exist.
    """
    maker = _Maker(expansion.origin)
    found: dict[str, Trial] = {}
    notes = list(expansion.notes)
    same = 0
    for point in expansion.points:
        trial = maker.trial(point.config, point.group, point.method, point.factors)
        if trial.key in found:
            same += 1
        else:
            found[trial.key] = trial
    if same:
        what = "1 trial is the same as another" if same == 1 else f"{same} trials are the same as others"
        notes.append(f"{what} under another name of its instance, and runs once")
    return Plan(expansion.name, expansion.experiment, tuple(found.values()), maker.loaded, tuple(notes))


def plan_again(name: str, config: ExperimentConfig, trials: Sequence[Trial]) -> Plan:
    """The plan of stored ``trials``, with a note if some have other keys now.

    Raises
    ------
    InputError
        An instance or runner is not there any more.
    """
    maker = _Maker()
    found = tuple(maker.keyed(trial) for trial in trials)
    changed = sum(new.key != old.key for new, old in zip(found, trials, strict=True))
    notes = (
        (f"the code or the instances have changed since: {changed} of {len(trials)} trials count as new",)
        if changed
        else ()
    )
    return Plan(name, config, found, maker.loaded, notes)


_IN_A_FILE = re.compile(r"[/\\]|:\d+$|\.\w{2,4}$")
"""A place that is a file, or a line of one."""


class _Maker:
    """Makes trials; what many of them share is worked out once.

    Parameters
    ----------
    origin
        Where the first of some keys that was set at all was set, for messages; empty if none was.
    """

    def __init__(self, origin: Callable[..., str] = lambda *keys: "") -> None:
        self.origin = origin
        self.loaded: dict[tuple[str, str], LoadedInstance] = {}
        self._methods: dict[tuple[str, str, str], tuple[tuple[str, Any], ...]] = {}
        self._texts: dict[int, tuple[Any, str]] = {}
        self._fingerprints: dict[tuple[str, str], str] = {}
        self._versions: dict[str, str] = {}
        self._runners: dict[tuple[str, str], Any] = {}

    def trial(self, config: TrialConfig, group: str, label: str, factors: tuple[tuple[str, Any], ...]) -> Trial:
        domain = config.domain.name
        solver, parameters = self._method(config, label)
        trial = Trial(
            key="",
            group=group,
            domain=domain,
            instance=config.instance,
            method=label,
            solver=solver,
            seed=config.seed,
            time_limit_s=config.time_limit_s,
            workers=config.workers,
            deterministic_limit=config.deterministic_limit,
            parameters=parameters,
            data_dirs=config.data_dirs,
            runner=config.domain.runner,
            gpus=config.gpus,
            memory_mb=config.memory_mb,
            timeout_s=config.timeout_s,
            factors=factors,
            settings=_pairs(config.settings) if config.settings else (),
        )
        return self.keyed(trial)

    def keyed(self, trial: Trial) -> Trial:
        """``trial`` with the key that it has by the content of its instance and the code as they are now."""
        name, fingerprint = self._content(trial)
        code = self._version(trial.domain)
        return replace(trial, key=trial_key(trial, instance=name, fingerprint=fingerprint, code=code))

    def _method(self, config: TrialConfig, label: str) -> tuple[str, tuple[tuple[str, Any], ...]]:
        """Name and parameters of the method of a trial; both are tried out once."""
        method = config.method
        text = self._texts.get(id(method))
        if text is None:
            # The method is kept with its text: its identity must not be given to something else.
            text = self._texts[id(method)] = (method, repr(method))
        memo = (config.domain.name, config.domain.runner, text[1])
        parameters = self._methods.get(memo)
        if parameters is None:
            group = "policy" if config.policy is not None else "solver"
            parameters = _pairs(dotted(method.parameters))
            if config.domain.runner == SOLVE:

                def place(*keys: str) -> str:
                    candidates = [f"{top}.{key}" for key in keys for top in (group, f"methods.{label}")]
                    # The name of a named method is the value of its key `solver` or `policy`.
                    return self.origin(*candidates, *((f"methods.{label}.{group}",) if "name" in keys else ()))

                parameters = _tried_out(config.domain.name, group, method.name, parameters, place)
            if config.policy is not None:
                # A policy runs as the solver that carries it out, whose parameter it is.
                parameters = tuple((f"policy.{key}", value) for key, value in parameters)
            self._methods[memo] = parameters
        return method.name, parameters

    def _runner(self, trial: Trial) -> Any:
        pair = (trial.domain, trial.runner)
        if pair not in self._runners:
            try:
                self._runners[pair] = get_runner(*pair)
            except UnknownNameError as error:
                place = self.origin("domain.runner", f"groups.{trial.group}.runner") or error.where
                raise UnknownNameError(error.what, where=place, remedy=error.remedy) from error
        return self._runners[pair]

    def _content(self, trial: Trial) -> tuple[str, str]:
        """Name and hash of the content of the instance of ``trial``."""
        runner = self._runner(trial)
        if not runner.needs_problem:
            return Path(trial.instance).name, runner.fingerprint(trial)
        pair = (trial.domain, trial.instance)
        if pair not in self.loaded:
            try:
                self.loaded[pair] = load_instance(trial.domain, trial.instance, trial.data_dirs)
            except SchedError as error:
                raise self._placed(error, trial) from error
            self._fingerprints[pair] = self.loaded[pair].problem.fingerprint()
        return self.loaded[pair].name, self._fingerprints[pair]

    def _placed(self, error: SchedError, trial: Trial) -> SchedError:
        """An error of loading an instance with the word or line that names it; one inside a file keeps its line."""
        remedy = error.remedy
        if isinstance(error, UnknownNameError) and re.search(r"[*?\[]", trial.instance):
            remedy = f"a pattern is written  instance='glob({trial.instance})'"
        place: str | None = self.origin("instance", f"groups.{trial.group}.instances")
        if not place or (error.where != trial.instance and _IN_A_FILE.search(error.where or "")):
            place = error.where
        return type(error)(error.what, where=place, remedy=remedy)

    def _version(self, domain: str) -> str:
        if domain not in self._versions:
            from schedcore.registry import get_domain

            self._versions[domain] = code_version(get_domain(domain).load.__module__.partition(".")[0])
        return self._versions[domain]


def _tried_out(
    domain: str, group: str, name: str, parameters: tuple[tuple[str, Any], ...], place: Callable[..., str]
) -> tuple[tuple[str, Any], ...]:
    """The parameters by their full names, tried out on the method, so that mistakes show before anything runs.

    ``place`` tells where the first of some keys of the method that was set was set.
    """
    from schedcore.experiments.methods import get_method
    from schedcore.experiments.parameters import full_name, with_parameters
    from schedcore.solvers.policy import PolicySolver

    own_places = (None, "--solver", "--policy", "solver", "policy")
    try:
        found = get_method(name, domain)
        if group == "policy" and not isinstance(found, PolicySolver):
            raise InputError(f"{name!r} is a solver and no policy", where="policy", remedy=f"give it as solver={name}")
    except SchedError as error:
        where = (place("name") or f"{group} {name}") if error.where in own_places else error.where
        raise type(error)(error.what, where=where, remedy=error.remedy) from error
    method = found.policy if group == "policy" else found
    full: dict[str, Any] = {}
    for key, value in parameters:
        try:
            method = with_parameters(method, {key: value})
            name_inside = full_name(method, key)
            if name_inside in full:
                raise InputError(f"the parameter {key!r} is given twice", remedy=f"leave {name_inside} away")
        except SchedError as error:
            where = place(f"parameters.{key}") or f"{group} {name}"
            raise type(error)(error.what, where=where, remedy=error.remedy) from error
        full[name_inside] = value
    return tuple(sorted(full.items()))


def dotted(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of parameters with a dot: ``{"a": {"b": 1}}`` is ``{"a.b": 1}``."""
    flat: dict[str, Any] = {}
    for key, value in parameters.items():
        if isinstance(value, Mapping) and value:
            flat.update({f"{key}.{inner}": item for inner, item in dotted(value).items()})
        else:
            flat[key] = value
    return flat


def _pairs(values: Mapping[str, Any]) -> tuple[tuple[str, Any], ...]:
    """Keys and values in a fixed order; lists as tuples."""
    return tuple((key, _fixed(values[key])) for key in sorted(values))


def _fixed(value: Any) -> Any:
    return tuple(_fixed(item) for item in value) if isinstance(value, (list, tuple)) else value
