"""The methods over all instances: how their runs ended, means with intervals, families, factors."""

from __future__ import annotations

from typing import Any

from schedcore.experiments.report.analysis import Analysis, MethodSummary
from schedcore.experiments.report.charts.forest import ForestRow, forest_chart
from schedcore.experiments.report.charts.outcomes import outcome_chart
from schedcore.experiments.report.means import Mean
from schedcore.experiments.report.text import code, gap_text, interval_text, reference_text, seconds_text
from schedcore.plot import Cell, ReportPage

MOST_ROWS: int = 30
"""Methods that a chart shows; the tables have all."""


def colours(analysis: Analysis) -> dict[str, int]:
    """The number of the colour of every method: its place in the plan."""
    return {name: k for k, name in enumerate(analysis.arena.methods)}


def shown_methods(analysis: Analysis, most: int = MOST_ROWS) -> list[str]:
    """The best methods, as many as a chart can show, from best to worst."""
    return list(analysis.ranking[:most])


def only_best(analysis: Analysis, most: int) -> str:
    """A sentence for captions where not all methods are shown."""
    total = len(analysis.arena.methods)
    return f" The {most} best of {total} methods are shown." if total > most else ""


def add_methods(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    """The table of methods with its charts."""
    page.section(f"{prefix}Methods")
    if analysis.arena.has_values and (said := analysis.arena.value_text):
        page.text(f"Values are {said}.")
    if analysis.arena.has_values:
        _forest(page, analysis)
    _table(page, analysis)
    _outcomes(page, analysis)
    _families(page, analysis)
    _factors(page, analysis)


def _forest(page: ReportPage, analysis: Analysis) -> None:
    arena = analysis.arena
    of_common = bool(analysis.common)
    rows = []
    number = colours(analysis)
    for name in shown_methods(analysis):
        item = analysis.summary(name)
        mean = item.common if of_common else item.overall
        if mean is not None:
            low, high = (mean.interval.low, mean.interval.high) if mean.interval else (mean.gap, mean.gap)
            text = f"{gap_text(mean.gap)} {interval_text(mean.interval)}".rstrip()
            rows.append(ForestRow(name, number[name], mean.gap, low, high, text))
    if not rows:
        return
    kind = "Geometric mean ratio" if arena.scale == "ratio" else "Mean gap"
    if of_common:
        over = f"over the {len(analysis.common)} instances that all methods solved"
    else:
        over = "of each method over the instances that it solved: the sets differ, so compare with care"
        if len(arena.methods) == 1:
            over = "over the instances that it solved"
    direction = "left is better"
    page.drawing(
        forest_chart(rows, label=f"{kind} of every method with its interval", axis_title="gap; " + direction),
        f"{kind} to {reference_text(arena)}, as a gap, {over}, with 95 % bootstrap "
        f"intervals.{only_best(analysis, MOST_ROWS)}",
    )


def _mean_cell(mean: Mean | None, tone: str = "") -> Cell:
    if mean is None:
        return Cell(None)
    interval = interval_text(mean.interval)
    return Cell(gap_text(mean.gap), tone=tone, note=interval, sort=mean.gap)  # type: ignore[arg-type]


def _table(page: ReportPage, analysis: Analysis) -> None:
    arena = analysis.arena
    factors = _factor_columns(analysis)
    items = [analysis.summary(name) for name in analysis.ranking]
    partial = any(item.solved < item.instances or item.instances < len(arena.instances) for item in items)
    with_common = bool(analysis.common) and partial
    with_reference = any(item.with_reference for item in items)
    # Where known values are proven optimal the two columns are the same.
    with_bound = any(i.to_bound and abs(i.to_bound.gap - i.overall.gap) > 1e-9 for i in items if i.overall)
    best = {
        column: min((m.gap for item in items if (m := getattr(item, column)) is not None), default=None)
        for column in ("overall", "common")
    }
    header = ["method", *factors, "solved"]
    header += ["mean gap"] if arena.has_values else []
    header += ["mean gap, common"] if with_common else []
    header += ["to best bound"] if with_bound else []
    header += ["worst"] if arena.has_values else []
    header += ["at best known"] if with_reference else []
    header += ["proven", "time"]
    header += ["gap over time"] if arena.has_values else []
    rows = []
    for item in items:
        row: list[Any] = [item.method, *(factors[f].get(item.method) for f in factors), _solved(item)]
        if arena.has_values:
            leads = not partial and item.overall is not None and item.overall.gap == best["overall"]
            row.append(_mean_cell(item.overall, "best" if leads and len(items) > 1 else ""))
        if with_common:
            leads = item.common is not None and item.common.gap == best["common"]
            row.append(_mean_cell(item.common, "best" if leads and len(items) > 1 else ""))
        if with_bound:
            row.append(_mean_cell(item.to_bound))
        if arena.has_values:
            row.append(Cell(None if item.worst is None else gap_text(item.worst), sort=item.worst))
        if with_reference:
            row.append(_share(item.at_reference, item.with_reference))
        row.append(_share(item.proven, item.finished))
        total = f"{seconds_text(item.total_s)} in all"
        row.append(Cell(seconds_text(item.wall_s), note=total, sort=item.wall_s, title="mean of a run"))
        if arena.has_values:
            row.append(Cell(None if item.time_gap is None else f"{100 * item.time_gap:.1f}%", sort=item.time_gap))
        rows.append(row)
    page.table(header, rows)


def _factor_columns(analysis: Analysis) -> dict[str, dict[str, Any]]:
    """Values of the factors that vary, where these are more than the method's name says."""
    factors = analysis.arena.factors
    names = list(dict.fromkeys(name for own in factors.values() for name in own))
    if len(names) < 2:
        return {}
    return {name: {method: own.get(name) for method, own in factors.items()} for name in names}


def _solved(item: MethodSummary) -> Cell:
    title = "instances with a value, of those with a finished run that was not refused"
    note = "" if item.finished == item.planned else f"{item.finished} of {item.planned} runs"
    return Cell(f"{item.solved} of {item.instances}", title=title, note=note, sort=item.solved)


def _share(count: int, total: int) -> Cell:
    return Cell(f"{count} of {total}" if total else None, sort=count / total if total else None)


def _outcomes(page: ReportPage, analysis: Analysis) -> None:
    items = [analysis.summary(name) for name in shown_methods(analysis)]
    counts = {item.method: {**item.statuses, "left": item.planned - item.finished} for item in items}
    if len({status for own in counts.values() for status, count in own.items() if count}) < 2:
        return  # all ended the same
    page.drawing(
        outcome_chart(counts, label="How the runs of every method ended"),
        "How the runs of every method ended." + only_best(analysis, MOST_ROWS),
    )


def _families(page: ReportPage, analysis: Analysis) -> None:
    arena = analysis.arena
    if len(arena.families) < 2 or not arena.has_values:
        return
    page.subsection("By family")
    methods = shown_methods(analysis, 12)
    rows = []
    for family, title in arena.families.items():
        instances = arena.of_family(family)
        means = {m: analysis.summary(m).families.get(family) for m in methods}
        full = {m: mean for m, mean in means.items() if mean is not None and mean.instances == len(instances)}
        least = min((mean.gap for mean in full.values()), default=None)
        row: list[Any] = [title, len(instances)]
        for method in methods:
            mean = means[method]
            if mean is None:
                row.append(Cell(None))
                continue
            note = interval_text(mean.interval)
            if mean.instances < len(instances):
                note = f"{mean.instances} of {len(instances)} {note}".rstrip()
            tone = "best" if method in full and mean.gap == least and len(full) > 1 else ""
            row.append(Cell(gap_text(mean.gap), tone=tone, note=note, sort=mean.gap))  # type: ignore[arg-type]
        rows.append(row)
    page.table(
        ["family", "instances", *methods],
        rows,
        caption="Mean gap with its interval; where a method did not solve all instances of a family, how many."
        + only_best(analysis, 12),
    )


def _factors(page: ReportPage, analysis: Analysis) -> None:
    if not analysis.levels:
        return
    page.subsection("By factor")
    best: dict[str, float] = {}
    for item in analysis.levels:
        best[item.factor] = min(best.get(item.factor, item.mean.gap), item.mean.gap)
    rows = [
        [
            item.factor,
            item.level,
            item.methods,
            item.mean.instances,
            _mean_cell(item.mean, "best" if item.mean.gap == best[item.factor] else ""),
        ]
        for item in analysis.levels
    ]
    page.table(
        ["factor", "value", "methods", "instances", "mean gap"],
        rows,
        caption=f"All methods with a value of the factor together, over the instances that each value of it has "
        f"solved. "
        f"Factors that vary: {', '.join(code(n) for n in dict.fromkeys(i.factor for i in analysis.levels))}.",
    )
