"""CP-SAT on plain job shops: golden optima, the size of the model, the time to build it."""

from __future__ import annotations

import random
import time
from pathlib import Path

from schedcore.check import check
from schedcore.model import Demand, Mode, Objective, Problem, Schedule, Task, TimeLag, Unary
from schedcore.solvers import Limits, Status, solve
from schedcore.solvers.cpsat import CpsatSolver, build_model
from schedcore.solvers.start import best_list_schedule

# Fisher and Thompson 1963, 6 x 6: machine and duration per operation; optimal makespan 55.
FT06 = (
    "2 1 0 3 1 6 3 7 5 3 4 6",
    "1 8 2 5 4 10 5 10 0 10 3 4",
    "2 5 3 4 5 8 0 9 1 1 4 7",
    "1 5 0 5 2 5 3 3 4 8 5 9",
    "2 9 1 3 4 5 5 4 0 3 3 1",
    "1 3 3 3 5 9 0 10 4 4 2 1",
)


def job_shop(rows: list[list[tuple[int, int]]]) -> Problem:
    """A job shop from (machine, duration) pairs."""
    tasks, lags = [], []
    for j, row in enumerate(rows):
        for k, (machine, duration) in enumerate(row):
            tasks.append(Task(f"{j}.{k}", (Mode(duration, (Demand(machine),)),), job=j))
            if k:
                lags.append(TimeLag(len(tasks) - 2, len(tasks) - 1))
    machines = 1 + max(m for row in rows for m, _ in row)
    return Problem(
        "job shop",
        tuple(Unary(f"m{m}") for m in range(machines)),
        tuple(tasks),
        tuple(f"j{j}" for j in range(len(rows))),
        tuple(lags),
        objective=Objective.minimise(makespan=1),
    )


def parse(lines: tuple[str, ...]) -> Problem:
    numbers = [list(map(int, line.split())) for line in lines]
    return job_shop([list(zip(row[::2], row[1::2], strict=True)) for row in numbers])


def random_shop(jobs: int, machines: int) -> Problem:
    rng = random.Random(1)
    return job_shop([[(m, rng.randint(1, 99)) for m in rng.sample(range(machines), machines)] for _ in range(jobs)])


def test_ft06_is_solved_to_55() -> None:
    problem = parse(FT06)
    result = solve(problem, "cpsat", time_limit_s=30)
    assert (result.status, result.value, result.bound, result.gap) == (Status.OPTIMAL, 55, 55.0, 0.0)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert result.schedule.makespan == 55
    assert result.trace[-1][1] == 55
    assert [value for _, value, _ in result.trace] == sorted({v for _, v, _ in result.trace}, reverse=True)


def test_la01_is_solved_to_666(shared_data: Path) -> None:
    text = (shared_data / "jssp" / "instances" / "la01.txt").read_text()
    result = solve(parse(tuple(text.splitlines()[1:11])), "cpsat", time_limit_s=30)
    assert (result.status, result.value) == (Status.OPTIMAL, 666)


def test_model_of_a_job_shop_is_lean() -> None:
    # One start per task and the makespan.  An interval per task, a no-overlap per machine, a precedence per
    # pair, a bound on the makespan per job: 225 + 15 + 210 + 15.  A hand-written model with one maximum
    # instead of the last has 226 variables and 451 constraints; at most 1.2 times that is allowed.
    model = build_model(random_shop(15, 15))
    assert (model.num_variables, model.num_constraints) == (226, 465)
    assert model.num_constraints <= 1.2 * 451


def test_model_of_2000_tasks_is_built_quickly() -> None:
    problem = random_shop(100, 20)
    build_model(random_shop(3, 3))  # imports
    best = min(_seconds(problem.replace(name=f"copy {i}")) for i in range(5))
    assert best < 0.25  # the benchmark has the bar of 50 ms; this is for gross mistakes on a busy machine


def _seconds(problem: Problem) -> float:
    began = time.perf_counter()
    build_model(problem)
    return time.perf_counter() - began


def test_warm_start_is_left_out_on_plain_job_shops_only() -> None:
    problem = random_shop(6, 5)
    late = problem.replace(objective=Objective.minimise(total_completion=1))
    quick = best_list_schedule(late)
    assert quick is not None
    seen: list[Schedule] = []
    solve(late, "cpsat", time_limit_s=10, on_solution=lambda i: seen.append(i.schedule), should_stop=lambda: bool(seen))
    assert seen[0] == quick
    for warm_start, expected in ((None, False), (False, False), (True, True)):
        seen.clear()
        CpsatSolver(warm_start=warm_start).solve(
            problem, limits=Limits(10), seed=3, on_solution=lambda i: seen.append(i.schedule)
        )
        assert (seen[0] == best_list_schedule(problem)) is expected
