"""Damaged files: whatever happens to a text, reading it gives a problem or an error of ours, with place and remedy."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies_core import random_case

from schedcore.errors import InputError
from schedcore.io import FORMATS, read_document, read_problem, read_problem_text, read_schedule, read_text
from schedcore.io.document import Document, document_to_dict
from schedcore.io.json_text import json_text
from schedcore.model import Problem, problem_to_dict, schedule_to_dict

SHOP = "3 3\n0 3 1 4 2 1\n1 2 0 5 2 0\n2 9 0 1 1 1\n"
FLEXIBLE = "2 3 1.5\n2 2 1 3 3 4 1 2 5\n1 1 2 7\n"
PROJECT = "4 2\n 5 3\n0 0 0 2 2 3\n4 2 0\n  1 4\n3 1 3 1 4\n0 0 0 0\n"
TAILLARD = "Nb of jobs, Nb of Machines, Time seed\n 2 2 8406\nTimes\n 3 1\n 2 4\nMachines\n 1 2\n 2 1\n"
MULTI = """jobs (incl. supersource/sink ):  3
RESOURCES
  - renewable                 :  1   R
  - nonrenewable              :  1   N
PROJECT INFORMATION:
pronr.  #jobs rel.date duedate tardcost  MPM-Time
    1      1      2        0        0        3
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          1           2
   2        2          1           3
   3        1          0
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  N 1
  1      1     0       0    0
  2      1     3       2    4
         2     5       1    0
  3      1     0       0    0
RESOURCEAVAILABILITIES:
  R 1  N 1
    5   10
"""
CASE = random_case(random.Random(7), 4)
NATIVE = json_text(problem_to_dict(CASE.problem))
DOCUMENT = json_text(document_to_dict(Document(CASE.problem, CASE.schedule, {"seed": 1})))
SCHEDULE = json_text(schedule_to_dict(CASE.schedule))

SOURCES = {
    "a.jsp": SHOP,
    "a.txt": SHOP,
    "b.fjs": FLEXIBLE,
    "b.txt": FLEXIBLE,
    "c.rcp": PROJECT,
    "c.txt": PROJECT,
    "d.txt": TAILLARD,
    "e.mm": MULTI,
    "e.txt": MULTI,
    "f.json": NATIVE,
    "g.json": DOCUMENT,
}

NUMBERS = ["-1", "0", "1", "99", "1.5", "1e3", "nan", "inf", "1_0", "\u0663", str(2**42 + 1), "9" * 5000]
WORDS = ["", " ", "\n", "\t", "\0", "\x85", "\u2028", "x", "\xe9", "null", "true", "Times", *'-+#*:,{}[]"']
pieces = st.sampled_from([*NUMBERS, *WORDS])


@st.composite
def damaged(draw: st.DrawFn, text: str) -> str:
    """``text`` cut off, or with some parts replaced, doubled, swapped or taken out."""
    if draw(st.integers(0, 3)) == 0:
        return text[: draw(st.integers(0, len(text)))]
    for _ in range(draw(st.integers(1, 3))):
        begin = draw(st.integers(0, len(text)))
        end = min(len(text), begin + draw(st.integers(0, 6)))
        if draw(st.integers(0, 3)) == 0:
            lines = text.split("\n")
            i, j = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
            lines[i], lines[j] = lines[j], lines[draw(st.sampled_from([i, j]))]
            text = "\n".join(lines)
        else:
            text = text[:begin] + draw(pieces) + text[end:]
    return text


def read_or_refuse(text: str, source: str, format_name: str | None = None) -> None:
    try:
        problem = read_problem_text(text, source, format_name)
    except InputError as error:
        fault = error
    else:
        assert isinstance(problem, Problem)
        return
    assert (fault.where or "").startswith((source, "format"))
    assert fault.what
    assert fault.remedy


@pytest.mark.parametrize("source", sorted(SOURCES))
@given(data=st.data())
def test_a_damaged_text_is_a_problem_or_refused(source: str, data: st.DataObject) -> None:
    read_or_refuse(data.draw(damaged(SOURCES[source])), source)


@pytest.mark.parametrize("format_name", sorted(FORMATS))
@given(text=st.text(alphabet='0123456789 \n-.#x{}[]":,', max_size=60))
def test_any_text_is_a_problem_or_refused_in_every_format(format_name: str, text: str) -> None:
    read_or_refuse(text, "any", format_name)


@given(content=st.binary(max_size=40))
def test_any_bytes_are_a_problem_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path: Path = tmp_path_factory.mktemp("fuzz") / "any"
    path.write_bytes(content)
    for read in (read_text, read_problem, read_schedule, read_document):
        try:
            read(path)
        except InputError as error:
            fault = error
        else:
            continue
        assert (fault.where or "").startswith(str(path))
        assert fault.remedy


@given(data=st.data(), which=st.sampled_from([SCHEDULE, DOCUMENT]))
def test_damaged_schedules_and_documents_are_refused(
    data: st.DataObject, which: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path: Path = tmp_path_factory.mktemp("fuzz") / "a.json"
    path.write_text(data.draw(damaged(which)), encoding="utf-8")
    for read in (read_schedule, read_document):
        try:
            read(path)
        except InputError as error:
            fault = error
        else:
            continue
        assert (fault.where or "").startswith(str(path))
        assert fault.remedy


@pytest.mark.parametrize("source", sorted(SOURCES))
def test_every_proper_beginning_of_a_file_is_refused_or_a_problem(source: str) -> None:
    """Truncation anywhere; only the last number of a text may lose digits without anyone knowing."""
    text = SOURCES[source].rstrip()
    for cut in range(0, len(text), 1 + len(text) // 150):
        read_or_refuse(text[:cut], source)
    assert read_problem_text(text, source)
