"""Pictures of simulations: batch composition and KV memory over time, latency against rate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from llmserve.simulate.result import SimulationResult
from llmserve.simulate.times import NS_PER_S
from schedcore.errors import InputError
from schedcore.plot.palette import INK, color
from schedcore.plot.style import add_axes, heading, message_figure, new_figure, with_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MAX_POINTS = 600
"""Points along the time axis; more iterations are averaged in bins of equal length."""

_GRID = {"axis": "y", "color": "#e5e8eb", "linewidth": 0.6}


@with_style
def simulation_figure(result: SimulationResult, *, title: str = "", width_in: float = 9.0) -> Figure:
    """Tokens per iteration by kind, KV pages held, and requests running and waiting, over time."""
    title = title or f"{result.workload.name}, {result.policy.name}"
    if not result.num_iterations:
        return message_figure(title, "Nothing was simulated.")
    begin, columns = result.start_ns / NS_PER_S, result.columns
    edges, mean = _bins(begin, result.end_ns / NS_PER_S)
    figure = new_figure(width_in, 5.6)
    subtitle = (
        f"{len(result.finished):,} of {len(result.workload):,} requests in {result.makespan_s:,.0f} s, "
        f"{result.num_iterations:,} iterations; budget {result.policy.token_budget:,} tokens"
    )
    heading(figure, title, subtitle)
    room = width_in - 0.85 - 1.45
    decode, prefill = mean(columns.decode), mean(columns.prefill)
    top = add_axes(figure, 0.85, 3.75, room, 1.15)
    top.stackplot(
        edges, decode, prefill, step="post", colors=[color(0), color(1)], labels=["decode", "prefill"], linewidth=0
    )
    top.axhline(result.policy.token_budget, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label="budget")
    _finish(top, "tokens\nper iteration", edges, result.policy.token_budget)
    middle = add_axes(figure, 0.85, 2.15, room, 1.15)
    percent = 100.0 / result.kv.pages
    middle.fill_between(
        edges, percent * mean(result.pages_used), step="post", color=color(2), linewidth=0, label="held"
    )
    _finish(middle, "KV pages [%]", edges, 100)
    bottom = add_axes(figure, 0.85, 0.55, room, 1.15)
    waiting = mean(result.waiting)
    bottom.step(edges, decode, where="post", color=color(0), linewidth=1.2, label="decoding")
    bottom.step(edges, waiting, where="post", color=color(5), linewidth=1.2, label="waiting")
    _finish(bottom, "requests", edges, max(1.0, float(decode.max()), float(waiting.max())))
    bottom.set_xlabel("time [s]")
    return figure


def _finish(axes: Axes, label: str, edges: NDArray[np.float64], top: float) -> None:
    axes.set_ylabel(label)
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.06 * top)
    axes.grid(**_GRID)  # type: ignore[arg-type]
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, handlelength=1.2, borderaxespad=0)


def _bins(begin: NDArray[np.float64], end: NDArray[np.float64]) -> tuple[NDArray[np.float64], Any]:
    """Times for the axis, and a function that averages a column over the iterations between them."""
    count = len(begin)
    if count <= MAX_POINTS:
        return np.append(begin, end[-1]), lambda column: np.append(column, column[-1]).astype(np.float64)
    edges = np.linspace(begin[0], end[-1], MAX_POINTS + 1)
    which = np.clip(np.searchsorted(edges, begin, side="right") - 1, 0, MAX_POINTS - 1)
    weight = np.bincount(which, end - begin, MAX_POINTS)

    def mean(column: NDArray[np.int64]) -> NDArray[np.float64]:
        total = np.bincount(which, column * (end - begin), MAX_POINTS)
        filled = np.divide(total, weight, out=np.full(MAX_POINTS, np.nan), where=weight > 0)
        for i in range(1, MAX_POINTS):  # a bin inside a long iteration has what that one had
            if np.isnan(filled[i]):
                filled[i] = filled[i - 1]
        return np.append(filled, filled[-1])

    return edges, mean


Curve = Sequence[tuple[float, float, float]]
"""``(rate, mean, 99th percentile)`` as of :func:`llmserve.simulate.capacity.latency_curve`."""


@with_style
def latency_figure(
    curves: Mapping[str, Curve],
    *,
    published: Mapping[float, float] | None = None,
    limit_s: float | None = 0.2,
    title: str = "Latency against rate",
    subtitle: str = "mean normalised latency; the band reaches to the 99th percentile",
    width_in: float = 8.0,
) -> Figure:
    """Normalised latency against rate, a line per configuration.

    Parameters
    ----------
    curves
        By name of the configuration.
    published
        Points of somebody else, drawn as crosses.
    limit_s
        Drawn as a line; the axis ends at four times of it.

    Raises
    ------
    InputError
        There is no curve, or one without points.
    """
    if not curves or not all(curves.values()):
        raise InputError("there is nothing to draw", where="latency figure", remedy="give curves with points")
    figure = new_figure(width_in, 3.9)
    heading(figure, title, subtitle)
    axes = add_axes(figure, 0.75, 0.55, width_in - 0.75 - 1.9, 2.65)
    for number, (name, curve) in enumerate(curves.items()):
        rates, means, tails = (np.array(column) for column in zip(*curve))
        axes.fill_between(rates, means, tails, color=color(number), alpha=0.12, linewidth=0)
        axes.plot(rates, means, color=color(number), linewidth=1.4, marker="o", markersize=3, label=name)
    if published:
        axes.plot(list(published), list(published.values()), "x", color=INK, markersize=6, label="published")
    highest = max(mean for curve in curves.values() for _, mean, _ in curve)
    if limit_s is not None:
        axes.axhline(limit_s, color=INK, linewidth=0.8, linestyle=(0, (4, 3)), label=f"limit {limit_s:g} s")
        highest = min(max(highest, limit_s), 4 * limit_s)
    axes.set_ylim(0, 1.15 * highest)
    axes.set_xlim(left=0)
    axes.set_xlabel("requests per second")
    axes.set_ylabel("seconds per answer token")
    axes.grid(**_GRID)  # type: ignore[arg-type]
    axes.legend(loc="upper left", bbox_to_anchor=(1.02, 1.0), frameon=False, borderaxespad=0)
    return figure
