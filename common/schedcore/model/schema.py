"""JSON Schema (draft 2020-12) of the three native formats: problem, schedule and document.

The schema says what JSON Schema can say: keys, types, ranges.  What relates several places (a demand that names an
existing resource, equal names) only reading the file can tell.  ``python -m schedcore.model.schema docs/schema``
writes the published files.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from schedcore.model.encode import DOCUMENT_SCHEMA, EDGE_NAMES, PROBLEM_SCHEMA, SCHEDULE_SCHEMA
from schedcore.model.objective import OBJECTIVE_METRICS
from schedcore.model.relations import MAX_ITERATIONS, SelectionKind
from schedcore.model.time import MAX_TICK

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_Schema = dict[str, Any]


def _integer(low: int, high: int = MAX_TICK, about: str = "") -> _Schema:
    schema: _Schema = {"type": "integer", "minimum": low, "maximum": high}
    return schema | ({"description": about} if about else {})


def _list(items: _Schema, *, least: int = 0, about: str = "") -> _Schema:
    schema: _Schema = {"type": "array", "items": items}
    if least:
        schema["minItems"] = least
    return schema | ({"description": about} if about else {})


def _row(*items: _Schema, about: str = "") -> _Schema:
    """An array of exactly these items."""
    schema: _Schema = {
        "type": "array",
        "prefixItems": list(items),
        "minItems": len(items),
        "maxItems": len(items),
    }
    return schema | ({"description": about} if about else {})


def _object(required: str, about: str = "", **properties: _Schema) -> _Schema:
    """An object with these keys and no others."""
    schema: _Schema = {
        "type": "object",
        "properties": properties,
        "required": required.split(),
        "additionalProperties": False,
    }
    return schema | ({"description": about} if about else {})


_NAME: _Schema = {"type": "string", "minLength": 1}
_ID = _integer(0)
_SIGNED = _integer(-MAX_TICK)
_EDGE: _Schema = {"enum": sorted(EDGE_NAMES.values())}
_PROFILE = _list(
    _row(_integer(0), _SIGNED), least=1, about="capacity over time as [tick, value]; the first tick is 0, ticks rise"
)


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/$defs/{name}"}


def _resources() -> _Schema:
    transition = _list(
        _list({"anyOf": [_integer(0), {"type": "null"}]}),
        least=1,
        about="square matrix: ticks between a task that leaves state s and the next that needs state t; null forbids",
    )
    return {
        "oneOf": [
            _object(
                "kind name",
                "serves one task at a time",
                kind={"const": "unary"},
                name=_NAME,
                calendar=_PROFILE,
                transition=transition,
                initial_state=_integer(0, about="state at tick 0"),
            ),
            _object(
                "kind name capacity",
                "shared while tasks run",
                kind={"const": "renewable"},
                name=_NAME,
                capacity=_integer(0),
                calendar=_PROFILE,
            ),
            _object(
                "kind name initial minimum maximum",
                "a stock that effects raise and lower",
                kind={"const": "reservoir"},
                name=_NAME,
                initial=_SIGNED,
                minimum=_SIGNED,
                maximum=_SIGNED,
            ),
        ]
    }


def _definitions() -> dict[str, _Schema]:
    """The parts of a problem."""
    effect = _object(
        "reservoir delta",
        "a change of a reservoir",
        reservoir=_ID,
        delta=_SIGNED | {"not": {"const": 0}},
        edge=_EDGE | {"default": "end"},
        per_tick={"type": "boolean", "default": False, "description": "delta is per tick of the duration"},
    )
    mode = _object(
        "duration",
        "one way to execute a task",
        duration=_integer(0, about="ticks; the shortest if duration_max is larger"),
        duration_max=_integer(0, about="ticks; absent: the same as duration"),
        demands=_list(_row(_ID, _integer(1)), about="[resource, amount] while the task runs"),
        effects=_list(_ref("effect")),
        cost=_SIGNED | {"default": 0},
    )
    task = _object(
        "name modes",
        "a piece of work that is executed once, without interruption, in one of its modes",
        name=_NAME,
        modes=_list(_ref("mode"), least=1),
        job=_integer(0, about="position in jobs"),
        release=_integer(0, about="earliest start") | {"default": 0},
        deadline=_integer(0, about="latest end, hard"),
        due=_integer(-MAX_TICK, about="desired end, soft"),
        weight=_integer(0) | {"default": 1},
        optional={"type": "boolean", "default": False, "description": "whether it may be left out"},
        reward=_SIGNED | {"default": 0},
        state_before=_ID,
        state_after=_ID,
        tags=_list({"type": "string"}),
    )
    lag = _object(
        "a b",
        "min <= time(b, b_edge) + iterations * period - time(a, a_edge) <= max",
        a=_ID,
        b=_ID,
        min=_SIGNED,
        max=_SIGNED,
        a_edge=_EDGE | {"default": "end"},
        b_edge=_EDGE | {"default": "start"},
        iterations=_integer(-MAX_ITERATIONS, MAX_ITERATIONS) | {"default": 0},
    )
    lag["anyOf"] = [{"required": ["min"]}, {"required": ["max"]}]
    selection = _object(
        "kind tasks",
        "a rule on which tasks are present",
        kind={"enum": [kind.value for kind in SelectionKind]},
        tasks=_list(_ID, least=1) | {"uniqueItems": True},
    )
    mode_link = _object(
        "task_a mode_a task_b modes_b",
        "if task_a runs in mode_a and task_b is present, task_b runs in one of modes_b",
        task_a=_ID,
        mode_a=_ID,
        task_b=_ID,
        modes_b=_list(_ID, least=1),
    )
    weight = _SIGNED | {"not": {"const": 0}}
    objective = _list(
        _list(_row({"enum": sorted(OBJECTIVE_METRICS)}, weight), least=1),
        least=1,
        about="lexicographic stages, the first is the most important; each a weighted sum [metric, weight], minimised",
    )
    return {
        "resource": _resources(),
        "effect": effect,
        "mode": mode,
        "task": task,
        "lag": lag,
        "selection": selection,
        "mode_link": mode_link,
        "objective": objective,
    }


def _problem() -> _Schema:
    unit = _object(
        "",
        "what a tick is",
        seconds_per_tick={"type": "string", "description": "exact, as a fraction such as '1/1000'"},
        label=_NAME,
    )
    return _object(
        "schema name tasks",
        "A scheduling problem. Tasks, resources and jobs are named by position, from 0; times are whole ticks.",
        schema={"const": PROBLEM_SCHEMA},
        name=_NAME,
        unit=unit,
        resources=_list(_ref("resource")),
        tasks=_list(_ref("task")),
        jobs=_list(_NAME, about="names") | {"uniqueItems": True},
        lags=_list(_ref("lag")),
        selections=_list(_ref("selection")),
        mode_links=_list(_ref("mode_link")),
        objective=_ref("objective"),
        horizon=_integer(0, about="latest end of all tasks"),
        cycle=_row(_integer(1), _integer(1), about="least and greatest period of a cyclic problem"),
        metadata={
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            "description": "provenance and the like, without influence on the meaning",
        },
    )


def _schedule() -> _Schema:
    number = _integer(-(2**62) + 1, 2**62 - 1)
    return _object(
        "schema placements",
        "A schedule: when and in which mode each present task runs.",
        schema={"const": SCHEDULE_SCHEMA},
        placements=_list(_row(number, number, number, number), about="[task, mode, start, end]"),
        cycle=_integer(-MAX_TICK, about="value of the period in a cyclic problem"),
        problem={
            "type": "string",
            "description": "fingerprint (without name and metadata) of the problem that it was made for",
        },
    )


def problem_schema() -> dict[str, Any]:
    """The JSON Schema of problems."""
    return {
        "$schema": _DIALECT,
        "$id": "sched-problem-1",
        "title": PROBLEM_SCHEMA,
        **_problem(),
        "$defs": _definitions(),
    }


def schedule_schema() -> dict[str, Any]:
    """The JSON Schema of schedules."""
    return {"$schema": _DIALECT, "$id": "sched-schedule-1", "title": SCHEDULE_SCHEMA, **_schedule()}


def document_schema() -> dict[str, Any]:
    """The JSON Schema of documents; it stands on its own."""
    document = _object(
        "schema problem",
        "A problem, a schedule of it and what is known about the schedule.",
        schema={"const": DOCUMENT_SCHEMA},
        problem=_ref("problem"),
        schedule=_ref("schedule"),
        result={"type": "object", "description": "how the schedule was found; free in form"},
    )
    definitions = {**_definitions(), "problem": _problem(), "schedule": _schedule()}
    return {"$schema": _DIALECT, "$id": "sched-document-1", "title": DOCUMENT_SCHEMA, **document, "$defs": definitions}


def schema_files() -> dict[str, str]:
    """Name and text of the published schema files."""
    schemas = {"problem": problem_schema(), "schedule": schedule_schema(), "document": document_schema()}
    return {f"{name}-1.schema.json": json.dumps(schema, indent=2) + "\n" for name, schema in schemas.items()}


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the schema files into the folder that is the only argument."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    if len(words) != 1:
        print("usage: python -m schedcore.model.schema FOLDER", file=sys.stderr)
        return 2
    folder = Path(words[0])
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in schema_files().items():
        (folder / name).write_text(text, encoding="utf-8")
        print(folder / name)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
