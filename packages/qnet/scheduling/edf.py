"""Non-preemptive and segmented earliest-deadline-first on many qubits (specification 5.1, 5.2, 5.4).

One loop; what differs between the labels is how an instance is placed (a :data:`Place`) and whether it may be kept
waiting for one that is more critical (``clairvoyant``).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from typing import TypeAlias

from qnet.scheduling.cyclic import Miss, Piece, Run
from qnet.scheduling.occupancy import Occupancy
from qnet.scheduling.task import Group, PeriodicTask, hyperperiod

Place: TypeAlias = Callable[[PeriodicTask, Occupancy, int, int], tuple[Piece, ...]]
"""``place(task, occupancy, earliest start, deadline)``: pieces from the earliest start on, taken in ``occupancy`` if
they end by the deadline."""


def place_pattern(task: PeriodicTask, occupancy: Occupancy, earliest: int, deadline: int) -> tuple[Piece, ...]:
    """At the first slot where every qubit is free in its own slots: protocols interleave."""
    return _place(task, occupancy, earliest, deadline, task.groups)


def place_block(task: PeriodicTask, occupancy: Occupancy, earliest: int, deadline: int) -> tuple[Piece, ...]:
    """At the first slot where every qubit is free for the whole protocol (full reservation)."""
    return _place(task, occupancy, earliest, deadline, task.block)


def _place(
    task: PeriodicTask, occupancy: Occupancy, earliest: int, deadline: int, groups: tuple[Group, ...]
) -> tuple[Piece, ...]:
    start = occupancy.earliest(groups, earliest)
    if start + task.slots <= deadline:
        occupancy.take(groups, start)
    return (Piece(0, task.slots, start),)


def schedule_component(tasks: Sequence[PeriodicTask], place: Place, *, clairvoyant: bool = False) -> list[Run] | Miss:
    """Runs of one hyperperiod of tasks that share qubits, or the first instance that misses its deadline.

    ``Run.task`` is the position in ``tasks``.  The queue is ordered by (deadline, release, position).  An instance
    becomes known when the queue is empty and its release is the next one, or when a qubit of its task is taken up to
    its release or beyond: there is no clock.  ``clairvoyant`` keeps an instance back while it would make the start of
    a more critical one impossible.
    """
    return _List(tasks, place, clairvoyant).run()


class _List:
    """State of one call of :func:`schedule_component`."""

    def __init__(self, tasks: Sequence[PeriodicTask], place: Place, clairvoyant: bool) -> None:
        cycle = hyperperiod(task.period for task in tasks)
        self.tasks = tasks
        self.place = place
        self.clairvoyant = clairvoyant
        self.counts = [cycle // task.period for task in tasks]
        self.occupancy = Occupancy()
        self.users: dict[str, list[int]] = {}
        for i, task in enumerate(tasks):
            for qubit in task.qubits:
                self.users.setdefault(qubit, []).append(i)
        self.admitted = [0] * len(tasks)
        self.done = [0] * len(tasks)
        self.not_before = [0] * len(tasks)
        self.waiting: dict[int, int] = {}  # kept back for a more critical one: task -> slot where it is ready again
        self.ready: list[tuple[int, int, int]] = []

    def run(self) -> list[Run] | Miss:
        total = sum(self.counts)
        runs: list[Run] = []
        while len(runs) < total:
            if not self.ready:
                self._next_releases()
            deadline, release, i = heapq.heappop(self.ready)
            task = self.tasks[i]
            earliest = max(release, self.not_before[i])
            if self.clairvoyant:
                later = self._kept_back_until(i, earliest)
                if later is not None:
                    self.not_before[i] = self.waiting[i] = later
                    continue
            pieces = self.place(task, self.occupancy, earliest, deadline)
            end = pieces[-1].start + pieces[-1].slots
            if end > deadline:
                return Miss(task.name, self.done[i], release, deadline, end)
            runs.append(Run(i, self.done[i], pieces))
            self.done[i] += 1
            self.not_before[i] = pieces[0].start
            self._admit_reached(task)
        return sorted(runs)

    def _push(self, i: int, instance: int) -> None:
        period = self.tasks[i].period
        heapq.heappush(self.ready, ((instance + 1) * period, instance * period, i))

    def _next_releases(self) -> None:
        """Everything that is ready at the earliest slot at which anything is."""
        slots = {i: n * self.tasks[i].period for i, n in enumerate(self.admitted) if n < self.counts[i]}
        first = min((*slots.values(), *self.waiting.values()))
        for i, slot in slots.items():
            if slot == first:
                self._push(i, self.admitted[i])
                self.admitted[i] += 1
        for i in [i for i, slot in self.waiting.items() if slot == first]:
            del self.waiting[i]
            self._push(i, self.done[i])

    def _admit_reached(self, placed: PeriodicTask) -> None:
        """Instances of tasks that have a qubit taken up to their release or beyond."""
        for qubit in placed.qubits:
            end = self.occupancy.end_of(qubit)
            for j in self.users[qubit]:
                period, count = self.tasks[j].period, self.counts[j]
                while self.admitted[j] < count and self.admitted[j] * period <= end:
                    self._push(j, self.admitted[j])
                    self.admitted[j] += 1
                if self.waiting and self.waiting.get(j, end + 1) <= end:
                    del self.waiting[j]
                    self._push(j, self.done[j])

    def _kept_back_until(self, i: int, earliest: int) -> int | None:
        """The slot until which task ``i`` waits for the most critical task on its qubits; ``None``: it may run."""
        task = self.tasks[i]
        critical, latest = i, (self.done[i] + 1) * task.period - task.slots
        for j in sorted({j for qubit in task.qubits for j in self.users[qubit]}):
            if self.done[j] < self.counts[j]:
                other = self.tasks[j]
                limit = max((self.done[j] + 1) * other.period - other.slots, self.not_before[j])
                if limit < latest:
                    critical, latest = j, limit
        if critical == i:
            return None
        now = self.occupancy.earliest(task.block, earliest)
        if now <= latest < now + task.slots:
            return now + self.tasks[critical].slots
        return None
