"""Small step plots under or instead of a Gantt chart: usage with capacity, reservoir levels with bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from schedcore.model import Renewable, Reservoir, Unary
from schedcore.plot.gantt_rows import time_ticks
from schedcore.plot.layout import GanttLayout
from schedcore.plot.palette import MUTED, VIOLATION
from schedcore.plot.step_series import IntArray, StepSeries, levels, limit_series, sample, usage
from schedcore.plot.style import add_axes, shorten
from schedcore.plot.violations import ViolationMark

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_HEIGHT_IN: float = 0.78
PANEL_GAP_IN: float = 0.14
USAGE_COLOR: str = "#4c78a8"
LEVEL_COLOR: str = "#2e7d5b"


@dataclass(frozen=True)
class Panel:
    """One step plot: ``low`` and ``high`` are the bounds (capacity over time, or levels)."""

    label: str
    kind: str  # "usage" or "level"
    resource: int | None
    series: StepSeries
    low: StepSeries | None
    high: StepSeries


def panels_of(
    layout: GanttLayout, *, resources: frozenset[int] | None = None, kinds: tuple[str, ...] = ("usage", "level")
) -> tuple[Panel, ...]:
    """Panels of all renewables and reservoirs, in the problem's order, or of chosen ``resources`` of any kind."""
    problem = layout.problem
    used = usage(layout) if "usage" in kinds else {}
    level = levels(layout) if "level" in kinds else {}
    panels = []
    for r, resource in enumerate(problem.resources):
        if resources is not None and r not in resources:
            continue
        if isinstance(resource, Reservoir):
            if "level" in kinds:
                low, high = (_constant(v) for v in (resource.minimum, resource.maximum))
                panels.append(Panel(resource.name, "level", r, level[r], low, high))
        elif "usage" in kinds and (isinstance(resource, Renewable) or resources is not None):
            panels.append(Panel(resource.name, "usage", r, used[r], None, limit_series(resource)))
    return tuple(panels)


def busy_panel(layout: GanttLayout) -> Panel | None:
    """Number of unary resources in use, against the number of open ones; ``None`` without unary resources."""
    unary = [(r, res) for r, res in enumerate(layout.problem.resources) if isinstance(res, Unary)]
    if not unary:
        return None
    used = usage(layout)
    total = _sum([used[r] for r, _ in unary])
    return Panel("unary resources", "usage", None, total, None, _sum([limit_series(res) for _, res in unary]))


def draw_panels(
    figure: Figure,
    panels: tuple[Panel, ...],
    layout: GanttLayout,
    marks: tuple[ViolationMark, ...],
    *,
    left: float,
    bottom: float,
    width: float,
) -> Axes:
    """Stack ``panels`` from ``bottom`` upwards in inches, the first on top; returns the lowest axes."""
    step = PANEL_HEIGHT_IN + PANEL_GAP_IN
    for k, panel in enumerate(panels):
        y = bottom + (len(panels) - 1 - k) * step
        axes = add_axes(figure, left, y, width, PANEL_HEIGHT_IN)
        draw_panel(axes, panel, layout, marks, width)
        if k < len(panels) - 1:
            axes.tick_params(axis="x", labelbottom=False)
    return axes


def draw_panel(
    axes: Axes, panel: Panel, layout: GanttLayout, marks: tuple[ViolationMark, ...], width_in: float
) -> None:
    """One panel on empty axes: filled steps, bounds dashed, what exceeds them in red."""
    from matplotlib.ticker import FixedLocator, FuncFormatter

    time, value = _drawn(panel.series, layout)
    name = "unary" if panel.resource is None else str(panel.resource)
    hue = USAGE_COLOR if panel.kind == "usage" else LEVEL_COLOR
    many = len(time) > 20_000
    base = 0 if panel.kind == "usage" else min(0, int(panel.low.value.min()) if panel.low is not None else 0)
    axes.fill_between(time, value, base, step="post", color=hue, alpha=0.35, linewidth=0, rasterized=many)
    axes.plot(time, value, drawstyle="steps-post", color=hue, linewidth=1.0, rasterized=many, gid=f"steps-{name}")
    for side, bound in (("low", panel.low), ("high", panel.high)):
        if bound is None:
            continue
        t, v = _drawn(bound, layout)
        axes.plot(
            t,
            v,
            drawstyle="steps-post",
            color="#24292f",
            linewidth=0.9,
            linestyle=(0, (4, 2)),
            gid=f"bound-{name}-{side}",
        )
        grid = np.union1d(time, t)
        level, limit = sample(StepSeries(time, value), grid), sample(StepSeries(t, v), grid)
        outside = level < limit if bound is panel.low else level > limit
        if outside.any():
            axes.fill_between(
                grid,
                level,
                limit,
                where=outside,
                step="post",
                color=VIOLATION,
                alpha=0.75,
                linewidth=0,
                gid=f"excess-{name}-{side}",
            )
    for mark in marks:
        if mark.resource == panel.resource and mark.resource is not None and mark.at is not None:
            at = mark.at % layout.period if layout.folded and layout.period else mark.at
            axes.axvline(at, color=VIOLATION, linewidth=1.0, zorder=5)
    low = min(int(value.min()), base)
    high = max(int(value.max()), int(panel.high.value.max()), low + 1)
    axes.set_ylim(low - (0.08 * (high - low) if low < 0 else 0), high + 0.12 * (high - low))
    pad = 0.0 if layout.folded else 0.005 * (layout.x_max - layout.x_min)
    axes.set_xlim(layout.x_min - (pad if layout.x_min < 0 else 0), layout.x_max + pad)
    axes.yaxis.set_major_locator(FixedLocator(_level_ticks(panel, low, high)))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: f"{y:,.0f}"))
    axes.yaxis.tick_right()
    axes.spines["right"].set_visible(False)
    axes.spines["left"].set_visible(False)
    axes.tick_params(axis="y", length=0, pad=2, labelsize=6.5)
    time_ticks(axes, width_in)
    axes.grid(axis="x", color="#d8dee4", linewidth=0.6)
    axes.grid(axis="y", color="#eaeef2", linewidth=0.5)
    middle = (0.0, 0.5)
    axes.annotate(
        shorten(panel.label, 2.4, 8),
        middle,
        xycoords="axes fraction",
        xytext=(-6, 0),
        textcoords="offset points",
        ha="right",
        va="bottom",
        size=8,
    )
    axes.annotate(
        "in use" if panel.kind == "usage" else "level",
        middle,
        xycoords="axes fraction",
        xytext=(-6, -1),
        textcoords="offset points",
        ha="right",
        va="top",
        size=6.5,
        color=MUTED,
    )


def _level_ticks(panel: Panel, low: int, high: int) -> list[float]:
    """The bounds first, then the extremes of the series where they keep a distance."""
    wanted = [int(panel.high.value.max()), *(() if panel.low is None else (int(panel.low.value.min()),)), low, high]
    ticks: list[float] = []
    for value in wanted:
        if all(abs(value - t) >= 0.22 * (high - low) for t in ticks):
            ticks.append(value)
    return ticks


def _drawn(series: StepSeries, layout: GanttLayout) -> tuple[IntArray, IntArray]:
    """The points inside the drawn time, with one at either end."""
    inside = series.time[(series.time > layout.x_min) & (series.time < layout.x_max)]
    ends = np.array([layout.x_min, layout.x_max], dtype=np.int64)
    time = np.concatenate([ends[:1], inside, ends[1:]])
    return time, sample(series, time)


def _constant(value: int) -> StepSeries:
    return StepSeries(np.zeros(1, dtype=np.int64), np.array([value], dtype=np.int64))


def _sum(series: list[StepSeries]) -> StepSeries:
    time = np.unique(np.concatenate([s.time for s in series]))
    value = np.zeros(len(time), dtype=np.int64)
    for s in series:
        value += sample(s, time)
    return StepSeries(time, value)
