"""Means with their intervals, a row per method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schedcore.experiments.report.charts.canvas import Canvas, chart, fitting, is_narrow, series, text_px
from schedcore.experiments.report.charts.scales import Axis, gap_kind, percent_text


@dataclass(frozen=True, slots=True)
class ForestRow:
    """A mean gap, its interval, and the number of its colour."""

    label: str
    index: int
    gap: float
    low: float
    high: float
    text: str


def forest_chart(rows: Sequence[ForestRow], *, label: str, axis_title: str) -> str:
    """Rows in the order given, zero marked."""

    def draw(width: float) -> Canvas:
        narrow = is_narrow(width)
        row_px, foot = (46.0, 42.0) if narrow else (30.0, 44.0)
        canvas = Canvas(width, len(rows) * row_px + foot + 6)
        left = 10.0 if narrow else min(260.0, 24 + max(text_px(row.label) for row in rows))
        right = 12.0 if narrow else 16 + max(text_px(row.text) for row in rows)
        values = [v for row in rows for v in (row.low, row.high, row.gap)]
        low, high = min(0.0, *values), max(0.0, *values)
        pad = 0.03 * (high - low) or 0.01
        kind = gap_kind([row.gap for row in rows])
        axis = Axis(low - (pad if low < 0 else 0), high + pad, left + 4, width - right - 4, kind)
        bottom = len(rows) * row_px + 4
        for tick in axis.ticks(4 if narrow else 7):
            canvas.line(axis(tick), 2, axis(tick), bottom, "zero" if tick == 0 else "grid")
            canvas.text(axis(tick), bottom + 16, percent_text(tick), kind="tick", anchor="middle")
        canvas.text((axis.start + axis.end) / 2, bottom + 33, axis_title, kind="axis", anchor="middle")
        for k, row in enumerate(rows):
            middle = k * row_px + (32.0 if narrow else row_px / 2 + 2)
            if narrow:
                canvas.text(left, middle - 15, fitting(row.label, width - text_px(row.text) - 34), kind="name")
                canvas.text(width - right, middle - 15, row.text, kind="value", anchor="end")
            else:
                shown = fitting(row.label, left - 20)
                canvas.text(left - 12, middle + 4, shown, kind="name", anchor="end", title=row.label)
                canvas.text(width - 4, middle + 4, row.text, kind="value", anchor="end")
            colour = series(row.index)
            canvas.rect(axis(row.low), middle - 4.5, max(1.5, axis(row.high) - axis(row.low)), 9, f"band {colour}")
            canvas.circle(axis(row.gap), middle, 5, f"dot {colour}", f"{row.label}: {row.text}")
        return canvas

    return chart(draw, label)
