"""The constraints, one function per kind; each adds nothing if the instance has none of its kind."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from schedcore.model import Edge, Mode, Reservoir, SelectionKind, StepProfile, Unary
from schedcore.solvers.cpsat.runs import Uses, interval_of
from schedcore.solvers.cpsat.variables import Build, Expr, Facts, Infeasible, Literal, Rule


def add_lags(build: Build) -> None:
    """Minimum and maximum lags between all edges, enforced when both tasks are present."""
    model, tasks = build.model, build.tasks
    add = model.add
    for lag in build.problem.lags:
        a, b = tasks[lag.a], tasks[lag.b]
        left = a.end if lag.a_edge is Edge.END else a.start
        right = b.end if lag.b_edge is Edge.END else b.start
        distance = right - left
        if lag.iterations:
            distance += lag.iterations * build.period
        if lag.max is None:
            constraint = add(distance >= lag.min)
        elif lag.min is None:
            constraint = add(distance <= lag.max)
        else:
            constraint = model.add_linear_constraint(distance, lag.min, lag.max)
        literals = [x.presence for x in (a, b) if x.presence is not None]
        if literals:
            constraint.only_enforce_if(literals)


def add_selections(build: Build) -> None:
    """Rules on presence; mandatory tasks count as present."""
    model = build.model
    for selection in build.problem.selections:
        literals = [build.tasks[i].presence for i in selection.tasks]
        free = [x for x in literals if x is not None]
        certain = len(literals) - len(free)
        match selection.kind:
            case SelectionKind.AT_LEAST_ONE:
                if not certain:
                    model.add_bool_or(free)
            case SelectionKind.AT_MOST_ONE | SelectionKind.EXACTLY_ONE:
                if certain > 1:
                    raise Infeasible(f"{selection.kind.value} over {certain} mandatory tasks")
                for x in free if certain else ():
                    model.add(x == 0)
                if not certain and selection.kind is SelectionKind.AT_MOST_ONE:
                    model.add_at_most_one(free)
                elif not certain:
                    model.add_exactly_one(free)
            case SelectionKind.ALL_OR_NONE:
                for x in free if certain else free[1:]:
                    model.add(x == (1 if certain else free[0]))
            case SelectionKind.IMPLIES:
                for x in literals[1:]:
                    if x is not None and literals[0] is None:
                        model.add(x == 1)
                    elif x is not None:
                        model.add_implication(literals[0], x)


def add_mode_links(build: Build) -> None:
    """If ``task_a`` runs in ``mode_a``, a present ``task_b`` runs in one of ``modes_b``."""
    for link in build.problem.mode_links:
        a, b = build.tasks[link.task_a], build.tasks[link.task_b]
        if len(set(link.modes_b)) == len(b.modes):
            continue
        clause = [b.modes[m] for m in dict.fromkeys(link.modes_b)]
        clause += [~x for x in (a.modes[link.mode_a], b.presence) if x is not None]
        build.model.add_bool_or(clause)


def add_unary(build: Build, resource: Unary, uses: Uses) -> None:
    """One task at a time, in the open stretches of the calendar, with the setups between tasks."""
    intervals = [interval_of(build, run) for run in uses.runs]
    if resource.calendar is not None:
        intervals += [interval for interval, _ in _fillers(build, resource.calendar, 1)]
    if len(intervals) > 1:
        build.model.add_no_overlap(intervals)
    if resource.transition is not None and any(t != 0 for row in resource.transition for t in row):
        _add_setups(build, resource, uses)


def add_renewable(build: Build, capacity: int, calendar: StepProfile | None, uses: Uses) -> None:
    """Demands never exceed the capacity; where the calendar is lower, fillers take the rest."""
    fillers = [] if calendar is None else _fillers(build, calendar, capacity)
    if not uses.runs or uses.most <= (capacity if calendar is None else calendar.minimum):
        return
    intervals = [interval_of(build, run) for run in uses.runs] + [interval for interval, _ in fillers]
    build.model.add_cumulative(intervals, uses.demands + [amount for _, amount in fillers], capacity)


def _fillers(build: Build, calendar: StepProfile, capacity: int) -> list[tuple[Any, int]]:
    """Fixed intervals that take what the calendar withholds."""
    return [
        (build.model.new_fixed_size_interval_var(begin, end - begin, ""), capacity - value)
        for begin, end, value in calendar.segments(build.horizon)
        if value < capacity
    ]


def _add_setups(build: Build, resource: Unary, uses: Uses) -> None:
    """A circuit through the tasks of a resource; its arcs carry the transition times."""
    model, problem = build.model, build.problem
    matrix = resource.transition
    assert matrix is not None
    nodes = _nodes(build, uses)
    order = _Order(problem.resource_id(resource.name), tuple(i for i, _ in nodes))
    arcs: list[tuple[int, int, Any]] = []
    if all(literal is not None for _, literal in nodes):
        arcs.append((0, 0, build.boolean(order.rule(-1, -1))))
    for a, (i, literal) in enumerate(nodes, 1):
        task, variables = problem.tasks[i], build.tasks[i]
        assert task.state_before is not None
        assert task.state_after is not None
        if literal is not None:
            arcs.append((a, a, ~literal))
        wait = 0 if resource.initial_state is None else matrix[resource.initial_state][task.state_before]
        if wait is not None:
            first = build.boolean(order.rule(-1, i))
            arcs.append((0, a, first))
            if wait:
                model.add(variables.start >= wait).only_enforce_if(first)
                build.setup_terms.append((wait, first))
        arcs.append((a, 0, build.boolean(order.rule(i, -1))))
        for b, (j, _) in enumerate(nodes, 1):
            ticks = matrix[task.state_after][problem.tasks[j].state_before]  # type: ignore[index]
            if a == b or ticks is None:
                continue
            follows = build.boolean(order.rule(i, j))
            arcs.append((a, b, follows))
            model.add(build.tasks[j].start >= variables.end + ticks).only_enforce_if(follows)
            if ticks:
                build.setup_terms.append((ticks, follows))
    if nodes:
        model.add_circuit(arcs)


def _nodes(build: Build, uses: Uses) -> list[tuple[int, Literal]]:
    """The tasks on a resource, each with the literal "runs here"."""
    by_task: dict[int, list[Literal]] = {}
    for run in uses.runs:
        by_task.setdefault(run.task, []).append(run.literal)
    nodes: list[tuple[int, Literal]] = []
    for i, literals in by_task.items():
        if len(literals) == 1:
            nodes.append((i, literals[0]))
        elif len(literals) == len(build.tasks[i].modes):
            nodes.append((i, build.tasks[i].presence))
        else:
            modes = [m for m, x in enumerate(build.tasks[i].modes) if any(x is y for y in literals)]
            here = build.boolean(_runs_in_any(i, modes))
            build.model.add(sum(literals) == here)
            nodes.append((i, here))
    return nodes


def _runs_in_any(task: int, modes: list[int]) -> Rule:
    return lambda facts: facts.mode[task] in modes


class _Order:
    """Who follows whom on a resource in a given schedule; -1 stands for the begin and the end."""

    def __init__(self, resource: int, tasks: tuple[int, ...]) -> None:
        self._resource, self._tasks = resource, tasks

    def rule(self, before: int, after: int) -> Rule:
        """Whether ``after`` comes right after ``before``; from -1 to -1: whether nothing runs here."""

        def follows(facts: Facts) -> bool:
            known = self.successors(facts)
            return (not known) if before == after == -1 else known.get(before) == after

        return follows

    def successors(self, facts: Facts) -> dict[int, int]:
        known = facts.orders.get(self._resource)
        if known is None:
            here = [i for i in self._tasks if facts.present[i] and self._runs_here(facts, i)]
            chain = [-1, *sorted(here, key=lambda i: facts.start[i]), -1]
            known = facts.orders[self._resource] = dict(itertools.pairwise(chain)) if here else {}
        return known

    def _runs_here(self, facts: Facts, i: int) -> bool:
        mode = facts.problem.tasks[i].modes[facts.mode[i]]
        return any(d.resource == self._resource for d in mode.demands)


@dataclass(slots=True)
class Event:
    """A change of a reservoir's level by ``delta * length`` at an edge of ``task`` if ``literal`` holds."""

    task: int
    edge: Edge
    time: Expr
    delta: int
    length: Expr
    literal: Literal
    per_tick: bool
    mode: int | None
    """The mode that ``literal`` stands for, ``None`` for any."""


def add_reservoir(build: Build, index: int, reservoir: Reservoir) -> None:
    """The net level after all events of a tick stays within its bounds."""
    events = reservoir_events(build, index)
    if not events:
        return
    build.model.add_reservoir_constraint_with_active(
        [e.time for e in events],
        [e.delta * e.length for e in events],
        [build.always() if e.literal is None else build.positive(e.literal) for e in events],
        reservoir.minimum - reservoir.initial,
        reservoir.maximum - reservoir.initial,
    )


def reservoir_events(build: Build, index: int) -> list[Event]:
    """The events of all effects on reservoir ``index``."""
    events: list[Event] = []
    for i, (task, v) in enumerate(zip(build.problem.tasks, build.tasks, strict=True)):
        modes = task.modes
        if all(not mode.effects for mode in modes):
            continue
        choices: list[tuple[Mode, Literal, Expr, int | None]]
        if len(modes) == 1 or all(mode.effects == modes[0].effects for mode in modes):
            choices = [(modes[0], v.presence, v.duration, None)]
        else:
            choices = [
                (mode, literal, v.duration if mode.is_elastic else mode.duration, m)
                for m, (mode, literal) in enumerate(zip(modes, v.modes, strict=True))
            ]
        for mode, literal, duration, m in choices:
            for effect in mode.effects:
                if effect.reservoir == index:
                    time = v.start if effect.edge is Edge.START else v.end
                    length = duration if effect.per_tick else 1
                    events.append(Event(i, effect.edge, time, effect.delta, length, literal, effect.per_tick, m))
    return events
