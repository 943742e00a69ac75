"""What all solvers share: objective values, and the promise that no infeasible schedule leaves a solver."""

from __future__ import annotations

from schedcore.errors import ViolationError
from schedcore.model import Problem, Schedule


def values_of(problem: Problem, schedule: Schedule) -> tuple[int, ...]:
    """Value of every stage of the problem's objective for ``schedule``."""
    from schedcore.metrics import objective_values

    return objective_values(problem, schedule)


def is_feasible(problem: Problem, schedule: Schedule) -> bool:
    """Whether the checker finds nothing wrong with ``schedule``."""
    from schedcore.check import check

    return check(problem, schedule).ok


def verify(solver: str, problem: Problem, schedule: Schedule) -> None:
    """Raise :class:`ViolationError` if ``schedule``, found by ``solver``, breaks the problem's rules: a bug."""
    from schedcore.check import check

    report = check(problem, schedule)
    if not report.ok:
        codes = ", ".join(f"{count} x {code}" for code, count in report.counts().items())
        raise ViolationError(
            f"the schedule of solver {solver!r} breaks rules ({codes}): {report.violations[0].message}",
            where=f"problem {problem.name!r}",
            remedy="this is a bug of the solver; please report it with the problem's JSON",
        )
