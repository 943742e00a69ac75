"""F1: the size of our CP-SAT model of a job shop and the time to build it, beside a lean model and PyJobShop.

    python benchmarks/core_cpsat_model.py

The lean model is written by hand against OR-Tools: a start per operation, an interval per operation, a precedence per
pair, a no-overlap per machine, one maximum.  Ours starts from a ``Problem`` and is the general backend.  Times are the
best of several runs in turn; PyJobShop's includes its ``ProblemData``.  Bars: at most 1.2 times the variables and the
constraints of the lean model at every size, and 50 ms at 100 x 20.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from typing import Any

from _machine import figure, machine

from schedcore.model import Demand, Mode, Objective, Problem, Task, TimeLag, Unary
from schedcore.solvers.cpsat import build_model

Jobs = list[list[tuple[int, int]]]
SIZES = ((15, 15), (50, 15), (100, 20))
BAR_RATIO, BAR_MS = 1.2, 50.0


def random_jobs(jobs: int, machines: int) -> Jobs:
    """Durations 1 to 99, every job in a random order over all machines."""
    rng = random.Random(f"{jobs}x{machines}")
    return [[(m, rng.randint(1, 99)) for m in rng.sample(range(machines), machines)] for _ in range(jobs)]


def to_problem(jobs: Jobs) -> Problem:
    """The job shop as a problem."""
    tasks, lags = [], []
    for j, row in enumerate(jobs):
        for k, (m, duration) in enumerate(row):
            tasks.append(Task(f"{j}.{k}", (Mode(duration, (Demand(m),)),), job=j))
            if k:
                lags.append(TimeLag(len(tasks) - 2, len(tasks) - 1))
    resources = tuple(Unary(f"m{m}") for m in range(len(jobs[0])))
    names = tuple(f"j{j}" for j in range(len(jobs)))
    return Problem("shop", resources, tuple(tasks), names, tuple(lags), objective=Objective.minimise(makespan=1))


def lean(jobs: Jobs) -> Any:
    """The hand-written model."""
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    horizon = sum(d for row in jobs for _, d in row)
    on: list[list[Any]] = [[] for _ in jobs[0]]
    ends = []
    for row in jobs:
        before = None
        for m, duration in row:
            start = model.new_int_var(0, horizon, "")
            on[m].append(model.new_fixed_size_interval_var(start, duration, ""))
            if before is not None:
                model.add(start >= before)
            before = start + duration
        ends.append(before)
    for intervals in on:
        model.add_no_overlap(intervals)
    makespan = model.new_int_var(0, horizon, "")
    model.add_max_equality(makespan, ends)
    model.minimize(makespan)
    return model


def pyjobshop(jobs: Jobs) -> Any:
    """PyJobShop's CP-SAT model."""
    from pyjobshop import Model
    from pyjobshop.solvers.ortools.CPModel import CPModel

    model = Model()
    machines = [model.add_machine() for _ in jobs[0]]
    for row in jobs:
        job, before = model.add_job(), None
        for m, duration in row:
            task = model.add_task(job=job)
            model.add_mode(task, machines[m], duration)
            if before is not None:
                model.add_end_before_start(before, task)
            before = task
    model.set_objective(weight_makespan=1)
    return CPModel(model.data()).model


def size_of(model: Any) -> tuple[int, int]:
    """Variables and constraints."""
    return len(model.proto.variables), len(model.proto.constraints)


def best_ms(build: Callable[[], object], runs: int) -> float:
    """Least time of ``runs`` calls, in milliseconds."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        build()
        times.append(1000 * (time.perf_counter() - began))
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    print(machine())
    print(f"{'size':>8} {'':>10} {'variables':>10} {'constraints':>12} {'ms':>8}")
    worst, ours_ms = 0.0, 0.0
    for jobs_count, machines_count in SIZES:
        jobs = random_jobs(jobs_count, machines_count)
        problem = to_problem(jobs)
        builders: dict[str, Callable[[], Any]] = {
            "ours": lambda problem=problem: build_model(problem.replace()).model,
            "lean": lambda jobs=jobs: lean(jobs),
            "PyJobShop": lambda jobs=jobs: pyjobshop(jobs),
        }
        sizes = {}
        for name, build in builders.items():
            sizes[name] = size_of(build())
            if name == "ours":
                # A fresh copy each time, so that nothing is cached; copying itself is not part of building.
                copies = [problem.replace() for _ in range(options.runs)]
                elapsed = best_ms(lambda copies=copies: build_model(copies.pop()), options.runs)
                ours_ms = elapsed
            else:
                elapsed = best_ms(build, options.runs)
            variables, constraints = sizes[name]
            size = f"{jobs_count}x{machines_count}"
            print(f"{size:>8} {name:>10} {variables:>10} {constraints:>12} {elapsed:8.1f}")
        worst = max(worst, *(a / b for a, b in zip(sizes["ours"], sizes["lean"], strict=True)))
    print(figure("F1", "variables or constraints, ours / lean, worst", f"{worst:.3f}", "<= 1.2", worst <= BAR_RATIO))
    print(figure("F1", "Problem to CP-SAT model at 100x20", f"{ours_ms:.1f} ms", "<= 50 ms", ours_ms <= BAR_MS))


if __name__ == "__main__":
    main()
