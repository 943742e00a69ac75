"""The three kinds of resources: ``Unary``, ``Renewable`` and ``Reservoir``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from schedcore.errors import ModelError
from schedcore.model.fields import as_rows, check_int, check_name, shown
from schedcore.model.profile import StepProfile
from schedcore.model.time import MAX_TICK


@dataclass(frozen=True, slots=True)
class Unary:
    """A resource that serves one task at a time.

    Parameters
    ----------
    name
        Unique name.
    calendar
        1 where the resource is open, 0 where it is closed; ``None``: always open.  A task never
        runs across a closed stretch.
    transition
        ``transition[s][t]`` ticks must pass between the end of a task that leaves the resource in
        state ``s`` (its ``state_after``) and the start of the *next task on this resource*, which
        needs state ``t`` (its ``state_before``).  ``None`` instead of a number forbids the
        sequence.  ``None`` for the whole matrix: no setups.
    initial_state
        State at tick 0; the first task then starts no earlier than the transition from it.
        ``None``: the first task needs no setup.
    """

    name: str
    calendar: StepProfile | None = None
    transition: tuple[tuple[int | None, ...], ...] | None = None
    initial_state: int | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "resource")
        where = f"resource {self.name!r}"
        _check_calendar(self.calendar, where)
        if self.calendar is not None and not 0 <= self.calendar.minimum <= self.calendar.maximum <= 1:
            raise ModelError(
                f"calendar values run from {self.calendar.minimum} to {self.calendar.maximum}",
                where=f"{where}.calendar",
                remedy="a unary resource is open (1) or closed (0)",
            )
        if self.transition is None:
            if self.initial_state is not None:
                raise ModelError("initial_state without transition matrix", where=where, remedy="give transition")
            return
        rows = as_rows(self.transition, None, f"{where}.transition")
        object.__setattr__(self, "transition", rows)
        size = len(rows)
        if size == 0:
            raise ModelError("transition matrix is empty", where=f"{where}.transition", remedy="use None for no setups")
        for s, row in enumerate(rows):
            if len(row) != size:
                raise ModelError(
                    f"row {s} has {len(row)} entries, the matrix has {size} rows",
                    where=f"{where}.transition",
                    remedy="give a square matrix, one row and column per state",
                )
            for t, ticks in enumerate(row):
                if ticks is not None and (type(ticks) is not int or not 0 <= ticks <= MAX_TICK):
                    raise ModelError(
                        f"transition[{s}][{t}] is {ticks!r}",
                        where=f"{where}.transition",
                        remedy="give ticks >= 0, or None to forbid the sequence",
                    )
        if self.initial_state is not None:
            check_int(self.initial_state, 0, MAX_TICK, f"{where}.initial_state")
            if self.initial_state >= size:
                raise ModelError(
                    f"initial_state {self.initial_state} is outside the {size} states",
                    where=f"{where}.initial_state",
                    remedy="add its row and column to the matrix",
                )


@dataclass(frozen=True, slots=True)
class Renewable:
    """A resource with a capacity that tasks share while they run.

    Parameters
    ----------
    name
        Unique name.
    capacity
        Units available at any time (permille for shares, counts for slots), at least 0.
    calendar
        Units available over time where they differ from ``capacity``; never above it.
    """

    name: str
    capacity: int
    calendar: StepProfile | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "resource")
        where = f"resource {self.name!r}"
        check_int(self.capacity, 0, MAX_TICK, f"{where}.capacity")
        _check_calendar(self.calendar, where)
        if self.calendar is not None and not 0 <= self.calendar.minimum <= self.calendar.maximum <= self.capacity:
            raise ModelError(
                f"calendar values run from {self.calendar.minimum} to {self.calendar.maximum}, "
                f"capacity is {self.capacity}",
                where=f"{where}.calendar",
                remedy="keep them between 0 and the capacity",
            )


@dataclass(frozen=True, slots=True)
class Reservoir:
    """A stock that effects of tasks raise and lower: a battery, pages, stored pairs.

    The bounds hold for the net level after all events of a tick.  In a cyclic problem the effects
    of one round must add up to zero, and the level is that of the steady state which the pattern
    reaches when it is started from ``initial``.

    Parameters
    ----------
    name
        Unique name.
    initial
        Level before tick 0.
    minimum, maximum
        Bounds of the level.
    """

    name: str
    initial: int
    minimum: int
    maximum: int

    def __post_init__(self) -> None:
        check_name(self.name, "resource")
        where = f"resource {self.name!r}"
        for field in ("initial", "minimum", "maximum"):
            check_int(getattr(self, field), -MAX_TICK, MAX_TICK, f"{where}.{field}")
        if not self.minimum <= self.initial <= self.maximum:
            raise ModelError(
                f"initial level {self.initial} is outside [{self.minimum}, {self.maximum}]",
                where=where,
                remedy="need minimum <= initial <= maximum",
            )


Resource: TypeAlias = Unary | Renewable | Reservoir


def _check_calendar(calendar: object, where: str) -> None:
    if calendar is not None and not isinstance(calendar, StepProfile):
        raise ModelError(f"{shown(calendar)} is no StepProfile", where=f"{where}.calendar", remedy="give a StepProfile")
