"""The standard text of flexible job shops."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.errors import FormatError, InputError
from schedcore.io import (
    ParsedFlexibleShop,
    fjsplib_text,
    flexible_shop_of,
    flexible_shop_problem,
    parse_fjsplib,
    read_problem_text,
)
from schedcore.model import (
    Demand,
    Mode,
    Objective,
    Problem,
    Task,
    TimeLag,
    Unary,
)

TEXT = """2 3 1.5  # jobs, machines, average
2 2 1 3 3 4 1 2 5
1 1 2 0
"""


def test_an_example_by_hand() -> None:
    shop = parse_fjsplib(TEXT)
    assert shop == ParsedFlexibleShop(3, ((((0, 3), (2, 4)), ((1, 5),)), (((1, 0),),)))
    assert parse_fjsplib(TEXT.replace(" 1.5", "")) == shop
    assert fjsplib_text(shop) == "2 3 1.33\n2 2 1 3 3 4 1 2 5\n1 1 2 0\n"


def test_the_problem_of_an_example_by_hand() -> None:
    problem = read_problem_text(TEXT, "dir/tiny.fjs")
    assert problem == Problem(
        name="tiny",
        resources=(Unary("m0"), Unary("m1"), Unary("m2")),
        tasks=(
            Task("j0.o0", (Mode(3, (Demand(0),)), Mode(4, (Demand(2),))), job=0),
            Task("j0.o1", (Mode(5, (Demand(1),)),), job=0),
            Task("j1.o0", (Mode(0, (Demand(1),)),), job=1),
        ),
        jobs=("j0", "j1"),
        lags=(TimeLag(0, 1),),
        objective=Objective.minimise(makespan=1),
    )


@st.composite
def shops(draw: st.DrawFn) -> ParsedFlexibleShop:
    machines = draw(st.integers(1, 4))
    alternative = st.dictionaries(st.integers(0, machines - 1), st.integers(0, 99), min_size=1)
    operation = alternative.map(lambda d: tuple(d.items()))
    jobs = draw(st.lists(st.lists(operation, min_size=1, max_size=4).map(tuple), min_size=1, max_size=4))
    return ParsedFlexibleShop(machines, tuple(jobs))


@given(shops())
def test_text_arrays_and_problems_are_the_same_shop(shop: ParsedFlexibleShop) -> None:
    assert parse_fjsplib(fjsplib_text(shop)) == shop
    assert flexible_shop_of(flexible_shop_problem(shop, "p")) == shop


def test_two_modes_on_one_machine_cannot_be_said() -> None:
    task = Task("t", (Mode(1, (Demand(0),)), Mode(2, (Demand(0),))), job=0)
    problem = Problem(resources=(Unary("m"),), tasks=(task,), jobs=("j",), objective=Objective.minimise(makespan=1))
    assert refusal(lambda: flexible_shop_of(problem), InputError) == (
        "format fjsplib: two modes of task 't' use the same machine (write it as json)"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "f:1: no numbers, only comments or empty lines (check how the file was made)"),
        ("2\n", "f:1: 1 numbers in the first line (it must be: jobs machines [average alternatives])"),
        ("1 2 3 4\n", "f:1: 4 numbers in the first line (it must be: jobs machines [average alternatives])"),
        ("0 2\n", "f:1: 0 jobs (the number of jobs is 1 or more)"),
        ("1 0\n", "f:1: 0 machines (the number of machines is 1 or more)"),
        ("1 2 x\n", "f:1: 'x' is no average number of alternatives (leave it out, or give a number)"),
        ("1 2 nan\n", "f:1: 'nan' is no average number of alternatives (leave it out, or give a number)"),
        ("1 2 -1\n", "f:1: '-1' is no average number of alternatives (leave it out, or give a number)"),
        ("1.0 2\n", "f:1: '1.0' is not a whole number (the format has whole numbers only)"),
        ("1 2\n0\n", "f:2: job j0 has 0 operations (a job needs at least one)"),
        (
            "1 2\n1\n",
            "f:2: the line ends before operation j0.o0, the job says 1 operations (the line is cut off, or the count "
            "is wrong)",
        ),
        ("1 2\n1 0\n", "f:2: operation j0.o0 has 0 alternatives (an operation needs at least one machine)"),
        (
            "1 2\n1 2 1 5 2\n",
            "f:2: operation j0.o0 has 2 alternatives, but only 3 numbers follow (the line is cut off, or the count "
            "is wrong)",
        ),
        (
            "1 2\n2 1 1 5\n",
            "f:2: the line ends before operation j0.o1, the job says 2 operations (the line is cut off, or the count "
            "is wrong)",
        ),
        (
            "1 2\n1 1 1 5 7\n",
            "f:2: 1 numbers are left over after the 1 operations of job j0 (one of the counts in the line is wrong)",
        ),
        ("1 2\n1 1 3 5\n", "f:2: machine 3 of operation j0.o0 does not exist (machines are numbered 1 to 2)"),
        ("1 2\n1 1 0 5\n", "f:2: machine 0 of operation j0.o0 does not exist (machines are numbered 1 to 2)"),
        ("1 2\n1 1 1 -5\n", "f:2: duration -5 of operation j0.o0 is negative (durations are 0 or more)"),
        ("1 2\n1 2 1 5 1 6\n", "f:2: operation j0.o0 names a machine twice (keep the faster alternative)"),
        (
            "2 2\n1 1 1 5\n",
            "f:2: the file ends after 1 jobs, line 1 says 2 (the file is cut off, or the number of jobs is wrong)",
        ),
        ("1 2\n1 1 1 5\n1 1 1 5\n", "f:3: a line after the last of 1 jobs (the number of jobs is wrong)"),
        ("1 2\n1 1 1 5x\n", "f:2: '5x' is not a whole number (the format has whole numbers only)"),
    ],
)
def test_faults_are_refused_with_line_and_remedy(content: str, message: str) -> None:
    assert refusal(lambda: parse_fjsplib(content, "f"), FormatError) == message
