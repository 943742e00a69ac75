"""Small files for tests of the command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from schedcore.io import Document, write_document, write_problem, write_schedule
from schedcore.model import Problem, ProblemBuilder, Schedule

# Two jobs on two machines; its optimum is 7 (a: 3 then 2, b: 2 then 4 against the other order).
SMALL_SHOP = "2 2\n0 3 1 2\n1 4 0 2\n"


def small_problem(**changes: Any) -> Problem:
    """Two jobs, two machines: ``a`` takes 3 on m0 then 2 on m1, ``b`` takes 4 on m1 then 2 on m0; optimum 6."""
    builder = ProblemBuilder("small")
    m0, m1 = builder.unary("m0"), builder.unary("m1")
    for name, first, then in (("a", (3, m0), (2, m1)), ("b", (4, m1), (2, m0))):
        job = builder.job(name)
        builder.chain(
            builder.task(f"{name}0", first[0], on=first[1], job=job),
            builder.task(f"{name}1", then[0], on=then[1], job=job),
        )
    builder.minimise(makespan=1)
    return builder.build().replace(**changes)


# Tasks a0, a1, b0, b1.
GOOD = Schedule([(0, 0, 0, 3), (1, 0, 4, 6), (2, 0, 0, 4), (3, 0, 4, 6)])
# b1 starts while a0 runs and before b0 ends.
BAD = Schedule([(0, 0, 0, 3), (1, 0, 4, 6), (2, 0, 0, 4), (3, 0, 2, 4)])


def document_file(folder: Path, schedule: Schedule | None = GOOD, name: str = "small.json", **result: Any) -> Path:
    """A document of the small problem."""
    path = folder / name
    write_document(Document(small_problem(), schedule, result), path)
    return path


def problem_file(folder: Path, name: str = "problem.json", **changes: Any) -> Path:
    """A file with the small problem alone."""
    path = folder / name
    write_problem(small_problem(**changes), path)
    return path


def schedule_file(folder: Path, schedule: Schedule = GOOD, name: str = "schedule.json") -> Path:
    """A file with a schedule of the small problem alone."""
    path = folder / name
    write_schedule(schedule, path, small_problem())
    return path


def infeasible_file(folder: Path) -> Path:
    """Three tasks of length 4 on one machine within 10 ticks."""
    builder = ProblemBuilder("tight")
    machine = builder.unary("m")
    for i in range(3):
        builder.task(f"t{i}", 4, on=machine, deadline=10)
    builder.minimise(makespan=1)
    path = folder / "tight.json"
    write_problem(builder.build(), path)
    return path


def edited(path: Path, **changes: Any) -> Path:
    """The JSON file with some keys of its top changed."""
    data = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(data), encoding="utf-8")
    return path
