"""Problems and schedules as plain JSON data: the writing half of the format (``decode`` reads it).

Fields with their default value are left out; keys are sorted when written, so the text of a problem
is a function of its content and the fingerprint is stable.  The JSON Schema of the format is in
``schema.py``.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from schedcore.model.problem import Problem
from schedcore.model.profile import StepProfile
from schedcore.model.relations import TimeLag
from schedcore.model.resources import Renewable, Resource, Unary
from schedcore.model.schedule import Schedule
from schedcore.model.task import Edge, Mode, Task
from schedcore.model.time import TimeUnit

PROBLEM_SCHEMA = "sched.problem/1"
SCHEDULE_SCHEMA = "sched.schedule/1"
DOCUMENT_SCHEMA = "sched.document/1"

EDGE_NAMES = {Edge.START: "start", Edge.END: "end"}


def canonical_json(data: object) -> str:
    """The one text of JSON data: sorted keys, no spaces, ASCII, no NaN."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def fingerprint_of(problem: Problem) -> str:
    """blake2b-128 of the canonical JSON, as 32 hexadecimal digits."""
    return _digest(problem_to_dict(problem))


def meaning_fingerprint_of(problem: Problem) -> str:
    """The same without the problem's name and metadata, which have no influence on what a schedule means."""
    data = problem_to_dict(problem)
    data.pop("metadata", None)
    return _digest(data | {"name": ""})


def _digest(data: dict[str, Any]) -> str:
    return hashlib.blake2b(canonical_json(data).encode(), digest_size=16).hexdigest()


def problem_to_dict(problem: Problem) -> dict[str, Any]:
    """``problem`` as JSON data."""
    data: dict[str, Any] = {"schema": PROBLEM_SCHEMA, "name": problem.name}
    if problem.unit != TimeUnit():
        data["unit"] = _dropping(
            seconds_per_tick=None if problem.unit.seconds_per_tick is None else str(problem.unit.seconds_per_tick),
            label=problem.unit.label,
        )
    data["resources"] = [_resource_to_dict(r) for r in problem.resources]
    data["tasks"] = [_task_to_dict(t) for t in problem.tasks]
    data |= _dropping(
        jobs=list(problem.jobs) or None,
        lags=[_lag_to_dict(lag) for lag in problem.lags] or None,
        selections=[{"kind": s.kind.value, "tasks": list(s.tasks)} for s in problem.selections] or None,
        mode_links=[
            {"task_a": k.task_a, "mode_a": k.mode_a, "task_b": k.task_b, "modes_b": list(k.modes_b)}
            for k in problem.mode_links
        ]
        or None,
        objective=None
        if problem.objective is None
        else [[[name, weight] for name, weight in stage] for stage in problem.objective.stages],
        horizon=problem.horizon,
        cycle=None if problem.cycle is None else [problem.cycle.minimum, problem.cycle.maximum],
        metadata=dict(problem.metadata) or None,
    )
    return data


def schedule_to_dict(schedule: Schedule, problem: Problem | None = None) -> dict[str, Any]:
    """``schedule`` as JSON data; with ``problem`` its :meth:`~Problem.meaning_fingerprint` is recorded."""
    data: dict[str, Any] = {"schema": SCHEDULE_SCHEMA, "placements": [list(p) for p in schedule.placements]}
    if schedule.cycle is not None:
        data["cycle"] = schedule.cycle
    if problem is not None:
        data["problem"] = problem.meaning_fingerprint()
    return data


def _dropping(**fields: Any) -> dict[str, Any]:
    return {key: value for key, value in fields.items() if value is not None}


def _resource_to_dict(resource: Resource) -> dict[str, Any]:
    if isinstance(resource, Unary):
        return _dropping(
            kind="unary",
            name=resource.name,
            calendar=_profile_to_list(resource.calendar),
            transition=None if resource.transition is None else [list(row) for row in resource.transition],
            initial_state=resource.initial_state,
        )
    if isinstance(resource, Renewable):
        return _dropping(
            kind="renewable",
            name=resource.name,
            capacity=resource.capacity,
            calendar=_profile_to_list(resource.calendar),
        )
    return {
        "kind": "reservoir",
        "name": resource.name,
        "initial": resource.initial,
        "minimum": resource.minimum,
        "maximum": resource.maximum,
    }


def _profile_to_list(profile: StepProfile | None) -> list[list[int]] | None:
    return None if profile is None else [list(point) for point in profile.points]


def _mode_to_dict(mode: Mode) -> dict[str, Any]:
    return _dropping(
        duration=mode.duration,
        duration_max=mode.duration_max if mode.is_elastic else None,
        demands=[[d.resource, d.amount] for d in mode.demands] or None,
        effects=[
            _dropping(
                reservoir=e.reservoir, delta=e.delta, edge=EDGE_NAMES[e.edge], per_tick=True if e.per_tick else None
            )
            for e in mode.effects
        ]
        or None,
        cost=mode.cost or None,
    )


def _task_to_dict(task: Task) -> dict[str, Any]:
    return _dropping(
        name=task.name,
        modes=[_mode_to_dict(m) for m in task.modes],
        job=task.job,
        release=task.release or None,
        deadline=task.deadline,
        due=task.due,
        weight=None if task.weight == 1 else task.weight,
        optional=True if task.optional else None,
        reward=task.reward or None,
        state_before=task.state_before,
        state_after=task.state_after,
        tags=list(task.tags) or None,
    )


def _lag_to_dict(lag: TimeLag) -> dict[str, Any]:
    return _dropping(
        a=lag.a,
        b=lag.b,
        min=lag.min,
        max=lag.max,
        a_edge=None if lag.a_edge is Edge.END else "start",
        b_edge=None if lag.b_edge is Edge.START else "end",
        iterations=lag.iterations or None,
    )
