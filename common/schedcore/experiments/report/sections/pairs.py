"""Wins, ties and losses of every method against every other, with corrected p-values."""

from __future__ import annotations

from typing import Any

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.pairwise import ALL_PAIRS_UP_TO, FEW_INSTANCES, Pair
from schedcore.experiments.report.text import code, counted, gap_text, interval_text, p_text
from schedcore.plot import Cell, ReportPage


def add_pairs(page: ReportPage, analysis: Analysis, prefix: str) -> None:
    """The matrix, or a list against the best where there are too many methods for one."""
    if not analysis.pairs or not analysis.arena.has_values:
        return
    page.section(f"{prefix}Wins, ties, losses")
    if len(analysis.arena.methods) <= ALL_PAIRS_UP_TO:
        _matrix(page, analysis)
    else:
        _against_best(page, analysis)


def _matrix(page: ReportPage, analysis: Analysis) -> None:
    order = analysis.ranking
    rows = []
    for first in order:
        row: list[Any] = [first]
        for second in order:
            pair = None if first == second else analysis.pair(first, second)
            row.append(Cell("") if first == second else _cell(pair))
        rows.append(row)
    sizes = sorted({pair.counts.total for pair in analysis.pairs})
    over = counted(sizes[0], "instance") if len(sizes) == 1 else f"{sizes[0]} to {counted(sizes[-1], 'instance')}"
    few = (
        f" Fewer than {FEW_INSTANCES} instances cannot give a p-value below 0.05, whatever the outcome."
        if sizes[0] < FEW_INSTANCES
        else ""
    )
    page.table(
        ["row against column", *order],
        rows,
        sortable=False,
        caption=f"Instances that the method of the row wins / ties / loses against that of the column, over {over}; "
        f"below, "
        f"the p-value of Wilcoxon's signed-rank test after Holm's correction for "
        f"{counted(len(analysis.pairs), 'pair')}. "
        f"Green: better, red: worse, where p ≤ 0.05.{few}",
    )


def _cell(pair: Pair | None) -> Cell:
    if pair is None:
        return Cell(None, title="no instance in common")
    counts = pair.counts
    tone = "" if not pair.significant else "good" if counts.wins > counts.losses else "bad"
    title = f"{pair.first} against {pair.second}"
    if pair.gap is not None:
        title += f": {gap_text(pair.gap)} {interval_text(pair.interval)}"
    p = p_text(pair.corrected)
    return Cell(
        f"{counts.wins} / {counts.ties} / {counts.losses}",
        tone=tone,  # type: ignore[arg-type]
        note=f"p {p}" if p.startswith("<") else f"p = {p}",
        title=title,
    )


def _against_best(page: ReportPage, analysis: Analysis) -> None:
    best = analysis.ranking[0]
    rows: list[list[Any]] = []
    for pair in analysis.pairs:
        other = pair.second if pair.first == best else pair.first
        seen = analysis.pair(best, other)
        assert seen is not None
        counts = seen.counts
        rows.append(
            [
                other,
                counts.wins,
                counts.ties,
                counts.losses,
                Cell(
                    None if seen.gap is None else gap_text(seen.gap), note=interval_text(seen.interval), sort=seen.gap
                ),
                Cell(p_text(seen.corrected), tone="good" if seen.significant else "", sort=seen.corrected),
            ]
        )
    page.table(
        ["other method", "wins", "ties", "losses", "ratio to it", "p, corrected"],
        rows,
        caption=f"{code(best)}, which has the smallest mean, against every other method: instances it wins, ties "
        f"and loses. "
        "Having been chosen for being best, it is favoured by these tests.",
    )
