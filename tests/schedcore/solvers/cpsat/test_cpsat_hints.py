"""Hints: every variable gets a value, the values are consistent, and they say what the metrics say."""

from __future__ import annotations

import pytest
from support.small_problems import KINDS, small_problem

from schedcore.metrics import objective_values
from schedcore.model import Problem, ProblemBuilder, Schedule
from schedcore.solvers import Status, solve
from schedcore.solvers.cpsat import CpsatModel, CpsatSolver, Infeasible, build_model
from schedcore.solvers.protocol import Limits


def solved(kind: str, seed: int) -> tuple[Problem, Schedule] | None:
    """A generated problem and an optimal schedule of it, if it has one."""
    problem = small_problem(kind, seed)
    result = CpsatSolver().solve(problem, limits=Limits(time_limit_s=30))
    return None if result.schedule is None else (problem, result.schedule)


def stage_values(model: CpsatModel, values: list[int]) -> list[int]:
    """The stages of the objective as CP-SAT would evaluate them at ``values``."""
    found = []
    for stage in model.stages:
        model.model.minimize(stage)
        objective = model.model.proto.objective
        pairs = zip(objective.vars, objective.coeffs, strict=True)
        found.append(int(objective.offset) + sum(values[v] * c for v, c in pairs))
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_hint_names_every_variable_and_is_feasible(kind: str) -> None:
    from ortools.sat.python import cp_model

    seen = 0
    for seed in range(20):
        pair = solved(kind, seed)
        if pair is None:
            continue
        problem, schedule = pair
        model = build_model(problem, at_least=schedule.makespan)
        assert model.hint(schedule, feasible=True) == model.num_variables
        hint = model.model.proto.solution_hint
        assert list(hint.vars) == list(range(model.num_variables))
        solver = cp_model.CpSolver()
        solver.parameters.fix_variables_to_their_hinted_value = True
        solver.parameters.num_workers = 1
        solver.parameters.catch_sigint_signal = False  # else it takes SIGINT away from Python for good
        assert solver.solve(model.model) in (cp_model.OPTIMAL, cp_model.FEASIBLE), f"{kind} {seed}"
        seen += 1
    assert seen >= 5


@pytest.mark.parametrize("kind", KINDS)
def test_objective_expressions_equal_the_metrics(kind: str) -> None:
    for seed in range(20):
        pair = solved(kind, seed)
        if pair is None or not pair[0].objective:
            continue
        problem, schedule = pair
        model = build_model(problem, at_least=schedule.makespan)
        values = model.build.hint_values(schedule)
        assert tuple(stage_values(model, values)) == objective_values(problem, schedule), f"{kind} {seed}"


def test_schedule_of_the_hinted_values_is_the_hint() -> None:
    for kind in KINDS:
        pair = solved(kind, 3)
        if pair is not None:
            problem, schedule = pair
            model = build_model(problem, at_least=schedule.makespan)
            assert model.schedule(model.build.hint_values(schedule)) == schedule


def two_tasks() -> Problem:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 3, on=m)
    b.task("b", modes=[b.mode(4, on=m), b.mode(6)])
    b.task("c", 2, optional=True)
    b.minimise(makespan=1)
    return b.build()


def test_feasible_hint_is_the_first_solution() -> None:
    problem = two_tasks()
    hint = Schedule([(0, 0, 40, 43), (1, 1, 0, 6)])
    seen = []
    result = solve(problem, "cpsat", hint=hint, on_solution=lambda i: seen.append(i.schedule))
    assert seen[0] == hint
    assert (result.status, result.value) == (Status.OPTIMAL, 6)


def test_infeasible_hint_guides_with_what_it_places() -> None:
    problem = two_tasks()
    model = build_model(problem)
    # Start of a; start, mode literal of b (two modes share one variable): task 7 and mode 9 do not exist.
    broken = Schedule([(0, 0, 5, 9), (1, 1, 5, 11), (2, 9, 0, 2), (7, 0, 0, 1)])
    assert model.hint(broken, feasible=False) == 3
    assert solve(problem, "cpsat", hint=broken).value == 6


def test_partial_hint_of_presence_and_period() -> None:
    b = ProblemBuilder()
    b.task("a", 3, on=b.unary("m"), optional=True)
    b.cycle(4, 9)
    b.minimise(period=1)
    problem = b.build()
    hint = Schedule([(0, 0, 1, 4)], cycle=99)  # 99 is outside the range
    assert build_model(problem).hint(hint, feasible=False) == 3  # start and presence of a, the period
    assert solve(problem, "cpsat", hint=hint).value == 4


def test_impossible_optional_task_is_absent() -> None:
    b = ProblemBuilder()
    b.task("a", 3)
    b.task("b", 5, release=4, deadline=8, optional=True, reward=9)
    b.minimise(makespan=1, reward=-1)
    problem = b.build()
    result = solve(problem, "cpsat")
    assert (result.status, result.value) == (Status.OPTIMAL, 3)
    model = build_model(problem)
    assert result.schedule is not None
    assert model.hint(result.schedule, feasible=True) == model.num_variables


def test_task_without_room_makes_the_problem_infeasible_in_words() -> None:
    b = ProblemBuilder()
    b.task("late", 5, release=4, deadline=8)
    problem = b.build()
    result = solve(problem, "cpsat")
    assert result.status is Status.INFEASIBLE
    assert "'late' takes at least 5 ticks and cannot run between its release 4 and its latest end 8" in result.message
    with pytest.raises(Infeasible):
        build_model(problem)
