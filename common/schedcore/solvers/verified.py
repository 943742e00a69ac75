"""The one way in which results of solvers come in: nothing that a solver reports of itself is believed unseen."""

from __future__ import annotations

import dataclasses
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from schedcore.errors import ModelError, SchedError
from schedcore.model import Problem, Schedule
from schedcore.solvers.protocol import Incumbent, Limits, Solver, SolveResult, Status

_TOLERANCE = 1e-6
"""Bounds are floats; objectives are integers."""


class SolverFailedError(SchedError):
    """A solver or policy from outside raised an exception, or reported what is not so."""


def solve_verified(
    solver: Solver,
    problem: Problem,
    *,
    limits: Limits,
    seed: int = 0,
    hint: Schedule | None = None,
    on_solution: Callable[[Incumbent], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    best_known: int | None = None,
) -> SolveResult:
    """Let ``solver`` solve ``problem`` and return what :func:`verified` makes of its result.

    Whether the schedule keeps the rules is left to the caller, who has the checker's report to show.

    Parameters
    ----------
    best_known
        Value of the first stage that some schedule is known to reach.

    Raises
    ------
    SolverFailedError
        If a solver or policy that is no part of ``schedcore`` raises an exception that is no
        :class:`SchedError`; the error names the solver and the line in its file.  Also as :func:`verified`.
    """
    try:
        result = solver.solve(
            problem, limits=limits, seed=seed, hint=hint, on_solution=on_solution, should_stop=should_stop
        )
    except (SchedError, MemoryError):
        raise
    except Exception as error:
        failure = _failure(solver, error)
        if failure is None:
            raise
        raise failure from error
    return verified(solver.name, problem, result, best_known=best_known)


def verified(solver: str, problem: Problem, result: SolveResult, *, best_known: int | None = None) -> SolveResult:
    """``result`` with the objective of its schedule as it is, and without claims of optimality that cannot hold.

    ``OPTIMAL`` becomes ``FEASIBLE`` if the value is above ``best_known`` or above the solver's own bound; a
    bound above the value or above ``best_known`` is dropped.  The message says so.

    Raises
    ------
    SolverFailedError
        If ``result`` is no :class:`SolveResult`, claims a schedule that it does not have, or reports another
        objective than that of its schedule.
    """
    from schedcore.metrics import objective_values
    from schedcore.solvers.support import is_feasible

    if not isinstance(result, SolveResult):
        raise _refused(solver, problem, f"returned {type(result).__name__}, not SolveResult")
    if result.schedule is None:
        if result.status in (Status.OPTIMAL, Status.FEASIBLE):
            raise _refused(solver, problem, f"reports {result.status} without a schedule")
        return result
    if not isinstance(result.schedule, Schedule):
        raise _refused(solver, problem, f"returned a schedule that is a {type(result.schedule).__name__}")
    try:
        values = objective_values(problem, result.schedule)
    except ModelError:
        # Only a schedule that breaks the rules has no value; the checker says what is wrong with it.
        return dataclasses.replace(result, objective=())
    if result.objective and tuple(result.objective) != values and is_feasible(problem, result.schedule):
        raise _refused(
            solver, problem, f"reports the objective {tuple(result.objective)}, its schedule has {values or 'none'}"
        )
    return _without_false_proof(dataclasses.replace(result, objective=values), best_known)


def _without_false_proof(result: SolveResult, best_known: int | None) -> SolveResult:
    value, bound, status = result.value, result.bound, result.status
    if value is None:
        return result
    notes = []
    reached = value if best_known is None else min(value, best_known)
    if bound is not None and bound > reached + _TOLERANCE:
        notes.append(f"its bound {bound:g} is dropped: {reached} can be reached")
        bound = None
    if status is Status.OPTIMAL and best_known is not None and value > best_known:
        notes.append(f"it reports OPTIMAL, but {best_known} is known to be possible")
    elif status is Status.OPTIMAL and bound is not None and value > bound + 1 - _TOLERANCE:
        notes.append(f"it reports OPTIMAL, but its bound {bound:g} leaves room for better")
    elif status is Status.OPTIMAL and notes:
        notes.append("it reports OPTIMAL on the strength of that bound")
    if not notes:
        return result
    if status is Status.OPTIMAL:
        status = Status.FEASIBLE
    message = "; ".join([*([result.message] if result.message else []), *notes])
    return dataclasses.replace(result, status=status, bound=bound, message=message)


def _refused(solver: str, problem: Problem, what: str) -> SolverFailedError:
    return SolverFailedError(
        f"solver {solver!r} {what}",
        where=f"problem {problem.name!r}",
        remedy="this is a fault of that solver; see schedcore.solvers.SolveResult",
    )


def _failure(solver: Any, error: Exception) -> SolverFailedError | None:
    """The error of a solver or policy from outside; ``None`` if the code at fault is our own."""
    from schedcore.solvers.policy import PolicySolver

    kind, author = ("policy", solver.policy) if isinstance(solver, PolicySolver) else ("solver", solver)
    module = type(author).__module__
    if module.partition(".")[0] == "schedcore":
        return None
    place = _place(error, getattr(sys.modules.get(module), "__file__", None))
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return SolverFailedError(
        f"{kind} {module}:{type(author).__name__} failed{'' if place is None else f' at {Path(place).name}'}: {text}",
        where=place,
        remedy=f"the fault is in that {kind}; --debug shows the traceback",
    )


def _place(error: Exception, file: str | None) -> str | None:
    """File and line of the innermost frame in ``file``, else of the innermost frame."""
    frames = list(traceback.extract_tb(error.__traceback__))
    own = [f for f in frames if file is not None and Path(f.filename).resolve() == Path(file).resolve()]
    frames = own or frames
    return f"{frames[-1].filename}:{frames[-1].lineno}" if frames else None
