"""A run in one of the formats of a report."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Callable, Sequence
from typing import Any

from schedcore.experiments.report.analysis import Analysis, MethodSummary, analyse, instance_row
from schedcore.experiments.report.arena import arenas_of, contradictions
from schedcore.experiments.report.run_data import RunData

RESULTS_SCHEMA = "sched.results/2"


def analyses_of(run: RunData) -> list[Analysis]:
    """The comparison of every domain and runner of ``run``."""
    return [analyse(arena) for arena in arenas_of(run)]


def html_text(run: RunData, analyses: Sequence[Analysis], gantt: Sequence[str] | None = None) -> str:
    """One self-contained page."""
    from schedcore.experiments.report.html_report import html_report

    return html_report(run, analyses, gantt=gantt).html


def markdown_text(run: RunData, analyses: Sequence[Analysis], gantt: Sequence[str] | None = None) -> str:
    """Tables for Markdown."""
    from schedcore.experiments.report.markdown_report import markdown_report

    return markdown_report(run, analyses)


def csv_text(run: RunData, analyses: Sequence[Analysis], gantt: Sequence[str] | None = None) -> str:
    """A line per instance and method."""
    from schedcore.experiments.report.tables import csv_rows

    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(csv_rows(analyses))
    return out.getvalue()


def json_text(run: RunData, analyses: Sequence[Analysis], gantt: Sequence[str] | None = None) -> str:
    """All figures of the report."""
    from schedcore.cli.session import json_text as as_json

    return as_json(results_data(run, analyses), indent=1) + "\n"


def results_data(run: RunData, analyses: Sequence[Analysis]) -> dict[str, Any]:
    """Everything but schedules and traces, as plain data."""
    from schedcore.experiments.report.sections.overview import headline

    return {
        "schema": RESULTS_SCHEMA,
        "name": run.name,
        "title": run.heading,
        "command": run.command,
        "digest": digest(run),
        "trials": {"planned": len(run.trials), "finished": run.finished},
        "created": run.created,
        "environment": dict(run.environment),
        "contradictions": contradictions(run, [analysis.arena for analysis in analyses]),
        "arenas": [
            {
                "domain": analysis.arena.domain,
                "runner": analysis.arena.runner,
                "direction": analysis.arena.direction,
                "values": analysis.arena.value_text,
                "scale": analysis.arena.scale,
                "headline": headline(analysis),
                "ranking": list(analysis.ranking),
                "common_instances": list(analysis.common),
                "methods": [_method_data(run, analysis, item) for item in analysis.summaries],
                "pairs": [pair.as_dict() for pair in analysis.pairs],
                "pareto_front": list(analysis.front),
                "profiles": {m: {"ratio": c.ratio, "share": c.share} for m, c in analysis.profiles.items()},
                "gap_over_time": {"time_s": list(analysis.curve_times), "gap": dict(analysis.curves)},
                "factors": [level.as_dict() for level in analysis.levels],
                "metrics": [metric.as_dict() for metric in analysis.metrics],
                "instances": [instance_row(info, analysis.arena) for info in analysis.arena.instances.values()],
            }
            for analysis in analyses
        ],
    }


def _method_data(run: RunData, analysis: Analysis, item: MethodSummary) -> dict[str, Any]:
    """A method with what its trials were given."""
    arena = analysis.arena
    own = [t for t in run.trials if (t.domain, t.runner, t.method) == (arena.domain, arena.runner, item.method)]
    return {
        **item.as_dict(),
        "factors": dict(arena.factors.get(item.method, {})),
        "time_limits_s": sorted({trial.time_limit_s for trial in own}),
        "deterministic_limits": sorted({t.deterministic_limit for t in own if t.deterministic_limit is not None}),
        "workers": sorted({trial.workers for trial in own}),
    }


def digest(run: RunData) -> str:
    """Hash of what a report shows; equal digests give equal files."""
    from schedcore import __version__

    state = hashlib.blake2b(digest_size=12)
    shown = (__version__, RESULTS_SCHEMA, run.name, run.heading, run.description, run.command, run.gantt)
    state.update(repr((shown, sorted(run.group_titles.items()), sorted(run.environment.items(), key=str))).encode())
    for trial, record in run.pairs():
        state.update(repr((trial.key, trial.group, trial.method, None)).encode())
        if record is not None:
            state.update(
                repr((record.attempt, record.status, record.objective, record.started, record.wall_s)).encode()
            )
    return state.hexdigest()


FORMATS: dict[str, Callable[[RunData, Sequence[Analysis], Sequence[str] | None], str]] = {
    "html": html_text,
    "md": markdown_text,
    "csv": csv_text,
    "json": json_text,
}
"""Formats of a report by name."""
