"""Share curves: how fast work goes when it gets a part of a resource."""

from __future__ import annotations

from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.task import Demand, Mode
from schedcore.model.time import Tick


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
        object.__setattr__(self, "points", tuple((s, r) for s, r in self.points))
        if not self.points:
            raise ModelError("no points", where="share curve")
        share_before, rate_before = 0, 1
        for share, rate in self.points:
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
        ``ceil(share * capacity / 1000)`` units of ``on``, and ``extra``.  A point is dominated if a
        smaller share is as fast in whole ticks.
        """
        modes: list[Mode] = []
        for share, rate in self.points:
            duration = -(-work_ticks * 1000 // rate)
            if modes and duration >= modes[-1].duration:
                continue
            units = -(-share * capacity // 1000)
            modes.append(Mode(duration, demands=(Demand(on, units), *extra), cost=cost))
        return tuple(modes)
