"""CP-SAT on projects and a flexible job shop from files: the optima found beside the proven ones.

    python benchmarks/jssp_projects.py --data-dir FOLDER      # 48 projects of PSPLIB's set j30, and mk01: 10 s each
    python benchmarks/jssp_projects.py --instances mk01 j30_1_1

The files (``j30_1_1.rcp``, ``mk01.txt``) are not part of the project: they are searched in ``--data-dir``, the folders
of ``SCHED_DATA_DIR``, and ``../shared/data`` beside the project where that exists; in each also one folder down.
The count that matters: makespans equal to the proven optima of ``jssp.bounds`` (within them where a gap is open). How
many of them the run proves itself within its time is printed too.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from _machine import figure, machine

from jssp.bounds import bounded_names, bounds
from jssp.data_path import find_file, search_path
from jssp.domain import load
from schedcore.check import check
from schedcore.solvers import get_solver
from schedcore.solvers.protocol import Limits, Status

PROJECTS = tuple(name for name in bounded_names() if name.startswith("j30_"))
SHARED = Path(__file__).resolve().parents[2] / "shared" / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", action="append", default=[], type=Path, metavar="FOLDER")
    parser.add_argument("--instances", nargs="+", default=[*PROJECTS, "mk01"], metavar="NAME")
    parser.add_argument("--time-limit", type=float, default=10.0, metavar="SECONDS")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    folders = search_path([*options.data_dir, *([SHARED] if SHARED.is_dir() else [])])
    missing = [name for name in options.instances if find_file(name, folders) is None]
    if missing:
        raise SystemExit(f"no file of {', '.join(missing)} in the data folders; give --data-dir or SCHED_DATA_DIR")
    limits = Limits(time_limit_s=options.time_limit, workers=options.workers)
    print(machine())
    print(f"cpsat, {limits.time_limit_s:g} s, {limits.workers} workers, seed {options.seed}")
    solver = get_solver("cpsat")
    within = proven = 0
    for name in options.instances:
        problem = load(name, folders).problem
        result = solver.solve(problem, limits=limits, seed=options.seed)
        if result.schedule is None or not check(problem, result.schedule).ok:
            raise SystemExit(f"cpsat gave no feasible schedule for {name}")
        makespan, known = result.schedule.makespan, bounds(name)
        reached = known.lower <= makespan <= known.upper
        within += reached
        proven += reached and result.status is Status.OPTIMAL
        print(
            f"{name:>8} {makespan:>5} {result.status:>9} {result.wall_s:6.2f} s  proven {known.upper:>4}"
            f"  {'within' if reached else 'MISSED'}",
            flush=True,
        )
    count = len(options.instances)
    print(figure("", "makespans at the proven optimum", f"{within} of {count}", f"{count}", within == count))
    print(f"proven optimal by this run too: {proven} of {count}")


if __name__ == "__main__":
    main()
