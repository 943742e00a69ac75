"""Neighbourhood search beside plain CP-SAT on hard job shops, at equal time.

    python benchmarks/jssp_lns.py                    # 20 instances, 3 seeds, 60 s, 2 workers: about two hours
    python benchmarks/jssp_lns.py --time-limit 5 --seeds 1 --instances ta41,dmu41

Bar: at 60 s on two workers at least 1.5 % below CP-SAT on the mean of ta41-50, dmu41-45 and swv06-10.  Every run is
checked, and written to a file at once; a second call continues where the first one stopped.  Both methods solve a
small shop first, so that no compilation counts.  Beside ours stand the makespans of three solvers after 600 s on four
cores of another machine (source and date are printed).
"""

from __future__ import annotations

import argparse
import csv
import platform
from pathlib import Path

from jssp.adapter import to_problem
from jssp.bounds import ENGINES, bounds, engine_bounds, engine_source
from jssp.standard import require_name, standard_instance
from schedcore.check import check
from schedcore.errors import SchedError
from schedcore.solvers import get_solver
from schedcore.solvers.protocol import Limits

INSTANCES = (
    *(f"ta{i}" for i in range(41, 51)),
    *(f"dmu{i}" for i in range(41, 46)),
    *(f"swv{i:02}" for i in range(6, 11)),
)
METHODS = ("cpsat", "lns")
FIELDS = ("instance", "method", "seed", "time_limit_s", "workers", "makespan", "wall_s")
BAR_PERCENT = 1.5
STANDARD = (60.0, 2, 3)  # seconds, workers, seeds: the bar holds under these alone
TITLES = {"cpsat": "CP-SAT 9.15", "cpo": "CPO 22.1", "optalcp": "OptalCP 2026.4"}

Key = tuple[str, str, int, float, int]


def read_done(path: Path) -> dict[Key, int]:
    """Makespans of the runs that the file already has."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8") as file:
        return {
            (row["instance"], row["method"], int(row["seed"]), float(row["time_limit_s"]), int(row["workers"])): int(
                row["makespan"]
            )
            for row in csv.DictReader(file)
        }


def append(path: Path, row: dict[str, object]) -> None:
    """Add one run to the file."""
    new = not path.exists()
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        if new:
            writer.writeheader()
        writer.writerow(row)


def run_one(name: str, method: str, seed: int, limits: Limits) -> dict[str, object]:
    """Solve one instance once; the schedule must be feasible."""
    problem = to_problem(standard_instance(name))
    result = get_solver(method).solve(problem, limits=limits, seed=seed)
    if result.schedule is None:
        raise SystemExit(f"{method} found no schedule for {name} in {limits.time_limit_s:g} s: {result.message}")
    report = check(problem, result.schedule)
    if not report.ok:
        raise SystemExit(f"{method} gave an infeasible schedule for {name}: {report.violations[0].message}")
    return {
        "instance": name,
        "method": method,
        "seed": seed,
        "time_limit_s": limits.time_limit_s,
        "workers": limits.workers,
        "makespan": result.schedule.makespan,
        "wall_s": round(result.wall_s, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--time-limit", type=float, default=60.0, metavar="SECONDS")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--instances", default=",".join(INSTANCES))
    parser.add_argument("--out", type=Path, default=Path("runs/benchmarks/jssp_lns.csv"))
    options = parser.parse_args()
    try:
        names = [require_name(name) for name in options.instances.split(",")]
        limits = Limits(time_limit_s=options.time_limit, workers=options.workers)
    except SchedError as error:
        parser.error(str(error))
    print(f"{platform.processor() or platform.machine()}; {limits.time_limit_s:g} s, {limits.workers} workers")
    for method in METHODS:
        get_solver(method).solve(to_problem(standard_instance("ft06")), limits=Limits(1.0, workers=limits.workers))
    done = read_done(options.out)
    found: dict[tuple[str, str], list[int]] = {}
    for name in names:
        for seed in range(options.seeds):
            for method in METHODS:
                key = (name, method, seed, limits.time_limit_s, limits.workers)
                if key not in done:
                    row = run_one(name, method, seed, limits)
                    append(options.out, row)
                    done[key] = int(str(row["makespan"]))
                found.setdefault((name, method), []).append(done[key])
        print_row(name, found)
    conditions = (limits.time_limit_s, limits.workers, options.seeds)
    summary(names, found, standard=conditions == STANDARD and tuple(names) == INSTANCES)


def print_row(name: str, found: dict[tuple[str, str], list[int]]) -> None:
    """The makespans of one instance: ours per seed, and those of the others."""
    ours = "  ".join(f"{method} {' '.join(map(str, found[name, method]))}" for method in METHODS)
    others = ", ".join(f"{TITLES[engine]} {engine_bounds(name, engine)[1]}" for engine in ENGINES)
    print(f"{name:>6}  best known {bounds(name).upper}  {ours}  | 600 s, 4 cores: {others}", flush=True)


def summary(names: list[str], found: dict[tuple[str, str], list[int]], *, standard: bool) -> None:
    """Mean makespans, mean gaps, and the difference beside the bar."""

    def mean(values: list[float]) -> float:
        return sum(values) / len(values)

    means = {method: mean([mean([float(v) for v in found[name, method]]) for name in names]) for method in METHODS}
    for method in METHODS:
        gaps = mean([100 * (mean([float(v) for v in found[name, method]]) / bounds(name).upper - 1) for name in names])
        print(f"{method:>14}: mean makespan {means[method]:.1f}, mean gap to best known {gaps:.2f} %")
    for engine in ENGINES:
        uppers = [float(engine_bounds(name, engine)[1] or 0) for name in names]
        gaps = mean([100 * (upper / bounds(name).upper - 1) for upper, name in zip(uppers, names)])
        print(f"{TITLES[engine]:>14}: mean makespan {mean(uppers):.1f}, mean gap to best known {gaps:.2f} %  (600 s)")
    better = 100 * (1 - means["lns"] / means["cpsat"])
    verdict = ("met" if better >= BAR_PERCENT else "missed") if standard else "not judged, other conditions"
    print(f"lns is {better:.2f} % below cpsat on the mean makespan; bar {BAR_PERCENT} %: {verdict}")
    print(engine_source())


if __name__ == "__main__":
    main()
