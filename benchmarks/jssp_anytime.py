"""Policy and search together beside CP-SAT, by the time that has passed.

    python benchmarks/jssp_anytime.py                      # 42 instances, three methods, 60 s each: about two hours
    python benchmarks/jssp_anytime.py --time-limit 10 --instances ta41,dmu41

Every method makes one run per instance, from the instance in memory; what it has after 1, 5, 10 and 60 s counts, and
as long as it has nothing, the makespan of the rule MWKR.  The methods are CP-SAT, CP-SAT with the schedule of MWKR as
a complete hint, and ``hybrid``: the learned dispatcher's schedules, improved by neighbourhood search.  Bars: the mean
gap of ``hybrid`` is the least of the three at 1, 5 and 10 s, and not above CP-SAT's at 60 s.  Schedules are checked.
Runs are written to a file at once; a second call continues where the first one stopped.  All methods solve a small
shop first, so that no compilation counts.
"""

from __future__ import annotations

import argparse
import csv
import platform
import time
from pathlib import Path

import numpy as np

from jssp.adapter import to_problem, to_schedule
from jssp.bounds import gap
from jssp.instance import JobShopInstance
from jssp.learn.ours.hybrid import HybridSolver
from jssp.rules import dispatch
from jssp.standard import require_name, size_class, standard_instance
from schedcore.check import check
from schedcore.errors import SchedError
from schedcore.solvers.cpsat.solver import CpsatSolver
from schedcore.solvers.protocol import Incumbent, Limits, Solver

# Two of each of 21 classes; of Demirkol's one of each half.
INSTANCES = (
    *(f"ta{i + k:02}" for i in range(1, 80, 10) for k in (0, 1)),
    *(f"dmu{i + k:02}" for i in range(1, 41, 5) for k in (0, 40)),
    *("orb01", "orb02", "swv01", "swv02", "swv06", "swv07", "swv11", "swv12", "yn1", "yn2"),
)
METHODS = ("cpsat", "cpsat+mwkr", "hybrid")
MOMENTS = (1.0, 5.0, 10.0, 60.0)
FIELDS = ("instance", "method", "seed", "time_limit_s", "workers", "moment_s", "makespan")
STANDARD = (60.0, 2)  # seconds and workers: the bars hold under these alone

Key = tuple[str, str, int, float, int]


def mwkr_of(instance: JobShopInstance) -> np.ndarray:
    """Start times of the rule."""
    return dispatch(instance, "mwkr")


def run_one(name: str, method: str, seed: int, limits: Limits) -> dict[float, int]:
    """Makespan by moment of one run."""
    instance = standard_instance(name)
    fallback = instance.makespan(mwkr_of(instance))
    solver: Solver = HybridSolver() if method == "hybrid" else CpsatSolver()
    seen: list[tuple[float, int]] = []
    began = time.perf_counter()

    def note(incumbent: Incumbent) -> None:
        seen.append((time.perf_counter() - began, incumbent.objective[0]))

    problem = to_problem(instance)
    hint = to_schedule(instance, mwkr_of(instance)) if method == "cpsat+mwkr" else None
    left = limits.time_limit_s - (time.perf_counter() - began)
    result = solver.solve(problem, limits=Limits(left, workers=limits.workers), seed=seed, hint=hint, on_solution=note)
    if result.schedule is not None:
        report = check(problem, result.schedule)
        if not report.ok:
            raise SystemExit(f"{method} gave an infeasible schedule for {name}: {report.violations[0].message}")
        # What was found by the end of the limit; the callback may come a moment late.
        seen.append((min(time.perf_counter() - began, limits.time_limit_s), result.schedule.makespan))
    moments = [moment for moment in MOMENTS if moment <= limits.time_limit_s] or [limits.time_limit_s]
    return {moment: min([value for at, value in seen if at <= moment], default=fallback) for moment in moments}


def read_done(path: Path) -> dict[Key, dict[float, int]]:
    """The runs that the file already has."""
    done: dict[Key, dict[float, int]] = {}
    if path.exists():
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                key = (
                    row["instance"],
                    row["method"],
                    int(row["seed"]),
                    float(row["time_limit_s"]),
                    int(row["workers"]),
                )
                done.setdefault(key, {})[float(row["moment_s"])] = int(row["makespan"])
    return done


def append(path: Path, key: Key, values: dict[float, int]) -> None:
    """Add one run to the file."""
    new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(FIELDS)
        for moment, value in values.items():
            writer.writerow([*key, moment, value])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--instances", default=",".join(INSTANCES))
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks/jssp_anytime.csv"))
    options = parser.parse_args()
    try:
        names = [require_name(name) for name in options.instances.split(",")]
        limits = Limits(time_limit_s=options.time_limit, workers=options.workers)
    except SchedError as error:
        parser.error(str(error))
    print(f"{platform.processor() or platform.machine()}; {limits.time_limit_s:g} s, {limits.workers} workers")
    for method in METHODS:
        run_one("la01", method, 0, Limits(3.0, workers=limits.workers))
    done = read_done(options.out)
    table: dict[tuple[str, float], list[float]] = {}
    for name in names:
        for method in METHODS:
            key = (name, method, options.seed, limits.time_limit_s, limits.workers)
            if key not in done:
                done[key] = run_one(name, method, options.seed, limits)
                append(options.out, key, done[key])
            for moment, value in done[key].items():
                table.setdefault((method, moment), []).append(gap(value, name))
        shown = "   ".join(
            f"{method} " + " ".join(f"{table[method, moment][-1]:5.1f}" for moment in done[key]) for method in METHODS
        )
        print(
            f"{name:>6} ({size_class(name)})  gap in % at {', '.join(f'{m:g}' for m in done[key])} s:  {shown}",
            flush=True,
        )
    summary(table, standard=(limits.time_limit_s, limits.workers) == STANDARD and tuple(names) == INSTANCES)


def summary(table: dict[tuple[str, float], list[float]], *, standard: bool) -> None:
    """Mean gap by method and moment, and the bars."""
    moments = sorted({moment for _, moment in table})
    means = {key: float(np.mean(values)) for key, values in table.items()}
    for method in METHODS:
        cells = "  ".join(f"{means[method, moment]:6.2f} % at {moment:g} s" for moment in moments)
        print(f"{method:>12}: mean gap to best known  {cells}")
    for moment in moments:
        others = min(means["cpsat", moment], means["cpsat+mwkr", moment])
        difference = np.array(table["hybrid", moment]) - np.array(table["cpsat", moment])
        error = 1.96 * difference.std(ddof=1) / np.sqrt(len(difference)) if len(difference) > 1 else float("nan")
        bar = means["hybrid", moment] <= means["cpsat", moment] if moment >= 60 else means["hybrid", moment] < others
        verdict = ("met" if bar else "missed") if standard else "not judged, other conditions"
        print(
            f"at {moment:g} s: hybrid minus cpsat {difference.mean():+.2f} ± {error:.2f} points (95 %); bar: {verdict}"
        )


if __name__ == "__main__":
    main()
