"""One scenario in full: schedule, trace, and what the checker needs to judge it."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from schedcore.check import Realised, Report, check
from schedcore.model import Problem, Schedule, StepProfile, Tick
from schedcore.replay.execution import Execution
from schedcore.replay.interruptions import Outcome as AttemptOutcome
from schedcore.replay.plan import Plan
from schedcore.replay.scenario import NEVER
from schedcore.replay.trace import Attempt, Trace
from schedcore.replay.uncertainty import capacity_of


@dataclass(frozen=True)
class ScenarioOutcome:
    """What happened in one scenario.

    Parameters
    ----------
    index
        Index of the scenario.
    problem
        The problem that the schedule is to be judged by: tasks that were cancelled are optional.
    schedule
        The realised schedule.
    realised
        Durations and capacities that occurred.
    trace
        Every attempt.
    """

    index: int
    problem: Problem
    schedule: Schedule
    realised: Realised
    trace: Trace

    @cached_property
    def report(self) -> Report:
        """Judgement of the checker: the violations are those that uncertainty caused."""
        return check(self.problem, self.schedule, realised=self.realised)


def outcome_of(execution: Execution, column: int) -> ScenarioOutcome:
    """The scenario in ``column`` of ``execution`` in full."""
    plan = execution.plan
    done = np.flatnonzero(execution.done[:, column])
    schedule = Schedule.from_arrays(
        plan.schedule.task[done],
        plan.schedule.mode[done],
        execution.start[done, column],
        execution.end[done, column],
    )
    durations: dict[int, Tick] = {}
    for row in done.tolist():
        start, finish, end = (int(a[row, column]) for a in (execution.start, execution.finish, execution.end))
        elastic = plan.problem.tasks[plan.tasks[row]].modes[plan.modes[row]].is_elastic
        # A hold, and an elastic task that took as long as was planned, stay under the rule of their mode.
        if not plan.is_hold[row] and (not elastic or finish - start != plan.length[row]):
            durations[plan.tasks[row]] = end - start
    waits = bool(execution.intervals) or bool(plan.closures and execution.blocked[:, column].any())
    calendars = _capacities(execution, column, set(done.tolist())) if waits else {}
    return ScenarioOutcome(
        int(execution.scenarios[column]),
        _without(plan, execution.cancelled[:, column].nonzero()[0].tolist()),
        schedule,
        Realised(durations, calendars),
        _trace(execution, column),
    )


def _without(plan: Plan, rows: list[int]) -> Problem:
    if not rows:
        return plan.problem
    tasks = list(plan.problem.tasks)
    for row in rows:
        tasks[plan.tasks[row]] = dataclasses.replace(tasks[plan.tasks[row]], optional=True)
    return plan.problem.replace(tasks=tuple(tasks))


def _trace(execution: Execution, column: int) -> Trace:
    plan, attempts = execution.plan, []
    for row, (task, mode) in enumerate(zip(plan.tasks, plan.modes, strict=True)):
        start, end = int(execution.start[row, column]), int(execution.end[row, column])
        if start >= NEVER:
            continue
        if plan.is_hold[row]:
            hold_outcome = AttemptOutcome.DONE if end < NEVER else AttemptOutcome.STARVED
            attempts.append(Attempt(task, mode, 0, start, end, hold_outcome))
            continue
        cancelled = bool(execution.cancelled[row, column])
        if cancelled and start >= plan.cancel_at[row]:
            continue
        _, failed = execution.draws_of(row, column)
        stretches = [s for s in execution.stretches(row, column) if s.begin < end or s.begin == start]
        for k, stretch in enumerate(stretches):
            last = k == len(stretches) - 1
            outcome = AttemptOutcome.BROKEN if stretch.broken else AttemptOutcome.FAILED
            until = stretch.end
            if last and not (stretch.broken and stretch.end <= end):
                # The last attempt includes the time for which the task was blocked.
                until = end
                outcome = AttemptOutcome.GIVEN_UP if failed else AttemptOutcome.DONE
                if cancelled or end >= NEVER:
                    outcome = AttemptOutcome.CANCELLED if cancelled else AttemptOutcome.STARVED
            attempts.append(Attempt(task, mode, k, stretch.begin, until, outcome))
    return Trace(tuple(attempts))


def _capacities(execution: Execution, column: int, done: set[int]) -> dict[int, StepProfile]:
    """Capacity over time of the resources that close or go down; a unit that a task holds counts as there.

    A task that is suspended, or done and blocked, keeps its units while they are down or closed: nobody
    else could have had them, and the task did not need others.  Holds do need them, and get no such grace.
    """
    plan = execution.plan
    found = {}
    for r, units in plan.units.items():
        downs = execution.intervals.get(r)
        if downs is None and not units.closures:
            continue
        capacity = capacity_of(plan.problem, r)
        # (begin, end, runs of units, whether they are taken away or held)
        spans: list[tuple[Tick, Tick, list[tuple[int, int]], bool]] = [
            (b, e, runs, True) for b, e, runs in units.closures
        ]
        if downs is not None:
            rows = zip(*(a[column].tolist() for a in downs), strict=True)
            spans += [(b, e, [(unit, capacity)], True) for b, e, unit in rows if b < NEVER]
        for task, held in units.tasks.items():
            row = plan.row_of[task]
            if row in done and not plan.is_hold[row]:
                spans.append((int(execution.start[row, column]), int(execution.end[row, column]), held.runs, False))
        found[r] = _profile(capacity, spans)
    return found


def _profile(capacity: int, spans: list[tuple[Tick, Tick, list[tuple[int, int]], bool]]) -> StepProfile:
    cuts = sorted({0, capacity, *(unit for _, _, runs, _ in spans for run in runs for unit in run)})
    index = {unit: i for i, unit in enumerate(cuts)}
    weight = np.diff(np.array(cuts, dtype=np.int64))
    changes: dict[Tick, list[tuple[int, list[tuple[int, int]], bool]]] = {0: []}
    for begin, end, runs, away in spans:
        if begin < end:
            changes.setdefault(begin, []).append((1, runs, away))
            changes.setdefault(end, []).append((-1, runs, away))
    taken, held = np.zeros(len(weight), dtype=np.int64), np.zeros(len(weight), dtype=np.int64)
    points: list[tuple[Tick, int]] = []
    for tick in sorted(changes):
        for sign, runs, away in changes[tick]:
            for first, stop in runs:
                (taken if away else held)[index[first] : index[stop]] += sign
        value = capacity - int(weight[(taken > 0) & (held == 0)].sum())
        if tick < NEVER and (not points or points[-1][1] != value):
            points.append((tick, value))
    return StepProfile(tuple(points))
