"""The published JSON Schema: true of everything that is written, and strict."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from strategies_core import Case
from support.rich_problems import rich_cases

from schedcore.errors import SchedError
from schedcore.io import Document, document_to_dict
from schedcore.model import MAX_TICK, problem_from_dict, problem_to_dict, schedule_to_dict
from schedcore.model.schema import document_schema, main, problem_schema, schedule_schema, schema_files

PROBLEM = Draft202012Validator(problem_schema())
SCHEDULE = Draft202012Validator(schedule_schema())
DOCUMENT = Draft202012Validator(document_schema())

FULL: dict[str, Any] = {
    "schema": "sched.problem/1",
    "name": "p",
    "resources": [
        {"kind": "unary", "name": "m", "transition": [[0, None], [1, 0]], "initial_state": 0, "calendar": [[0, 1]]},
        {"kind": "renewable", "name": "r", "capacity": 3, "calendar": [[0, 3], [5, 1]]},
        {"kind": "reservoir", "name": "s", "initial": 1, "minimum": 0, "maximum": 4},
    ],
    "tasks": [
        {
            "name": "t",
            "modes": [
                {
                    "duration": 3,
                    "duration_max": 5,
                    "demands": [[1, 2]],
                    "effects": [{"reservoir": 2, "delta": 1, "edge": "end", "per_tick": True}],
                    "cost": 3,
                }
            ],
            "job": 0,
            "release": 1,
            "deadline": 40,
            "due": -3,
            "weight": 2,
            "optional": True,
            "reward": -4,
            "state_before": 0,
            "state_after": 1,
            "tags": ["x"],
        },
        {"name": "u", "modes": [{"duration": 1}]},
    ],
    "jobs": ["j"],
    "lags": [{"a": 0, "b": 1, "min": 0, "max": 5, "a_edge": "start", "b_edge": "end", "iterations": 0}],
    "selections": [{"kind": "implies", "tasks": [0, 1]}],
    "mode_links": [{"task_a": 0, "mode_a": 0, "task_b": 1, "modes_b": [0]}],
    "objective": [[["makespan", 1]], [["total_cost", -2]]],
    "unit": {"seconds_per_tick": "1/1000", "label": "ms"},
    "horizon": 50,
    "metadata": {"v": 1, "w": None, "x": "x", "y": 1.5, "z": False},
}


@pytest.mark.parametrize("schema", [problem_schema(), schedule_schema(), document_schema()])
def test_the_schemas_are_schemas(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name", sorted(schema_files()))
def test_the_published_files_are_up_to_date(name: str, project_root: Path) -> None:
    published = project_root / "docs" / "schema" / name
    assert published.read_text(encoding="utf-8") == schema_files()[name], (
        "write them anew: python -m schedcore.model.schema docs/schema"
    )


def test_the_command_writes_all_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "new")]) == 0
    assert sorted(p.name for p in (tmp_path / "new").iterdir()) == sorted(schema_files())
    assert len(capsys.readouterr().out.splitlines()) == len(schema_files())
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err


@given(rich_cases())
def test_everything_that_is_written_conforms(case: Case) -> None:
    # Through text, for tuples and the like are no JSON.
    problem = json.loads(json.dumps(problem_to_dict(case.problem)))
    schedule = json.loads(json.dumps(schedule_to_dict(case.schedule, case.problem)))
    document = json.loads(json.dumps(document_to_dict(Document(case.problem, case.schedule, {"seed": 1}))))
    assert not list(PROBLEM.iter_errors(problem))
    assert not list(SCHEDULE.iter_errors(schedule))
    assert not list(DOCUMENT.iter_errors(document))


def test_a_problem_with_every_key_conforms() -> None:
    assert not list(PROBLEM.iter_errors(FULL))
    known = {key for definition in _objects(problem_schema()) for key in definition["properties"]}
    assert known == _keys(FULL) - set(FULL["metadata"]) | {"cycle"}


def _objects(schema: Any) -> list[dict[str, Any]]:
    """All sub-schemas with properties."""
    found = [schema] if isinstance(schema, dict) and isinstance(schema.get("properties"), dict) else []
    inner = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    return found + [s for value in inner for s in _objects(value)]


def _keys(data: Any) -> set[str]:
    inner = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
    return (set(data) if isinstance(data, dict) else set()) | {k for value in inner for k in _keys(value)}


def changed(path: tuple[Any, ...], value: object) -> dict[str, Any]:
    data = copy.deepcopy(FULL)
    inner: Any = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return data


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("schema",), "sched.problem/2"),
        (("name",), ""),
        (("colour",), "red"),
        (("tasks",), {}),
        (("tasks", 0, "modes"), []),
        (("tasks", 0, "mode"), []),
        (("tasks", 0, "modes", 0, "duration"), -1),
        (("tasks", 0, "modes", 0, "duration"), 1.5),
        (("tasks", 0, "modes", 0, "duration"), "3"),
        (("tasks", 0, "modes", 0, "duration"), MAX_TICK + 1),
        (("tasks", 0, "modes", 0, "demands"), [[1, 2, 3]]),
        (("tasks", 0, "modes", 0, "demands"), [[1, 0]]),
        (("tasks", 0, "modes", 0, "effects", 0, "delta"), 0),
        (("tasks", 0, "modes", 0, "effects", 0, "edge"), "middle"),
        (("tasks", 0, "optional"), 1),
        (("tasks", 0, "weight"), -1),
        (("resources", 0, "kind"), "machine"),
        (("resources", 0, "capacity"), 3),
        (("resources", 0, "transition"), [[-1]]),
        (("resources", 1, "calendar"), []),
        (("resources", 1, "calendar"), [[-1, 2]]),
        (("jobs",), ["j", "j"]),
        (("lags", 0), {"a": 0, "b": 1}),
        (("lags", 0, "iterations"), 2**17),
        (("selections", 0, "kind"), "exactly"),
        (("selections", 0, "tasks"), [0, 0]),
        (("mode_links", 0, "modes_b"), []),
        (("objective",), []),
        (("objective",), [[["makespam", 1]]]),
        (("objective",), [[["makespan", 0]]]),
        (("unit", "seconds_per_tick"), 0.001),
        (("horizon",), -1),
        (("cycle",), [5]),
        (("cycle",), [0, 5]),
        (("metadata", "v"), [1]),
    ],
)
def test_broken_problems_do_not_conform(path: tuple[Any, ...], value: object) -> None:
    assert list(PROBLEM.iter_errors(changed(path, value)))


@pytest.mark.parametrize("key", ["schema", "name", "tasks"])
def test_required_keys_are_required(key: str) -> None:
    assert list(PROBLEM.iter_errors({k: v for k, v in FULL.items() if k != key}))


@pytest.mark.parametrize(
    "schedule",
    [
        {"schema": "sched.schedule/1"},
        {"schema": "sched.schedule/2", "placements": []},
        {"schema": "sched.schedule/1", "placements": [[0, 0, 0]]},
        {"schema": "sched.schedule/1", "placements": [[0, 0, 0.5, 1]]},
        {"schema": "sched.schedule/1", "placements": [], "cycle": "5"},
        {"schema": "sched.schedule/1", "placements": [], "makespan": 5},
    ],
)
def test_broken_schedules_do_not_conform(schedule: dict[str, Any]) -> None:
    assert list(SCHEDULE.iter_errors(schedule))
    document = {"schema": "sched.document/1", "problem": FULL, "schedule": schedule}
    assert list(DOCUMENT.iter_errors(document))


def test_broken_documents_do_not_conform() -> None:
    assert not list(DOCUMENT.iter_errors({"schema": "sched.document/1", "problem": FULL, "result": {"any": ["thing"]}}))
    assert list(DOCUMENT.iter_errors({"schema": "sched.document/1"}))
    assert list(DOCUMENT.iter_errors({"schema": "sched.document/1", "problem": FULL, "result": 5}))
    assert list(DOCUMENT.iter_errors({"schema": "sched.document/1", "problem": changed(("name",), 5)}))
    assert list(DOCUMENT.iter_errors({"schema": "sched.document/1", "problem": FULL, "extra": 5}))


values = st.none() | st.booleans() | st.integers(-2, 9) | st.just(0.5) | st.text(max_size=2) | st.just([]) | st.just({})


def _places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [p for key, value in inner for p in ((*path, key), *_places(value, (*path, key)))]


@given(st.sampled_from(_places(FULL)), values)
def test_what_the_reader_accepts_conforms(path: tuple[Any, ...], value: object) -> None:
    """The schema must not be stricter than the reader: whatever makes a problem is of the schema."""
    data = changed(path, value)
    try:
        problem_from_dict(data)
    except SchedError:
        return
    assert not list(PROBLEM.iter_errors(data))
