"""Charts of curves: performance profiles, and gaps over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from schedcore.experiments.report.charts.canvas import Canvas, chart, dash, is_narrow, legend, series
from schedcore.experiments.report.charts.scales import Axis, percent_text, seconds_text
from schedcore.experiments.statistics import ProfileCurve


def profile_chart(curves: Mapping[str, ProfileCurve], colours: Mapping[str, int], *, label: str) -> str:
    """Share of instances within a factor of the best."""
    ratios = sorted(ratio for curve in curves.values() for ratio in curve.ratio)
    # The farthest twentieth of the steps would squeeze all others; curves go on flat to the right of it.
    end = max(1.01, ratios[min(len(ratios) - 1, int(0.97 * len(ratios)))] if ratios else 2.0)
    end *= 1.0 + 0.04 * (end - 1.0) / end

    def draw(width: float) -> Canvas:
        canvas, left, right, top, bottom = _frame(width)
        x = Axis(1.0, end, left, right, "log" if end > 3 else "linear")
        y = Axis(0.0, 1.0, bottom, top)
        _grid(canvas, x, y, lambda v: f"{v:.4g}", lambda v: f"{100 * v:.0f}%")
        _titles(canvas, x, y, "factor of the best value", "instances within it")
        for name, curve in curves.items():
            points: list[tuple[float, float]] = [(x(1.0), y(curve.at(1.0)))]
            for ratio, share in zip(curve.ratio, curve.share):
                if 1.0 < ratio <= end:
                    points += [(x(ratio), points[-1][1]), (x(ratio), y(share))]
            points.append((right, points[-1][1]))
            canvas.path(points, f"curve {series(colours[name])}", dash(colours[name]), name)
        return canvas

    return legend([(name, colours[name]) for name in curves]) + chart(draw, label)


def convergence_chart(
    times_s: Sequence[float], curves: Mapping[str, Sequence[float]], colours: Mapping[str, int], *, label: str
) -> str:
    """Mean gap over time, time on a logarithmic and the gap on a square-root axis."""
    most = max(max(curve) for curve in curves.values())
    most = 1.0 if most > 0.5 else most

    def draw(width: float) -> Canvas:
        canvas, left, right, top, bottom = _frame(width)
        x = Axis(times_s[0], times_s[-1], left, right, "log")
        y = Axis(0.0, max(most, 1e-4), bottom, top, "root")
        _grid(canvas, x, y, seconds_text, percent_text)
        _titles(canvas, x, y, "wall time", "mean gap")
        for name, curve in curves.items():
            points: list[tuple[float, float]] = []
            for time, gap in zip(times_s, curve):
                if points and points[-1][1] != y(gap):
                    points.append((x(time), points[-1][1]))
                if not points or points[-1][1] != y(gap):
                    points.append((x(time), y(gap)))
            points.append((right, points[-1][1]))
            canvas.path(points, f"curve {series(colours[name])}", dash(colours[name]), name)
        return canvas

    return legend([(name, colours[name]) for name in curves]) + chart(draw, label)


def _frame(width: float) -> tuple[Canvas, float, float, float, float]:
    height = 270.0 if is_narrow(width) else 340.0
    return Canvas(width, height), 52.0, width - 14, 22.0, height - 44


def _grid(canvas: Canvas, x: Axis, y: Axis, x_text: object, y_text: object) -> None:
    for tick in x.ticks(4 if is_narrow(canvas.width) else 7):
        canvas.line(x(tick), y.end, x(tick), y.start)
        canvas.text(x(tick), y.start + 17, x_text(tick), kind="tick", anchor="middle")  # type: ignore[operator]
    for tick in y.ticks(5):
        canvas.line(x.start, y(tick), x.end, y(tick), "zero" if tick == 0 else "grid")
        canvas.text(x.start - 7, y(tick) + 4, y_text(tick), kind="tick", anchor="end")  # type: ignore[operator]


def _titles(canvas: Canvas, x: Axis, y: Axis, x_title: str, y_title: str) -> None:
    canvas.text((x.start + x.end) / 2, y.start + 36, x_title, kind="axis", anchor="middle")
    canvas.text(4, y.end - 9, y_title, kind="axis")
