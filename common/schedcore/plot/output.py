"""Writing plots: the suffix of the path chooses the format, files appear whole or not at all."""

from __future__ import annotations

import html
import io
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.errors import InputError, did_you_mean
from schedcore.io.atomic import atomic_write_bytes, atomic_write_text, check_writable
from schedcore.model import Problem, Schedule
from schedcore.plot.gantt import gantt_by_resource, gantt_by_task
from schedcore.plot.interactive import InteractiveGantt, interactive_gantt
from schedcore.plot.perfetto import to_trace_events, trace_json
from schedcore.plot.profiles import reservoir_levels, resource_usage
from schedcore.plot.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SUFFIXES: tuple[str, ...] = (".png", ".svg", ".html", ".json")
KINDS: dict[str, str] = {
    "gantt": "a row per resource",
    "overview": "a row per resource, usage and levels underneath",
    "tasks": "a row per task, grouped by job",
    "usage": "usage of resources over time",
    "levels": "levels of reservoirs over time",
}
"""Kinds of plots that :func:`plot_schedule` draws."""


def save(plot: Figure | InteractiveGantt | dict[str, Any], path: str | os.PathLike[str]) -> Path:
    """Write a figure (.png, .svg, .html), an interactive page (.html) or trace events (.json) to ``path``.

    Equal plots give equal bytes: no dates, no random ids.

    Raises
    ------
    InputError
        If the suffix does not fit the kind of plot, or nothing can be written there; an old file at
        ``path`` is then left as it was.
    """
    target = check_writable(path)
    suffix = target.suffix.lower()
    if isinstance(plot, InteractiveGantt):
        _require(suffix, (".html",), target, "an interactive chart")
        atomic_write_text(target, plot.html)
    elif isinstance(plot, dict):
        _require(suffix, (".json",), target, "a trace")
        atomic_write_text(target, trace_json(plot))
    else:
        _require(suffix, (".png", ".svg", ".html"), target, "a figure")
        if suffix == ".png":
            atomic_write_bytes(target, to_png(plot))
        elif suffix == ".svg":
            atomic_write_text(target, to_svg(plot))
        else:
            atomic_write_text(target, _figure_page(plot, target.stem))
    return target


def plot_schedule(
    problem: Problem,
    schedule: Schedule,
    path: str | os.PathLike[str],
    kind: str = "gantt",
    *,
    title: str | None = None,
    report: Any = None,
    cyclic: str = "folded",
    rounds: int = 3,
) -> Path:
    """Draw ``schedule`` and write it to ``path``; returns the path.

    ``.png`` and ``.svg`` give a figure of the ``kind`` asked for, ``.html`` an interactive page that
    opens with it, ``.json`` a Chrome trace (kind ``"gantt"`` only; open it in Perfetto).

    Parameters
    ----------
    kind
        One of :data:`KINDS`.
    title, report, cyclic, rounds
        As for :func:`~schedcore.plot.gantt_by_resource`.

    Raises
    ------
    InputError
        For an unknown kind, view or suffix, or a path that cannot be written.
    """
    if kind not in KINDS:
        raise InputError(f"unknown kind of plot {kind!r}", where="kind", remedy=did_you_mean(kind, KINDS))
    target = check_writable(path)
    suffix = target.suffix.lower()
    _require(suffix, SUFFIXES, target, "a plot")
    if suffix == ".json":
        if kind != "gantt":
            raise InputError(
                f"a trace file has no kind {kind!r}", where=str(target), remedy="use kind 'gantt', or .png, .svg, .html"
            )
        view: Any = cyclic if schedule.cycle is None or cyclic != "folded" else "unrolled"
        return save(to_trace_events(problem, schedule, cyclic=view, rounds=rounds), target)
    options: dict[str, Any] = {"title": title, "report": report, "cyclic": cyclic, "rounds": rounds}
    if suffix == ".html":
        first = {"tasks": "task", "usage": "panels", "levels": "panels"}.get(kind, "resource")
        return save(interactive_gantt(problem, schedule, first=first, **options), target)
    draw: dict[str, Callable[..., Figure]] = {
        "gantt": gantt_by_resource,
        "overview": gantt_by_resource,
        "tasks": gantt_by_task,
        "usage": resource_usage,
        "levels": reservoir_levels,
    }
    if kind == "overview":
        options["panels"] = True
    return save(draw[kind](problem, schedule, **options), target)


def to_png(figure: Figure, *, dpi: float = 150.0) -> bytes:
    """The figure as PNG bytes."""
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=dpi, metadata={"Software": None})
    return buffer.getvalue()


def to_svg(figure: Figure) -> str:
    """The figure as an SVG document, with text as text."""
    buffer = io.StringIO()
    with styled():
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def inline_svg(figure: Figure, *, prefix: str = "") -> str:
    """The figure as an ``<svg>`` element for an HTML page.

    ``prefix`` is put before all its ids: give each figure of a page its own, for ids are the page's.
    """
    document = to_svg(figure)
    svg = document[document.index("<svg") :].strip()
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.DOTALL)
    if not prefix:
        return svg
    svg = re.sub(r'(<[^>]* id=")', rf"\g<1>{prefix}", svg)
    return re.sub(r'(url\(#|xlink:href="#)', rf"\g<1>{prefix}", svg)


def _figure_page(figure: Figure, title: str) -> str:
    texts = figure.texts
    name = html.escape(texts[0].get_text() if texts else title)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{name}</title>\n"
        "<style>body{margin:0;background:#fff}svg{max-width:100%;height:auto;display:block;margin:auto}</style>\n"
        f"</head>\n<body>\n{inline_svg(figure)}\n</body>\n</html>\n"
    )


def _require(suffix: str, allowed: tuple[str, ...], target: Path, what: str) -> None:
    if suffix not in allowed:
        raise InputError(
            f"{what} cannot be written as {suffix or 'a file without suffix'}",
            where=str(target),
            remedy=f"use {', '.join(allowed)}",
        )
