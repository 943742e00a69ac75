"""Pictures of schedules for the verbs that draw."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schedcore.errors import InputError

if TYPE_CHECKING:
    from schedcore.check import Report
    from schedcore.io import Document
    from schedcore.model import Problem, Schedule

# Spelled out, so that help and completion need not import the plots; a test compares.
SUFFIXES = (".png", ".svg", ".html", ".json")
KINDS: dict[str, str] = {
    "gantt": "a row per resource",
    "overview": "a row per resource, usage and levels underneath",
    "tasks": "a row per task, grouped by job",
    "usage": "usage of resources over time",
    "levels": "levels of reservoirs over time",
    "trace": "best value and bound over the time of the solve",
}


def check_plot_file(path: Path | None, where: str = "--plot") -> None:
    """Refuse a picture's name whose ending stands for no kind of picture."""
    if path is not None and path.suffix.lower() not in SUFFIXES:
        raise InputError(
            f"cannot draw a picture as {path.suffix or 'a file without ending'}",
            where=where,
            remedy=f"end the name in {', '.join(SUFFIXES)} (.json: trace events for Perfetto)",
        )


def draw(
    path: Path,
    problem: Problem,
    schedule: Schedule,
    kind: str = "gantt",
    *,
    title: str | None = None,
    report: Report | None = None,
) -> None:
    """Draw ``schedule`` into the file ``path``."""
    from schedcore.plot import plot_schedule

    plot_schedule(problem, schedule, path, kind, title=title, report=report)


def draw_trace(path: Path, document: Document) -> None:
    """Draw the incumbents that a document records.

    Raises
    ------
    InputError
        It records none, or the ending of ``path`` is that of no figure.
    """
    from schedcore.plot import incumbent_trace, save

    points = trace_points(document.result)
    if not points:
        raise InputError(
            "the file records no incumbents",
            where="--kind trace",
            remedy="write it with  sched solve ... --out FILE  and a solver that improves its schedule",
        )
    solver = str(document.result.get("solver", "solver"))
    save(incumbent_trace({solver: points}, title=f"{document.problem.name}: incumbents"), path)


def trace_points(result: Mapping[str, Any]) -> list[tuple[float, float, float | None]]:
    """The trace under ``result``, checked: a file may hold anything there."""
    points = result.get("trace", [])
    if not isinstance(points, list):
        points = [points]
    for i, point in enumerate(points):
        numbers = isinstance(point, list) and len(point) == 3 and all(isinstance(x, (int, float)) for x in point[:2])
        if not numbers or not (point[2] is None or isinstance(point[2], (int, float))):
            raise InputError(
                f"{point!r} is no [seconds, value, bound]", where=f"document.result.trace[{i}]", remedy="write it again"
            )
    return [(float(t), float(v), b) for t, v, b in points]
