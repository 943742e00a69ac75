"""Time and size of the plots of a schedule with 100,000 placements.

    python benchmarks/core_plot.py [--jobs 1000] [--machines 100] [--out DIR]

The bars are the project's own: a few seconds, a few megabytes.  ``--out`` keeps the files, to look at them.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from _machine import figure, machine

from schedcore.model import Problem, ProblemBuilder, Schedule
from schedcore.plot import plot_schedule

BARS = {".png": (5.0, 5.0), ".svg": (5.0, 5.0), ".html": (5.0, 6.0), ".json": (10.0, 30.0)}
"""Seconds and megabytes allowed for 100,000 placements."""


def job_shop(jobs: int, machines: int, seed: int = 1) -> tuple[Problem, Schedule]:
    """A random job shop and the schedule of its operations in a random order, each as early as possible."""
    rng = np.random.default_rng(seed)
    b = ProblemBuilder(f"random {jobs} x {machines}")
    resources = [b.unary(f"machine {k}") for k in range(machines)]
    routes = [rng.permutation(machines) for _ in range(jobs)]
    durations = rng.integers(1, 100, size=(jobs, machines))
    for j in range(jobs):
        job = b.job(f"job {j}")
        for i in range(machines):
            b.task(f"job {j} op {i}", int(durations[j, i]), on=resources[int(routes[j][i])], job=job)
    free, ready, done = [0] * machines, [0] * jobs, [0] * jobs
    rows = []
    for j in rng.permutation(np.repeat(np.arange(jobs), machines)).tolist():
        i = done[j]
        machine, duration = int(routes[j][i]), int(durations[j, i])
        start = max(free[machine], ready[j])
        rows.append((j * machines + i, 0, start, start + duration))
        free[machine] = ready[j] = start + duration
        done[j] += 1
    return b.build(), Schedule(rows)


def main() -> int:
    """Print the figures; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--machines", type=int, default=100)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    problem, schedule = job_shop(options.jobs, options.machines)
    _ = problem.arrays
    missed = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.out or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        plot_schedule(*job_shop(2, 2), folder / "warm.png")  # loading matplotlib is not what is measured
        (folder / "warm.png").unlink()
        print(machine())
        print(f"{len(schedule):,} placements")
        for kind, suffix in (("gantt", ".png"), ("tasks", ".png"), *(("gantt", s) for s in (".svg", ".html", ".json"))):
            begin = time.perf_counter()
            path = plot_schedule(problem, schedule, folder / f"{kind}{suffix}", kind)
            seconds, size = time.perf_counter() - begin, path.stat().st_size / 1e6
            most_seconds, most_size = BARS[suffix]
            for quantity, ours, most, unit in (("time", seconds, most_seconds, "s"), ("size", size, most_size, "MB")):
                missed += ours > most
                print(
                    figure(
                        "-", f"{kind} {suffix}, {quantity}", f"{ours:.2f} {unit}", f"<= {most:g} {unit}", ours <= most
                    )
                )
    return int(missed > 0)


if __name__ == "__main__":
    raise SystemExit(main())
