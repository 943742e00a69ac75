"""Which demands are accepted: the published greedy rule, and one of our own that accepts at least as much.

Published (specification 1.4): demands in order of arrival, each tested once: no qubit may be booked above 1, and the
whole set must be scheduled again from nothing by the scheduler in use.

Ours: the same pass; then every rejected demand is asked again, in order of arrival, with all accepted ones fixed.  It
joins if its windows fit into the gaps of the running schedule, if a schedule made by insertion in another order has
room, or if any scheduler of the portfolio finds a new one for the larger set.  Nothing accepted is ever given up, so
the outcome contains the published one on every workload.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from qnet.compiling import OfferedDemand
from qnet.scheduling import CyclicSchedule, Miss, PeriodicTask, components, try_schedule
from qnet.scheduling.insertion import insert_task, pack
from qnet.scheduling.task import DEFAULT_BUDGET_SLOTS
from schedcore.errors import unknown_name

PORTFOLIO = ("rcpsp-np-edf", "rcpsp-np-fpr", "rcpsp-strict", "rcpsp-cedf")
"""Non-preemptive schedulers that our rule tries, in this order, after the insertion into gaps."""

RULES = ("published", "retry")


@dataclass(frozen=True)
class Admission:
    """Outcome: positions of the accepted demands in the workload, and their schedule.

    ``reasons`` says per rejected position why.
    """

    offered: tuple[OfferedDemand, ...]
    accepted: tuple[int, ...]
    schedule: CyclicSchedule
    reasons: dict[int, str]
    rule: str

    @property
    def throughput_hz(self) -> float:
        """Sum of the rates of the accepted demands."""
        return sum(self.offered[i].demand.rate_hz for i in self.accepted)

    @property
    def demands(self) -> tuple[OfferedDemand, ...]:
        """The accepted demands, in order of acceptance (as the tasks of the schedule)."""
        return tuple(self.offered[i] for i in self.accepted)


Progress: TypeAlias = Callable[[int, int], None]


def tasks_of(offered: Sequence[OfferedDemand], budget: int = DEFAULT_BUDGET_SLOTS) -> list[PeriodicTask]:
    """Periodic tasks of a workload; ids are positions."""
    return [task_of(i, o, budget) for i, o in enumerate(offered)]


def task_of(id: int, offered: OfferedDemand, budget: int = DEFAULT_BUDGET_SLOTS) -> PeriodicTask:
    """The periodic task of a demand with its bounds on jitter and latency."""
    demand, slot_s = offered.demand, offered.protocol.slot_s
    return PeriodicTask.of_protocol(
        id,
        demand.label,
        offered.protocol,
        offered.period,
        physical=offered.qubits,
        budget=budget,
        rate_hz=demand.rate_hz,
        jitter_max=None if demand.jitter_max_s is None else demand.jitter_max_s / slot_s,
        latency_max=None if demand.max_latency_s is None else int(demand.max_latency_s / slot_s + 1e-9),
    )


def admit(
    offered: Sequence[OfferedDemand],
    scheduler: str = "rcpsp-np-edf",
    *,
    rule: str = "published",
    slot_s: float = 0.01,
    budget: int = DEFAULT_BUDGET_SLOTS,
    progress: Progress | None = None,
) -> Admission:
    """Accept or reject the demands of a workload in order.

    Parameters
    ----------
    scheduler
        Label of the scheduler in use.
    rule
        ``published`` or ``retry`` (ours).
    budget
        Preemption budget in slots, for the schedulers that interrupt.

    Raises
    ------
    UnknownNameError
        No such scheduler or rule.
    InputError
        A hyperperiod is too large.
    """
    found = admit_tasks(tasks_of(offered, budget), scheduler, rule=rule, slot_s=slot_s, progress=progress)
    return Admission(tuple(offered), found.accepted, found.schedule, found.reasons, rule)


@dataclass(frozen=True)
class TaskAdmission:
    """Outcome for bare tasks: positions of the accepted ones, their schedule, and why others were rejected."""

    accepted: tuple[int, ...]
    schedule: CyclicSchedule
    reasons: dict[int, str]


def admit_tasks(
    tasks: Sequence[PeriodicTask],
    scheduler: str,
    *,
    rule: str = "published",
    slot_s: float = 0.01,
    progress: Progress | None = None,
) -> TaskAdmission:
    """As :func:`admit`, for tasks."""
    if rule not in RULES:
        raise unknown_name("admission rule", rule, RULES, where="admission")
    book = _Book(list(tasks), scheduler, slot_s)
    for i in range(len(tasks)):
        book.ask(i)
        if progress is not None:
            progress(i + 1, len(tasks))
    if rule == "retry":
        _retry(book)
    return TaskAdmission(tuple(book.accepted), book.current, book.reasons)


class _Book:
    """The accepted tasks and their schedule."""

    def __init__(self, tasks: list[PeriodicTask], scheduler: str, slot_s: float) -> None:
        self.tasks = tasks
        self.scheduler = scheduler
        self.slot_s = slot_s
        self.accepted: list[int] = []
        self.use: dict[str, float] = defaultdict(float)
        self.reasons: dict[int, str] = {}
        self.current = self._whole([])

    def _whole(self, chosen: list[int]) -> CyclicSchedule:
        found = try_schedule([self.tasks[i] for i in chosen], self.scheduler, self.slot_s)
        assert isinstance(found, CyclicSchedule)
        return found

    def overbooked(self, i: int) -> str | None:
        """The first qubit that the task would book above 1."""
        for qubit, share in self.tasks[i].utilisation.items():
            if self.use[qubit] + share > 1.0 + 1e-9:
                return qubit
        return None

    def accept(self, i: int, schedule: CyclicSchedule) -> None:
        self.accepted.append(i)
        self.current = schedule
        self.reasons.pop(i, None)
        for qubit, share in self.tasks[i].utilisation.items():
            self.use[qubit] += share

    def ask(self, i: int) -> bool:
        """The published test."""
        qubit = self.overbooked(i)
        if qubit is not None:
            self.reasons[i] = f"qubit {qubit} would be booked above 1"
            return False
        found = self._with(i, self.scheduler)
        if isinstance(found, Miss):
            self.reasons[i] = str(found)
            return False
        self.accept(i, found)
        return True

    def _with(self, i: int, label: str) -> CyclicSchedule | Miss:
        """The schedule of the accepted tasks and task ``i``; components without it keep theirs."""
        new = self.tasks[i]
        chosen = [self.tasks[j] for j in self.accepted]
        if label.startswith("pts"):
            return try_schedule([*chosen, new], label, self.slot_s)
        part = next(group for group in components([*chosen, new]) if group[-1] is new)
        found = try_schedule(part, label, self.slot_s)
        return found if isinstance(found, Miss) else join(self.current, new, found)

    def fit(self, i: int) -> bool:
        """Our test: gaps of the running schedule first, then a new schedule by any of the portfolio."""
        if self.overbooked(i) is not None:
            return False
        if self.scheduler not in ("pts-np-edf", "pts-cedf", "pts-pb"):
            inserted = insert_task(self.current, self.tasks[i])
            if inserted is not None:
                self.accept(i, inserted)
                return True
            new = self.tasks[i]
            part = next(g for g in components([*(self.tasks[j] for j in self.accepted), new]) if g[-1] is new)
            packed = pack(part, self.slot_s)
            if packed is not None:
                self.accept(i, join(self.current, new, packed))
                return True
        labels = ("pts-np-edf", "pts-cedf") if self.scheduler.startswith("pts") else PORTFOLIO
        for label in labels:
            found = self._with(i, label)
            if isinstance(found, CyclicSchedule):
                self.accept(i, found)
                return True
        return False


def join(current: CyclicSchedule, new: PeriodicTask, part: CyclicSchedule) -> CyclicSchedule:
    """``current`` and ``new`` with the runs of ``part`` for the tasks that ``part`` has."""
    tasks = (*current.tasks, new)
    place = {id(task): k for k, task in enumerate(tasks)}
    changed = {place[id(task)]: k for k, task in enumerate(part.tasks)}
    runs = [run for run in current.runs if run.task not in changed]
    for k, task in enumerate(part.tasks):
        runs += [run._replace(task=place[id(task)]) for run in part.by_task[k]]
    cycles = [*current.cycles, 0]
    for target, k in changed.items():
        cycles[target] = part.cycles[k]
    return CyclicSchedule(tasks, tuple(sorted(runs)), tuple(cycles), current.slot_s, part.scheduler)


def _retry(book: _Book) -> None:
    """Ask the rejected again, in order of arrival, until none joins."""
    joined = True
    while joined:
        joined = False
        for i in sorted(book.reasons):
            if book.fit(i):
                joined = True
