"""Problems and schedules as plain JSON data, and back.

Fields with their default value are left out; keys are sorted when written, so the text of a problem
is a function of its content and the fingerprint is stable.  The JSON Schema of the format is in
``schema.py``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NoReturn, TypeVar

from schedcore.errors import FormatError, ModelError, SchedError, did_you_mean
from schedcore.model.cycle import Cycle
from schedcore.model.objective import Objective
from schedcore.model.problem import Problem
from schedcore.model.profile import StepProfile
from schedcore.model.relations import ModeLink, Selection, SelectionKind, TimeLag
from schedcore.model.resources import Renewable, Reservoir, Resource, Unary
from schedcore.model.schedule import Schedule
from schedcore.model.task import Demand, Edge, Effect, Mode, Task
from schedcore.model.time import TimeUnit

T = TypeVar("T")

PROBLEM_SCHEMA = "sched.problem/1"
SCHEDULE_SCHEMA = "sched.schedule/1"

_EDGE_NAMES = {Edge.START: "start", Edge.END: "end"}
_EDGES = {name: edge for edge, name in _EDGE_NAMES.items()}


def canonical_json(data: object) -> str:
    """The one text of JSON data: sorted keys, no spaces, ASCII, no NaN."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), allow_nan=False)


def fingerprint_of(problem: Problem) -> str:
    """blake2b-128 of the canonical JSON."""
    return hashlib.blake2b(canonical_json(problem_to_dict(problem)).encode(), digest_size=16).hexdigest()


# --- writing -------------------------------------------------------------------------------------


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
    """``schedule`` as JSON data; with ``problem`` its fingerprint is recorded."""
    data: dict[str, Any] = {"schema": SCHEDULE_SCHEMA, "placements": [list(p) for p in schedule.placements]}
    if schedule.cycle is not None:
        data["cycle"] = schedule.cycle
    if problem is not None:
        data["problem"] = problem.fingerprint()
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
                reservoir=e.reservoir, delta=e.delta, edge=_EDGE_NAMES[e.edge], per_tick=True if e.per_tick else None
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


# --- reading -------------------------------------------------------------------------------------


class _Reader:
    """Typed access to one JSON object; remembers where it stands and refuses unknown keys."""

    def __init__(self, data: object, where: str, keys: str) -> None:
        self.where = where
        if not isinstance(data, Mapping):
            raise FormatError(f"expected an object, found {_show(data)}", where=where)
        self.data = data
        known = keys.split()
        for key in data:
            if key not in known:
                raise FormatError(f"unknown key {key!r}", where=where, remedy=did_you_mean(str(key), known))

    def fail(self, key: str, expected: str) -> NoReturn:
        raise FormatError(f"expected {expected}, found {_show(self.data.get(key))}", where=f"{self.where}.{key}")

    def required(self, key: str) -> Any:
        if key not in self.data:
            raise FormatError(f"key {key!r} is missing", where=self.where, remedy="add it")
        return self.data[key]

    def integer(self, key: str, default: int | None = None, *, required: bool = False) -> Any:
        value = self.required(key) if required else self.data.get(key, default)
        if value is not None and type(value) is not int:
            self.fail(key, "an integer")
        return value

    def text(self, key: str, default: str | None = None) -> str:
        value = self.required(key) if default is None else self.data.get(key, default)
        if not isinstance(value, str):
            self.fail(key, "a string")
        return value

    def flag(self, key: str) -> bool:
        value = self.data.get(key, False)
        if not isinstance(value, bool):
            self.fail(key, "true or false")
        return value

    def items(self, key: str, *, required: bool = False) -> list[Any]:
        value = self.required(key) if required else self.data.get(key, [])
        if not isinstance(value, list):
            self.fail(key, "a list")
        return value

    def integers(self, key: str, length: int | None = None) -> list[int]:
        value = self.items(key, required=True)
        if any(type(v) is not int for v in value) or (length is not None and len(value) != length):
            self.fail(key, "a list of integers" if length is None else f"a list of {length} integers")
        return value

    def edge(self, key: str, default: str) -> Edge:
        value = self.data.get(key, default)
        if value not in _EDGES:
            self.fail(key, "'start' or 'end'")
        return _EDGES[value]


def _show(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def problem_from_dict(data: object, *, where: str = "problem") -> Problem:
    """The problem that ``data`` describes.

    Raises
    ------
    FormatError
        With the place, for anything that is not of the format.
    ModelError
        For well-formed data that makes no problem.
    """
    top = _Reader(
        data,
        where,
        "schema name unit resources tasks jobs lags selections mode_links objective horizon cycle metadata",
    )
    _expect_schema(top, PROBLEM_SCHEMA)
    cycle = top.integers("cycle", 2) if "cycle" in top.data else None
    jobs = top.items("jobs")
    metadata = top.data.get("metadata", {})
    if not isinstance(metadata, Mapping):
        top.fail("metadata", "an object")

    def build() -> Problem:
        return Problem(
            name=top.text("name"),
            resources=tuple(_resource(r, f"{where}.resources[{i}]") for i, r in enumerate(top.items("resources"))),
            tasks=tuple(_task(t, f"{where}.tasks[{i}]") for i, t in enumerate(top.items("tasks", required=True))),
            jobs=tuple(jobs),
            lags=tuple(_lag(x, f"{where}.lags[{i}]") for i, x in enumerate(top.items("lags"))),
            selections=tuple(_selection(s, f"{where}.selections[{i}]") for i, s in enumerate(top.items("selections"))),
            mode_links=tuple(_mode_link(k, f"{where}.mode_links[{i}]") for i, k in enumerate(top.items("mode_links"))),
            objective=_objective(top) if "objective" in top.data else None,
            unit=_unit(top.data.get("unit"), f"{where}.unit"),
            horizon=top.integer("horizon"),
            cycle=None if cycle is None else Cycle(*cycle),
            metadata=tuple(metadata.items()),
        )

    return _placed(build, where)


def schedule_from_dict(data: object, *, where: str = "schedule") -> Schedule:
    """The schedule that ``data`` describes; raises :class:`FormatError`."""
    top = _Reader(data, where, "schema placements cycle problem")
    _expect_schema(top, SCHEDULE_SCHEMA)
    placements = top.items("placements", required=True)
    for i, row in enumerate(placements):
        if not isinstance(row, list) or len(row) != 4 or any(type(v) is not int or abs(v) >= 2**62 for v in row):
            raise FormatError(
                f"expected [task, mode, start, end] as integers, found {_show(row)}", where=f"{where}.placements[{i}]"
            )
    return Schedule([tuple(row) for row in placements], cycle=top.integer("cycle"))


def _expect_schema(top: _Reader, expected: str) -> None:
    schema = top.text("schema")
    if schema != expected:
        family = expected.split("/", maxsplit=1)[0]
        remedy = (
            "this file was written by another version of the format; update sched"
            if schema.startswith(family + "/")
            else f"a file of kind {family} is needed here"
        )
        raise FormatError(f"schema is {schema!r}, expected {expected!r}", where=f"{top.where}.schema", remedy=remedy)


def _placed(build: Callable[[], T], where: str) -> T:
    """Run a constructor and put ``where`` before the place that its error names."""
    try:
        return build()
    except FormatError:
        raise
    except ModelError as error:
        inner = f"{where}: {error.where}" if error.where else where
        raise ModelError(error.what, where=inner, remedy=error.remedy) from None
    except SchedError:
        raise
    except (ValueError, TypeError) as error:
        raise FormatError(str(error), where=where) from None


def _unit(data: object, where: str) -> TimeUnit:
    if data is None:
        return TimeUnit()
    unit = _Reader(data, where, "seconds_per_tick label")
    length = unit.data.get("seconds_per_tick")
    if length is not None and not isinstance(length, str):
        unit.fail("seconds_per_tick", "a fraction as text, such as '1/1000'")
    try:
        seconds = None if length is None else Fraction(length)
    except (ValueError, ZeroDivisionError):
        unit.fail("seconds_per_tick", "a fraction as text, such as '1/1000'")
    return TimeUnit(seconds, unit.text("label", "tick"))


def _profile(reader: _Reader, key: str) -> StepProfile | None:
    if key not in reader.data:
        return None
    points = reader.items(key)
    if any(not isinstance(p, list) or len(p) != 2 for p in points):
        reader.fail(key, "a list of [tick, value]")
    return _placed(lambda: StepProfile(tuple((p[0], p[1]) for p in points)), f"{reader.where}.{key}")


def _resource(data: object, where: str) -> Resource:
    reader = _Reader(data, where, "kind name capacity calendar transition initial_state initial minimum maximum")
    kind = reader.text("kind")
    if kind == "unary":
        rows = reader.data.get("transition")
        if rows is not None and (not isinstance(rows, list) or any(not isinstance(row, list) for row in rows)):
            reader.fail("transition", "a list of rows")
        return _placed(
            lambda: Unary(
                reader.text("name"),
                calendar=_profile(reader, "calendar"),
                transition=None if rows is None else tuple(tuple(row) for row in rows),
                initial_state=reader.integer("initial_state"),
            ),
            where,
        )
    if kind == "renewable":
        return _placed(
            lambda: Renewable(
                reader.text("name"), reader.integer("capacity", required=True), _profile(reader, "calendar")
            ),
            where,
        )
    if kind == "reservoir":
        return _placed(
            lambda: Reservoir(
                reader.text("name"),
                *(reader.integer(key, required=True) for key in ("initial", "minimum", "maximum")),
            ),
            where,
        )
    raise FormatError(
        f"unknown kind {kind!r}", where=f"{where}.kind", remedy=did_you_mean(kind, ("unary", "renewable", "reservoir"))
    )


def _mode(data: object, where: str) -> Mode:
    reader = _Reader(data, where, "duration duration_max demands effects cost")
    demands = reader.items("demands")
    if any(not isinstance(d, list) or len(d) != 2 for d in demands):
        reader.fail("demands", "a list of [resource, amount]")
    return _placed(
        lambda: Mode(
            duration=reader.integer("duration", required=True),
            duration_max=reader.integer("duration_max"),
            demands=tuple(Demand(*d) for d in demands),
            effects=tuple(_effect(e, f"{where}.effects[{i}]") for i, e in enumerate(reader.items("effects"))),
            cost=reader.integer("cost", 0),
        ),
        where,
    )


def _effect(data: object, where: str) -> Effect:
    reader = _Reader(data, where, "reservoir delta edge per_tick")
    return _placed(
        lambda: Effect(
            reader.integer("reservoir", required=True),
            reader.integer("delta", required=True),
            reader.edge("edge", "end"),
            reader.flag("per_tick"),
        ),
        where,
    )


def _task(data: object, where: str) -> Task:
    reader = _Reader(
        data,
        where,
        "name modes job release deadline due weight optional reward state_before state_after tags",
    )
    tags = reader.items("tags")
    if any(not isinstance(tag, str) for tag in tags):
        reader.fail("tags", "a list of strings")
    return _placed(
        lambda: Task(
            name=reader.text("name"),
            modes=tuple(_mode(m, f"{where}.modes[{i}]") for i, m in enumerate(reader.items("modes", required=True))),
            job=reader.integer("job"),
            release=reader.integer("release", 0),
            deadline=reader.integer("deadline"),
            due=reader.integer("due"),
            weight=reader.integer("weight", 1),
            optional=reader.flag("optional"),
            reward=reader.integer("reward", 0),
            state_before=reader.integer("state_before"),
            state_after=reader.integer("state_after"),
            tags=tuple(tags),
        ),
        where,
    )


def _lag(data: object, where: str) -> TimeLag:
    reader = _Reader(data, where, "a b min max a_edge b_edge iterations")
    return _placed(
        lambda: TimeLag(
            a=reader.integer("a", required=True),
            b=reader.integer("b", required=True),
            min=reader.integer("min"),
            max=reader.integer("max"),
            a_edge=reader.edge("a_edge", "end"),
            b_edge=reader.edge("b_edge", "start"),
            iterations=reader.integer("iterations", 0),
        ),
        where,
    )


def _selection(data: object, where: str) -> Selection:
    reader = _Reader(data, where, "kind tasks")
    kind = reader.text("kind")
    if kind not in {k.value for k in SelectionKind}:
        raise FormatError(
            f"unknown kind {kind!r}", where=f"{where}.kind", remedy=did_you_mean(kind, [k.value for k in SelectionKind])
        )
    return _placed(lambda: Selection(tuple(reader.integers("tasks")), SelectionKind(kind)), where)


def _mode_link(data: object, where: str) -> ModeLink:
    reader = _Reader(data, where, "task_a mode_a task_b modes_b")
    return _placed(
        lambda: ModeLink(
            reader.integer("task_a", required=True),
            reader.integer("mode_a", required=True),
            reader.integer("task_b", required=True),
            tuple(reader.integers("modes_b")),
        ),
        where,
    )


def _objective(top: _Reader) -> Objective:
    stages = top.items("objective")
    for stage in stages:
        if not isinstance(stage, list) or any(not isinstance(term, list) or len(term) != 2 for term in stage):
            top.fail("objective", "a list of stages, each a list of [metric, weight]")
    return _placed(
        lambda: Objective(tuple(tuple((n, w) for n, w in stage) for stage in stages)), f"{top.where}.objective"
    )
