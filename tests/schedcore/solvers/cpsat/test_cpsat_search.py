"""How a solve runs: limits, callbacks, stops, reproducible results."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from support.refusals import refusal

from schedcore.errors import InputError, ViolationError
from schedcore.model import Problem, ProblemBuilder, Schedule
from schedcore.solvers import Incumbent, Limits, Status, solve
from schedcore.solvers.cpsat import CpsatSolver
from schedcore.solvers.support import verify

SHOP = """
import random
from schedcore.model import Demand, Mode, Objective, Problem, Task, TimeLag, Unary

def shop(jobs, machines, seed=1):
    rng = random.Random(seed)
    tasks, lags = [], []
    for j in range(jobs):
        for k, m in enumerate(rng.sample(range(machines), machines)):
            tasks.append(Task(f"{j}.{k}", (Mode(rng.randint(1, 99), (Demand(m),)),), job=j))
            if k:
                lags.append(TimeLag(len(tasks) - 2, len(tasks) - 1))
    return Problem(
        "shop", tuple(Unary(f"m{m}") for m in range(machines)), tuple(tasks),
        tuple(f"j{j}" for j in range(jobs)), tuple(lags), objective=Objective.minimise(makespan=1),
    )
"""


def shop(jobs: int, machines: int) -> Problem:
    names: dict[str, object] = {}
    exec(SHOP, names)
    made = names["shop"](jobs, machines)  # type: ignore[operator]
    assert isinstance(made, Problem)
    return made


def test_incumbents_are_reported_in_the_callers_thread_and_improve() -> None:
    seen: list[Incumbent] = []
    threads = set()

    def note(incumbent: Incumbent) -> None:
        seen.append(incumbent)
        threads.add(threading.current_thread())

    result = solve(shop(8, 8), "cpsat", time_limit_s=20, on_solution=note)
    assert threads == {threading.current_thread()}
    values = [i.objective[0] for i in seen]
    assert values == sorted(values, reverse=True)
    assert seen[-1].schedule == result.schedule
    assert seen[-1].objective == result.objective
    assert all(i.bound is not None and i.bound <= result.objective[0] for i in seen)


def test_should_stop_ends_the_solve_with_the_incumbent() -> None:
    seen: list[Incumbent] = []
    began = time.perf_counter()
    result = solve(shop(30, 15), "cpsat", time_limit_s=60, on_solution=seen.append, should_stop=lambda: bool(seen))
    assert time.perf_counter() - began < 20
    assert result.status is Status.FEASIBLE
    assert result.message == "stopped before optimality was proven"
    assert result.schedule is not None


def test_stop_before_the_first_schedule() -> None:
    result = CpsatSolver(warm_start=False).solve(shop(40, 20), limits=Limits(60), should_stop=lambda: True)
    assert result.status in (Status.UNKNOWN, Status.FEASIBLE)
    if result.schedule is None:
        assert result.message == "stopped before a schedule was found"


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_interrupt_returns_the_incumbent() -> None:
    seen: list[Incumbent] = []

    def interrupt(incumbent: Incumbent) -> None:
        if not seen:
            threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        seen.append(incumbent)

    result = solve(shop(30, 15), "cpsat", time_limit_s=60, on_solution=interrupt)
    assert result.status is Status.FEASIBLE
    assert result.message == "interrupted before optimality was proven"
    assert result.schedule == seen[-1].schedule or result.value <= seen[-1].objective[0]  # type: ignore[operator]


def test_errors_in_callbacks_reach_the_caller() -> None:
    def fail(incumbent: Incumbent) -> None:
        raise RuntimeError("from the callback")

    with pytest.raises(RuntimeError, match="from the callback"):
        solve(shop(6, 6), "cpsat", on_solution=fail)


def test_time_limit_is_kept() -> None:
    result = solve(shop(30, 15), "cpsat", time_limit_s=1)
    assert result.status in (Status.FEASIBLE, Status.UNKNOWN)
    assert result.wall_s < 6
    assert result.message.startswith("limit reached")


def test_stage_that_runs_out_of_time_is_named() -> None:
    problem = shop(30, 15)
    from schedcore.model import Objective

    problem = problem.replace(objective=Objective.lexicographic({"makespan": 1}, {"total_start": 1}))
    result = solve(problem, "cpsat", time_limit_s=2)
    if result.schedule is not None:
        assert result.message == "limit reached in stage 1 before optimality was proven"
        assert len(result.objective) == 2


PROGRAM = (
    SHOP
    + """
import sys
from schedcore.model import canonical_json, schedule_to_dict
from schedcore.solvers import solve
solver, workers, limit, seed = sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
problem = shop(12, 10)
result = solve(problem, solver, deterministic_limit=limit, workers=workers, seed=seed)
sys.stdout.write(canonical_json(schedule_to_dict(result.schedule, problem)))
"""
)


def fresh_process(*arguments: object) -> str:
    """Digest of the schedule that a process of its own prints."""
    environment = {**os.environ, "PYTHONHASHSEED": "random"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *map(str, arguments)], capture_output=True, check=True, env=environment
    )
    assert done.stdout
    return hashlib.sha256(done.stdout).hexdigest()


def test_deterministic_limit_gives_identical_bytes_in_fresh_processes() -> None:
    assert len({fresh_process("cpsat", 1, 0.3, 7) for _ in range(3)}) == 1


def test_a_wrong_schedule_is_a_loud_bug() -> None:
    b = ProblemBuilder("pair")
    m = b.unary("m")
    b.task("a", 3, on=m)
    b.task("c", 3, on=m)
    text = refusal(lambda: verify("mine", b.build(), Schedule([(0, 0, 0, 3), (1, 0, 2, 5)])), ViolationError)
    assert "the schedule of solver 'mine' breaks rules (1 x OVERLAP)" in text


def test_limits_are_validated() -> None:
    for call in (
        lambda: Limits(time_limit_s=0),
        lambda: Limits(deterministic_limit=-1),
        lambda: Limits(workers=0),
    ):
        refusal(call, InputError)
