"""Writing pictures of a day."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from uam.log import DayLog

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def write_plot(log: DayLog, path: Path) -> Path:
    """The animated map (``.html``) or the overview (``.png``, ``.svg``)."""
    from schedcore.io.atomic import atomic_write_text
    from schedcore.plot import save

    if path.suffix.lower() == ".html":
        from uam.plot.day_map import day_map

        atomic_write_text(path, day_map(log))
        return path
    from uam.plot.figures import overview

    return save(overview(log), path)


def write_figures(log: DayLog, folder: Path) -> list[Path]:
    """All figures as PNG, the map, and the core's chart of the day as a page, in ``folder``."""
    from schedcore.plot import plot_schedule, save
    from uam.core import to_core
    from uam.plot import figures

    folder.mkdir(parents=True, exist_ok=True)
    made: dict[str, Callable[[DayLog], Figure]] = {
        "overview": figures.overview,
        "profit": figures.profit_waterfall,
        "vertiports": figures.vertiport_usage,
        "passengers": figures.passengers,
        "aircraft": figures.fleet_gantt,
    }
    written = [save(draw(log), folder / f"{name}.png") for name, draw in made.items()]
    written.append(write_plot(log, folder / "map.html"))
    day = to_core(log)
    written.append(plot_schedule(day.problem, day.schedule, folder / "schedule.html", title=day.problem.name))
    return written
