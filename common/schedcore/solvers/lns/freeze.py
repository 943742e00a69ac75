"""The part of the incumbent that a step keeps: decisions and order, not the clock.

Tasks that are not free keep mode and presence, and keep their order on every resource (on renewables:
what ended before something else began still does), so that they may move in time but not past one
another.  That leaves far more room than fixed starts would, at the price of a precedence per pair of
neighbours.
"""

from __future__ import annotations

import itertools

import numpy as np

from schedcore.model import Edge
from schedcore.model.arrays import RESERVOIR, IntArray
from schedcore.solvers.cpsat.build import CpsatModel
from schedcore.solvers.cpsat.constraints import reservoir_events
from schedcore.solvers.cpsat.variables import Expr
from schedcore.solvers.lns.neighbourhoods import View


def freeze(model: CpsatModel, view: View, free: IntArray) -> None:
    """Add to ``model`` what keeps all tasks outside ``free`` as they are in the incumbent."""
    build = model.build
    kept = np.ones(view.count, dtype=bool)
    kept[free] = False
    for i in np.flatnonzero(kept).tolist():
        task = build.tasks[i]
        if task.presence is not None:
            build.model.add(task.presence == int(view.present[i]))
        if view.present[i] and len(task.modes) > 1:
            build.model.add(task.modes[int(view.mode[i])] == 1)
    seen: set[tuple[int, int]] = set()
    for r, tasks in enumerate(view.uses):
        if build.problem.arrays.resource_kind[r] == RESERVOIR:
            continue
        for a, b in _neighbours_in_time(view, tasks[kept[tasks]]):
            if (a, b) not in seen:
                seen.add((a, b))
                build.model.add(build.tasks[b].start >= build.tasks[a].end)
    for r in np.flatnonzero(build.problem.arrays.resource_kind == RESERVOIR).tolist():
        _keep_event_order(model, view, kept, r)


def _neighbours_in_time(view: View, tasks: IntArray) -> list[tuple[int, int]]:
    """Pairs (a, b) with ``end(a) <= start(b)`` and nothing wholly in between: the order without shortcuts."""
    if len(tasks) < 2:
        return []
    by_start = tasks[np.argsort(view.start[tasks], kind="stable")]
    by_end = tasks[np.argsort(view.end[tasks], kind="stable")]
    starts, ends = view.start[by_start], view.end[by_end]
    # Of what has ended by some time, only what ended after the latest start among it is a neighbour.
    latest_start = np.maximum.accumulate(view.start[by_end])
    pairs: list[tuple[int, int]] = []
    for b, start in zip(by_start.tolist(), starts.tolist(), strict=True):
        done = int(np.searchsorted(ends, start, side="right"))
        if not done:
            continue
        first = int(np.searchsorted(ends, latest_start[done - 1], side="right"))
        pairs += [(a, b) for a in by_end[first:done].tolist()]
    return pairs


def _keep_event_order(model: CpsatModel, view: View, kept: IntArray, reservoir: int) -> None:
    """The events of kept tasks on a reservoir stay in their order (equal times may part in that order)."""
    build = model.build
    moments: list[tuple[int, int, Expr]] = []
    for event in reservoir_events(build, reservoir):
        i = event.task
        if kept[i] and view.present[i] and event.mode in (None, int(view.mode[i])):
            at = view.start[i] if event.edge is Edge.START else view.end[i]
            moments.append((int(at), len(moments), event.time))
    moments.sort(key=lambda m: m[:2])
    for (before, _, one), (after, _, two) in itertools.pairwise(moments):
        if before < after:
            build.constraint(two >= one)
        else:
            build.constraint(two == one)  # the level is only known to be in range after all events of a tick
