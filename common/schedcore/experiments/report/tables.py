"""Tables of plain text, for Markdown and terminals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.text import cell_text

Table = tuple[list[str], list[list[str]]]


def instance_table(analysis: Analysis, family: str) -> Table:
    """Value and gap of every method on every instance of a family; ``*`` marks a proven optimum."""
    arena = analysis.arena
    header = ["instance", "tasks", "best known", *arena.methods]
    body = [
        [
            info.name,
            str(info.tasks or "-"),
            info.known_text,
            *(cell_text(arena.cell(method, info.name), arena) for method in arena.methods),
        ]
        for info in arena.of_family(family)
    ]
    return header, body


def markdown(table: Table) -> str:
    """A table for Markdown; the columns behind the first are aligned to the right."""
    header, body = table
    lines = [header, ["---", *("---:" for _ in header[1:])], *body]
    return "\n".join("| " + " | ".join(_escaped(cell) for cell in line) + " |" for line in lines)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")


def csv_rows(analyses: Sequence[Analysis]) -> Iterator[list[Any]]:
    """A line per domain, runner, family, instance and method, with a header first."""
    yield [
        "domain",
        "runner",
        "family",
        "instance",
        "method",
        "runs_planned",
        "runs_finished",
        "runs_with_value",
        "value_mean",
        "value_min",
        "value_max",
        "gap",
        "optimal",
        "wall_s_mean",
        "reference",
        "reference_is",
        "lower",
        "upper",
        "bound",
        "tasks",
    ]
    for analysis in analyses:
        arena = analysis.arena
        for info in arena.instances.values():
            for method in arena.methods:
                cell = arena.cell(method, info.name)
                if not cell.planned:
                    continue
                values = list(cell.values.values())
                yield [
                    arena.domain,
                    arena.runner,
                    info.family,
                    info.name,
                    method,
                    cell.planned,
                    len(cell.records),
                    len(values),
                    cell.value,
                    min(values, default=None),
                    max(values, default=None),
                    None if cell.mean is None else arena.percent(cell.mean),
                    int(cell.proven),
                    round(cell.wall_s, 4),
                    info.reference,
                    "best of this run" if info.own else "best known",
                    info.lower,
                    info.upper,
                    info.bound,
                    info.tasks,
                ]
