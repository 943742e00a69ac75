"""What really happens during a run: durations, failed attempts, disruptions.

The executor plans with the durations of the modes.  A :class:`Realisation` says what occurs instead.
The policy sees an outcome only when it has occurred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias, runtime_checkable

from schedcore.model import Tick


@dataclass(frozen=True, slots=True)
class CapacityStep:
    """From ``tick`` on at most ``capacity`` units of ``resource`` are there; ``None`` lifts the limit.

    0 takes a resource down, ``None`` brings it back.  The calendar goes on to count: the smaller
    number holds.  If running tasks need more than is left, ``running`` says what becomes of them:
    ``"finish"`` lets them end as planned, ``"abort"`` ends attempts at once, the latest started
    first, until the rest fits.  An aborted task waits for another attempt.
    """

    tick: Tick
    resource: int
    capacity: int | None
    running: Literal["finish", "abort"] = "finish"


@dataclass(frozen=True, slots=True)
class Arrival:
    """``task`` becomes known at ``tick``: nothing starts it earlier, and no policy sees it before."""

    tick: Tick
    task: int


@dataclass(frozen=True, slots=True)
class Cancellation:
    """``task`` is withdrawn at ``tick``: it need not run any more; an attempt under way is aborted.

    A task that has ended is not affected.
    """

    tick: Tick
    task: int


Disruption: TypeAlias = CapacityStep | Arrival | Cancellation


@runtime_checkable
class Realisation(Protocol):
    """The outcome of chance.  Must answer equal questions equally, for attempts can be asked about twice."""

    def duration_of(self, task: int, mode: int, attempt: int, planned: Tick) -> Tick:
        """Actual ticks (at least 0) of attempt ``attempt`` (0, 1, ...) of ``task``; ``planned`` were planned."""
        ...

    def succeeds(self, task: int, mode: int, attempt: int) -> bool:
        """Whether the attempt does its work; otherwise the task waits for another one when it has ended."""
        ...

    def disruptions(self) -> Sequence[Disruption]:
        """Timed events of the run, in any order."""
        ...


class Nominal:
    """Everything goes as planned."""

    def duration_of(self, task: int, mode: int, attempt: int, planned: Tick) -> Tick:
        """The planned duration."""
        return planned

    def succeeds(self, task: int, mode: int, attempt: int) -> bool:
        """True."""
        return True

    def disruptions(self) -> Sequence[Disruption]:
        """None at all."""
        return ()
