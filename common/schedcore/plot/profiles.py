"""Figures of step functions alone: resource usage with capacity, reservoir levels with bounds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from schedcore.errors import InputError
from schedcore.model import Problem, Renewable, Reservoir, Schedule, Unary
from schedcore.plot.gantt import describe, empty_message, finish_time_axis
from schedcore.plot.layout import CyclicView, GanttLayout, layout_gantt
from schedcore.plot.palette import VIOLATION
from schedcore.plot.profile_panels import PANEL_GAP_IN, PANEL_HEIGHT_IN, Panel, busy_panel, draw_panels, panels_of
from schedcore.plot.style import heading, message_figure, new_figure, shorten, widest, with_style
from schedcore.plot.violations import summary, violation_marks

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_PANELS: int = 60


@with_style
def resource_usage(
    problem: Problem,
    schedule: Schedule,
    *,
    resources: Sequence[str] | None = None,
    title: str | None = None,
    report: Any = None,
    cyclic: CyclicView = "folded",
    rounds: int = 3,
    width_in: float = 12.0,
) -> Figure:
    """Units in use over time, one panel per resource, with the capacity (calendar) as a dashed line.

    Parameters
    ----------
    resources
        Names of unary and renewable resources to show.  Default: all renewables, and one panel with
        the number of unary resources in use.

    The others are those of :func:`~schedcore.plot.gantt_by_resource`.

    Raises
    ------
    InputError
        If a named resource is a reservoir, or there would be more than 60 panels.
    UnknownNameError
        If a named resource does not exist.
    """
    name = f"{problem.name}: resource usage" if title is None else title
    nothing = empty_message(problem, schedule)
    if nothing is not None:
        return message_figure(name, nothing)
    layout = layout_gantt(problem, schedule, cyclic=cyclic, rounds=rounds)
    if resources is None:
        busy = busy_panel(layout)
        panels = panels_of(layout, kinds=("usage",)) + (() if busy is None else (busy,))
    else:
        chosen = _chosen(problem, resources, "resources", Unary | Renewable)
        panels = panels_of(layout, resources=chosen, kinds=("usage",))
    if not panels:
        return message_figure(name, "This problem has no resources whose usage could be shown.")
    return _figure(layout, panels, name, report, width_in)


@with_style
def reservoir_levels(
    problem: Problem,
    schedule: Schedule,
    *,
    reservoirs: Sequence[str] | None = None,
    title: str | None = None,
    report: Any = None,
    cyclic: CyclicView = "folded",
    rounds: int = 3,
    width_in: float = 12.0,
) -> Figure:
    """Level of every reservoir (or of those named) over time, with its bounds as dashed lines.

    Folded cyclic schedules show the level of the steady state.  Parameters and errors as for
    :func:`resource_usage`.
    """
    name = f"{problem.name}: reservoir levels" if title is None else title
    if not any(isinstance(r, Reservoir) for r in problem.resources):
        return message_figure(name, "This problem has no reservoirs.")
    nothing = empty_message(problem, schedule)
    if nothing is not None:
        return message_figure(name, nothing)
    layout = layout_gantt(problem, schedule, cyclic=cyclic, rounds=rounds)
    chosen = None if reservoirs is None else _chosen(problem, reservoirs, "reservoirs", Reservoir)
    return _figure(layout, panels_of(layout, resources=chosen, kinds=("level",)), name, report, width_in)


def _chosen(problem: Problem, names: Sequence[str], where: str, kind: Any) -> frozenset[int]:
    ids = [problem.resource_id(name) for name in names]
    for r, name in zip(ids, names):
        if not isinstance(problem.resources[r], kind):
            raise InputError(
                f"{name!r} is a {type(problem.resources[r]).__name__.lower()}",
                where=where,
                remedy="reservoirs have levels, the other resources have usage",
            )
    return frozenset(ids)


def _figure(layout: GanttLayout, panels: tuple[Panel, ...], title: str, report: Any, width_in: float) -> Figure:
    if len(panels) > MAX_PANELS:
        raise InputError(
            f"{len(panels)} panels, the limit is {MAX_PANELS}",
            where="plot",
            remedy="name the resources to show, or write the interactive .html",
        )
    marks = violation_marks(report)
    left = 0.25 + max(0.4, widest([p.label for p in panels], 8, 2.4))
    top, bottom = (0.85 if marks else 0.68), 0.55
    height = top + bottom + len(panels) * (PANEL_HEIGHT_IN + PANEL_GAP_IN)
    figure = new_figure(width_in, height)
    heading(figure, title, describe(layout))
    if marks:
        text = shorten(summary(marks), width_in - 0.4, 9, bold=True)
        figure.text(0.15 / width_in, 1 - 0.58 / height, text, size=9, weight="bold", color=VIOLATION, va="top")
    axes = draw_panels(figure, panels, layout, marks, left=left, bottom=bottom, width=width_in - left - 0.6)
    finish_time_axis(axes, layout)
    return figure
