"""What ``auto`` chooses, and that it says so."""

from __future__ import annotations

from schedcore.model import Demand, Mode, Objective, Problem, ProblemBuilder, Task, TimeLag, Unary
from schedcore.solvers import Status, solve
from schedcore.solvers.auto import LARGE, MANY, choose


def shop(jobs: int, machines: int) -> Problem:
    tasks, lags = [], []
    for j in range(jobs):
        for k in range(machines):
            tasks.append(Task(f"{j}.{k}", (Mode(1 + (3 * j + k) % 7, (Demand((j + k) % machines),)),), job=j))
            if k:
                lags.append(TimeLag(len(tasks) - 2, len(tasks) - 1))
    resources = tuple(Unary(f"m{k}") for k in range(machines))
    names = tuple(f"j{j}" for j in range(jobs))
    return Problem("shop", resources, tuple(tasks), names, tuple(lags), objective=Objective.minimise(makespan=1))


def test_small_problems_go_to_cpsat() -> None:
    result = solve(shop(3, 3), time_limit_s=20)
    assert result.status is Status.OPTIMAL
    assert result.solver == "cpsat"
    assert result.message == "auto chose cpsat: 9 tasks and every feature supported"


def test_large_job_shops_go_to_neighbourhood_search() -> None:
    assert choose(shop(31, 10)) == (
        "lns",
        f"a job shop of 310 tasks, more than the {MANY} that exact search handles well",
    )


def test_other_problems_of_many_tasks_too_unless_nothing_is_minimised() -> None:
    problem = shop(31, 10)
    other = problem.replace(objective=Objective.minimise(total_completion=1))
    assert choose(other)[0] == "lns"
    assert choose(problem.replace(objective=None))[0] == "cpsat"


def test_very_large_problems_go_to_list_scheduling() -> None:
    b = ProblemBuilder()
    r = b.renewable("r", 3)
    for i in range(LARGE + 1):
        b.task(f"t{i}", 1, demands={r: 1})
    b.minimise(makespan=1)
    assert choose(b.build())[0] == "sgs"


def test_cycles_go_to_cpsat() -> None:
    b = ProblemBuilder()
    b.task("a", 3, on=b.unary("m"))
    b.cycle(1, 9)
    b.minimise(period=1)
    result = solve(b.build())
    assert result.value == 3
    assert result.message == "auto chose cpsat: it handles cycles"


def test_message_of_the_chosen_solver_is_kept() -> None:
    b = ProblemBuilder()
    b.task("a", 3, deadline=2)
    result = solve(b.build())
    assert result.status is Status.INFEASIBLE
    assert result.message.startswith("auto chose cpsat: 1 tasks and every feature supported; task 'a' takes")
