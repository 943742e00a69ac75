"""Earliest deadline first with preemption budgets on one processor: EDF-LBF (specification 5.3), label PTS-PB.

A protocol may be interrupted at the end of a segment.  An interrupted instance loses one unit of its budget per slot
and must be resumed when none is left; links that it holds keep their qubits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from qnet.scheduling.cyclic import Miss, Piece, Run
from qnet.scheduling.task import PeriodicTask, hyperperiod


@dataclass(eq=False)
class _Instance:
    """A started or released instance."""

    index: int
    task: PeriodicTask
    number: int
    budget: int
    at: int = 0
    interrupted: int = 0
    pieces: list[Piece] = field(default_factory=list)

    @property
    def release(self) -> int:
        return self.number * self.task.period

    @property
    def deadline(self) -> int:
        return self.release + self.task.period

    @property
    def remaining(self) -> int:
        return self.task.slots - self.at

    @property
    def next_end(self) -> int:
        """Offset of the end of the segment that comes next."""
        return next(s.end for s in self.task.segments if s.end > self.at)

    @property
    def held(self) -> frozenset[str]:
        """Qubits that hold a link while it waits."""
        return next((s.held_after for s in self.task.segments if s.end == self.at), frozenset())

    @property
    def needed(self) -> frozenset[str]:
        """Qubits that the rest of it uses."""
        return next((s.needed_from for s in self.task.segments if s.start == self.at), frozenset())


def schedule_with_budgets(tasks: Sequence[PeriodicTask]) -> list[Run] | Miss:
    """Runs of one hyperperiod, one protocol at a time with interruptions, or the first instance that fails."""
    return _Processor(tasks).run()


class _Processor:
    def __init__(self, tasks: Sequence[PeriodicTask]) -> None:
        self.tasks = tasks
        self.cycle = hyperperiod(task.period for task in tasks)
        self.released = [0] * len(tasks)
        self.ready: list[_Instance] = []
        self.active: list[_Instance] = []
        self.current: _Instance | None = None
        self.now = 0
        self.runs: list[Run] = []
        self.broken: Miss | None = None

    def run(self) -> list[Run] | Miss:
        total = sum(self.cycle // task.period for task in self.tasks)
        while len(self.runs) < total and self.broken is None:
            self._release()
            if not self.ready or (self.active and self.active[0].budget == 0):
                self._resume()
            else:
                self._start(self.ready.pop(0))
        return self.broken if self.broken is not None else sorted(self.runs)

    def _release(self) -> None:
        for i, task in enumerate(self.tasks):
            while self.released[i] * task.period < self.cycle and self.released[i] * task.period <= self.now:
                self.ready.append(_Instance(i, task, self.released[i], task.budget))
                self.released[i] += 1
        self.ready.sort(key=lambda x: (x.deadline, x.release, x.index))

    def _sort_active(self) -> None:
        self.active.sort(key=lambda x: (x.budget, x.interrupted, x.index))

    def _resume(self) -> None:
        exhausted = bool(self.active) and self.active[0].budget == 0
        if exhausted and self.current is not None and self.current.budget > 0:
            self._interrupt()
        if self.current is None and self.active:
            self.current = self.active.pop(0)
        if self.current is None:
            self.now = min(n * t.period for n, t in zip(self.released, self.tasks) if n * t.period < self.cycle)
            return
        self._advance(self.current.next_end)

    def _interrupt(self) -> None:
        assert self.current is not None
        self.current.interrupted = self.now
        self.active.append(self.current)
        self.current = None
        self._sort_active()

    def _start(self, new: _Instance) -> None:
        c = new.task.slots
        if self.now > new.deadline - c:
            self.broken = Miss(new.task.name, new.number, new.release, new.deadline, self.now + c)
            return
        waiting = sorted(
            (*self.active, *(() if self.current is None else (self.current,))),
            key=lambda x: (x.budget, x.interrupted, x.index),
        )
        blocked = frozenset[str]().union(*(x.held for x in waiting))
        excess, slack, before = [], [], 0
        for x in waiting:
            excess.append(x.budget - before)
            slack.append(x.deadline - self.now - x.remaining - before)
            before += x.remaining
        free = not (blocked & new.task.qubits)
        if free and all(e >= c and s >= c for e, s in zip(excess, slack)):
            if self.current is not None:
                self._interrupt()
            self.current = new
            self._advance(new.next_end)
            return
        end = self._first_part(new, waiting, excess, slack, blocked) if free else None
        if end is not None:
            if self.current is not None:
                self._interrupt()
            self.current = new
            self._advance(end)
            if self.current is not None:
                self._interrupt()
            return
        self.ready.insert(0, new)
        if self.current is None:
            self.current = self.active.pop(0)
        self._advance(self.current.next_end)

    def _first_part(
        self,
        new: _Instance,
        waiting: list[_Instance],
        excess: list[int],
        slack: list[int],
        blocked: frozenset[str],
    ) -> int | None:
        """How far ``new`` may run before the others go on; ``None``: not at all."""
        before = [x for x in waiting if x.budget <= new.budget]
        shortest = max(1, before[-1].budget - new.budget if before else 1)
        longest = min((*(x.budget for x in waiting), *excess, *slack))
        for segment in new.task.segments[:-1]:
            if segment.end > longest:
                return None
            # Its own budget must carry it over the work that goes first.
            carries = sum(x.remaining for x in before) <= new.budget
            if segment.end >= shortest and carries and not any(segment.held_after & x.needed for x in waiting):
                return segment.end
        return None

    def _advance(self, end: int) -> None:
        """Run the current instance up to offset ``end``; the interrupted ones pay for it."""
        current = self.current
        assert current is not None
        slots = end - current.at
        if current.pieces and current.pieces[-1].start + current.pieces[-1].slots == self.now:
            last = current.pieces[-1]
            current.pieces[-1] = Piece(last.offset, last.slots + slots, last.start)
        else:
            current.pieces.append(Piece(current.at, slots, self.now))
        current.at = end
        self.now += slots
        for x in self.active:
            x.budget -= slots
            if x.budget < 0:
                self.broken = Miss(x.task.name, x.number, x.release, x.deadline, self.now + x.remaining)
        if current.remaining == 0:
            if self.now > current.deadline:
                self.broken = Miss(current.task.name, current.number, current.release, current.deadline, self.now)
            self.runs.append(Run(current.index, current.number, tuple(current.pieces)))
            self.current = None
        self._sort_active()
