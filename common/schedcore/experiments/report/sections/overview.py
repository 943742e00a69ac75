"""The head of a report: what was found, in a few sentences and figures."""

from __future__ import annotations

from collections.abc import Sequence

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.pairwise import ALPHA, FEW_INSTANCES
from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.report.text import (
    and_list,
    code,
    counted,
    gap_text,
    interval_text,
    p_text,
    reference_text,
    seconds_text,
)
from schedcore.experiments.trial import TrialStatus
from schedcore.plot import ReportPage


def add_overview(page: ReportPage, run: RunData, analyses: Sequence[Analysis], warnings: Sequence[str]) -> None:
    """Warnings, the headline of every arena, and key figures."""
    left = len(run.trials) - run.finished
    if not run.trials:
        page.note("This run has no trials.", "warn")
    elif left:
        page.note(
            f"**Not finished.** {left:,} of {counted(len(run.trials), 'trial')} "
            f"{'has' if left == 1 else 'have'} no result yet; every figure covers the {run.finished:,} that do.",
            "warn",
        )
    for warning in warnings:
        page.note(warning, "bad")
    for analysis in analyses:
        prefix = f"**{analysis.arena.title}**: " if len(analyses) > 1 else ""
        page.lead(prefix + headline(analysis))
    page.facts(_facts(run, analyses))


def _facts(run: RunData, analyses: Sequence[Analysis]) -> dict[str, object]:
    records = [record for _, record in run.pairs() if record is not None]
    failed = sum(record.status is TrialStatus.FAILED for record in records)
    seeds = {trial.seed for trial in run.trials}
    cpu = [record.cpu_s for record in records if record.cpu_s is not None]
    total = len(run.trials)
    facts: dict[str, object] = {
        "trials": f"{total:,}" if len(records) == total else f"{len(records):,} of {total:,}",
        "methods": sum(len(analysis.arena.methods) for analysis in analyses),
        "instances": sum(len(analysis.arena.instances) for analysis in analyses),
        "seeds": len(seeds),
        "failed": failed,
        "time of the methods": seconds_text(sum(record.wall_s for record in records)),
    }
    if cpu:
        facts["processor time"] = seconds_text(sum(cpu))
    return facts


def distance_text(gap: float, direction: str) -> str:
    """``1.6% above``, ``0.3% below``, or ``level with``; larger values are above, whatever is better."""
    text = gap_text(gap)
    if not text.startswith(("+", "-")):
        return "level with"
    return f"{text[1:]} {'above' if (gap > 0) == (direction == 'min') else 'below'}"


def headline(analysis: Analysis) -> str:
    """What the comparison says, and how sure it is."""
    arena = analysis.arena
    if not any(item.finished for item in analysis.summaries):
        return "Nothing has finished yet."
    if not arena.has_values or not analysis.ranking:
        if analysis.metrics:
            return "These runs have metrics but no objective; their means are below."
        return "No run ended with a value, so there is nothing to compare; the reasons are below."
    first = analysis.summary(analysis.ranking[0])
    mean = first.common or first.overall
    if mean is None:
        return "No run ended with a value that can be held against a reference."
    kind = "geometric mean" if arena.scale == "ratio" else "mean"
    over = f"{counted(mean.instances, 'instance')}"
    reached = f"{distance_text(mean.gap, arena.direction)} {reference_text(arena)}"
    shown = interval_text(mean.interval) if mean.interval else ""
    interval = f" {shown}" if shown else ""
    if len(arena.methods) == 1:
        return f"{code(first.method)} ends {reached}{interval} in the {kind} over {over}; it is the only method."
    rest = [analysis.summary(name) for name in analysis.ranking[1:]]
    if not any(item.solved for item in rest):
        found = f"{first.solved} of {counted(len(arena.instances), 'instance')}"
        return f"Only {code(first.method)} ended with values, on {found}; it ends {reached}{interval} in the {kind}."
    level = [item for item in rest if (m := item.common or item.overall) and abs(m.gap - mean.gap) < 1e-9]
    common = " that all methods solved" if analysis.common and any(i.solved > mean.instances for i in [first]) else ""
    if level and analysis.common:
        names = and_list([code(first.method), *(code(item.method) for item in level)])
        return f"{names} share the smallest gap: {reached}{interval} in the {kind} over {over}{common}."
    text = f"{code(first.method)} comes out best: {reached}{interval} in the {kind} over {over}{common}."
    if not analysis.common:
        text += " No instance was solved by all methods, so these means are over different instances."
    second = next((item for item in rest if item.common or item.overall), None)
    pair = analysis.pair(first.method, second.method) if second else None
    if second is None or pair is None:
        return text
    gap = (second.common or second.overall).gap  # type: ignore[union-attr]
    text += f" Next is {code(second.method)} at {gap_text(gap)}"
    p = f"p {'' if pair.corrected < 0.001 else '= '}{p_text(pair.corrected)}"
    if pair.counts.total < FEW_INSTANCES:
        return text + f"; {counted(pair.counts.total, 'instance')} cannot settle whether that is chance."
    if pair.corrected <= ALPHA:
        return text + f"; the difference is significant ({p}, corrected)."
    return text + f"; the difference is not significant ({p}, corrected)."
