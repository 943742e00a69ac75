"""Distributions of replays: every sample as a point, with a box over it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from schedcore.errors import InputError
from schedcore.plot.palette import INK, VIOLATION, color
from schedcore.plot.style import add_axes, heading, message_figure, new_figure, plural, shorten, widest, with_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@with_style
def distribution(
    samples: Mapping[str, Sequence[float]],
    *,
    title: str = "Replays",
    unit: str = "makespan [ticks]",
    reference: Mapping[str, float] | None = None,
    width_in: float = 9.0,
) -> Figure:
    """Strip and box per method: median, quartiles, whiskers at the 5th and 95th percentile, mean as a diamond.

    Parameters
    ----------
    samples
        By method; not necessarily equally many.
    unit
        Label of the value axis.
    reference
        A value per method, such as the planned makespan: a red tick.

    Raises
    ------
    InputError
        If a sample is not finite.
    """
    if not any(len(s) for s in samples.values()):
        return message_figure(title, "There are no samples.")
    arrays = {name: np.asarray(list(s), dtype=float) for name, s in samples.items()}
    for name, array in arrays.items():
        if not np.isfinite(array).all():
            raise InputError(
                f"a sample is {array[~np.isfinite(array)][0]}", where=name, remedy="leave failed replays out"
            )
    row_in = 0.62
    left = 0.3 + widest(list(arrays), 9, 2.6)
    height = row_in * len(arrays)
    figure = new_figure(width_in, height + 1.3)
    sizes = sorted({len(a) for a in arrays.values() if len(a)})
    many = plural(sizes[0], "sample") if len(sizes) == 1 else f"{sizes[0]:,} to {plural(sizes[-1], 'sample')}"
    note = f"{many} each; box: quartiles and median, whiskers: 5 % to 95 %, diamond: mean"
    heading(figure, title, note + (", red: plan" if reference else ""))
    axes = add_axes(figure, left, 0.55, width_in - left - 0.25, height)
    axes.set_ylim(len(arrays) - 0.5, -0.5)
    for row, (name, array) in enumerate(arrays.items()):
        hue = color(row)
        if not len(array):
            axes.annotate(
                "no samples", (0.01, row), xycoords=axes.get_yaxis_transform(), va="center", size=8, color=INK
            )
            continue
        spread = 0.18 * np.array([2 * _van_der_corput(i + 1) - 1 for i in range(len(array))])
        axes.plot(
            np.sort(array),
            row + 0.2 + spread * 0.9,
            "o",
            color=hue,
            markersize=3,
            alpha=max(0.12, min(0.7, 20 / math.sqrt(len(array) + 1) / 3)),
            markeredgewidth=0,
            rasterized=len(array) > 5_000,
        )
        low, q1, median, q3, high = np.percentile(array, [5, 25, 50, 75, 95])
        y = row - 0.18
        axes.plot([low, high], [y, y], color=INK, linewidth=1.0)
        axes.barh(y, q3 - q1, left=q1, height=0.26, color=hue, edgecolor=INK, linewidth=0.8, zorder=3)
        axes.plot([median, median], [y - 0.13, y + 0.13], color=INK, linewidth=1.8, zorder=4)
        axes.plot([array.mean()], [y], "D", color="white", markeredgecolor=INK, markersize=4, zorder=5)
        if reference is not None and name in reference:
            axes.plot([reference[name]] * 2, [row - 0.4, row + 0.4], color=VIOLATION, linewidth=1.5, zorder=6)
    axes.set_yticks(range(len(arrays)), [shorten(name, 2.6, 9) for name in arrays], size=9, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color="#e5e8eb", linewidth=0.6)
    axes.margins(x=0.04)
    axes.set_xlabel(unit)
    return figure


def _van_der_corput(n: int) -> float:
    """Evenly spread numbers in (0, 1): the same jitter every time."""
    value, share = 0.0, 0.5
    while n:
        value += share * (n & 1)
        n >>= 1
        share /= 2
    return value
