"""Fixed-order replay: the orders and modes of a schedule are kept, everything else shifts."""

from __future__ import annotations

import numpy as np

from schedcore.check import ViolationCode, check
from schedcore.errors import InputError, ViolationError
from schedcore.model import Problem, Schedule
from schedcore.model.arrays import NO_DEADLINE, IntArray
from schedcore.replay.execution import Execution, execute_plan
from schedcore.replay.interruptions import BoolArray
from schedcore.replay.measures import Measures
from schedcore.replay.outcome import ScenarioOutcome, outcome_of
from schedcore.replay.plan import Plan
from schedcore.replay.random_streams import check_seed
from schedcore.replay.result import ReplayResult
from schedcore.replay.rounds import cycle_times, unroll_rounds
from schedcore.replay.uncertainty import Uncertainty

_CHUNK = 2_000_000
"""Rows times scenarios that are held in memory at once."""

DEFAULT_ROUNDS = 10
"""Rounds for which a cyclic schedule is executed."""


def replay(
    problem: Problem,
    schedule: Schedule,
    uncertainty: Uncertainty | None = None,
    *,
    scenarios: int = 1000,
    seed: int = 0,
    first_scenario: int = 0,
    keep_starts: bool = True,
    rounds: int | None = None,
) -> ReplayResult:
    """Execute ``schedule`` in its order in many scenarios.

    Parameters
    ----------
    problem, schedule
        A problem and a schedule of it that passes the checker.
    uncertainty
        What may go otherwise than planned; ``None``: nothing.  For a cyclic problem it names the
        tasks ``name@round``, or uses tags and the default.
    scenarios, seed, first_scenario
        The scenarios ``first_scenario`` to ``first_scenario + scenarios - 1`` of root seed ``seed``.
    keep_starts
        No task starts before its planned start (a railway's timetable); ``False``: each task starts as
        soon as it can (roadrunner).  Without noise the former reproduces every schedule, the latter
        every schedule in which no task could start a tick earlier in the same order.
    rounds
        Rounds of a cyclic schedule; ``None``: 10.  Adds the metric ``round_ticks``: mean distance between
        the ends of consecutive rounds, rounded down.

    Raises
    ------
    ViolationError
        If the schedule breaks a rule before anything went wrong.
    InputError
        If an argument is out of range, or the uncertainty does not fit the problem.
    NoScheduleError
        If some task is never finished because of failures.
    """
    check_sample(seed, scenarios, first_scenario)
    report = check(problem, schedule)
    if not report.ok:
        first = report.violations[0]
        raise ViolationError(
            f"the schedule breaks {len(report)} rules, the first: {first.message}",
            where="schedule",
            remedy="replay a schedule that passes check",
        )
    tasks_per_round = 0
    if problem.cycle is not None:
        tasks_per_round = len(problem.tasks)
        problem, schedule = unroll_rounds(problem, schedule, DEFAULT_ROUNDS if rounds is None else rounds)
    elif rounds is not None:
        raise InputError("the problem has no cycle", where="rounds", remedy="leave rounds out")
    used = Uncertainty() if uncertainty is None else uncertainty
    plan = Plan(problem, schedule, used.bind(problem), keep_starts=keep_starts)
    indices = np.arange(first_scenario, first_scenario + scenarios, dtype=np.uint64)
    size = max(1, _CHUNK // max(1, len(schedule)))
    pieces = [
        _measure(execute_plan(plan, seed, indices[i : i + size]), tasks_per_round) for i in range(0, scenarios, size)
    ]

    def outcome(position: int) -> ScenarioOutcome:
        return outcome_of(execute_plan(plan, seed, [first_scenario + position]), 0)

    codes = [code for code in ViolationCode if any(code in p.violations for p in pieces)]
    empty = [np.zeros(p.objective.shape[1], dtype=np.int64) for p in pieces]
    return ReplayResult(
        problem,
        "fixed order" if keep_starts else "fixed order, roadrunner",
        used,
        seed,
        first_scenario,
        {name: np.concatenate([p.metrics[name] for p in pieces]) for name in pieces[0].metrics},
        np.concatenate([p.objective for p in pieces], axis=1),
        {c: np.concatenate([p.violations.get(c, z) for p, z in zip(pieces, empty, strict=True)]) for c in codes},
        np.sum([p.deadline_misses for p in pieces], axis=0),
        outcome,
    )


def check_sample(seed: int, scenarios: int, first_scenario: int) -> None:
    """Raise :class:`InputError` unless these say which scenarios to draw."""
    check_seed(seed)
    for name, value, low in (("scenarios", scenarios, 1), ("first_scenario", first_scenario, 0)):
        if type(value) is not int or value < low:
            raise InputError(f"{name} is {value!r}", where=name, remedy=f"give a whole number, at least {low}")


class _Piece:
    """The results of some scenarios."""

    def __init__(
        self,
        metrics: dict[str, IntArray],
        objective: IntArray,
        violations: dict[ViolationCode, IntArray],
        deadline_misses: IntArray,
    ) -> None:
        self.metrics, self.objective = metrics, objective
        self.violations, self.deadline_misses = violations, deadline_misses


def _measure(execution: Execution, tasks_per_round: int) -> _Piece:
    plan, problem = execution.plan, execution.plan.problem
    task, mode = plan.schedule.task, plan.schedule.mode
    start = np.where(execution.done, execution.start, 0)
    end = np.where(execution.done, execution.end, 0)
    measures = Measures(problem, task, mode, start, end, execution.done)
    names = {"makespan"} | (set() if problem.objective is None else problem.objective.metrics)
    metrics = {name: measures.metric(name) for name in sorted(names)}
    attempts = execution.draws.attempts.T
    metrics["blocked_ticks"] = execution.blocked.sum(axis=0)
    metrics["failed_tasks"] = (execution.draws.failed.T & execution.done).sum(axis=0)
    metrics["retries"] = np.where(execution.done, attempts, 1).sum(axis=0) - len(task)
    metrics["absent_tasks"] = (~execution.done).sum(axis=0)
    if tasks_per_round:
        rounds = len(problem.tasks) // tasks_per_round
        ends = cycle_times(rounds, tasks_per_round, task, end)
        metrics["round_ticks"] = (ends[-1] - ends[0]) // max(1, rounds - 1)
    deadline = problem.arrays.deadline[task]
    late = (end > deadline[:, None]) & (deadline != NO_DEADLINE)[:, None] & execution.done
    misses = np.zeros(len(problem.tasks), dtype=np.int64)
    misses[task] = late.sum(axis=1)
    return _Piece(metrics, measures.objective(), _violations(execution, measures), misses)


def _violations(execution: Execution, measures: Measures) -> dict[ViolationCode, IntArray]:
    """Vectorised where every task ran; by the checker itself in scenarios where tasks are absent.

    Holds may outlast an opening of their resources, what had no length in the plan may get one without
    having room, and cancellations may put together what needs a longer setup: such scenarios go to the
    checker too.
    """
    plan = execution.plan
    counts = measures.violations(_durations_given(execution))
    doubtful: BoolArray = np.asarray(~execution.done.all(axis=0))
    held = [row for row in range(len(plan.tasks)) if plan.is_hold[row]]
    if any(row in plan.closures or _may_go_down(execution, row) for row in held):
        doubtful[:] = True
    for row in plan.homeless:
        doubtful |= execution.end[row] > execution.start[row]
    for column in np.flatnonzero(doubtful).tolist():
        for values in counts.values():
            values[column] = 0
        for code, number in outcome_of(execution, column).report.counts().items():
            counts.setdefault(code, np.zeros(len(doubtful), dtype=np.int64))[column] = number
    return {code: values for code, values in counts.items() if values.any()}


def _may_go_down(execution: Execution, row: int) -> bool:
    demands = execution.plan.problem.tasks[execution.plan.tasks[row]].modes[execution.plan.modes[row]].demands
    return any(d.resource in execution.intervals for d in demands)


def _durations_given(execution: Execution) -> BoolArray:
    """Rows judged by their realised duration: see :func:`schedcore.replay.outcome.outcome_of`."""
    plan = execution.plan
    modes = [plan.problem.tasks[t].modes[m] for t, m in zip(plan.tasks, plan.modes, strict=True)]
    elastic = np.array([m.is_elastic for m in modes], dtype=np.bool_)[:, None]
    hold = np.array(plan.is_hold, dtype=np.bool_)[:, None]
    worked = execution.finish - execution.start
    planned = np.array(plan.length, dtype=np.int64)[:, None]
    given: BoolArray = ~hold & (~elastic | (worked != planned))
    return given
