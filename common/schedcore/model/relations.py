"""Relations between tasks: time lags, selections of optional tasks, links between modes."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from schedcore.errors import ModelError, did_you_mean
from schedcore.model.fields import as_tuple, check_int, shown
from schedcore.model.task import Edge, as_edge
from schedcore.model.time import MAX_TICK, Tick

MAX_ITERATIONS: int = 2**16
"""Largest ``TimeLag.iterations`` in either direction: its product with a period stays exact in int64."""


@dataclass(frozen=True, slots=True)
class TimeLag:
    """``min <= time(b, b_edge) + iterations * period - time(a, a_edge) <= max``.

    It binds only when both tasks are present.  Precedence is END to START with ``min = 0``; no-wait
    adds ``max = 0``; a coherence time is a ``max``.

    Parameters
    ----------
    a, b
        Ids of the tasks.
    min, max
        Bounds in ticks; ``None`` means unbounded, not both.  May be negative.
    a_edge, b_edge
        The edges that are compared.
    iterations
        In a cyclic problem the lag relates round *i* of ``a`` to round *i + iterations* of ``b``;
        0 otherwise.
    """

    a: int
    b: int
    min: Tick | None = 0
    max: Tick | None = None
    a_edge: Edge = Edge.END
    b_edge: Edge = Edge.START
    iterations: int = 0

    def __post_init__(self) -> None:
        if type(self.a) is not int or type(self.b) is not int or min(self.a, self.b) < 0 or self.a + self.b > MAX_TICK:
            check_int(self.a, 0, MAX_TICK, "lag.a")
            check_int(self.b, 0, MAX_TICK, "lag.b")
        if self.iterations or type(self.iterations) is not int:
            check_int(self.iterations, -MAX_ITERATIONS, MAX_ITERATIONS, "lag.iterations")
        if self.min is not None and (self.min or type(self.min) is not int):
            check_int(self.min, -MAX_TICK, MAX_TICK, "lag.min")
        if self.max is not None:
            check_int(self.max, -MAX_TICK, MAX_TICK, "lag.max")
            if self.min is not None and self.min > self.max:
                raise ModelError(f"min {self.min} is above max {self.max}", where="lag", remedy="swap the bounds")
        elif self.min is None:
            raise ModelError("neither min nor max is given", where="lag", remedy="give one of them")
        if type(self.a_edge) is not Edge:
            object.__setattr__(self, "a_edge", as_edge(self.a_edge, "lag.a_edge"))
        if type(self.b_edge) is not Edge:
            object.__setattr__(self, "b_edge", as_edge(self.b_edge, "lag.b_edge"))
        if self.a == self.b and self.iterations == 0:
            raise ModelError(
                f"a lag relates task {self.a} to itself", where="lag", remedy="bound its duration in the mode instead"
            )


class SelectionKind(enum.StrEnum):
    """What a :class:`Selection` demands of its tasks."""

    ALL_OR_NONE = "all_or_none"
    AT_LEAST_ONE = "at_least_one"
    AT_MOST_ONE = "at_most_one"
    EXACTLY_ONE = "exactly_one"
    IMPLIES = "implies"
    """If the first task is present, all others are."""


def as_selection_kind(value: object, where: str) -> SelectionKind:
    """``value`` (a :class:`SelectionKind` or its text) as a kind."""
    kinds = [kind.value for kind in SelectionKind]
    if not isinstance(value, str) or value not in kinds:
        raise ModelError(f"unknown kind {shown(value)}", where=where, remedy=did_you_mean(str(value), kinds))
    return SelectionKind(value)


@dataclass(frozen=True, slots=True)
class Selection:
    """A rule on which of ``tasks`` (ids, at least two; one suffices for AT_LEAST_ONE) are present."""

    tasks: tuple[int, ...]
    kind: SelectionKind

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", as_tuple(self.tasks, "selection.tasks"))
        object.__setattr__(self, "kind", as_selection_kind(self.kind, "selection.kind"))
        for task in self.tasks:
            check_int(task, 0, MAX_TICK, "selection.tasks")
        if not self.tasks or len(set(self.tasks)) != len(self.tasks):
            raise ModelError(f"tasks are {self.tasks}", where="selection.tasks", remedy="name distinct tasks")


@dataclass(frozen=True, slots=True)
class ModeLink:
    """If task ``task_a`` runs in mode ``mode_a`` and ``task_b`` is present, it runs in one of ``modes_b``."""

    task_a: int
    mode_a: int
    task_b: int
    modes_b: tuple[int, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "modes_b", as_tuple(self.modes_b, "mode_link.modes_b"))
        for field in ("task_a", "mode_a", "task_b"):
            check_int(getattr(self, field), 0, MAX_TICK, f"mode_link.{field}")
        for mode in self.modes_b:
            check_int(mode, 0, MAX_TICK, "mode_link.modes_b")
        if self.task_a == self.task_b:
            raise ModelError("a mode link relates a task to itself", where="mode_link", remedy="drop the mode instead")
        if not self.modes_b:
            raise ModelError(
                "modes_b is empty", where="mode_link.modes_b", remedy="forbid the pair with a selection instead"
            )
