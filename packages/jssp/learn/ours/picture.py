"""A picture of one decision: the schedule so far, the candidates, what the policy thinks of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jssp.instance import JobShopInstance
from jssp.learn.ours.explain import Decision
from jssp.learn.ours.features import CANDIDATE_FEATURES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = (
    "duration",
    "start after the earliest start",
    "work left after it",
    "slack to the bound",
    "bound after it: all of the machine",
    "next machine: nobody queues",
    "next machine: runs dry after arrival",
    "bound if another goes first",
)
"""Features in the table of the picture."""


def plot_decision(instance: JobShopInstance, decision: Decision) -> Figure:
    """Left the schedule so far with the candidates on their machine, right the probabilities above some features."""
    import matplotlib
    from matplotlib.figure import Figure

    colours = matplotlib.colormaps["tab10"]
    figure = Figure(figsize=(12, 5.2), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(1.15, 1), height_ratios=(1, 1.7))
    gantt, bars, table = (figure.add_subplot(grid[place]) for place in (np.s_[:, 0], np.s_[0, 1], np.s_[1, 1]))
    machines = instance.num_machines
    for operation in np.flatnonzero(decision.placed >= 0):
        job = int(instance.op_jobs[operation])
        start, duration = decision.placed[operation], int(instance.op_durations[operation])
        row = int(instance.op_machines[operation])
        gantt.barh(row, duration, left=start, height=0.8, color=colours(job % 10), edgecolor="white")
        gantt.text(start + duration / 2, row, f"{job}", ha="center", va="center", color="white", fontsize=8)
    gantt.axhspan(decision.machine - 0.5, decision.machine + 0.5, color="black", alpha=0.06)
    count = len(decision.jobs)
    height = 0.8 / count
    for c, (job, start, end) in enumerate(zip(decision.jobs, decision.starts, decision.ends)):
        centre = decision.machine - 0.4 + (c + 0.5) * height
        gantt.barh(
            centre,
            end - start,
            left=start,
            height=0.9 * height,
            facecolor=(*colours(int(job) % 10)[:3], 0.35),
            edgecolor=colours(int(job) % 10),
            hatch="///",
        )
        gantt.text(end, centre, f"  job {job}?", va="center", fontsize=7)
    gantt.axvline(decision.ends.min(), color="black", linestyle=":", linewidth=1)
    gantt.set_yticks(range(machines), [f"m{k}" for k in range(machines)])
    gantt.invert_yaxis()
    gantt.set_xlim(0, 1.13 * max(float(decision.ends.max()), float(decision.placed.max()), 1.0))
    gantt.set_xlabel("ticks (dotted: the earliest completion)")
    gantt.set_title(f"After {decision.step} operations: who goes next on m{decision.machine}?", fontsize=10)
    names = [f"job {job}" for job in decision.jobs]
    bars.bar(
        names,
        decision.probabilities,
        color=[colours(int(job) % 10) for job in decision.jobs],
        edgecolor=["black" if c == decision.chosen else "none" for c in range(count)],
        linewidth=2,
    )
    for c, p in enumerate(decision.probabilities):
        bars.text(c, p + 0.02, f"{p:.0%}", ha="center", fontsize=9)
    bars.set_ylim(0, 1.15)
    bars.set_ylabel("probability")
    bars.set_title("The policy's answer (framed: chosen)", fontsize=10)
    rows = [CANDIDATE_FEATURES.index(name) for name in SHOWN]
    values = decision.features[:, rows].T
    table.imshow(values, cmap="coolwarm", vmin=-1, vmax=1, aspect="auto")
    for r in range(len(rows)):
        for c in range(count):
            table.text(c, r, f"{values[r, c]:.2f}", ha="center", va="center", fontsize=8)
    table.set_xticks(range(count), names)
    table.set_yticks(range(len(rows)), SHOWN, fontsize=8)
    table.set_title(f"Some of the {len(CANDIDATE_FEATURES)} features of each candidate", fontsize=10)
    return figure
