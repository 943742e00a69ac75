"""Disruptions: what happens to a plan at known ticks, and failures that renew themselves.

None of them is known before it happens: no replay looks ahead.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TypeAlias

from schedcore.errors import InputError
from schedcore.model import MAX_TICK, Tick
from schedcore.replay.laws import Law
from schedcore.replay.noise import Noise


class OnBreak(enum.StrEnum):
    """What becomes of a task that runs when a resource that it holds goes down."""

    RESUME = "resume"
    """It keeps its resources, waits, and goes on where it stopped: its end moves by the time lost."""
    RESTART = "restart"
    """The work of the attempt is lost; it begins again when everything is up, with the same duration."""


@dataclass(frozen=True, slots=True)
class ResourceDown:
    """``units`` of ``resource`` (the highest-numbered; ``None``: all) are down during ``[begin, end)``.

    ``end=None`` means for ever.
    """

    resource: str
    begin: Tick
    end: Tick | None = None
    units: int | None = None

    def __post_init__(self) -> None:
        _tick(self.begin, "resource_down.begin")
        if self.end is not None:
            _tick(self.end, "resource_down.end")
            if self.end <= self.begin:
                raise InputError(
                    f"[{self.begin}, {self.end}) is empty", where="resource_down.end", remedy="end after begin"
                )
        _units(self.units, "resource_down.units")


@dataclass(frozen=True, slots=True)
class CapacityStep:
    """From tick ``at`` on ``resource`` has ``capacity`` units, until its next step.

    Never more than its static capacity: extra units mean nothing to a fixed plan.
    """

    resource: str
    at: Tick
    capacity: int

    def __post_init__(self) -> None:
        _tick(self.at, "capacity_step.at")
        _tick(self.capacity, "capacity_step.capacity")


@dataclass(frozen=True, slots=True)
class TaskCancelled:
    """``task`` is withdrawn at tick ``at``: it is not started any more, and aborted if it runs.

    If it has ended by then, nothing changes.
    """

    task: str
    at: Tick

    def __post_init__(self) -> None:
        _tick(self.at, "task_cancelled.at")


@dataclass(frozen=True, slots=True)
class TaskArrival:
    """``task`` arrives at tick ``at``: it cannot start before, whatever its release says."""

    task: str
    at: Tick

    def __post_init__(self) -> None:
        _tick(self.at, "task_arrival.at")


@dataclass(frozen=True, slots=True)
class LawChange:
    """Tasks that start at tick ``at`` or later follow ``noise``: ``tasks``, and tasks with one of ``tags``.

    With neither it holds for all tasks.  Only the law of the duration changes, on the same random
    numbers; the chances of success stay.
    """

    at: Tick
    noise: Noise
    tasks: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _tick(self.at, "law_change.at")
        object.__setattr__(self, "tasks", tuple(self.tasks))
        object.__setattr__(self, "tags", tuple(self.tags))
        if self.noise.success != 1:
            raise InputError(
                f"success is {self.noise.success}",
                where="law_change.noise",
                remedy="a changed law changes durations only",
            )


Disruption: TypeAlias = ResourceDown | CapacityStep | TaskCancelled | TaskArrival | LawChange


@dataclass(frozen=True, slots=True)
class Breakdowns:
    """A renewal process of failures of ``resource``: up for a time drawn from ``up``, down for one from ``down``.

    Time up counts whether or not the resource works (so that failures do not depend on the plan);
    both are rounded to ticks, and are at least one tick.  MTBF and MTTR are the means of the laws.
    """

    resource: str
    up: Law
    down: Law
    units: int | None = field(default=None)

    def __post_init__(self) -> None:
        for name in ("up", "down"):
            if not isinstance(getattr(self, name), Law):
                raise InputError(
                    f"{name} is {getattr(self, name)!r}",
                    where=f"breakdowns.{name}",
                    remedy="give a law such as Exponential(100)",
                )
        _units(self.units, "breakdowns.units")


def _tick(value: object, where: str) -> None:
    if type(value) is not int or not 0 <= value <= MAX_TICK:
        raise InputError(f"{value!r} is out of range", where=where, remedy="give a whole number, at least 0")


def _units(value: object, where: str) -> None:
    if value is not None and (type(value) is not int or value < 1):
        raise InputError(f"{value!r} is out of range", where=where, remedy="give at least 1, or None for all units")
