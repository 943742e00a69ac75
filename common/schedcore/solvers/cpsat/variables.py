"""Decision variables: one start per task, and further variables only where an instance needs them.

A task of fixed duration has one variable, its start; its end is an expression.  Literals stand for
presence (optional tasks) and modes (several modes), a variable for the duration (elastic modes, or
modes of different length) and one for the end (the same cases).  An absent task sits at the
constants ``TaskVars.absent_start`` and ``TaskVars.absent_end``, so that sums over present tasks
stay linear.

Every variable is created together with the rule that tells its value for a given schedule; that
makes a hint complete by construction.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from schedcore.model import Mode, Problem, Schedule, default_horizon
from schedcore.model.arrays import NO_DEADLINE

Expr: TypeAlias = Any
"""An integer, or a variable or linear expression of CP-SAT."""
Literal: TypeAlias = Any
"""A Boolean variable of CP-SAT or its negation; ``None`` stands for "always true"."""
Rule: TypeAlias = Callable[["Facts"], int]


class Infeasible(Exception):
    """The problem is seen to have no schedule while its model is built; the text says why."""


@dataclass(slots=True)
class TaskVars:
    """The variables of one task.

    ``presence`` is ``None`` for mandatory tasks.  ``modes`` holds one literal per mode (the
    presence, if there is one mode).  ``duration`` is 0 for absent tasks if it is no constant.
    """

    start: Expr
    duration: Expr
    end: Expr
    presence: Literal
    modes: tuple[Literal, ...]
    absent_start: int = 0
    absent_end: int = 0


class Facts:
    """A feasible schedule, read by the rules that give every variable its hinted value.

    Absent tasks stand at their ``absent_start`` and ``absent_end`` and have mode -1.
    """

    __slots__ = ("end", "mode", "orders", "period", "present", "problem", "start", "values")

    def __init__(self, problem: Problem, schedule: Schedule, tasks: list[TaskVars]) -> None:
        self.problem = problem
        self.orders: dict[int, dict[int, int]] = {}
        """Cache: who follows whom, by resource (see ``constraints``)."""
        self.present = [False] * len(tasks)
        self.mode = [-1] * len(tasks)
        self.start = [t.absent_start for t in tasks]
        self.end = [t.absent_end for t in tasks]
        self.period = schedule.cycle or 0
        self.values: list[int] = []
        """Values of the variables made so far, by index."""
        for task, mode, start, end in schedule.placements:
            self.present[task], self.mode[task], self.start[task], self.end[task] = True, mode, start, end


def start_of(task: int) -> Rule:
    """The start of ``task``."""
    return lambda facts: facts.start[task]


def runs_in(task: int, mode: int) -> Rule:
    """Whether ``task`` runs in ``mode``."""
    return lambda facts: facts.mode[task] == mode


@dataclass
class Build:
    """A CP-SAT model under construction and what later parts need of earlier ones."""

    problem: Problem
    model: Any
    horizon: int
    tasks: list[TaskVars] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    """The rule of every variable, by index."""
    period: Expr = None
    """Period of a cyclic problem: a constant or a variable."""
    period_range: tuple[int, int] = (0, 0)
    """Smallest and largest period."""
    phases: dict[tuple[int, int], tuple[Expr, Expr]] = field(default_factory=dict)
    """Round and phase of the edges of tasks in a cyclic problem (see ``cyclic``)."""
    setup_terms: list[tuple[int, Literal]] = field(default_factory=list)
    """Transition times and the literals that say whether they are paid."""
    _true: Any = None
    _positive: dict[int, Any] = field(default_factory=dict)

    def integer(self, low: int, high: int, rule: Rule) -> Any:
        """A new integer variable in ``[low, high]`` whose hinted value is given by ``rule``."""
        self.rules.append(rule)
        return self.model.new_int_var(low, high, "")

    def boolean(self, rule: Rule) -> Any:
        """A new literal whose hinted value is given by ``rule``."""
        self.rules.append(rule)
        return self.model.new_bool_var("")

    def constraint(self, bounded: Any, *conditions: Literal) -> None:
        """Add ``bounded``, enforced only if all ``conditions`` hold (``None``: always)."""
        if isinstance(bounded, bool):  # both sides were constants
            if bounded:
                return
            bounded = self.integer(0, 0, lambda f: 0) >= 1
        constraint = self.model.add(bounded)
        literals = [c for c in conditions if c is not None]
        if literals:
            constraint.only_enforce_if(literals)

    def always(self) -> Any:
        """The literal that is always true, for constraints that insist on literals."""
        if self._true is None:
            self.rules.append(lambda f: 1)
            self._true = self.model.new_int_var(1, 1, "")
        return self._true

    def positive(self, literal: Any) -> Any:
        """``literal`` as a variable that is no negation.

        CP-SAT 9.15 aborts with a wrong solution when the activity literal of a reservoir is a negation
        (found by comparison with exhaustive search).
        """
        if literal.index >= 0:
            return literal
        known = self._positive.get(literal.index)
        if known is None:
            inner = -1 - literal.index
            known = self._positive[literal.index] = self.boolean(lambda f: 1 - f.values[inner])
            self.model.add(known == literal)
        return known

    def hint_values(self, schedule: Schedule) -> list[int]:
        """The value of every variable for a feasible ``schedule``, by index."""
        facts = Facts(self.problem, schedule, self.tasks)
        for rule in self.rules:
            facts.values.append(int(rule(facts)))
        return facts.values


def start_build(problem: Problem, at_least: int = 0) -> Build:
    """An empty model with the variables of all tasks.

    Raises
    ------
    Infeasible
        If a mandatory task does not fit between its release and its deadline.
    """
    from ortools.sat.python import cp_model

    horizon = default_horizon(problem)
    if problem.horizon is None:
        horizon = max(horizon, at_least)
    build = Build(problem, cp_model.CpModel(), horizon)
    arrays = problem.arrays
    first_mode = arrays.mode_ptr[:-1]
    plain = (
        (np.diff(arrays.mode_ptr) == 1)
        & (arrays.optional == 0)
        & (arrays.duration[first_mode] == arrays.duration_max[first_mode])
    )
    latest = np.where(arrays.deadline == NO_DEADLINE, horizon, np.minimum(arrays.deadline, horizon))
    rows = zip(
        plain.tolist(), arrays.duration[first_mode].tolist(), arrays.release.tolist(), latest.tolist(), strict=True
    )
    new_int_var, tasks, rules = build.model.new_int_var, build.tasks, build.rules
    for i, (is_plain, duration, release, deadline) in enumerate(rows):
        if not is_plain:
            tasks.append(_rich_task(build, i, release, deadline))
            continue
        if release + duration > deadline:
            raise Infeasible(_does_not_fit(problem, i, release, duration, deadline))
        start = new_int_var(release, deadline - duration, "")
        rules.append(start_of(i))
        tasks.append(TaskVars(start, duration, start + duration, None, (None,)))
    return build


def _does_not_fit(problem: Problem, task: int, release: int, duration: int, deadline: int) -> str:
    return (
        f"task {problem.tasks[task].name!r} takes at least {duration} ticks and cannot run between its release "
        f"{release} and its latest end {deadline}"
    )


def _rich_task(build: Build, i: int, release: int, deadline: int) -> TaskVars:
    """Variables of a task that is optional, elastic or has several modes."""
    task = build.problem.tasks[i]
    model, modes = build.model, task.modes
    room = deadline - release
    shortest = min(mode.duration for mode in modes)
    if shortest > room:
        if not task.optional:
            raise Infeasible(_does_not_fit(build.problem, i, release, shortest, deadline))
        return _impossible_task(build, i, release)
    start = build.integer(release, deadline - shortest, lambda f: f.start[i])
    presence = build.boolean(lambda f: f.present[i]) if task.optional else None
    literals = _mode_literals(build, i, len(modes), presence)
    for mode, literal in zip(modes, literals, strict=True):
        if mode.duration > room and literal is not None:
            model.add(literal == 0)
    fixed = modes[0].duration
    if all(mode.duration == mode.longest == fixed for mode in modes):
        result = TaskVars(start, fixed, start + fixed, presence, literals, release, release + fixed)
    else:
        longest = min(room, max(mode.longest for mode in modes))
        low = 0 if presence is not None else shortest
        duration = build.integer(low, longest, lambda f: f.end[i] - f.start[i])
        end = build.integer(release + low, deadline, lambda f: f.end[i])
        model.add(end == start + duration)
        _link_duration(build, modes, literals, duration, presence, shortest)
        result = TaskVars(start, duration, end, presence, literals, release, release)
    if presence is not None:
        # Absent tasks stand still: fewer equal solutions, and sums over present tasks stay linear.
        model.add(start == release).only_enforce_if(~presence)
    return result


def _impossible_task(build: Build, i: int, release: int) -> TaskVars:
    """An optional task without room: it is always absent."""
    presence = build.boolean(lambda f: f.present[i])
    build.model.add(presence == 0)
    literals = _mode_literals(build, i, len(build.problem.tasks[i].modes), presence)
    start = build.integer(release, release, lambda f: f.start[i])
    return TaskVars(start, 0, start, presence, literals, release, release)


def _mode_literals(build: Build, i: int, count: int, presence: Literal) -> tuple[Literal, ...]:
    if count == 1:
        return (presence,)
    if count == 2 and presence is None:
        second = build.boolean(lambda f: f.mode[i] == 1)
        return ~second, second
    literals = tuple(build.boolean(runs_in(i, m)) for m in range(count))
    if presence is None:
        build.model.add_exactly_one(literals)
    else:
        build.model.add_exactly_one(*literals, ~presence)
    return literals


def _link_duration(
    build: Build,
    modes: tuple[Mode, ...],
    literals: tuple[Literal, ...],
    duration: Expr,
    presence: Literal,
    shortest: int,
) -> None:
    """Tie the duration variable to the chosen mode; it is 0 if the task is absent."""
    model = build.model
    if not any(mode.is_elastic for mode in modes):
        if len(modes) == 1:
            model.add(duration == modes[0].duration * presence)
        elif presence is None:
            extra = sum((m.duration - shortest) * x for m, x in zip(modes, literals, strict=True))
            model.add(duration == shortest + extra)
        else:
            model.add(duration == sum(m.duration * x for m, x in zip(modes, literals, strict=True)))
        return
    for mode, literal in zip(modes, literals, strict=True):
        if literal is not None:
            model.add_linear_constraint(duration, mode.duration, mode.longest).only_enforce_if(literal)
    if presence is not None:
        model.add(duration == 0).only_enforce_if(~presence)
