"""What a run found, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.markdown_report import method_table
from schedcore.experiments.report.sections.overview import headline
from schedcore.experiments.report.tables import Table, instance_table
from schedcore.experiments.report.write import WrittenReport

MOST_INSTANCES: int = 40
MOST_METHODS: int = 20
"""Larger tables are in the files only."""


def report_text(report: WrittenReport) -> str:
    """Tables of instances and methods, the headline, and where the files are."""
    from schedcore.cli.text import aligned

    parts: list[str] = []
    for title, table in summary_tables(report.analyses):
        parts += [title, aligned(*table), ""]
    for analysis in report.analyses:
        prefix = f"{analysis.arena.title}: " if len(report.analyses) > 1 else ""
        parts += [prefix + headline(analysis).replace("`", ""), ""]
    tables = ", ".join(file.suffix if k else str(file) for k, file in enumerate(_tables(report)))
    return "\n".join([*parts, f"report  {report.files['html']}", f"tables  {tables}"])


def summary_tables(analyses: Sequence[Analysis]) -> list[tuple[str, Table]]:
    """The tables that fit on a screen, with their headings."""
    found: list[tuple[str, Table]] = []
    for analysis in analyses:
        arena = analysis.arena
        prefix = f"{arena.title}: " if len(analyses) > 1 else ""
        if len(arena.instances) <= MOST_INSTANCES and len(arena.methods) <= 8:
            # Of a plain solve everybody knows what the values are, unless they may be negative.
            plain = arena.direction == "min" and arena.runner == "solve" and arena.scale == "ratio"
            said = "" if plain or not arena.value_text else f" ({arena.value_text})"
            found += [
                (prefix + title + said, instance_table(analysis, family)) for family, title in arena.families.items()
            ]
        header, body = method_table(analysis)
        more = "" if len(body) <= MOST_METHODS else f" (the {MOST_METHODS} best of {len(body)})"
        found.append((f"{prefix}Methods{more}", (header, body[:MOST_METHODS])))
    return found


def _tables(report: WrittenReport) -> list[Path]:
    return [report.files[name] for name in ("md", "csv", "json")]
