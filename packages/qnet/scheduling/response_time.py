"""Bounds on response times of non-preemptive earliest deadline first on one processor.

George, Rivierre and Spuri (INRIA RR-2966, 1996): the worst response of a task occurs in a busy period that starts after
the longest blocking by a task with a later deadline.  Applies to the label ``pts-np-edf``; with many qubits protocols
interleave and no such busy period exists.
"""

from __future__ import annotations

from collections.abc import Sequence

from qnet.scheduling.task import PeriodicTask
from schedcore.errors import InputError


def response_bounds(tasks: Sequence[PeriodicTask]) -> list[int]:
    """Upper bounds in slots on end minus release, per task, whatever the phases.

    Raises
    ------
    InputError
        The utilisation is above 1: no bound exists.
    """
    load = sum(task.slots / task.period for task in tasks)
    if load > 1 + 1e-12:
        raise InputError(
            f"the processor is asked for {load:.3f} of its time", where="response times", remedy="drop a demand"
        )
    return [_bound(tasks, i) for i in range(len(tasks))]


def _busy_period(tasks: Sequence[PeriodicTask]) -> int:
    """Longest time without idling when all tasks are released at once."""
    length = sum(task.slots for task in tasks)
    while True:
        longer = sum(-(-length // task.period) * task.slots for task in tasks)
        if longer == length:
            return length
        length = longer


def _bound(tasks: Sequence[PeriodicTask], i: int) -> int:
    own = tasks[i]
    horizon = _busy_period(tasks) + max(task.slots for task in tasks)
    candidates = {
        k * task.period + task.period - own.period
        for task in tasks
        for k in range(horizon // task.period + 2)
        if 0 <= k * task.period + task.period - own.period <= horizon
    }
    worst = own.slots
    for a in sorted({0, *candidates}):
        worst = max(worst, own.slots + _latest_start(tasks, i, a) - a)
    return worst


def _latest_start(tasks: Sequence[PeriodicTask], i: int, a: int) -> int:
    """Latest start of the instance of task ``i`` released ``a`` after the start of the busy period."""
    own = tasks[i]
    blocking = max((t.slots - 1 for t in tasks if t.period > a + own.period), default=0)
    earlier = a // own.period * own.slots
    start = 0
    while True:
        work = blocking + earlier
        for j, task in enumerate(tasks):
            if j != i and task.period <= a + own.period:
                by_time = 1 + start // task.period
                by_deadline = 1 + (a + own.period - task.period) // task.period
                work += min(by_time, by_deadline) * task.slots
        if work == start:
            return start
        start = work
