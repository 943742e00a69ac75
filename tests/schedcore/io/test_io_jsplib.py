"""The standard text of job shops."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.refusals import refusal

from schedcore.errors import FormatError, InputError, UnsupportedFeatureError
from schedcore.io import (
    ParsedJobShop,
    flexible_shop_of,
    flexible_shop_problem,
    job_shop_of,
    job_shop_problem,
    jsplib_text,
    parse_jsplib,
    read_problem_text,
)
from schedcore.model import (
    Demand,
    Mode,
    Objective,
    Problem,
    ProblemBuilder,
    Task,
    TimeLag,
    Unary,
)

TEXT = """# two jobs
2 3  # jobs, machines

0 3 2 1 1 0
2 2 1 4 0 9
"""


def test_an_example_by_hand() -> None:
    shop = parse_jsplib(TEXT)
    assert shop == ParsedJobShop(np.array([[0, 2, 1], [2, 1, 0]]), np.array([[3, 1, 0], [2, 4, 9]]))
    assert (shop.num_jobs, shop.num_machines) == (2, 3)
    assert shop.machines.dtype == shop.durations.dtype == np.int64
    assert shop != ParsedJobShop(shop.machines, shop.durations + 1)
    assert shop != "a job shop"


def test_the_problem_of_an_example_by_hand() -> None:
    problem = read_problem_text(TEXT, "dir/tiny.txt")
    demands = [(Demand(m),) for m in range(3)]
    assert problem == Problem(
        name="tiny",
        resources=(Unary("m0"), Unary("m1"), Unary("m2")),
        tasks=(
            Task("j0.o0", (Mode(3, demands[0]),), job=0),
            Task("j0.o1", (Mode(1, demands[2]),), job=0),
            Task("j0.o2", (Mode(0, demands[1]),), job=0),
            Task("j1.o0", (Mode(2, demands[2]),), job=1),
            Task("j1.o1", (Mode(4, demands[1]),), job=1),
            Task("j1.o2", (Mode(9, demands[0]),), job=1),
        ),
        jobs=("j0", "j1"),
        lags=(TimeLag(0, 1), TimeLag(1, 2), TimeLag(3, 4), TimeLag(4, 5)),
        objective=Objective.minimise(makespan=1),
    )


@given(st.integers(1, 5), st.integers(1, 5), st.randoms(use_true_random=False))
def test_text_arrays_and_problems_are_the_same_shop(jobs: int, machines: int, rng) -> None:
    routes = np.array([rng.sample(range(machines), machines) for _ in range(jobs)])
    times = np.array([[rng.randrange(100) for _ in range(machines)] for _ in range(jobs)])
    shop = ParsedJobShop(routes, times)
    assert parse_jsplib(jsplib_text(shop)) == shop
    assert job_shop_of(job_shop_problem(shop, "p")) == shop
    problem = job_shop_problem(shop, "p")
    assert flexible_shop_problem(flexible_shop_of(problem), "p") == problem


def test_a_job_shop_is_recognised_in_whatever_order_its_parts_are_stated() -> None:
    b = ProblemBuilder("mixed")
    m, n = b.unary("press"), b.unary("oven")
    x, y = b.job("x"), b.job("y")
    last = b.task("last", 4, on=m, job=x)
    other = [b.task("one", 1, on=m, job=y), b.task("two", 2, on=n, job=y)]
    first = b.task("first", 3, on=n, job=x)
    b.precedence(first, last)
    b.chain(*other)
    b.chain(*other)  # stated twice
    b.minimise(makespan=1)
    assert jsplib_text(job_shop_of(b.build())) == "2 2\n1 3 0 4\n0 1 1 2\n"


def shop_problem(**changes: object) -> Problem:
    return read_problem_text("2 2\n0 3 1 4\n1 2 0 5\n", "p.txt").replace(**changes)


M2 = (Mode(3, (Demand(0), Demand(1))),)


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (shop_problem(horizon=50), "format jsplib does not support: horizon (write it as json)"),
        (
            Problem(tasks=(Task("t", (Mode(1, duration_max=2),), release=3),)),
            "format jsplib does not support: elastic, release (write it as json)",
        ),
    ],
)
def test_features_that_job_shops_lack_are_refused_by_name(problem: Problem, text: str) -> None:
    with pytest.raises(UnsupportedFeatureError) as caught:
        job_shop_of(problem)
    assert str(caught.value) == text


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        (
            shop_problem(objective=None),
            "format jsplib: the objective is not the makespan (write it as json, or replace the objective by "
            "Objective.minimise(makespan=1))",
        ),
        (
            shop_problem(objective=Objective.minimise(makespan=2)),
            "format jsplib: the objective is not the makespan (write it as json, or replace the objective by "
            "Objective.minimise(makespan=1))",
        ),
        (shop_problem(tasks=(), lags=()), "format jsplib: the problem has no tasks (write it as json)"),
        (
            shop_problem(tasks=(Task("t", (Mode(1, (Demand(0),)),)),), lags=()),
            "format jsplib: task 't' belongs to no job (write it as json)",
        ),
        (
            shop_problem(tasks=(Task("t", M2, job=0),), lags=(), jobs=("j0",)),
            "format jsplib: a mode of task 't' does not use exactly one machine (write it as json)",
        ),
        (
            shop_problem(tasks=(Task("t", (Mode(1),), job=0),), lags=(), jobs=("j0",)),
            "format jsplib: a mode of task 't' does not use exactly one machine (write it as json)",
        ),
        (
            shop_problem(lags=(TimeLag(0, 1), TimeLag(2, 3), TimeLag(0, 2))),
            "format jsplib: the precedence of 'j0.o0' and 'j1.o0' is not part of the chain of a job (write it as json)",
        ),
        (shop_problem(lags=(TimeLag(0, 1),)), "format jsplib: the tasks of job 'j1' form no chain (write it as json)"),
        (
            shop_problem(lags=(TimeLag(0, 1), TimeLag(2, 3), TimeLag(3, 2))),
            "format jsplib: the tasks of job 'j1' form no chain (write it as json)",
        ),
        (
            shop_problem(jobs=("j0", "j1", "idle")),
            "format jsplib: the tasks of job 'idle' form no chain (write it as json)",
        ),
        (
            shop_problem(resources=(Unary("m0"), Unary("m1"), Unary("m2"))),
            "format jsplib: job 'j0' does not visit every machine exactly once (write it as fjsplib or json)",
        ),
    ],
)
def test_other_problems_are_refused_with_the_reason(problem: Problem, text: str) -> None:
    assert refusal(lambda: job_shop_of(problem), InputError) == text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "f:1: no numbers, only comments or empty lines (check how the file was made)"),
        ("# only\n\n", "f:1: no numbers, only comments or empty lines (check how the file was made)"),
        ("2\n0 1\n", "f:1: 1 numbers in the first line (it must be: jobs machines)"),
        ("2 2 2\n", "f:1: 3 numbers in the first line (it must be: jobs machines)"),
        ("0 2\n", "f:1: 0 jobs (the number of jobs is 1 or more)"),
        ("2 0\n", "f:1: 0 machines (the number of machines is 1 or more)"),
        ("-1 2\n", "f:1: -1 jobs (the number of jobs is 1 or more)"),
        ("two 2\n", "f:1: 'two' is not a whole number (the format has whole numbers only)"),
        ("2 2.0\n", "f:1: '2.0' is not a whole number (the format has whole numbers only)"),
        (
            "2 2\n0 3 1 4\n",
            "f:2: the file ends after 1 jobs, line 1 says 2 (the file is cut off, or the number of jobs is wrong)",
        ),
        (
            "2 2\n0 3 1 4\n1 2 0\n",
            "f:3: job j1 has 3 numbers, expected 4: 2 pairs machine duration (complete the line, or correct the "
            "number of machines)",
        ),
        (
            "2 2\n0 3 1 4\n1 2 0 5 1\n",
            "f:3: job j1 has 5 numbers, expected 4: 2 pairs machine duration (complete the line, or correct the "
            "number of machines)",
        ),
        ("1 2\n0 3 1 4\n1 2 0 5\n", "f:3: a line after the last of 1 jobs (the number of jobs is wrong)"),
        (
            "1 2\n0 3 0 4\n",
            "f:2: job j0 visits machine 0 2 times (every job visits every machine once; use the fjsplib format for "
            "other shops)",
        ),
        ("1 2\n0 3 2 4\n", "f:2: machine 2 of job j0 does not exist (machines are numbered 0 to 1)"),
        (
            "1 2\n1 3 2 4\n",
            "f:2: machine 2 of job j0 does not exist (machines are numbered 0 to 1; in this file they seem to count "
            "from 1)",
        ),
        ("1 2\n-1 3 0 4\n", "f:2: machine -1 of job j0 does not exist (machines are numbered 0 to 1)"),
        ("1 2\n0 -3 1 4\n", "f:2: duration -3 of operation j0.o0 is negative (durations are 0 or more)"),
        ("1 2\n0 3.5 1 4\n", "f:2: '3.5' is not a whole number (the format has whole numbers only)"),
        ("1 2\n0 nan 1 4\n", "f:2: 'nan' is not a whole number (the format has whole numbers only)"),
        ("1 2\n0 1_0 1 4\n", "f:2: '1_0' is not a whole number (the format has whole numbers only)"),
        ("1 2\n0 ٣ 1 4\n", "f:2: '٣' is not a whole number (the format has whole numbers only)"),
        (
            "1 2\n0 4398046511105 1 4\n",
            "f:2: '4398046511105' is too large (numbers go up to 4398046511104; use a coarser unit)",
        ),
        (
            f"1 2\n0 {10**60} 1 4\n",
            "f:2: '1000000000000000000000000000000000000...' is too large (numbers go up to 4398046511104; use a "
            "coarser unit)",
        ),
    ],
)
def test_faults_are_refused_with_line_and_remedy(content: str, message: str) -> None:
    assert refusal(lambda: parse_jsplib(content, "f"), FormatError) == message
