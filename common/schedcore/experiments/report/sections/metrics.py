"""Metrics of the runs besides their value."""

from __future__ import annotations

from typing import Any

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.text import value_text
from schedcore.plot import Cell, ReportPage

MOST_METHODS: int = 12


def same_in_all_runs(analysis: Analysis) -> dict[str, float]:
    """Metrics that have one value in all runs, with this value."""
    names = dict.fromkeys(item.name for item in analysis.metrics)
    extremes = {name: {v for i in analysis.metrics if i.name == name for v in (i.low, i.high)} for name in names}
    return {name: values.pop() for name, values in extremes.items() if len(values) == 1}


def add_metrics(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    """A row per metric, a column per method."""
    if not analysis.metrics:
        return
    page.section(f"{prefix}Metrics")
    methods = [m for m in analysis.arena.methods if any(item.method == m for item in analysis.metrics)]
    shown = methods[:MOST_METHODS]
    constant = same_in_all_runs(analysis)
    names = [name for name in dict.fromkeys(item.name for item in analysis.metrics) if name not in constant]
    units = {item.name: item.unit for item in analysis.metrics}
    found = {(item.name, item.method): item for item in analysis.metrics}
    rows: list[list[Any]] = []
    for name in names:
        row: list[Any] = [name, units[name] or None]
        for method in shown:
            item = found.get((name, method))
            if item is None:
                row.append(Cell(None))
            else:
                span = "" if item.low == item.high else f"{value_text(item.low)} … {value_text(item.high)}"
                row.append(Cell(value_text(item.mean), note=span, sort=item.mean, title=f"{item.runs} runs"))
        rows.append(row)
    cut = f" The first {len(shown)} of {len(methods)} methods." if len(shown) < len(methods) else ""
    same = "; ".join(f"{name} = {value_text(value)}" for name, value in constant.items())
    if rows:
        caption = f"Mean over instances of the mean over seeds; below, the smallest and the largest of all runs.{cut}"
        page.table(["metric", "unit", *shown], rows, caption=caption)
    if same:
        with page.folded("The same in all runs", f"{len(constant)}"):
            page.text(f"{same}.")
