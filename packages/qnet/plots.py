"""Pictures: network map, qubits by slots, curves over load, histograms of fidelity, trade-offs.

All of them take figures that were computed elsewhere and write one file (PNG, SVG or HTML by its suffix).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qnet.compiling import OfferedDemand
from qnet.execution.result import ExecutionResult
from qnet.network import Network
from qnet.scheduling import CyclicSchedule
from schedcore.errors import InputError
from schedcore.plot.output import save
from schedcore.plot.palette import INK, MUTED, VIOLATION, color
from schedcore.plot.style import add_axes, heading, new_figure, plural, shorten, with_style

GRID = "#e5e8eb"
MAX_ROWS = 80
MAX_SLOTS_DRAWN = 256


@with_style
def network_map(network: Network, path: Path, demands: Sequence[OfferedDemand] = ()) -> Path:
    """Nodes, links and, if given, the paths of demands (wider the more of them use a link)."""
    import networkx as nx

    figure = new_figure(9.0, 6.5)
    ends = len(network.end_nodes)
    note = f"{plural(len(network.nodes), 'node')}, {ends} of them end nodes, {plural(len(network.links), 'link')}"
    if demands:
        note += f"; {plural(len(demands), 'demand')}, links by how many use them"
    heading(figure, network.summary or network.name, note)
    axes = add_axes(figure, 0.2, 0.2, 8.6, 5.6)
    axes.set_axis_off()
    if all(node.position is not None for node in network.nodes):
        place = {node.name: np.array(node.position, dtype=float) for node in network.nodes}
    else:
        place = nx.kamada_kawai_layout(network.graph, weight=None)
    used: dict[frozenset[str], int] = {}
    for offered in demands:
        for pair in zip(offered.protocol.path, offered.protocol.path[1:], strict=False):
            used[frozenset(pair)] = used.get(frozenset(pair), 0) + 1
    for link in network.links:
        (x1, y1), (x2, y2) = place[link.u], place[link.v]
        count = used.get(frozenset((link.u, link.v)), 0)
        hue = color(0) if count else "#c3c8ce"
        axes.plot([x1, x2], [y1, y2], color=hue, linewidth=1.0 + 0.8 * min(count, 8), zorder=1, solid_capstyle="round")
    small = len(network.nodes) > 40
    for is_end, hue, label in ((False, INK, "repeater"), (True, color(1), "end node")):
        names = [node.name for node in network.nodes if node.is_end == is_end]
        if names:
            spots = np.array([place[name] for name in names])
            axes.scatter(spots[:, 0], spots[:, 1], s=16 if small else 130, color=hue, zorder=2, label=label)
    if not small:
        for node in network.nodes:
            x, y = place[node.name]
            hue = "white" if not node.is_end else INK
            axes.annotate(shorten(node.name, 0.4, 7), (x, y), ha="center", va="center", size=7, color=hue, zorder=3)
    axes.legend(loc="lower left", frameon=False)
    axes.margins(0.06)
    return save(figure, path)


@with_style
def qubit_gantt(schedule: CyclicSchedule, demands: Sequence[OfferedDemand], path: Path) -> Path:
    """Qubits by slots over one hyperperiod: operations filled, stored links light, a colour per demand."""
    from matplotlib.collections import PolyCollection

    from qnet.export import _slot

    if not schedule.tasks:
        raise InputError("no demand is accepted", where="gantt", remedy="accept some before drawing")
    qubits = sorted({q for task in schedule.tasks for q in task.masks}, key=_qubit_key)
    shown = qubits[:MAX_ROWS]
    row = {q: i for i, q in enumerate(shown)}
    slots = min(schedule.hyperperiod, MAX_SLOTS_DRAWN)
    height = 0.16 * len(shown) + 0.3
    figure = new_figure(12.0, height + 1.5)
    note = f"{plural(len(schedule.tasks), 'demand')}, hyperperiod {plural(schedule.hyperperiod, 'slot')}"
    if slots < schedule.hyperperiod:
        note += f", the first {slots} shown"
    if len(shown) < len(qubits):
        note += f", {len(shown)} of {len(qubits)} qubits"
    heading(figure, f"Qubits by slots, {schedule.scheduler}", note + "; full: operation, light: stored link")
    axes = add_axes(figure, 0.9, 0.55, 9.4, height)
    for index, offered in enumerate(demands):
        boxes: dict[bool, list[Any]] = {True: [], False: []}
        for run in schedule.by_task[index]:
            for turn in range(-(-slots // schedule.cycles[index])):
                shift = turn * schedule.cycles[index]
                for first, end, names in schedule.occupation(run):
                    boxes[False] += [_box(first + shift, end + shift, row[q]) for q in names if q in row]
                for operation in offered.protocol.operations:
                    start = _slot(run, operation.start_slot) + shift
                    for q in (offered.qubits[v] for v in operation.qubits):
                        works = not (operation.kind == "L" and q.rpartition("-")[2].startswith("S"))
                        if q in row and works:
                            boxes[True].append(_box(start, start + operation.slots, row[q]))
        for full, alpha in ((False, 0.3), (True, 1.0)):
            axes.add_collection(PolyCollection(boxes[full], facecolors=color(index), alpha=alpha, linewidths=0))
    axes.set_xlim(0, slots)
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_yticks(range(len(shown)), shown, size=6)
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=GRID, linewidth=0.5)
    axes.set_xlabel(f"slot of {schedule.slot_s * 1000:g} ms")
    for index, offered in enumerate(demands[:30]):
        label = shorten(f"{offered.demand.label} {offered.demand.source}-{offered.demand.destination}", 1.4, 7)
        y = 1 - (0.16 * index + 0.05) / height
        axes.annotate("■ " + label, (1.01, y), xycoords="axes fraction", size=7, color=color(index), va="top")
    return save(figure, path)


def _box(first: float, end: float, y: int) -> list[tuple[float, float]]:
    return [(first, y - 0.42), (end, y - 0.42), (end, y + 0.42), (first, y + 0.42)]


def _qubit_key(qubit: str) -> tuple[Any, ...]:
    node, _, rest = qubit.rpartition("-")
    return (0, int(node), rest) if node.isdigit() else (1, node, rest)


@with_style
def fidelity_histograms(result: ExecutionResult, path: Path, *, most: int = 12) -> Path:
    """Distribution of the fidelity of delivered pairs by demand, with what was asked and the 5th percentile."""
    if not result.samples:
        raise InputError("the execution kept no samples", where="plot", remedy="execute with keep_samples=True")
    shown = list(zip(result.demands, result.samples))[:most]
    columns = min(4, len(shown))
    lines = -(-len(shown) // columns)
    figure = new_figure(2.9 * columns + 0.4, 1.9 * lines + 1.0)
    note = f"{result.scheduler}, {result.slots:,} slots; red: asked for, dark: mean, dashed: 5th percentile"
    heading(figure, "Fidelity of delivered pairs", note)
    for k, (demand, sample) in enumerate(shown):
        left = 0.35 + 2.9 * (k % columns)
        bottom = 0.45 + 1.9 * (lines - 1 - k // columns)
        axes = add_axes(figure, left, bottom, 2.5, 1.2)
        title = f"{demand.name} {demand.source}-{demand.destination}, {demand.rate_hz:.3g}/s"
        axes.set_title(shorten(title, 2.5, 8), size=8, loc="left", color=INK)
        axes.set_yticks([])
        if len(sample):
            axes.hist(sample, bins=25, color=color(0))
            axes.axvline(demand.fidelity, color=INK, linewidth=1.2)
            axes.axvline(demand.fidelity_p5, color=INK, linewidth=1.0, linestyle="--")
        else:
            axes.annotate(
                "nothing was delivered", (0.5, 0.5), xycoords="axes fraction", ha="center", size=8, color=MUTED
            )
        axes.axvline(demand.fidelity_min, color=VIOLATION, linewidth=1.2)
        axes.locator_params(axis="x", nbins=4)
    return save(figure, path)


@with_style
def curves(
    series: Mapping[str, Sequence[tuple[float, float, float]]],
    path: Path,
    *,
    title: str,
    note: str,
    x_label: str,
    y_label: str,
    log_x: bool = False,
) -> Path:
    """Curves with bands: per series points ``(x, mean, standard error)``."""
    figure = new_figure(8.5, 5.0)
    heading(figure, title, note)
    axes = add_axes(figure, 0.8, 0.6, 7.4, 3.6)
    for k, (name, points) in enumerate(series.items()):
        x, y, e = (np.array(column, dtype=float) for column in zip(*points))
        axes.fill_between(x, y - 1.96 * e, y + 1.96 * e, color=color(k), alpha=0.15, linewidth=0)
        axes.plot(x, y, "o-", color=color(k), markersize=4, linewidth=1.5, label=name)
    if log_x:
        ticks = sorted({point[0] for points in series.values() for point in points})
        axes.set_xscale("log")
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.set_xticks([], minor=True)
    axes.set_ylim(bottom=0)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.legend(frameon=False)
    return save(figure, path)


@with_style
def scatter(
    series: Mapping[str, Sequence[tuple[float, float]]],
    path: Path,
    *,
    title: str,
    note: str,
    x_label: str,
    y_label: str,
) -> Path:
    """Points per series, small, with the mean of each as a large mark."""
    figure = new_figure(8.5, 5.0)
    heading(figure, title, note)
    axes = add_axes(figure, 0.8, 0.6, 7.4, 3.6)
    for k, (name, points) in enumerate(series.items()):
        x, y = (np.array(column, dtype=float) for column in zip(*points))
        axes.plot(x, y, "o", color=color(k), markersize=3, alpha=0.35, markeredgewidth=0)
        axes.plot([x.mean()], [y.mean()], "D", color=color(k), markeredgecolor=INK, markersize=8, alpha=0.8, label=name)
    axes.set_ylim(bottom=0)
    axes.set_xlim(left=-0.03 * max(1e-9, *(x for points in series.values() for x, _ in points)))
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.legend(frameon=False, loc="lower right", ncols=2)
    return save(figure, path)
