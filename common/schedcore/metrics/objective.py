"""The metrics that an objective may use, as functions of a view of the schedule."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from schedcore.check.unary import FORBIDDEN, sequences
from schedcore.check.view import View
from schedcore.errors import ModelError, unknown_name
from schedcore.model import OBJECTIVE_METRICS, Problem, Schedule
from schedcore.model.arrays import NO_DEADLINE, NONE_ID, IntArray


def objective_values(problem: Problem, schedule: Schedule) -> tuple[int, ...]:
    """Value of every stage of the problem's objective, in order; empty without objective.

    Infeasible schedules have values too: the first placement of every known task counts, placements in
    unknown modes cost nothing.

    Raises
    ------
    ModelError
        If the objective uses ``period`` and the schedule gives none.
    """
    if problem.objective is None:
        return ()
    view = View(problem, schedule)
    values = {name: METRIC_FUNCTIONS[name](view) for name in problem.objective.metrics}
    return tuple(sum(weight * values[name] for name, weight in stage) for stage in problem.objective.stages)


def objective_metric(problem: Problem, schedule: Schedule, name: str) -> int:
    """Value of one metric of ``OBJECTIVE_METRICS``; raises ``UnknownNameError`` for any other name."""
    if name not in METRIC_FUNCTIONS:
        raise unknown_name("metric", name, OBJECTIVE_METRICS)
    return METRIC_FUNCTIONS[name](View(problem, schedule))


def makespan(view: View) -> int:
    """C_max = max over present tasks of the end."""
    return int(view.end.max()) if len(view.end) else 0


def period(view: View) -> int:
    """P, the length of the cycle."""
    if view.schedule.cycle is None:
        raise ModelError(
            "the metric 'period' needs a cyclic schedule", where="schedule.cycle", remedy="give the period's value"
        )
    return view.schedule.cycle


def job_flows(view: View) -> tuple[IntArray, IntArray]:
    """Flow and weight of every job with a present task; a task without job is a job of its own.

    Flow is the latest end of the present tasks minus the earliest release of *all* tasks of the job;
    the weight is the largest of all its tasks.
    """
    arrays = view.arrays
    jobs = len(view.problem.jobs)
    own = np.where(arrays.job == NONE_ID, jobs + np.arange(arrays.num_tasks), arrays.job)
    total = jobs + arrays.num_tasks
    lowest = np.iinfo(np.int64).min
    release = np.full(total, NO_DEADLINE, dtype=np.int64)
    np.minimum.at(release, own, arrays.release)
    weight = np.zeros(total, dtype=np.int64)
    np.maximum.at(weight, own, arrays.weight)
    latest = np.full(total, lowest, dtype=np.int64)
    np.maximum.at(latest, own[view.task], view.end)
    seen = latest != lowest
    return latest[seen] - release[seen], weight[seen]


def total_flow(view: View) -> int:
    """Sum of the flows of the jobs."""
    return int(job_flows(view)[0].sum())


def weighted_flow(view: View) -> int:
    """Sum of weight times flow of the jobs."""
    return _dot(*job_flows(view))


def lateness_columns(view: View) -> tuple[IntArray, IntArray, IntArray]:
    """Task id, lateness (end - due) and weight of every present task with a due date."""
    due = view.arrays.due[view.task]
    rows = np.flatnonzero(due != NO_DEADLINE)
    task = view.task[rows]
    return task, view.end[rows] - due[rows], view.arrays.weight[task]


def max_lateness(view: View) -> int:
    """L_max = max of end - due; 0 if no present task has a due date."""
    late = lateness_columns(view)[1]
    return int(late.max()) if len(late) else 0


def total_tardiness(view: View) -> int:
    """Sum of T = max(0, end - due)."""
    return int(np.maximum(lateness_columns(view)[1], 0).sum())


def weighted_tardiness(view: View) -> int:
    """Sum of w T."""
    _, late, weight = lateness_columns(view)
    return _dot(np.maximum(late, 0), weight)


def total_earliness(view: View) -> int:
    """Sum of E = max(0, due - end)."""
    return int(np.maximum(-lateness_columns(view)[1], 0).sum())


def weighted_earliness(view: View) -> int:
    """Sum of w E."""
    _, late, weight = lateness_columns(view)
    return _dot(np.maximum(-late, 0), weight)


def tardy_count(view: View) -> int:
    """Number of present tasks with end > due."""
    return int((lateness_columns(view)[1] > 0).sum())


def weighted_tardy_count(view: View) -> int:
    """Sum of the weights of the tardy tasks."""
    _, late, weight = lateness_columns(view)
    return int(weight[late > 0].sum())


def total_setup(view: View) -> int:
    """Sum of the transitions of all consecutive pairs and from initial states; forbidden ones count 0."""
    pairs = sequences(view)
    return 0 if pairs is None else int(pairs.setup[pairs.setup != FORBIDDEN].sum())


def total_cost(view: View) -> int:
    """Sum of the costs of the chosen modes."""
    return int(view.arrays.cost[view.mode_index[view.mode_index >= 0]].sum())


def _dot(values: IntArray, weights: IntArray) -> int:
    """Exact weighted sum: Python integers where int64 could overflow."""
    largest = float(np.abs(values).max(initial=0)) * float(np.abs(weights).max(initial=0)) * len(values)
    if largest < 2.0**62:
        return int(np.dot(values, weights))
    return sum(v * w for v, w in zip(values.tolist(), weights.tolist(), strict=True))


METRIC_FUNCTIONS: dict[str, Callable[[View], int]] = {
    "makespan": makespan,
    "period": period,
    "total_flow": total_flow,
    "weighted_flow": weighted_flow,
    "total_completion": lambda view: int(view.end.sum()),
    "total_start": lambda view: int(view.start.sum()),
    "max_lateness": max_lateness,
    "total_tardiness": total_tardiness,
    "weighted_tardiness": weighted_tardiness,
    "total_earliness": total_earliness,
    "weighted_earliness": weighted_earliness,
    "tardy_count": tardy_count,
    "weighted_tardy_count": weighted_tardy_count,
    "total_setup": total_setup,
    "total_cost": total_cost,
    "reward": lambda view: int(view.arrays.reward[view.task].sum()),
    "absent_count": lambda view: int(((view.row_of < 0) & (view.arrays.optional == 1)).sum()),
}
"""One function per name in ``OBJECTIVE_METRICS``."""
