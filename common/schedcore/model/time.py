"""Ticks: the integer time of the core, and their exact relation to seconds.

Inside the core time is an integer number of ticks.  Adapters convert with a :class:`TimeUnit`, and
they round *conservatively*: what takes time gets longer, what limits time gets shorter, so that a
schedule which is feasible in ticks is feasible in real time.  Three traps:

* a duration that was rounded up really ends up to one tick earlier, so a *maximum* lag that begins
  at such an end must lose one more tick (``to_ticks_max_lag``);
* for the same reason a *minimum* lag that arrives at such an end must gain one more tick
  (``to_ticks_min_lag``);
* a period is never rounded, it would drift: ``to_ticks_exact`` refuses instead.

Seconds may be given as ``int``, ``Fraction``, decimal text (``"0.1"``, ``"1/30"``) or ``float``.  A float
counts as the shortest decimal number that prints it: ``0.1`` is one tenth, not the binary number
next to it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from schedcore.errors import ModelError
from schedcore.model.fields import shown

Tick: TypeAlias = int
"""An instant or a length of time, in ticks of the problem's unit."""

MAX_TICK: int = 2**42
"""Largest tick: sums of a million of them stay exact in int64, and CP-SAT accepts them."""

Seconds: TypeAlias = Fraction | int | float | str
"""A time in seconds; see the module's text for how floats are read."""


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
        if not isinstance(self.label, str) or not self.label:
            raise ModelError(f"label is {shown(self.label)}", where="unit.label", remedy="give a non-empty string")
        if self.seconds_per_tick is not None:
            object.__setattr__(self, "seconds_per_tick", _exact(self.seconds_per_tick))
            if self.seconds_per_tick <= 0:
                raise ModelError(
                    f"seconds_per_tick is {self.seconds_per_tick}", where="unit", remedy="give a positive fraction"
                )

    def _in_ticks(self, seconds: Seconds) -> Fraction:
        return _exact(seconds) / self._length()

    def _length(self) -> Fraction:
        if self.seconds_per_tick is None:
            raise ModelError(
                "this unit has no length in seconds", where="unit", remedy="give TimeUnit(seconds_per_tick=...)"
            )
        return self.seconds_per_tick

    def to_ticks_up(self, seconds: Seconds) -> Tick:
        """Round up: for durations, releases and minimum lags that arrive at a start."""
        return math.ceil(self._in_ticks(seconds))

    def to_ticks_down(self, seconds: Seconds) -> Tick:
        """Round down: for deadlines and for maximum lags that begin at a start."""
        return math.floor(self._in_ticks(seconds))

    def to_ticks_max_lag(self, seconds: Seconds) -> Tick:
        """Round down and lose one tick more: for maximum lags that begin at a rounded end."""
        return math.floor(self._in_ticks(seconds)) - 1

    def to_ticks_min_lag(self, seconds: Seconds) -> Tick:
        """Round up and gain one tick more: for minimum lags that arrive at a rounded end."""
        return math.ceil(self._in_ticks(seconds)) + 1

    def to_ticks_exact(self, seconds: Seconds) -> Tick:
        """Convert without rounding (periods); refuses with the tick that would be needed.

        Raises
        ------
        ModelError
            If ``seconds`` is no multiple of the tick.
        """
        length, exact = self._length(), _exact(seconds)
        ticks = exact / length
        if ticks.denominator != 1:
            raise ModelError(
                f"{seconds} s is not a whole number of ticks of {length} s",
                where="unit",
                remedy=f"a tick of {_gcd(exact, length)} s divides both",
            )
        return int(ticks)

    def to_seconds(self, ticks: Tick) -> Fraction:
        """Exact length of ``ticks`` in seconds."""
        return ticks * self._length()


def _exact(seconds: Seconds) -> Fraction:
    try:
        if isinstance(seconds, float):
            return Fraction(repr(float(seconds)))  # float(): numpy's floats print otherwise
        if isinstance(seconds, bool):
            raise TypeError
        return Fraction(seconds)
    except (ValueError, TypeError, ZeroDivisionError, OverflowError):
        raise ModelError(
            f"{shown(seconds)} is not a time", where="unit", remedy="give a finite number of seconds"
        ) from None


def _gcd(a: Fraction, b: Fraction) -> Fraction:
    denominator = math.lcm(a.denominator, b.denominator)
    return Fraction(math.gcd(int(a * denominator), int(b * denominator)), denominator)
