"""List scheduling as solvers: limits, determinism, bounds, never better than the optimum."""

from __future__ import annotations

import random

import pytest
from strategies_core import FEATURES, random_case

from schedcore.check import check
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.executor.sgs import parallel_sgs, serial_sgs
from schedcore.metrics import objective_values
from schedcore.model import Cycle, Objective, Problem, ProblemBuilder
from schedcore.policies import RULES
from schedcore.solvers import Limits, Solver, Status
from schedcore.solvers.exhaustive import ExhaustiveSolver
from schedcore.solvers.sgs import ParallelSGSSolver, SgsParameters, SGSSolver, lower_bound


def shop(seed: int, jobs: int = 6, machines: int = 3) -> Problem:
    rng = random.Random(seed)
    b = ProblemBuilder(f"shop {seed}")
    resources = [b.unary(f"m{k}") for k in range(machines)]
    for j in range(jobs):
        b.chain(
            *(b.task(f"{j}.{m}", rng.randint(1, 20), on=resources[m]) for m in rng.sample(range(machines), machines))
        )
    b.minimise(makespan=1)
    return b.build()


SHORT = SgsParameters(max_passes=60)
SOLVERS = [SGSSolver(SHORT), ParallelSGSSolver(SHORT)]


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_a_feasible_schedule_with_trace_and_value_is_returned(solver: Solver) -> None:
    problem, told = shop(1), []
    assert isinstance(solver, Solver)
    result = solver.solve(problem, limits=Limits(), seed=1, on_solution=told.append)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert result.objective == objective_values(problem, result.schedule)
    assert result.bound is not None
    assert result.bound <= result.objective[0]
    values = [i.objective[0] for i in told]
    assert values == sorted(values, reverse=True)
    assert [v for _, v, _ in result.trace] == values


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_equal_seeds_give_equal_schedules(solver: Solver) -> None:
    problem = shop(2, jobs=8)
    a, b, c = (solver.solve(problem, limits=Limits(), seed=s) for s in (5, 5, 6))
    assert a.schedule == b.schedule
    assert c.seed == 6


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_a_deterministic_limit_counts_placements(solver: Solver) -> None:
    problem = shop(3)  # 18 tasks: 0.0001 units are 100 placements, 5 passes
    told: list[object] = []
    limited = solver.solve(problem, limits=Limits(deterministic_limit=0.0001), on_solution=told.append)
    assert limited.schedule is not None
    assert len(told) <= 5


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_should_stop_returns_the_incumbent(solver: Solver) -> None:
    result = solver.solve(shop(4), limits=Limits(), should_stop=lambda: True)
    assert result.status is Status.FEASIBLE


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_a_feasible_hint_is_where_it_starts(solver: Solver) -> None:
    problem = shop(5)
    best = SGSSolver(SgsParameters(max_passes=2000)).solve(problem, limits=Limits()).schedule
    result = solver.solve(problem, limits=Limits(), hint=best, should_stop=lambda: True)
    assert best is not None
    assert result.objective[0] <= best.makespan


@pytest.mark.parametrize("solver", SOLVERS, ids=lambda s: s.name)
def test_without_a_schedule_the_reason_is_given(solver: Solver) -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("a", 3, on=x, deadline=3)
    b.task("b", 3, on=x, deadline=3)
    result = solver.solve(b.build(), limits=Limits())
    assert result.status is Status.UNKNOWN
    assert "'a'" in result.message or "'b'" in result.message


def test_a_proven_bound_ends_the_search() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    b.task("a", 3, on=x)
    b.task("b", 4, on=x)
    b.minimise(makespan=1)
    result = SGSSolver().solve(b.build(), limits=Limits())
    assert (result.status, result.objective, result.bound) == (Status.OPTIMAL, (7,), 7.0)


def test_without_objective_any_schedule_will_do() -> None:
    b = ProblemBuilder()
    b.task("a", 3)
    result = SGSSolver().solve(b.build(), limits=Limits())
    assert (result.status, result.objective) == (Status.OPTIMAL, ())


def test_cyclic_problems_go_through_modulo_scheduling() -> None:
    b = ProblemBuilder()
    x, y = b.unary("x"), b.unary("y")
    b.chain(b.task("a", 3, on=x), b.task("b", 3, on=y))
    b.cycle(1, 20)
    b.minimise(period=1)
    result = SGSSolver(SHORT).solve(b.build(), limits=Limits())
    assert result.objective == (3,)
    with pytest.raises(UnsupportedFeatureError, match="parallel-sgs does not support: cyclic"):
        ParallelSGSSolver().solve(Problem(cycle=Cycle(2, 2)), limits=Limits())


def test_parameters_are_checked() -> None:
    for bad, words in (({"max_passes": 0}, "max_passes"), ({"noise": 0.0}, "noise"), ({"patience": 0}, "patience")):
        with pytest.raises(InputError, match=words):
            SgsParameters(**bad)  # type: ignore[arg-type]


def test_the_bound_counts_heads_loads_and_tails() -> None:
    b = ProblemBuilder()
    x = b.unary("x")
    first = b.task("first", 2, release=1)
    for name, length in (("a", 3), ("b", 4)):
        task = b.task(name, length, on=x)
        b.precedence(first, task)
        b.precedence(task, b.task(f"after {name}", 5))
    b.minimise(makespan=1)
    # x begins at 3 at the earliest, works for 7, and 5 ticks follow whatever comes last.
    assert lower_bound(b.build()) == 15
    assert lower_bound(b.build().replace(objective=None)) is None


SMALL = ("unary", "renewable", "setup", "calendar", "reservoir", "multi_mode", "min_lag", "max_lag", "hold", "optional")


@pytest.mark.parametrize("features", [SMALL[:2], SMALL, FEATURES])
def test_no_heuristic_beats_exhaustive_search(features: tuple[str, ...]) -> None:
    compared = 0
    for seed in range(12):
        problem = random_case(random.Random(seed), 4, features).problem
        horizon = 12 if problem.horizon is None else min(12, problem.horizon)
        problem = problem.replace(horizon=horizon, objective=Objective.minimise(makespan=1))
        best = ExhaustiveSolver().solve(problem, limits=Limits(time_limit_s=1.0))
        if best.status not in (Status.OPTIMAL, Status.INFEASIBLE):
            continue
        for method in (serial_sgs, parallel_sgs):
            for rule in RULES:
                found = _value(problem, method, rule)
                if found is not None:
                    assert best.status is Status.OPTIMAL
                    assert found >= best.objective[0]
                    compared += 1
    assert compared >= 20


def _value(problem: Problem, method: object, rule: str) -> int | None:
    from schedcore.errors import NoScheduleError

    try:
        schedule = method(problem, rule, max_repairs=20)  # type: ignore[operator]
    except NoScheduleError:
        return None
    assert check(problem, schedule).ok
    return objective_values(problem, schedule)[0]
