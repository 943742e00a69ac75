"""A schedule as a plan: what each event waits for when modes and orders are kept.

Compiled once per schedule, executed for many scenarios at a time by :mod:`schedcore.replay.execution`.

An event is the start or the end of a task.  It happens as soon as everything that it waits for has
happened:

* a start waits for the release (or for the planned start), for minimum lags, for the tasks that
  held its units last (``units``) with their setups, for fills and room in reservoirs (``tokens``), and
  until its resources are open and up;
* an end waits for the work to be done, and for minimum lags, holds and reservoirs that bind it: a task
  that is done but may not end yet is *blocked*, and keeps its resources;
* events joined by a lag of exactly 0 happen together if both are starts or one belongs to an elastic
  task: both edges of a hold, the tick at which one elastic task hands over to the next.  An elastic task
  lasts as long as was planned, and longer if its end has to wait; a hold lasts from edge to edge.

A start is also put off if its end would have to wait anyway, by planned lengths; but never for an event
of the same planned tick that waits for this start.

Nothing looks ahead.  Maximum lags delay nobody, and breaking one is a violation that uncertainty caused.
A minimum lag below 0 is a maximum lag the other way round; only where its tail is the end of a task does
its head wait, for the tick at which the task should have come that far by its planned length.  What
waits for a task that is cancelled waits until it is cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from schedcore.errors import InputError, ViolationError
from schedcore.model import Edge, Mode, Problem, Schedule, Tick, Unary
from schedcore.replay.event_graph import Arc, TieGraph, merge_ties, order_groups
from schedcore.replay.interruptions import Closures
from schedcore.replay.scenario import least_ticks
from schedcore.replay.tokens import link_reservoirs
from schedcore.replay.uncertainty import BoundUncertainty
from schedcore.replay.units import ResourcePlan, plan_units


@dataclass(slots=True)
class ChainLink:
    """A task before on a unary resource: row, and the setup after it (``None``: forbidden)."""

    row: int
    setup: Tick | None


@dataclass(slots=True)
class Step:
    """One group of events that happen together."""

    floor: Tick = 0
    sources: dict[int, Tick] = field(default_factory=dict)
    """Position of a group to the least distance from it."""
    guarded: list[tuple[int, Tick, int]] = field(default_factory=list)
    """``(position, distance, event)`` of a cancellable task; where the event did not come about, the tick at
    which the task was cancelled is waited for instead."""
    chains: list[tuple[Tick, list[ChainLink]]] = field(default_factory=list)
    """Unary resources with cancellable tasks before: floor if all are cancelled, and the tasks, the nearest last."""
    handed: list[tuple[int, int]] = field(default_factory=list)
    """``(resource, row)`` of cancellable tasks that hand on units."""
    starts: list[int] = field(default_factory=list)
    """Rows whose start is in the group, those of holds included."""
    ends: list[int] = field(default_factory=list)
    """Rows whose end is in the group, without holds."""


class Plan:
    """The events of a schedule and what they wait for.

    A *row* is a placement of the schedule, in order of task id; event ``2 * row`` is its start,
    ``2 * row + 1`` its end.

    Parameters
    ----------
    problem, schedule
        A problem without cycle and a feasible schedule of it.
    bound
        The uncertainty: which tasks may be cancelled, arrive late, or grow from nothing.
    keep_starts
        No task starts before its planned start (*railway*); otherwise it starts as soon as it can
        (*roadrunner*).

    Raises
    ------
    ViolationError
        If the schedule contradicts a rule that the plan needs.
    InputError
        If events wait for each other in a way that no execution can follow.
    """

    def __init__(
        self, problem: Problem, schedule: Schedule, bound: BoundUncertainty, *, keep_starts: bool = True
    ) -> None:
        self.problem, self.schedule, self.bound, self.keep_starts = problem, schedule, bound, keep_starts
        self.tasks: list[int] = schedule.task.tolist()
        self.modes: list[int] = schedule.mode.tolist()
        self.row_of = {task: row for row, task in enumerate(self.tasks)}
        starts, ends = schedule.start.tolist(), schedule.end.tolist()
        self.planned: list[Tick] = [tick for pair in zip(starts, ends, strict=True) for tick in pair]
        self.length = [end - start for start, end in zip(starts, ends, strict=True)]
        self.noise = [bound.noise[t][m] for t, m in zip(self.tasks, self.modes, strict=True)]
        self.least = [least_ticks(bound, t, m) for t, m in zip(self.tasks, self.modes, strict=True)]
        self.is_hold = [bound.is_hold(task) for task in self.tasks]
        self.cancel_at = {self.row_of[t]: at for t, at in bound.cancelled.items() if t in self.row_of}
        self.units: dict[int, ResourcePlan] = plan_units(problem, schedule, self._may_grow())
        self.homeless = self._find_homeless()
        self.closures: dict[int, Closures] = self._find_closures()
        self.groups, self.steps = self._compile()

    @property
    def start_groups(self) -> list[int]:
        """Position of the group of every row's start."""
        return self.groups[0::2]

    @property
    def end_groups(self) -> list[int]:
        """Position of the group of every row's end."""
        return self.groups[1::2]

    def _may_grow(self) -> dict[int, bool]:
        """Tasks of no planned length that may get one, and whether by a law of their own."""
        changed = [(targets, noise) for _, noise, targets in self.bound.law_changes if not noise.relative]
        held_up = {lag.b for lag in self.problem.lags if lag.b_edge is Edge.END and lag.min is not None}
        # The end of an instant may be joined to an edge of a hold, and wait with it.
        held_up |= {lag.a for lag in self.problem.lags if lag.a_edge is Edge.END and lag.min == 0 == lag.max}
        grow = {}
        for row, length in enumerate(self.length):
            task, mode = self.tasks[row], self._mode(row)
            if length:
                continue
            own = self.noise[row].law is not None and not self.noise[row].relative
            own |= any(noise.law is not None and (t is None or task in t) for t, noise in changed)
            waits = task in held_up or any(e.edge is Edge.END for e in mode.effects)
            if self.is_hold[row] or own or waits or mode.is_elastic:
                grow[task] = own and not self.is_hold[row]
        return grow

    def _find_homeless(self) -> list[int]:
        """Rows of no planned length that may get one and found no room: only the checker can judge them."""
        return [
            self.row_of[task]
            for task in self._may_grow()
            for demand in self._mode(self.row_of[task]).demands
            if task not in self.units[demand.resource].tasks
        ]

    def _find_closures(self) -> dict[int, Closures]:
        closed: dict[int, list[tuple[Tick, Tick]]] = {}
        for plan in self.units.values():
            if plan.closures:
                for task in plan.order:
                    closed.setdefault(self.row_of[task], []).extend(plan.closed_for(task))
        return {row: Closures(intervals) for row, intervals in closed.items() if intervals}

    # --- what waits for what ------------------------------------------------------------------------

    def _compile(self) -> tuple[list[int], list[Step]]:
        lags, links = self._lag_arcs(), self._token_arcs()
        resource = self._resource_arcs()
        spans = [
            Arc(2 * row, 2 * row + 1, self._mode(row).duration if self.is_hold[row] else self.length[row])
            for row in range(len(self.tasks))
        ]
        arcs = [*lags, *links, *resource, *spans]
        self._refuse_broken(arcs)
        root = merge_ties(len(self.planned), self._joined(), self.planned, arcs)
        ahead = self._anticipated(root, arcs)
        order = order_groups(root, self.planned, [*arcs, *ahead])
        position = {group: i for i, group in enumerate(order)}
        groups = [position[group] for group in root]
        self._refuse_mergers(groups)
        steps = [Step() for _ in order]
        for row, task in enumerate(self.tasks):
            step = steps[groups[2 * row]]
            step.starts.append(row)
            floor = max(self.problem.tasks[task].release, self.bound.arrivals.get(task, 0))
            step.floor = max(step.floor, floor)
            if self.keep_starts and not self.is_hold[row]:
                step.floor = max(step.floor, self.planned[2 * row])
            if self.is_hold[row]:
                self._add(steps, groups, spans[row])
            else:
                steps[groups[2 * row + 1]].ends.append(row)
        for arc in [*lags, *links, *ahead]:
            self._add(steps, groups, arc)
        self._add_resources(steps, groups)
        return groups, steps

    def _refuse_broken(self, arcs: Sequence[Arc]) -> None:
        for source, target, weight in arcs:
            lack = self.planned[source] + weight - self.planned[target]
            if lack > 0:
                a, b = (
                    f"the {'end' if e & 1 else 'start'} of {self.problem.tasks[self.tasks[e // 2]].name!r}"
                    for e in (source, target)
                )
                raise ViolationError(
                    f"{b} is {lack} ticks too early after {a}",
                    where="schedule",
                    remedy="replay a schedule that passes check",
                )

    def _mode(self, row: int) -> Mode:
        return self.problem.tasks[self.tasks[row]].modes[self.modes[row]]

    def _joined(self) -> list[tuple[int, int]]:
        joined = []
        for hold in self.bound.holds:
            ids = (hold.task, hold.opens[0], hold.closes[0])
            if all(task in self.row_of for task in ids):
                row, opens, closes = (self.row_of[task] for task in ids)
                joined += [(2 * row, 2 * opens + hold.opens[1]), (2 * row + 1, 2 * closes + hold.closes[1])]
        for lag in self.problem.lags:
            a, b = self.row_of.get(lag.a), self.row_of.get(lag.b)
            if lag.min == 0 == lag.max and a is not None and b is not None:
                starts = lag.a_edge is Edge.START is lag.b_edge
                if starts or self._mode(a).is_elastic or self._mode(b).is_elastic:
                    joined.append((2 * a + lag.a_edge, 2 * b + lag.b_edge))
        return joined

    def _lag_arcs(self) -> list[Arc]:
        arcs = []
        for lag in self.problem.lags:
            a, b = self.row_of.get(lag.a), self.row_of.get(lag.b)
            if lag.min is not None and a is not None and b is not None:
                arcs.append(self._causal(2 * a + lag.a_edge, 2 * b + lag.b_edge, lag.min))
        return [arc for arc in arcs if arc is not None]

    def _causal(self, source: int, target: int, weight: Tick) -> Arc | None:
        """What can be waited for without looking ahead, if anything."""
        if weight < 0 and source & 1 and not self.is_hold[source // 2]:
            source, weight = source - 1, weight + self.length[source // 2]
        return Arc(source, target, weight) if weight >= 0 else None

    def _token_arcs(self) -> list[Arc]:
        return [
            Arc(2 * self.row_of[k.a] + k.a_edge, 2 * self.row_of[k.b] + k.b_edge, 0)
            for k in link_reservoirs(self.problem, self.schedule)
        ]

    def _resource_arcs(self) -> list[Arc]:
        """Hand-overs of units, with setups, as if nothing were cancelled."""
        arcs = []
        for r, plan in self.units.items():
            for task, units in plan.tasks.items():
                for supplier in units.suppliers:
                    a, b = self.row_of[supplier], self.row_of[task]
                    setup = self._setup(r, supplier, task)
                    if setup is None:
                        raise ViolationError(
                            f"{self.problem.tasks[task].name!r} must not follow {self.problem.tasks[supplier].name!r} "
                            f"on {self.problem.resources[r].name!r}",
                            where="schedule",
                            remedy="replay a schedule that passes check",
                        )
                    arcs.append(Arc(2 * a + 1, 2 * b, setup))
        return arcs

    def _setup(self, r: int, before: int | None, after: int) -> Tick | None:
        """Setup on resource ``r`` between two tasks, or from the initial state; ``None`` if forbidden."""
        resource = self.problem.resources[r]
        if not isinstance(resource, Unary) or resource.transition is None:
            return 0
        state = resource.initial_state if before is None else self.problem.tasks[before].state_after
        need = self.problem.tasks[after].state_before
        if state is None or need is None:
            return 0
        return resource.transition[state][need]

    def _add_resources(self, steps: list[Step], groups: list[int]) -> None:
        for r, plan in self.units.items():
            unary = isinstance(self.problem.resources[r], Unary)
            for i, task in enumerate(plan.order):
                row = self.row_of[task]
                step = steps[groups[2 * row]]
                if unary:
                    chain: list[ChainLink] = []
                    for before in (plan.order[j] for j in range(i - 1, -1, -1)):
                        b = self.row_of[before]
                        chain.append(ChainLink(b, self._setup(r, before, task)))
                        if b not in self.cancel_at:
                            break
                    floor = self._setup(r, None, task) or 0
                    if not chain:
                        step.floor = max(step.floor, floor)
                    elif len(chain) == 1 and chain[0].row not in self.cancel_at:
                        self._add(steps, groups, Arc(2 * chain[0].row + 1, 2 * row, chain[0].setup or 0))
                    else:
                        step.chains.append((floor, chain[::-1]))
                    continue
                for supplier in plan.tasks[task].suppliers:
                    a = self.row_of[supplier]
                    if a in self.cancel_at:
                        step.handed.append((r, a))
                    else:
                        self._add(steps, groups, Arc(2 * a + 1, 2 * row, 0))

    def _add(self, steps: list[Step], groups: list[int], arc: Arc) -> None:
        """Let the target's step wait for the source."""
        source, target = groups[arc.source], groups[arc.target]
        if source == target:
            return
        step = steps[target]
        if arc.source // 2 in self.cancel_at:
            step.guarded.append((source, arc.weight, arc.source))
        else:
            step.sources[source] = max(arc.weight, step.sources.get(source, arc.weight))

    def _anticipated(self, root: list[int], arcs: Sequence[Arc]) -> list[Arc]:
        """Starts that are put off because the end would have to wait anyway, by planned lengths."""
        ends: dict[int, list[int]] = {}
        for row in range(len(self.tasks)):
            if not self.is_hold[row]:
                ends.setdefault(root[2 * row + 1], []).append(row)
        wanted = {
            self._causal(source, 2 * row, weight - self.length[row])
            for source, target, weight in arcs
            if root[source] != root[target]
            for row in ends.get(root[target], ())
            if source != 2 * row
        }
        found = []
        ties = TieGraph(root, self.planned, arcs)
        for arc in sorted(arc for arc in wanted if arc is not None):
            if root[arc.source] != root[arc.target] and ties.add(arc):
                found.append(arc)
        return found

    def _refuse_mergers(self, groups: list[int]) -> None:
        members: dict[int, list[int]] = {}
        for event, group in enumerate(groups):
            members.setdefault(group, []).append(event)
        may_grow = self._may_grow()
        for row, task in enumerate(self.tasks):
            name = self.problem.tasks[task].name
            if not self.is_hold[row] and groups[2 * row] == groups[2 * row + 1] and may_grow.get(task):
                raise InputError(
                    f"task {name!r} takes no time in the plan and its start and end wait for each other, "
                    "but it may take longer",
                    where="replay",
                    remedy="give the task no law in ticks",
                )
            if row in self.cancel_at and any(
                event // 2 != row for edge in (0, 1) for event in members[groups[2 * row + edge]]
            ):
                raise InputError(
                    f"task {name!r} is cancelled, but must start or end together with another",
                    where="disruptions",
                    remedy="cancel no task that is tied to another",
                )
