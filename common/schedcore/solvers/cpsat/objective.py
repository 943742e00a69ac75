"""Metrics as linear expressions, with auxiliary variables where maxima and cases occur.

An auxiliary variable is bounded from one side only, the side that minimising pushes against, unless
some stage maximises the metric: then it is tied from both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from schedcore.model import Objective
from schedcore.solvers.cpsat.variables import Build, Expr, Facts, Rule, TaskVars


def stage_expressions(build: Build, objective: Objective) -> list[Expr]:
    """One linear expression per stage of ``objective``."""
    weights: dict[str, list[int]] = {}
    for stage in objective.stages:
        for name, weight in stage:
            weights.setdefault(name, []).append(weight)
    exact = {name: min(ws) < 0 for name, ws in weights.items()}
    expressions = {name: _METRICS[name](build, exact[name]) for name in weights}
    return [sum(weight * expressions[name] for name, weight in stage) for stage in objective.stages]


def _largest(build: Build, items: list[tuple[int, int]], exact: bool) -> Expr:
    """``max(end_i - shift_i)`` over the present tasks among ``items = [(i, shift), ...]``; 0 if all are absent."""
    if not items:
        return 0
    model, tasks = build.model, build.tasks
    low = min(-shift for _, shift in items)
    high = max(build.horizon - shift for _, shift in items)

    def rule(f: Facts) -> int:
        return max((f.end[i] - shift for i, shift in items if f.present[i]), default=0)

    top = build.integer(min(low, 0), max(high, 0), rule)
    literals = [tasks[i].presence for i, _ in items]
    for (i, shift), literal in zip(items, literals, strict=True):
        build.constraint(top >= tasks[i].end - shift, literal)
    optional = all(x is not None for x in literals)
    if optional and (low < 0 or exact):
        some = _any(build, [i for i, _ in items])
        model.add(top >= 0).only_enforce_if(~some)
        if exact:
            model.add(top <= 0).only_enforce_if(~some)
    if exact:
        # One present task is the witness whose value is not exceeded.
        def witness(i: int) -> Rule:
            def is_first(f: Facts) -> bool:
                best = (j for j, shift in items if f.present[j] and f.end[j] - shift == rule(f))
                return next(best, -1) == i

            return is_first

        chosen = []
        for (i, shift), literal in zip(items, literals, strict=True):
            pick = build.boolean(witness(i))
            model.add(top <= tasks[i].end - shift).only_enforce_if(pick)
            if literal is not None:
                model.add_implication(pick, literal)
            chosen.append(pick)
        model.add(sum(chosen) == (some if optional else 1))
    return top


def _any(build: Build, ids: list[int]) -> Any:
    """A literal that says whether any of the optional tasks ``ids`` is present."""
    if len(ids) == 1:
        return build.tasks[ids[0]].presence
    some = build.boolean(lambda f: any(f.present[i] for i in ids))
    build.model.add_bool_or([*(build.tasks[i].presence for i in ids), ~some])
    for i in ids:
        build.model.add_implication(build.tasks[i].presence, some)
    return some


def _makespan(build: Build, exact: bool) -> Expr:
    """Only tasks that no later mandatory task outlasts for certain need to be looked at."""
    return _largest(build, [(i, 0) for i in _last_tasks(build)], exact)


def _last_tasks(build: Build) -> list[int]:
    arrays = build.problem.arrays
    follows = (
        (arrays.lag_a_edge == 1)
        & (arrays.lag_min >= 0)
        & (arrays.lag_iterations == 0)
        & (arrays.lag_a < arrays.lag_b)  # rules out circles
        & (arrays.optional[arrays.lag_b] == 0)
    )
    last = np.ones(arrays.num_tasks, dtype=bool)
    last[arrays.lag_a[follows]] = False
    return list(np.flatnonzero(last).tolist())


def _period(build: Build, exact: bool) -> Expr:
    return build.period


def _jobs(build: Build) -> list[list[int]]:
    """Ids of the tasks of every job; a task without job is its own job."""
    by_job: dict[int, list[int]] = {}
    for i, task in enumerate(build.problem.tasks):
        by_job.setdefault(-1 - i if task.job is None else task.job, []).append(i)
    return list(by_job.values())


def _total_flow(build: Build, exact: bool) -> Expr:
    return _flow(build, exact, lambda ids: 1)


def _weighted_flow(build: Build, exact: bool) -> Expr:
    return _flow(build, exact, lambda ids: max(build.problem.tasks[i].weight for i in ids))


def _flow(build: Build, exact: bool, weight: Callable[[list[int]], int]) -> Expr:
    terms: list[Expr] = []
    for ids in _jobs(build):
        released = min(build.problem.tasks[i].release for i in ids)
        factor = weight(ids)
        if factor:
            terms.append(factor * _largest(build, [(i, released) for i in ids], exact))
    return sum(terms)


def _total_completion(build: Build, exact: bool) -> Expr:
    return sum(_if_present(t, t.end, t.absent_end) for t in build.tasks)


def _total_start(build: Build, exact: bool) -> Expr:
    return sum(_if_present(t, t.start, t.absent_start) for t in build.tasks)


def _if_present(task: TaskVars, value: Expr, when_absent: int) -> Expr:
    """``value`` of a present task and 0 of an absent one, which stands at ``when_absent``."""
    return value if task.presence is None or not when_absent else value - when_absent * (1 - task.presence)


def _due(build: Build) -> Iterable[tuple[int, int, int]]:
    """Task, due date and weight of every task with a due date."""
    for i, task in enumerate(build.problem.tasks):
        if task.due is not None:
            yield i, task.due, task.weight


def _max_lateness(build: Build, exact: bool) -> Expr:
    return _largest(build, [(i, due) for i, due, _ in _due(build)], exact)


def _total_tardiness(build: Build, exact: bool) -> Expr:
    return sum(_excess(build, i, due, 1, exact) for i, due, _ in _due(build))


def _weighted_tardiness(build: Build, exact: bool) -> Expr:
    return sum(w * _excess(build, i, due, 1, exact) for i, due, w in _due(build) if w)


def _total_earliness(build: Build, exact: bool) -> Expr:
    return sum(_excess(build, i, due, -1, exact) for i, due, _ in _due(build))


def _weighted_earliness(build: Build, exact: bool) -> Expr:
    return sum(w * _excess(build, i, due, -1, exact) for i, due, w in _due(build) if w)


def _excess(build: Build, i: int, due: int, sign: int, exact: bool) -> Expr:
    """``max(0, sign * (end - due))`` of a present task: its tardiness (sign 1) or earliness (-1)."""
    task = build.tasks[i]
    most = max(0, build.horizon - due if sign > 0 else due)
    if most == 0:
        return 0

    def rule(f: Facts) -> int:
        return max(0, sign * (f.end[i] - due)) if f.present[i] else 0

    excess = build.integer(0, most, rule)
    build.constraint(excess >= sign * (task.end - due), task.presence)
    if exact:
        positive = build.boolean(lambda f: rule(f) > 0)
        build.model.add(excess <= sign * (task.end - due)).only_enforce_if(positive)
        build.model.add(excess == 0).only_enforce_if(~positive)
        if task.presence is not None:
            build.model.add_implication(positive, task.presence)
    return excess


def _tardy_count(build: Build, exact: bool) -> Expr:
    return sum(_tardy(build, i, due, exact) for i, due, _ in _due(build))


def _weighted_tardy_count(build: Build, exact: bool) -> Expr:
    return sum(w * _tardy(build, i, due, exact) for i, due, w in _due(build) if w)


def _tardy(build: Build, i: int, due: int, exact: bool) -> Expr:
    """1 if the task is present and ends after its due date."""
    task = build.tasks[i]
    if build.horizon <= due:
        return 0
    late = build.boolean(lambda f: f.present[i] and f.end[i] > due)
    build.constraint(task.end <= due, ~late, task.presence)
    if exact:
        build.model.add(task.end >= due + 1).only_enforce_if(late)
        if task.presence is not None:
            build.model.add_implication(late, task.presence)
    return late


def _total_setup(build: Build, exact: bool) -> Expr:
    return sum(ticks * literal for ticks, literal in build.setup_terms)


def _total_cost(build: Build, exact: bool) -> Expr:
    return sum(
        mode.cost if literal is None else mode.cost * literal
        for task, variables in zip(build.problem.tasks, build.tasks, strict=True)
        for mode, literal in zip(task.modes, variables.modes, strict=True)
        if mode.cost
    )


def _reward(build: Build, exact: bool) -> Expr:
    return sum(
        task.reward if variables.presence is None else task.reward * variables.presence
        for task, variables in zip(build.problem.tasks, build.tasks, strict=True)
        if task.reward
    )


def _absent_count(build: Build, exact: bool) -> Expr:
    return sum(1 - variables.presence for variables in build.tasks if variables.presence is not None)


_METRICS: dict[str, Callable[[Build, bool], Expr]] = {
    "makespan": _makespan,
    "period": _period,
    "total_flow": _total_flow,
    "weighted_flow": _weighted_flow,
    "total_completion": _total_completion,
    "total_start": _total_start,
    "max_lateness": _max_lateness,
    "total_tardiness": _total_tardiness,
    "weighted_tardiness": _weighted_tardiness,
    "total_earliness": _total_earliness,
    "weighted_earliness": _weighted_earliness,
    "tardy_count": _tardy_count,
    "weighted_tardy_count": _weighted_tardy_count,
    "total_setup": _total_setup,
    "total_cost": _total_cost,
    "reward": _reward,
    "absent_count": _absent_count,
}
