"""The cyclic schedule: when every instance of every task runs within the hyperperiod of its component."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from qnet.scheduling.task import PeriodicTask, groups_of, hyperperiod


class Piece(NamedTuple):
    """Slots ``[offset, offset + slots)`` of the protocol run in ``[start, start + slots)``."""

    offset: int
    slots: int
    start: int


class Run(NamedTuple):
    """One instance of a task; an uninterrupted one has one piece."""

    task: int
    """Position of the task in ``CyclicSchedule.tasks``."""
    instance: int
    pieces: tuple[Piece, ...]

    @property
    def start(self) -> int:
        """First slot."""
        return self.pieces[0].start

    @property
    def end(self) -> int:
        """Slot after the last one."""
        return self.pieces[-1].start + self.pieces[-1].slots


class Miss(NamedTuple):
    """Why there is no schedule: an instance that cannot meet its deadline."""

    task: str
    instance: int
    release: int
    deadline: int
    earliest_end: int
    bound: str = ""
    """What else was asked and cannot be kept: a bound on jitter or latency."""

    def __str__(self) -> str:
        if self.bound:
            return f"{self.task}: {self.bound}"
        return (
            f"instance {self.instance} of {self.task} (released at {self.release}) would end at {self.earliest_end}, "
            f"after its deadline {self.deadline}"
        )


@dataclass(frozen=True)
class CyclicSchedule:
    """Runs of one hyperperiod; ``cycles[i]`` is the hyperperiod of the component of ``tasks[i]``.

    ``runs`` are sorted by task and instance.  Slot ``t`` of a task's table also stands for ``t + n * cycles[i]``.
    """

    tasks: tuple[PeriodicTask, ...]
    runs: tuple[Run, ...]
    cycles: tuple[int, ...]
    slot_s: float
    scheduler: str

    @cached_property
    def hyperperiod(self) -> int:
        """Slots after which the whole schedule repeats."""
        return hyperperiod(self.cycles)

    @cached_property
    def by_task(self) -> tuple[tuple[Run, ...], ...]:
        """Runs of one hyperperiod of each task's component, by task."""
        rows: list[list[Run]] = [[] for _ in self.tasks]
        for run in self.runs:
            rows[run.task].append(run)
        return tuple(tuple(row) for row in rows)

    def unrolled(self, slots: int) -> Iterator[Run]:
        """Runs released before slot ``slots``, task by task, with running instance numbers."""
        for task, cycle, row in zip(self.tasks, self.cycles, self.by_task, strict=True):
            for k in range(-(-slots // task.period)):
                around, inside = divmod(k, len(row))
                run, shift = row[inside], around * cycle
                yield Run(run.task, k, tuple(Piece(p.offset, p.slots, p.start + shift) for p in run.pieces))

    def occupation(self, run: Run) -> list[tuple[int, int, tuple[str, ...]]]:
        """What a run takes: ``(first slot, end slot, qubits)``, links held in gaps included."""
        task = self.tasks[run.task]
        rows: list[tuple[int, int, tuple[str, ...]]] = []
        held_by_end = {segment.end: segment.held_after for segment in task.segments}
        for i, piece in enumerate(run.pieces):
            bits = (1 << piece.slots) - 1
            part = {q: mask >> piece.offset & bits for q, mask in task.masks.items()}
            rows += [(piece.start + a, piece.start + b, qubits) for a, b, qubits in groups_of(part)]
            end = piece.start + piece.slots
            if i + 1 < len(run.pieces) and run.pieces[i + 1].start > end:
                held = held_by_end[piece.offset + piece.slots]
                if held:
                    rows.append((end, run.pieces[i + 1].start, tuple(sorted(held))))
        return rows


@dataclass(frozen=True, slots=True)
class ScheduleFigures:
    """Figures read off a schedule (specification 7.1).

    ``throughput_hz``: sum of the rates.  ``wcrt_s``: largest end minus release.  ``jitter_s2``: over tasks, the largest
    variance of the distance of consecutive starts within a hyperperiod; ``jitter_s`` its root with the wrap-around to
    the next hyperperiod counted.  ``utilisation``: share of slots taken, per qubit.
    """

    throughput_hz: float
    wcrt_s: float
    jitter_s2: float
    jitter_s: float
    utilisation: dict[str, float]


def figures(schedule: CyclicSchedule) -> ScheduleFigures:
    """The figures of ``schedule``; zeros for an empty one."""
    wcrt = 0
    variance = cyclic_variance = 0.0
    use: dict[str, float] = defaultdict(float)
    for task, cycle, row in zip(schedule.tasks, schedule.cycles, schedule.by_task, strict=True):
        wcrt = max(wcrt, max(run.end - run.instance * task.period for run in row))
        starts = [run.start for run in row]
        gaps = [b - a for a, b in itertools.pairwise(starts)]
        variance = max(variance, _variance(gaps))
        cyclic_variance = max(cyclic_variance, _variance([*gaps, starts[0] + cycle - starts[-1]]))
        for qubit, share in task.utilisation.items():
            use[qubit] += share
    slot_s = schedule.slot_s
    return ScheduleFigures(
        sum(task.rate_hz for task in schedule.tasks),
        wcrt * slot_s,
        variance * slot_s**2,
        cyclic_variance**0.5 * slot_s,
        dict(sorted(use.items())),
    )


def _variance(values: Sequence[int]) -> float:
    if len(values) < 2:
        return 0.0
    mean = sum(values) / len(values)
    return sum((v - mean) ** 2 for v in values) / len(values)


def broken_bound(schedule: CyclicSchedule) -> Miss | None:
    """The first task whose bound on jitter or latency the schedule does not keep."""
    for task, cycle, row in zip(schedule.tasks, schedule.cycles, schedule.by_task, strict=True):
        if task.latency_max is not None:
            latest = max(row, key=lambda run: run.end - run.instance * task.period)
            release = latest.instance * task.period
            if latest.end - release > task.latency_max:
                text = f"a latency of {latest.end - release} slots is above the bound {task.latency_max}"
                return Miss(task.name, latest.instance, release, release + task.period, latest.end, text)
        if task.jitter_max is not None:
            starts = [run.start for run in row]
            spread = _variance([b - a for a, b in zip(starts, [*starts[1:], starts[0] + cycle])]) ** 0.5
            if spread > task.jitter_max + 1e-9:
                text = f"a jitter of {spread:.3g} slots is above the bound {task.jitter_max:.3g}"
                return Miss(task.name, 0, 0, task.period, row[0].end, text)
    return None
