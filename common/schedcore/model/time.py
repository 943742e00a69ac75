"""Ticks: the integer time of the core, and their exact relation to seconds.

Inside the core time is an integer number of ticks.  Adapters convert with a :class:`TimeUnit`, and
they round *conservatively*: what takes time gets longer, what limits time gets shorter, so that a
schedule which is feasible in ticks is feasible in real time.  Two traps:

* a duration that was rounded up really ends up to one tick earlier, so a *maximum* lag that is
  anchored on such an end must lose one more tick (``to_ticks_max_lag``);
* a period is never rounded, it would drift: ``to_ticks_exact`` refuses instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from schedcore.errors import ModelError

Tick: TypeAlias = int
"""An instant or a length of time, in ticks of the problem's unit."""

MAX_TICK: int = 2**42
"""Largest tick: sums of a million of them stay exact in int64, and CP-SAT accepts them."""


@dataclass(frozen=True, slots=True)
class TimeUnit:
    """What one tick is.

    Parameters
    ----------
    seconds_per_tick
        Exact length of a tick in seconds, positive; ``None`` for problems without a physical unit.
    label
        Name for axes and tables, such as ``"ms"`` or ``"slot"``.
    """

    seconds_per_tick: Fraction | None = None
    label: str = "tick"

    def __post_init__(self) -> None:
        if self.seconds_per_tick is not None:
            if not isinstance(self.seconds_per_tick, Fraction):
                object.__setattr__(self, "seconds_per_tick", Fraction(self.seconds_per_tick))
            if self.seconds_per_tick <= 0:
                raise ModelError(
                    f"seconds_per_tick is {self.seconds_per_tick}", where="unit", remedy="give a positive fraction"
                )

    def _in_ticks(self, seconds: Fraction | int | float) -> Fraction:
        if self.seconds_per_tick is None:
            raise ModelError(
                "this unit has no length in seconds", where="unit", remedy="give TimeUnit(seconds_per_tick=...)"
            )
        if isinstance(seconds, float) and not math.isfinite(seconds):
            raise ModelError(f"{seconds} is not a time", where="unit", remedy="give a finite number of seconds")
        return Fraction(seconds) / self.seconds_per_tick

    def to_ticks_up(self, seconds: Fraction | int | float) -> Tick:
        """Round up: for durations, releases and minimum lags."""
        return math.ceil(self._in_ticks(seconds))

    def to_ticks_down(self, seconds: Fraction | int | float) -> Tick:
        """Round down: for deadlines and for maximum lags between starts."""
        return math.floor(self._in_ticks(seconds))

    def to_ticks_max_lag(self, seconds: Fraction | int | float) -> Tick:
        """Round down and lose one tick more: for maximum lags that begin at a rounded end."""
        return math.floor(self._in_ticks(seconds)) - 1

    def to_ticks_exact(self, seconds: Fraction | int | float) -> Tick:
        """Convert without rounding (periods); refuses with the tick that would be needed.

        Raises
        ------
        ModelError
            If ``seconds`` is no multiple of the tick.
        """
        ticks = self._in_ticks(seconds)
        if ticks.denominator != 1:
            assert self.seconds_per_tick is not None
            needed = _gcd(Fraction(seconds), self.seconds_per_tick)
            raise ModelError(
                f"{seconds} s is not a whole number of ticks of {self.seconds_per_tick} s",
                where="unit",
                remedy=f"a tick of {needed} s divides both",
            )
        return int(ticks)

    def to_seconds(self, ticks: Tick) -> Fraction:
        """Exact length of ``ticks`` in seconds."""
        if self.seconds_per_tick is None:
            raise ModelError(
                "this unit has no length in seconds", where="unit", remedy="give TimeUnit(seconds_per_tick=...)"
            )
        return ticks * self.seconds_per_tick


def _gcd(a: Fraction, b: Fraction) -> Fraction:
    denominator = math.lcm(a.denominator, b.denominator)
    return Fraction(math.gcd(int(a * denominator), int(b * denominator)), denominator)
