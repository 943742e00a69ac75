"""Solvers by name, by reference, as objects; and ``solve``."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest
from support.refusals import refusal

import schedcore.registry
from schedcore.errors import InputError, UnknownNameError, UnsupportedFeatureError
from schedcore.model import ALL_FEATURES, Problem, ProblemBuilder, Schedule
from schedcore.solvers import Limits, Solver, SolveResult, Status, get_solver, solve, solver_names
from schedcore.solvers.cpsat import CpsatSolver


class FirstFit:
    """A solver of the tests: everything at tick 0."""

    name = "first-fit"
    features = ALL_FEATURES

    def solve(self, problem, *, limits, seed=0, hint=None, on_solution=None, should_stop=None):  # type: ignore[no-untyped-def]
        schedule = Schedule([(i, 0, 0, t.modes[0].duration) for i, t in enumerate(problem.tasks)])
        return SolveResult(Status.FEASIBLE, schedule, (), None, 0.0, self.name, seed)


class NoSolver:
    """Lacks everything."""


def one_task() -> Problem:
    b = ProblemBuilder()
    b.task("a", 3, on=b.unary("m"))
    b.minimise(makespan=1)
    return b.build()


def test_names_cover_solvers_and_policies() -> None:
    names = solver_names()
    assert {"auto", "cpsat", "lns", "tabu", "exhaustive", "sgs", "spt", "cp"} <= set(names)
    assert names == sorted(set(names))
    assert "spt" not in solver_names(policies=False)
    assert "cpsat" in solver_names(policies=False)


@pytest.mark.parametrize("name", solver_names())
def test_every_solver_solves_one_task(name: str) -> None:
    solver = get_solver(name)
    assert isinstance(solver, Solver)
    assert solver.name == name
    assert solver.features <= ALL_FEATURES
    result = solve(one_task(), name, time_limit_s=2)
    assert result.value == 3
    assert result.status in (Status.OPTIMAL, Status.FEASIBLE)


@pytest.mark.parametrize("name", [n for n in solver_names() if get_solver(n).features != ALL_FEATURES])
def test_every_solver_refuses_unknown_features_by_name(name: str) -> None:
    b = ProblemBuilder()
    stock = b.reservoir("s", initial=0, maximum=4)
    a = b.task("a", 3, duration_max=5)
    c = b.task("c", 2, optional=True, effects=[b.effect(stock, 1, per_tick=True)])
    b.lag(a.start, c.end, max=7, iterations=1)
    b.cycle(4, 9)
    b.lexicographic({"period": 1}, {"absent_count": 1}, {"total_start": 1})
    problem = b.build()
    solver = get_solver(name)
    missing = problem.features() - solver.features
    assert missing
    with pytest.raises(UnsupportedFeatureError, match=f"{name}.* does not support: {', '.join(sorted(missing))}"):
        solve(problem, name)


def test_reference_to_a_class_of_ones_own() -> None:
    solver = get_solver(f"{__name__}:FirstFit")
    assert solver.name == "first-fit"
    assert solve(one_task(), f"{__name__}:FirstFit").solver == "first-fit"
    text = refusal(lambda: get_solver(f"{__name__}:NoSolver"), InputError)
    assert "is no solver" in text
    refusal(lambda: get_solver(f"{__name__}:Missing"), UnknownNameError)
    refusal(lambda: get_solver("no_such_module:Solver"), UnknownNameError)


def test_solver_as_an_object() -> None:
    assert solve(one_task(), CpsatSolver(warm_start=False)).value == 3


def test_near_misses_are_suggested() -> None:
    assert "did you mean 'cpsat'?" in refusal(lambda: get_solver("cpsta"), UnknownNameError)


def test_solver_of_an_installed_package(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("first-fit", f"{__name__}:FirstFit", "sched.solvers")
    monkeypatch.setattr(
        schedcore.registry, "_entry_points", lambda group: {point.name: point} if group == "sched.solvers" else {}
    )
    assert "first-fit" in solver_names()
    assert get_solver("first-fit").name == "first-fit"


def test_policy_that_runs_into_a_dead_end_says_why() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    b.task("a", 3, on=m, deadline=4)
    b.task("c", 3, on=m, deadline=4)
    b.minimise(makespan=1)
    result = solve(b.build(), "spt")
    assert (result.status, result.schedule) == (Status.UNKNOWN, None)
    assert result.message


def test_policy_reports_its_schedule() -> None:
    seen = []
    result = get_solver("spt").solve(one_task(), limits=Limits(1), on_solution=seen.append)
    assert [i.objective for i in seen] == [(3,)]
    assert result.trace[0][1] == 3
    without = one_task().replace(objective=None)
    assert solve(without, "spt").status is Status.OPTIMAL
