"""Step functions of time: calendars, usage, reservoir levels.  Never a dense array over time."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.fields import as_rows, check_int, shown
from schedcore.model.time import MAX_TICK, Tick


@dataclass(frozen=True, slots=True)
class StepProfile:
    """A right-continuous integer step function on ``[0, infinity)``.

    Parameters
    ----------
    points
        ``(tick, value)`` with strictly increasing ticks, the first at tick 0; ``value`` holds from
        its tick (inclusive) to the next one (exclusive), the last one for ever.
    """

    points: tuple[tuple[Tick, int], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "points", as_rows(self.points, 2, "points"))
        if not self.points:
            raise ModelError("a step profile has no points", where="points", remedy="give at least (0, value)")
        previous = -1
        for tick, value in self.points:
            if type(tick) is not int or type(value) is not int:
                raise ModelError(
                    f"point {shown((tick, value))} is not a pair of integers",
                    where="points",
                    remedy="give whole ticks and units",
                )
            if tick < 0:
                raise ModelError(f"tick {tick} is negative", where="points", remedy="profiles begin at tick 0")
            if tick <= previous:
                raise ModelError(
                    f"tick {tick} does not come after {previous}", where="points", remedy="ticks must increase strictly"
                )
            if tick > MAX_TICK or abs(value) > MAX_TICK:
                raise ModelError(
                    f"point {shown((tick, value))} exceeds {MAX_TICK}", where="points", remedy="check units"
                )
            previous = tick
        if self.points[0][0] != 0:
            raise ModelError(
                f"the first tick is {self.points[0][0]}", where="points", remedy="say what holds from tick 0"
            )

    @classmethod
    def constant(cls, value: int) -> StepProfile:
        """The profile that is ``value`` everywhere."""
        return cls(((0, value),))

    @classmethod
    def closed(cls, normal: int, breaks: Iterable[tuple[Tick, Tick]], during: int = 0) -> StepProfile:
        """``normal`` everywhere except ``during`` in the half-open intervals ``breaks``.

        >>> StepProfile.closed(2, [(5, 8)]).points
        ((0, 2), (5, 0), (8, 2))
        """
        points: list[tuple[Tick, int]] = [(0, normal)]
        intervals = as_rows(breaks, 2, "breaks")
        for row in intervals:
            for tick in row:
                check_int(tick, -MAX_TICK, MAX_TICK, "breaks")
        for begin, end in sorted(intervals):
            if not 0 <= begin < end or begin < points[-1][0]:
                raise ModelError(
                    f"break [{begin}, {end}) is empty, negative or overlaps another one",
                    where="breaks",
                    remedy="give disjoint intervals with 0 <= begin < end",
                )
            if points[-1][0] == begin:
                points[-1] = (begin, during)
            else:
                points.append((begin, during))
            points.append((end, normal))
        return cls(tuple(points))

    def at(self, tick: Tick) -> int:
        """Value at ``tick >= 0``."""
        return self.points[self._index(tick)][1]

    def minimum_on(self, start: Tick, end: Tick) -> int:
        """Smallest value on ``[start, end)``, which must not be empty."""
        if end <= start:
            raise ModelError(f"[{start}, {end}) is empty", where="interval", remedy="give start < end")
        index = self._index(start)
        lowest = self.points[index][1]
        for i in range(index + 1, len(self.points)):
            tick, value = self.points[i]
            if tick >= end:
                break
            lowest = min(lowest, value)
        return lowest

    def _index(self, tick: Tick) -> int:
        """Position of the last point that is not after ``tick``."""
        if tick < 0:
            raise ModelError(f"tick {tick} is negative", where="tick", remedy="profiles begin at tick 0")
        return bisect_right(self.points, tick, key=_tick_of) - 1

    def segments(self, end: Tick) -> Iterator[tuple[Tick, Tick, int]]:
        """Constant pieces ``(begin, end, value)`` covering ``[0, end)``."""
        for i, (tick, value) in enumerate(self.points):
            if tick >= end:
                return
            until = self.points[i + 1][0] if i + 1 < len(self.points) else end
            yield tick, min(until, end), value

    @property
    def maximum(self) -> int:
        """Largest value."""
        return max(value for _, value in self.points)

    @property
    def minimum(self) -> int:
        """Smallest value."""
        return min(value for _, value in self.points)


def _tick_of(point: tuple[Tick, int]) -> Tick:
    return point[0]
