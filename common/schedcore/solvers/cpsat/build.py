"""A problem as a CP-SAT model, and CP-SAT's values as a schedule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from schedcore.model import Problem, Renewable, Reservoir, Schedule, Unary
from schedcore.solvers.cpsat.constraints import (
    add_lags,
    add_mode_links,
    add_renewable,
    add_reservoir,
    add_selections,
    add_unary,
)
from schedcore.solvers.cpsat.cyclic import add_folded, add_period, add_phase_lags, add_steady_reservoir
from schedcore.solvers.cpsat.objective import stage_expressions
from schedcore.solvers.cpsat.runs import collect_uses
from schedcore.solvers.cpsat.variables import Build, Expr, start_build


@dataclass
class CpsatModel:
    """A CP-SAT model of a problem.

    Attributes
    ----------
    build
        The model with the variables of every task.
    stages
        One linear expression per stage of the objective.
    """

    build: Build
    stages: list[Expr]
    _columns: tuple[Any, ...] | None = field(default=None, repr=False)

    @property
    def model(self) -> Any:
        """The ``CpModel`` of OR-Tools."""
        return self.build.model

    @property
    def num_variables(self) -> int:
        """Number of variables."""
        return len(self.model.proto.variables)

    @property
    def num_constraints(self) -> int:
        """Number of constraints; intervals count as constraints, as in CP-SAT's own count."""
        return len(self.model.proto.constraints)

    def hint(self, schedule: Schedule, *, feasible: bool) -> int:
        """Start the search from ``schedule``, and return the number of hinted variables.

        All variables are hinted if the schedule is ``feasible``, else the starts, modes and presences of
        the tasks that it places.
        """
        hint = self.model.proto.solution_hint
        hint.vars.clear()
        hint.values.clear()
        if feasible:
            pairs = list(enumerate(self.build.hint_values(schedule)))
        else:
            pairs = sorted(self._partial_hint(schedule).items())
        hint.vars.extend([v for v, _ in pairs])
        hint.values.extend([x for _, x in pairs])
        return len(pairs)

    def _partial_hint(self, schedule: Schedule) -> dict[int, int]:
        values: dict[int, int] = {}
        tasks = self.build.tasks
        for task, mode, start, _ in schedule.placements:
            if not 0 <= task < len(tasks) or not 0 <= mode < len(tasks[task].modes):
                continue
            variables = tasks[task]
            values[variables.start.index] = start
            if variables.presence is not None:
                values[variables.presence.index] = 1
            if len(variables.modes) > 1:
                for m, literal in enumerate(variables.modes):
                    _put(values, literal, m == mode)
        if self.build.period is not None and not isinstance(self.build.period, int) and schedule.cycle is not None:
            values[self.build.period.index] = schedule.cycle
        return values

    def schedule(self, values: Sequence[int]) -> Schedule:
        """The schedule that the values of all variables stand for."""
        if self._columns is None:
            tasks = self.build.tasks
            starts = np.array([t.start.index for t in tasks], dtype=np.int64)
            fixed = np.array([t.duration if isinstance(t.duration, int) else 0 for t in tasks], dtype=np.int64)
            rich = [
                i
                for i, t in enumerate(tasks)
                if t.presence is not None or len(t.modes) > 1 or not isinstance(t.duration, int)
            ]
            self._columns = starts, fixed, rich
        starts, fixed, rich = self._columns
        column = np.asarray(values, dtype=np.int64)
        start = column[starts] if len(starts) else starts
        duration, mode = fixed.copy(), np.zeros(len(starts), dtype=np.int64)
        keep = np.ones(len(starts), dtype=bool)
        for i in rich:
            task = self.build.tasks[i]
            if task.presence is not None and not _holds(values, task.presence):
                keep[i] = False
                continue
            if len(task.modes) > 1:
                mode[i] = next(m for m, literal in enumerate(task.modes) if _holds(values, literal))
            if not isinstance(task.duration, int):
                duration[i] = values[task.duration.index]
        period = self.build.period
        if period is not None and not isinstance(period, int):
            period = int(values[period.index])
        ids = np.flatnonzero(keep)
        return Schedule.from_arrays(ids, mode[ids], start[ids], (start + duration)[ids], cycle=period)


def _holds(values: Sequence[int], literal: Any) -> bool:
    index = literal.index
    return bool(values[index]) if index >= 0 else not values[-1 - index]


def _put(values: dict[int, int], literal: Any, truth: bool) -> None:
    index = literal.index
    if index >= 0:
        values[index] = int(truth)
    else:
        values[-1 - index] = int(not truth)


def build_model(problem: Problem, *, at_least: int = 0) -> CpsatModel:
    """The CP-SAT model of ``problem``; an instance pays only for the features that it uses.

    Parameters
    ----------
    problem
        What to model.
    at_least
        The time horizon reaches at least this far, unless the problem gives one: for hints that end
        later than the derived horizon.

    Raises
    ------
    Infeasible
        If it is plain that no schedule exists.
    """
    build = start_build(problem, at_least)
    cyclic = problem.cycle is not None
    if cyclic:
        add_period(build)
    uses = collect_uses(build)
    for index, resource in enumerate(problem.resources):
        match resource:
            case Reservoir():
                (add_steady_reservoir if cyclic else add_reservoir)(build, index, resource)
            case _ if cyclic:
                add_folded(build, index, uses[index])
            case Unary():
                add_unary(build, resource, uses[index])
            case Renewable():
                add_renewable(build, resource.capacity, resource.calendar, uses[index])
    add_lags(build)
    if cyclic:
        add_phase_lags(build)
    add_selections(build)
    add_mode_links(build)
    stages = [] if problem.objective is None else stage_expressions(build, problem.objective)
    return CpsatModel(build, stages)
