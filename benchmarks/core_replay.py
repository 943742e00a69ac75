"""Bar F5: 1,000 scenarios of a 300-task schedule, common random numbers, agreement with SimPy event by event.

    python benchmarks/core_replay.py [--scenarios N] [--peer N] [--cases N] [--seed S]

One core.  The naive peer is the SimPy bridge: the same run, one scenario after the other, timed over ``--peer``
scenarios.  Two instances: a job shop of 20 jobs on 15 machines, and 300 tasks with setups, calendars, renewables,
reservoirs, lags, holds, failures and retries.
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

import numpy as np
from _machine import figure, machine

from schedcore.model import Problem, ProblemBuilder, Schedule
from schedcore.policies import PriorityPolicy
from schedcore.replay import (
    Breakdowns,
    Exponential,
    LogNormal,
    Noise,
    Scenario,
    Uncertainty,
    replay,
    replay_policy,
    summarise,
)
from schedcore.replay.simpy_bridge import SimpyRun

BAR_S = 5.0
TASKS = 300


def job_shop(seed: int) -> tuple[Problem, Schedule]:
    """20 jobs on 15 machines, durations 1 to 99, scheduled in the order of the jobs' operations."""
    rng = np.random.default_rng(seed)
    b = ProblemBuilder("job shop 20 x 15")
    machines = [b.unary(f"m{i}") for i in range(15)]
    jobs = []
    for j in range(20):
        route = rng.permutation(15).tolist()
        ticks = rng.integers(1, 100, 15).tolist()
        tasks = [b.task(f"t{j}.{k}", d, on=machines[m]) for k, (m, d) in enumerate(zip(route, ticks, strict=True))]
        b.chain(*tasks)
        jobs.append([(t.id, m, d) for t, m, d in zip(tasks, route, ticks, strict=True)])
    b.minimise(makespan=1)
    job_free, machine_free, rows = [0] * 20, [0] * 15, []
    for k in range(15):
        for j, job in enumerate(jobs):
            task, m, d = job[k]
            start = max(job_free[j], machine_free[m])
            job_free[j] = machine_free[m] = start + d
            rows.append((task, 0, start, start + d))
    return b.build(), Schedule(rows)


def rich_case(seed: int) -> tuple[Problem, Schedule]:
    """300 placed tasks with every feature (random and feasible by construction)."""
    from strategies_core import FEATURES, random_case

    # Holds and absent tasks come on top of what is asked for: take the first size that gives 300 placements.
    for size in range(TASKS, 0, -1):
        case = random_case(random.Random(seed), size, FEATURES, objective=True)
        if len(case.schedule) <= TASKS:
            return case
    raise AssertionError("no size fits")


def best_of(repeats: int, run) -> float:
    """Shortest of several runs in seconds."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    return min(times)


def measure(label: str, problem: Problem, schedule: Schedule, noise: Uncertainty, arguments) -> tuple[bool, int]:
    """Print time and peer; whether the time is within the bar, and the number of events that agree."""
    count = arguments.scenarios
    seconds = best_of(3, lambda: replay(problem, schedule, noise, scenarios=count, seed=arguments.seed))
    result = replay(problem, schedule, noise, scenarios=count, seed=arguments.seed)
    bound = noise.bind(problem)
    runs, built, ran = [], 0.0, 0.0
    for i in range(arguments.peer):
        begin = time.perf_counter()
        run = SimpyRun(problem, schedule, Scenario(bound, arguments.seed, i))
        ready = time.perf_counter()
        run.run()
        built, ran = built + ready - begin, ran + time.perf_counter() - ready
        runs.append(run)
    peer = (built + ran) / arguments.peer
    agreed = 0
    for i, run in enumerate(runs):
        if run.result() != result.schedule(i) or run.trace() != result.outcome(i).trace:
            print(f"F5   DISAGREEMENT with SimPy in scenario {i} of {label}")
            return False, agreed
        agreed += len(run.log)
    within = seconds <= BAR_S
    print(
        figure("F5", f"{count:,} scenarios, {len(schedule)} tasks, {label}", f"{seconds:.3f} s", f"{BAR_S} s", within)
    )
    print(
        f"     SimPy bridge, the same: {peer * 1000:.1f} ms a scenario ({ran / arguments.peer * 1000:.1f} ms without "
        f"building), {peer * count:.1f} s for {count:,}: {peer * count / seconds:,.0f} times as long; "
        f"{agreed:,} events of {arguments.peer} scenarios agree"
    )
    return within, agreed


def random_cases(count: int) -> tuple[int, int]:
    """Random problems under random noise and disruptions: number of runs, and of those that disagree with SimPy."""
    from replay_cases import random_world
    from strategies_core import FEATURES, random_case

    wrong = 0
    for k in range(count):
        rng = random.Random(k)
        case = random_case(rng, rng.randint(1, 12), [f for f in FEATURES if rng.random() < 0.5])
        world, keep = random_world(rng, *case), rng.random() < 0.5
        result = replay(*case, world, scenarios=1, seed=k, keep_starts=keep)
        run = SimpyRun(*case, Scenario(world.bind(case.problem), k, 0), keep_starts=keep)
        wrong += run.run() != result.schedule(0) or run.trace() != result.outcome(0).trace
    return count, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenarios", type=int, default=1000)
    parser.add_argument("--peer", type=int, default=20, help="scenarios that SimPy runs")
    parser.add_argument("--cases", type=int, default=1000, help="random problems compared with SimPy")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    print(f"machine: {machine()}")
    problem, schedule = job_shop(arguments.seed)
    noise = Uncertainty(default=Noise(LogNormal(1, 0.3), relative=True))
    begin = time.perf_counter()
    replay(problem, schedule, noise, scenarios=arguments.scenarios, seed=arguments.seed)
    first = time.perf_counter() - begin
    print(f"     first call, imports of scipy included: {first:.3f} s")
    plain, _ = measure("job shop", problem, schedule, noise, arguments)

    failing = Uncertainty(
        default=Noise(LogNormal(1, 0.3), relative=True, success=0.95, attempts=3),
        breakdowns=tuple(Breakdowns(f"m{i}", Exponential(600), Exponential(40)) for i in range(15)),
    )
    broken, _ = measure("job shop, failures, retries", problem, schedule, failing, arguments)
    rich, rich_schedule = rich_case(arguments.seed)
    full, _ = measure("every feature", rich, rich_schedule, noise, arguments)

    cases, wrong = random_cases(arguments.cases)
    agree = f"random problems with disruptions, of {cases:,}, unlike SimPy"
    print(figure("F5", agree, str(wrong), "0", wrong == 0))

    railway = replay(problem, schedule, noise, scenarios=arguments.scenarios, seed=arguments.seed)
    roadrunner = replay(problem, schedule, noise, scenarios=arguments.scenarios, seed=arguments.seed, keep_starts=False)
    comparison = railway.compare(roadrunner)
    paired = comparison.difference.std
    unpaired = math.hypot(railway.summary().std, roadrunner.summary().std)
    same = bool(
        (railway.schedule(0).end - railway.schedule(0).start).tolist()
        == (roadrunner.schedule(0).end - roadrunner.schedule(0).start).tolist()
    )
    print(figure("F5", "durations common to two replays of a scenario", "all" if same else "NOT ALL", "all", same))
    print(
        f"     common random numbers: the difference of two replays has a standard deviation of {paired:.1f} instead "
        f"of {unpaired:.1f} ticks, worth {(unpaired / paired) ** 2:.1f} times as many scenarios"
    )
    begin = time.perf_counter()
    policy = replay_policy(problem, PriorityPolicy("mwkr"), noise, scenarios=20, seed=arguments.seed)
    seconds = (time.perf_counter() - begin) / 20
    plan = statistics.fmean(railway.values()[:20].tolist())
    print(
        f"     policy mwkr online: {seconds * 1000:.0f} ms a scenario; mean makespan "
        f"{summarise(policy.values()).mean:.0f}, fixed order {plan:.0f} (20 scenarios)"
    )
    return 0 if plain and broken and full and not wrong and same else 1


if __name__ == "__main__":
    sys.exit(main())
