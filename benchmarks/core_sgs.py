"""Bar F4, list scheduling: placements per second from ``Problem`` to ``Schedule``.

    python benchmarks/core_sgs.py [--repeat N] [--seed S]

One core; wall time is judged, processor time stands beside it for machines that do other work.  The
problem's flat arrays are thrown away before every run, so flattening counts; rule keys are
computed before, compilation is not counted (printed apart).  The instances are generated from the seed:
job shops after Taillard, and ``everything``: ten tasks per job over all kinds of resources with every
feature of plain problems (see ``_list_instances.py``), once without and once with maximum lags.
Every schedule is checked.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time

from _list_instances import everything, job_shop
from _machine import figure, machine

from schedcore.check import check
from schedcore.executor.sgs import Failure, ListScheduler, keys_of
from schedcore.model import ALL_FEATURES, Problem, Schedule

PLAIN_BAR, FULL_BAR = 500_000, 80_000


def timed(problem: Problem, rule: str, repeat: int) -> tuple[float, float, Schedule]:
    """Median wall and processor seconds of one schedule, and the schedule."""
    keys, seconds, busy = keys_of(problem, rule), [], []
    schedule: Schedule | Failure = Schedule()
    for _ in range(repeat):
        problem.__dict__.pop("arrays", None)
        began, worked = time.perf_counter(), time.process_time()
        schedule = ListScheduler(problem).serial(keys)
        seconds.append(time.perf_counter() - began)
        busy.append(time.process_time() - worked)
    if isinstance(schedule, Failure):
        raise schedule.error(problem)
    report = check(problem, schedule)
    assert report.ok, report.violations[:3]
    return statistics.median(seconds), statistics.median(busy), schedule


def show(name: str, problem: Problem, rule: str, repeat: int, bar: int | None) -> bool:
    """Measure and print one line."""
    seconds, busy, schedule = timed(problem, rule, repeat)
    rate = len(schedule) / seconds
    quantity = f"{name}, {rule}: {seconds * 1e3:.1f} ms (processor {busy * 1e3:.1f} ms)"
    if bar is None:
        print(f"     {quantity:<58} {rate:>12,.0f}/s   (no bar)")
        return True
    print(figure("F4", quantity, f"{rate:,.0f}/s", f">= {bar:,}/s", rate >= bar))
    return rate >= bar


def main() -> int:
    """Print the figures; 1 if a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(machine())
    began = time.perf_counter()
    timed(job_shop(5, 5, 0), "spt", 1)
    timed(everything(20, 0), "edd", 1)
    print(f"first calls (compilation, or loading it from the cache): {time.perf_counter() - began:.1f} s")
    good = True
    for jobs, machines in ((100, 20), (1000, 20), (5000, 20)):
        problem = job_shop(jobs, machines, options.seed)
        for rule in ("mwkr", "spt", "random"):
            good &= show(f"plain {jobs} x {machines}", problem, rule, options.repeat, PLAIN_BAR)
    full = everything(200, options.seed)
    off = sorted(f for f in ALL_FEATURES - full.features() if not f.startswith("objective:"))
    print(f"features that 'everything' leaves out: {', '.join(off)}")
    for jobs in (200, 1000):
        for rule in ("edd", "fifo", "cp"):
            good &= show(f"everything {jobs}", everything(jobs, options.seed), rule, options.repeat, FULL_BAR)
    print("with maximum lags, repairs included:")
    for rule in ("edd", "fifo", "cp"):
        problem = everything(200, options.seed, max_lags=True)
        show("everything 200 + max_lag", problem, rule, min(3, options.repeat), None)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
