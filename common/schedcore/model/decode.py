"""Problems and schedules from plain JSON data: the reading half of the format (``encode`` writes it).

Nothing is guessed and nothing is ignored: unknown keys, wrong types and other versions are refused.
"""

from __future__ import annotations

from fractions import Fraction

from schedcore.errors import FormatError, did_you_mean
from schedcore.model.cycle import Cycle
from schedcore.model.encode import EDGE_NAMES, PROBLEM_SCHEMA, SCHEDULE_SCHEMA
from schedcore.model.fields import placed, shown
from schedcore.model.json_object import JsonObject, expect_schema
from schedcore.model.objective import Objective
from schedcore.model.problem import Problem
from schedcore.model.profile import StepProfile
from schedcore.model.relations import ModeLink, Selection, SelectionKind, TimeLag
from schedcore.model.resources import Renewable, Reservoir, Resource, Unary
from schedcore.model.schedule import Schedule
from schedcore.model.task import Demand, Edge, Effect, Mode, Task
from schedcore.model.time import TimeUnit

_EDGES = {name: edge for edge, name in EDGE_NAMES.items()}

_RESOURCE_KEYS = {
    "unary": "kind name calendar transition initial_state",
    "renewable": "kind name capacity calendar",
    "reservoir": "kind name initial minimum maximum",
}


def problem_from_dict(data: object, *, where: str = "problem") -> Problem:
    """The problem that ``data`` describes; ``where`` begins the places in error messages.

    Raises
    ------
    FormatError
        With the place, for anything that is not of the format.
    ModelError
        For well-formed data that makes no problem.
    """
    top = JsonObject(
        data,
        where,
        "schema name unit resources tasks jobs lags selections mode_links objective horizon cycle metadata",
    )
    expect_schema(top, PROBLEM_SCHEMA)
    cycle = top.integers("cycle", 2) if "cycle" in top.data else None
    demands: dict[tuple[object, object], Demand] = {}

    def build() -> Problem:
        return Problem(
            name=top.text("name"),
            resources=tuple(_resource(r, f"{where}.resources[{i}]") for i, r in enumerate(top.items("resources"))),
            tasks=tuple(
                _task(t, f"{where}.tasks[{i}]", demands) for i, t in enumerate(top.items("tasks", required=True))
            ),
            jobs=top.texts("jobs"),
            lags=tuple(_lag(x, f"{where}.lags[{i}]") for i, x in enumerate(top.items("lags"))),
            selections=tuple(_selection(s, f"{where}.selections[{i}]") for i, s in enumerate(top.items("selections"))),
            mode_links=tuple(_mode_link(k, f"{where}.mode_links[{i}]") for i, k in enumerate(top.items("mode_links"))),
            objective=_objective(top) if "objective" in top.data else None,
            unit=_unit(top.data["unit"], f"{where}.unit") if "unit" in top.data else TimeUnit(),
            horizon=top.integer("horizon", None),
            cycle=None if cycle is None else Cycle(*cycle),
            metadata=tuple(top.mapping("metadata").items()),
        )

    return placed(build, where)


def schedule_from_dict(data: object, *, where: str = "schedule") -> Schedule:
    """The schedule that ``data`` describes; raises :class:`FormatError`.

    The fingerprint under ``problem`` is not looked at; :func:`schedule_fingerprint` gives it.
    """
    top = JsonObject(data, where, "schema placements cycle problem")
    expect_schema(top, SCHEDULE_SCHEMA)
    top.text("problem", "")
    placements = top.items("placements", required=True)
    for i, row in enumerate(placements):
        if not isinstance(row, list) or len(row) != 4 or any(type(v) is not int or abs(v) >= 2**62 for v in row):
            raise FormatError(
                f"expected [task, mode, start, end] as integers, found {shown(row)}",
                where=f"{where}.placements[{i}]",
                remedy="every placement has four whole numbers",
            )
    return placed(lambda: Schedule(placements, cycle=top.integer("cycle", None)), where)


def schedule_fingerprint(data: object) -> str | None:
    """Fingerprint of the problem that the schedule in ``data`` was written for, if it was recorded."""
    value = data.get("problem") if isinstance(data, dict) else None
    return value if isinstance(value, str) else None


def _unit(data: object, where: str) -> TimeUnit:
    unit = JsonObject(data, where, "seconds_per_tick label")
    expected = "a fraction as text, such as '1/1000'"
    seconds = None
    if "seconds_per_tick" in unit.data:
        length = unit.data["seconds_per_tick"]
        if not isinstance(length, str):
            unit.fail("seconds_per_tick", expected)
        try:
            seconds = Fraction(length)
        except (ValueError, ZeroDivisionError):
            unit.fail("seconds_per_tick", expected)
    return placed(lambda: TimeUnit(seconds, unit.text("label", "tick")), where)


def _profile(reader: JsonObject, key: str) -> StepProfile | None:
    if key not in reader.data:
        return None
    points = reader.pairs(key, "a list of [tick, value]")
    return placed(lambda: StepProfile(tuple((p[0], p[1]) for p in points)), f"{reader.where}.{key}")


def _resource(data: object, where: str) -> Resource:
    kind = JsonObject(data, where, " ".join(_RESOURCE_KEYS.values())).text("kind")
    if kind not in _RESOURCE_KEYS:
        raise FormatError(f"unknown kind {kind!r}", where=f"{where}.kind", remedy=did_you_mean(kind, _RESOURCE_KEYS))
    reader = JsonObject(data, where, _RESOURCE_KEYS[kind])

    def build() -> Resource:
        name = reader.text("name")
        if kind == "unary":
            rows = reader.items("transition") if "transition" in reader.data else None
            if rows is not None and any(not isinstance(row, list) for row in rows):
                reader.fail("transition", "a list of rows")
            return Unary(
                name,
                calendar=_profile(reader, "calendar"),
                transition=None if rows is None else tuple(tuple(row) for row in rows),
                initial_state=reader.integer("initial_state", None),
            )
        if kind == "renewable":
            return Renewable(name, reader.integer("capacity"), _profile(reader, "calendar"))
        return Reservoir(name, reader.integer("initial"), reader.integer("minimum"), reader.integer("maximum"))

    return placed(build, where)


def _mode(data: object, where: str, known: dict[tuple[object, object], Demand]) -> Mode:
    reader = JsonObject(data, where, "duration duration_max demands effects cost")
    rows = reader.pairs("demands", "a list of [resource, amount]")

    def demand(resource: object, amount: object) -> Demand:
        # Equal demands share one object, which saves most of the time of large problems.
        if type(resource) is not int or type(amount) is not int:
            reader.fail("demands", "a list of [resource, amount]")
        found = known.get((resource, amount))
        if found is None:
            found = known[resource, amount] = Demand(resource, amount)
        return found

    return placed(
        lambda: Mode(
            duration=reader.integer("duration"),
            duration_max=reader.integer("duration_max", None),
            demands=tuple([demand(*row) for row in rows]),
            effects=tuple([_effect(e, f"{where}.effects[{i}]") for i, e in enumerate(reader.items("effects"))]),
            cost=reader.integer("cost", 0),
        ),
        where,
    )


def _edge(reader: JsonObject, key: str, default: str) -> Edge:
    value = reader.text(key, default)
    if value not in _EDGES:
        reader.fail(key, "'start' or 'end'")
    return _EDGES[value]


def _effect(data: object, where: str) -> Effect:
    reader = JsonObject(data, where, "reservoir delta edge per_tick")
    return placed(
        lambda: Effect(
            reader.integer("reservoir"), reader.integer("delta"), _edge(reader, "edge", "end"), reader.flag("per_tick")
        ),
        where,
    )


def _task(data: object, where: str, demands: dict[tuple[object, object], Demand]) -> Task:
    reader = JsonObject(
        data,
        where,
        "name modes job release deadline due weight optional reward state_before state_after tags",
    )
    modes = reader.items("modes", required=True)
    return placed(
        lambda: Task(
            name=reader.text("name"),
            modes=tuple([_mode(m, f"{where}.modes[{i}]", demands) for i, m in enumerate(modes)]),
            job=reader.integer("job", None),
            release=reader.integer("release", 0),
            deadline=reader.integer("deadline", None),
            due=reader.integer("due", None),
            weight=reader.integer("weight", 1),
            optional=reader.flag("optional"),
            reward=reader.integer("reward", 0),
            state_before=reader.integer("state_before", None),
            state_after=reader.integer("state_after", None),
            tags=reader.texts("tags"),
        ),
        where,
    )


def _lag(data: object, where: str) -> TimeLag:
    reader = JsonObject(data, where, "a b min max a_edge b_edge iterations")
    return placed(
        lambda: TimeLag(
            a=reader.integer("a"),
            b=reader.integer("b"),
            min=reader.integer("min", None),
            max=reader.integer("max", None),
            a_edge=_edge(reader, "a_edge", "end"),
            b_edge=_edge(reader, "b_edge", "start"),
            iterations=reader.integer("iterations", 0),
        ),
        where,
    )


def _selection(data: object, where: str) -> Selection:
    reader = JsonObject(data, where, "kind tasks")
    kind = reader.text("kind")
    kinds = [k.value for k in SelectionKind]
    if kind not in kinds:
        raise FormatError(f"unknown kind {kind!r}", where=f"{where}.kind", remedy=did_you_mean(kind, kinds))
    return placed(lambda: Selection(tuple(reader.integers("tasks")), SelectionKind(kind)), where)


def _mode_link(data: object, where: str) -> ModeLink:
    reader = JsonObject(data, where, "task_a mode_a task_b modes_b")
    return placed(
        lambda: ModeLink(
            reader.integer("task_a"),
            reader.integer("mode_a"),
            reader.integer("task_b"),
            tuple(reader.integers("modes_b")),
        ),
        where,
    )


def _objective(top: JsonObject) -> Objective:
    stages = top.items("objective")
    for stage in stages:
        if not isinstance(stage, list) or any(not isinstance(term, list) or len(term) != 2 for term in stage):
            top.fail("objective", "a list of stages, each a list of [metric, weight]")
    return placed(
        lambda: Objective(tuple(tuple((n, w) for n, w in stage) for stage in stages)), f"{top.where}.objective"
    )
