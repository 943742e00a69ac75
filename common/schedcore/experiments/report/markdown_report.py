"""The report as Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

from schedcore.experiments.report.analysis import Analysis
from schedcore.experiments.report.arena import contradictions
from schedcore.experiments.report.means import Mean
from schedcore.experiments.report.pairwise import ALL_PAIRS_UP_TO
from schedcore.experiments.report.run_data import RunData
from schedcore.experiments.report.sections.metrics import same_in_all_runs
from schedcore.experiments.report.sections.overview import headline
from schedcore.experiments.report.sections.setting import reading_notes
from schedcore.experiments.report.tables import Table, instance_table, markdown
from schedcore.experiments.report.text import counted, gap_text, interval_text, p_text, seconds_text
from schedcore.experiments.trial import TrialStatus


def markdown_report(run: RunData, analyses: Sequence[Analysis]) -> str:
    """Everything but the charts."""
    lines = [f"# {run.heading}", ""]
    if run.description:
        lines += [run.description.strip(), ""]
    if run.command:
        lines += ["```console", f"$ {run.command}", "```", ""]
    left = len(run.trials) - run.finished
    if left:
        lines += [f"**Not finished**: {left} of {counted(len(run.trials), 'trial')} left.", ""]
    lines += [f"**Contradiction**: {text}\n" for text in contradictions(run, [a.arena for a in analyses])[:10]]
    for analysis in analyses:
        arena = analysis.arena
        head = f"{arena.title}: " if len(analyses) > 1 else ""
        said = [f"Values are {arena.value_text}.", ""] if arena.has_values and arena.value_text else []
        lines += [headline(analysis), "", f"## {head}Methods", "", *said, markdown(method_table(analysis)), ""]
        if analysis.pairs and arena.has_values:
            lines += [f"## {head}Wins / ties / losses", "", markdown(_pair_table(analysis)), ""]
        metrics = [f"## {head}Metrics", "", *_metrics(analysis)] if analysis.metrics else []
        if not arena.has_values:  # then the metrics are all there is
            lines += metrics
        for family, title in arena.families.items():
            lines += [f"## {head}{title}", "", markdown(instance_table(analysis, family)), ""]
        if arena.has_values:
            lines += metrics
    lines += _failures(run)
    return "\n".join([*lines, *(f"- {note}" for note in reading_notes(analyses))]) + "\n"


def method_table(analysis: Analysis) -> Table:
    """One line per method, from best to worst; ``common`` where the methods solved different instances."""
    items = [analysis.summary(name) for name in analysis.ranking]
    with_common = any(i.overall and i.common and i.overall.instances > i.common.instances for i in items)
    header = ["method", "solved", "mean gap", "95 % interval", *(["common"] * with_common), "worst", "at best known"]
    header += ["proven", "total time"]
    body = []
    for item in items:
        row = [
            item.method,
            str(item.instances) if item.solved == item.instances else f"{item.solved} of {item.instances}",
            _gap(item.overall),
            interval_text(item.overall.interval) if item.overall else "",
        ]
        row += [_gap(item.common)] * with_common
        row += [
            "-" if item.worst is None else gap_text(item.worst),
            f"{item.at_reference} of {item.with_reference}" if item.with_reference else "-",
            f"{item.proven} of {item.finished}",
            seconds_text(item.total_s),
        ]
        body.append(row)
    return header, body


def _gap(mean: Mean | None) -> str:
    return "-" if mean is None else gap_text(mean.gap)


def _pair_table(analysis: Analysis) -> Table:
    if len(analysis.arena.methods) > ALL_PAIRS_UP_TO:
        header = ["against the best", "wins / ties / losses of the best", "p, corrected"]
        body = []
        for other in analysis.ranking[1:]:
            pair = analysis.pair(analysis.ranking[0], other)
            if pair is not None:
                counts = pair.counts
                body.append([other, f"{counts.wins} / {counts.ties} / {counts.losses}", p_text(pair.corrected)])
        return header, body
    body = []
    for first in analysis.ranking:
        row = [first]
        for second in analysis.ranking:
            pair = None if first == second else analysis.pair(first, second)
            if pair is None:
                row.append("")
                continue
            counts = pair.counts
            p = p_text(pair.corrected)
            p = p if p.startswith("<") else f"= {p}"
            row.append(f"{counts.wins} / {counts.ties} / {counts.losses} (p {p})" + "*" * pair.significant)
        body.append(row)
    return ["row against column", *analysis.ranking], body


def _metrics(analysis: Analysis) -> list[str]:
    """A table of the metrics that differ between runs, and a line on the others."""
    same = same_in_all_runs(analysis)
    body = [
        [m.name, m.unit, m.method, f"{m.mean:.6g}", f"{m.low:.6g}", f"{m.high:.6g}", str(m.runs)]
        for m in analysis.metrics
        if m.name not in same
    ]
    lines: list[str] = []
    if body:
        lines += [markdown((["metric", "unit", "method", "mean", "lowest", "highest", "runs"], body)), ""]
    if same:
        lines += ["The same in all runs: " + "; ".join(f"{name} = {value:.6g}" for name, value in same.items()), ""]
    return lines


def _failures(run: RunData) -> list[str]:
    failed = [(t, r) for t, r in run.pairs() if r is not None and r.status is TrialStatus.FAILED]
    if not failed:
        return []
    lines = ["## Failures", ""]
    for trial, record in failed[:100]:
        reason = (record.message or record.error_text or "no reason given").strip().splitlines()[0]
        lines.append(f"- {trial.label}: {record.error_type or 'failed'}: {reason}")
    if len(failed) > 100:
        lines.append(f"- and {len(failed) - 100} more")
    return [*lines, ""]
