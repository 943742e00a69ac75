"""The period of a cyclic (modulo) problem."""

from __future__ import annotations

from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.fields import check_int
from schedcore.model.time import MAX_TICK, Tick


@dataclass(frozen=True, slots=True)
class Cycle:
    """The pattern repeats every ``period`` ticks, where ``minimum <= period <= maximum``.

    A range makes the period a decision; its value stands in ``Schedule.cycle`` and is the metric
    ``period``.  Placements carry the absolute starts of round 0, which may reach beyond the period;
    resources fold them modulo the period, so that work of several rounds overlaps.
    """

    minimum: Tick
    maximum: Tick

    def __post_init__(self) -> None:
        check_int(self.minimum, 1, MAX_TICK, "cycle.minimum")
        check_int(self.maximum, 1, MAX_TICK, "cycle.maximum")
        if self.minimum > self.maximum:
            raise ModelError(
                f"minimum {self.minimum} is above maximum {self.maximum}", where="cycle", remedy="swap the bounds"
            )

    @property
    def is_fixed(self) -> bool:
        """Whether the period is given rather than decided."""
        return self.minimum == self.maximum
