"""The memetic tabu search against branch and bound, the checker and itself."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import job_shop_optimum

from schedcore.check import check
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Problem, ProblemBuilder
from schedcore.solvers.protocol import Incumbent, Limits, Status
from schedcore.solvers.tabu import JobShopStructure, TabuParameters, TabuSolver
from schedcore.solvers.tabu.search import evaluate

Jobs = list[list[tuple[int, int]]]

STEPS = Limits(time_limit_s=60, deterministic_limit=0.05)  # 5,000 tabu steps
QUICK = TabuParameters(population=4, patience=300)


def job_shop(jobs: Jobs, releases: list[int] | None = None) -> Problem:
    b = ProblemBuilder("random")
    machines = [b.unary(f"m{k}") for k in range(1 + max(m for job in jobs for m, _ in job))]
    for j, job in enumerate(jobs):
        release = 0 if releases is None else releases[j]
        b.chain(
            *(b.task(f"j{j}.o{i}", d, on=machines[m], release=release if i == 0 else 0) for i, (m, d) in enumerate(job))
        )
    b.minimise(makespan=1)
    return b.build()


def random_jobs(seed: int, n: int, m: int, *, reentrant: bool = False) -> Jobs:
    rng = np.random.default_rng(seed)
    routes = [rng.integers(0, m, m + 1) if reentrant else rng.permutation(m) for _ in range(n)]
    return [[(int(k), int(rng.integers(1, 20))) for k in route] for route in routes]


@pytest.mark.parametrize("seed", range(12))
def test_small_shops_are_solved_to_optimality(seed: int) -> None:
    jobs = random_jobs(seed, 3 + seed % 4, 2 + seed % 3)
    problem = job_shop(jobs)
    result = TabuSolver(QUICK).solve(problem, limits=STEPS, seed=seed)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert result.value == result.schedule.makespan == job_shop_optimum(jobs, result.value)


@given(
    st.integers(0, 10**6), st.integers(1, 5), st.integers(1, 4), st.booleans(), st.lists(st.integers(0, 30), min_size=5)
)
def test_schedules_are_feasible_and_bounds_hold(
    seed: int, n: int, m: int, reentrant: bool, releases: list[int]
) -> None:
    problem = job_shop(random_jobs(seed, n, m, reentrant=reentrant), releases[:n])
    result = TabuSolver(QUICK).solve(problem, limits=STEPS, seed=seed)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert result.value == result.schedule.makespan
    assert result.bound is not None
    assert result.bound <= result.schedule.makespan
    assert (result.status is Status.OPTIMAL) == (result.bound == result.value)


def test_bound_by_hand() -> None:
    # One machine, heads 0, 1 and tails 7, 2: Jackson runs a (3, tail 7) over [0, 3), then b over [3, 5).
    # max(3 + 7, 5 + 2) = 10; the jobs alone need 10 and 1 + 2 + 2 = 5.
    jobs: Jobs = [[(0, 3), (1, 7)], [(2, 1), (0, 2), (3, 2)]]
    assert JobShopStructure.of(job_shop(jobs), "test").lower_bound() == 10


def test_equal_seeds_give_equal_schedules_and_others_do_not() -> None:
    problem = job_shop(random_jobs(5, 12, 8))
    runs = [TabuSolver(QUICK).solve(problem, limits=STEPS, seed=seed).schedule for seed in (1, 1, 2)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_two_islands_are_deterministic_too() -> None:
    problem = job_shop(random_jobs(6, 10, 6))
    limits = Limits(deterministic_limit=0.03, workers=2)
    one, two = (TabuSolver(QUICK).solve(problem, limits=limits, seed=3).schedule for _ in range(2))
    assert one == two


def test_a_hint_is_never_lost() -> None:
    problem = job_shop(random_jobs(7, 10, 10))
    good = TabuSolver(QUICK).solve(problem, limits=STEPS, seed=0)
    hinted = TabuSolver(QUICK).solve(problem, limits=Limits(deterministic_limit=0.00001), seed=9, hint=good.schedule)
    assert hinted.value is not None
    assert good.value is not None
    assert hinted.value <= good.value


def test_incumbents_improve_and_stop_is_heeded() -> None:
    problem = job_shop(random_jobs(8, 30, 10))
    seen: list[Incumbent] = []
    stop = threading.Event()

    def note(incumbent: Incumbent) -> None:
        seen.append(incumbent)
        stop.set()

    result = TabuSolver().solve(problem, limits=Limits(time_limit_s=60), on_solution=note, should_stop=stop.is_set)
    values = [incumbent.objective[0] for incumbent in seen]
    assert values == sorted(values, reverse=True)
    assert all(check(problem, incumbent.schedule).ok for incumbent in seen)
    assert result.wall_s < 30
    assert result.value is not None
    assert result.value <= values[-1]


def test_an_order_with_a_cycle_is_recognised() -> None:
    jobs: Jobs = [[(0, 1), (1, 1)], [(1, 1), (0, 1)]]
    structure = JobShopStructure.of(job_shop(jobs), "test")
    # machine 0: second operation of job 1 (task 3) before the first of job 0 (task 0); machine 1 likewise
    assert evaluate(structure, np.array([3, 0, 1, 2]))[0] == -1
    assert evaluate(structure, np.array([0, 3, 2, 1]))[0] == 2


def test_an_empty_problem_is_optimal() -> None:
    b = ProblemBuilder("empty")
    b.minimise(makespan=1)
    assert TabuSolver().solve(b.build(), limits=Limits()).status is Status.OPTIMAL


def test_other_problems_are_refused_by_name() -> None:
    b = ProblemBuilder("with a deadline")
    b.task("a", 3, on=b.unary("m"), deadline=5)
    b.minimise(makespan=1)
    with pytest.raises(UnsupportedFeatureError, match="tabu does not support: deadline"):
        TabuSolver().solve(b.build(), limits=Limits())


def test_precedences_that_are_no_chains_are_refused() -> None:
    b = ProblemBuilder("fork")
    m = b.unary("m")
    a, c, d = (b.task(name, 1, on=m) for name in "acd")
    b.precedence(a, c)
    b.precedence(a, d)
    b.minimise(makespan=1)
    with pytest.raises(UnsupportedFeatureError, match="needs chains"):
        TabuSolver().solve(b.build(), limits=Limits())


@given(st.integers(0, 10**6))
def test_tasks_without_length_are_no_obstacle(seed: int) -> None:
    jobs = [[(m, d % 3) for m, d in job] for job in random_jobs(seed, 5, 4)]  # a third of them take no time
    problem = job_shop(jobs)
    structure = JobShopStructure.of(problem, "test")
    result = TabuSolver(QUICK).solve(problem, limits=STEPS, seed=seed)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert evaluate(structure, structure.sequence_of(result.schedule.start))[0] == result.value


def test_tasks_with_several_resources_are_refused() -> None:
    b = ProblemBuilder("two machines at once")
    b.task("a", 1, on=[b.unary("m"), b.unary("n")])
    b.minimise(makespan=1)
    with pytest.raises(UnsupportedFeatureError, match="one mode on one unary resource"):
        TabuSolver().solve(b.build(), limits=Limits())


@pytest.mark.parametrize("field", ["population", "patience", "noise_permille", "stagnation"])
def test_parameters_outside_their_range_are_refused(field: str) -> None:
    with pytest.raises(InputError, match=f"{field} is -1"):
        TabuParameters(**{field: -1})
