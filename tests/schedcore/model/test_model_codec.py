"""Problems and schedules as JSON data: round trip and stable text."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from strategies_core import Case
from support.rich_problems import rich_cases

from schedcore.model import (
    Cycle,
    Demand,
    Edge,
    Effect,
    Mode,
    Objective,
    Problem,
    Renewable,
    Reservoir,
    StepProfile,
    Task,
    TimeLag,
    TimeUnit,
    Unary,
    canonical_json,
    problem_from_dict,
    problem_to_dict,
    schedule_from_dict,
    schedule_to_dict,
)


@given(rich_cases())
def test_a_round_trip_through_text_keeps_problem_and_fingerprint(case: Case) -> None:
    problem = case.problem
    text = canonical_json(problem_to_dict(problem))
    again = problem_from_dict(json.loads(text))
    assert again == problem
    assert again.fingerprint() == problem.fingerprint()
    assert canonical_json(problem_to_dict(again)) == text
    assert text.isascii()


@given(rich_cases())
def test_a_round_trip_through_text_keeps_the_schedule(case: Case) -> None:
    text = canonical_json(schedule_to_dict(case.schedule, case.problem))
    data = json.loads(text)
    assert data["problem"] == case.problem.meaning_fingerprint()
    again = schedule_from_dict(data)
    assert again == case.schedule
    assert canonical_json(schedule_to_dict(again, case.problem)) == text
    assert "problem" not in schedule_to_dict(case.schedule)


def test_the_text_of_a_problem_by_hand() -> None:
    problem = Problem(
        name="two",
        resources=(Unary("m", transition=((0, None), (2, 0)), initial_state=1), Reservoir("s", 1, 0, 4)),
        tasks=(
            Task("t", (Mode(3, (Demand(0),), (Effect(1, -1, Edge.START),), 2, 5),), state_before=0, state_after=1),
            Task("u", (Mode(1), Mode(2)), job=0, optional=True, reward=3),
        ),
        jobs=("j",),
        lags=(TimeLag(0, 1, None, 7, Edge.START, Edge.END),),
        objective=Objective.minimise(makespan=1),
        unit=TimeUnit("1/1000", "ms"),
    )
    assert canonical_json(problem_to_dict(problem)) == (
        '{"jobs":["j"],"lags":[{"a":0,"a_edge":"start","b":1,"b_edge":"end","max":7}],"name":"two",'
        '"objective":[[["makespan",1]]],'
        '"resources":[{"initial_state":1,"kind":"unary","name":"m","transition":[[0,null],[2,0]]},'
        '{"initial":1,"kind":"reservoir","maximum":4,"minimum":0,"name":"s"}],"schema":"sched.problem/1",'
        '"tasks":[{"modes":[{"cost":2,"demands":[[0,1]],"duration":3,"duration_max":5,'
        '"effects":[{"delta":-1,"edge":"start","reservoir":1}]}],"name":"t","state_after":1,"state_before":0},'
        '{"job":0,"modes":[{"duration":1},{"duration":2}],"name":"u","optional":true,"reward":3}],'
        '"unit":{"label":"ms","seconds_per_tick":"1/1000"}}'
    )
    # The fingerprint is part of the format: it stands in schedule files.
    assert problem.fingerprint() == "ab851402a2150557aa787d89f6291288"


def test_defaults_may_be_written_out() -> None:
    short = {"schema": "sched.problem/1", "name": "p", "tasks": [{"name": "t", "modes": [{"duration": 1}]}]}
    long = short | {
        "resources": [],
        "jobs": [],
        "lags": [],
        "unit": {"label": "tick"},
        "metadata": {},
        "tasks": [
            {
                "name": "t",
                "release": 0,
                "weight": 1,
                "optional": False,
                "reward": 0,
                "tags": [],
                "modes": [{"duration": 1, "duration_max": 1, "demands": [], "effects": [], "cost": 0}],
            }
        ],
    }
    assert problem_from_dict(long) == problem_from_dict(short)
    assert problem_from_dict(long).fingerprint() == problem_from_dict(short).fingerprint()


def test_calendars_and_cycles_survive() -> None:
    problem = Problem(tasks=(Task("t", (Mode(1),)),), cycle=Cycle(3, 5))
    assert problem_from_dict(problem_to_dict(problem)) == problem
    problem = Problem(resources=(Renewable("r", 3, StepProfile(((0, 3), (4, 0)))),))
    assert problem_from_dict(problem_to_dict(problem)) == problem


def test_no_text_has_a_number_that_json_lacks() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical_json({"a": math.nan})
