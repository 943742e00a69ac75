"""Modulo reservation tables: demand folded by the period, as step functions over one round."""

from __future__ import annotations

from bisect import bisect_left, bisect_right


class FoldedLine:
    """Units in use at each phase of ``[0, period)`` of one resource."""

    def __init__(self, period: int, capacity: int) -> None:
        self.period = period
        self.capacity = capacity
        self._ticks = [0]
        self._units = [0]

    def _split(self, phase: int) -> int:
        """Make a step begin at ``phase``; returns its position (the number of steps for the period itself)."""
        if phase == self.period:
            return len(self._ticks)
        i = bisect_left(self._ticks, phase)
        if i == len(self._ticks) or self._ticks[i] != phase:
            self._ticks.insert(i, phase)
            self._units.insert(i, self._units[i - 1])
        return i

    def add(self, start: int, length: int, amount: int) -> None:
        """Add ``amount`` units (negative: take away) on ``[start, start + length)`` of every round."""
        whole, rest = divmod(length, self.period)
        if whole:
            self._units = [u + whole * amount for u in self._units]
        phase = start % self.period
        for low, high in ((phase, min(phase + rest, self.period)), (0, phase + rest - self.period)):
            if high > low:
                i = self._split(low)
                j = self._split(high)
                for k in range(i, j):
                    self._units[k] += amount

    def shift_needed(self, start: int, length: int, amount: int) -> int | None:
        """How many ticks later ``[start, start + length)`` must begin to pass the first conflict.

        0 if it fits as it is, ``None`` if it fits nowhere.
        """
        whole, rest = divmod(length, self.period)
        room = self.capacity - (whole + (1 if rest else 0)) * amount
        if whole and max(self._units) > self.capacity - whole * amount:
            return None
        if rest == 0:
            return 0
        if room < 0:
            return None
        phase = start % self.period
        # The last conflicting step inside the stretch: the stretch must begin after it.
        for low, high, turn in ((0, phase + rest - self.period, 1), (phase, min(phase + rest, self.period), 0)):
            if high <= low:
                continue
            i = bisect_right(self._ticks, low) - 1
            j = bisect_left(self._ticks, high)
            for k in range(j - 1, i - 1, -1):
                if self._units[k] > room:
                    end = self._ticks[k + 1] if k + 1 < len(self._ticks) else self.period
                    return end + turn * self.period - phase
        return 0
