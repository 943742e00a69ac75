"""The upper bound of a day: its validity on random days, its tightness, and its time.

    python benchmarks/uam_bound.py --days 200 --programs 1

``--days`` random days (policy and seed vary) are mapped to points of the linear program, which must be feasible and
worth the profit of the day.  ``--programs`` scenarios get the linear program on HiGHS, optimistic and pessimistic,
beside the bound by prices on the same grid and on the fine one.
"""

from __future__ import annotations

import argparse
import sys
import time

from _machine import figure, machine

from uam.bound.dual import Stage, dual_bound
from uam.bound.grid import Rounding, make_grid
from uam.bound.linear import day_program, solve_program
from uam.bound.points import day_point
from uam.generate import generate
from uam.policies import GreedyPolicy, GreedyRatePolicy, RandomPolicy
from uam.simulator import play


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--days", type=int, default=200)
    parser.add_argument("--programs", type=int, default=1)
    given = parser.parse_args()
    print(machine())
    worst, wrong = 0.0, 0
    policies = (RandomPolicy(), RandomPolicy(), GreedyPolicy(), GreedyRatePolicy())
    for day in range(given.days):
        if day % 10 == 0:
            print(f"day {day} of {given.days}", file=sys.stderr)
            scale = (0.5, 1, 2, 6)[day // 10 % 4]
            scenario = generate(f"fixed8:scale={scale}:{500 + day // 10}")
            program = day_program(make_grid(scenario, 300))
        log = play(scenario, policies[day % len(policies)], seed=day)
        point = day_point(program, log)
        worst = max(worst, program.violation(point))
        wrong += abs(float(program.gain @ point) - log.profit) > 1e-6
    print(figure("B1", f"days off the program, of {given.days}", str(wrong), "0", wrong == 0))
    print(figure("B2", "largest violation of a row", f"{worst:.1e}", "1e-6", worst <= 1e-6))
    for seed in range(1, given.programs + 1):
        scenario = generate(f"fixed8:{seed}")
        found = {
            r: solve_program(day_program(make_grid(scenario, 300, rounding=r)), time_limit_s=600) for r in Rounding
        }
        floor, ceiling = found[Rounding.OPTIMISTIC], found[Rounding.PESSIMISTIC]
        began = time.perf_counter()
        same = dual_bound(scenario, (Stage(300, 3000, 0.5, 0.005),)).value
        middle = time.perf_counter()
        fine = dual_bound(scenario).value
        end = time.perf_counter()
        print(f"{scenario.name}: program {floor.value:.0f} $ ({floor.wall_s:.1f} s), rounded up {ceiling.value:.0f} $")
        print(
            f"  by prices {same:.0f} $ ({middle - began:.1f} s), one-minute steps {fine:.0f} $ ({end - middle:.1f} s)"
        )
        print(
            figure(
                "B3",
                "prices above the program, %",
                f"{100 * (same / floor.bound - 1):.2f}",
                "1",
                same <= 1.01 * floor.bound,
            )
        )
        print(figure("B4", "seconds of the fine bound", f"{end - middle:.1f}", "60", end - middle <= 60))


if __name__ == "__main__":
    main()
