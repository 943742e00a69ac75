"""Names of trials in tables: what varies between them, and the label of a method made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from schedcore.experiments.config import ExperimentConfig, GroupConfig, MethodConfig, TrialConfig
from schedcore.experiments.points import look_up
from schedcore.experiments.schema import default_of


@dataclass(frozen=True, slots=True)
class Row:
    """A trial and what its names are made of.

    Parameters
    ----------
    config, group
        The trial, and its group in the tables.
    base
        Name of the method: of the experiment (``named``), or of the solver or policy that was chosen.
    plain
        The whole configuration as plain data.
    choices
        Labels of what was chosen from groups.
    varied
        The dotted keys that the sweep sets.
    """

    config: TrialConfig
    group: str
    base: str
    named: bool
    plain: Mapping[str, Any]
    choices: Mapping[str, Any]
    varied: Sequence[str]


Factors = tuple[tuple[str, Any], ...]

_TRIAL_KEYS = frozenset(item.name for item in fields(TrialConfig)) - {"domain", "solver", "policy", "settings"}
_METHOD_KEYS = ("solver", "policy", "solver.name", "policy.name")


def labelled(rows: Sequence[Row]) -> Iterator[tuple[Row, str, Factors]]:
    """Every row with the label of its method and its factors.

    A factor is a key with more than one value among the rows.  The label names the method, then every
    other factor that was set for it.
    """
    values = {key: [_value(row, key) for row in rows] for key in _candidates(rows)}
    varying = [key for key, column in values.items() if len({repr(value) for value in column}) > 1]
    short = _short_names([key for key in varying if key not in ("method", "solver", "policy")])
    taken: dict[tuple[Any, ...], dict[str, str]] = {}
    texts: dict[int, str] = {}
    for i, row in enumerate(rows):
        factors = tuple((key, values[key][i]) for key in varying)
        parts = [
            f"{short[key]}={_text(value)}"
            for key, value in factors
            if key in short and key in row.varied and value is not None
        ]
        label = " ".join([row.base, *parts])
        # Different trials of one instance and seed must not share a name.
        place = (row.config.domain.name, row.config.domain.runner, row.config.instance, row.config.seed, label)
        others = taken.setdefault(place, {})
        method = row.config.method
        memo = texts.setdefault(id(method), repr(method)) + repr((row.config.settings, row.config.time_limit_s))
        number = others.setdefault(memo, "" if not others else f" #{len(others) + 1}")
        yield row, label + number, factors


def _candidates(rows: Iterable[Row]) -> list[str]:
    found: dict[str, None] = {}
    previous: Sequence[str] | None = None
    for row in rows:
        if row.named:
            found["method"] = None
        if row.varied == previous:
            continue
        previous = row.varied
        for key in row.varied:
            if key in _METHOD_KEYS:
                found[key.partition(".")[0]] = None
            elif key.partition(".")[0] not in (
                "instance",
                "seed",
                "seeds",
                "domain",
                "groups",
                "methods",
            ) or key.startswith("methods."):
                found[key] = None
    return sorted(found, key=lambda key: key != "method")


def _value(row: Row, key: str) -> Any:
    """The value of a factor in a row; ``None`` where it plays no part."""
    config = row.config
    if key == "method":
        return row.base if row.named else None
    top = key.partition(".")[0]
    if top in ("solver", "policy"):
        method = getattr(config, top)
        if method is None or row.named:
            return None
        return row.choices.get(top) or method.name if key == top else look_up(row.plain, key)
    if top == "methods":
        name = key.split(".")[1] if "." in key else ""
        return look_up(row.plain, key) if row.named and row.base == name else None
    if key in _TRIAL_KEYS:
        return getattr(config, key)
    value = look_up(row.plain, key)
    return default_of(ExperimentConfig, key) if value is None else value


def _short_names(keys: Sequence[str]) -> dict[str, str]:
    """Keys without what goes without saying, as long as they stay different."""

    def short(key: str) -> str:
        parts = key.split(".")
        if parts[0] == "methods":
            parts = parts[2:] or parts
        if parts[0] in ("solver", "policy") and len(parts) > 2 and parts[1] == "parameters":
            parts = parts[2:]
        elif parts[0] in ("parameters", "settings") and len(parts) > 1:
            parts = parts[1:]
        if parts[0] == "parameters" and len(parts) > 1:
            parts = parts[1:]  # a method that keeps its parameters in a field of this name
        return ".".join(parts)

    # Keys of different methods never meet in one label.
    owner = {key: key.split(".")[1] if key.startswith("methods.") else "" for key in keys}
    names = {key: short(key) for key in keys}
    clash = {
        key
        for key in keys
        for other in keys
        if other != key
        and names[other] == names[key]
        and (owner[key] == owner[other] or "" in (owner[key], owner[other]))
    }
    return {key: key if key in clash else name for key, name in names.items()}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(_text(item) for item in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_text(item)}" for key, item in value.items()) + "}"
    return str(value)


def tabled(whole: ExperimentConfig, points: Iterable[tuple[TrialConfig, str, str]]) -> ExperimentConfig:
    """``whole`` with the groups, methods, seeds and charts that ``points`` (trial, group, method) really have."""
    instances: dict[str, dict[str, None]] = {}
    groups: dict[str, GroupConfig] = {}
    methods: dict[str, MethodConfig] = {}
    seeds: dict[int, None] = {}
    for config, group, method in points:
        if group not in groups:
            title = whole.groups[group].title if group in whole.groups else ""
            groups[group] = GroupConfig(config.domain.name, [], title, config.domain.runner)
            instances[group] = {}
        instances[group][config.instance] = None
        seeds[config.seed] = None
        if method not in methods:
            found = config.method
            methods[method] = MethodConfig(
                solver=None if config.solver is None else found.name,
                policy=None if config.policy is None else found.name,
                parameters=found.parameters,
                time_limit_s=config.time_limit_s,
                deterministic_limit=config.deterministic_limit,
                workers=config.workers,
                gpus=config.gpus,
                memory_mb=config.memory_mb,
                timeout_s=config.timeout_s,
                settings=config.settings,
            )
    own = {
        name: [item for item in whole.groups[name].gantt if item in instances[name]]
        for name in groups
        if name in whole.groups
    }
    drawn = dict.fromkeys([*whole.gantt, *(item for items in own.values() for item in items)])
    filled = {name: replace(group, instances=list(instances[name])) for name, group in groups.items()}
    return replace(whole, groups=filled, methods=methods, seeds=list(seeds), gantt=list(drawn))
