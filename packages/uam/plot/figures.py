"""Figures of a day with matplotlib: each function returns a ``Figure``; :func:`schedcore.plot.save` writes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from schedcore.plot.palette import INK, MUTED
from schedcore.plot.style import add_axes, heading, new_figure, with_style
from uam.log import DayLog
from uam.plot.series import carried_by_hour, occupancy, waiting

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FLYING, EMPTY, CHARGING, REPAIR, PARKED = "#0072b2", "#cc79a7", "#009e73", "#d55e00", "#e7e9ec"
"""Colours of what an aircraft does; the same in all figures and on the map."""


@with_style
def profit_waterfall(log: DayLog) -> Figure:
    """From revenue through the costs to the profit of the day."""
    figure = new_figure(6.4, 3.9)
    heading(figure, "Where the profit comes from", _subtitle(log))
    _draw_waterfall(add_axes(figure, 0.75, 0.55, 5.4, 2.6), log)
    return figure


@with_style
def vertiport_usage(log: DayLog) -> Figure:
    """Aircraft at every vertiport over the day: charging, standing, and under way to it, with the limits."""
    plan = log.scenario.plan
    columns = min(4, plan.num_vertiports)
    rows = -(-plan.num_vertiports // columns)
    cell_w, cell_h = 3.0, 1.75
    figure = new_figure(0.55 + columns * cell_w, 1.35 + rows * cell_h)
    heading(figure, "Chargers and places", _subtitle(log))
    series = occupancy(log)
    top = float(plan.capacity.max()) + 1
    legend: dict[str, Any] = {}
    for i, name in enumerate(plan.network.vertiports):
        row, column = divmod(i, columns)
        bottom = 0.75 + (rows - 1 - row) * cell_h
        axes = add_axes(figure, 0.5 + column * cell_w, bottom, cell_w - 0.35, cell_h - 0.55)
        _draw_usage(axes, log, series, slice(i, i + 1), int(plan.capacity[i]), int(plan.network.chargers[i]), top)
        axes.set_title(name, size=9, loc="left", pad=3)
        handles, labels = axes.get_legend_handles_labels()
        legend.update(zip(labels, handles, strict=True))
    _legend(figure, legend.values(), legend.keys())
    return figure


@with_style
def passengers(log: DayLog) -> Figure:
    """Passengers by hour, carried and lost, and how many of the hour are waiting over time."""
    figure = new_figure(8.2, 3.9)
    heading(figure, "Passengers", _subtitle(log))
    _draw_passengers(add_axes(figure, 0.65, 0.75, 7.3, 2.4), log)
    return figure


@with_style
def fleet_gantt(log: DayLog) -> Figure:
    """A row per aircraft: flights with passengers, empty flights, charging, repair, standing."""
    rows = log.scenario.plan.num_aircraft
    height = max(2.0, 0.155 * rows)
    figure = new_figure(11.0, height + 1.5)
    heading(figure, "What every aircraft does", _subtitle(log))
    axes = add_axes(figure, 0.6, 0.8, 10.1, height)
    _draw_gantt(axes, log)
    _legend(figure, *axes.get_legend_handles_labels())
    return figure


@with_style
def overview(log: DayLog) -> Figure:
    """All of a day on one page: profit, passengers, chargers and places in all, and a row per aircraft."""
    plan = log.scenario.plan
    rows_in = min(6.5, max(2.0, 0.125 * plan.num_aircraft))
    height = rows_in + 4.7
    figure = new_figure(12.0, height)
    heading(figure, f"A day of {plan.num_aircraft} aircraft", _subtitle(log))
    bottom = rows_in + 1.55
    axes = add_axes(figure, 0.75, bottom, 2.9, 2.2)
    _draw_waterfall(axes, log)
    axes.set_title("Profit", loc="left", size=10)
    axes = add_axes(figure, 4.45, bottom, 3.4, 2.2)
    _draw_passengers(axes, log)
    axes.set_title("Passengers", loc="left", size=10)
    axes = add_axes(figure, 8.4, bottom, 3.35, 2.2)
    total = int(plan.capacity.sum())
    used = min(float(total), 1.15 * plan.num_aircraft + 1)
    _draw_usage(axes, log, occupancy(log), slice(None), total, int(plan.network.chargers.sum()), used)
    axes.set_title("Aircraft at and under way to vertiports", loc="left", size=10)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=4, frameon=False, fontsize=7, handlelength=1.2)
    axes = add_axes(figure, 0.75, 0.75, 11.0, rows_in)
    _draw_gantt(axes, log)
    axes.set_title("Aircraft", loc="left", size=10)
    _legend(figure, *axes.get_legend_handles_labels())
    return figure


def _subtitle(log: DayLog) -> str:
    totals = log.summary()
    return (
        f"{log.scenario.name}: profit {totals['profit']:,.0f} $, {totals['flights']:,.0f} flights "
        f"({totals['empty_flights']:,.0f} empty), {totals['passengers']:,.0f} of {totals['demand']:,.0f} passengers"
    )


def _legend(figure: Figure, handles: Any, labels: Any) -> None:
    figure.legend(list(handles), list(labels), loc="lower center", ncols=len(labels), frameon=False)


def _clock(axes: Axes, log: DayLog) -> None:
    rules = log.scenario.plan.profile.rules
    ticks = np.arange(0, rules.hours + 1, 2 if rules.hours > 6 else 1)
    axes.set_xlim(0, rules.hours)
    axes.set_xticks(ticks, [f"{(rules.start_hour + int(t)) % 24}:00" for t in ticks])


def _draw_waterfall(axes: Axes, log: DayLog) -> None:
    totals = log.summary()
    plan = log.scenario.plan
    landing = plan.landing_fee_mills * len(log.flights) / 1000
    parts = [
        ("tickets", totals["revenue"]),
        ("operation", -totals["operating_cost"]),
        ("electricity", -(totals["flight_cost"] - landing)),
        *([("landing fees", -landing)] if landing else []),
    ]
    level = 0.0
    for x, (_, amount) in enumerate(parts):
        axes.bar(x, amount, bottom=level, color=FLYING if amount > 0 else REPAIR, width=0.62)
        level += amount
        axes.plot([x - 0.31, x + 1.31], [level, level], color=MUTED, linewidth=0.7)
        top = max(level, level - amount)
        axes.annotate(f"{amount:,.0f}", (x, top), (0, 2), textcoords="offset points", ha="center", va="bottom", size=8)
    axes.bar(len(parts), level, color=CHARGING if level >= 0 else REPAIR, width=0.62)
    axes.annotate(
        f"{level:,.0f}",
        (len(parts), max(level, 0)),
        (0, 2),
        textcoords="offset points",
        ha="center",
        va="bottom",
        size=8,
        weight="bold",
    )
    axes.axhline(0, color=INK, linewidth=0.7)
    axes.set_xticks(range(len(parts) + 1), [*(name for name, _ in parts), "profit"])
    axes.tick_params(axis="x", length=0, labelsize=7.5)
    axes.set_ylabel("$")
    axes.set_ylim(min(0.0, 1.15 * level), 1.15 * max(1.0, totals["revenue"]))


def _draw_usage(
    axes: Axes, log: DayLog, series: dict[str, Any], rows: slice, capacity: int, chargers: int, top: float
) -> None:
    def hours(steps: Any) -> tuple[Any, Any]:
        end = log.scenario.plan.horizon_s
        before = steps.times < end
        values = steps.values[rows].sum(axis=0)[before]
        return np.append(steps.times[before], end) / 3600, np.append(values, values[-1])

    times, present = hours(series["present"])
    axes.fill_between(times, present, step="post", color="#c4c9d0", linewidth=0, label="standing")
    times, charging = hours(series["charging"])
    axes.fill_between(times, charging, step="post", color=CHARGING, linewidth=0, label="charging")
    times, inbound = hours(series["inbound"])
    axes.step(times, inbound, where="post", color=FLYING, linewidth=0.9, label="under way to it")
    if capacity <= top:
        axes.axhline(capacity, color=INK, linewidth=0.8, label="places")
    if chargers and chargers <= top:
        axes.axhline(chargers, color=CHARGING, linewidth=0.9, linestyle=(0, (4, 2)), label="chargers")
    axes.set_ylim(0, top)
    _clock(axes, log)


def _draw_passengers(axes: Axes, log: DayLog) -> None:
    turned_up, carried = carried_by_hour(log)
    middle = np.arange(len(turned_up)) + 0.5
    axes.bar(middle, turned_up, width=0.86, color="#d5dae0", label="turned up")
    axes.bar(middle, carried, width=0.86, color=FLYING, label="carried")
    steps = waiting(log)
    axes.step(steps.times / 3600, steps.values[0], where="post", color=REPAIR, linewidth=1.0, label="waiting")
    axes.set_ylabel("passengers")
    axes.set_ylim(0, 1.05 * max(1, int(turned_up.max())))
    _clock(axes, log)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=3, frameon=False)


def _draw_gantt(axes: Axes, log: DayLog) -> None:
    plan = log.scenario.plan
    end = plan.horizon_s / 3600
    axes.barh(range(plan.num_aircraft), [end] * plan.num_aircraft, height=0.8, color=PARKED, label="standing")
    bars: dict[str, tuple[str, Sequence[Any]]] = {
        "flight": (FLYING, [f for f in log.flights if f.passengers]),
        "empty flight": (EMPTY, [f for f in log.flights if not f.passengers]),
        "charging": (CHARGING, log.charges),
        "out of order": (REPAIR, log.repairs),
    }
    for label, (color, records) in bars.items():
        rows: dict[int, list[tuple[float, float]]] = {}
        for record in records:
            rows.setdefault(record.aircraft, []).append((record.start_s / 3600, (record.end_s - record.start_s) / 3600))
        for number, (k, spans) in enumerate(sorted(rows.items())):
            # White edges keep flights apart that follow one another.
            axes.broken_barh(
                spans,
                (k - 0.4, 0.8),
                facecolor=color,
                edgecolor="white",
                linewidth=0.3,
                label=label if number == 0 else "_hidden",
            )
    axes.set_ylim(plan.num_aircraft - 0.4, -0.6)
    step = max(1, plan.num_aircraft // 20)
    axes.set_yticks(range(0, plan.num_aircraft, step))
    axes.set_ylabel("aircraft")
    _clock(axes, log)
