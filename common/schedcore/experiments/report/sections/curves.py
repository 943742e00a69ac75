"""Profiles, gaps over time, time against quality, and spread over seeds."""

from __future__ import annotations

import math

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.charts.curves import convergence_chart, profile_chart
from schedcore.experiments.report.charts.pareto_chart import ParetoPoint, pareto_chart
from schedcore.experiments.report.charts.strips import strip_chart
from schedcore.experiments.report.sections.methods import colours, only_best, shown_methods
from schedcore.experiments.report.text import and_list, code, counted, reference_text
from schedcore.plot import Cell, ReportPage

CURVES: int = 8
"""Methods that a chart of curves shows."""


def add_curves(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    """The charts that there is something for."""
    if not analysis.arena.has_values:
        return
    _profile(page, analysis, prefix)
    _convergence(page, analysis, prefix)
    _pareto(page, analysis, prefix)
    _seeds(page, analysis, prefix)


def _profile(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    methods = [m for m in shown_methods(analysis, CURVES) if m in analysis.profiles]
    if len(analysis.arena.methods) < 2 or not methods:
        return
    page.section(f"{prefix}Performance profile")
    curves = {method: analysis.profiles[method] for method in methods}
    page.drawing(
        profile_chart(curves, colours(analysis), label="Share of instances within a factor of the best method"),
        "How many of the instances a method solves within a factor of the best of all methods (Dolan and Moré "
        "2002). At the "
        "left edge: how often it is best; a curve that stays below 100 % has instances without a value or far off."
        + only_best(analysis, CURVES),
    )


def _convergence(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    methods = [m for m in shown_methods(analysis, CURVES) if m in analysis.curves]
    if not methods or len(analysis.curve_times) < 2:
        return
    page.section(f"{prefix}Gap over time")
    curves = {method: analysis.curves[method] for method in methods}
    page.drawing(
        convergence_chart(
            analysis.curve_times, curves, colours(analysis), label="Mean gap of every method over wall time"
        ),
        f"Mean over seeds and instances of the gap of the best solution so far to {reference_text(analysis.arena)}, "
        "|value − reference| / max(|value|, |reference|); 100 % until a run has a first solution (Berthold 2013). "
        "Logarithmic "
        "time, square-root scale of gaps. Runs that end early keep their value." + only_best(analysis, CURVES),
    )


def _pareto(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    number = colours(analysis)
    points = []
    for item in analysis.summaries:
        mean = item.overall
        if mean is not None:
            low, high = (mean.interval.low, mean.interval.high) if mean.interval else (mean.gap, mean.gap)
            on_front = item.method in analysis.front
            points.append(ParetoPoint(item.method, number[item.method], item.wall_s, mean.gap, low, high, on_front))
    if len(points) < 2:
        return
    page.section(f"{prefix}Time against quality")
    front = and_list(code(name) for name in analysis.front[:12]) + (", …" if len(analysis.front) > 12 else "")
    page.drawing(
        pareto_chart(points, label="Mean time and mean gap of every method", gap_title="mean gap"),
        f"Lower left is better. No method is both faster and better in the mean than those on the dashed front: "
        f"{front}. "
        "Bars: 95 % intervals of the gap.",
    )


def _seeds(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    arena = analysis.arena
    spreads = {m: spread for m in shown_methods(analysis, 12) if (spread := analysis.summary(m).spread) is not None}
    if not spreads:
        return
    page.section(f"{prefix}Spread over seeds")
    deviations: dict[str, list[float]] = {}
    for method in spreads:
        values = deviations.setdefault(method, [])
        for name in arena.instances:
            cell = arena.cell(method, name)
            if len(cell.measure) > 1 and cell.mean is not None:
                values += [math.expm1(value - cell.mean) for value in cell.measure.values()]
    moving = {method: values for method, values in deviations.items() if any(abs(v) > 1e-12 for v in values)}
    if moving:
        page.drawing(
            strip_chart(moving, colours(analysis), label="Deviation of single runs from the mean of their instance"),
            "Every point is a run: its value against the mean of its instance and method; line and box: median and "
            "quartiles. What the seed alone does to a method." + only_best(analysis, 12),
        )
    rows = [
        [
            method,
            spread.instances,
            Cell(f"{100 * spread.deviation:.2f}%", sort=spread.deviation),
            Cell(f"{100 * spread.widest:.2f}%", sort=spread.widest),
            spread.constant,
        ]
        for method, spread in spreads.items()
    ]
    constant = [method for method in deviations if method not in moving]
    note = f" The same with every seed: {and_list(map(code, constant))}." if constant else ""
    page.table(
        ["method", "instances", "standard deviation", "widest range", "without spread"],
        rows,
        caption=f"Over instances with at least two values; "
        f"{counted(len({s for s, _ in _slots(analysis)}), 'seed')}.{note}",
    )


def _slots(analysis: Analysis) -> set[tuple[int, int]]:
    return {slot for cell in analysis.arena.cells.values() for slot in cell.records}
