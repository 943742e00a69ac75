"""List scheduling as solvers: feasible, never better than possible, repeatable, within its limits."""

from __future__ import annotations

import hashlib
import os
import random
import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies_core import Case, cases, random_case
from support.refusals import refusal
from support.small_problems import KINDS, small_problem

from schedcore.check import check
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.metrics import objective_values
from schedcore.model import Objective, Problem, ProblemBuilder, Schedule
from schedcore.solvers import Limits, SolveResult, Status
from schedcore.solvers.exhaustive import ExhaustiveSolver
from schedcore.solvers.protocol import Incumbent
from schedcore.solvers.sgs import PLACEMENTS_PER_UNIT, ParallelSGSSolver, SgsParameters, SGSSolver, lower_bound

SOLVERS = (SGSSolver, ParallelSGSSolver)
LONG = Limits(time_limit_s=60)


def run(
    solver: type[SGSSolver] | type[ParallelSGSSolver], problem: Problem, passes: int = 25, seed: int = 0
) -> SolveResult:
    return solver(SgsParameters(max_passes=passes)).solve(problem, limits=LONG, seed=seed)


def verify(problem: Problem, result: SolveResult) -> None:
    """What holds for every result."""
    if result.schedule is None:
        assert result.status is Status.UNKNOWN
        assert result.message
        assert result.objective == result.trace == ()
        return
    report = check(problem, result.schedule)
    assert report.ok, report.violations[0].message
    assert result.objective == objective_values(problem, result.schedule)
    assert result.message == ""
    if result.bound is not None:
        assert result.objective[0] >= result.bound
    if result.objective:
        assert result.trace[-1][1] == result.objective[0]


def shop(jobs: int = 10, machines: int = 6, seed: int = 1) -> Problem:
    """A job shop; lower bounds are known of the plain makespan only, so none ends a search early."""
    rng = random.Random(seed)
    b = ProblemBuilder("shop")
    on = [b.unary(f"m{k}") for k in range(machines)]
    for j in range(jobs):
        order = rng.sample(on, machines)
        b.chain(*(b.task(f"{j}.{i}", rng.randint(1, 9), on=m) for i, m in enumerate(order)))
    b.minimise(makespan=2)
    return b.build()


# --- feasible ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
@settings(max_examples=20)
@given(case=cases(objective=True), seed=st.integers(0, 9))
def test_feasible_or_none(solver: type[SGSSolver], case: Case, seed: int) -> None:
    verify(case.problem, run(solver, case.problem, 12, seed))


@settings(max_examples=15)
@given(case=cases(cyclic=True, objective=True), seed=st.integers(0, 9))
def test_cyclic_feasible_or_none(case: Case, seed: int) -> None:
    verify(case.problem, run(SGSSolver, case.problem, 6, seed))


@pytest.mark.parametrize("solver", SOLVERS)
def test_problems_without_dead_ends_are_solved(solver: type[SGSSolver]) -> None:
    found = 0
    for i in range(15):
        rng = random.Random(f"solved/{i}")
        features = rng.sample(["unary", "renewable", "multi_mode", "calendar", "release", "due", "elastic", "job"], 5)
        problem = random_case(rng, rng.randint(8, 20), features, objective=True).problem
        result = run(solver, problem, 15)
        verify(problem, result)
        found += result.schedule is not None
    assert found == 15


# --- against exhaustive search ----------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_never_better_than_the_optimum(kind: str) -> None:
    found = possible = 0
    solvers = SOLVERS if kind != "cyclic" else SOLVERS[:1]
    for seed in range(10):
        problem = small_problem(kind, seed)
        best = ExhaustiveSolver().solve(problem, limits=Limits(time_limit_s=1))
        if best.status not in (Status.OPTIMAL, Status.INFEASIBLE):
            continue
        for solver in solvers:
            result = run(solver, problem, 20, seed)
            verify(problem, result)
            possible += best.schedule is not None
            if result.schedule is None:
                continue
            found += 1
            assert best.status is Status.OPTIMAL, f"{kind} {seed}: there is no schedule"
            assert result.objective >= best.objective, f"{kind} {seed}"
            if result.status is Status.OPTIMAL:
                assert result.objective == best.objective, f"{kind} {seed}"
    assert found >= 0.5 * possible > 0, (found, possible)


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "cyclic"])
def test_the_lower_bound_is_one(kind: str) -> None:
    for seed in range(100, 110):
        problem = small_problem(kind, seed).replace(objective=Objective.minimise(makespan=1))
        best = ExhaustiveSolver().solve(problem, limits=Limits(time_limit_s=2))
        if best.status is Status.OPTIMAL:
            bound = lower_bound(problem)
            assert bound is not None
            assert bound <= best.objective[0], f"{kind} {seed}"


def test_the_lower_bound_by_hand() -> None:
    b = ProblemBuilder("bound")
    x = b.unary("x")
    for name, length, tail in (("a", 3, 4), ("b", 5, 2)):
        b.chain(b.task(name, length, on=x, release=1), b.task(f"{name} after", tail))
    b.minimise(makespan=1)
    problem = b.build()
    # path: 1 + 3 + 4 = 1 + 5 + 2 = 8; x: from 1, 3 + 5 of work, then at least 2
    assert lower_bound(problem) == 11
    assert lower_bound(problem.replace(objective=None)) is None
    assert lower_bound(problem.replace(objective=Objective.minimise(makespan=1, total_flow=1))) is None
    assert lower_bound(problem.replace(objective=Objective.minimise(makespan=2))) is None
    result = run(SGSSolver, problem)
    assert (result.status, result.value, result.gap) == (Status.OPTIMAL, 11, 0)


def test_optional_tasks_bind_no_bound() -> None:
    b = ProblemBuilder("optional")
    b.task("a", 3)
    b.task("paid", 9, optional=True, reward=1)
    b.minimise(makespan=1)
    assert lower_bound(b.build()) == 3


@pytest.mark.parametrize("solver", SOLVERS)
def test_infeasible_problems_say_why(solver: type[SGSSolver]) -> None:
    b = ProblemBuilder("infeasible")
    m = b.unary("m")
    b.task("a", 3, on=m, deadline=4)
    b.task("c", 3, on=m, deadline=4)
    b.minimise(makespan=1)
    result = run(solver, b.build())
    assert (result.status, result.schedule, result.value, result.gap) == (Status.UNKNOWN, None, None, None)
    assert "'c'" in result.message or "'a'" in result.message


@pytest.mark.parametrize("solver", SOLVERS)
def test_impossible_selections_are_no_crash(solver: type[SGSSolver]) -> None:
    b = ProblemBuilder("impossible")
    b.select("at_most_one", b.task("a", 1), b.task("c", 1))
    b.minimise(makespan=1)
    result = run(solver, b.build())
    assert result.status is Status.UNKNOWN
    assert "no choice of optional tasks keeps all selections" in result.message


# --- repeatable -------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_equal_seeds_give_equal_results(solver: type[SGSSolver]) -> None:
    problem = shop()
    one, two = (run(solver, problem, 60, 3) for _ in range(2))
    assert one.schedule == two.schedule
    assert [t[1] for t in one.trace] == [t[1] for t in two.trace]
    assert len({run(solver, problem, 60, seed).schedule for seed in range(6)}) > 1


def digest(schedule: Schedule | None) -> str:
    assert schedule is not None
    return hashlib.sha256(repr(schedule.placements).encode()).hexdigest()


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_deterministic_limit_gives_the_same_bytes_in_fresh_processes(
    solver: type[SGSSolver], tests_path: str
) -> None:
    code = (
        f"from schedcore_test_sgs import {solver.__name__}, Limits, digest, shop\n"
        f"print(digest({solver.__name__}().solve(shop(), seed=5, limits=Limits(60, 0.002)).schedule))"
    )
    digests = []
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code.replace("schedcore_test_sgs", "test_sgs_solvers")],
            env=os.environ | {"PYTHONPATH": tests_path, "PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        digests.append(done.stdout.strip())
    here = digest(solver().solve(shop(), seed=5, limits=Limits(60, 0.002)).schedule)
    assert digests == [here, here]


@pytest.fixture
def tests_path(project_root: object) -> str:
    """Import path of a process that uses this module."""
    here = os.path.dirname(os.path.abspath(__file__))
    return os.pathsep.join([here, f"{project_root}/tests", *[p for p in sys.path if p]])


@pytest.mark.parametrize("solver", SOLVERS)
def test_patience_makes_a_difference(solver: type[SGSSolver]) -> None:
    problem = shop()
    traces = [
        [t[1] for t in solver(SgsParameters(150, patience=patience)).solve(problem, limits=LONG, seed=seed).trace]
        for patience in (1, 1000)
        for seed in range(3)
    ]
    assert traces[:3] != traces[3:]


# --- limits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_time_limits_are_kept(solver: type[SGSSolver]) -> None:
    run(solver, shop(), 1)  # whatever is compiled on first use
    began = time.perf_counter()
    result = solver().solve(shop(15, 10), limits=Limits(time_limit_s=0.2))
    assert time.perf_counter() - began < 3
    assert result.schedule is not None


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_deterministic_limit_counts_placements(solver: type[SGSSolver], monkeypatch: pytest.MonkeyPatch) -> None:
    problem = shop()
    units = 3 * len(problem.tasks) / PLACEMENTS_PER_UNIT  # three passes
    offered = counted(monkeypatch)
    solver().solve(problem, limits=Limits(60, units))
    assert offered[0] <= 3
    # ... at least one, and wall time does not count
    offered[0] = 0
    result = solver().solve(problem, limits=Limits(1e-9, 1e-9))
    assert result.schedule is not None
    assert offered[0] == 1


@pytest.mark.parametrize("solver", SOLVERS)
def test_max_passes(solver: type[SGSSolver], monkeypatch: pytest.MonkeyPatch) -> None:
    offered = counted(monkeypatch)
    run(solver, shop(), 7)
    assert offered[0] == 7


def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the schedules that are offered as incumbents."""
    from schedcore.solvers import sgs

    count, offer = [0], sgs._Incumbents.offer

    def counting(self: sgs._Incumbents, schedule: Schedule) -> bool:
        count[0] += 1
        return offer(self, schedule)

    monkeypatch.setattr(sgs._Incumbents, "offer", counting)
    return count


@pytest.mark.parametrize("solver", SOLVERS)
def test_should_stop_is_heeded(solver: type[SGSSolver], monkeypatch: pytest.MonkeyPatch) -> None:
    offered = counted(monkeypatch)
    polls = [0]

    def stop() -> bool:
        polls[0] += 1
        return polls[0] > 4

    result = solver().solve(shop(), limits=LONG, should_stop=stop)
    assert result.schedule is not None
    assert offered[0] <= 6
    result = solver().solve(shop(), limits=Limits(60, 1.0), should_stop=lambda: True)
    assert result.status in (Status.FEASIBLE, Status.UNKNOWN)


# --- incumbents -------------------------------------------------------------------------------------


@pytest.mark.parametrize("solver", SOLVERS)
def test_incumbents_improve(solver: type[SGSSolver]) -> None:
    problem = shop()
    seen: list[Incumbent] = []
    parameters = SgsParameters(max_passes=300, patience=20)
    result = solver(parameters).solve(problem, limits=LONG, on_solution=seen.append)
    values = [i.objective for i in seen]
    assert len(values) > 1
    assert values == sorted(set(values), reverse=True)
    assert all(check(problem, i.schedule).ok for i in seen)
    assert (seen[-1].schedule, seen[-1].objective) == (result.schedule, result.objective)
    assert [i.wall_s for i in seen] == sorted(i.wall_s for i in seen)
    assert result.trace == tuple((i.wall_s, float(i.objective[0]), i.bound) for i in seen)


@pytest.mark.parametrize("solver", SOLVERS)
def test_hints_are_the_first_incumbent(solver: type[SGSSolver]) -> None:
    problem = shop()
    good = run(SGSSolver, problem, 200).schedule
    assert good is not None
    seen: list[Incumbent] = []
    result = solver(SgsParameters(max_passes=2)).solve(problem, limits=LONG, hint=good, on_solution=seen.append)
    assert seen[0].schedule == good
    assert result.objective <= seen[0].objective
    bad = Schedule([(0, 0, 0, 1)])
    verify(problem, solver(SgsParameters(max_passes=2)).solve(problem, limits=LONG, hint=bad))


@pytest.mark.parametrize("solver", SOLVERS)
def test_without_objective_the_first_schedule_is_the_answer(
    solver: type[SGSSolver], monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = counted(monkeypatch)
    result = run(solver, shop().replace(objective=None))
    assert (result.status, result.objective, offered[0]) == (Status.OPTIMAL, (), 1)


@pytest.mark.parametrize("solver", SOLVERS)
def test_the_problem_without_tasks(solver: type[SGSSolver]) -> None:
    result = solver().solve(Problem("empty", objective=Objective.minimise(makespan=1)), limits=Limits(5))
    assert result.schedule == Schedule()
    assert result.value == 0
    assert result.wall_s < 1


# --- cyclic -----------------------------------------------------------------------------------------


def ring(period: int = 20) -> Problem:
    """Two machines; a then b on m, 3 + 4; c on n: 6.  m is full with a period of 7."""
    b = ProblemBuilder("ring")
    m, n = b.unary("m"), b.unary("n")
    a, c, d = b.task("a", 3, on=m), b.task("c", 4, on=m), b.task("d", 6, on=n)
    b.chain(a, d, c)
    b.cycle(1, period)
    b.minimise(period=1)
    return b.build()


def test_cyclic_problems() -> None:
    problem = ring()
    result = run(SGSSolver, problem, 5)
    verify(problem, result)
    assert result.value == 7
    assert result.schedule is not None
    assert result.schedule.cycle == 7


def test_cyclic_problems_without_room() -> None:
    result = run(SGSSolver, ring(6), 5)
    assert result.status is Status.UNKNOWN
    assert "the resources alone need a period of 7" in result.message


def test_parallel_refuses_cycles_by_name() -> None:
    with pytest.raises(UnsupportedFeatureError, match=r"parallel-sgs does not support: cyclic, variable_period \("):
        ParallelSGSSolver().solve(ring(), limits=LONG)


# --- parameters -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"max_passes": 0}, "sgs.max_passes: max_passes is 0 (give at least 1)"),
        ({"noise": 0.0}, "sgs.noise: noise is 0.0 (give a number above 0)"),
        ({"noise": float("nan")}, "sgs.noise: noise is nan (give a number above 0)"),
        ({"patience": 0}, "sgs.patience: patience is 0 (give at least 1)"),
    ],
)
def test_parameters_out_of_range(parameters: dict[str, float], words: str) -> None:
    assert refusal(lambda: SgsParameters(**parameters), InputError) == words  # type: ignore[arg-type]


@pytest.mark.parametrize("solver", SOLVERS)
def test_bad_choices_of_optional_tasks(solver: type[SGSSolver]) -> None:
    made = solver(SgsParameters(optional="some"))  # type: ignore[arg-type]
    assert "'some' is no choice of optional tasks" in refusal(lambda: made.solve(shop(), limits=LONG), InputError)


@pytest.mark.parametrize("solver", SOLVERS)
def test_results_state_their_parameters(solver: type[SGSSolver]) -> None:
    result = solver(SgsParameters(3, 0.5, 7, (1,))).solve(paid(), limits=LONG, seed=9)
    assert result.parameters == {"max_passes": 3, "noise": 0.5, "patience": 7, "optional": [1]}
    assert (result.solver, result.seed) == (solver.name, 9)


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    ("optional", "tasks"), [("rewarded", {0, 1}), ("none", {0}), ("all", {0, 1, 2}), ((2,), {0, 2})]
)
def test_optional_tasks(solver: type[SGSSolver], optional: str, tasks: set[int]) -> None:
    schedule = solver(SgsParameters(5, optional=optional)).solve(paid(), limits=LONG).schedule  # type: ignore[arg-type]
    assert schedule is not None
    assert {p.task for p in schedule} == tasks


def paid() -> Problem:
    b = ProblemBuilder("paid")
    m = b.unary("m")
    b.task("must", 2, on=m)
    b.task("paid", 2, on=m, optional=True, reward=3)
    b.task("unpaid", 2, on=m, optional=True)
    b.minimise(total_start=1)
    return b.build()
