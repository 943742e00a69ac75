"""An arena: methods that were run on the same kind of instances, with every run by method and instance.

A run may hold several domains and runners.  Their values have nothing to do with each other, so each pair is
an arena of its own with its own comparison.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.statistics import Direction, cost_ratio, relative_gap
from schedcore.experiments.trial import Trial, TrialRecord, TrialStatus

Scale = Literal["ratio", "gap"]
"""How values are compared: by ratio to the reference, or, where values are not all positive, by difference."""


@dataclass(frozen=True, slots=True)
class InstanceInfo:
    """An instance of an arena.

    ``lower``, ``upper`` and ``source`` are what the domain knew of the optimum.  ``reference`` is what gaps are
    measured from: the best known value, or, where none is known (``own`` is true), the best value of this run.
    ``bound`` is the best bound, known or proven in this run.
    """

    name: str
    family: str
    tasks: int
    lower: float | None
    upper: float | None
    source: str | None
    reference: float | None
    own: bool
    bound: float | None
    best_key: str | None

    @property
    def known_text(self) -> str:
        """``55``, ``2005..2006``, ``>= 40``, or ``-``."""
        if self.upper is None:
            return "-" if self.lower is None else f">= {self.lower:g}"
        if self.lower is None:
            return f"<= {self.upper:g}"
        return f"{self.upper:g}" if self.lower == self.upper else f"{self.lower:g}..{self.upper:g}"


@dataclass(slots=True)
class CellRuns:
    """The runs of one method on one instance: one per seed.

    ``measure`` holds for every seed with a value the logarithm of its ratio to the reference (or the gap, on the
    scale of gaps); ``values`` the value itself.
    """

    planned: int = 0
    records: dict[tuple[int, int], TrialRecord] = field(default_factory=dict)
    keys: dict[tuple[int, int], str] = field(default_factory=dict)
    values: dict[tuple[int, int], float] = field(default_factory=dict)
    measure: dict[tuple[int, int], float] = field(default_factory=dict)

    @property
    def counted(self) -> int:
        """Finished runs of a method that understood the instance."""
        return sum(record.status is not TrialStatus.REFUSED for record in self.records.values())

    @property
    def value(self) -> float | None:
        """Mean value over the seeds that have one."""
        return math.fsum(self.values.values()) / len(self.values) if self.values else None

    @property
    def mean(self) -> float | None:
        """Mean measure over the seeds that have one."""
        return math.fsum(self.measure.values()) / len(self.measure) if self.measure else None

    @property
    def wall_s(self) -> float:
        """Mean seconds of the finished runs."""
        return math.fsum(r.wall_s for r in self.records.values()) / len(self.records) if self.records else 0.0

    @property
    def proven(self) -> bool:
        """Whether every finished run proved its value optimal."""
        return bool(self.records) and all(r.status is TrialStatus.OPTIMAL for r in self.records.values())

    @property
    def statuses(self) -> Counter[TrialStatus]:
        """How the finished runs ended."""
        return Counter(record.status for record in self.records.values())


@dataclass(frozen=True)
class Arena:
    """Everything that is comparable: the cells of one domain and runner.

    ``methods`` and ``instances`` keep the order of the plan; ``families`` maps a family to its heading.
    """

    domain: str
    runner: str
    direction: Direction
    scale: Scale
    methods: tuple[str, ...]
    instances: Mapping[str, InstanceInfo]
    cells: Mapping[tuple[str, str], CellRuns]
    families: Mapping[str, str]
    factors: Mapping[str, Mapping[str, object]]
    has_values: bool

    @property
    def title(self) -> str:
        """Domain, and the runner where it is not ``solve``."""
        return self.domain if self.runner == "solve" else f"{self.domain} {self.runner}"

    @property
    def value_text(self) -> str:
        """What the values are and which are better: ``profit in USD, larger is better``; empty if nobody said."""
        kinds = {(r.quantity, r.unit) for cell in self.cells.values() for r in cell.records.values() if r.quantity}
        names = sorted({name + (f" in {unit}" if unit else "") for name, unit in kinds})
        if not names and self.direction == "min":
            return ""
        shown = " or ".join(names[:3]) if names else "value"
        return f"{shown}, {'larger' if self.direction == 'max' else 'smaller'} is better"

    def cell(self, method: str, instance: str) -> CellRuns:
        """The runs of ``method`` on ``instance``; empty where none was planned."""
        return self.cells.get((method, instance)) or CellRuns()

    def of_family(self, family: str) -> list[InstanceInfo]:
        """Instances of a family."""
        return [info for info in self.instances.values() if info.family == family]

    def percent(self, mean: float) -> float:
        """A mean measure as a share: 0.016 is 1.6 % worse than the reference."""
        return math.expm1(mean) if self.scale == "ratio" else mean


def arenas_of(run: RunData) -> list[Arena]:
    """The arenas of ``run``, in the order of the plan."""
    split: dict[tuple[str, str], list[tuple[Trial, TrialRecord | None]]] = {}
    for trial, record in run.pairs():
        split.setdefault((trial.domain, trial.runner), []).append((trial, record))
    return [_arena(domain, runner, pairs, run.group_titles) for (domain, runner), pairs in split.items()]


def _arena(
    domain: str, runner: str, pairs: Sequence[tuple[Trial, TrialRecord | None]], titles: Mapping[str, str]
) -> Arena:
    direction: Direction = "max" if any(r is not None and r.direction == "max" for _, r in pairs) else "min"
    by_instance: dict[str, list[tuple[Trial, TrialRecord | None]]] = {}
    for trial, record in pairs:
        by_instance.setdefault(trial.instance, []).append((trial, record))
    family_of = _families([(name, own[0][0].group) for name, own in by_instance.items()], titles)
    instances = {name: _info(name, family_of[name], own, direction) for name, own in by_instance.items()}
    cells: dict[tuple[str, str], CellRuns] = {}
    for trial, record in pairs:
        cell = cells.setdefault((trial.method, trial.instance), CellRuns())
        slot = (trial.seed, sum(seed == trial.seed for seed, _ in cell.keys))
        cell.planned += 1
        cell.keys[slot] = trial.key
        if record is not None:
            cell.records[slot] = record
            if record.value is not None and not record.failed:
                cell.values[slot] = float(record.value)
    scale = _measure(instances, cells, direction)
    families = dict.fromkeys(info.family for info in instances.values())
    return Arena(
        domain,
        runner,
        direction,
        scale,
        tuple(dict.fromkeys(trial.method for trial, _ in pairs)),
        instances,
        cells,
        {family: titles.get(family) or family for family in families},
        {trial.method: dict(trial.factors) for trial, _ in pairs},
        any(cell.values for cell in cells.values()),
    )


def _families(named: Sequence[tuple[str, str]], titles: Mapping[str, str]) -> dict[str, str]:
    """The family of every instance: its group; within a single group without a title the letters its name begins with.

    ``ft06``, ``ft10`` and ``la01`` are of families ``ft`` and ``la``.  Where every instance would be alone in
    its family, or all in one, the group stands for all.
    """
    groups = {group for _, group in named}
    plain = dict(named)
    if len(groups) > 1 or any(titles.get(group) for group in groups):
        return plain
    prefixes = {name: _letters(name) for name, _ in named}
    kinds = set(prefixes.values())
    return prefixes if 1 < len(kinds) < len(named) and all(kinds) else plain


def _letters(name: str) -> str:
    match = re.match(r"[A-Za-z_-]*[A-Za-z]", re.split(r"[/\\]", name)[-1])
    return match.group() if match else ""


def _info(
    name: str, family: str, pairs: Sequence[tuple[Trial, TrialRecord | None]], direction: Direction
) -> InstanceInfo:
    records = [record for _, record in pairs if record is not None]
    lower = max((r.lower for r in records if r.lower is not None), default=None)
    upper = min((r.upper for r in records if r.upper is not None), default=None)
    sign = 1 if direction == "min" else -1
    solved = [r for r in records if r.value is not None and not r.failed]
    best = min(solved, key=lambda r: tuple(sign * part for part in r.objective), default=None)
    known = upper if direction == "min" else lower
    reference = known if known is not None else None if best is None else best.value
    proven = [r.bound for r in records if r.bound is not None and math.isfinite(r.bound) and not r.failed]
    bounds = [float(b) for b in (lower if direction == "min" else upper, *proven) if b is not None]
    tightest = (max if direction == "min" else min)(bounds, default=None)
    return InstanceInfo(
        name,
        family,
        max((r.tasks for r in records), default=0),
        lower,
        upper,
        next((r.bound_source for r in records if r.bound_source), None),
        reference,
        known is None,
        tightest,
        None if best is None else best.key,
    )


def _measure(
    instances: Mapping[str, InstanceInfo], cells: Mapping[tuple[str, str], CellRuns], direction: Direction
) -> Scale:
    """Fill the measures of all cells; the scale is that of ratios if every value has one."""
    filled: list[tuple[CellRuns, tuple[int, int], float, float]] = []
    for (_, instance), cell in cells.items():
        reference = instances[instance].reference
        if reference is not None:
            filled += [(cell, slot, value, float(reference)) for slot, value in cell.values.items()]
    ratios = [cost_ratio(value, reference, direction) for _, _, value, reference in filled]
    if all(ratio is not None and (value > 0) for ratio, (_, _, value, _) in zip(ratios, filled)):
        for ratio, (cell, slot, _, _) in zip(ratios, filled):
            assert ratio is not None
            cell.measure[slot] = round(math.log(ratio), 15)
        return "ratio"
    for cell, slot, value, reference in filled:
        cell.measure[slot] = relative_gap(value, reference, direction)
    return "gap"


def contradictions(run: RunData, arenas: Iterable[Arena]) -> list[str]:
    """Bounds and values that cannot both be right, in words."""
    methods = {trial.key: trial.label for trial in run.trials}
    found = []
    for arena in arenas:
        worse = (lambda bound, value: bound > value) if arena.direction == "min" else (lambda b, v: b < v)
        for info in arena.instances.values():
            if info.best_key is None:
                continue
            best = run.records[info.best_key]
            assert best.value is not None
            known = info.lower if arena.direction == "min" else info.upper
            slack = 1e-6 * max(1.0, abs(best.value))
            shifted = best.value + (slack if arena.direction == "min" else -slack)
            if known is not None and worse(known, shifted):
                found.append(
                    f"{methods[best.key]} has value {best.value:g}, better than the bound {known:g} "
                    f"that is taken as proven ({info.source or 'no source given'})"
                )
            for method in arena.methods:
                for slot, record in arena.cell(method, info.name).records.items():
                    bound = record.bound
                    if bound is not None and not record.failed and worse(bound, shifted):
                        key = arena.cell(method, info.name).keys[slot]
                        found.append(
                            f"{methods[key]} proves the bound {bound:g}, but {methods[best.key]} has value "
                            f"{best.value:g}"
                        )
    return found
