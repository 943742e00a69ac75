"""What can be wrong with a schedule: eighteen codes, one rule each."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schedcore.model import Tick

if TYPE_CHECKING:
    from schedcore.model import Problem
    from schedcore.model.arrays import IntArray


class ViolationCode(enum.StrEnum):
    """The rules of ``docs/semantics.md``, in the order in which reports list them."""

    UNKNOWN_TASK = "UNKNOWN_TASK"
    DUPLICATE_TASK = "DUPLICATE_TASK"
    MISSING_TASK = "MISSING_TASK"
    UNKNOWN_MODE = "UNKNOWN_MODE"
    DURATION = "DURATION"
    RELEASE = "RELEASE"
    DEADLINE = "DEADLINE"
    HORIZON = "HORIZON"
    CALENDAR = "CALENDAR"
    OVERLAP = "OVERLAP"
    SETUP = "SETUP"
    CAPACITY = "CAPACITY"
    RESERVOIR_LOW = "RESERVOIR_LOW"
    RESERVOIR_HIGH = "RESERVOIR_HIGH"
    LAG_MIN = "LAG_MIN"
    LAG_MAX = "LAG_MAX"
    SELECTION = "SELECTION"
    MODE_LINK = "MODE_LINK"


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of one rule.

    Parameters
    ----------
    code
        The rule.
    message
        The breach in words, with names, ticks and amount.
    tasks
        Ids of the tasks involved, the late comer last where there is an order.
    resource
        Id of the resource, or ``None``.
    at
        Tick of the breach (begin of the interval; a phase of the cycle where resources fold), or
        ``None`` if it has no place in time.
    amount
        How far the rule is broken, at least 1; the unit depends on the code, so only amounts of one
        code may be added up.
    """

    code: ViolationCode
    message: str
    tasks: tuple[int, ...] = ()
    resource: int | None = None
    at: Tick | None = None
    amount: int = 1

    def as_dict(self, problem: Problem) -> dict[str, Any]:
        """Plain data with names, for ``--json`` output."""
        return {
            "code": self.code.value,
            "message": self.message,
            "tasks": [problem.tasks[t].name if 0 <= t < len(problem.tasks) else None for t in self.tasks],
            "task_ids": list(self.tasks),
            "resource": None if self.resource is None else problem.resources[self.resource].name,
            "at": self.at,
            "amount": self.amount,
        }


@dataclass(frozen=True, slots=True)
class Findings:
    """Breaches of one rule as columns; the words are made only when somebody reads them."""

    code: ViolationCode
    amounts: IntArray
    build: Callable[[], list[Violation]]
