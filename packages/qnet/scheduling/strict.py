"""Strictly periodic schedules: each task has one phase, every instance starts there.  No jitter at all.

Not part of the published work.  Tasks with short periods go first; each takes the earliest phase at which none of its
instances meets a taken slot.  Because the whole hyperperiod is one integer per qubit, all phases are tested at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from qnet.scheduling.cyclic import Miss, Piece, Run
from qnet.scheduling.occupancy import Occupancy, first_clear
from qnet.scheduling.task import PeriodicTask, hyperperiod


def schedule_strict(tasks: Sequence[PeriodicTask]) -> list[Run] | Miss:
    """Runs of one hyperperiod with equal phases, or the first task for which no phase is left."""
    cycle = hyperperiod(task.period for task in tasks)
    occupancy = Occupancy()
    runs: list[Run] = []
    for i in sorted(range(len(tasks)), key=lambda i: (tasks[i].period, -tasks[i].slots, i)):
        task = tasks[i]
        phase = first_clear(fold(occupancy.forbidden(task.groups), task.period, cycle), 0)
        if phase + task.slots > task.period:
            return Miss(task.name, 0, 0, task.period, phase + task.slots)
        for k in range(cycle // task.period):
            occupancy.take(task.groups, phase + k * task.period)
            runs.append(Run(i, k, (Piece(0, task.slots, phase + k * task.period),)))
    return sorted(runs)


def fold(mask: int, period: int, cycle: int) -> int:
    """Bits of ``mask`` below ``cycle`` gathered modulo ``period`` (which divides ``cycle``)."""
    size = cycle
    mask &= (1 << cycle) - 1
    while size > period:
        if size % (2 * period) == 0:
            size //= 2
            mask = (mask | mask >> size) & ((1 << size) - 1)
            continue
        folded = 0
        while mask:
            folded |= mask & ((1 << period) - 1)
            mask >>= period
        return folded
    return mask
