"""The comparison of the methods of an arena: means with intervals, wins with p-values, profiles, curves."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from schedcore.experiments.report.arena import Arena, CellRuns, InstanceInfo, Scale
from schedcore.experiments.statistics import (
    Interval,
    ProfileCurve,
    Spread,
    WinTieLoss,
    bootstrap_mean,
    bootstrap_mean_difference,
    cost_ratio,
    gap_trace,
    holm,
    mean_gap_curve,
    pareto_front,
    primal_integral,
    profile_curves,
    seed_spread,
    signed_rank_test,
    win_tie_loss,
)
from schedcore.experiments.trial import TrialRecord, TrialStatus

ALPHA: float = 0.05
"""Corrected p-values up to this are called significant."""
FEW_INSTANCES: int = 6
"""With fewer pairs no signed-rank test can give p <= 0.05 (2 / 2^5 = 0.0625)."""
CURVE_POINTS: int = 120
ALL_PAIRS_UP_TO: int = 16
"""With more methods only the best is compared with every other, and Holm corrects for these comparisons."""


@dataclass(frozen=True)
class Mean:
    """Gap of a method to the reference over some instances: 0.016 is 1.6 % worse.

    ``gap`` is the geometric mean ratio minus 1, or the mean gap on the scale of gaps.
    """

    gap: float
    interval: Interval | None
    instances: int


@dataclass(frozen=True)
class MethodSummary:
    """One method over all instances of an arena.

    ``overall`` is over the instances that the method solved, ``common`` over those that all methods solved (those
    that solved none left aside),
    ``to_bound`` against the best bound.  ``solved`` counts instances with a value, of the ``instances`` with a
    finished run that the method did not refuse.  ``at_reference`` counts runs that reached or beat the best known
    value, of ``with_reference`` finished ones on instances that have one.  ``time_gap`` is the mean gap over time.
    """

    method: str
    planned: int
    finished: int
    statuses: Mapping[str, int]
    instances: int
    solved: int
    overall: Mean | None
    common: Mean | None
    to_bound: Mean | None
    worst: float | None
    families: Mapping[str, Mean]
    at_reference: int
    with_reference: int
    proven: int
    wall_s: float
    total_s: float
    cpu_s: float | None
    time_gap: float | None
    spread: Spread | None

    def as_dict(self) -> dict[str, Any]:
        """The summary as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class Pair:
    """Two methods on the instances that both were run on.

    ``gap`` says how much worse the first is in the mean (negative: better) where both have values; ``p_value``
    is of the signed-rank test, ``corrected`` the same after Holm over all pairs of the arena.
    """

    first: str
    second: str
    counts: WinTieLoss
    gap: float | None
    interval: Interval | None
    p_value: float
    corrected: float

    @property
    def significant(self) -> bool:
        """Whether the corrected p-value is at most 0.05."""
        return self.corrected <= ALPHA

    def as_dict(self) -> dict[str, Any]:
        """The pair as plain data."""
        return {**asdict(self), "significant": self.significant}


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


@dataclass(frozen=True)
class Analysis:
    """Everything a report says about an arena."""

    arena: Arena
    summaries: tuple[MethodSummary, ...]
    pairs: tuple[Pair, ...]
    common: tuple[str, ...]
    profiles: Mapping[str, ProfileCurve]
    curve_times: Sequence[float]
    curves: Mapping[str, Sequence[float]]
    front: Sequence[str]
    levels: tuple[FactorLevel, ...]
    metrics: tuple[MetricSummary, ...]
    ranking: tuple[str, ...] = field(default=())

    def summary(self, method: str) -> MethodSummary:
        """The summary of ``method``."""
        return next(item for item in self.summaries if item.method == method)

    def pair(self, first: str, second: str) -> Pair | None:
        """The comparison of two methods, seen from the first; ``None`` if they share no instance."""
        for pair in self.pairs:
            if (pair.first, pair.second) == (first, second):
                return pair
            if (pair.first, pair.second) == (second, first):
                return _turned(pair, self.arena.scale)
        return None


def analyse(arena: Arena) -> Analysis:
    """Compare the methods of ``arena``."""
    common = _common(arena)
    until_s = _last_second(arena)
    traces = {method: _traces(arena, method) for method in arena.methods} if arena.has_values else {}
    summaries = tuple(_summary(arena, method, common, traces.get(method, []), until_s) for method in arena.methods)
    times = _grid(arena, until_s)
    curves = {
        method: mean_gap_curve(runs, times).tolist() for method, runs in traces.items() if runs and len(times) > 0
    }
    ranking = _ranking(summaries, common)
    points = {item.method: (item.wall_s, item.overall.gap) for item in summaries if item.overall is not None}
    return Analysis(
        arena,
        summaries,
        _pairs(arena, ranking),
        common,
        _profiles(arena),
        times,
        curves,
        pareto_front(points),
        _levels(arena),
        _metrics(arena),
        ranking,
    )


def _common(arena: Arena) -> tuple[str, ...]:
    """Instances solved by all methods that solved any; a method that never works must not empty the comparison."""
    able = [m for m in arena.methods if any(arena.cell(m, name).measure for name in arena.instances)]
    if len(able) < 2:
        return ()
    return tuple(name for name in arena.instances if all(arena.cell(m, name).measure for m in able))


def _ranking(summaries: Sequence[MethodSummary], common: Sequence[str]) -> tuple[str, ...]:
    """Methods from best to worst: by the mean over common instances, else over their own."""

    def place(item: MethodSummary) -> tuple[float, float]:
        mean = item.common if common else item.overall
        if mean is None:
            return (math.inf, 0.0)
        # Without common instances a mean over few says little: who solved a larger share comes first.
        share = 0.0 if common else -item.solved / max(1, item.instances)
        return (share, mean.gap)

    return tuple(item.method for item in sorted(summaries, key=place))


def _mean(arena: Arena, measures: Sequence[Sequence[float]]) -> Mean | None:
    """Mean of ``measures[instance][seed]`` with its interval, as a gap."""
    if not measures:
        return None
    mean = math.fsum(math.fsum(seeds) / len(seeds) for seeds in measures) / len(measures)
    return Mean(arena.percent(mean), _as_gaps(arena, bootstrap_mean(measures)), len(measures))


def _as_gaps(arena: Arena, interval: Interval | None) -> Interval | None:
    if interval is None:
        return None
    return Interval(arena.percent(interval.low), arena.percent(interval.high), interval.level)


def _summary(
    arena: Arena, method: str, common: Sequence[str], traces: Sequence[Sequence[Any]], until_s: float
) -> MethodSummary:
    cells = {name: arena.cell(method, name) for name in arena.instances if (method, name) in arena.cells}
    counted = {name: cell for name, cell in cells.items() if cell.counted}
    solved = {name: cell for name, cell in counted.items() if cell.measure}
    records = [record for cell in cells.values() for record in cell.records.values()]
    timed = [record for record in records if record.status is not TrialStatus.REFUSED]
    families: dict[str, Mean] = {}
    for family in arena.families:
        mean = _mean(arena, [_listed(c) for n, c in solved.items() if arena.instances[n].family == family])
        if mean is not None:
            families[family] = mean
    referenced = [
        value
        for name, cell in counted.items()
        if not arena.instances[name].own
        for value in [*cell.measure.values(), *([math.inf] * (cell.counted - len(cell.measure)))]
    ]
    cpu = [record.cpu_s for record in records if record.cpu_s is not None]
    statuses = Counter(str(record.status) for record in records)
    return MethodSummary(
        method,
        planned=sum(cell.planned for cell in cells.values()),
        finished=len(records),
        statuses=dict(statuses),
        instances=len(counted),
        solved=len(solved),
        overall=_mean(arena, [_listed(cell) for cell in solved.values()]),
        common=_mean(arena, [_listed(cells[name]) for name in common]) if solved else None,
        to_bound=_to_bound(arena, solved),
        worst=max((arena.percent(cell.mean) for cell in solved.values() if cell.mean is not None), default=None),
        families=families,
        at_reference=sum(value <= 1e-12 for value in referenced),
        with_reference=len(referenced),
        proven=sum(record.status is TrialStatus.OPTIMAL for record in records),
        wall_s=math.fsum(r.wall_s for r in timed) / len(timed) if timed else 0.0,
        total_s=math.fsum(r.wall_s for r in records),
        cpu_s=math.fsum(cpu) if cpu else None,
        time_gap=_time_gap(traces, until_s),
        spread=seed_spread([_listed(cell) for cell in solved.values()]) if arena.scale == "ratio" else None,
    )


def _listed(cell: CellRuns) -> list[float]:
    return list(cell.measure.values())


def _to_bound(arena: Arena, solved: Mapping[str, CellRuns]) -> Mean | None:
    """Geometric mean ratio to the best bound, over the instances that have a positive one."""
    if arena.scale != "ratio":
        return None
    measures = []
    for name, cell in solved.items():
        bound = arena.instances[name].bound
        if bound is not None and bound > 0:
            ratios = [cost_ratio(value, bound, arena.direction) for value in cell.values.values()]
            measures.append([math.log(ratio) for ratio in ratios if ratio is not None])
    return _mean(arena, [seeds for seeds in measures if seeds])


# ---- pairs ---------------------------------------------------------------------------------------------------------


def _pairs(arena: Arena, ranking: Sequence[str]) -> tuple[Pair, ...]:
    if len(arena.methods) <= ALL_PAIRS_UP_TO:
        wanted = list(itertools.combinations(arena.methods, 2))
    else:
        wanted = [(ranking[0], other) for other in ranking[1:]]
    compared = (_compared(arena, first, second) for first, second in wanted)
    found = [pair for pair in compared if pair is not None]
    corrected = holm([pair.p_value for pair in found])
    return tuple(dataclasses.replace(pair, corrected=q) for pair, q in zip(found, corrected))


def _compared(arena: Arena, first: str, second: str) -> Pair | None:
    """``first`` against ``second`` on the instances where both have finished runs; ``None`` if there is none.

    Seeds that both have finished are compared, or all of each if they share none.  Who has a value on more of
    them is ahead whatever the values are: the difference counts as infinite.
    """
    differences: list[float] = []
    both: tuple[list[list[float]], list[list[float]]] = ([], [])
    for name in arena.instances:
        a, b = _counted_slots(arena.cell(first, name)), _counted_slots(arena.cell(second, name))
        if not a or not b:
            continue
        shared = a & b
        one, two = arena.cell(first, name), arena.cell(second, name)
        mine = [one.measure[slot] for slot in sorted(shared or a) if slot in one.measure]
        theirs = [two.measure[slot] for slot in sorted(shared or b) if slot in two.measure]
        share = len(mine) / len(shared or a) - len(theirs) / len(shared or b)
        if share != 0:
            differences.append(-math.inf if share > 0 else math.inf)
        elif not mine:
            differences.append(0.0)
        else:
            difference = math.fsum(mine) / len(mine) - math.fsum(theirs) / len(theirs)
            differences.append(round(difference, 12) + 0.0)
        if mine and theirs:
            both[0].append(mine)
            both[1].append(theirs)
    if not differences:
        return None
    gap, interval = None, None
    if both[0]:
        means = [math.fsum(math.fsum(s) / len(s) for s in side) / len(side) for side in both]
        gap = arena.percent(means[0] - means[1])
        interval = _as_gaps(arena, bootstrap_mean_difference(*both))
    p_value = signed_rank_test(differences).p_value
    return Pair(first, second, win_tie_loss(differences), gap, interval, p_value, p_value)


def _counted_slots(cell: CellRuns) -> set[tuple[int, int]]:
    return {slot for slot, record in cell.records.items() if record.status is not TrialStatus.REFUSED}


def _turned(pair: Pair, scale: Scale) -> Pair:
    """The comparison seen from the second method."""

    def turned(gap: float) -> float:
        return 1 / (1 + gap) - 1 if scale == "ratio" else -gap

    return Pair(
        pair.second,
        pair.first,
        WinTieLoss(pair.counts.losses, pair.counts.ties, pair.counts.wins),
        None if pair.gap is None else turned(pair.gap),
        None
        if pair.interval is None
        else Interval(turned(pair.interval.high), turned(pair.interval.low), pair.interval.level),
        pair.p_value,
        pair.corrected,
    )


# ---- curves --------------------------------------------------------------------------------------------------------


def _profiles(arena: Arena) -> dict[str, ProfileCurve]:
    """Profiles over instances, from the mean ratio over seeds; none on the scale of gaps."""
    if arena.scale != "ratio" or not arena.has_values:
        return {}
    costs: dict[str, dict[str, float | None]] = {}
    for method in arena.methods:
        costs[method] = {}
        for name in arena.instances:
            cell = arena.cell(method, name)
            if cell.counted or any(_counted_slots(arena.cell(other, name)) for other in arena.methods):
                mean = cell.mean
                costs[method][name] = None if mean is None else math.exp(mean)
    return profile_curves(costs)


def _traces(arena: Arena, method: str) -> list[list[Any]]:
    """Gap traces ``[instance][seed]`` of the runs that the method did not refuse."""
    found = []
    for name, info in arena.instances.items():
        cell = arena.cell(method, name)
        if info.reference is None or not cell.counted:
            continue
        runs = [record for record in cell.records.values() if record.status is not TrialStatus.REFUSED]
        found.append([gap_trace(_points(record), float(info.reference)) for record in runs])
    return found


def _points(record: TrialRecord) -> list[tuple[float, float]]:
    """Incumbents of a run; its value at its end closes the trace, or is all of it."""
    if record.failed or record.value is None:
        return []
    points = [(float(point[0]), float(point[1])) for point in record.trace if point[1] is not None]
    return [*points, (max(record.wall_s, 0.0), float(record.value))]


def _last_second(arena: Arena) -> float:
    ends = [record.wall_s for cell in arena.cells.values() for record in cell.records.values()]
    return max(max(ends, default=0.0), 1e-3)


def _grid(arena: Arena, until_s: float) -> list[float]:
    """Times from a millisecond (or just before the first result) to the end, evenly on a logarithmic axis."""
    firsts = [
        point[0]
        for cell in arena.cells.values()
        for record in cell.records.values()
        for point in _points(record)[:1]
        if point[0] > 0
    ]
    begin = min(max(1e-3, min(firsts, default=1e-3) / 2), until_s / 2)
    times: list[float] = np.geomspace(begin, until_s, CURVE_POINTS).tolist()
    return times


def _time_gap(traces: Sequence[Sequence[Any]], until_s: float) -> float | None:
    if not traces:
        return None
    means = [math.fsum(primal_integral(t, until_s) for t in seeds) / len(seeds) for seeds in traces]
    return math.fsum(means) / len(means)


# ---- factors and metrics -------------------------------------------------------------------------------------------


def _levels(arena: Arena) -> tuple[FactorLevel, ...]:
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
            measures = [[v for m in methods for v in _listed(arena.cell(m, n))] for n in shared]
            mean = _mean(arena, measures)
            if mean is not None:
                found.append(FactorLevel(name, level, len(methods), mean))
    return tuple(found)


def _metrics(arena: Arena) -> tuple[MetricSummary, ...]:
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


def instance_row(info: InstanceInfo, arena: Arena) -> dict[str, Any]:
    """An instance with the cells of all methods, as plain data."""
    cells = {}
    for method in arena.methods:
        cell = arena.cell(method, info.name)
        if cell.planned:
            cells[method] = {
                "planned": cell.planned,
                "finished": len(cell.records),
                "solved": len(cell.values),
                "statuses": {str(status): count for status, count in cell.statuses.items()},
                "value": cell.value,
                "best": _best(cell, arena),
                "worst": _best(cell, arena, worst=True),
                "gap": None if cell.mean is None else arena.percent(cell.mean),
                "optimal": cell.proven,
                "wall_s": round(cell.wall_s, 4),
            }
    return {
        "domain": arena.domain,
        "family": info.family,
        "instance": info.name,
        "tasks": info.tasks,
        "best_known": {"lower": info.lower, "upper": info.upper, "source": info.source},
        "reference": info.reference,
        "reference_is": "best of this run" if info.own else "best known",
        "bound": info.bound,
        "methods": cells,
    }


def _best(cell: CellRuns, arena: Arena, *, worst: bool = False) -> float | None:
    pick = min if (arena.direction == "min") != worst else max
    return pick(cell.values.values(), default=None)
