"""What a solver is, and what it returns."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from schedcore.errors import InputError, UnsupportedFeatureError
from schedcore.model import Problem, Schedule

MAX_WORKERS = 1024
"""More threads than any solver here can make use of."""


class Status(enum.StrEnum):
    """Outcome of a solve."""

    OPTIMAL = "OPTIMAL"
    """The schedule is proven optimal (without objective: feasible is optimal)."""
    FEASIBLE = "FEASIBLE"
    INFEASIBLE = "INFEASIBLE"
    """It is proven that no schedule exists."""
    UNKNOWN = "UNKNOWN"
    """No schedule was found within the limits; one may exist."""


@dataclass(frozen=True, slots=True)
class Incumbent:
    """An improved schedule during a solve."""

    schedule: Schedule
    objective: tuple[int, ...]
    """Value of every stage of the objective."""
    bound: float | None
    """Lower bound of the stage under way, if known."""
    wall_s: float


@dataclass(frozen=True, slots=True)
class SolveResult:
    """What a solver found.

    ``objective`` holds the value of every stage of the problem's objective (empty without
    objective); ``bound`` a proven lower bound of the *first* stage; ``trace`` one
    ``(wall_s, first-stage objective, bound)`` per improvement.
    """

    status: Status
    schedule: Schedule | None
    objective: tuple[int, ...]
    bound: float | None
    wall_s: float
    solver: str
    seed: int
    trace: tuple[tuple[float, float, float | None], ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)
    message: str = ""
    """Why a schedule is missing, or what chose this solver, in words."""

    @property
    def value(self) -> int | None:
        """Value of the first stage, ``None`` without schedule or objective."""
        return self.objective[0] if self.schedule is not None and self.objective else None

    @property
    def gap(self) -> float | None:
        """Relative gap ``(value - bound) / max(1, |value|)`` of the first stage, if both are known."""
        if self.value is None or self.bound is None:
            return None
        return max(0.0, (self.value - self.bound) / max(1, abs(self.value)))


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of a solve.

    Parameters
    ----------
    time_limit_s
        Wall-clock seconds.
    deterministic_limit
        Limit in the solver's own deterministic time instead of wall time, for byte-identical runs;
        ``None``: only wall time counts.
    workers
        Threads the solver may use, 1 to 1024.
    """

    time_limit_s: float = 60.0
    deterministic_limit: float | None = None
    workers: int = 1

    def __post_init__(self) -> None:
        if not self.time_limit_s > 0:
            raise InputError(f"time limit is {self.time_limit_s}", where="--time-limit", remedy="give seconds > 0")
        if self.deterministic_limit is not None and not self.deterministic_limit > 0:
            raise InputError(
                f"deterministic limit is {self.deterministic_limit}", where="--deterministic-limit", remedy="give > 0"
            )
        if self.workers < 1:
            raise InputError(f"workers is {self.workers}", where="--workers", remedy="give at least 1")
        if self.workers > MAX_WORKERS:
            raise InputError(f"workers is {self.workers}", where="--workers", remedy=f"give at most {MAX_WORKERS}")


@runtime_checkable
class Solver(Protocol):
    """Turns a problem into a schedule.

    A solver declares the model features that it understands and refuses all others by name
    (:func:`require_features`).  It returns a feasible schedule or none, never an infeasible one.
    """

    name: str
    features: frozenset[str]

    def solve(
        self,
        problem: Problem,
        *,
        limits: Limits,
        seed: int = 0,
        hint: Schedule | None = None,
        on_solution: Callable[[Incumbent], None] | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> SolveResult:
        """Solve ``problem``; ``should_stop`` is polled and ends the solve with the incumbent."""
        ...


def require_features(name: str, supported: frozenset[str], problem: Problem) -> None:
    """Raise :class:`UnsupportedFeatureError` if ``problem`` uses a feature outside ``supported``."""
    missing = problem.features() - supported
    if missing:
        raise UnsupportedFeatureError.of(name, missing)
