"""How much a schedule differs from a previous one, and how far a value is from a bound."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedcore.check.view import View
from schedcore.errors import InputError
from schedcore.model import Problem, Schedule


@dataclass(frozen=True, slots=True)
class Nervousness:
    """Differences of a schedule to the previous one.

    Parameters
    ----------
    common
        Tasks that both place.
    moved
        Of these, how many start at another tick.
    shift
        Sum of the ticks by which starts moved, regardless of direction.
    mode_changes
        Of the common tasks, how many run in another mode.
    added, removed
        Tasks that only the new, only the previous schedule places.
    """

    common: int
    moved: int
    shift: int
    mode_changes: int
    added: int
    removed: int

    @property
    def share_moved(self) -> float:
        """moved / common, 0 if nothing is common."""
        return self.moved / self.common if self.common else 0.0


def nervousness(problem: Problem, schedule: Schedule, previous: Schedule) -> Nervousness:
    """Change of ``schedule`` against ``previous``, both of ``problem``."""
    new, old = View(problem, schedule), View(problem, previous)
    both = np.flatnonzero((new.row_of >= 0) & (old.row_of >= 0))
    row_new, row_old = new.row_of[both], old.row_of[both]
    shift = np.abs(new.start[row_new] - old.start[row_old])
    return Nervousness(
        common=len(both),
        moved=int((shift > 0).sum()),
        shift=int(shift.sum()),
        mode_changes=int((new.mode[row_new] != old.mode[row_old]).sum()),
        added=len(new.task) - len(both),
        removed=len(old.task) - len(both),
    )


def gap_to_bound(value: float, bound: float) -> float:
    """Relative gap ``max(0, value - bound) / max(1, |value|)`` of a minimised value to a lower bound."""
    return max(0.0, (value - bound) / max(1.0, abs(value)))


def relative_deviation(value: float, reference: float) -> float:
    """``(value - reference) / |reference|``: the usual gap to a best known value; negative if better.

    Raises
    ------
    InputError
        If ``reference`` is 0.
    """
    if reference == 0:
        raise InputError("a deviation relative to 0 does not exist", where="reference", remedy="report the difference")
    return (value - reference) / abs(reference)


def lateness(problem: Problem, schedule: Schedule) -> tuple[tuple[int, int], ...]:
    """``(task id, end - due)`` of every present task with a due date, the latest first."""
    from schedcore.metrics.objective import lateness_columns

    task, late, _ = lateness_columns(View(problem, schedule))
    order = np.lexsort((task, -late))
    return tuple(zip(task[order].tolist(), late[order].tolist(), strict=True))
