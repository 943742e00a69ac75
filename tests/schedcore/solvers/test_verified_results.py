"""What solvers report is recomputed; failures of solvers from outside name the solver and its line."""

from __future__ import annotations

import inspect

import pytest
import support.bad_solvers as bad
from support.refusals import refusal

from schedcore.check import check
from schedcore.errors import InputError, ModelError, ViolationError
from schedcore.model import Problem, ProblemBuilder, Schedule
from schedcore.solvers import Limits, SolverFailedError, Status, solve, solve_verified
from schedcore.solvers.cpsat import CpsatSolver
from schedcore.solvers.policy import PolicySolver


def two_tasks() -> Problem:
    b = ProblemBuilder("two")
    b.task("a", 3)
    b.task("b", 4)
    b.minimise(makespan=1)
    return b.build()


def line_of(text: str) -> int:
    lines = inspect.getsource(bad).splitlines()
    return 1 + next(i for i, line in enumerate(lines) if line.endswith(text))


def test_an_objective_that_is_not_the_schedules_is_refused() -> None:
    text = refusal(lambda: solve(two_tasks(), bad.Liar()), SolverFailedError)
    assert text.startswith("problem 'two': solver 'liar' reports the objective (1,), its schedule has (7,)")


@pytest.mark.parametrize(
    ("solver", "text"),
    [(bad.NoSchedule(), "reports OPTIMAL without a schedule"), (bad.NoResult(), "returned int, not SolveResult")],
)
def test_results_that_are_none_are_refused(solver: bad.Serial, text: str) -> None:
    assert text in refusal(lambda: solve(two_tasks(), solver), SolverFailedError)


def test_proofs_that_cannot_hold_are_not_passed_on() -> None:
    low = solve(two_tasks(), bad.LowBound())
    assert (low.status, low.bound, low.objective) == (Status.FEASIBLE, 1.0, (7,))
    assert "its bound 1 leaves room for better" in low.message
    high = solve(two_tasks(), bad.HighBound())
    assert (high.status, high.bound) == (Status.FEASIBLE, None)
    sure = solve_verified(bad.OverSure(), two_tasks(), limits=Limits(1), best_known=4)
    assert sure.status is Status.FEASIBLE
    assert "4 is known to be possible" in sure.message
    assert solve_verified(bad.OverSure(), two_tasks(), limits=Limits(1), best_known=7).status is Status.OPTIMAL


def test_an_infeasible_schedule_does_not_leave_solve() -> None:
    from support.my_solvers import Wrong

    problem = two_tasks()
    b = ProblemBuilder("one machine")
    m = b.unary("m")
    b.task("a", 3, on=m)
    b.task("b", 4, on=m)
    assert solve(problem, Wrong()).value == 4
    assert "breaks rules" in refusal(lambda: solve(b.build(), Wrong()), ViolationError)


def test_a_crash_of_an_outside_solver_names_its_line() -> None:
    text = refusal(lambda: solve(two_tasks(), bad.Dividing()), SolverFailedError)
    line = line_of("# the faulty line")
    assert f"solver support.bad_solvers:Dividing failed at bad_solvers.py:{line}: ZeroDivisionError" in text


def test_a_crash_of_an_outside_policy_names_its_line() -> None:
    text = refusal(lambda: solve(two_tasks(), PolicySolver(bad.DividingPolicy())), SolverFailedError)
    line = line_of("# the faulty line of the policy")
    assert f"policy support.bad_solvers:DividingPolicy failed at bad_solvers.py:{line}: ZeroDivisionError" in text


def test_a_crash_of_a_built_in_solver_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CpsatSolver, "solve", lambda *_, **__: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        solve(two_tasks(), "cpsat")


def test_too_many_workers_are_refused() -> None:
    text = refusal(lambda: solve(two_tasks(), "cpsat", workers=100_000), InputError)
    assert text == "--workers: workers is 100000 (give at most 1024)"


def test_parameters_that_cpsat_does_not_accept_are_no_fault_of_the_model() -> None:
    solver = CpsatSolver(parameters={"num_workers": 100_000})
    assert "CP-SAT refuses its parameters: num_workers=100000" in refusal(
        lambda: solve(two_tasks(), solver), InputError
    )


def test_what_is_no_problem_is_refused() -> None:
    text = refusal(lambda: solve(ProblemBuilder(), "cpsat"), ModelError)  # type: ignore[arg-type]
    assert text == "solve: ProblemBuilder is no Problem (call build() on it)"
    text = refusal(lambda: check(None, Schedule([])), ModelError)  # type: ignore[arg-type]
    assert text == "check: None is no Problem (give a Problem)"
    text = refusal(lambda: check(two_tasks(), None), ModelError)  # type: ignore[arg-type]
    assert text == "check: None is no Schedule (give a Schedule)"


def test_exhaustive_search_says_why_it_stopped() -> None:
    b = ProblemBuilder("many")
    m = b.unary("m")
    for i in range(14):
        b.task(str(i), 3 + i, on=m)
    b.minimise(total_completion=1)
    late = solve(b.build(), "exhaustive", time_limit_s=1e-6)
    assert late.status in (Status.UNKNOWN, Status.FEASIBLE)
    assert late.message.startswith("the time limit of 1e-06 s was reached before ")
    stopped = solve(b.build(), "exhaustive", should_stop=lambda: True)
    assert stopped.message.startswith("stopped before ")
