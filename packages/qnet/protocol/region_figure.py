"""Picture of the feasible region: delivered rate over fidelity, a panel per memory time, a line per number of hops."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from qnet.protocol.region import LEAST_RATE_HZ, RegionRow
from schedcore.plot.palette import color
from schedcore.plot.style import add_axes, heading, message_figure, new_figure, with_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TITLE = "What protocols can promise"


@with_style
def region_figure(rows: Iterable[RegionRow], *, least_fidelity: float = 0.5, width_in: float = 10.0) -> Figure:
    """Steps down and to the right: each reaches its fidelity at no more than its delivered rate."""
    drawn = [row for row in rows if any(f >= least_fidelity and r >= LEAST_RATE_HZ for f, r, _ in row.staircase)]
    if not drawn:
        return message_figure(_TITLE, f"Nothing reaches a fidelity of {least_fidelity:g}.")
    from matplotlib.ticker import FuncFormatter

    times = sorted({row.t2_s for row in drawn})
    hops = sorted({row.hops for row in drawn})
    families = " and ".join(sorted({row.family for row in drawn}))
    height = 3.2
    figure = new_figure(width_in, height + 1.8)
    heading(figure, _TITLE, f"{families} nodes; mean fidelity and delivered rate, failed runs counted")
    panel = (width_in - 0.95) / len(times) - 0.25
    highest = max(f for row in drawn for f, _, _ in row.staircase)
    fastest = max(r for row in drawn for f, r, _ in row.staircase if f >= least_fidelity)
    for i, t2_s in enumerate(times):
        axes = add_axes(figure, 0.8 + i * (panel + 0.25), 0.85, panel, height)
        for row in drawn:
            if row.t2_s != t2_s:
                continue
            points = [(f, r) for f, r, _ in row.staircase if f >= least_fidelity and r >= LEAST_RATE_HZ]
            if points:
                xs = [least_fidelity, *(f for f, _ in points)]
                ys = [points[0][1], *(r for _, r in points)]
                index = hops.index(row.hops)
                axes.step(xs, ys, where="pre", color=color(index), linewidth=1.4, label=str(row.hops))
                axes.plot([f for f, _ in points], [r for _, r in points], ".", color=color(index), markersize=4)
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.set_xlim(least_fidelity, highest + 0.02 * (1 - least_fidelity))
        axes.set_ylim(LEAST_RATE_HZ, fastest * 2)
        axes.set_title(f"T2 = {t2_s:g} s")
        axes.set_xlabel("mean fidelity")
        axes.grid(visible=True, color="#d0d7de", linewidth=0.5)
        if i == 0:
            axes.set_ylabel("delivered pairs per second")
        else:
            axes.tick_params(labelleft=False)
    handles: dict[str, Any] = {}
    for axes in figure.axes:
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True):
            handles.setdefault(label, handle)
    ordered = sorted(handles, key=int)
    figure.legend(
        handles=[handles[name] for name in ordered],
        labels=[f"{name} hops" if name != "1" else "1 hop" for name in ordered],
        loc="lower center",
        ncol=len(ordered),
        frameon=False,
    )
    return figure
