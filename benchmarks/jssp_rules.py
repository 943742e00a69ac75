"""Speed of the non-delay rules: the compiled loop beside a plain Python version, in one run.

    python benchmarks/jssp_rules.py

Instances are generated here (Taillard's generator; the seeds are printed).  The ratio is the figure to compare between
machines; times stand with the machine they were taken on.  Bar: one rule on a shop of the size of ta10 (15x15) in at
most 2.6 ms and of ta80 (100x20) in at most 83 ms, single-threaded: what the README of cp-scheduling 0.9 states for one
SPT episode of its compiled environment.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable

from jssp import RULES, dispatch, dispatch_many
from jssp.generators import new_taillard
from jssp.rules import dispatch_plain

SIZES = ((15, 15, 2.6), (30, 20, None), (100, 20, 83.0))
SEEDS = range(1, 11)


def best_of(run: Callable[[], object], repeats: int = 3) -> float:
    """Smallest wall time of ``run`` in seconds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> None:
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}, one thread")
    print(f"shops taillard:JxM:S with seeds S = {SEEDS.start} ... {SEEDS.stop - 1}; milliseconds per shop and rule")
    print(f"{'size':>7} {'rule':>5} {'plain':>9} {'one':>8} {'batch':>8} {'ratio':>7} {'bar':>6}")
    for jobs, machines, bar in SIZES:
        shops = [new_taillard(jobs, machines, seed) for seed in SEEDS]
        for rule in RULES:
            if not all((dispatch(shop, rule) == dispatch_plain(shop, rule)).all() for shop in shops[:2]):
                raise SystemExit(f"{rule} differs from its plain definition on {jobs}x{machines}")
            plain = best_of(lambda: [dispatch_plain(shop, rule) for shop in shops], 1) / len(shops)  # noqa: B023
            single = best_of(lambda: [dispatch(shop, rule) for shop in shops]) / len(shops)  # noqa: B023
            batch = best_of(lambda: dispatch_many(shops, rule)) / len(shops)  # noqa: B023
            verdict = "" if bar is None else ("met" if single * 1e3 <= bar else "missed")
            print(
                f"{jobs:>4}x{machines:<2} {rule:>5} {plain * 1e3:9.3f} {single * 1e3:8.3f} {batch * 1e3:8.3f} "
                f"{plain / batch:7.0f} {'' if bar is None else bar:>6} {verdict}"
            )


if __name__ == "__main__":
    main()
