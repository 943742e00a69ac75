"""Bar F7: four domains through one model: list scheduling, CP-SAT, checker, replay and picture, all of the shared core.

    python benchmarks/core_domains.py

The miniatures are those of examples/four_domains.py; their optima are proven by CP-SAT and by exhaustive search (for
ft06 by a branch and bound of its own in the tests).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from _machine import figure, machine

from schedcore.check import check
from schedcore.plot import plot_schedule
from schedcore.replay import replay
from schedcore.solvers import Status, solve

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "examples"))

from four_domains import MINIATURES


def main() -> None:
    """Take every miniature through every part."""
    print(f"machine: {machine()}")
    complete = 0
    with tempfile.TemporaryDirectory() as folder:
        for domain, build in MINIATURES.items():
            problem = build()
            exact = solve(problem, "cpsat", time_limit_s=60)
            listed = solve(problem, "sgs", time_limit_s=2)
            parts = {
                "cpsat optimal": exact.status is Status.OPTIMAL,
                "sgs feasible": listed.schedule is not None and check(problem, listed.schedule).ok,
                "checked": exact.schedule is not None and check(problem, exact.schedule).ok,
            }
            if exact.schedule is not None:
                outcome = replay(problem, exact.schedule, scenarios=1)
                parts["replayed"] = len(outcome) == 1
                picture = plot_schedule(problem, exact.schedule, Path(folder) / f"{domain}.png")
                parts["drawn"] = picture.stat().st_size > 0
            if len(problem.tasks) <= 16:
                witness = solve(problem, "exhaustive", time_limit_s=120)
                parts["exhaustive agrees"] = witness.objective == exact.objective
            complete += all(parts.values())
            words = ", ".join(name if ok else f"NOT {name}" for name, ok in parts.items())
            print(f"     {domain:>8}: cpsat {exact.objective}, sgs {listed.objective}: {words}")
    print(figure("F7", "domains with every part", f"{complete} of 4", "4 of 4", complete == 4))


if __name__ == "__main__":
    main()
