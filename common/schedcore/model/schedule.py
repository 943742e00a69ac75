"""The schedule: placements and, in a cyclic problem, the value of the period.  Nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

import numpy as np

from schedcore.errors import ModelError
from schedcore.model.arrays import IntArray
from schedcore.model.time import Tick


class Placement(NamedTuple):
    """Task ``task`` runs in mode ``mode`` during ``[start, end)``."""

    task: int
    mode: int
    start: Tick
    end: Tick


class Schedule:
    """An immutable set of placements, stored as columns and sorted by task.

    Optional tasks that are left out have no placement.  A schedule says nothing about whether it is
    feasible; :func:`schedcore.check.check` does.

    Parameters
    ----------
    placements
        In any order.  Equal tasks are kept (the checker reports them).
    cycle
        Value of the period in a cyclic problem.
    """

    def __init__(
        self, placements: Iterable[Placement | tuple[int, int, int, int]] = (), cycle: Tick | None = None
    ) -> None:
        rows = np.array([tuple(p) for p in placements], dtype=np.int64).reshape(-1, 4)
        self._set(rows[:, 0], rows[:, 1], rows[:, 2], rows[:, 3], cycle)

    @classmethod
    def from_arrays(
        cls, task: IntArray, mode: IntArray, start: IntArray, end: IntArray, cycle: Tick | None = None
    ) -> Schedule:
        """The schedule with these columns (equal length, one placement per row), without Python objects."""
        self = cls.__new__(cls)
        self._set(task, mode, start, end, cycle)
        return self

    def _set(self, task: IntArray, mode: IntArray, start: IntArray, end: IntArray, cycle: Tick | None) -> None:
        columns = [np.array(c, dtype=np.int64) for c in (task, mode, start, end)]
        if len({len(c) for c in columns}) != 1:
            raise ModelError("the columns of a schedule differ in length", where="schedule")
        if len(columns[0]) > 1 and not (np.diff(columns[0]) > 0).all():
            # Ties (duplicates) are ordered by start so that equal sets give equal schedules.
            order = np.lexsort((columns[1], columns[3], columns[2], columns[0]))
            columns = [c[order] for c in columns]
        for column in columns:
            column.flags.writeable = False
        self.task, self.mode, self.start, self.end = columns
        self.cycle = None if cycle is None else int(cycle)

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
