"""The picture of a training's curve."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any


def plot_curve(curve: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw the validation profits of every kind of scenario over the validations, with the stages marked."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    position = list(range(len(curve)))
    for kind in curve[0]["profit"] if curve else ():
        axes.plot(position, [row["profit"][kind] for row in curve], marker=".", label=kind)
    stages = [row["stage"] for row in curve]
    for place in range(1, len(stages)):
        if stages[place] != stages[place - 1]:
            axes.axvline(place - 0.5, color="0.7", linewidth=0.8)
            axes.text(place - 0.4, 0.02, stages[place], transform=axes.get_xaxis_transform(), color="0.4")
    axes.set_xlabel("validation")
    axes.set_ylabel("mean profit of a validation day, $")
    if curve:
        axes.legend()
    axes.grid(alpha=0.3)
    part = path.with_suffix(".part")
    figure.savefig(part, format="png", dpi=120)
    part.replace(path)
