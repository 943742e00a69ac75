"""A first schedule for solvers that improve one: the best that a few priority rules make on the executor."""

from __future__ import annotations

import time

from schedcore.errors import SchedError
from schedcore.model import Problem, Schedule
from schedcore.solvers.support import is_feasible, values_of

RULES = ("cp", "mwkr", "atc", "edd")
"""Priority rules that are tried, in this order."""
SMALLEST = 20
"""With fewer tasks than this CP-SAT finds a good schedule by itself at once."""


def best_list_schedule(problem: Problem, *, seed: int = 0, budget_s: float | None = None) -> Schedule | None:
    """The best feasible schedule of a few quick rules.

    Parameters
    ----------
    budget_s
        Seconds after which nothing more is tried; ``None``: no limit, for results that do not depend on
        the speed of the machine.

    Returns
    -------
    Schedule or None
        ``None`` if the problem is small (``SMALLEST``), if the rules refuse it, or if they end in dead ends.
    """
    if len(problem.tasks) < SMALLEST:
        return None
    until = None if budget_s is None else time.perf_counter() + budget_s
    best: Schedule | None = None
    for rule in RULES:
        schedule = _dispatch(problem, rule, seed, until)
        if schedule is None or not is_feasible(problem, schedule):
            continue
        if best is None or values_of(problem, schedule) < values_of(problem, best):
            best = schedule
    return best


def _dispatch(problem: Problem, rule: str, seed: int, until: float | None) -> Schedule | None:
    # The executor itself, not its compiled twin, whose loading takes longer than these few runs.
    from schedcore.executor import Executor
    from schedcore.policies import get_policy

    policy = get_policy(rule)
    if problem.features() - policy.features:
        return None
    try:
        executor = Executor(problem)
        policy.reset(problem, seed)
        while not executor.done:
            if until is not None and time.perf_counter() > until:
                return None
            executor.apply(policy.decide(executor.state))
        return executor.schedule()
    except SchedError:  # a dead end
        return None
