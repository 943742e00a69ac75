"""CP-SAT on the classic job shops: what is proven, and how close the rest comes.

    python benchmarks/jssp_cpsat.py                  # ft06, ft10, la01-40, 60 s, 2 workers: up to 25 minutes
    python benchmarks/jssp_cpsat.py --time-limit 10

Bars at 60 s and two workers: ft06, ft10 and la01-20 proven optimal; la21-40 on average at most 0.3 % above the best
known.
"""

from __future__ import annotations

import argparse
import platform

from jssp.adapter import to_problem
from jssp.bounds import bounds, engine_bounds, engine_source, gap
from jssp.standard import standard_instance
from schedcore.check import check
from schedcore.solvers import get_solver
from schedcore.solvers.protocol import Limits, Status

PROVEN = ("ft06", "ft10", *(f"la{i:02}" for i in range(1, 21)))
CLOSE = tuple(f"la{i}" for i in range(21, 41))
BAR_PERCENT = 0.3


def _verdict(good: bool, standard: bool) -> str:
    return ("met" if good else "missed") if standard else "not judged, other conditions"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--solver", default="cpsat")
    options = parser.parse_args()
    limits = Limits(time_limit_s=options.time_limit, workers=options.workers)
    print(f"{platform.processor() or platform.machine()}; {options.solver}, {limits.time_limit_s:g} s", end=", ")
    print(f"{limits.workers} workers, seed {options.seed}")
    proven, gaps, reference = 0, [], []
    for name in (*PROVEN, *CLOSE):
        problem = to_problem(standard_instance(name))
        result = get_solver(options.solver).solve(problem, limits=limits, seed=options.seed)
        if result.schedule is None or not check(problem, result.schedule).ok:
            raise SystemExit(f"{options.solver} gave no feasible schedule for {name}")
        makespan = result.schedule.makespan
        print(
            f"{name:>5} {makespan:>5} {result.status:>9} {result.wall_s:6.1f} s  best known {bounds(name).upper}",
            flush=True,
        )
        proven += name in PROVEN and result.status is Status.OPTIMAL and makespan == bounds(name).upper
        if name in CLOSE:
            gaps.append(gap(makespan, name))
            reference.append(gap(engine_bounds(name, "cpsat")[1] or makespan, name))
    standard = (options.time_limit, options.workers, options.solver) == (60.0, 2, "cpsat")
    verdict = _verdict(proven == len(PROVEN), standard)
    print(f"proven: {proven} of {len(PROVEN)}; bar {len(PROVEN)}: {verdict}")
    mean = sum(gaps) / len(gaps)
    verdict = _verdict(mean <= BAR_PERCENT, standard)
    print(f"la21-40: mean gap {mean:.3f} %; bar {BAR_PERCENT} %: {verdict}")
    print(f"CP-SAT 9.15 after 600 s on 4 cores: {sum(reference) / len(reference):.3f} %. {engine_source()}")


if __name__ == "__main__":
    main()
