"""A new task in the gaps of a running schedule: nothing that is placed moves.

Not part of the published work.  Used by our admission and by the controller: accepting a demand this way disturbs
nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qnet.scheduling.cyclic import CyclicSchedule, Piece, Run, broken_bound
from qnet.scheduling.occupancy import Occupancy
from qnet.scheduling.task import PeriodicTask, hyperperiod


def pack(tasks: Sequence[PeriodicTask], slot_s: float) -> CyclicSchedule | None:
    """A schedule from nothing by insertion, in several orders of the tasks; ``None`` if none of them succeeds."""
    orders: tuple[Callable[[PeriodicTask], tuple[float, ...]], ...] = (
        lambda t: (t.period, -t.slots, t.id),
        lambda t: (t.period - t.slots, t.id),
        lambda t: (-t.slots / t.period, t.id),
        lambda t: (-t.slots, t.period, t.id),
    )
    for order in orders:
        found: CyclicSchedule | None = CyclicSchedule((), (), (), slot_s, "packed")
        for task in sorted(tasks, key=order):
            found = None if found is None else insert_task(found, task)
        if found is not None:
            return found
    return None


def insert_task(schedule: CyclicSchedule, task: PeriodicTask) -> CyclicSchedule | None:
    """``schedule`` with ``task`` placed instance by instance at the earliest slots that are free; ``None``: no room.

    The component of the new task may join several; its hyperperiod is their least common multiple.
    """
    reached = set(task.qubits)
    part: set[int] = set()
    grown = True
    while grown:
        grown = False
        for i, other in enumerate(schedule.tasks):
            if i not in part and not reached.isdisjoint(other.qubits):
                part.add(i)
                reached |= other.qubits
                grown = True
    cycle = hyperperiod([task.period, *(schedule.cycles[i] for i in part)])
    occupancy = Occupancy()
    touching = [i for i in part if not task.qubits.isdisjoint(schedule.tasks[i].qubits)]
    for i in touching:
        own = schedule.cycles[i]
        for run in schedule.by_task[i]:
            for first, end, qubits in schedule.occupation(run):
                used = tuple(q for q in qubits if q in task.qubits)
                if used:
                    for round_ in range(cycle // own):
                        occupancy.take(((0, end - first, used),), first + round_ * own)
    place = len(schedule.tasks)
    runs: list[Run] = []
    for k in range(cycle // task.period):
        start = occupancy.earliest(task.groups, k * task.period)
        if start + task.slots > (k + 1) * task.period:
            return None
        occupancy.take(task.groups, start)
        runs.append(Run(place, k, (Piece(0, task.slots, start),)))
    kept = list(schedule.runs)
    cycles = [*schedule.cycles, cycle]
    for i in part:
        own = schedule.cycles[i]
        if own != cycle:
            row = schedule.by_task[i]
            kept += [
                Run(
                    i,
                    run.instance + n * len(row),
                    tuple(Piece(p.offset, p.slots, p.start + n * own) for p in run.pieces),
                )
                for n in range(1, cycle // own)
                for run in row
            ]
            cycles[i] = cycle
    made = CyclicSchedule(
        (*schedule.tasks, task), tuple(sorted([*kept, *runs])), tuple(cycles), schedule.slot_s, schedule.scheduler
    )
    return None if broken_bound(made) is not None else made
