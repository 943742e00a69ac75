"""Policies as solvers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_core import Case, cases
from support.refusals import refusal
from support.small_problems import KINDS, small_problem

from schedcore.check import check
from schedcore.errors import InputError, UnknownNameError, UnsupportedFeatureError
from schedcore.executor import execute
from schedcore.metrics import objective_values
from schedcore.model import Problem, ProblemBuilder
from schedcore.policies import PriorityPolicy, get_policy
from schedcore.solvers import Limits, Solver, Status
from schedcore.solvers.exhaustive import ExhaustiveSolver
from schedcore.solvers.policy import PolicySolver
from schedcore.solvers.protocol import Incumbent

LIMITS = Limits(time_limit_s=5)


def one_machine(objective: bool = True) -> Problem:
    b = ProblemBuilder("one machine")
    m = b.unary("m")
    for i, length in enumerate((3, 1, 2)):
        b.task(f"t{i}", length, on=m)
    if objective:
        b.lexicographic({"total_completion": 1}, {"makespan": 1})
    return b.build()


@settings(max_examples=20)
@given(case=cases(objective=True), seed=st.integers(0, 9))
@pytest.mark.parametrize("name", ["spt", "random", "atc", "packer"])
def test_feasible_or_none(name: str, case: Case, seed: int) -> None:
    result = PolicySolver(name).solve(case.problem, limits=LIMITS, seed=seed)
    assert (result.solver, result.seed, result.bound) == (name, seed, None)
    if result.schedule is None:
        assert (result.status, result.objective, result.trace) == (Status.UNKNOWN, (), ())
        assert result.message
    else:
        assert check(case.problem, result.schedule).ok
        assert result.objective == objective_values(case.problem, result.schedule)


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "cyclic"])
def test_never_better_than_the_optimum(kind: str) -> None:
    for seed in range(200, 206):
        problem = small_problem(kind, seed)
        best = ExhaustiveSolver().solve(problem, limits=Limits(time_limit_s=1))
        for name in ("cp", "packer"):
            result = PolicySolver(name).solve(problem, limits=LIMITS)
            if result.schedule is not None and best.status in (Status.OPTIMAL, Status.INFEASIBLE):
                assert best.status is Status.OPTIMAL, f"{kind} {seed}: there is no schedule"
                assert result.objective >= best.objective, f"{kind} {seed}"


def test_by_hand() -> None:
    seen: list[Incumbent] = []
    result = PolicySolver("spt").solve(one_machine(), limits=LIMITS, on_solution=seen.append)
    # 1, then 1 + 2, then 1 + 2 + 3
    assert (result.status, result.objective, result.value) == (Status.FEASIBLE, (10, 6), 10)
    assert [(i.schedule, i.objective) for i in seen] == [(result.schedule, (10, 6))]
    assert [t[1:] for t in result.trace] == [(10.0, None)]


def test_without_objective_feasible_is_optimal() -> None:
    result = PolicySolver("spt").solve(one_machine(objective=False), limits=LIMITS)
    assert (result.status, result.objective, result.trace) == (Status.OPTIMAL, (), ())


def test_it_is_the_policy_on_the_executor() -> None:
    problem = one_machine()
    for seed in range(3):
        solved = PolicySolver("random").solve(problem, limits=LIMITS, seed=seed).schedule
        assert solved == execute(problem, get_policy("random"), seed)


def test_policies_as_objects_and_with_parameters() -> None:
    policy = PriorityPolicy("lpt")
    solver = PolicySolver(policy)
    assert isinstance(solver, Solver)
    assert solver.policy is policy
    assert (solver.name, solver.features) == ("lpt", policy.features)
    result = PolicySolver("packer", breadth=2).solve(one_machine(), limits=LIMITS)
    assert result.parameters == {"breadth": 2}


def test_dead_ends_are_unknown_and_say_why() -> None:
    b = ProblemBuilder("dead end")
    m = b.unary("m")
    b.task("a", 3, on=m)
    b.task("c", 3, on=m, deadline=4)
    b.minimise(makespan=1)
    seen: list[Incumbent] = []
    result = PolicySolver("fifo").solve(b.build(), limits=LIMITS, on_solution=seen.append)
    assert (result.status, result.schedule, result.value, seen) == (Status.UNKNOWN, None, None, [])
    assert "'c'" in result.message
    assert PolicySolver("edf").solve(b.build(), limits=LIMITS).value == 6


def test_cyclic_problems_are_refused_by_name() -> None:
    b = ProblemBuilder("cyclic")
    b.task("a", 1, on=b.unary("m"))
    b.cycle(2)
    with pytest.raises(UnsupportedFeatureError, match="mwkr does not support: cyclic"):
        PolicySolver("mwkr").solve(b.build(), limits=LIMITS)


def test_unknown_policies_and_parameters() -> None:
    assert "did you mean 'spt'" in refusal(lambda: PolicySolver("sptt"), UnknownNameError)
    assert "does not take these parameters" in refusal(lambda: PolicySolver("spt", breadth=1), InputError)
