"""The picture of a roofline: rates over intensity, and the time of every operation by resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmserve.cost import Resource
from schedcore.plot.palette import INK, MUTED, color
from schedcore.plot.style import add_axes, heading, new_figure, with_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from llmserve.roofline import Roofline

_COLORS = {Resource.COMPUTE: color(0), Resource.MEMORY: color(1), Resource.NETWORK: color(2)}


@with_style
def roofline_figure(roofline: Roofline) -> Figure:
    """Left: every operation at its arithmetic intensity, under the roofs of compute and memory.  Right: its times."""
    from matplotlib.ticker import FuncFormatter

    d = roofline.deployment
    peak = d.accelerator.best_flop_per_s / 1e12
    bandwidth = d.accelerator.best_memory_bytes_per_s / 1e12
    figure = new_figure(10.0, 4.4)
    heading(
        figure,
        f"Where the time of an iteration goes: {d.name}, {roofline.workload}",
        f"{roofline.batch.dense_tokens:.0f} tokens; sequential {1e3 * roofline.sequential_s:.1f} ms, "
        f"busiest resource {1e3 * roofline.overlapped_s:.1f} ms",
    )
    left = add_axes(figure, 0.7, 0.6, 4.0, 2.9)
    shown = [
        (op, op.flop / op.memory_bytes)
        for op in roofline.operations
        if op.flop and op.memory_bytes and op.bound(d) is not Resource.NETWORK
    ]
    low = min(0.5, 0.5 * min(x for _, x in shown))
    high = 3 * max(peak / bandwidth, *(x for _, x in shown))
    knee = peak / bandwidth
    left.plot([low, knee, high], [low * bandwidth, peak, peak], color=INK, linewidth=1.2)
    groups: list[tuple[float, float, list[str]]] = []
    for op, x in sorted(shown, key=lambda pair: pair[1]):
        y = min(peak, x * bandwidth)
        left.plot([x], [y], "o", color=_COLORS[op.bound(d)], markersize=5)
        if groups and x / groups[-1][0] < 2.5:
            groups[-1][2].append(op.name)
        else:
            groups.append((x, y, [op.name]))
    for x, y, names in groups:
        at_knee = x > knee / 3
        left.annotate(
            "\n".join(names),
            (x, y),
            textcoords="offset points",
            xytext=(0, -8) if at_knee else (8, -10),
            ha="center" if at_knee else "left",
            va="top",
            fontsize=7,
            color=MUTED,
        )
    left.set_xscale("log")
    left.set_yscale("log")
    left.set_xlim(low, high)
    left.set_ylim(top=2.5 * peak)
    left.xaxis.set_major_formatter(FuncFormatter(_plain))
    left.yaxis.set_major_formatter(FuncFormatter(_plain))
    left.set_xlabel("arithmetic intensity, FLOP per byte of memory traffic")
    left.set_ylabel("TFLOP/s per GPU")
    right = add_axes(figure, 6.1, 0.6, 3.7, 2.9)
    for row, times in enumerate(roofline.times_s):
        for k, resource in enumerate(Resource):
            right.barh(row + 0.26 * (k - 1), 1e3 * times[resource], 0.24, color=_COLORS[resource])
    right.set_yticks(range(len(roofline.operations)), [op.name for op in roofline.operations])
    right.invert_yaxis()
    right.set_xlabel("ms per iteration, each resource alone")
    handles = [right.barh([0], [0], color=_COLORS[r]) for r in Resource]
    right.legend(handles, [str(r) for r in Resource], frameon=False, loc="center right")
    return figure


def _plain(value: float, _: int) -> str:
    return f"{value:g}"
