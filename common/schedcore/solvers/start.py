"""A first schedule for solvers that improve one: the best of a few list schedules."""

from __future__ import annotations

from schedcore.errors import NoScheduleError, UnsupportedFeatureError
from schedcore.model import Problem, Schedule

_RULES = ("cp", "mwkr", "edd", "spt")


def best_list_schedule(problem: Problem, *, seed: int = 0) -> Schedule | None:
    """The best feasible schedule of a few quick rules, ``None`` if they find none or refuse the problem."""
    from schedcore.executor.sgs import Failure, ListScheduler, cyclic_sgs, keys_of, parallel_sgs
    from schedcore.metrics import objective_values

    found: list[Schedule] = []
    if problem.cycle is not None:
        try:
            found.append(cyclic_sgs(problem, seed=seed))
        except (NoScheduleError, UnsupportedFeatureError):
            return None
        return found[0]
    scheduler = ListScheduler(problem)
    for rule in _RULES:
        serial = scheduler.serial(keys_of(problem, rule, seed), max_repairs=100)
        if not isinstance(serial, Failure):
            found.append(serial)
    try:
        found.append(parallel_sgs(problem, "cp", seed=seed, max_repairs=20))
    except (NoScheduleError, UnsupportedFeatureError):
        pass
    return min(found, key=lambda s: (*objective_values(problem, s), s.makespan), default=None)
