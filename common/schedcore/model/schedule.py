"""The schedule: placements and, in a cyclic problem, the value of the period.  Nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from schedcore.errors import ModelError
from schedcore.model.arrays import IntArray
from schedcore.model.fields import check_int, shown
from schedcore.model.time import MAX_TICK, Tick


class Placement(NamedTuple):
    """Task ``task`` runs in mode ``mode`` during ``[start, end)``."""

    task: int
    mode: int
    start: Tick
    end: Tick


class Schedule:
    """An immutable set of placements, stored as columns and sorted by task.

    Optional tasks that are left out have no placement.  A schedule says nothing about whether it is
    feasible; :func:`schedcore.check.check` does.  Two schedules are equal if they have the same
    placements, in whatever order they were given, and the same cycle.

    Parameters
    ----------
    placements
        In any order.  Equal tasks are kept (the checker reports them).
    cycle
        Value of the period in a cyclic problem.

    Attributes
    ----------
    task, mode, start, end
        The columns: read-only int64 arrays of shape ``[placement]``, sorted by task (equal tasks by
        start, end and mode).

    Raises
    ------
    ModelError
        For anything but whole numbers of at most 64 bits: nothing is ever rounded.
    """

    task: IntArray
    mode: IntArray
    start: IntArray
    end: IntArray
    cycle: Tick | None

    def __init__(
        self, placements: Iterable[Placement | tuple[int, int, int, int]] = (), cycle: Tick | None = None
    ) -> None:
        rows = _table(list(placements))
        self._set(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], cycle)

    @classmethod
    def from_arrays(
        cls, task: IntArray, mode: IntArray, start: IntArray, end: IntArray, cycle: Tick | None = None
    ) -> Schedule:
        """The schedule with these columns (equal length, one placement per row), without Python objects.

        The columns are copied.
        """
        self = cls.__new__(cls)
        self._set(task, mode, start, end, cycle)
        return self

    def _set(self, task: IntArray, mode: IntArray, start: IntArray, end: IntArray, cycle: Tick | None) -> None:
        columns = [_column(c, name) for c, name in ((task, "task"), (mode, "mode"), (start, "start"), (end, "end"))]
        if len({c.shape for c in columns}) != 1 or columns[0].ndim != 1:
            shapes = ", ".join(str(c.shape) for c in columns)
            raise ModelError(f"the columns have shapes {shapes}", where="schedule", remedy="give one row per placement")
        if len(columns[0]) > 1 and not (np.diff(columns[0]) > 0).all():
            # Ties (duplicates) are ordered by start so that equal sets give equal schedules.
            order = np.lexsort((columns[1], columns[3], columns[2], columns[0]))
            columns = [c[order] for c in columns]
        for column in columns:
            column.flags.writeable = False
        if cycle is not None:
            cycle = int(cycle) if isinstance(cycle, np.integer) else cycle
            check_int(cycle, -MAX_TICK, MAX_TICK, "schedule.cycle")
        for name, value in zip(("task", "mode", "start", "end", "cycle"), (*columns, cycle), strict=True):
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a schedule cannot be changed; make a new one to change {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a schedule cannot be changed; {name!r} stays")

    @cached_property
    def placements(self) -> tuple[Placement, ...]:
        """The placements, sorted by task."""
        columns = (c.tolist() for c in (self.task, self.mode, self.start, self.end))
        return tuple(map(Placement._make, zip(*columns, strict=True)))

    def __len__(self) -> int:
        return len(self.task)

    def __iter__(self) -> Iterator[Placement]:
        return iter(self.placements)

    def of(self, task: int) -> Placement | None:
        """The placement of ``task``, or ``None`` if it is absent."""
        index = int(np.searchsorted(self.task, task))
        if index == len(self.task) or self.task[index] != task:
            return None
        return Placement(task, int(self.mode[index]), int(self.start[index]), int(self.end[index]))

    @property
    def makespan(self) -> Tick:
        """Latest end, 0 for an empty schedule."""
        return int(self.end.max()) if len(self.end) else 0

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Schedule):
            return NotImplemented
        return self.cycle == other.cycle and all(
            np.array_equal(a, b) for a, b in zip(self._columns(), other._columns(), strict=True)
        )

    def __hash__(self) -> int:
        return hash((self.cycle, *(c.tobytes() for c in self._columns())))

    def _columns(self) -> tuple[IntArray, IntArray, IntArray, IntArray]:
        return self.task, self.mode, self.start, self.end

    def __repr__(self) -> str:
        cycle = "" if self.cycle is None else f", cycle={self.cycle}"
        return f"Schedule({len(self)} placements, makespan={self.makespan}{cycle})"

    def __reduce__(self) -> tuple[object, ...]:
        return Schedule.from_arrays, (*self._columns(), self.cycle)


def _table(rows: list[Any]) -> IntArray:
    """The rows as an int64 array of shape ``[placement, 4]``."""
    for i, row in enumerate(rows):
        if not isinstance(row, tuple | list) or len(row) != 4:
            raise ModelError(
                f"{shown(row)} is no placement", where=f"placements[{i}]", remedy="give (task, mode, start, end)"
            )
    return _column(rows, "placements").reshape(-1, 4)


def _column(values: Any, name: str) -> IntArray:
    """A copy of ``values`` as int64; refuses what would have to be rounded or cut."""
    if len(values) == 0:
        return np.zeros(0, dtype=np.int64)
    try:
        column = np.array(values)
        if column.dtype.kind == "i" or (column.dtype.kind == "u" and int(column.max()) < 2**63):
            return column.astype(np.int64, copy=False)
    except (ValueError, TypeError, OverflowError):
        pass
    raise ModelError(
        f"{shown(values)} is not made of whole numbers of 64 bits",
        where=f"schedule.{name}",
        remedy="round before making the schedule, and check the unit",
    )
