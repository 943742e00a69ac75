"""Projects in the PSPLIB format, with one mode and with several."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.errors import FormatError, InputError
from schedcore.io import (
    ParsedMode,
    ParsedProject,
    parse_patterson,
    parse_psplib,
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
    Renewable,
    Reservoir,
    Task,
    TimeLag,
)

SINGLE = """************************************************************************
file with basedata            : hand
initial value random generator: 1
************************************************************************
projects                      :  1
jobs (incl. supersource/sink ):  4
horizon                       :  7
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
  - doubly constrained        :  0   D
************************************************************************
PROJECT INFORMATION:
pronr.  #jobs rel.date duedate tardcost  MPM-Time
    1      2      0        9       26        4
************************************************************************
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           4
   4        1          0
************************************************************************
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------------------------------------------------
  1      1     0       0    0
  2      1     4       2    0
  3      1     3       1    3
  4      1     0       0    0
************************************************************************
RESOURCEAVAILABILITIES:
  R 1  R 2
    5    3
************************************************************************
"""

MULTI = """jobs (incl. supersource/sink ):  3
RESOURCES
  - renewable                 :  1   R
  - nonrenewable              :  2   N
  - doubly constrained        :  0   D
PROJECT INFORMATION:
pronr.  #jobs rel.date duedate tardcost  MPM-Time
    1      1      2        0        0        3
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          1           2
   2        2          1           3
   3        1          0
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  N 1  N 2
  1      1     0       0    0    0
  2      1     3       2    4    0
         2     5       1    0    7
  3      1     0       0    0    0
RESOURCEAVAILABILITIES:
  R 1  N 1  N 2
    5   10    8
"""


def test_single_mode_by_hand() -> None:
    patterson = parse_patterson("4 2\n5 3\n0 0 0 2 2 3\n4 2 0 1 4\n3 1 3 1 4\n0 0 0 0\n")
    project = parse_psplib(SINGLE)
    assert (project.due, project.tardiness_cost) == (9, 26)
    problem = read_problem_text(SINGLE, "p.sm")
    assert problem.meta == {"psplib_due": 9, "psplib_tardiness_cost": 26}
    assert problem.replace(metadata=()) == project_problem(patterson, "p")


def test_several_modes_and_stocks_by_hand() -> None:
    problem = read_problem_text(MULTI, "p.mm")
    effects = [(Effect(1, -4, Edge.START),), (Effect(2, -7, Edge.START),)]
    assert problem == Problem(
        name="p",
        resources=(Renewable("r1", 5), Reservoir("n1", 10, 0, 10), Reservoir("n2", 8, 0, 8)),
        tasks=(
            Task("a1", (Mode(0),), release=2),
            Task("a2", (Mode(3, (Demand(0, 2),), effects[0]), Mode(5, (Demand(0, 1),), effects[1])), release=2),
            Task("a3", (Mode(0),), release=2),
        ),
        lags=(TimeLag(0, 1), TimeLag(1, 2)),
        objective=Objective.minimise(makespan=1),
    )


@pytest.mark.parametrize("text", [SINGLE, MULTI])
def test_what_is_written_is_read_again(text: str) -> None:
    problem = read_problem_text(text, "p.mm")
    written = psplib_text(project_of(problem, "psplib"))
    assert read_problem_text(written, "p.mm") == problem
    assert read_problem_text(written, "p.txt") == problem  # told by its titles


def test_the_header_that_is_written_by_hand() -> None:
    written = psplib_text(parse_psplib(SINGLE)).splitlines()
    assert "horizon                       :  7" in written  # 4 + 3
    assert "    1  2  0  9  26  4" in written  # two real jobs, due date, cost, longest path


@st.composite
def projects(draw: st.DrawFn) -> ParsedProject:
    renewable, stocks, inner = draw(st.integers(0, 2)), draw(st.integers(0, 2)), draw(st.integers(0, 4))
    nothing = (ParsedMode(0, (0,) * renewable, (0,) * stocks),)

    def amounts(count: int) -> tuple[int, ...]:
        return draw(st.tuples(*[st.integers(0, 3)] * count))

    activities = [
        tuple(ParsedMode(draw(st.integers(1, 9)), amounts(renewable), amounts(stocks)) for _ in range(modes))
        for modes in draw(st.lists(st.integers(1, 3), min_size=inner, max_size=inner))
    ]
    last = inner + 1
    following = [tuple(sorted(draw(st.sets(st.integers(i + 1, last), min_size=1)))) for i in range(1, last)]
    preceded = {b for row in following for b in row}
    first = tuple(i for i in range(1, last + 1) if i not in preceded) or (last,)
    return ParsedProject(
        amounts(renewable),
        amounts(stocks),
        (nothing, *activities, nothing),
        (first, *following, ()),
        *draw(st.tuples(*[st.integers(0, 9)] * 3)),
    )


@given(projects())
def test_text_arrays_and_problems_are_the_same_project(project: ParsedProject) -> None:
    assert parse_psplib(psplib_text(project)) == project
    assert project_of(project_problem(project, "p"), "psplib") == project


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "jobs (incl. supersource/sink ):  3\n",
            "",
            "f:22: the header has no line with the number of jobs (the file is cut off or damaged)",
        ),
        ("sink ):  3", "sink ):  0", "f:2: 0 jobs (the number of jobs is 1 or more)"),
        ("sink ):  3", "sink ):  many", "f:2: 'many' is not a whole number (the format has whole numbers only)"),
        (
            "nonrenewable              :  2",
            "nonrenewable              :  -2",
            "f:5: -2 of nonrenewable (counts are 0 or more)",
        ),
        (
            "constrained        :  0",
            "constrained        :  1",
            "f:6: 1 doubly constrained resources are not supported (state each of them as a renewable and a "
            "non-renewable resource)",
        ),
        (
            "PRECEDENCE RELATIONS:",
            "PRECEDENCES:",
            "f:23: the section 'PRECEDENCE RELATIONS' is missing (the file is cut off)",
        ),
        (
            "    1      1      2        0        0        3\n",
            "    1      1      2        0        0\n",
            "f:9: 5 numbers of project information (it must be: pronr. #jobs rel.date duedate tardcost MPM-Time)",
        ),
        ("1      1      2        0", "1      1     -2        0", "f:9: a negative date or cost (they are 0 or more)"),
        (
            "        0        3\n",
            "        0        3\n 2 1 0 0 0 3\n",
            "f:10: a second project (files with several projects are not supported)",
        ),
        (
            "   2        2          1",
            "   3        2          1",
            "f:13: precedence of job 3 where job 2 is expected (number jobs from 1)",
        ),
        (
            "   2        2          1           3",
            "   2        0          1           3",
            "f:13: precedence of job 2 is [2, 0, 1, 3] (it must be: job modes successors ...)",
        ),
        (
            "   2        2          1           3",
            "   2        2          2           3",
            "f:13: job 2 has 2 successors, but names 1 (complete the line, or correct the count)",
        ),
        (
            "   2        2          1           3",
            "   2        2          1           4",
            "f:13: successor 4 of job 2 is not possible (jobs are 1 to 3)",
        ),
        (
            "   2        2          1           3",
            "   2        2          1           2",
            "f:13: successor 2 of job 2 is not possible (jobs are 1 to 3)",
        ),
        (
            "   2        2          1           3",
            "   2        2          2           3 3",
            "f:13: job 2 names a successor twice (name it once)",
        ),
        ("   3        1          0\n", "", "f:13: precedence of 2 jobs, the header says 3 (lines are missing)"),
        (
            "   3        1          0\n",
            "   3  1  0\n  4  1  0\n",
            "f:15: precedence of more than 3 jobs (the number of jobs is wrong)",
        ),
        (
            "         2     5       1    0    7\n",
            "",
            "f:19: requests are [3, 1, 0, 0, 0, 0] where job 2 in mode 2 is expected (it must be: mode duration and "
            "3 requests)",
        ),
        (
            "  2      1     3       2    4    0",
            "  2      1     3       2    4",
            "f:18: requests are [2, 1, 3, 2, 4] where job 2 in mode 1 is expected (it must be: job mode duration and "
            "3 requests)",
        ),
        (
            "  2      1     3",
            "  2      1    -3",
            "f:18: a duration or request of job 2 is negative (they are 0 or more)",
        ),
        (
            "  3      1     0       0    0    0\n",
            "",
            "f:19: no requests of job 3 in mode 1 (lines are missing, or a mode count is wrong)",
        ),
        (
            "  3      1     0       0    0    0\n",
            "  3 1 0 0 0 0\n  4 1 0 0 0 0\n",
            "f:21: requests after those of the last job (a number of modes or jobs is wrong)",
        ),
        ("    5   10    8\n", "", "f:22: no line with the availabilities (the file is cut off)"),
        (
            "    5   10    8\n",
            "    5   10\n",
            "f:23: availabilities are [5, 10] (expected 3 numbers of 0 or more, one per resource)",
        ),
        (
            "    5   10    8\n",
            "    5   10   -8\n",
            "f:23: availabilities are [5, 10, -8] (expected 3 numbers of 0 or more, one per resource)",
        ),
        (
            "    5   10    8\n",
            "    5   10    8\n 5 10 8\n",
            "f:24: a second line of availabilities (one line holds them all)",
        ),
        (
            "    5   10    8\n",
            "    5   10    8.5\n",
            "f:23: '8.5' is not a whole number (the format has whole numbers only)",
        ),
    ],
)
def test_faults_are_refused_with_line_and_remedy(old: str, new: str, message: str) -> None:
    text = "\n" + MULTI
    assert old in text
    assert refusal(lambda: parse_psplib(text.replace(old, new, 1), "f"), FormatError) == message


def multi(**changes: object) -> Problem:
    return read_problem_text(MULTI, "p.mm").replace(**changes)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (
            multi(tasks=(Task("t", (Mode(1),)), Task("u", (Mode(1),), release=4)), lags=()),
            "format psplib: task 'u' has a release of its own (write it as json)",
        ),
        (
            multi(resources=(Renewable("r1", 5), Reservoir("n1", 10, 0, 11), Reservoir("n2", 8, 0, 8))),
            "format psplib: reservoir 'n1' does not begin full and end above 0 (write it as json)",
        ),
        (
            multi(tasks=(Task("t", (Mode(1, effects=(Effect(1, -1, Edge.END),)),)),), lags=()),
            "format psplib: an effect of task 't' is no consumption at its start (write it as json)",
        ),
        (
            multi(tasks=(Task("t", (Mode(1, effects=(Effect(1, 1, Edge.START),)),)),), lags=()),
            "format psplib: an effect of task 't' is no consumption at its start (write it as json)",
        ),
    ],
)
def test_problems_that_are_no_projects_are_refused_with_the_reason(problem: Problem, text: str) -> None:
    assert refusal(lambda: project_of(problem, "psplib"), InputError) == text


def test_a_project_without_resources_has_no_line_of_availabilities() -> None:
    project = ParsedProject((), (), ((ParsedMode(0),), (ParsedMode(4),), (ParsedMode(0),)), ((1,), (2,), ()))
    assert parse_psplib(psplib_text(project)) == project


def test_a_cycle_of_precedences_is_written_with_longest_path_zero() -> None:
    project = ParsedProject((), (), ((ParsedMode(1),), (ParsedMode(4),)), ((1,), (0,)))
    assert "    1  0  0  0  0  0" in psplib_text(project)
