"""Cyclic schedules as problems and schedules of the core.

A qubit is a unary resource.  A window of a protocol is a task of its whole length without resources, and one task per
interval of occupation, tied to it by a lag; in a schedule with interruptions every segment has its own, in order, and
links held in the gaps are holds.  The core's checker then judges what the schedulers of this package have made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

from qnet.scheduling import CyclicSchedule, PeriodicTask, Piece, Run
from qnet.scheduling.task import TaskSegment, groups_of, hyperperiod
from schedcore.errors import InputError
from schedcore.model import Problem, ProblemBuilder, Schedule, TimeUnit
from schedcore.model.refs import ResourceRef, TaskRef
from schedcore.model.task import Edge

WINDOW = "window"
PART = "part"
HOLD = "hold"
REWARD_PER_HZ = 1_000_000
"""Reward of a demand per pair per second."""


class _Item(NamedTuple):
    """A task of a window: its kind and where it lies in the protocol."""

    kind: str
    segment: int
    first: int
    end: int


def items_of(task: PeriodicTask, *, segmented: bool) -> list[_Item]:
    """The tasks that stand for one window, in their order."""
    if not segmented or len(task.segments) == 1:
        return [
            _Item(WINDOW, 0, 0, task.slots),
            *(_Item(PART, 0, a, b) for a, b, _ in task.groups),
        ]
    items = []
    for k, segment in enumerate(task.segments):
        items.append(_Item(WINDOW, k, segment.start, segment.end))
        items += [_Item(PART, k, segment.start + a, segment.start + b) for a, b, _ in _part(task, k)]
        if k + 1 < len(task.segments) and segment.held_after:
            items.append(_Item(HOLD, k, segment.end, segment.end))
    return items


def _part(task: PeriodicTask, k: int) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
    segment = task.segments[k]
    bits = (1 << (segment.end - segment.start)) - 1
    return groups_of({q: mask >> segment.start & bits for q, mask in task.masks.items()})


def _unit(slot_s: float) -> TimeUnit:
    return TimeUnit(Fraction(slot_s).limit_denominator(10**9), "slot")


def _builder(name: str, tasks: Sequence[PeriodicTask], slot_s: float) -> tuple[ProblemBuilder, dict[str, ResourceRef]]:
    b = ProblemBuilder(name, unit=_unit(slot_s))
    return b, {q: b.unary(q) for q in sorted({q for task in tasks for q in task.masks})}


def _window(
    b: ProblemBuilder,
    task: PeriodicTask,
    qubits: dict[str, ResourceRef],
    *,
    segmented: bool,
    suffix: str = "",
    reward: int = 0,
    **common: Any,
) -> list[TaskRef]:
    """The tasks of one window with their lags."""
    several = segmented and len(task.segments) > 1
    made: list[TaskRef] = []
    windows: list[TaskRef] = []
    label = task.name
    for k in range(len(task.segments) if several else 1):
        start, end = (task.segments[k].start, task.segments[k].end) if several else (0, task.slots)
        part = _part(task, k) if several else task.groups
        mark = f".{k}" if several else ""
        window = b.task(
            f"{label}{mark}{suffix}",
            end - start,
            tags=(WINDOW,),
            reward=reward if k == 0 else 0,
            **common,
        )
        made.append(window)
        if windows:
            b.precedence(windows[-1], window)
        windows.append(window)
        for n, (first, stop, names) in enumerate(part):
            piece = b.task(
                f"{label}{mark}/{n}{suffix}",
                stop - first,
                on=[qubits[q] for q in names],
                tags=(PART,),
                **common,
            )
            b.lag(window.start, piece.start, min=first, max=first)
            made.append(piece)
        if several and k + 1 < len(task.segments) and task.segments[k].held_after:
            held = b.task(
                f"{label}{mark}/held{suffix}",
                0,
                on=[qubits[q] for q in sorted(task.segments[k].held_after)],
                duration_max=task.budget,
                tags=(HOLD,),
                **common,
            )
            made.append(held)
            b.lag(window.end, held.start, min=0, max=0)
    if several:
        holds = {ref.name: ref for ref in made if "/held" in ref.name}
        for k in range(len(windows) - 1):
            closing = holds.get(f"{label}.{k}/held{suffix}")
            if closing is not None:
                b.lag(closing.end, windows[k + 1].start, min=0, max=0)
        b.lag(windows[0].start, windows[-1].end, max=task.slots + task.budget)
    return made


def periodic_problem(
    tasks: Sequence[PeriodicTask],
    slot_s: float,
    *,
    rounds: int = 1,
    segmented: bool = False,
    name: str = "demands",
    jitter_max: int | None = None,
    objective: dict[str, int] | None = None,
) -> Problem:
    """The windows of ``rounds`` hyperperiods of ``tasks``, all of which must be placed within their periods.

    ``segmented`` allows interruptions at segment ends; ``jitter_max`` bounds in slots by how much the distance of
    consecutive starts differs from the period (``None``: no bound).

    Raises
    ------
    InputError
        No task, or the hyperperiod is too large.
    ModelError
        More windows than the core unrolls.
    """
    if not tasks:
        raise InputError("no demand is accepted", where=name, remedy="offer demands that the network can serve")
    b, qubits = _builder(name, tasks, slot_s)
    cycle = hyperperiod(task.period for task in tasks)
    for task in tasks:
        with b.periodic(task.name, task.period, relative_deadline=task.period, jitter_max=jitter_max):
            _window(b, task, qubits, segmented=segmented)
    if objective is not None:
        b.minimise(**objective)
    return b.build(horizon=rounds * cycle, max_instances=1 << 20)


def admission_problem(
    tasks: Sequence[PeriodicTask], slot_s: float, *, segmented: bool = False, name: str = "demands"
) -> Problem:
    """Which demands to serve and when: every demand is optional, all its windows of a hyperperiod or none.

    The reward of a demand is its rate (:data:`REWARD_PER_HZ` per pair per second); the objective is the largest sum.
    """
    if not tasks:
        raise InputError("no demand is offered", where=name, remedy="offer demands that the network can serve")
    b, qubits = _builder(name, tasks, slot_s)
    cycle = hyperperiod(task.period for task in tasks)
    for task in tasks:
        everything: list[TaskRef] = []
        for k in range(cycle // task.period):
            job = b.job(f"{task.name}#{k}")
            everything += _window(
                b,
                task,
                qubits,
                segmented=segmented,
                suffix=f"#{k}",
                job=job,
                release=k * task.period,
                deadline=(k + 1) * task.period,
                optional=True,
                reward=round(task.rate_hz * REWARD_PER_HZ) if k == 0 else 0,
            )
        if len(everything) > 1:
            b.select("all_or_none", *everything)
    b.maximise(reward=1)
    return b.build()


def to_schedule(schedule: CyclicSchedule, *, rounds: int = 1, segmented: bool = False) -> Schedule:
    """The schedule of :func:`periodic_problem` for the tasks of ``schedule``, over ``rounds`` hyperperiods."""
    horizon = rounds * hyperperiod(task.period for task in schedule.tasks)
    placements: list[tuple[int, int, int, int]] = []
    at = 0
    for run in schedule.unrolled(horizon):
        placements += place_run(schedule.tasks[run.task], run, at, segmented=segmented)
        at = len(placements)
    return Schedule(placements)


def place_run(task: PeriodicTask, run: Run, base: int, *, segmented: bool) -> list[tuple[int, int, int, int]]:
    """Placements of one window whose first task has the id ``base``.

    Raises
    ------
    InputError
        The run is interrupted but the problem has no segments.
    """
    if not segmented and len(run.pieces) > 1:
        raise InputError(
            f"{task.name} is interrupted", where="schedule", remedy="state the problem with segmented=True"
        )

    def slot(offset: int) -> int:
        piece = next(p for p in reversed(run.pieces) if p.offset <= offset)
        return piece.start + offset - piece.offset

    rows = []
    for i, item in enumerate(items_of(task, segmented=segmented)):
        if item.kind == HOLD:
            first = slot(item.first - 1) + 1
            rows.append((base + i, 0, first, slot(item.first)))
        else:
            first = slot(item.first)
            rows.append((base + i, 0, first, first + item.end - item.first))
    return rows


@dataclass(frozen=True)
class Windows:
    """A problem of windows, read back: its tasks, and where their windows stand among the tasks of the problem."""

    tasks: tuple[PeriodicTask, ...]
    bases: tuple[tuple[int, ...], ...]
    optional: bool
    segmented: bool

    def placements(self, schedule: CyclicSchedule, chosen: Sequence[int]) -> list[tuple[int, int, int, int]]:
        """Placements of ``schedule``, whose ``i``-th task is task ``chosen[i]`` of the problem."""
        cycle = max((len(rows) * task.period for rows, task in zip(self.bases, self.tasks)), default=0)
        rows: list[tuple[int, int, int, int]] = []
        for run in schedule.unrolled(cycle):
            position = chosen[run.task]
            if run.instance < len(self.bases[position]):
                base = self.bases[position][run.instance]
                rows += place_run(schedule.tasks[run.task], run, base, segmented=self.segmented)
        return rows


def read_windows(problem: Problem) -> Windows:
    """The periodic tasks of a problem that :func:`periodic_problem` or :func:`admission_problem` has made.

    Segments come back with the qubits that hold a link after them; interrupted tasks of more than one round keep their
    budget.

    Raises
    ------
    InputError
        The problem is made in another way.
    """
    first_of: dict[int, int] = {}
    members: dict[int, list[int]] = {}
    for i, task in enumerate(problem.tasks):
        if task.job is None or not task.tags:
            raise _foreign(problem, f"task {task.name} belongs to no window")
        first_of.setdefault(task.job, i)
        members.setdefault(task.job, []).append(i)
    offsets: dict[int, int] = {}
    total: dict[int, int] = {}
    for lag in problem.lags:
        if lag.a_edge is Edge.START and lag.b_edge is Edge.START and lag.min is not None and lag.min == lag.max:
            offsets[lag.b] = lag.min
        elif lag.a_edge is Edge.START and lag.b_edge is Edge.END and lag.min is None and lag.max is not None:
            total[lag.a] = lag.max
    order: dict[str, list[int]] = {}
    for job in first_of:
        order.setdefault(problem.jobs[job].rpartition("#")[0], []).append(job)
    tasks: list[PeriodicTask] = []
    bases: list[tuple[int, ...]] = []
    segmented = False
    for name, jobs in order.items():
        made, several = _read_task(problem, len(tasks), name, members[jobs[0]], offsets, total)
        segmented |= several
        tasks.append(made)
        bases.append(tuple(first_of[job] for job in jobs))
    return Windows(tuple(tasks), tuple(bases), any(t.optional for t in problem.tasks), segmented)


def _read_task(
    problem: Problem, number: int, name: str, members: list[int], offsets: dict[int, int], total: dict[int, int]
) -> tuple[PeriodicTask, bool]:
    masks: dict[str, int] = {}
    bounds: list[tuple[int, int]] = []
    held: dict[int, frozenset[str]] = {}
    at = 0
    for i in members:
        task = problem.tasks[i]
        mode = task.modes[0]
        qubits = [problem.resources[d.resource].name for d in mode.demands]
        if WINDOW in task.tags:
            bounds.append((at, at + mode.duration))
            at += mode.duration
        elif HOLD in task.tags:
            held[len(bounds) - 1] = frozenset(qubits)
        elif PART in task.tags and i in offsets:
            bits = ((1 << mode.duration) - 1) << (bounds[-1][0] + offsets[i])
            for qubit in qubits:
                masks[qubit] = masks.get(qubit, 0) | bits
        else:
            raise _foreign(problem, f"task {task.name} is no part of a window")
    if not bounds:
        raise _foreign(problem, f"{name} has no window")
    head = problem.tasks[members[0]]
    if head.deadline is None:
        raise _foreign(problem, f"task {head.name} has no deadline")
    segments = tuple(
        TaskSegment(a, b, held.get(k, frozenset()), frozenset(q for q, mask in masks.items() if mask >> a))
        for k, (a, b) in enumerate(bounds)
    )
    budget = total[members[0]] - at if members[0] in total else 0
    period = head.deadline - head.release
    rate_hz = head.reward / REWARD_PER_HZ
    return PeriodicTask(number, name, at, period, masks, segments, budget, rate_hz), len(bounds) > 1


def _foreign(problem: Problem, what: str) -> InputError:
    return InputError(
        what, where=problem.name, remedy="periodic schedulers take problems of the domain qnet (see qnet.convert)"
    )


def cyclic_schedule(problem: Problem, schedule: Schedule, solver: str) -> tuple[CyclicSchedule, list[int]]:
    """A schedule of windows, made by whatever solver, as a cyclic schedule; with it the positions of the served tasks.

    Raises
    ------
    InputError
        The problem is not made of windows.
    """
    windows = read_windows(problem)
    start_of = dict(zip(schedule.task.tolist(), schedule.start.tolist(), strict=True))
    chosen = [i for i, rows in enumerate(windows.bases) if all(base in start_of for base in rows)]
    tasks = tuple(windows.tasks[i] for i in chosen)
    runs: list[Run] = []
    for place, i in enumerate(chosen):
        items = items_of(windows.tasks[i], segmented=windows.segmented)
        for k, base in enumerate(windows.bases[i]):
            pieces: list[Piece] = []
            for n, item in enumerate(items):
                if item.kind == WINDOW:
                    start = start_of[base + n]
                    last = pieces[-1] if pieces else None
                    if last is not None and last.start + last.slots == start:
                        pieces[-1] = Piece(last.offset, last.slots + item.end - item.first, last.start)
                    else:
                        pieces.append(Piece(item.first, item.end - item.first, start))
            runs.append(Run(place, k, tuple(pieces)))
    cycles = tuple(len(windows.bases[i]) * windows.tasks[i].period for i in chosen)
    return CyclicSchedule(tasks, tuple(runs), cycles, float(problem.unit.to_seconds(1)), solver), chosen
