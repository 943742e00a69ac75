"""The comparison of the methods of an arena: means with intervals, wins with p-values, profiles, curves."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from schedcore.experiments.report.arena import Arena, CellRuns, InstanceInfo
from schedcore.experiments.report.means import Mean, listed, mean_of
from schedcore.experiments.report.pairwise import Pair, pairs_of, turned_pair
from schedcore.experiments.report.run_curves import (
    last_second,
    mean_gap_over_time,
    profiles_of,
    time_grid,
    traces_of,
)
from schedcore.experiments.report.tallies import FactorLevel, MetricSummary, levels_of, metrics_of
from schedcore.experiments.statistics import ProfileCurve, Spread, cost_ratio, mean_gap_curve, pareto_front, seed_spread
from schedcore.experiments.trial import TrialStatus


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
                return turned_pair(pair, self.arena.scale)
        return None


def analyse(arena: Arena) -> Analysis:
    """Compare the methods of ``arena``."""
    common = _common(arena)
    until_s = last_second(arena)
    traces = {method: traces_of(arena, method) for method in arena.methods} if arena.has_values else {}
    summaries = tuple(_summary(arena, method, common, traces.get(method, []), until_s) for method in arena.methods)
    times = time_grid(arena, until_s)
    curves = {
        method: mean_gap_curve(runs, times).tolist() for method, runs in traces.items() if runs and len(times) > 0
    }
    ranking = _ranking(summaries, common)
    points = {item.method: (item.wall_s, item.overall.gap) for item in summaries if item.overall is not None}
    return Analysis(
        arena,
        summaries,
        pairs_of(arena, ranking),
        common,
        profiles_of(arena),
        times,
        curves,
        pareto_front(points),
        levels_of(arena),
        metrics_of(arena),
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
        mean = mean_of(arena, [listed(c) for n, c in solved.items() if arena.instances[n].family == family])
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
        overall=mean_of(arena, [listed(cell) for cell in solved.values()]),
        common=mean_of(arena, [listed(cells[name]) for name in common]) if solved else None,
        to_bound=_to_bound(arena, solved),
        worst=max((arena.percent(cell.mean) for cell in solved.values() if cell.mean is not None), default=None),
        families=families,
        at_reference=sum(value <= 1e-12 for value in referenced),
        with_reference=len(referenced),
        proven=sum(record.status is TrialStatus.OPTIMAL for record in records),
        wall_s=math.fsum(r.wall_s for r in timed) / len(timed) if timed else 0.0,
        total_s=math.fsum(r.wall_s for r in records),
        cpu_s=math.fsum(cpu) if cpu else None,
        time_gap=mean_gap_over_time(traces, until_s),
        spread=seed_spread([listed(cell) for cell in solved.values()]) if arena.scale == "ratio" else None,
    )


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
    return mean_of(arena, [seeds for seeds in measures if seeds])


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
