"""One configuration in full, with the origin of every value: what ``sched info experiment=NAME`` shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from schedcore.configdir import ConfigDir
from schedcore.errors import InputError, SchedError, UnknownNameError
from schedcore.experiments.choices import file_of, is_registered
from schedcore.experiments.compose import Composer, leaves
from schedcore.experiments.config import (
    GROUPS,
    BackendConfig,
    DomainConfig,
    ExperimentConfig,
    PolicyConfig,
    SolverConfig,
)
from schedcore.experiments.provenance import Source, shown_path, sources
from schedcore.experiments.schema import check_key
from schedcore.experiments.words import Word, parse_words

KINDS = {"domain": DomainConfig, "solver": SolverConfig, "policy": PolicyConfig, "backend": BackendConfig}


@dataclass(frozen=True, slots=True)
class Inspection:
    """A configuration and where its values come from.

    ``kind`` is ``experiment`` or a group, ``file`` its file if it has one.
    """

    kind: str
    name: str
    file: str | None
    sources: tuple[Source, ...]

    def as_dict(self) -> dict[str, Any]:
        """The inspection as plain data."""
        return {
            "kind": self.kind,
            "name": self.name,
            "file": self.file,
            "values": [source.as_dict() for source in self.sources],
        }


def is_config_word(word: str) -> bool:
    """Whether ``word`` names a configuration: ``experiment=NAME`` or a choice from a group."""
    key, equals, value = word.partition("=")
    return bool(equals and value) and key in ("experiment", *GROUPS)


def inspect(configs: ConfigDir, words: Sequence[str]) -> Inspection:
    """The configuration that the first word names, changed by the others.

    Raises
    ------
    InputError
        It does not resolve, or a word is a sweep.
    """
    kind, _, name = words[0].partition("=")
    name = name.strip("'\"")
    others = parse_words(words[1:])
    for word in others:
        if word.swept:
            raise InputError(
                f"{word.text} is a sweep", where=word.place, remedy="give one value; sched sweep --dry-run shows sweeps"
            )
    if kind == "experiment":
        return _experiment(configs, name, others)
    return _choice(configs, kind, name, others)


def _experiment(configs: ConfigDir, name: str, words: Sequence[Word]) -> Inspection:
    file = configs.experiment_file(name)
    found = _sources(Composer(configs, name), {}, words)
    return Inspection("experiment", name, shown_path(file), tuple(found))


def _choice(configs: ConfigDir, group: str, name: str, words: Sequence[Word]) -> Inspection:
    try:
        is_registered(configs, group, name)
    except UnknownNameError as error:
        raise UnknownNameError(error.what, where=f"word '{group}={name}'", remedy=error.remedy) from None
    found = _sources(Composer(configs), {group: name}, words)
    mine = [source for source in found if source.key.partition(".")[0] == group]
    if group in ("solver", "policy"):
        mine = [source for source in mine if source.key != f"{group}.parameters"]
        try:
            mine += _parameters(group, mine)
        except SchedError as error:
            # A parameter has the word that sets it, or the word that chose the method.
            near = next((w for w in words if error.what.endswith(repr(_inner(w.key)))), None)
            place = near.place if near else f"word '{group}={name}'"
            raise type(error)(error.what, where=place, remedy=error.remedy) from error
    file = file_of(configs, group, name)
    return Inspection(group, name, None if file is None else shown_path(file), tuple(mine))


def _inner(key: str) -> str:
    """``x`` of ``solver.parameters.x``."""
    return key.partition(".parameters.")[2]


def _sources(composer: Composer, choices: dict[str, str], words: Sequence[Word]) -> list[Source]:
    chosen = dict(choices)
    plain: list[str] = []
    for word in words:
        if not word.deletes:
            check_key(ExperimentConfig, word.key, word.place)
        if word.chooses and isinstance(word.values, tuple) and word.values[0] is not None:
            chosen[word.key] = word.values[0]
        elif word.chooses:
            plain.append(f"++{word.text}")
        else:
            plain.append(word.for_hydra)
    places = {word.key: word.place for word in words}
    try:
        with composer:
            return sources(composer, chosen, plain, ExperimentConfig, places)
    except SchedError as error:
        place = next((places[key] for key in places if error.where and key in error.where), error.where)
        raise type(error)(error.what, where=place, remedy=error.remedy) from error


def _parameters(group: str, known: Sequence[Source]) -> list[Source]:
    """Parameters of the method itself that the configuration leaves as they are."""
    import dataclasses

    from schedcore.experiments.methods import find_policy, get_method
    from schedcore.experiments.parameters import full_name, parameter_names, parameter_value, with_parameters
    from schedcore.solvers.policy import PolicySolver

    name = next(str(source.value) for source in known if source.key == f"{group}.name")
    method = get_method(name) if group == "solver" else find_policy(name)
    prefix = f"{group}.parameters."
    with_parameters(
        method,
        {source.key.removeprefix(prefix): source.value for source in _folded(known) if source.key.startswith(prefix)},
    )
    found = []
    for parameter in parameter_names(method):
        value = parameter_value(method, parameter)
        keys = {f"{group}.parameters.{name}" for name in (parameter, full_name(method, parameter))}
        if any(source.key in keys or source.key.startswith(tuple(f"{key}." for key in keys)) for source in known):
            continue
        key = f"{group}.parameters.{parameter}"
        if dataclasses.is_dataclass(value) and not hasattr(value, "name"):
            value = dataclasses.asdict(value)  # type: ignore[arg-type]
        elif not isinstance(value, (str, int, float, bool, list, tuple, dict, type(None))):
            value = getattr(value, "name", type(value).__name__)
        owner = getattr(method, "policy", method) if isinstance(method, PolicySolver) else method
        found.append(Source(key, value, "default", f"default of {type(owner).__name__}"))
    return found


def inspection_text(inspection: Inspection) -> str:
    """The inspection for people: key, value, origin; defaults last."""
    from schedcore.cli.text import table

    head = f"{inspection.kind} {inspection.name}"
    if inspection.file is not None:
        head += f"  ({inspection.file})"
    given = [source for source in inspection.sources if source.origin != "default"]
    # Every method and group has the same keys; those that are not set go without saying.
    rest = [
        source
        for source in inspection.sources
        if source.origin == "default" and not source.key.startswith(("methods.", "groups."))
    ]
    rows = [[source.key, _shown(source.value), source.place] for source in _folded([*given, *rest])]
    return f"{head}\n{table(('key', 'value', 'from'), rows)}"


def _folded(found: Sequence[Source]) -> list[Source]:
    """Items of a list that stand on neighbouring lines as one row."""
    folded: list[Source] = []
    lists: dict[str, tuple[int, list[Any], list[str]]] = {}
    for source in found:
        base, bracket, _ = source.key.partition("[")
        if not bracket:
            folded.append(source)
        elif base in lists:
            lists[base][1].append(source.value)
            lists[base][2].append(source.place)
        else:
            lists[base] = (len(folded), [source.value], [source.place])
            folded.append(source)
    for base, (i, values, places) in lists.items():
        place = places[0] if places[0] == places[-1] else f"{places[0]} to {places[-1].rpartition(':')[2]}"
        folded[i] = Source(base, values, folded[i].origin, place)
    return folded


def _shown(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        text = ", ".join(str(item) for item in value)
        return f"[{text}]" if len(text) <= 60 else f"[{text[:57].rpartition(', ')[0]}, ...] ({len(value)})"
    if isinstance(value, dict):
        return "{}" if not value else ", ".join(f"{key}: {item}" for key, item in leaves(value))
    if value is None or isinstance(value, bool):
        return str(value).lower().replace("none", "null")
    if isinstance(value, float):
        return f"{value:g}"
    text = str(value)
    return text if len(text) <= 60 else text[:57] + "..."
