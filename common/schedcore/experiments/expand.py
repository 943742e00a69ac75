"""From a target, words and a grid to trials: every combination, once."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schedcore.configdir import ConfigDir
from schedcore.errors import InputError, UnknownNameError, did_you_mean
from schedcore.experiments.choices import is_registered
from schedcore.experiments.compose import ANY, Composer
from schedcore.experiments.config import (
    GROUPS,
    ExperimentConfig,
    TrialConfig,
    check_experiment,
)
from schedcore.experiments.dimensions import Dimensions, Setting
from schedcore.experiments.grid import Grid, read_grid
from schedcore.experiments.labels import Row, labelled, tabled
from schedcore.experiments.points import PointMaker, look_up, overlap
from schedcore.experiments.schema import Builder
from schedcore.experiments.trials import Trials
from schedcore.experiments.words import Word, parse_words

MAX_POINTS = 1_000_000
"""More combinations than anybody means."""


@dataclass(frozen=True, slots=True)
class Point:
    """A trial of an expansion.

    Parameters
    ----------
    config
        All that is decided about it.
    group, method
        Names for tables.
    factors
        Keys that vary besides instance and seed, with the values here.
    """

    config: TrialConfig
    group: str
    method: str
    factors: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Expansion:
    """All trials that a target, words and a grid stand for.

    Parameters
    ----------
    experiment
        Titles, tables and what holds for the whole sweep; ``groups`` and ``methods`` are those of the points.
    estimated_cpu_s
        Time limits times workers: what the trials may take at most.
    notes
        What a user should know of the expansion: duplicates, words that won over the grid.
    origin
        ``origin(key, ...)``: the word, or the line of a grid or file, that sets the first of these dotted keys that
        is set at all; empty if none is.
    """

    name: str
    title: str
    points: tuple[Point, ...]
    experiment: ExperimentConfig
    estimated_cpu_s: float
    notes: tuple[str, ...] = ()
    origin: Callable[..., str] = field(default=lambda *keys: "", compare=False, repr=False)


def expand(
    configs: ConfigDir,
    target: str,
    words: Sequence[str] = (),
    *,
    grid: Path | None = None,
    seeds: int | None = None,
    sample: int | None = None,
    rng_seed: int = 0,
) -> Expansion:
    """Every trial of ``target``.

    Parameters
    ----------
    target
        A domain or an experiment.
    words
        ``key=value`` words; see :mod:`schedcore.experiments.words`.
    grid
        A grid file; see :mod:`schedcore.experiments.grid`.  A word for a key of the grid wins.
    seeds
        Seeds 0 to ``seeds - 1`` for each.
    sample
        So many of the trials, drawn at random; ``rng_seed`` decides which.

    Raises
    ------
    InputError
        A file, word or grid that makes no sense, with its place; names and keys with near misses.
    """
    experiment, domain = _target(configs, target)
    parsed = parse_words(words)
    notes: list[str] = []
    with Composer(configs, experiment) as composer:
        sweep = _Sweep(composer, domain, parsed, None if grid is None else read_grid(grid), seeds, notes)
        rows = list(sweep.rows())
        whole = sweep.first
    if sample is not None:
        rows = _sampled(rows, sample, rng_seed, notes)
    points = tuple(Point(row.config, row.group, label, factors) for row, label, factors in labelled(rows))
    return Expansion(
        target,
        whole.title or target,
        points,
        tabled(whole, [(point.config, point.group, point.method) for point in points]),
        sum(point.config.time_limit_s * point.config.workers for point in points),
        tuple(notes),
        sweep.origin,
    )


def _target(configs: ConfigDir, target: str) -> tuple[str | None, str | None]:
    """The experiment or the domain that ``target`` names."""
    from schedcore.registry import domain_names

    if target in domain_names():
        return None, target
    known = configs.experiments()
    if target in known:
        return target, None
    everything = (*domain_names(), *known)
    raise UnknownNameError(
        f"unknown experiment or domain {target!r}", where=str(configs.path), remedy=did_you_mean(target, everything)
    )


def _sampled(rows: list[Row], count: int, rng_seed: int, notes: list[str]) -> list[Row]:
    import random

    if count < 1:
        raise InputError(f"a sample of {count}", where="--sample", remedy="use at least 1")
    if count >= len(rows):
        notes.append(f"a sample of {count} from {len(rows)} trials is all of them")
        return rows
    chosen = sorted(random.Random(rng_seed).sample(range(len(rows)), count))
    return [rows[i] for i in chosen]


@dataclass
class _Sweep:
    """The combinations of a composer's experiment, words and a grid."""

    composer: Composer
    domain: str | None
    words: list[Word]
    grid: Grid | None
    seeds: int | None
    notes: list[str]
    first: ExperimentConfig = field(default_factory=ExperimentConfig)
    _makers: dict[tuple[tuple[str, str | None], ...], PointMaker] = field(default_factory=dict)
    _compositions: dict[tuple[tuple[str, str], ...], PointMaker] = field(default_factory=dict)
    _now: tuple[Setting, ...] = ()
    _choices: dict[str, str] = field(default_factory=dict)
    _fixed_words: list[str] = field(default_factory=list)
    _registered: dict[tuple[str, str], bool] = field(default_factory=dict)

    def rows(self) -> Iterator[Row]:
        """The trials in order, without duplicates."""
        fixed, dimensions = Dimensions(self.composer, self.domain, self.words, self.grid, self.seeds, self.notes).all()
        self._fixed_words = [word.for_hydra for word in fixed]
        count = math.prod(len(dimension) for dimension in dimensions)
        if count > MAX_POINTS:
            raise InputError(
                f"{count} combinations", where="sweep", remedy=f"at most {MAX_POINTS}; use --sample on a smaller grid"
            )
        builder = Builder(self.place)
        trials = Trials(self.composer, self.place)
        explicit = frozenset(word.key.partition(".")[0] for word in self.words if not word.deletes)
        seen: dict[Any, Row] = {}
        repeated: list[tuple[Row, Row]] = []
        moving = {item.key.partition(".")[0] for options in dimensions for point in options for item in point}
        checks = bool(moving & {"groups", "methods", "seeds"})
        began = False
        for chosen in itertools.product(*dimensions):
            self._now = tuple(itertools.chain.from_iterable(chosen))
            plain = self._plain()
            config: ExperimentConfig = builder.build(ExperimentConfig, plain)
            if checks or not began:
                check_experiment(config, self.place)
            if not began:
                self.first, began = config, True
            given = explicit.union(item.key.partition(".")[0] for item in self._now)
            labels = {item.key: _label(item.value) for item in self._now if item.key in GROUPS}
            varied = [item.key for item in self._now]
            for row in trials.of(config, plain, given, labels, varied):
                identity = trials.identity(row.config)
                if identity in seen:
                    repeated.append((seen[identity], row))
                else:
                    seen[identity] = row
                    yield row
        self._tell(repeated)

    def _plain(self) -> dict[str, Any]:
        """The configuration of the point at hand, resolved."""
        chosen = tuple((item.key, item.value) for item in self._now if item.chooses)
        values = [(item.key, item.value) for item in self._now if not item.chooses]
        maker = self._makers.get(chosen)
        if maker is None:
            maker = self._makers[chosen] = self._maker(dict(chosen))
        plain = maker.make(values)
        for key in maker.missing:
            if look_up(plain, key) == "???":
                raise InputError(
                    f"{key} is ???, a value still to be given", where=self.place(key), remedy=f"give {key}=..."
                )
        for key, value in values:
            if value == "???":
                raise InputError(f"{key} is ???", where=self.place(key), remedy="give a value")
        return plain

    def _maker(self, chosen: dict[str, str | None]) -> PointMaker:
        """What makes the points with these choices; names without a file share one composition."""
        named = {key: name for key, name in chosen.items() if name is not None and self._needs_no_file(key, name)}
        self._choices = {key: ANY if key in named else name for key, name in chosen.items() if name is not None}
        memo = tuple(self._choices.items())
        maker = self._compositions.get(memo)
        if maker is None:
            maker = self._compositions[memo] = PointMaker(self.composer.compose(self._choices, self._fixed_words))
        values: list[tuple[str, Any]] = []
        for key, name in chosen.items():
            if name is None:
                values.append((key, None))
            elif key == "backend":
                # Its keys mean the same for all backends, so that a word wins over the name in a file.
                values.append(("backend.name", self.composer.group_file(key, name).get("name", name)))
            else:
                self._check_choice(maker, key, name, named)
                values += [(f"{key}.name", name)] if key in named else []
        return maker.with_values(values) if values else maker

    def _needs_no_file(self, group: str, name: str) -> bool:
        memo = (group, name)
        if memo not in self._registered:
            self._registered[memo] = is_registered(self.composer.configs, group, name)
        return self._registered[memo]

    def _check_choice(self, maker: PointMaker, group: str, name: str, named: Mapping[str, str]) -> None:
        """Refuse a choice that the experiment's own file would override without a word."""
        expected = ANY if group in named else self.composer.group_file(group, name).get("name")
        if maker.raw(f"{group}.name") != expected:
            raise InputError(
                f"{group}={name} has no effect: the file sets {group}.name",
                where=self._line(f"{group}.name"),
                remedy=f"in the file, choose it under defaults:  - override /{group}: NAME",
            )

    def _line(self, key: str) -> str:
        from schedcore.experiments.provenance import line_of, shown_path

        return line_of(self.composer, key, self._choices, self._fixed_words) or shown_path(self.composer.file)

    def place(self, key: str) -> str:
        """Where ``key`` was set: the word, the line of the grid, or the line of a file."""
        dotted = key.replace("[", ".").replace("]", "")
        for item in reversed(self._now):
            if overlap(dotted, item.key) and item.place != "target":
                return item.place
        for word in self.words:
            if overlap(dotted, word.key):
                return word.place
        if self.composer.experiment is None:
            return key
        line = self._line(key)
        return f"{line}: {key}" if key else line

    def origin(self, *keys: str) -> str:
        """Where the first of ``keys`` that is set was set; works after the expansion too."""
        places = {word.key: word.place for word in self.words} | dict(self.grid.places if self.grid else {})
        named = sorted(self.first.methods, key=len, reverse=True)
        lines: dict[str, tuple[str, str]] | None = None
        for key in keys:
            if key.startswith("methods."):
                # The label of a method may have more to it than its name.
                name = next((name for name in named if key.startswith((f"methods.{name}.", f"methods.{name} "))), None)
                if name is None:
                    continue
                key = f"methods.{name}.{key[len('methods.') + len(name) :].partition('.')[2]}"
            above = [known for known in places if key == known or key.startswith(f"{known}.")]
            if above:
                return places[max(above, key=len)]
            if self.composer.experiment is None:
                continue
            if lines is None:
                from schedcore.experiments.provenance import file_lines

                with self.composer:
                    lines = file_lines(self.composer, self._choices, self._fixed_words)
            if key in lines:
                return lines[key][1]
        return ""

    def _tell(self, repeated: list[tuple[Row, Row]]) -> None:
        if not repeated:
            return
        kept, dropped = repeated[0]
        names = f"{dropped.config.instance} {dropped.base}"
        if dropped.base != kept.base:
            names += f" is {kept.base}"
        count = len(repeated)
        what = (
            "1 trial is the same as another and runs"
            if count == 1
            else f"{count} trials are the same as others and run"
        )
        self.notes.append(f"{what} once (the first: {names})")


def _label(value: Any) -> Any:
    """A choice in a label: its name, with the parameters of one that was written out."""
    if not isinstance(value, dict):
        return value
    parameters = value.get("parameters") or {}
    return " ".join([str(value.get("name")), *(f"{key}={item}" for key, item in parameters.items())])
