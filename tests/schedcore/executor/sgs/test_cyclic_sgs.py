"""Iterative modulo scheduling."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from strategies_core import FEATURES, cases, random_case

from schedcore.check import check
from schedcore.errors import NoScheduleError
from schedcore.executor.sgs import cyclic_sgs, serial_sgs
from schedcore.model import ProblemBuilder
from schedcore.solvers import Limits, Status
from schedcore.solvers.exhaustive import ExhaustiveSolver


def test_work_of_several_rounds_overlaps() -> None:
    b = ProblemBuilder()
    x, y = b.unary("x"), b.unary("y")
    b.chain(b.task("a", 3, on=x), b.task("b", 3, on=y))
    b.cycle(1, 20)
    schedule = cyclic_sgs(b.build())
    # One round takes 6 ticks, but x and y are busy for 3 only.
    assert schedule.cycle == 3
    assert schedule.of(1) == (1, 0, 3, 6)


def test_a_recurrence_bounds_the_period() -> None:
    b = ProblemBuilder()
    a, c = b.task("a", 2), b.task("c", 3)
    b.precedence(a, c)
    b.precedence(c, a, iterations=1)
    b.cycle(1, 20)
    assert cyclic_sgs(b.build()).cycle == 5
    b.precedence(c, a, iterations=2)
    assert cyclic_sgs(b.build()).cycle == 5


def test_a_task_longer_than_the_period_counts_several_times() -> None:
    b = ProblemBuilder()
    crew = b.renewable("crew", 3)
    b.task("long", 7, demands={crew: 1})
    b.cycle(1, 20)
    # Three rounds may be under way: 7 / 3 rounded up.
    assert cyclic_sgs(b.build()).cycle == 3


def test_reservoirs_balance_over_a_round() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    pages = b.reservoir("pages", initial=2, maximum=2)
    for name in "ab":
        b.task(name, 4, on=x if name == "a" else (), effects=[b.effect(pages, -1, at="start"), b.effect(pages, 1)])
    b.cycle(1, 20)
    problem = b.build()
    schedule = cyclic_sgs(problem)
    assert check(problem, schedule).ok
    assert schedule.cycle == 4


def test_serial_sgs_takes_cyclic_problems() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("a", 2, on=x)
    b.task("b", 2, on=x)
    b.cycle(4)
    problem = b.build()
    assert check(problem, serial_sgs(problem, "spt")).ok


def test_failures_say_why() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("a", 5, on=x)
    b.cycle(1, 4)
    with pytest.raises(NoScheduleError, match="between 1 and 4: the resources alone need a period of 5"):
        cyclic_sgs(b.build())
    b = ProblemBuilder()
    a, c = b.task("a", 5), b.task("c", 1)
    b.precedence(a, c)
    b.precedence(c, a, iterations=1)
    b.cycle(1, 4)
    with pytest.raises(NoScheduleError, match="the lags contradict each other at a period of 4"):
        cyclic_sgs(b.build())


def test_should_stop_ends_the_search() -> None:
    b = ProblemBuilder()
    b.task("a", 5)
    b.cycle(1, 9)
    with pytest.raises(NoScheduleError):
        cyclic_sgs(b.build(), should_stop=lambda: True)


FOLDED = [f for f in FEATURES if f not in ("setup", "calendar")]


@given(cases(features=FOLDED, cyclic=True, max_tasks=8))
def test_cyclic_schedules_pass_the_checker(case: tuple) -> None:  # type: ignore[type-arg]
    problem = case[0]
    try:
        schedule = cyclic_sgs(problem)
    except NoScheduleError:
        return
    assert check(problem, schedule).ok


def test_no_period_below_the_optimum_is_found() -> None:
    solved = 0
    for seed in range(30):
        features = ("unary", "renewable", "min_lag", "multi_mode")
        problem = random_case(random.Random(seed), 4, features, cyclic=True).problem
        problem = problem.replace(horizon=14 if problem.horizon is None else min(14, problem.horizon))
        best = ExhaustiveSolver().solve(problem, limits=Limits(time_limit_s=3))
        try:
            found = cyclic_sgs(problem)
        except NoScheduleError:
            continue
        assert best.status is not Status.INFEASIBLE
        solved += 1
        if best.schedule is not None and problem.objective is not None and best.status is Status.OPTIMAL:
            assert found.cycle is not None
            if problem.objective.stages[0] == (("period", 1),):
                assert found.cycle >= best.objective[0]
    assert solved >= 20
