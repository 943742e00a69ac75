"""The JSON form: exactly one object on stdout, whatever happens."""

from __future__ import annotations

import enum
import json
import warnings
from pathlib import Path

import numpy as np
import pytest

from schedcore.cli.session import Outcome, json_text

KEYS = ["schema", "command", "status", "data", "warnings", "elapsed_s"]


def test_success_has_the_six_keys(sched) -> None:
    envelope = sched("list", "experiments", "--json").json()
    assert list(envelope) == KEYS
    assert envelope["schema"] == 1
    assert envelope["command"] == "list"
    assert envelope["status"] == "ok"
    assert envelope["warnings"] == []
    assert envelope["elapsed_s"] >= 0


@pytest.mark.parametrize("words", [("--json", "list"), ("list", "--json"), ("list", "domains", "--json")])
def test_json_stands_before_or_behind_the_verb(sched, words) -> None:
    assert sched(*words).json()["status"] == "ok"


def test_environment_turns_json_on(sched, monkeypatch) -> None:
    monkeypatch.setenv("SCHED_JSON", "1")
    assert sched("list").json()["command"] == "list"
    assert sched("nonsense").json()["status"] == "error"


@pytest.mark.parametrize(
    "words",
    [
        ("lits", "--json"),
        ("list", "nothing", "--json"),
        ("list", "--jsno", "--json"),
        ("bench", "--json"),
        ("--json",),
        ("list", "--json", "--color", "pink"),
    ],
)
def test_wrong_usage_is_an_envelope_too(sched, words) -> None:
    ran = sched(*words)
    assert ran.code == 2
    envelope = ran.json()
    assert list(envelope) == KEYS
    assert envelope["status"] == "error"
    error = envelope["data"]["error"]
    assert set(error) == {"type", "what", "where", "remedy", "exit_code"}
    assert error["what"]
    assert error["exit_code"] == 2
    assert ran.err.startswith("error: ")


def test_help_and_version_are_envelopes_too(sched) -> None:
    assert "Verbs:" in sched("--json", "--help").json()["data"]["help"]
    assert sched("--version", "--json").json()["data"]["version"]


def test_stray_output_of_libraries_does_not_reach_stdout(sched_process, toy_domain) -> None:
    ran = sched_process("bench", "toy", "--suite", "figures", "--json")
    assert ran.code == 0
    assert len(ran.json()["data"]["rows"]) == 3
    assert "stray line of a library" in ran.err


def test_python_warnings_are_carried(sched, toy_domain) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        ran = sched("bench", "toy", "--suite", "warning", "--json")
    assert ran.json()["warnings"] == ["UserWarning: the toy is old"]
    assert "warning: UserWarning: the toy is old" in ran.err


def test_jsonl_is_a_stream_with_the_result_last(sched, toy_domain) -> None:
    ran = sched("bench", "toy", "--suite", "figures", "--jsonl")
    lines = [json.loads(line) for line in ran.out.splitlines() if line.startswith("{")]
    assert [line["event"] for line in lines] == ["progress", "row", "progress", "row", "row", "result"]
    assert lines[-1]["status"] == "ok"


def test_json_and_jsonl_exclude_each_other(sched) -> None:
    ran = sched("list", "--json", "--jsonl")
    assert ran.code == 2
    assert "--json and --jsonl exclude each other" in ran.err


def test_quiet_and_verbose_exclude_each_other(sched) -> None:
    assert "--quiet and --verbose exclude each other" in sched("list", "-q", "-v").err


class _Colour(enum.Enum):
    RED = "red"


class _Word(enum.StrEnum):
    A = "a"


def test_json_text_knows_the_values_that_occur() -> None:
    value = {
        "nan": float("nan"),
        "inf": float("inf"),
        "numpy": np.int64(3),
        "array": np.array([1.5, 2.0]),
        "path": Path("a/b"),
        "enum": _Colour.RED,
        "word": _Word.A,
        "set": {3, 1},
        "tuple": (True, None),
        "outcome": 1,
    }
    assert json.loads(json_text(value)) == {
        "nan": None,
        "inf": None,
        "numpy": 3,
        "array": [1.5, 2.0],
        "path": "a/b",
        "enum": "red",
        "word": "a",
        "set": [1, 3],
        "tuple": [True, None],
        "outcome": 1,
    }


def test_json_text_refuses_what_it_does_not_know() -> None:
    with pytest.raises(TypeError, match="a object has no JSON form"):
        json_text({"x": object()})


def test_outcome_takes_its_exit_code_from_its_error() -> None:
    from schedcore.errors import ViolationError

    assert Outcome({}).exit_code == 0
    assert Outcome({}, error=ViolationError("broken")).exit_code == 4
