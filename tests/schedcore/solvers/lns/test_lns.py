"""Large-neighbourhood search: correct on every feature, never worse than its start, reproducible, stoppable."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
import time

import numpy as np
import pytest
from support.refusals import refusal
from support.small_problems import KINDS, small_problem

from schedcore.check import check
from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.metrics import objective_values
from schedcore.model import Demand, Mode, Objective, Problem, ProblemBuilder, Schedule, Task, TimeLag, Unary
from schedcore.solvers import Incumbent, Limits, Status, solve
from schedcore.solvers.cpsat import CpsatSolver, build_model
from schedcore.solvers.lns import LnsParameters, LnsSolver
from schedcore.solvers.lns.bandit import Bandit
from schedcore.solvers.lns.freeze import freeze
from schedcore.solvers.lns.neighbourhoods import NEIGHBOURHOODS, View
from schedcore.solvers.start import best_list_schedule


def shop(jobs: int, machines: int, **objective: int) -> Problem:
    rng = random.Random(1)
    tasks, lags = [], []
    for j in range(jobs):
        for k, m in enumerate(rng.sample(range(machines), machines)):
            last = k == machines - 1
            mode = Mode(rng.randint(1, 99), (Demand(m),))
            tasks.append(Task(f"{j}.{k}", (mode,), job=j, due=250 if last and "makespan" not in objective else None))
            if k:
                lags.append(TimeLag(len(tasks) - 2, len(tasks) - 1))
    return Problem(
        "shop",
        tuple(Unary(f"m{m}") for m in range(machines)),
        tuple(tasks),
        tuple(f"j{j}" for j in range(jobs)),
        tuple(lags),
        objective=Objective.minimise(**(objective or {"makespan": 1})),
    )


def flexible(jobs: int, steps: int) -> Problem:
    """A flexible job shop with a shared crew."""
    rng = random.Random(2)
    b = ProblemBuilder("flexible")
    machines = [b.unary(f"m{k}") for k in range(4)]
    crew = b.renewable("crew", 3)
    for j in range(jobs):
        tasks = []
        for k in range(steps):
            modes = [b.mode(rng.randint(2, 9), on=m, demands={crew: 1}) for m in rng.sample(machines, 2)]
            tasks.append(b.task(f"{j}.{k}", modes=modes, job=None))
        b.chain(*tasks)
    b.minimise(makespan=1)
    return b.build()


# --- results --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "cyclic"])
def test_small_problems_of_every_kind_reach_the_optimum(kind: str) -> None:
    for seed in range(6):
        problem = small_problem(kind, seed)
        exact = CpsatSolver().solve(problem, limits=Limits(30))
        found = LnsSolver().solve(problem, limits=Limits(20), seed=seed)
        assert (found.status, found.objective) == (exact.status, exact.objective), f"{kind} {seed}"


def test_steps_improve_and_keep_every_rule() -> None:
    problem = flexible(8, 5)
    start = best_list_schedule(problem, smallest=2)
    assert start is not None
    seen: list[Incumbent] = []
    parameters = LnsParameters(step_s=0.3, start_share=0.001, first_size=12)
    result = LnsSolver(parameters).solve(problem, limits=Limits(4, workers=2), seed=1, on_solution=seen.append)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    assert result.objective == objective_values(problem, result.schedule)
    assert result.objective < objective_values(problem, start)
    assert [i.objective for i in seen] == sorted({i.objective for i in seen}, reverse=True)
    assert seen[-1].schedule is not None
    assert seen[-1].objective == result.objective
    assert result.bound is not None
    assert result.bound <= result.objective[0]
    tries = {move: n for move, (n, _) in result.parameters["moves"].items()}
    assert set(tries) == set(NEIGHBOURHOODS)


def test_job_shop_is_searched_by_the_tabu_move() -> None:
    solve(shop(4, 4), "lns", deterministic_limit=0.05)  # loads the compiled search, which may have to be compiled
    problem = shop(15, 10)
    result = solve(problem, "lns", time_limit_s=3, workers=2, seed=3)
    assert result.schedule is not None
    assert check(problem, result.schedule).ok
    tries = {move: n for move, (n, _) in result.parameters["moves"].items()}
    assert tries["tabu"] == max(tries.values()) > 0
    start = best_list_schedule(problem, smallest=2)
    assert start is not None
    assert result.value < 0.95 * start.makespan  # type: ignore[operator]


def test_job_shop_at_its_bound_is_proven() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    for i in range(30):
        b.task(f"t{i}", 2 + i % 3, on=m)
    b.minimise(makespan=1)
    result = solve(b.build(), "lns", time_limit_s=20)
    assert (result.status, result.value, result.bound) == (Status.OPTIMAL, 90, 90.0)
    assert result.wall_s < 15


def test_stages_are_compared_in_order() -> None:
    problem = shop(6, 5).replace(objective=Objective.lexicographic({"makespan": 1}, {"total_start": 1}))
    result = solve(problem, "lns", time_limit_s=3)
    exact = solve(problem, "cpsat", time_limit_s=30)
    assert result.objective[0] == exact.objective[0]
    assert len(result.objective) == 2


def test_hint_is_the_first_incumbent() -> None:
    problem = shop(12, 6, total_tardiness=1)
    hint = best_list_schedule(problem, smallest=2)
    assert hint is not None
    seen: list[Incumbent] = []
    LnsSolver().solve(problem, limits=Limits(1), hint=hint, on_solution=seen.append)
    assert seen[-1].objective <= objective_values(problem, hint)


def test_infeasible_and_empty_problems() -> None:
    b = ProblemBuilder()
    b.task("a", 3, deadline=2)
    assert solve(b.build(), "lns").status is Status.INFEASIBLE
    assert solve(Problem(objective=Objective.minimise(makespan=1)), "lns").status is Status.OPTIMAL


def test_cycles_are_refused_by_name() -> None:
    with pytest.raises(UnsupportedFeatureError, match="lns does not support: cyclic"):
        solve(small_problem("cyclic", 0), "lns")


# --- limits, stops, reproducibility ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "limit"), [(flexible(8, 5), 0.25), (shop(10, 8), 1.0)], ids=["flexible", "job shop"]
)
def test_deterministic_limit_gives_the_same_search(problem: Problem, limit: float) -> None:
    parameters = LnsParameters(step_s=0.05, first_size=10)
    results = [
        LnsSolver(parameters).solve(problem, limits=Limits(deterministic_limit=limit, workers=2), seed=5)
        for _ in range(2)
    ]
    assert results[0].schedule == results[1].schedule
    assert results[0].parameters == results[1].parameters
    assert results[0].parameters["steps"] > 0


def test_time_limit_and_should_stop_are_kept() -> None:
    problem = flexible(12, 6)
    result = solve(problem, "lns", time_limit_s=1)
    assert result.wall_s < 5
    assert "limit reached after" in result.message
    stop = time.perf_counter() + 0.7
    result = solve(problem, "lns", time_limit_s=60, should_stop=lambda: time.perf_counter() > stop)
    assert result.wall_s < 8
    assert result.message.startswith("stopped after")
    result = solve(shop(15, 15), "lns", time_limit_s=60, should_stop=lambda: time.perf_counter() > stop + 1)
    assert result.wall_s < 12


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
@pytest.mark.parametrize("problem", [flexible(12, 6), shop(15, 15)], ids=["flexible", "job shop"])
def test_interrupt_returns_the_incumbent(problem: Problem) -> None:
    timer = threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        result = solve(problem, "lns", time_limit_s=60)
    finally:
        timer.cancel()
    assert result.wall_s < 12
    assert result.schedule is not None
    assert result.message.startswith("interrupted")


def test_errors_in_callbacks_reach_the_caller() -> None:
    def fail(incumbent: Incumbent) -> None:
        raise RuntimeError("from the callback")

    with pytest.raises(RuntimeError, match="from the callback"):
        solve(flexible(6, 4), "lns", time_limit_s=5, on_solution=fail)


@pytest.mark.parametrize(
    "wrong",
    [{"step_s": 0}, {"start_share": 0}, {"start_share": 1.5}, {"first_size": 1}, {"floor": -1}, {"cp_floor": 2}],
)
def test_parameters_are_validated(wrong: dict[str, float]) -> None:
    assert next(iter(wrong)) in refusal(lambda: LnsParameters(**wrong), InputError)  # type: ignore[arg-type]


# --- parts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NEIGHBOURHOODS)
def test_neighbourhoods_name_about_as_many_tasks_as_asked(name: str) -> None:
    rng = np.random.Generator(np.random.Philox(1))
    for problem in (flexible(8, 5), shop(8, 5, total_tardiness=1), small_problem("optional", 1)):
        schedule = solve(problem, "spt").schedule
        assert schedule is not None
        view = View(problem, schedule)
        for size in (2, 10):
            free = NEIGHBOURHOODS[name](view, size, rng)
            assert len(set(free.tolist())) == len(free) > 0
            assert len(free) <= max(size + 4, 12)
            assert ((free >= 0) & (free < len(problem.tasks))).all()


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "cyclic"])
def test_frozen_model_still_holds_the_incumbent(kind: str) -> None:
    for seed in range(12):
        problem = small_problem(kind, seed)
        schedule = CpsatSolver().solve(problem, limits=Limits(20)).schedule
        if schedule is None or problem.objective is None:
            continue
        view = View(problem, schedule)

        def keep_all(model: object, view: View = view) -> None:
            freeze(model, view, np.zeros(0, dtype=np.int64))  # type: ignore[arg-type]

        result = CpsatSolver(adjust=keep_all, warm_start=False).solve(problem, limits=Limits(20))
        # Decisions and order are kept, so the values of all stages can only be as good as they were: optimal.
        assert result.objective == objective_values(problem, schedule), f"{kind} {seed}"


def test_freeze_keeps_order_without_shortcuts() -> None:
    b = ProblemBuilder()
    m = b.unary("m")
    for i in range(6):
        b.task(f"t{i}", 2, on=m)
    b.minimise(makespan=1)
    problem = b.build()
    schedule = Schedule([(i, 0, 2 * i, 2 * i + 2) for i in range(6)])
    model = build_model(problem)
    before = model.num_constraints
    freeze(model, View(problem, schedule), np.array([2]))
    assert model.num_constraints == before + 4  # 0-1, 1-3, 3-4, 4-5


def test_bandit_prefers_what_pays_and_keeps_trying_the_rest() -> None:
    rng = np.random.Generator(np.random.Philox(1))
    bandit = Bandit(["good", "bad"], floor=0.1)
    for _ in range(500):
        arm = bandit.choose(rng)
        bandit.reward(arm, 1.0 if arm == "good" else 0.0, 1.0)
    assert bandit.tries["good"] > 5 * bandit.tries["bad"] > 50
    assert bandit.gains == {"good": bandit.tries["good"], "bad": 0}
    lazy = Bandit(["first", "other"], floor=0.0, untried=["first"])
    assert lazy.choose(rng) == "first"


def test_further_neighbourhoods_and_members_take_part() -> None:
    problem = shop(10, 10, makespan=1)
    calls: list[int] = []

    def own(view: View, size: int, rng: np.random.Generator) -> np.ndarray:
        calls.append(size)
        return np.arange(size)

    limits = Limits(deterministic_limit=0.05)
    good = solve(problem, "tabu", deterministic_limit=0.05).schedule
    assert good is not None
    # The floor makes every neighbourhood as likely as the tabu move.
    solver = LnsSolver(LnsParameters(cp_floor=1.0), extra={"own": own}, members=(good,))
    result = solver.solve(problem, limits=Limits(deterministic_limit=1.5), hint=good)
    assert calls
    assert result.parameters["moves"]["own"][0] == len(calls)
    assert result.objective[0] <= good.makespan
    begun = LnsSolver(members=(good,)).solve(problem, limits=limits)
    assert begun.objective[0] <= good.makespan
