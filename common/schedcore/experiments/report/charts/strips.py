"""Spread over seeds: a strip of points per method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from schedcore.experiments.report.charts.canvas import Canvas, chart, fitting, is_narrow, series, text_px
from schedcore.experiments.report.charts.scales import Axis, percent_text

MOST_POINTS: int = 400


def strip_chart(deviations: Mapping[str, Sequence[float]], colours: Mapping[str, int], *, label: str) -> str:
    """Deviations of single runs from the mean of their instance, with the box from quarter to quarter."""
    everything = [v for values in deviations.values() for v in values]
    reach = max((abs(v) for v in everything), default=0.0) or 0.01

    def draw(width: float) -> Canvas:
        narrow = is_narrow(width)
        row_px = 50.0 if narrow else 40.0
        canvas = Canvas(width, len(deviations) * row_px + 50)
        left = 12.0 if narrow else min(260.0, 24 + max(text_px(name) for name in deviations))
        axis = Axis(-1.05 * reach, 1.05 * reach, left + 4, width - 16)
        bottom = len(deviations) * row_px + 4
        for tick in axis.ticks(4 if narrow else 8):
            canvas.line(axis(tick), 2, axis(tick), bottom, "zero" if tick == 0 else "grid")
            canvas.text(axis(tick), bottom + 16, ("+" * (tick > 0)) + percent_text(tick), kind="tick", anchor="middle")
        title = "single run against the mean of its instance"
        canvas.text((axis.start + axis.end) / 2, bottom + 34, title, kind="axis", anchor="middle")
        for k, (name, values) in enumerate(deviations.items()):
            middle = k * row_px + (34.0 if narrow else row_px / 2 + 2)
            if narrow:
                canvas.text(left, middle - 17, fitting(name, width - 30), kind="name")
            else:
                canvas.text(left - 12, middle + 4, fitting(name, left - 20), kind="name", anchor="end", title=name)
            colour = series(colours[name])
            first, half, third = np.quantile(values, [0.25, 0.5, 0.75])
            canvas.rect(axis(first), middle - 9, max(1.0, axis(third) - axis(first)), 18, f"band {colour}")
            shown = values[:: math.ceil(len(values) / MOST_POINTS)]
            for i, value in enumerate(shown):
                # Golden-section steps spread the points up and down without a random number.
                offset = ((i * 0.618034) % 1.0 - 0.5) * 14
                canvas.circle(axis(value), middle + offset, 2.4, f"point {colour}")
            canvas.line(axis(half), middle - 10, axis(half), middle + 10, f"median {colour}")
        return canvas

    return chart(draw, label)
