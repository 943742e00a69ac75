"""Relations between tasks: time lags, selections of optional tasks, links between modes."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.resources import _check_int
from schedcore.model.task import Edge
from schedcore.model.time import MAX_TICK, Tick


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
        if self.min is not None and self.min != 0:
            _check_int(self.min, -MAX_TICK, MAX_TICK, "lag.min")
        if self.max is not None:
            _check_int(self.max, -MAX_TICK, MAX_TICK, "lag.max")
            if self.min is not None and self.min > self.max:
                raise ModelError(f"min {self.min} is above max {self.max}", where="lag", remedy="swap the bounds")
        elif self.min is None:
            raise ModelError("neither min nor max is given", where="lag", remedy="give one of them")
        if type(self.a_edge) is not Edge:
            object.__setattr__(self, "a_edge", Edge(self.a_edge))
        if type(self.b_edge) is not Edge:
            object.__setattr__(self, "b_edge", Edge(self.b_edge))
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


@dataclass(frozen=True, slots=True)
class Selection:
    """A rule on which of ``tasks`` (ids, at least two; one suffices for AT_LEAST_ONE) are present."""

    tasks: tuple[int, ...]
    kind: SelectionKind

    def __post_init__(self) -> None:
        object.__setattr__(self, "tasks", tuple(self.tasks))
        object.__setattr__(self, "kind", SelectionKind(self.kind))
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
        object.__setattr__(self, "modes_b", tuple(self.modes_b))
        if self.task_a == self.task_b:
            raise ModelError("a mode link relates a task to itself", where="mode_link", remedy="drop the mode instead")
        if not self.modes_b:
            raise ModelError(
                "modes_b is empty", where="mode_link.modes_b", remedy="forbid the pair with a selection instead"
            )
