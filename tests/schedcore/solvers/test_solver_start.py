"""The first schedule of solvers that improve one."""

from __future__ import annotations

from schedcore.check import check
from schedcore.metrics import objective_values
from schedcore.model import Problem, ProblemBuilder
from schedcore.solvers import solve
from schedcore.solvers.start import RULES, SMALLEST, best_list_schedule


def line(count: int, *, deadline: int | None = None) -> Problem:
    b = ProblemBuilder()
    m = b.unary("m")
    for i in range(count):
        b.task(f"t{i}", 1 + i % 5, on=m, due=3 * i, weight=1 + i % 3, deadline=deadline)
    b.minimise(weighted_tardiness=1)
    return b.build()


def test_it_is_the_best_of_the_rules() -> None:
    problem = line(40)
    schedule = best_list_schedule(problem, smallest=2)
    assert schedule is not None
    assert check(problem, schedule).ok
    values = [solve(problem, rule).objective for rule in RULES]
    assert objective_values(problem, schedule) == min(values)


def test_small_problems_are_left_to_the_solver() -> None:
    assert best_list_schedule(line(SMALLEST - 1)) is None
    assert best_list_schedule(line(SMALLEST)) is not None


def test_dead_ends_and_refused_features_give_nothing() -> None:
    assert best_list_schedule(line(30, deadline=20), smallest=2) is None
    b = ProblemBuilder()
    b.task("a", 3, on=b.unary("m"))
    b.cycle(3, 9)
    b.minimise(period=1)
    assert best_list_schedule(b.build(), smallest=0) is None


def test_no_time_gives_nothing() -> None:
    assert best_list_schedule(line(200), budget_s=0.0) is None
