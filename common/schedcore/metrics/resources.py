"""Metrics per resource: busy, idle and setup time, utilisation, totals of reservoirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedcore.check.reservoir import folded_levels, levels
from schedcore.check.unary import FORBIDDEN, sequences
from schedcore.check.view import View, static_capacity
from schedcore.metrics.objective import makespan
from schedcore.model import Problem, Reservoir, Schedule
from schedcore.model.arrays import RESERVOIR


@dataclass(frozen=True, slots=True)
class ResourceUse:
    """How a unary or renewable resource is used over ``[0, makespan)``, or over one period if cyclic.

    Parameters
    ----------
    available
        Units times ticks that its calendar offers.
    busy
        Units times ticks that tasks occupy (also outside the calendar, if the schedule breaks it).
    setup
        Ticks of transitions between its consecutive tasks, and from the initial state.
    """

    available: int
    busy: int
    setup: int

    @property
    def idle(self) -> int:
        """Units times ticks available and not busy; never negative."""
        return max(0, self.available - self.busy)

    @property
    def utilisation(self) -> float:
        """busy / available, 0 if nothing is available."""
        return self.busy / self.available if self.available else 0.0


@dataclass(frozen=True, slots=True)
class ReservoirUse:
    """What happens to a reservoir: totals of the effects (per round if cyclic) and the range of its level."""

    produced: int
    consumed: int
    lowest: int
    highest: int
    final: int

    @property
    def net(self) -> int:
        """produced - consumed."""
        return self.produced - self.consumed


def resource_uses(problem: Problem, schedule: Schedule) -> dict[int, ResourceUse]:
    """Use of every unary and renewable resource by id.

    In a cyclic problem whose schedule has no usable period, nothing is available.
    """
    return uses_of(View(problem, schedule))


def uses_of(view: View) -> dict[int, ResourceUse]:
    """:func:`resource_uses` of a view."""
    count = view.arrays.num_resources
    busy = np.zeros(count, dtype=object)  # exact: units times ticks can exceed int64
    uses = view.uses
    product = view.length[uses.row].astype(np.float64) * uses.amount
    if float(product.sum()) < 2.0**61:
        total = np.zeros(count, dtype=np.int64)
        np.add.at(total, uses.resource, view.length[uses.row] * uses.amount)
        busy += total
    else:
        np.add.at(busy, uses.resource, view.length[uses.row].astype(object) * uses.amount)
    setup = np.zeros(count, dtype=np.int64)
    pairs = sequences(view)
    if pairs is not None:
        np.add.at(setup, pairs.resource, np.where(pairs.setup == FORBIDDEN, 0, pairs.setup))
    span = (view.period or 0) if view.problem.cycle is not None else max(0, makespan(view))
    result = {}
    for r, kind in enumerate(view.arrays.resource_kind.tolist()):
        if kind == RESERVOIR:
            continue
        calendar = view.calendar(r)
        if calendar is None:
            available = span * static_capacity(view.problem, r)
        else:
            available = sum((end - begin) * value for begin, end, value in calendar.segments(span))
        result[r] = ResourceUse(available, int(busy[r]), int(setup[r]))
    return result


def reservoir_uses(problem: Problem, schedule: Schedule) -> dict[int, ReservoirUse]:
    """Totals and level range of every reservoir by id."""
    return reservoirs_of(View(problem, schedule))


def reservoirs_of(view: View) -> dict[int, ReservoirUse]:
    """:func:`reservoir_uses` of a view; without a usable period the level is taken as ``initial``."""
    events = view.events
    if not view.judges_resources:
        group = level = np.zeros(0, dtype=np.int64)
    else:
        group, _, level = levels(view) if view.period is None else folded_levels(view, view.period)
    bounds = np.searchsorted(group, np.arange(view.arrays.num_resources + 1))
    produced = np.zeros(view.arrays.num_resources, dtype=events.delta.dtype)
    consumed = produced.copy()
    np.add.at(produced, events.reservoir, np.maximum(events.delta, 0))
    np.add.at(consumed, events.reservoir, np.maximum(-events.delta, 0))
    result = {}
    for r, resource in enumerate(view.problem.resources):
        if isinstance(resource, Reservoir):
            steps = [int(v) for v in level[bounds[r] : bounds[r + 1]].tolist()]
            # In a cyclic problem the steps cover all phases; otherwise `initial` holds before the first.
            seen = steps if steps and view.period is not None else [resource.initial, *steps]
            result[r] = ReservoirUse(int(produced[r]), int(consumed[r]), min(seen), max(seen), seen[-1])
    return result
