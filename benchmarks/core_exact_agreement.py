"""F8: exact agreement of CP-SAT with exhaustive search, by feature, on small random problems.

    python benchmarks/core_exact_agreement.py                      # 200 and more per feature: about ten minutes
    python benchmarks/core_exact_agreement.py --count 20 --kinds cyclic,reservoir

For every problem the status and the value of every stage of the objective must be equal; CP-SAT's schedule passes the
checker.  Problems that exhaustive search cannot finish within its limit are replaced by the next ones.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from _machine import figure, machine

from schedcore.check import check
from schedcore.solvers import Status, solve

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))  # the generator is shared with the tests

from support.small_problems import KINDS, small_problem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=200, help="problems per feature")
    parser.add_argument("--time-limit", type=float, default=20.0, metavar="SECONDS", help="of exhaustive search")
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    options = parser.parse_args()
    print(machine())
    missed = 0
    for kind in options.kinds.split(","):
        compared = feasible = skipped = wrong = 0
        seed = options.first_seed
        while compared < options.count:
            problem = small_problem(kind, seed)
            expected = solve(problem, "exhaustive", time_limit_s=options.time_limit)
            seed += 1
            if expected.status not in (Status.OPTIMAL, Status.INFEASIBLE):
                skipped += 1
                continue
            found = solve(problem, "cpsat", time_limit_s=60)
            compared += 1
            feasible += found.status is Status.OPTIMAL
            same = (found.status, found.objective) == (expected.status, expected.objective)
            sound = found.schedule is None or check(problem, found.schedule).ok
            if not (same and sound):
                wrong += 1
                print(
                    f"  {kind} {seed - 1}: {found.status} {found.objective}, not {expected.status} {expected.objective}"
                )
        missed += wrong
        what = f"{kind}: differences in {compared} ({feasible} feasible, {skipped} left out)"
        print(figure("F8", what, str(wrong), "0", wrong == 0), flush=True)
    raise SystemExit(1 if missed else 0)


if __name__ == "__main__":
    main()
