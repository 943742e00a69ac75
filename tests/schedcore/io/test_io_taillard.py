"""Taillard's own layout of job shops."""

from __future__ import annotations

import pytest
from support.refusals import refusal

from schedcore.errors import FormatError
from schedcore.io import (
    parse_jsplib,
    parse_taillard,
    read_problem_text,
)

ONE = """Nb of jobs, Nb of Machines, Time seed, Machine seed, Upper bound, Lower bound :
           2            3   840612802   398197754      17      15
Times
 3 1 0
 2 4 9
Machines
 1 3 2
 3 2 1
"""


def test_an_example_by_hand() -> None:
    (instance,) = parse_taillard(ONE)
    assert instance.shop == parse_jsplib("2 3\n0 3 2 1 1 0\n2 2 1 4 0 9\n")
    assert instance.header == {
        "time_seed": 840612802,
        "machine_seed": 398197754,
        "upper_bound": 17,
        "lower_bound": 15,
    }


def test_the_header_becomes_metadata() -> None:
    problem = read_problem_text(ONE, "ta.txt")
    assert problem.name == "ta"
    assert problem.meta["upper_bound"] == 17
    assert problem.replace(metadata=()) == read_problem_text("2 3\n0 3 2 1 1 0\n2 2 1 4 0 9\n", "ta.txt")


def test_a_short_header_and_any_case_of_the_titles_will_do() -> None:
    (instance,) = parse_taillard("1 2\nTIMES\n4 5\nmachines\n2 1\n")
    assert (instance.shop.machines.tolist(), instance.header) == ([[1, 0]], {})


def test_a_file_with_several_instances_gives_them_all_and_no_problem() -> None:
    both = parse_taillard(ONE + "\n" + ONE.replace("840612802", "5"))
    assert [i.header["time_seed"] for i in both] == [840612802, 5]
    text = refusal(lambda: read_problem_text(ONE + ONE, "ta.txt"), FormatError)
    assert text == (
        "ta.txt: the file holds 2 instances (split it, or choose one in Python with schedcore.io.parse_taillard)"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "f:1: no line with the numbers of jobs and machines (the file is cut off or of another format)"),
        (
            "Nb of jobs\n",
            "f:1: no line with the numbers of jobs and machines (the file is cut off or of another format)",
        ),
        (
            "2\nTimes\n",
            "f:1: 1 numbers in the header (it must be: jobs machines time_seed machine_seed upper_bound lower_bound)",
        ),
        (
            "2 2 1 1 1 1 1\nTimes\n",
            "f:1: 7 numbers in the header (it must be: jobs machines time_seed machine_seed upper_bound lower_bound)",
        ),
        ("0 2\nTimes\n", "f:1: 0 jobs (the number of jobs is 1 or more)"),
        ("2 2\n", "f:1: the file ends where the title 'Times' is expected (a matrix has one row per job)"),
        (
            "2 2\nMachines\n",
            "f:2: 'Machines' stands where the title 'Times' is expected (a matrix has one row per job)",
        ),
        ("2 2\nTimes\n1 2\n", "f:3: the file ends after 1 of 2 rows of Times (the file is cut off)"),
        ("2 2\nTimes\n1 2\n3 4 5\n", "f:4: row 1 of Times has 3 numbers, expected 2 (one per machine)"),
        (
            "2 2\nTimes\n1 2\n3 4\n",
            "f:4: the file ends where the title 'Machines' is expected (a matrix has one row per job)",
        ),
        (
            "2 2\nTimes\n1 2\n3 -4\nMachines\n1 2\n2 1\n",
            "f:4: duration -4 of operation j1.o1 is negative (durations are 0 or more)",
        ),
        (
            "2 2\nTimes\n1 2\n3 4\nMachines\n1 2\n",
            "f:6: the file ends after 1 of 2 rows of Machines (the file is cut off)",
        ),
        (
            "2 2\nTimes\n1 2\n3 4\nMachines\n1 2\n1 1\n",
            "f:7: the machines of job j1 are no permutation (every job visits each of the machines 1 to 2 once)",
        ),
        (
            "2 2\nTimes\n1 2\n3 4\nMachines\n0 1\n1 0\n",
            "f:6: the machines of job j0 are no permutation (every job visits each of the machines 1 to 2 once)",
        ),
        ("2 2\nTimes\n1 2\n3 x\n", "f:4: 'x' is not a whole number (the format has whole numbers only)"),
    ],
)
def test_faults_are_refused_with_line_and_remedy(content: str, message: str) -> None:
    assert refusal(lambda: parse_taillard(content, "f"), FormatError) == message
