"""Cross-checks of a problem: every construction path goes through :func:`validate`.

Fields of single objects are checked where the objects are made; here stands what only the whole
problem can tell.  Malformed problems are refused; *infeasible* ones are not (see ``check.explain``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

import numpy as np

from schedcore.errors import ModelError
from schedcore.model.arrays import RESERVOIR, UNARY, IntArray
from schedcore.model.cycle import Cycle
from schedcore.model.fields import check_int, check_items, check_name, shown
from schedcore.model.objective import Objective
from schedcore.model.relations import ModeLink, Selection, SelectionKind, TimeLag
from schedcore.model.resources import Renewable, Reservoir, Unary
from schedcore.model.task import Task
from schedcore.model.time import MAX_TICK, TimeUnit

if TYPE_CHECKING:
    from schedcore.model.problem import Problem

_COUNTED = "tasks are numbered from 0 in the order of the problem"


def validate(problem: Problem) -> None:
    """Raise :class:`ModelError` for the first fault found."""
    check_name(problem.name, "problem")
    _validate_types(problem)
    if problem.horizon is not None:
        check_int(problem.horizon, 0, MAX_TICK, "horizon")
    for key, value in problem.metadata:
        if value is not None and not isinstance(value, str | int | float | bool):
            raise ModelError(f"{shown(value)} is not a JSON scalar", where=f"metadata[{key!r}]", remedy="store text")
        if isinstance(value, float) and not np.isfinite(value):
            raise ModelError(f"{value} is not finite", where=f"metadata[{key!r}]", remedy="JSON has no such number")
    _unique((r.name for r in problem.resources), "resource")
    _unique((t.name for t in problem.tasks), "task")
    _unique(problem.jobs, "job")
    _validate_uses(problem)
    _validate_relations(problem)
    _validate_cycle(problem)


def _validate_types(problem: Problem) -> None:
    for field, kind in (
        ("resources", (Unary, Renewable, Reservoir)),
        ("tasks", Task),
        ("lags", TimeLag),
        ("selections", Selection),
        ("mode_links", ModeLink),
    ):
        check_items(getattr(problem, field), kind, field)
    for i, name in enumerate(problem.jobs):
        check_name(name, "job", f"jobs[{i}]")
    for field, only in (("objective", Objective), ("cycle", Cycle), ("unit", TimeUnit)):
        value = getattr(problem, field)
        if not isinstance(value, only) and (value is not None or field == "unit"):
            raise ModelError(
                f"{shown(value)} is no {only.__name__}", where=field, remedy=f"give an object of {only.__name__}"
            )


def _unique(names: Iterable[str], kind: str) -> None:
    names = list(names)
    if len(set(names)) == len(names):
        return
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise ModelError(f"two {kind}s are called {name!r}", where=f"{kind}s", remedy="names must be unique")
        seen.add(name)


def _validate_uses(problem: Problem) -> None:
    arrays = problem.arrays
    count = arrays.num_resources
    demand_mode = np.repeat(np.arange(len(arrays.duration)), np.diff(arrays.demand_ptr))
    effect_mode = np.repeat(np.arange(len(arrays.duration)), np.diff(arrays.effect_ptr))

    def place(modes: IntArray, which: IntArray) -> str:
        mode = int(modes[which[0]])
        task = int(arrays.mode_task[mode])
        return f"task {problem.tasks[task].name!r}.modes[{mode - int(arrays.mode_ptr[task])}]"

    bad = np.flatnonzero(arrays.demand_resource >= count)
    if len(bad):
        raise ModelError(
            f"demand names resource {arrays.demand_resource[bad[0]]}, there are {count}",
            where=place(demand_mode, bad),
            remedy="resources are numbered from 0 in the order of the problem",
        )
    kinds = arrays.resource_kind[arrays.demand_resource]
    bad = np.flatnonzero(kinds == RESERVOIR)
    if len(bad):
        name = problem.resources[arrays.demand_resource[bad[0]]].name
        raise ModelError(
            f"demands reservoir {name!r}", where=place(demand_mode, bad), remedy="change reservoirs with effects"
        )
    bad = np.flatnonzero((kinds == UNARY) & (arrays.demand_amount != 1))
    if len(bad):
        name = problem.resources[arrays.demand_resource[bad[0]]].name
        raise ModelError(
            f"demands {arrays.demand_amount[bad[0]]} units of unary resource {name!r}",
            where=place(demand_mode, bad),
            remedy="use amount 1, or a Renewable",
        )
    bad = np.flatnonzero(arrays.effect_reservoir >= count)
    if len(bad):
        raise ModelError(
            f"effect names resource {arrays.effect_reservoir[bad[0]]}, there are {count}",
            where=place(effect_mode, bad),
            remedy="resources are numbered from 0 in the order of the problem",
        )
    bad = np.flatnonzero(arrays.resource_kind[arrays.effect_reservoir] != RESERVOIR)
    if len(bad):
        name = problem.resources[arrays.effect_reservoir[bad[0]]].name
        raise ModelError(
            f"effect on {name!r}, which is no reservoir",
            where=place(effect_mode, bad),
            remedy="use a demand, or make the resource a Reservoir",
        )
    _validate_rates(problem, place, effect_mode)
    bad = np.flatnonzero(arrays.job >= len(problem.jobs))
    if len(bad):
        raise ModelError(
            f"job {arrays.job[bad[0]]} does not exist, there are {len(problem.jobs)}",
            where=f"task {problem.tasks[bad[0]].name!r}.job",
            remedy="name the jobs in the field jobs of the problem",
        )
    _validate_states(problem, demand_mode)


def _validate_rates(problem: Problem, place: Callable[[IntArray, IntArray], str], effect_mode: IntArray) -> None:
    """Keep ``delta * duration`` of effects per tick as small as any other number of the model."""
    arrays = problem.arrays
    rated = np.flatnonzero(arrays.effect_per_tick == 1)
    if not len(rated):
        return
    longest = np.maximum(arrays.duration_max[effect_mode[rated]], 1)
    bad = rated[np.abs(arrays.effect_delta[rated]) > MAX_TICK // longest]
    if len(bad):
        mode = int(effect_mode[bad[0]])
        raise ModelError(
            f"an effect of {arrays.effect_delta[bad[0]]} per tick over up to {arrays.duration_max[mode]} ticks "
            f"exceeds {MAX_TICK}",
            where=place(effect_mode, bad),
            remedy="lower duration_max of the mode, or the rate",
        )


def _validate_states(problem: Problem, demand_mode: IntArray) -> None:
    arrays = problem.arrays
    for r, resource in enumerate(problem.resources):
        if not isinstance(resource, Unary) or resource.transition is None:
            continue
        size = len(resource.transition)
        for mode in demand_mode[arrays.demand_resource == r]:
            task = problem.tasks[arrays.mode_task[mode]]
            for field in ("state_before", "state_after"):
                state = getattr(task, field)
                if state is None or state >= size:
                    raise ModelError(
                        f"{field} is {state}, resource {resource.name!r} has states 0 to {size - 1}",
                        where=f"task {task.name!r}.{field}",
                        remedy="give every task on a resource with transitions its states",
                    )
            if arrays.duration[mode] == 0:
                raise ModelError(
                    f"a mode of 0 ticks uses {resource.name!r}, which has transitions",
                    where=f"task {task.name!r}.modes",
                    remedy="give it a duration of at least 1 tick: work of no length has no place in a sequence",
                )


def _validate_relations(problem: Problem) -> None:
    arrays = problem.arrays
    count = arrays.num_tasks
    for name, ids in (("a", arrays.lag_a), ("b", arrays.lag_b)):
        bad = np.flatnonzero(ids >= count)
        if len(bad):
            raise ModelError(
                f"{name} is {ids[bad[0]]}, there are {count} tasks",
                where=f"lags[{bad[0]}]",
                remedy=_COUNTED,
            )
    if problem.cycle is None and arrays.lag_iterations.any():
        raise ModelError(
            "iterations is not 0 in a problem without cycle",
            where=f"lags[{int(np.flatnonzero(arrays.lag_iterations)[0])}]",
            remedy="give the problem a cycle",
        )
    for i, selection in enumerate(problem.selections):
        where = f"selections[{i}]"
        for task in selection.tasks:
            if task >= count:
                raise ModelError(f"task {task} does not exist, there are {count}", where=where, remedy=_COUNTED)
        if len(selection.tasks) < 2 and selection.kind is not SelectionKind.AT_LEAST_ONE:
            raise ModelError(
                f"{selection.kind.value} over one task", where=where, remedy="make the task mandatory, or name more"
            )
    for i, link in enumerate(problem.mode_links):
        where = f"mode_links[{i}]"
        for task, modes in ((link.task_a, (link.mode_a,)), (link.task_b, link.modes_b)):
            if task >= count:
                raise ModelError(f"task {task} does not exist, there are {count}", where=where, remedy=_COUNTED)
            for mode in modes:
                if mode >= len(problem.tasks[task].modes):
                    raise ModelError(
                        f"task {problem.tasks[task].name!r} has no mode {mode}",
                        where=where,
                        remedy=f"its modes are numbered 0 to {len(problem.tasks[task].modes) - 1}",
                    )


def _validate_cycle(problem: Problem) -> None:
    if problem.cycle is None:
        if problem.objective is not None and "period" in problem.objective.metrics:
            raise ModelError(
                "the objective uses 'period', the problem has no cycle", where="objective", remedy="give a cycle"
            )
        return
    for resource in problem.resources:
        if isinstance(resource, Unary | Renewable) and resource.calendar is not None:
            raise ModelError(
                f"resource {resource.name!r} has a calendar in a cyclic problem",
                where="cycle",
                remedy="model the closed stretch as a task of the cycle",
            )
        if isinstance(resource, Unary) and resource.transition is not None:
            raise ModelError(
                f"resource {resource.name!r} has transitions in a cyclic problem",
                where="cycle",
                remedy="unroll a few rounds into a plain problem",
            )
