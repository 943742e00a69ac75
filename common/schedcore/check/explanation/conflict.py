"""A visible reason why a problem has no schedule."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from schedcore.model import Tick

if TYPE_CHECKING:
    from schedcore.model import Problem


class ConflictKind(enum.StrEnum):
    """What contradicts what."""

    SELECTION = "SELECTION"
    """Rules on which tasks are present contradict each other."""
    MODE_LINK = "MODE_LINK"
    """Links leave a task without a mode."""
    MODE = "MODE"
    """No mode of a mandatory task ever fits its resources, calendars and time window."""
    LAG_CYCLE = "LAG_CYCLE"
    """Lags and durations add up to a positive cycle: some edge would have to come after itself."""
    WINDOW = "WINDOW"
    """A chain of releases, durations and lags ends after a deadline or the horizon."""
    CAPACITY = "CAPACITY"
    """Mandatory work needs more of a resource than there is within some interval."""
    RESERVOIR = "RESERVOIR"
    """Mandatory effects leave the bounds of a reservoir even if all others help."""
    TRANSITION = "TRANSITION"
    """Forbidden transitions leave no order of the tasks of a resource."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """One reason, enough by itself to make the problem infeasible.

    Parameters
    ----------
    kind
        What contradicts what.
    message
        The whole argument in words.
    tasks
        Ids of the tasks that take part, in the order of the argument.
    resource
        Id of the resource, or ``None``.
    interval
        ``[begin, end)`` in ticks, or ``None``.
    """

    kind: ConflictKind
    message: str
    tasks: tuple[int, ...] = ()
    resource: int | None = None
    interval: tuple[Tick, Tick] | None = None

    def as_dict(self, problem: Problem) -> dict[str, Any]:
        """Plain data with names, for ``--json`` output."""
        return {
            "kind": self.kind.value,
            "message": self.message,
            "tasks": [problem.tasks[t].name for t in self.tasks],
            "task_ids": list(self.tasks),
            "resource": None if self.resource is None else problem.resources[self.resource].name,
            "interval": None if self.interval is None else list(self.interval),
        }
