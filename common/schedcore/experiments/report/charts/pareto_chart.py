"""Time against quality: a point per method, and the front that no other method dominates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from schedcore.experiments.report.charts.canvas import Canvas, chart, fitting, is_narrow, series, text_px
from schedcore.experiments.report.charts.scales import Axis, gap_kind, percent_text, seconds_text


@dataclass(frozen=True, slots=True)
class ParetoPoint:
    """Mean seconds and mean gap of a method."""

    label: str
    index: int
    seconds: float
    gap: float
    low: float
    high: float
    on_front: bool


def pareto_chart(points: Sequence[ParetoPoint], *, label: str, gap_title: str) -> str:
    """Seconds on a logarithmic axis; the lower left is best."""
    times = [max(p.seconds, 1e-5) for p in points]

    def draw(width: float) -> Canvas:
        narrow = is_narrow(width)
        height = 300.0 if narrow else 360.0
        canvas = Canvas(width, height)
        left, right, top, bottom = 52.0, width - 16, 22.0, height - 44
        x = Axis(min(times) / 1.7, max(times) * 1.7, left, right, "log")
        values = [v for p in points for v in (p.low, p.high)]
        low, high = min(0.0, *values), max(0.0, *values) or 0.01
        pad = 0.06 * (high - low)
        y = Axis(low - (pad if low < 0 else 0.0), high + pad, bottom, top, gap_kind([p.gap for p in points]))
        for tick in x.ticks(4 if narrow else 7):
            canvas.line(x(tick), top, x(tick), bottom)
            canvas.text(x(tick), bottom + 17, seconds_text(tick), kind="tick", anchor="middle")
        for tick in y.ticks(5):
            canvas.line(left, y(tick), right, y(tick), "zero" if tick == 0 else "grid")
            canvas.text(left - 7, y(tick) + 4, percent_text(tick), kind="tick", anchor="end")
        canvas.text((left + right) / 2, bottom + 36, "mean wall time of a run", kind="axis", anchor="middle")
        canvas.text(4, top - 9, gap_title, kind="axis")
        front = sorted((x(max(p.seconds, 1e-5)), y(p.gap)) for p in points if p.on_front)
        steps: list[tuple[float, float]] = []
        for px, py in front:
            steps += [(px, steps[-1][1]), (px, py)] if steps else [(px, top), (px, py)]
        if steps:
            canvas.path([*steps, (right, steps[-1][1])], "front")
        taken: list[tuple[float, float, float]] = []
        for point in sorted(points, key=lambda p: not p.on_front):
            px, py, colour = x(max(point.seconds, 1e-5)), y(point.gap), series(point.index)
            canvas.line(px, y(point.low), px, y(point.high), f"whisker {colour}")
            tip = f"{point.label}: {seconds_text(point.seconds)}, {percent_text(point.gap)}"
            canvas.circle(px, py, 5.5, f"dot {colour}" + ("" if point.on_front else " off"), tip)
            name = fitting(point.label, 150 if narrow else 240)
            wide = text_px(name)
            turned = px + 12 + wide > right
            begin = px - 12 - wide if turned else px + 12
            for shift in (-8.0, 9.0, -22.0, 23.0, 36.0, -36.0):
                place = (begin, begin + wide, py + 4 + shift)
                if top < place[2] < bottom and not any(_hits(place, other) for other in taken):
                    taken.append(place)
                    canvas.text(px - 10 if turned else px + 10, place[2], name, kind="name", anchor="end" * turned)
                    break
        return canvas

    return chart(draw, label)


def _hits(a: tuple[float, float, float], b: tuple[float, float, float]) -> bool:
    return abs(a[2] - b[2]) < 13 and a[0] < b[1] and b[0] < a[1]
