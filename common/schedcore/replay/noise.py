"""What is uncertain about one task: how long it takes, and whether it succeeds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from schedcore.errors import InputError
from schedcore.replay.laws import FloatArray, Law, TickArray, to_ticks

MAX_ATTEMPTS = 10_000
"""Bound on the attempts of a task that is repeated until it succeeds."""


@dataclass(frozen=True, slots=True)
class Noise:
    """Uncertainty of a task or mode.

    Parameters
    ----------
    law
        Law of the duration of one attempt; ``None``: the planned duration.
    relative
        The law gives a factor on the planned duration (the mode's duration, or what the schedule
        chose for an elastic mode); otherwise ticks.
    success
        Probability that an attempt succeeds, in (0, 1].
    attempts
        How often the task is tried at most; ``None``: until it succeeds.  A task whose last attempt
        fails is *failed*: it is counted, its time is spent, and the schedule goes on.
    """

    law: Law | None = None
    relative: bool = False
    success: float = 1.0
    attempts: int | None = 1

    def __post_init__(self) -> None:
        if self.law is not None and not isinstance(self.law, Law):
            raise InputError(f"law is {self.law!r}", where="noise.law", remedy="give a law such as Uniform(2, 4)")
        if isinstance(self.success, bool) or not isinstance(self.success, int | float) or not 0 < self.success <= 1:
            raise InputError(
                f"success is {self.success!r}", where="noise.success", remedy="give a probability above 0, at most 1"
            )
        if self.attempts is not None and (
            isinstance(self.attempts, bool)
            or not isinstance(self.attempts, int)
            or not 1 <= self.attempts <= MAX_ATTEMPTS
        ):
            raise InputError(
                f"attempts is {self.attempts!r}", where="noise.attempts", remedy=f"give 1 to {MAX_ATTEMPTS}, or None"
            )

    @property
    def most_attempts(self) -> int:
        """Largest number of attempts; 1 where success is certain."""
        if self.success == 1:
            return 1
        return MAX_ATTEMPTS if self.attempts is None else self.attempts

    def ticks(self, planned: int, u: FloatArray) -> TickArray:
        """Durations of attempts at the uniform numbers ``u`` for a planned duration; same shape as ``u``."""
        if self.law is None:
            return np.full(np.shape(u), planned, dtype=np.int64)
        values = self.law.quantile(u)
        return to_ticks(values * planned if self.relative else values)


CERTAIN = Noise()
"""No uncertainty: the planned duration, at the first attempt."""
