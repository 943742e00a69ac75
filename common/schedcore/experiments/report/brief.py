"""What a sweep found, short enough for a script: the last line of ``--json`` and ``--jsonl``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schedcore.experiments.report.analysis import Analysis, MethodSummary
from schedcore.experiments.report.arena import Arena

MOST_CELLS: int = 2000
"""Larger tables of instances and methods are in the files only."""


def brief_data(analyses: Sequence[Analysis]) -> list[dict[str, Any]]:
    """For every domain and runner: who comes out best, a line per method, and the value on every instance.

    All other figures (metrics, pairs, profiles, gaps over time) are in ``results.json`` and ``results.sqlite``.
    ``instances`` is ``None`` where the table is too large for one object.
    """
    from schedcore.experiments.report.sections.overview import headline

    return [
        {
            "domain": analysis.arena.domain,
            "runner": analysis.arena.runner,
            "direction": analysis.arena.direction,
            "values": analysis.arena.value_text,
            "headline": headline(analysis).replace("`", ""),
            "ranking": list(analysis.ranking),
            "methods": [_method(analysis.summary(name)) for name in analysis.ranking],
            "instances": _instances(analysis.arena),
        }
        for analysis in analyses
    ]


def _method(item: MethodSummary) -> dict[str, Any]:
    mean = item.overall
    interval = None if mean is None else mean.interval
    return {
        "method": item.method,
        "planned": item.planned,
        "finished": item.finished,
        "instances": item.instances,
        "solved": item.solved,
        "gap": None if mean is None else mean.gap,
        "low": None if interval is None else interval.low,
        "high": None if interval is None else interval.high,
        "common_gap": None if item.common is None else item.common.gap,
        "at_reference": item.at_reference,
        "proven": item.proven,
        "wall_s": item.wall_s,
        "total_s": item.total_s,
    }


def _instances(arena: Arena) -> list[dict[str, Any]] | None:
    if len(arena.instances) * len(arena.methods) > MOST_CELLS:
        return None
    return [
        {
            "instance": name,
            "reference": info.reference,
            "values": {method: arena.cell(method, name).value for method in arena.methods},
        }
        for name, info in arena.instances.items()
    ]
