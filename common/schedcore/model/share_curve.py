"""Share curves: how fast work goes when it gets a part of a resource."""

from __future__ import annotations

from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.fields import as_rows, check_int
from schedcore.model.task import Demand, Mode
from schedcore.model.time import MAX_TICK, Tick


@dataclass(frozen=True, slots=True)
class ShareCurve:
    """Relative speed as a function of the share of a resource.

    Parameters
    ----------
    points
        ``(share_permille, rate_permille)``, strictly increasing shares in 1..1000 and
        non-decreasing rates above 0; rate 1000 is the speed with the whole resource.
    """

    points: tuple[tuple[int, int], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", as_rows(self.points, 2, "share curve"))
        if not self.points:
            raise ModelError("no points", where="share curve", remedy="give at least (1000, 1000)")
        share_before, rate_before = 0, 1
        for share, rate in self.points:
            check_int(share, 1, 1000, "share curve")
            check_int(rate, 1, MAX_TICK, "share curve")
            if not share_before < share <= 1000:
                raise ModelError(
                    f"share {share} after {share_before}",
                    where="share curve",
                    remedy="increase strictly within 1..1000",
                )
            if rate < rate_before:
                raise ModelError(
                    f"rate {rate} at share {share} is below {rate_before}",
                    where="share curve",
                    remedy="a larger share must not be slower, and rates start at 1",
                )
            share_before, rate_before = share, rate

    def to_modes(
        self, work_ticks: Tick, on: int, *, capacity: int = 1000, extra: tuple[Demand, ...] = (), cost: int = 0
    ) -> tuple[Mode, ...]:
        """Modes of a task whose duration is ``work_ticks`` at full speed, on the resource ``on``.

        Each undominated point gives a mode of ``ceil(work * 1000 / rate)`` ticks that demands
        ``ceil(share * capacity / 1000)`` units of ``on``, and ``extra``.  A point is dominated if
        another one needs no more units and no more ticks.
        """
        check_int(work_ticks, 0, MAX_TICK, "work_ticks")
        check_int(capacity, 1, MAX_TICK, "capacity")
        modes: list[Mode] = []
        for share, rate in self.points:
            duration = -(-work_ticks * 1000 // rate)
            if modes and duration >= modes[-1].duration:
                continue
            units = -(-share * capacity // 1000)
            if modes and modes[-1].demands[0].amount == units:  # as many units, but faster
                modes.pop()
            modes.append(Mode(duration, demands=(Demand(on, units), *extra), cost=cost))
        return tuple(modes)
