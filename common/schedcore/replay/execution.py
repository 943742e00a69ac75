"""Execution of a plan in many scenarios at once: longest paths, one numpy operation per arc.

Time per scenario grows with the number of arcs; scenarios are the columns, so a thousand of them cost
little more than one.  Only what is interrupted by a resource that goes down is worked out one by one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from schedcore.errors import NoScheduleError
from schedcore.model import Tick
from schedcore.replay.draws import Draws, Sampler, Streams, draw, redraw, streams_of
from schedcore.replay.interruptions import BoolArray, Closures, Downs, Stretch, work
from schedcore.replay.laws import TickArray
from schedcore.replay.plan import ChainLink, Plan, Step
from schedcore.replay.random_streams import UintArray
from schedcore.replay.scenario import NEVER, Intervals, down_intervals

_MAX_DOUBLINGS = 10
"""How often the stretch of time for which failures are drawn is doubled before a replay gives up."""


@dataclass
class Execution:
    """What happened to each row of a plan in each scenario; arrays ``[row, scenario]``.

    ``finish`` is the tick at which the work is done, ``end`` the one at which the task ends (later if
    it is blocked).  Where ``done`` is false the task was cancelled, or is starved: it never starts
    (``start == NEVER``) or never ends.
    """

    plan: Plan
    scenarios: UintArray
    start: TickArray
    finish: TickArray
    end: TickArray
    done: BoolArray
    cancelled: BoolArray
    draws: Draws
    changed_draws: list[tuple[Tick, set[int], Draws]]
    intervals: dict[int, Intervals]
    """Down intervals of the resources."""

    @cached_property
    def blocked(self) -> TickArray:
        """Ticks between the end of the work and the end of the task, ``[row, scenario]``."""
        return np.where(self.done, self.end - self.finish, 0)

    def draws_of(self, row: int, scenario: int) -> tuple[list[Tick], bool]:
        """Ticks of the attempts at ``row`` in column ``scenario``, and whether the last one failed."""
        draws = self.draws
        for at, rows, changed in self.changed_draws:
            if row in rows and self.start[row, scenario] >= at:
                draws = changed
        return draws.parts(scenario, row), bool(draws.failed[scenario, row])

    def stretches(self, row: int, scenario: int) -> list[Stretch]:
        """The attempts at ``row`` as they happened, in order; empty if it never started."""
        start = int(self.start[row, scenario])
        if start >= NEVER:
            return []
        parts, _ = self.draws_of(row, scenario)
        downs = _downs_of(self.plan, self.intervals, row)
        closed = self.plan.closures.get(row)
        return work(
            start,
            parts,
            [] if downs is None or self.plan.is_hold[row] else downs.of(scenario),
            [] if closed is None else closed.intervals,
            self.plan.bound.on_break,
        )


def execute_plan(plan: Plan, seed: int, scenarios: Sequence[int] | UintArray) -> Execution:
    """Execute ``plan`` in the given scenarios of root seed ``seed``.

    Raises
    ------
    NoScheduleError
        If failures are so frequent that some task is never finished.
    """
    bound = plan.bound
    indices = np.asarray(scenarios, dtype=np.uint64)
    streams = streams_of(bound, seed, indices)
    streams.hashes = streams.hashes[plan.tasks]
    draws = draw(streams, Sampler(plan.noise, plan.length, plan.least))
    changed = _changed_draws(plan, streams, draws)
    horizon = 4 * max(plan.planned, default=0) + 1
    for _ in range(_MAX_DOUBLINGS):
        intervals = down_intervals(bound, seed, indices, horizon)
        execution = _Runner(plan, indices, draws, changed, intervals).run()
        finite = execution.end[execution.end < NEVER]
        latest = int(finite.max(initial=0))
        if not bound.breakdowns or latest < horizon:
            return execution
        horizon = 2 * max(horizon, min(latest, 8 * horizon))
    raise NoScheduleError(
        f"some task was not finished by tick {horizon}",
        where="breakdowns",
        remedy="with on_break='restart' a task needs a time up that is longer than itself",
    )


def _changed_draws(plan: Plan, streams: Streams, draws: Draws) -> list[tuple[Tick, set[int], Draws]]:
    changed = []
    for at, _, targets in plan.bound.law_changes:
        noise = [plan.bound.noise_at(t, m, at) for t, m in zip(plan.tasks, plan.modes, strict=True)]
        rows = {r for r, t in enumerate(plan.tasks) if (targets is None or t in targets) and not plan.is_hold[r]}
        changed.append((at, rows, redraw(streams, Sampler(noise, plan.length, plan.least), draws)))
    return changed


def _downs_of(plan: Plan, intervals: dict[int, Intervals], row: int) -> Downs | None:
    sources = []
    for demand in plan.problem.tasks[plan.tasks[row]].modes[plan.modes[row]].demands:
        units = plan.units.get(demand.resource)
        if demand.resource in intervals and units is not None and plan.tasks[row] in units.tasks:
            sources.append((intervals[demand.resource], units.tasks[plan.tasks[row]].highest))
    return Downs(sources) if sources else None


class _Runner:
    """One pass over the steps of a plan."""

    def __init__(
        self,
        plan: Plan,
        scenarios: UintArray,
        draws: Draws,
        changed: list[tuple[Tick, set[int], Draws]],
        intervals: dict[int, Intervals],
    ) -> None:
        self.plan, self.scenarios, self.draws, self.changed, self.intervals = plan, scenarios, draws, changed, intervals
        rows, count = len(plan.tasks), len(scenarios)
        self.total = np.ascontiguousarray(draws.total.T)
        self.changed_total = [(at, affected, np.ascontiguousarray(d.total.T)) for at, affected, d in changed]
        self.time = np.zeros((len(plan.steps), count), dtype=np.int64)
        self.finish = np.zeros((rows, count), dtype=np.int64)
        self.started: dict[int, BoolArray] = {}
        """Cancellable rows: whether they were started before they were cancelled."""
        self.completed: dict[int, BoolArray] = {}
        self.uncut: dict[int, TickArray] = {}
        """Cancellable rows: when their work would be done if nobody cancelled them."""
        self.downs = {row: _downs_of(plan, intervals, row) for row in range(rows)} if intervals else {}
        self.cancelled = np.zeros((rows, count), dtype=np.bool_)

    def run(self) -> Execution:
        for position, step in enumerate(self.plan.steps):
            value = self.time[position]
            value += step.floor
            for source, weight in step.sources.items():
                np.maximum(value, self.time[source] + weight, out=value)
            for source, weight, event in step.guarded:
                came_about = (self.completed if event & 1 else self.started)[event // 2]
                waited = np.where(came_about, self.time[source] + weight, self.plan.cancel_at[event // 2])
                np.maximum(value, waited, out=value)
            for floor, chain in step.chains:
                np.maximum(value, self._after_chain(floor, chain), out=value)
            for resource, row in step.handed:
                np.maximum(value, self._handed_on(resource, row), out=value)
            for row in step.ends:
                np.maximum(value, self.finish[row], out=value)
            np.minimum(value, NEVER, out=value)
            if step.starts:
                value[:] = self._open_and_up(step, value)
                for row in step.starts:
                    self._start(row, value)
            for row in step.ends:
                if row in self.plan.cancel_at:
                    self._end_cancellable(row, value)
        return self._outcome()

    def _after_chain(self, floor: Tick, chain: Sequence[ChainLink]) -> TickArray:
        """When a unary resource is free and set up; that a task was cancelled is known only then."""
        value = np.full(self.time.shape[1], floor, dtype=np.int64)
        for link in chain:
            after = self.time[self.plan.end_groups[link.row]] + (link.setup or 0)
            if link.row not in self.plan.cancel_at:
                value = after
                continue
            # An aborted task leaves the resource in nobody's state: both setups must fit.
            at = self.plan.cancel_at[link.row]
            without = np.maximum(value, np.where(self.started[link.row], after, at))
            value = np.where(self.completed[link.row], after, without)
        return value

    def _handed_on(self, resource: int, row: int) -> TickArray:
        """When the units of ``row`` are free: at its end, or once it is cancelled and its suppliers let go."""
        end = self.time[self.plan.end_groups[row]]
        if row not in self.plan.cancel_at:
            return end
        value = np.full_like(end, self.plan.cancel_at[row])
        for supplier in self.plan.units[resource].tasks[self.plan.tasks[row]].suppliers:
            np.maximum(value, self._handed_on(resource, self.plan.row_of[supplier]), out=value)
        return np.where(self.started[row], end, value)

    def _ticks(self, row: int, start: TickArray) -> TickArray:
        """Ticks of work of ``row`` when it starts at ``start``."""
        ticks: TickArray = self.total[row]
        for at, rows, changed in self.changed_total:
            if row in rows:
                ticks = np.where(start >= at, changed[row], ticks)
        return ticks

    def _window(self, row: int, start: TickArray) -> TickArray:
        return np.full_like(start, self.plan.length[row]) if self.plan.is_hold[row] else self._ticks(row, start)

    def _open_and_up(self, step: Step, value: TickArray) -> TickArray:
        """Move starts to where the calendars are open for the work and nothing is down."""
        plan = self.plan
        constraints: list[tuple[int, Closures | None, Downs | None]] = []
        for row in step.starts:
            closed, downs = plan.closures.get(row), self.downs.get(row)
            if closed is not None or downs is not None:
                constraints.append((row, closed, downs))
        while constraints:
            before = value
            for row, closed, downs in constraints:
                if downs is not None:
                    occupies = self._window(row, value) > 0
                    value = np.where(occupies, downs.up_again(value), value)
                if closed is not None:
                    # One closure at a time, for the law may have changed by its end.
                    value = closed.open_for(value, self._window(row, value))
            value = np.minimum(value, NEVER)
            if (value == before).all():
                break
        return value

    def _start(self, row: int, start: TickArray) -> None:
        if self.plan.is_hold[row]:
            return
        ticks = self._ticks(row, start)
        finish = np.minimum(start + ticks, NEVER)
        downs = self.downs.get(row)
        if downs is not None:
            for s in np.flatnonzero(downs.within(start, finish) & (ticks > 0)).tolist():
                finish[s] = self._interrupted(row, int(start[s]), s, downs)
        if row in self.plan.cancel_at:
            at = self.plan.cancel_at[row]
            self.uncut[row] = finish
            self.started[row] = start < at
            finish = np.where(self.started[row], np.minimum(finish, at), start)
        self.finish[row] = finish

    def _interrupted(self, row: int, start: Tick, scenario: int, downs: Downs) -> Tick:
        draws = self.draws
        for at, rows, changed in self.changed:
            if row in rows and start >= at:
                draws = changed
        parts = draws.parts(scenario, row)
        closed = self.plan.closures.get(row)
        intervals = [] if closed is None else closed.intervals
        return work(start, parts, downs.of(scenario), intervals, self.plan.bound.on_break)[-1].end

    def _end_cancellable(self, row: int, value: TickArray) -> None:
        """A task that would end after it is cancelled is aborted at that tick, blocked or not."""
        at = self.plan.cancel_at[row]
        start = self.time[self.plan.start_groups[row]]
        self.completed[row] = self.started[row] & (value <= at) & (self.uncut[row] <= at)
        self.cancelled[row] = ~self.completed[row]
        value[:] = np.where(self.completed[row], value, np.where(self.started[row], at, start))

    def _outcome(self) -> Execution:
        plan = self.plan
        start, end = self.time[plan.start_groups], self.time[plan.end_groups]
        return Execution(
            plan,
            self.scenarios,
            start,
            self.finish,
            end,
            (end < NEVER) & ~self.cancelled,
            self.cancelled,
            self.draws,
            self.changed,
            self.intervals,
        )
