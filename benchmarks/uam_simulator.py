"""Decisions per second of the day simulator: readable, compiled, and as an environment.

    python benchmarks/uam_simulator.py

Bars: 10,000 decisions per second for the readable simulator with states, 500,000 for the compiled one, both on one
core, under the feasible random policy on the fixed map (8 vertiports, 40 aircraft).  The compiled greedy rules are
held against their readable twins first: equal profits on five days, to the mill.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from _machine import figure, machine

from uam.compiled.batch import BatchSimulator
from uam.env.gym_env import UamEnv
from uam.generate import generate
from uam.observation import sizes_of
from uam.policies import GreedyPolicy, GreedyRatePolicy, RandomPolicy
from uam.simulator import DaySimulator, play

DAYS = 50


def rate(run: Callable[[], int], repeats: int = 5) -> float:
    """Largest number of decisions per second over some repetitions."""
    best = 0.0
    for _ in range(repeats):
        begin = time.perf_counter()
        decisions = run()
        best = max(best, decisions / (time.perf_counter() - begin))
    return best


def masked(day: DaySimulator) -> int:
    """A day of the readable simulator with masks only."""
    day.reset()
    rng = np.random.default_rng(0)
    while not day.done:
        allowed = [j for j, ok in enumerate(day.mask()) if ok]
        day.step(allowed[int(rng.integers(len(allowed)))])
    return len(day.log.decisions)


def stepped(env: UamEnv) -> int:
    """A day of the environment with observations."""
    env.reset(seed=0)
    rng, done, decisions = np.random.default_rng(0), False, 0
    while not done:
        done = env.step(int(rng.choice(np.flatnonzero(env.action_masks()))))[2]
        decisions += 1
    return decisions


def main() -> None:
    print(machine())
    scenarios = [generate(f"fixed8:{seed}") for seed in range(1, DAYS + 1)]
    batch = BatchSimulator(scenarios)
    for policy in (GreedyPolicy(), GreedyRatePolicy()):
        expected = [play(scenario, policy).profit_mills for scenario in scenarios[:5]]
        if batch.play(policy.name)[:5].tolist() != expected:
            raise SystemExit(f"{policy.name}: compiled and readable days differ")
    missed = 0
    readable = rate(lambda: len(play(scenarios[0], RandomPolicy()).decisions))
    missed += readable < 10_000
    print(figure("fixed8", "readable, random, with states", f"{readable:,.0f}/s", ">= 10,000/s", readable >= 10_000))
    print(f"fixed8 readable, random, masks only: {rate(lambda: masked(DaySimulator(scenarios[0]))):,.0f}/s")
    for name in ("random", "greedy", "greedy-rate"):

        def run(name: str = name) -> int:
            batch.play(name)
            return int(batch.days.decisions.sum())

        found = rate(run)
        if name == "random":
            missed += found < 500_000
            print(figure("fixed8", "compiled, random", f"{found:,.0f}/s", ">= 500,000/s", found >= 500_000))
        else:
            print(f"fixed8 compiled, {name}: {found:,.0f}/s")
    sizes = sizes_of(scenarios[0].plan)
    observed = batch.observe(sizes)
    batch.reset()
    begin, count = time.perf_counter(), 200
    for _ in range(count):
        batch.observe(sizes, observed, static=False)
    per = (time.perf_counter() - begin) / (count * DAYS)
    print(f"fixed8 compiled observations: {1 / per:,.0f}/s")
    print(f"fixed8 environment with observations: {rate(lambda: stepped(UamEnv(scenarios[0])), 2):,.0f}/s")
    large = [generate(f"random-60-1:aircraft=250:{seed}") for seed in (1, 2)]
    big = BatchSimulator(large)

    def run_large() -> int:
        big.play("greedy-rate")
        return int(big.days.decisions.sum())

    print(f"60 vertiports, 250 aircraft, compiled greedy-rate: {rate(run_large, 2):,.0f}/s")
    if missed:
        raise SystemExit(f"{missed} bars missed")


if __name__ == "__main__":
    main()
