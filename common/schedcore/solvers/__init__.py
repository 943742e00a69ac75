"""Solvers by name: ``solve(problem)`` for most needs, ``get_solver(name)`` for more.

A solver is a name of :func:`solver_names`, the name of any policy (which then decides on the
executor), or ``package.module:Class`` for one's own.  ``auto`` chooses by features and size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from schedcore.solvers.protocol import Incumbent, Limits, Solver, SolveResult, Status, require_features
from schedcore.solvers.registry import get_solver, solver_names
from schedcore.solvers.verified import SolverFailedError, solve_verified, verified

if TYPE_CHECKING:
    from schedcore.model import Problem, Schedule

__all__ = [
    "Incumbent",
    "Limits",
    "SolveResult",
    "Solver",
    "SolverFailedError",
    "Status",
    "get_solver",
    "require_features",
    "solve",
    "solve_verified",
    "solver_names",
    "verified",
]


def solve(
    problem: Problem,
    solver: str | Solver = "auto",
    *,
    time_limit_s: float = 60.0,
    deterministic_limit: float | None = None,
    workers: int = 1,
    seed: int = 0,
    hint: Schedule | None = None,
    on_solution: Callable[[Incumbent], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> SolveResult:
    """Solve ``problem`` with a solver given by name, by ``package.module:Class``, or as an object.

    Parameters are those of :class:`Limits` and :meth:`Solver.solve`.  The schedule has passed the checker,
    and the objective is computed from it (:func:`solve_verified`).

    Raises
    ------
    ModelError
        If ``problem`` is something else, a builder for example.
    UnknownNameError
        If no solver is called ``solver``.
    UnsupportedFeatureError
        If the solver does not understand a feature of ``problem``.
    SolverFailedError
        If a solver or policy from outside fails, or reports what its schedule is not.
    ViolationError
        If the schedule breaks the problem's rules.
    """
    from schedcore.model.given import check_problem
    from schedcore.solvers.support import verify

    check_problem(problem, "solve")
    chosen = get_solver(solver) if isinstance(solver, str) else solver
    limits = Limits(time_limit_s, deterministic_limit, workers)
    result = solve_verified(
        chosen, problem, limits=limits, seed=seed, hint=hint, on_solution=on_solution, should_stop=should_stop
    )
    if result.schedule is not None:
        verify(result.solver, problem, result.schedule)
    return result
