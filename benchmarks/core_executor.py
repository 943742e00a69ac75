"""Bar F4: events per second of the executor with a priority rule, and nominal replay.

    python benchmarks/core_executor.py [--jobs N] [--machines N] [--tasks N] [--seed S] [--repeats N]

One core, timed by the CPU seconds of the process (as wall time on a core that nothing else uses).  An event is a start
or a completion: two per task.  Three ways to the same schedule: ``execute``, which hands a :class:`PriorityPolicy` to
compiled code; the compiled pass for everything but look-ahead alone; and the Python engine, asked decision by
decision.  The bar is that of ``execute``; the engine's figure stands beside it, for it is what learned policies,
realisations and problems with maximum lags run on.  All problems are new ones each time (no tables kept).
"""

from __future__ import annotations

import argparse
import os
import sys
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")

from _machine import figure, machine
from core_sgs import full_problem, job_shop, seconds

from schedcore.check import check
from schedcore.executor import Executor, execute
from schedcore.executor.sgs.chronological import chronological, non_delay
from schedcore.model import Problem, Schedule
from schedcore.policies import PriorityPolicy
from schedcore.replay import replay

BAR = 100_000


def without_look_ahead(tasks: int, seed: int) -> Problem:
    """The problem with every feature, less what the compiled pass leaves to the engine."""
    import dataclasses

    problem = full_problem(tasks, seed)
    kept = [t for t in problem.tasks if not t.optional]
    rows = tuple(
        dataclasses.replace(t, modes=tuple(dataclasses.replace(m, duration_max=None) for m in t.modes)) for t in kept
    )
    lags = tuple(lag for lag in problem.lags if lag.a < len(kept) and lag.b < len(kept))
    return problem.replace(tasks=rows, lags=lags, selections=(), mode_links=())


def by_engine(problem: Problem, policy: PriorityPolicy) -> Schedule:
    """The same decisions one by one."""
    executor = Executor(problem)
    policy.reset(problem, 0)
    while not executor.done:
        executor.apply(policy.decide(executor.state))
    return executor.schedule()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--machines", type=int, default=50)
    parser.add_argument("--tasks", type=int, default=4000, help="tasks of the problem with many features")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    print(f"machine: {machine()}")
    begin = time.perf_counter()
    for small in (job_shop(3, 3, 0), without_look_ahead(80, 0)):
        for rule in ("spt", "cr"):
            execute(small, PriorityPolicy(rule))
    print(f"     warm-up, compilation or its cache: {time.perf_counter() - begin:.1f} s, not part of any figure")

    seed, ok = arguments.seed, True
    shop = f"job shop {arguments.jobs} x {arguments.machines}"
    for label, make in (
        (shop, lambda: job_shop(arguments.jobs, arguments.machines, seed)),
        (f"many features, {arguments.tasks:,} tasks", lambda: without_look_ahead(arguments.tasks, seed)),
    ):
        for rule in ("spt", "mwkr", "cr"):
            fast = 0.0
            for _ in range(arguments.repeats):
                problem = make()
                took, schedule = seconds(lambda problem=problem, rule=rule: execute(problem, PriorityPolicy(rule)))
                fast = max(fast, 2 * len(schedule) / took)
            policy = PriorityPolicy(rule)
            policy.reset(problem, 0)
            compiled = non_delay(problem, policy) is not None
            ok &= fast >= BAR
            print(figure("F4", f"execute, {label}, {rule}", f"{fast:,.0f} /s", f"{BAR:,} /s", fast >= BAR))
            print(
                f"     {'compiled' if compiled else 'NOT compiled: the Python engine'}; dynamic: {policy.rule.dynamic}"
            )
            if compiled:
                took, found = seconds(lambda problem=problem, policy=policy: chronological(problem, policy))
                same = found is not None and found[0] == schedule
                print(f"     chronological pass alone: {2 * len(schedule) / took:,.0f} /s, {same=}")
                ok &= same
            took, slow = seconds(lambda problem=problem, policy=policy: by_engine(problem, policy))
            engine = 2 * len(schedule) / took
            print(figure("F4", "  Python engine, the same", f"{engine:,.0f} /s", f"{BAR:,} /s", engine >= BAR))
            again = replay(problem, schedule, scenarios=1, seed=seed).schedule(0)
            feasible = check(problem, schedule).ok
            right = slow == schedule and again == schedule and feasible
            ok &= right
            print(
                f"     engine's schedule {'identical' if slow == schedule else 'ANOTHER'}, nominal replay "
                f"{'identical' if again == schedule else 'ANOTHER'}, {'feasible' if feasible else 'INFEASIBLE'}"
            )
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
