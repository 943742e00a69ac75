"""A first schedule for solvers that improve one: the best of a few list schedules."""

from __future__ import annotations

from schedcore.errors import InputError, NoScheduleError
from schedcore.model import Problem, Schedule

RULES = ("cp", "mwkr", "edd", "spt")
"""Priority rules that are tried, by serial schedule generation."""
SMALLEST = 150
"""With fewer tasks than this CP-SAT finds a good schedule sooner than the list schedulers are loaded."""


def best_list_schedule(problem: Problem, *, seed: int = 0) -> Schedule | None:
    """The best feasible schedule of a few quick rules.

    ``None`` if the problem is small (``SMALLEST``), if the list schedulers refuse it, or if they find no
    feasible schedule.
    """
    if len(problem.tasks) < SMALLEST:
        return None
    from schedcore.executor.sgs import serial_sgs
    from schedcore.solvers.support import is_feasible, values_of

    best: Schedule | None = None
    for rule in RULES:
        try:
            schedule = serial_sgs(problem, rule, seed=seed, max_repairs=100)
        except (NoScheduleError, InputError):
            continue
        if not is_feasible(problem, schedule):
            continue
        if best is None or values_of(problem, schedule) < values_of(problem, best):
            best = schedule
    return best
