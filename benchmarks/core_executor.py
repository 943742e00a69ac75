"""Bar F4, executor: events per second with a priority rule.

    python benchmarks/core_executor.py [--repeat N] [--seed S]

One core.  An event is a start or a completion (on the general paths also a release).  Four paths give the
same schedule, which is asserted: ``execute`` as users call it (it compiles the decisions of rules where it
can), the compiled event loop for problems with every resource, and the executor itself, decision by
decision in Python, as environments and policies of one's own run it.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable

from _list_instances import job_shop
from _machine import figure, machine

from schedcore.executor import Executor, execute
from schedcore.executor.sgs.chronological import chronological
from schedcore.executor.sgs.non_delay import run
from schedcore.model import Problem, Schedule
from schedcore.policies import PriorityPolicy

BAR = 100_000


def median(action: Callable[[], Schedule], repeat: int) -> tuple[float, Schedule]:
    """Median seconds and the last schedule."""
    seconds, made = [], Schedule()
    for _ in range(repeat):
        began = time.perf_counter()
        made = action()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), made


def event_loop(problem: Problem, policy: PriorityPolicy) -> Schedule:
    """The compiled event loop alone."""
    policy.reset(problem, 0)
    found = chronological(problem, policy)
    assert found is not None
    return found[0]


def main() -> int:
    """Print the figures; 1 if the bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(machine())
    small = job_shop(5, 5, 0)
    for rule in ("spt", "atc"):
        execute(small, PriorityPolicy(rule))
        event_loop(small, PriorityPolicy(rule))
    good = True
    for jobs, machines in ((20, 15), (100, 20), (1000, 20)):
        problem = job_shop(jobs, machines, options.seed)
        events = 2 * len(problem.tasks)
        for rule in ("spt", "fifo", "mwkr", "atc"):
            policy = PriorityPolicy(rule)
            seconds, schedule = median(lambda p=problem, q=policy: execute(p, q), options.repeat)  # type: ignore[misc]
            rate = events / seconds
            good &= rate >= BAR
            name = f"execute {jobs} x {machines}, {rule}"
            print(figure("F4", name, f"{rate:,.0f}/s", f">= {BAR:,}/s", rate >= BAR))
            seconds, other = median(lambda p=problem, q=policy: event_loop(p, q), options.repeat)  # type: ignore[misc]
            assert other == schedule
            print(f"       the compiled event loop: {events / seconds:,.0f}/s")
            if jobs <= 100:
                executor = Executor(problem)
                seconds, other = median(
                    lambda p=problem, q=policy, e=executor: run(p, q, 0, e)[0],  # type: ignore[misc]
                    min(3, options.repeat),
                )
                assert other == schedule
                print(f"       decision by decision in Python: {events / seconds:,.0f}/s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
