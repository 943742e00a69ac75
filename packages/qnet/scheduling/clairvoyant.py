"""Clairvoyant earliest deadline first on one processor (specification 5.2, after Ekelin)."""

from __future__ import annotations

from collections.abc import Sequence

from qnet.scheduling.cyclic import Miss, Piece, Run
from qnet.scheduling.task import PeriodicTask, hyperperiod


def schedule_clairvoyant(tasks: Sequence[PeriodicTask]) -> list[Run] | Miss:
    """Runs of one hyperperiod, one protocol at a time, or the first instance that misses its deadline.

    Of the ready instances the one with the earliest deadline runs, unless the most critical instance (the one with
    the earliest latest start, released or not) could then no longer start in time: the first is kept back for as long
    as the critical one takes, and the processor may idle.
    """
    cycle = hyperperiod(task.period for task in tasks)
    counts = [cycle // task.period for task in tasks]
    done = [0] * len(tasks)
    ready_at = [0] * len(tasks)
    latest = [task.period - task.slots for task in tasks]
    open_tasks = set(range(len(tasks)))
    runs: list[Run] = []
    now = 0
    while open_tasks:
        ready = [i for i in open_tasks if ready_at[i] <= now]
        if not ready:
            now = min(ready_at[i] for i in open_tasks)
            continue
        i = min(ready, key=lambda i: ((done[i] + 1) * tasks[i].period, done[i] * tasks[i].period, i))
        j = min(open_tasks, key=lambda j: (latest[j], j != i, j))
        task = tasks[i]
        if j != i and now <= latest[j] < now + task.slots:
            ready_at[i] = now + tasks[j].slots
            latest[i] = max(latest[i], ready_at[i])
            continue
        deadline = (done[i] + 1) * task.period
        if now + task.slots > deadline:
            return Miss(task.name, done[i], done[i] * task.period, deadline, now + task.slots)
        runs.append(Run(i, done[i], (Piece(0, task.slots, now),)))
        now += task.slots
        done[i] += 1
        ready_at[i] = done[i] * task.period
        latest[i] = ready_at[i] + task.period - task.slots
        if done[i] == counts[i]:
            open_tasks.discard(i)
    return sorted(runs)
