"""A first schedule for solvers that improve one: the best of a few list schedules."""

from __future__ import annotations

from schedcore.model import Problem, Schedule


def best_list_schedule(problem: Problem, *, seed: int = 0) -> Schedule | None:
    """The best feasible schedule of a few quick rules, ``None`` if they find none or refuse the problem."""
    return None
