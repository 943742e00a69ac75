"""Bar F6: the same seed gives byte-identical schedules in three fresh processes, with deterministic limits.

    python benchmarks/core_determinism.py [--units 1.0] [--seed 7]

CP-SAT and the searches end by their own deterministic time, not by the clock; list scheduling by its passes.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from _machine import figure, machine

PROGRAM = """
import hashlib, sys
from jssp.adapter import to_problem
from jssp.domain import load
from schedcore.model import canonical_json, schedule_to_dict
from schedcore.solvers import solve
name, solver, units, seed = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
problem = load(name, []).problem
result = solve(problem, solver, time_limit_s=600, deterministic_limit=units, workers=1, seed=seed)
text = canonical_json(schedule_to_dict(result.schedule, problem))
print(hashlib.sha256(text.encode()).hexdigest(), result.value)
"""
CASES = (
    ("ta01", "cpsat"),
    ("ta01", "lns"),
    ("ta01", "tabu"),
    ("brandimarte:10x6:1", "cpsat"),
    ("brandimarte:10x6:1", "lns"),
    ("progen:30x4:1", "cpsat"),
    ("progen:30x4:1", "sgs"),
)


def main() -> None:
    """Run every case in three processes and compare the bytes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--units", type=float, default=1.0, help="deterministic limit of a run")
    parser.add_argument("--seed", type=int, default=7)
    options = parser.parse_args()
    print(f"machine: {machine()}")
    different = 0
    for instance, solver in CASES:
        words = [sys.executable, "-c", PROGRAM, instance, solver, str(options.units), str(options.seed)]
        runs = [subprocess.run(words, check=True, capture_output=True, text=True).stdout.split() for _ in range(3)]
        same = len({tuple(run) for run in runs}) == 1
        different += not same
        print(f"     {solver:>6} on {instance:<20} value {runs[0][1]:>6}  {'identical' if same else 'DIFFERENT'}")
    print(figure("F6", "cases with different bytes in three fresh processes", str(different), "0", different == 0))


if __name__ == "__main__":
    main()
