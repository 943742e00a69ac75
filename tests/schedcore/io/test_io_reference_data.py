"""The benchmark files of the field: all are read, and what is written is read again as the same problem."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from schedcore.io import read_problem, write_problem
from schedcore.model import Problem


def survives(problem: Problem, folder: Path, name: str, format: str | None = None) -> None:
    write_problem(problem, folder / name, format)
    again = read_problem(folder / name, name=problem.name)
    assert again == problem


def test_job_shops(shared_data: Path, tmp_path: Path) -> None:
    with open(shared_data / "jssp" / "best_known.csv", newline="") as file:
        sizes = {row["instance"]: (int(row["jobs"]), int(row["machines"])) for row in csv.DictReader(file)}
    files = sorted((shared_data / "jssp" / "instances").glob("*.txt"))
    assert len(files) == 242
    for path in files:
        problem = read_problem(path)
        jobs, machines = sizes[path.stem]
        assert (len(problem.jobs), len(problem.resources), len(problem.tasks)) == (jobs, machines, jobs * machines)
        assert problem.name == path.stem
        assert problem.features() == {"unary", "precedence", "objective:makespan"}
        survives(problem, tmp_path, "again.txt", "jsplib")


def test_a_job_shop_survives_every_format_that_can_say_it(shared_data: Path, tmp_path: Path) -> None:
    problem = read_problem(shared_data / "jssp" / "instances" / "ft06.txt")
    for name in ("again.json", "again.jsp", "again.fjs"):
        survives(problem, tmp_path, name)


def test_flexible_job_shops(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "fjsp").glob("*.txt"))
    assert len(files) == 15
    for path in files:
        problem = read_problem(path)
        assert "multi_mode" in problem.features()
        survives(problem, tmp_path, "again.fjs")
    mk01 = read_problem(shared_data / "fjsp" / "mk01.txt")
    assert (len(mk01.jobs), len(mk01.resources), len(mk01.tasks)) == (10, 6, 55)


def test_projects(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "rcpsp").glob("*.rcp"))
    assert len(files) == 48
    for path in files:
        problem = read_problem(path)
        assert (len(problem.tasks), len(problem.resources)) == (32, 4)
        survives(problem, tmp_path, "again.rcp")
        survives(problem, tmp_path, "again.sm")


@pytest.mark.parametrize("name", ["ft06", "ta01"])
def test_the_content_tells_the_format_without_an_ending(shared_data: Path, tmp_path: Path, name: str) -> None:
    text = (shared_data / "jssp" / "instances" / f"{name}.txt").read_text()
    (tmp_path / name).write_text(text)
    assert read_problem(tmp_path / name) == read_problem(tmp_path / name, format="jsplib")
