"""Means by the values of factors, and of metrics."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from schedcore.experiments.report.arena import Arena
from schedcore.experiments.report.means import Mean, listed, mean_of


@dataclass(frozen=True)
class FactorLevel:
    """All methods with one value of a factor, over the instances that every value of the factor has."""

    factor: str
    level: str
    methods: int
    mean: Mean

    def as_dict(self) -> dict[str, Any]:
        """The level as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class MetricSummary:
    """A metric of a method: mean over instances of the mean over seeds, and the extremes of single runs."""

    name: str
    unit: str
    method: str
    mean: float
    low: float
    high: float
    runs: int

    def as_dict(self) -> dict[str, Any]:
        """The metric as plain data."""
        return asdict(self)


def levels_of(arena: Arena) -> tuple[FactorLevel, ...]:
    """Means by the values of each factor that varies, where at least two factors do."""
    values: dict[str, dict[str, list[str]]] = {}
    for method, factors in arena.factors.items():
        for name, value in factors.items():
            values.setdefault(name, {}).setdefault(str(value), []).append(method)
    varying = {name: levels for name, levels in values.items() if len(levels) > 1}
    if len(varying) < 2:
        return ()
    found = []
    for name, levels in varying.items():
        covered = [
            {n for n in arena.instances if any(arena.cell(m, n).measure for m in methods)}
            for methods in levels.values()
        ]
        shared = [n for n in arena.instances if all(n in names for names in covered)]
        for level, methods in levels.items():
            measures = [[v for m in methods for v in listed(arena.cell(m, n))] for n in shared]
            mean = mean_of(arena, measures)
            if mean is not None:
                found.append(FactorLevel(name, level, len(methods), mean))
    return tuple(found)


def metrics_of(arena: Arena) -> tuple[MetricSummary, ...]:
    """Every metric of every method, except those that only repeat the value."""
    found: dict[tuple[str, str], dict[str, list[float]]] = {}
    units: dict[str, str] = {}
    repeats: dict[str, bool] = {}
    for (method, instance), cell in arena.cells.items():
        for record in cell.records.values():
            units |= record.units
            for name, value in record.metrics.items():
                repeats[name] = repeats.get(name, True) and value == record.value
                found.setdefault((name, method), {}).setdefault(instance, []).append(float(value))
    names = [name for name in dict.fromkeys(n for n, _ in found) if not repeats[name]]
    return tuple(
        MetricSummary(
            name,
            units.get(name, ""),
            method,
            math.fsum(math.fsum(v) / len(v) for v in by_instance.values()) / len(by_instance),
            min(map(min, by_instance.values())),
            max(map(max, by_instance.values())),
            sum(map(len, by_instance.values())),
        )
        for name in names
        for method in arena.methods
        if (by_instance := found.get((name, method)))
    )
