"""The report as one HTML page without any outside reference."""

from __future__ import annotations

from collections.abc import Sequence

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.arena import contradictions
from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.report.sections.curves import add_curves
from schedcore.experiments.report.sections.failures import add_failures
from schedcore.experiments.report.sections.gantt import add_gantts
from schedcore.experiments.report.sections.instances import add_instances
from schedcore.experiments.report.sections.methods import add_methods
from schedcore.experiments.report.sections.metrics import add_metrics
from schedcore.experiments.report.sections.overview import add_overview
from schedcore.experiments.report.sections.pairs import add_pairs
from schedcore.experiments.report.sections.setting import add_reading, add_reproducing, add_setting
from schedcore.plot import ReportPage


def html_report(run: RunData, analyses: Sequence[Analysis], *, gantt: Sequence[str] | None = None) -> ReportPage:
    """The page of ``run``.

    Parameters
    ----------
    gantt
        Instances or trials whose schedules are drawn; ``None`` leaves the choice to the run.
    """
    version = run.environment.get("sched")
    page = ReportPage(
        run.heading,
        subtitle=run.description.strip() or _subtitle(run, analyses),
        footer=f"Made by sched{f' {version}' if version else ''} from the run {run.name}. This page needs no network.",
    )
    add_overview(page, run, analyses, contradictions(run, [a.arena for a in analyses])[:10])
    for analysis in analyses:
        prefix = f"{analysis.arena.title}: " if len(analyses) > 1 else ""
        add_methods(page, analysis, prefix)
        add_pairs(page, analysis, prefix)
        add_curves(page, analysis, prefix)
        if not analysis.arena.has_values:  # then the metrics are all there is
            add_metrics(page, analysis, prefix)
        add_instances(page, analysis, prefix)
        if analysis.arena.has_values:
            add_metrics(page, analysis, prefix)
    add_gantts(page, run, analyses, gantt)
    add_failures(page, run)
    add_setting(page, run)
    add_reading(page, analyses)
    add_reproducing(page, run)
    return page


def _subtitle(run: RunData, analyses: Sequence[Analysis]) -> str:
    """What was compared, where the run has no description."""
    seeds = len({trial.seed for trial in run.trials})
    parts = []
    for analysis in analyses:
        arena = analysis.arena
        parts.append(
            f"{len(arena.methods)} method{'s' * (len(arena.methods) != 1)} on {len(arena.instances)} "
            f"instance{'s' * (len(arena.instances) != 1)} of {arena.title}"
        )
    return f"{'; '.join(parts)}, with {seeds} seed{'s' * (seeds != 1)}." if parts else ""
