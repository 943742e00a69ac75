"""What a policy can ask for: start tasks, or wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from schedcore.errors import InputError
from schedcore.model import Tick


class StartOrder(NamedTuple):
    """Start ``task`` in ``mode`` now.

    ``duration`` is for elastic modes; ``None`` takes the shortest that is needed (see
    :func:`schedcore.executor.elastic.needed_duration`).
    """

    task: int
    mode: int = 0
    duration: Tick | None = None


@dataclass(frozen=True, slots=True, init=False)
class Start:
    """Start one or several tasks now, all or none.

    ``Start((3, 0), (4, 1))`` starts task 3 in mode 0 and task 4 in mode 1; a third number is the
    duration of an elastic mode.  Several starts in one decision are judged together, so that a task
    that fills a reservoir and one that empties it may start at the same tick.
    """

    orders: tuple[StartOrder, ...]

    def __init__(self, *orders: StartOrder | tuple[int, int] | tuple[int, int, Tick | None]) -> None:
        if not orders:
            raise InputError("a start names no task", where="decision", remedy="return WaitEvent() to start nothing")
        object.__setattr__(self, "orders", tuple(StartOrder(*order) for order in orders))


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Start nothing before ``tick``; what happens in between does not wake the policy."""

    tick: Tick


@dataclass(frozen=True, slots=True)
class WaitEvent:
    """Start nothing until something happens: a completion, a release, a change of capacity, a lag or setup that ends.

    When nothing is left to happen this ends the run: well if every mandatory task has run, with
    ``NoScheduleError`` if not.
    """


Decision: TypeAlias = Start | WaitUntil | WaitEvent
