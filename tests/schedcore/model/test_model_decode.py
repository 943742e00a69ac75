"""Reading problems and schedules from JSON data: every way to be malformed is refused with its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.malformed_problems import AS_DESCRIBED, BROKEN, MISSING, broken_at, whole
from support.refusals import refusal

from schedcore.errors import FormatError, ModelError, SchedError
from schedcore.model import (
    Schedule,
    problem_from_dict,
    problem_to_dict,
    schedule_from_dict,
)


def test_the_whole_is_well_formed() -> None:
    problem_from_dict(whole())


@pytest.mark.parametrize(("path", "value", "kind", "text"), BROKEN)
def test_malformed_problems_are_refused_with_their_place(
    path: tuple[Any, ...], value: object, kind: type[SchedError], text: str
) -> None:
    assert refusal(lambda: problem_from_dict(broken_at(path, value)), kind) == text


@pytest.mark.parametrize("data", [None, [], 5, "x"])
def test_what_is_no_object_is_no_problem(data: object) -> None:
    text = f"problem: expected an object, found {data!r}" + AS_DESCRIBED
    assert refusal(lambda: problem_from_dict(data), FormatError) == text


def test_places_begin_with_the_given_word() -> None:
    text = refusal(lambda: problem_from_dict(broken_at(("tasks", 0, "modes", 0, "duration"), -1), where="file: x"))
    assert text.startswith("file: x.tasks[0].modes[0]: mode.duration: -1 is outside")


def schedule_data(**changes: object) -> dict[str, object]:
    return {"schema": "sched.schedule/1", "placements": [[0, 0, 0, 5]]} | changes


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ([], "schedule: expected an object, found []" + AS_DESCRIBED),
        ({}, "schedule: key 'schema' is missing (add it)"),
        ({"schema": "sched.schedule/1"}, "schedule: key 'placements' is missing (add it)"),
        (
            schedule_data(schema="sched.schedule/9"),
            "schedule.schema: schema is 'sched.schedule/9', expected 'sched.schedule/1' (this file was written by "
            "another version of the format; use the version of sched that wrote it)",
        ),
        (
            schedule_data(schema="sched.problem/1"),
            "schedule.schema: schema is 'sched.problem/1', expected 'sched.schedule/1' (a file of kind sched.schedule "
            "is needed here)",
        ),
        (schedule_data(placement=[]), "schedule: unknown key 'placement' (did you mean 'placements'?)"),
        (schedule_data(placements=5), "schedule.placements: expected a list, found 5" + AS_DESCRIBED),
        (
            schedule_data(placements=[[0, 0, 0]]),
            "schedule.placements[0]: expected [task, mode, start, end] as integers, found [0, 0, 0] (every placement "
            "has four whole numbers)",
        ),
        (
            schedule_data(placements=[[0, 0, 0, 1], [1, 0, 0.5, 1]]),
            "schedule.placements[1]: expected [task, mode, start, end] as integers, found [1, 0, 0.5, 1] (every "
            "placement has four whole numbers)",
        ),
        (
            schedule_data(placements=[[0, 0, 0, 2**62]]),
            "schedule.placements[0]: expected [task, mode, start, end] as integers, found [0, 0, 0, "
            "4611686018427387904] (every placement has four whole numbers)",
        ),
        (schedule_data(cycle=2.5), "schedule.cycle: expected an integer, found 2.5" + AS_DESCRIBED),
        (schedule_data(problem=5), "schedule.problem: expected a string, found 5" + AS_DESCRIBED),
    ],
)
def test_malformed_schedules_are_refused_with_their_place(data: object, text: str) -> None:
    assert refusal(lambda: schedule_from_dict(data), FormatError) == text


def test_a_huge_cycle_is_refused() -> None:
    text = refusal(lambda: schedule_from_dict(schedule_data(cycle=2**50)))
    assert text.startswith("schedule.cycle: 1125899906842624 is outside")


def test_an_empty_schedule_is_a_schedule() -> None:
    assert schedule_from_dict({"schema": "sched.schedule/1", "placements": []}) == Schedule()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=3)
    | st.sampled_from([2**64, -1, 10**400]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


def places(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Paths to everything inside ``data``."""
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [p for key, value in inner for p in ((*path, key), *places(value, (*path, key)))]


@given(st.sampled_from(places(whole())), json_values | st.just(MISSING))
def test_any_change_gives_a_problem_or_an_error_of_ours(path: tuple[Any, ...], value: object) -> None:
    try:
        problem = problem_from_dict(broken_at(path, value))
    except SchedError as error:
        fault = error
    else:
        assert problem_from_dict(problem_to_dict(problem)) == problem
        return
    assert isinstance(fault, FormatError | ModelError)
    assert (fault.where or "").startswith("problem")
    assert fault.remedy
