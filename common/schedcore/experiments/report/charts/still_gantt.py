"""A Gantt chart that stands still: what is printed in place of the one to zoom."""

from __future__ import annotations

from schedcore.experiments.report.charts.canvas import WIDE, Canvas, fitting, n
from schedcore.experiments.report.charts.scales import Axis
from schedcore.model import Problem, Schedule
from schedcore.plot.layout import layout_gantt
from schedcore.plot.palette import color, color_keys

MOST_BARS: int = 2_000


def still_gantt(problem: Problem, schedule: Schedule) -> str:
    """The schedule by resource as SVG; nothing for one of more than 2,000 bars, which print cannot show."""
    layout = layout_gantt(problem, schedule)
    bars = layout.bars
    if not 0 < len(bars) <= MOST_BARS:
        return ""
    heights = [14.0 * float(height) for height in layout.row_heights()]
    tops = [sum(heights[:k]) + 4 for k in range(len(heights) + 1)]
    canvas = Canvas(WIDE, tops[-1] + 24)
    axis = Axis(layout.x_min, layout.x_max, 130.0, WIDE - 8)
    for tick in axis.ticks(8):
        canvas.line(axis(tick), 2, axis(tick), tops[-1])
        canvas.text(axis(tick), tops[-1] + 15, f"{tick:,.0f}", kind="tick", anchor="middle")
    for group in layout.groups:
        middle = (tops[group.first_row] + tops[group.first_row + group.num_rows]) / 2
        canvas.text(122, middle + 4, fitting(group.label, 116), kind="name", anchor="end")
    keys, _ = color_keys(problem)
    task = schedule.task
    for k in range(len(bars)):
        row, placed = int(bars.row[k]), int(task[bars.placement[k]])
        left, right = axis(float(bars.start[k])), axis(float(bars.end[k]))
        fill = color(int(keys[placed]) if 0 <= placed < len(keys) else -1)
        canvas.add(
            f'<rect x="{n(left)}" y="{n(tops[row] + 1)}" width="{n(max(0.6, right - left))}" '
            f'height="{n(heights[row] - 2)}" fill="{fill}"/>'
        )
    return f'<div class="chart">{canvas.svg("wide")}</div>'
