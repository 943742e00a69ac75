"""Comparison bars: one value per method, in groups (instances, classes)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from schedcore.errors import InputError
from schedcore.plot.palette import INK, color
from schedcore.plot.style import add_axes, heading, message_figure, new_figure, shorten, widest, with_style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Value = float | tuple[float, float, float] | None
"""A number, or ``(value, low, high)`` with an interval, or ``None`` for none."""


@with_style
def comparison_bars(
    values: Mapping[str, Mapping[str, Value]],
    *,
    title: str = "Comparison",
    subtitle: str = "lower is better",
    unit: str = "value",
    number_format: str = ",.3g",
    width_in: float = 9.0,
) -> Figure:
    """Horizontal bars: ``values[group][method]``.

    Methods keep their colour in all groups; the best (smallest) value of a group is printed bold if
    ``subtitle`` says that lower is better, the largest if it says "higher is better".  A method without
    a value in a group is marked "none".

    Parameters
    ----------
    values
        Numbers, or ``(value, low, high)`` with an interval that is drawn as a whisker.
    unit
        Label of the value axis.

    Raises
    ------
    InputError
        If a value is not finite.
    """
    methods = list(dict.fromkeys(method for group in values.values() for method in group))
    if not methods:
        return message_figure(title, "There is nothing to compare.")
    rows = [(g, m) for g in values for m in methods if m in values[g]]
    bar_in, gap_in = 0.19, 0.16
    height = len(rows) * bar_in + len(values) * gap_in
    legend_in = 0.5 + widest(methods, 8, 2.0)
    left = 0.3 + widest(list(values), 9, 2.6)
    figure = new_figure(width_in, max(height, 0.19 * len(methods)) + 1.3)
    heading(figure, title, subtitle)
    chart_in = width_in - left - legend_in - 0.1
    axes = add_axes(figure, left, 0.55, chart_in, height)
    axes.set_ylim(height, 0)
    numbers = [_parts(values[g][m], f"{g}/{m}") for g, m in rows]
    extent = [x for part in numbers if part is not None for x in part] + [0.0]
    span = (max(extent) - min(extent)) or 1.0
    room = 0.75 / chart_in * span
    axes.set_xlim(min(extent) - (room if min(extent) < 0 else 0), max(extent) + room)
    y = 0.0
    position = 0
    ticks: list[tuple[float, str]] = []
    for group, entries in values.items():
        present = [m for m in methods if m in entries]
        parts = {m: numbers[position + k] for k, m in enumerate(present)}
        position += len(present)
        known = [p[0] for p in parts.values() if p is not None]
        best = None
        if len(known) > 1 and "better" in subtitle:
            best = max(known) if "higher" in subtitle else min(known)
        ticks.append((y + gap_in / 2 + len(present) * bar_in / 2, group))
        y += gap_in / 2
        for method in present:
            part = parts[method]
            middle = y + bar_in / 2
            hue = color(methods.index(method))
            if part is None:
                axes.annotate("none", (0, middle), (3, 0), textcoords="offset points", va="center", size=7, color=INK)
            else:
                value, low, high = part
                axes.barh(middle, value, height=bar_in * 0.86, color=hue, linewidth=0)
                if (low, high) != (value, value):
                    axes.plot([low, high], [middle, middle], color=INK, linewidth=1.0)
                edge, side = (max(high, value, 0.0), 1) if value >= 0 else (min(low, value), -1)
                axes.annotate(
                    format(value, number_format),
                    (edge, middle),
                    (3 * side, 0),
                    textcoords="offset points",
                    ha="left" if side > 0 else "right",
                    va="center",
                    size=7,
                    weight="bold" if best is not None and value == best else "normal",
                )
            y += bar_in
        y += gap_in / 2
    axes.set_yticks([t for t, _ in ticks], [shorten(label, 2.6, 9) for _, label in ticks], size=9, color=INK)
    axes.tick_params(axis="y", length=0)
    axes.axvline(0, color="#57606a", linewidth=0.8)
    axes.grid(axis="x", color="#e5e8eb", linewidth=0.6)
    axes.set_xlabel(unit)
    from matplotlib.patches import Rectangle

    handles = [Rectangle((0, 0), 1, 1, facecolor=color(k)) for k in range(len(methods))]
    labels = [shorten(m, 2.0, 8) for m in methods]
    axes.legend(
        handles, labels, loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, handlelength=1.0, borderaxespad=0
    )
    return figure


def _parts(value: Value, where: str) -> tuple[float, float, float] | None:
    if value is None:
        return None
    parts = tuple(float(x) for x in value) if isinstance(value, tuple) else (float(value),) * 3
    if len(parts) != 3 or not all(map(math.isfinite, parts)):
        raise InputError(
            f"value {value!r}", where=where, remedy="give a finite number, (value, low, high), or None for none"
        )
    return parts[0], parts[1], parts[2]
