"""Every instance with the values of the methods, by family."""

from __future__ import annotations

from typing import Any

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.arena import CellRuns, InstanceInfo
from schedcore.experiments.report.text import (
    best_methods,
    cell_word,
    counted,
    percent,
    seconds_text,
    share_text,
    value_text,
)
from schedcore.experiments.trial import TrialStatus
from schedcore.plot import Cell, ReportPage

MOST_COLUMNS: int = 12
MOST_ROWS: int = 2_000
FOLD_ABOVE: int = 40


def add_instances(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    """A table per family; long ones are folded, very long ones cut."""
    arena = analysis.arena
    if not arena.has_values and not any(cell.records for cell in arena.cells.values()):
        return
    page.section(f"{prefix}Instances")
    methods = list(arena.methods) if len(arena.methods) <= MOST_COLUMNS else list(analysis.ranking[:MOST_COLUMNS])
    if len(methods) < len(arena.methods):
        page.text(
            f"The {len(methods)} best of {len(arena.methods)} methods have a column; `sched export` writes all values."
        )
    many = len(arena.instances) > FOLD_ABOVE
    left = MOST_ROWS
    for family, title in arena.families.items():
        instances = arena.of_family(family)
        shown = instances[:left]
        left -= len(shown)
        rows = [_row(analysis, info, methods) for info in shown]
        caption = ""
        if len(shown) < len(instances):
            caption = f"{len(instances) - len(shown):,} more instances are left out here; `sched export` writes all."
        if many:
            with page.folded(title, counted(len(instances), "instance")):
                page.table(["instance", "tasks", "best known", *methods], rows, caption=caption)
        else:
            if len(arena.families) > 1:
                page.subsection(title)
            page.table(["instance", "tasks", "best known", *methods], rows, caption=caption)


def _row(analysis: Analysis, info: InstanceInfo, methods: list[str]) -> list[Any]:
    arena = analysis.arena
    best = best_methods(arena, info.name, methods)
    row: list[Any] = [
        info.name,
        info.tasks or None,
        Cell(info.known_text, title=info.source or "", sort=info.reference),
    ]
    for method in methods:
        cell = arena.cell(method, info.name)
        if cell.value is None:
            row.append(_without(cell))
            continue
        gap = "" if cell.mean is None else percent(arena.percent(cell.mean))
        tone = "best" if method in best else ""
        text = value_text(cell.value) + ("*" if cell.proven else "")
        row.append(Cell(text, tone=tone, title=_hint(cell), note=gap + share_text(cell), sort=cell.value))  # type: ignore[arg-type]
    return row


def _without(cell: CellRuns) -> Cell:
    word = cell_word(cell)
    failed = bool(cell.statuses[TrialStatus.FAILED])
    message = next((r.message for r in cell.records.values() if r.message), "")
    return Cell(word or None, tone="bad" if failed else "muted", title=message[:300])


def _hint(cell: CellRuns) -> str:
    values = cell.values.values()
    spread = (
        "" if len(values) < 2 else f"{value_text(min(values))} to {value_text(max(values))} over {len(values)} runs; "
    )
    words = ", ".join(f"{count} {str(status).lower()}" for status, count in cell.statuses.items())
    return f"{spread}{words}; {seconds_text(cell.wall_s)} each"
