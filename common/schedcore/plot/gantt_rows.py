"""The rows of a Gantt chart on matplotlib axes: collections only, so that 100,000 bars stay fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from schedcore.plot.layout import GanttLayout, task_name
from schedcore.plot.palette import INK, JOB_COLORS, NEUTRAL, VIOLATION, rgb, text_color
from schedcore.plot.style import shorten, text_width, widest
from schedcore.plot.violations import ViolationMark, marked_placements

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MANY_BARS: int = 5_000
"""Above this number bars have no edges, are one raster image inside SVG files, and only long ones are labelled."""
MAX_LABELS: int = 1_500
MAX_VIOLATION_LABELS: int = 40
LABEL_LIMIT_IN: float = 2.4
BAR: float = 0.8
"""Height of a bar in its row."""


@dataclass(frozen=True)
class RowArea:
    """Vertical geometry: y grows downwards from 0, one unit is a full row."""

    top: NDArray[np.float64]  # [row]
    height: NDArray[np.float64]  # [row]
    row_in: float
    label_size: float
    show_group_column: bool
    label_width_in: float

    @property
    def total(self) -> float:
        """Height of all rows, in rows."""
        return float(self.top[-1] + self.height[-1]) if len(self.top) else 1.0

    @property
    def height_in(self) -> float:
        """Height of all rows in inches."""
        return max(0.6, self.total * self.row_in)

    @classmethod
    def of(cls, layout: GanttLayout) -> RowArea:
        """Row sizes that fill a page: 0.32 inches each for few rows, less for many, 24 inches at most in all."""
        height = layout.row_heights()
        top = np.concatenate([[0.0], np.cumsum(height)[:-1]])
        total = float(height.sum())
        row_in = min(0.32, max(14 / total, 0.05), 24 / total)
        size = float(np.clip(row_in * 72 * 0.62, 5.0, 9.0))
        two_columns = any(g.row_labels for g in layout.groups) and any(g.label for g in layout.groups)
        inner = [label for g in layout.groups for label in (g.row_labels or (g.label,))]
        width = widest(inner[:20_000], size, LABEL_LIMIT_IN)
        if two_columns:
            width += 0.15 + widest([g.label for g in layout.groups], size, LABEL_LIMIT_IN, bold=True)
        return cls(top, height, row_in, size, two_columns, width)


def draw_rows(
    axes: Axes,
    layout: GanttLayout,
    area: RowArea,
    keys: NDArray[np.int64],
    names: tuple[str, ...],
    marks: tuple[ViolationMark, ...],
    width_in: float,
) -> None:
    """Draw everything that belongs to the rows of ``layout`` onto empty ``axes``."""
    pad = 0.0 if layout.folded else 0.005 * (layout.x_max - layout.x_min)
    axes.set_xlim(layout.x_min - (pad if layout.x_min < 0 else 0), layout.x_max + pad)
    axes.set_ylim(area.total, 0)
    axes.tick_params(axis="y", length=0, labelleft=False)
    axes.set_yticks([])
    time_ticks(axes, width_in)
    axes.grid(axis="x", color="#d8dee4", linewidth=0.6)
    _backgrounds(axes, layout, area)
    _row_labels(axes, layout, area)
    _bars(axes, layout, area, keys)
    _setups(axes, layout, area)
    _bar_labels(axes, layout, area, keys, names, width_in)
    if layout.period is not None:
        _period_lines(axes, layout, area)
    if marks:
        _violations(axes, layout, area, marks, width_in)


def time_ticks(axes: Axes, width_in: float) -> None:
    """Whole ticks, thousands separated, as many as fit."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(nbins=max(3, int(width_in / 0.9)), integer=True, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:,.0f}"))


def rectangles(left: NDArray[Any], right: NDArray[Any], top: NDArray[Any], bottom: NDArray[Any]) -> Any:
    """``[rectangle, corner, (x, y)]`` for a ``PolyCollection`` (whose declared types leave arrays out)."""
    corners = np.empty((len(left), 4, 2))
    corners[:, 0, 0] = corners[:, 1, 0] = left
    corners[:, 2, 0] = corners[:, 3, 0] = right
    corners[:, 0, 1] = corners[:, 3, 1] = top
    corners[:, 1, 1] = corners[:, 2, 1] = bottom
    return corners


def _backgrounds(axes: Axes, layout: GanttLayout, area: RowArea) -> None:
    from matplotlib.collections import LineCollection, PolyCollection

    span = np.array([layout.x_min, layout.x_max], dtype=float)
    tops = np.array([area.top[g.first_row] for g in layout.groups])
    ends = np.append(tops[1:], area.total)
    odd = np.arange(1, len(tops), 2)
    left, right = np.full(len(odd), span[0]), np.full(len(odd), span[1])
    axes.add_collection(
        PolyCollection(rectangles(left, right, tops[odd], ends[odd]), facecolors="#f6f8fa", zorder=0.1), autolim=False
    )
    lines: Any = np.array([[(span[0], y), (span[1], y)] for y in tops[1:]]).reshape(-1, 2, 2)
    if len(lines) and area.row_in * 72 > 7:
        axes.add_collection(LineCollection(lines, colors="#eaeef2", linewidths=0.6, zorder=0.3), autolim=False)
    closed = [(a, b, y, z, share) for g, y, z in zip(layout.groups, tops, ends) for a, b, share in g.closed]
    if closed:
        a, b, y, z, share = (np.array(c, dtype=float) for c in zip(*closed))
        colors = [(0.35, 0.38, 0.42, 0.12 + 0.3 * s) for s in share.tolist()]
        axes.add_collection(
            PolyCollection(rectangles(a, b, y, z), facecolors=colors, linewidths=0, zorder=0.5, gid="closed"),
            autolim=False,
        )


def _row_labels(axes: Axes, layout: GanttLayout, area: RowArea) -> None:
    """Labels left of the axes; where rows are thinner than text, only as many as have room."""
    line_in = area.label_size * 1.15 / 72
    next_free = -1.0
    inner = 0.0
    if area.show_group_column:
        inner = 0.15 + widest([label for g in layout.groups for label in g.row_labels], area.label_size, LABEL_LIMIT_IN)
    for group in layout.groups:
        rows = slice(group.first_row, group.first_row + group.num_rows)
        middles = area.top[rows] + area.height[rows] / 2
        entries = list(zip(middles.tolist(), group.row_labels)) or [(float(middles.mean()), group.label)]
        for y, label in entries:
            if y * area.row_in >= next_free:
                next_free = y * area.row_in + line_in
                _label(axes, area, 0.0, y, label, "normal")
        if area.show_group_column and group.label:
            _label(axes, area, inner, float(area.top[group.first_row] + 0.5), group.label, "bold")


def _label(axes: Axes, area: RowArea, offset_in: float, y: float, label: str, weight: str) -> None:
    text = shorten(label, LABEL_LIMIT_IN, area.label_size, bold=weight == "bold")
    axes.annotate(
        text,
        (0, y),
        xycoords=axes.get_yaxis_transform(),
        xytext=(-6 - offset_in * 72, 0),
        textcoords="offset points",
        ha="right",
        va="center",
        size=area.label_size,
        weight=weight,
        color=INK,
        annotation_clip=False,
    )


def _bars(axes: Axes, layout: GanttLayout, area: RowArea, keys: NDArray[np.int64]) -> None:
    from matplotlib.collections import PolyCollection

    bars = layout.bars
    palette = np.array([rgb(c) for c in (*JOB_COLORS, NEUTRAL)])
    index = bar_colors(layout, keys)
    faces = palette[index]
    solid = np.flatnonzero(bars.end > bars.start)
    top, bottom = _bar_edges(area, bars.row[solid])
    many = len(solid) > MANY_BARS
    axes.add_collection(
        PolyCollection(
            rectangles(bars.start[solid], bars.end[solid], top, bottom),
            facecolors=faces[solid],
            edgecolors="none" if many else "white",
            linewidths=0 if many else 0.5,
            zorder=2,
            rasterized=many,
            gid="bars",
        ),
        autolim=False,
    )
    points = np.flatnonzero(bars.end <= bars.start)
    if len(points):
        middle = area.top[bars.row[points]] + area.height[bars.row[points]] / 2
        size = float(np.clip(area.row_in * 72 * 0.42, 2, 8)) ** 2
        axes.scatter(
            bars.start[points],
            middle,
            s=size,
            c=faces[points],
            marker="D",
            edgecolors=INK,
            linewidths=0.6,
            zorder=4,
            clip_on=False,
            gid="events",
        )


def bar_colors(layout: GanttLayout, keys: NDArray[np.int64]) -> NDArray[np.int64]:
    """Index of every bar's colour in ``(*JOB_COLORS, NEUTRAL)``."""
    task = layout.schedule.task[layout.bars.placement]
    known = (task >= 0) & (task < len(keys))
    key = np.full(len(task), -1, dtype=np.int64)
    key[known] = keys[task[known]]
    return np.where(key < 0, len(JOB_COLORS), key % len(JOB_COLORS))


def _bar_edges(area: RowArea, row: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    bar = BAR if area.row_in > 0.06 else 1.0  # thin rows need every pixel
    margin = area.height[row] * (1 - bar) / 2
    return area.top[row] + margin, area.top[row] + area.height[row] - margin


def _setups(axes: Axes, layout: GanttLayout, area: RowArea) -> None:
    from matplotlib.collections import PolyCollection

    if not len(layout.setups):
        return
    row, start, end = layout.setups.T
    top, bottom = _bar_edges(area, row)
    axes.add_collection(
        PolyCollection(
            rectangles(start, end, top, bottom),
            facecolors="white",
            edgecolors="#57606a",
            hatch="////",
            linewidths=0.5,
            zorder=1.8,
            rasterized=len(row) > MANY_BARS,
            gid="setups",
        ),
        autolim=False,
    )


def _bar_labels(
    axes: Axes,
    layout: GanttLayout,
    area: RowArea,
    keys: NDArray[np.int64],
    names: tuple[str, ...],
    width_in: float,
) -> None:
    """Names inside the bars that have room for them, the longest bars first."""
    bars = layout.bars
    inches = (bars.end - bars.start) * (width_in / max(1, layout.x_max - layout.x_min))
    index = bar_colors(layout, keys)
    order = np.argsort(-inches, kind="stable")[: MAX_LABELS * 2]
    drawn = 0
    for i in order.tolist():
        room = float(inches[i]) - 0.05
        size = min(8.0, area.row_in * float(area.height[bars.row[i]]) * BAR * 72 * 0.66)
        if room < 0.06 or drawn >= MAX_LABELS:
            break
        if size < 4.2:
            continue
        task = int(layout.schedule.task[bars.placement[i]])
        key = int(keys[task]) if 0 <= task < len(keys) else -1
        text = _fitting(_bar_names(layout, i, task, names[key] if key >= 0 else ""), room, size)
        if text is None:
            continue
        ink = text_color((*JOB_COLORS, NEUTRAL)[int(index[i])])
        x = (int(bars.start[i]) + int(bars.end[i])) / 2
        y = float(area.top[bars.row[i]] + area.height[bars.row[i]] / 2)
        axes.text(x, y, text, size=size, color=ink, ha="center", va="center_baseline", zorder=3, clip_on=True)
        drawn += 1


def _bar_names(layout: GanttLayout, bar: int, task: int, job: str) -> list[str]:
    """Texts for a bar, the fullest first."""
    name = task_name(layout.problem, task)
    if layout.by == "task" and any(group.row_labels for group in layout.groups):
        return [resources_text(layout, int(layout.bars.placement[bar]))]  # the row says the task already
    options = [name]
    if layout.period is not None and not layout.folded:
        options.insert(0, f"{name} (round {int(layout.bars.shift[bar])})")
    if job and job != name and name.startswith(job):
        rest = name[len(job) :].lstrip(" ._-:/#")
        if rest:
            options.append(rest)
    return options


def resources_text(layout: GanttLayout, placement: int) -> str:
    """Names of the resources that a placement occupies, ``""`` for none or unknown ones."""
    problem, schedule = layout.problem, layout.schedule
    task, mode = int(schedule.task[placement]), int(schedule.mode[placement])
    if not 0 <= task < len(problem.tasks) or not 0 <= mode < len(problem.tasks[task].modes):
        return ""
    return " + ".join(problem.resources[d.resource].name for d in problem.tasks[task].modes[mode].demands)


def _fitting(options: list[str], room_in: float, size: float) -> str | None:
    for smaller in (1.0, 0.85):
        for text in filter(None, options):
            if text_width(text, size * smaller) <= room_in and size * smaller >= 4.2:
                return text
    return None


def _period_lines(axes: Axes, layout: GanttLayout, area: RowArea) -> None:
    assert layout.period is not None
    if layout.folded:
        axes.axvline(layout.period, color=INK, linewidth=1.2, zorder=5)
        _seams(axes, layout, area)
        return
    for k in range(1, layout.x_max // layout.period + 1):
        axes.axvline(k * layout.period, color=INK, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.5)


def _seams(axes: Axes, layout: GanttLayout, area: RowArea) -> None:
    """White arrow heads where work goes on in the next round, or comes from the one before."""
    bars, period = layout.bars, layout.period
    assert period is not None
    start = layout.schedule.start[bars.placement] + bars.shift * period
    end = layout.schedule.end[bars.placement] + bars.shift * period
    size = float(np.clip(area.row_in * 72 * 0.28, 2, 6)) ** 2
    inset = (layout.x_max - layout.x_min) * 0.006
    for hit, x in ((end > period, period - inset), (start < 0, inset)):
        rows = bars.row[hit & (bars.end > bars.start)]
        y = area.top[rows] + area.height[rows] / 2
        axes.scatter(
            np.full(len(rows), x), y, s=size, marker=">", color="white", edgecolors=INK, linewidths=0.5, zorder=4
        )


def _violations(
    axes: Axes, layout: GanttLayout, area: RowArea, marks: tuple[ViolationMark, ...], width_in: float
) -> None:
    """Red outlines on the tasks concerned, a red wedge at the resource and tick, and the codes."""
    from matplotlib.collections import PolyCollection

    bars = layout.bars
    codes = marked_placements(marks, layout.schedule)
    hit = np.flatnonzero(np.isin(bars.placement, np.fromiter(codes, dtype=np.int64, count=len(codes))))
    scale = (layout.x_max - layout.x_min) / width_in
    top, bottom = _bar_edges(area, bars.row[hit])
    many = len(hit) > MANY_BARS
    least = np.maximum(bars.end[hit], bars.start[hit] + 0.03 * scale)
    axes.add_collection(
        PolyCollection(
            rectangles(bars.start[hit], least, top, bottom),
            facecolors="none",
            edgecolors=VIOLATION,
            linewidths=0.5 if many else min(1.8, area.row_in * 8),
            zorder=6,
            rasterized=many,
            gid="violations",
        ),
        autolim=False,
    )
    labels: list[tuple[float, float, str]] = [
        (float(bars.start[i]), float(area.top[bars.row[i]]), " ".join(codes[int(bars.placement[i])]))
        for i in hit.tolist()
    ]
    wedges: list[tuple[float, float]] = []
    group_of = {g.ident: g for g in layout.groups if g.kind in ("unary", "renewable")}
    for mark in marks:
        group = group_of.get(mark.resource)
        if group is None or mark.at is None:
            continue
        at = mark.at % layout.period if layout.folded and layout.period else mark.at
        y = float(area.top[group.first_row])
        wedges.append((at, y))
        if not mark.tasks:
            labels.append((at, y, mark.code))
    if wedges:
        axes.scatter(
            [x for x, _ in wedges],
            [y for _, y in wedges],
            s=28,
            marker="v",
            color=VIOLATION,
            zorder=8,
            clip_on=False,
            linewidths=0,
        )
    _violation_labels(axes, area, labels, scale)


def _violation_labels(axes: Axes, area: RowArea, labels: list[tuple[float, float, str]], scale: float) -> None:
    """As many codes as have room, none over another."""
    size = 6.5
    line = size * 1.5 / 72 / area.row_in
    taken: list[tuple[float, float, float, float]] = []
    for x, y, text in sorted(labels):
        wide = (text_width(text, size, bold=True) + 0.12) * scale
        box = (x, x + wide, y - line / 2, y + line / 2)
        if len(taken) >= MAX_VIOLATION_LABELS:
            break
        if any(a < box[1] and box[0] < b and c < box[3] and box[2] < d for a, b, c, d in taken):
            continue
        taken.append(box)
        axes.text(
            x,
            y,
            text,
            size=size,
            weight="bold",
            color="white",
            va="center",
            ha="left",
            zorder=9,
            bbox={"boxstyle": "round,pad=0.18", "facecolor": VIOLATION, "edgecolor": "white", "linewidth": 0.6},
        )
