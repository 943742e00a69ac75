"""Incumbent traces: how objective and bound of solvers move over time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from schedcore.plot.palette import MUTED, color
from schedcore.plot.style import add_axes, heading, message_figure, new_figure, shorten, widest, with_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from schedcore.solvers.protocol import SolveResult

Trace = Sequence[tuple[float, float, float | None]]
"""``(wall_s, objective, bound or None)`` per improvement, in order of time."""


@with_style
def incumbent_trace(
    traces: Mapping[str, Trace | SolveResult] | SolveResult,
    *,
    title: str = "Incumbents over time",
    objective: str = "objective",
    best_known: float | None = None,
    log_time: bool = False,
    width_in: float = 9.0,
) -> Figure:
    """Objective of the best schedule (solid) and proven bound (dashed) against wall time in seconds.

    Parameters
    ----------
    traces
        By name of the method; a result of a solver stands for its trace and ends at its ``wall_s``.
    objective
        Label of the vertical axis, with the unit if there is one.
    best_known
        Drawn as a thin horizontal line.
    log_time
        Logarithmic time; improvements in the first millisecond are drawn at one millisecond.
    """
    series = _series(traces)
    if not any(points for points, _ in series.values()):
        return message_figure(title, "No method found a schedule.")
    labels = {name: name if points else f"{name} (none)" for name, (points, _) in series.items()}
    known = "" if best_known is None else f"best known {best_known:,.6g}"
    legend_in = 0.65 + widest([*labels.values(), known], 8, 2.2)
    figure = new_figure(width_in, 4.2)
    heading(figure, title, "solid: best schedule so far · dashed: proven lower bound")
    left = 0.95
    axes = add_axes(figure, left, 0.55, width_in - left - legend_in - 0.1, 4.2 - 0.55 - 0.75)
    end = max((stop for _, stop in series.values()), default=1.0)
    first = 1e-3 if log_time else 0.0
    for k, (name, (points, stop)) in enumerate(series.items()):
        time = [max(first, t) for t, _, _ in points] + [max(first, stop, end if len(series) == 1 else stop)]
        hue = color(k)
        label = shorten(labels[name], 2.2, 8)
        if not points:
            axes.plot([], [], color=hue, label=label)
            continue
        values = [v for _, v, _ in points]
        axes.plot(time, [*values, values[-1]], drawstyle="steps-post", color=hue, linewidth=1.6, label=label)
        axes.plot(time[:-1], values, "o", color=hue, markersize=3)
        bounds = [math.nan if b is None else b for _, _, b in points]
        if not all(map(math.isnan, bounds)):
            axes.plot(
                time, [*bounds, bounds[-1]], drawstyle="steps-post", color=hue, linewidth=1.1, linestyle=(0, (4, 2))
            )
    if best_known is not None:
        axes.axhline(best_known, color=MUTED, linewidth=0.9, label=known)
    if log_time:
        from matplotlib.ticker import FuncFormatter, NullFormatter

        axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlim(left=first)
    axes.set_xlabel("wall time [s]")
    axes.set_ylabel(objective)
    axes.grid(color="#e5e8eb", linewidth=0.6)
    axes.margins(y=0.08)
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, borderaxespad=0)
    return figure


def _series(traces: Any) -> dict[str, tuple[list[tuple[float, float, float | None]], float]]:
    """Points and last instant of every method."""
    if hasattr(traces, "trace"):
        traces = {traces.solver: traces}
    result = {}
    for name, value in traces.items():
        points = sorted(getattr(value, "trace", value), key=lambda p: p[0])
        stop = getattr(value, "wall_s", points[-1][0] if points else 0.0)
        result[str(name)] = (points, max(float(stop), points[-1][0] if points else 0.0))
    return result
