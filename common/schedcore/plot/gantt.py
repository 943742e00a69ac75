"""Gantt charts as figures: by resource and by task, with usage and levels underneath if wanted."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from schedcore.model import Problem, Schedule
from schedcore.plot.gantt_rows import RowArea, draw_rows
from schedcore.plot.layout import CyclicView, GanttLayout, layout_gantt
from schedcore.plot.palette import VIOLATION, color, color_keys
from schedcore.plot.profile_panels import PANEL_GAP_IN, PANEL_HEIGHT_IN, Panel, draw_panels, panels_of
from schedcore.plot.style import (
    add_axes,
    heading,
    length_text,
    message_figure,
    new_figure,
    plural,
    shorten,
    time_label,
    widest,
    with_style,
)
from schedcore.plot.violations import ViolationMark, summary, violation_marks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_LEGEND: int = 32
"""With more jobs than this the legend is left out; the bars carry the names."""
LEGEND_LINE_IN: float = 0.172


@with_style
def gantt_by_resource(
    problem: Problem,
    schedule: Schedule,
    *,
    title: str | None = None,
    report: Any = None,
    cyclic: CyclicView = "folded",
    rounds: int = 3,
    panels: bool = False,
    width_in: float = 12.0,
) -> Figure:
    """Gantt chart with a row per unary resource and lanes per renewable one.

    Bars have the colour of their job, closed stretches of calendars are shaded, setups hatched, tasks
    of no length drawn as diamonds; tasks that need no resource have rows of their own at the bottom.

    Parameters
    ----------
    title
        Default: the problem's name.
    report
        Report of the checker; its violations are outlined and named.
    cyclic, rounds
        How a cyclic schedule is drawn: folded into one period, or ``rounds`` rounds in a row.
    panels
        Draw usage of the renewables and levels of the reservoirs under the chart.
    width_in
        Width of the figure; its height follows from the number of rows.
    """
    layout = layout_gantt(problem, schedule, by="resource", cyclic=cyclic, rounds=rounds)
    shown = panels_of(layout) if panels else ()
    return _gantt(layout, title, violation_marks(report), shown, width_in)


@with_style
def gantt_by_task(
    problem: Problem,
    schedule: Schedule,
    *,
    title: str | None = None,
    report: Any = None,
    cyclic: CyclicView = "folded",
    rounds: int = 3,
    width_in: float = 12.0,
) -> Figure:
    """Gantt chart with a row per placed task, grouped by job; above 400 tasks a row (or lanes) per job.

    The parameters are those of :func:`gantt_by_resource`.  Absent optional tasks are not drawn.
    """
    layout = layout_gantt(problem, schedule, by="task", cyclic=cyclic, rounds=rounds)
    return _gantt(layout, title, violation_marks(report), (), width_in)


def describe(layout: GanttLayout) -> str:
    """Second line of a chart: makespan or period, number of tasks and resources."""
    problem, schedule, unit = layout.problem, layout.schedule, layout.problem.unit.label
    if layout.period is not None:
        how = "folded into one period" if layout.folded else f"{plural(layout.rounds, 'round')} in a row"
        parts = [f"period {length_text(layout.period, unit)}, {how}"]
    else:
        parts = [f"makespan {length_text(schedule.makespan, unit)}"]
    parts.append(plural(len(schedule), "task"))
    absent = len(problem.tasks) - len(set(schedule.task.tolist()))
    if absent > 0:
        parts.append(f"{absent:,} not placed")
    if problem.jobs:
        parts.append(plural(len(problem.jobs), "job"))
    parts.append(plural(len(problem.resources), "resource"))
    return "  ·  ".join(parts)


def empty_message(problem: Problem, schedule: Schedule) -> str | None:
    """Why there is nothing to draw, or ``None``."""
    if len(schedule):
        return None
    return "The schedule is empty: no task is placed." if problem.tasks else "The problem has no tasks."


def _gantt(
    layout: GanttLayout, title: str | None, marks: tuple[ViolationMark, ...], panels: tuple[Panel, ...], width_in: float
) -> Figure:
    problem = layout.problem
    name = problem.name if title is None else title
    nothing = empty_message(problem, layout.schedule)
    if nothing is not None:
        return message_figure(name, nothing)
    keys, names = color_keys(problem)
    area = RowArea.of(layout)
    present = _present_keys(layout, keys)
    extra = _extra_entries(layout)
    legend_in = _legend_width(names, present, extra)
    labels = [panel.label for panel in panels]
    left = 0.25 + max(area.label_width_in, widest(labels, 8, 2.4) if labels else 0.0, 0.35)
    chart_width = max(3.0, width_in - left - 0.2 - legend_in)
    panel_height = len(panels) * (PANEL_HEIGHT_IN + PANEL_GAP_IN)
    top, bottom = (0.85 if marks else 0.68), 0.55
    below = panel_height + bottom - 0.1
    entries = (len(present) if len(present) <= MAX_LEGEND else 0) + len(extra)
    if entries * LEGEND_LINE_IN > area.height_in + below:  # higher rows make room for the legend
        row_in = min(0.6, (entries * LEGEND_LINE_IN - below) / area.total)
        area = dataclasses.replace(area, row_in=max(area.row_in, row_in))
    lines = int((area.height_in + below) / LEGEND_LINE_IN)
    height = top + area.height_in + panel_height + bottom
    figure = new_figure(left + chart_width + 0.2 + legend_in, height)
    heading(figure, name, describe(layout))
    if marks:
        w, h = figure.get_size_inches()
        text = shorten(summary(marks), w - 0.4, 9, bold=True)
        figure.text(0.15 / w, 1 - 0.58 / h, text, size=9, weight="bold", color=VIOLATION, va="top")
    axes = add_axes(figure, left, bottom + panel_height, chart_width, area.height_in)
    draw_rows(axes, layout, area, keys, names, marks, chart_width)
    last = axes
    if panels:
        axes.tick_params(axis="x", labelbottom=False)
        last = draw_panels(figure, panels, layout, marks, left=left, bottom=bottom, width=chart_width)
    finish_time_axis(last, layout)
    if legend_in:
        _draw_legend(figure, axes, names, present, extra, lines, left + chart_width + 0.12)
    return figure


def finish_time_axis(axes: Axes, layout: GanttLayout) -> None:
    """Label of the time axis, with integer ticks and separators."""
    axes.set_xlabel(time_label(layout.problem.unit.label))


def _present_keys(layout: GanttLayout, keys: Any) -> list[int]:
    tasks = layout.schedule.task
    tasks = tasks[(tasks >= 0) & (tasks < len(layout.problem.tasks))]
    return sorted({int(k) for k in keys[tasks]} - {-1})


def _extra_entries(layout: GanttLayout) -> dict[str, dict[str, Any]]:
    """Legend entries of what is not a bar."""
    entries: dict[str, dict[str, Any]] = {}
    if len(layout.setups):
        entries["setup"] = {"facecolor": "white", "edgecolor": "#57606a", "hatch": "//////", "linewidth": 0.5}
    if any(group.closed for group in layout.groups):
        entries["closed"] = {"facecolor": (0.35, 0.38, 0.42, 0.42), "linewidth": 0}
    if any(group.closed and group.kind == "renewable" for group in layout.groups):
        entries["less capacity"] = {"facecolor": (0.35, 0.38, 0.42, 0.2), "linewidth": 0}
    return entries


def _legend_width(names: tuple[str, ...], present: list[int], extra: dict[str, Any]) -> float:
    jobs = [names[k] for k in present] if 2 <= len(present) <= MAX_LEGEND else []
    return 0.5 + widest([*jobs, *extra], 8, 1.9) if jobs or extra else 0.0


def _draw_legend(
    figure: Figure,
    axes: Axes,
    names: tuple[str, ...],
    present: list[int],
    extra: dict[str, dict[str, Any]],
    lines: int,
    left_in: float,
) -> None:
    from matplotlib.patches import Rectangle

    w, h = figure.get_size_inches()
    jobs = present if 2 <= len(present) <= MAX_LEGEND else []
    labels = [names[k] for k in jobs]
    if len(jobs) + len(extra) > lines:
        jobs = jobs[: max(0, lines - len(extra) - 1)]
        labels = [*(names[k] for k in jobs), f"{len(present) - len(jobs)} more"]
    handles = [Rectangle((0, 0), 1, 1, facecolor=color(k)) for k in jobs]
    handles += [Rectangle((0, 0), 0, 0, alpha=0)] * (len(labels) - len(jobs))
    handles += [Rectangle((0, 0), 1, 1, **style) for style in extra.values()]
    figure.legend(
        handles,
        [shorten(label, 1.9, 8) for label in (*labels, *extra)],
        loc="upper left",
        bbox_to_anchor=(left_in / w, axes.get_position().y1 + 0.03 / h),
        frameon=False,
        borderpad=0,
        borderaxespad=0,
        handlelength=1.0,
        handleheight=1.0,
        handletextpad=0.5,
        labelspacing=0.45,
    )
