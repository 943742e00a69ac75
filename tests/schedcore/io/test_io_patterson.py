"""Projects in the Patterson format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.errors import FormatError, InputError, UnsupportedFeatureError
from schedcore.io import (
    ParsedMode,
    ParsedProject,
    parse_patterson,
    parse_psplib,
    patterson_text,
    project_of,
    project_problem,
    psplib_text,
    read_problem_text,
)
from schedcore.model import (
    Demand,
    Edge,
    Effect,
    Mode,
    Objective,
    Problem,
    ProblemBuilder,
    Renewable,
    Reservoir,
    Task,
    TimeLag,
)

TEXT = """4 2
 5 3
0 0 0 2 2 3
4 2 0
  1 4
3 1 3 1 4
0 0 0 0
"""


def test_an_example_by_hand() -> None:
    project = parse_patterson(TEXT)
    assert project == ParsedProject(
        renewable=(5, 3),
        nonrenewable=(),
        activities=(
            (ParsedMode(0, (0, 0)),),
            (ParsedMode(4, (2, 0)),),
            (ParsedMode(3, (1, 3)),),
            (ParsedMode(0, (0, 0)),),
        ),
        successors=((1, 2), (3,), (3,), ()),
    )
    assert patterson_text(project) == "4 2\n5 3\n0 0 0 2 2 3\n4 2 0 1 4\n3 1 3 1 4\n0 0 0 0\n"


def test_the_problem_of_an_example_by_hand() -> None:
    assert read_problem_text(TEXT, "dir/tiny.rcp") == Problem(
        name="tiny",
        resources=(Renewable("r1", 5), Renewable("r2", 3)),
        tasks=(
            Task("a1", (Mode(0),)),
            Task("a2", (Mode(4, (Demand(0, 2),)),)),
            Task("a3", (Mode(3, (Demand(0, 1), Demand(1, 3))),)),
            Task("a4", (Mode(0),)),
        ),
        lags=(TimeLag(0, 1), TimeLag(0, 2), TimeLag(1, 3), TimeLag(2, 3)),
        objective=Objective.minimise(makespan=1),
    )


def test_dummies_are_added_where_they_are_missing() -> None:
    b = ProblemBuilder()
    r, m = b.renewable("r", 4), b.unary("m")
    t, u, v = b.task("t", 2, demands={r: 3}), b.task("u", 1, on=m), b.task("v", 5)
    b.precedence(t, v)
    b.precedence(t, v)
    b.minimise(makespan=1)
    # 1 before t = 2 and u = 3; 5 after u and v = 4.  The unary resource has capacity 1.
    assert patterson_text(project_of(b.build(), "patterson")) == (
        "5 2\n4 1\n0 0 0 2 2 3\n2 3 0 1 4\n1 0 1 1 5\n5 0 0 1 5\n0 0 0 0\n"
    )
    assert u.id == 1


def test_a_single_dummy_and_a_project_without_resources_survive() -> None:
    project = ParsedProject((), (), ((ParsedMode(0),), (ParsedMode(0),)), ((1,), ()))
    assert parse_patterson(patterson_text(project)) == project
    assert project_of(project_problem(project, "p"), "patterson") == project


@st.composite
def projects(draw: st.DrawFn) -> ParsedProject:
    resources, inner = draw(st.integers(0, 3)), draw(st.integers(0, 5))
    nothing = (ParsedMode(0, (0,) * resources),)
    amounts = st.tuples(*[st.integers(0, 3)] * resources)
    activities = [(ParsedMode(draw(st.integers(1, 9)), draw(amounts)),) for _ in range(inner)]
    last = inner + 1
    following = [tuple(sorted(draw(st.sets(st.integers(i + 1, last), min_size=1)))) for i in range(1, last)]
    preceded = {b for row in following for b in row}
    first = tuple(i for i in range(1, last + 1) if i not in preceded) or (last,)
    return ParsedProject(
        draw(st.tuples(*[st.integers(0, 5)] * resources)), (), (nothing, *activities, nothing), (first, *following, ())
    )


@given(projects())
def test_text_arrays_and_problems_are_the_same_project(project: ParsedProject) -> None:
    assert parse_patterson(patterson_text(project)) == project
    assert project_of(project_problem(project, "p"), "patterson") == project
    assert parse_psplib(psplib_text(project)) == project


PLAIN = read_problem_text(TEXT, "p.rcp")


def test_projects_with_modes_or_stocks_are_refused_by_name() -> None:
    problem = PLAIN.replace(tasks=(Task("t", (Mode(1), Mode(2))),), lags=())
    with pytest.raises(UnsupportedFeatureError, match="format patterson does not support: multi_mode"):
        project_of(problem, "patterson")


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (PLAIN.replace(tasks=(), lags=()), "format patterson: the problem has no tasks (write it as json)"),
        (
            PLAIN.replace(objective=None),
            "format patterson: the objective is not the makespan (write it as json, or replace the objective by "
            "Objective.minimise(makespan=1))",
        ),
    ],
)
def test_other_problems_are_refused_with_the_reason(problem: Problem, text: str) -> None:
    assert refusal(lambda: project_of(problem, "patterson"), InputError) == text


def test_unused_stocks_do_not_matter() -> None:
    problem = PLAIN.replace(resources=(*PLAIN.resources, Reservoir("s", 1, 0, 4)))
    assert project_of(problem, "patterson") == parse_patterson(TEXT)
    assert Effect(0, 1).edge is Edge.END


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "",
            "f:1: the file ends where the number of activities is expected (the file is cut off, or a count in it is "
            "wrong)",
        ),
        ("0 1\n", "f:1: 0 activities (the number of activities is 1 or more)"),
        ("x 1\n", "f:1: 'x' is not a whole number (the format has whole numbers only)"),
        ("1 -1\n", "f:1: -1 resources (the number of resources is 0 or more)"),
        (
            "1 1\n",
            "f:1: the file ends where the capacity of resource 1 is expected (the file is cut off, or a count in it "
            "is wrong)",
        ),
        ("1 1\n-4\n", "f:2: the capacity of resource 1 is -4 (it must be 0 or more)"),
        (
            "1 1\n4\n",
            "f:2: the file ends where the duration of activity 1 is expected (the file is cut off, or a count in it "
            "is wrong)",
        ),
        ("1 1\n4\n-2", "f:3: the duration of activity 1 is -2 (it must be 0 or more)"),
        (
            "1 1\n4\n2",
            "f:3: the file ends where the demand of activity 1 of resource 1 is expected (the file is cut off, or a "
            "count in it is wrong)",
        ),
        ("1 1\n4\n2 -1", "f:3: the demand of activity 1 of resource 1 is -1 (it must be 0 or more)"),
        (
            "1 1\n4\n2 1",
            "f:3: the file ends where the number of successors of activity 1 is expected (the file is cut off, or a "
            "count in it is wrong)",
        ),
        ("1 1\n4\n2 1 -1", "f:3: the number of successors of activity 1 is -1 (it must be 0 or more)"),
        (
            "1 1\n4\n2 1 1",
            "f:3: the file ends where a successor of activity 1 is expected (the file is cut off, or a count in it "
            "is wrong)",
        ),
        ("1 1\n4\n2 1 1 2", "f:3: successor 2 of activity 1 does not exist (activities are 1 to 1)"),
        ("1 1\n4\n2 1 1 0", "f:3: successor 0 of activity 1 does not exist (activities are 1 to 1)"),
        ("2 1\n4\n2 1 1 1", "f:3: activity 1 is its own successor (take it out)"),
        ("3 1\n4\n2 1 2 2 2", "f:3: successor 2 of activity 1 is named twice (name it once)"),
        ("1 1\n4\n2 1 0\n7", "f:4: 7 is left over after the last entry (a count in the file is wrong)"),
    ],
)
def test_faults_are_refused_with_line_and_remedy(content: str, message: str) -> None:
    assert refusal(lambda: parse_patterson(content, "f"), FormatError) == message
