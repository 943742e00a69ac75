"""The controller: requests come and go, tables change at hyperperiod boundaries, nothing accepted is ever broken.

Windows of a demand with period p lie between multiples of p in absolute time, whatever the schedule.  A new table may
therefore take over at any slot that is a multiple of all periods which it touches: every window of an accepted demand
is either wholly served by the old table or wholly by the new one.  A demand that leaves only makes slots free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qnet.admission import PORTFOLIO, join, task_of
from qnet.compiling import Compiler, OfferedDemand, offer
from qnet.demand import Demand
from qnet.scheduling import CyclicSchedule, Miss, PeriodicTask, components, try_schedule
from qnet.scheduling.insertion import insert_task
from qnet.workload import QubitPacking
from schedcore.errors import InputError, unknown_name


@dataclass(frozen=True)
class Decision:
    """Answer to a request.

    ``from_slot`` is the first slot of its first window; ``how`` says what made room: ``gaps`` (nobody moved) or the
    label of the scheduler that made a new table.
    """

    demand: Demand
    accepted: bool
    reason: str = ""
    from_slot: int = 0
    how: str = ""


@dataclass(frozen=True)
class Epoch:
    """A table and the slots ``[first, end)`` in which it runs (``end`` is ``None`` for the last one)."""

    first: int
    end: int | None
    schedule: CyclicSchedule
    demands: tuple[OfferedDemand, ...]
    starts: tuple[int, ...]
    """Per task the slot from which its windows count: before it the demand has no windows yet."""


class Controller:
    """Accepts, schedules and removes demands of one network.

    Parameters
    ----------
    compiler
        Gives the protocols.
    scheduler
        Label of the scheduler that is tried first when the gaps do not suffice.
    portfolio
        Further labels to try.
    """

    def __init__(
        self, compiler: Compiler, scheduler: str = "rcpsp-np-edf", portfolio: Sequence[str] = PORTFOLIO
    ) -> None:
        self.compiler = compiler
        self.labels = tuple(dict.fromkeys((scheduler, *portfolio)))
        self.epochs: list[Epoch] = []
        self._packing = QubitPacking(compiler.network)
        self._tasks_made = 0
        empty = try_schedule([], scheduler, compiler.slot_s)
        assert isinstance(empty, CyclicSchedule)
        self._current = Epoch(0, None, empty, (), ())
        self.epochs.append(self._current)

    @property
    def current(self) -> Epoch:
        """The newest table; it may take over only later."""
        return self._current

    @property
    def demands(self) -> tuple[OfferedDemand, ...]:
        """The accepted demands that have not left."""
        return self._current.demands

    def request(self, demand: Demand, at_s: float = 0.0) -> Decision:
        """Accept or reject ``demand``, asked for at ``at_s`` seconds.

        A demand that no protocol serves is rejected with the reason; one that is ill-formed raises ``InputError``.
        """
        names = {o.demand.label for o in self.demands}
        if demand.label in names:
            raise InputError(f"{demand.label} is served already", where="request", remedy="give it another name")
        demand.check_against(self.compiler.network)
        try:
            found = offer(demand, self.compiler)
        except InputError as error:
            return Decision(demand, False, error.what)
        found = replace(found, qubits=self._packing.assignment(found.protocol, found.period))
        task = task_of(self._tasks_made, found)
        over = self._overbooked(task)
        if over is not None:
            return Decision(demand, False, f"qubit {over} would be booked above 1")
        reason = ""
        for label in ("gaps", *self.labels):
            made = self._with(task, label)
            if isinstance(made, CyclicSchedule):
                self._packing.add(found.protocol, found.period)
                self._tasks_made += 1
                return self._switch(demand, found, task, made, at_s, label)
            reason = reason or ("" if made is None else str(made))
        return Decision(demand, False, reason)

    def leave(self, name: str, at_s: float = 0.0) -> int:
        """Remove a demand; returns the slot from which its windows are free.

        Raises
        ------
        UnknownNameError
            No demand of that name is served.
        """
        old = self._current
        labels = [o.demand.label for o in old.demands]
        if name not in labels:
            raise unknown_name("demand", name, labels, where="leave")
        gone = labels.index(name)
        offered = old.demands[gone]
        self._packing.remove(offered.protocol, offered.period, offered.qubits)
        keep = [i for i in range(len(labels)) if i != gone]
        place = {i: k for k, i in enumerate(keep)}
        schedule = replace(
            old.schedule,
            tasks=tuple(old.schedule.tasks[i] for i in keep),
            cycles=tuple(old.schedule.cycles[i] for i in keep),
            runs=tuple(r._replace(task=place[r.task]) for r in old.schedule.runs if r.task != gone),
        )
        slot = self._boundary([offered.period], at_s)
        self._begin(slot, schedule, tuple(old.demands[i] for i in keep), tuple(old.starts[i] for i in keep))
        return slot

    def _overbooked(self, task: PeriodicTask) -> str | None:
        use: dict[str, float] = {}
        for other in (*self._current.schedule.tasks, task):
            for qubit, share in other.utilisation.items():
                use[qubit] = use.get(qubit, 0.0) + share
        return next((q for q in task.masks if use[q] > 1.0 + 1e-9), None)

    def _with(self, task: PeriodicTask, label: str) -> CyclicSchedule | Miss | None:
        schedule = self._current.schedule
        if label == "gaps":
            return insert_task(schedule, task)
        if label.startswith("pts"):
            return try_schedule([*schedule.tasks, task], label, schedule.slot_s)
        part = next(group for group in components([*schedule.tasks, task]) if group[-1] is task)
        found = try_schedule(part, label, schedule.slot_s)
        return found if isinstance(found, Miss) else join(schedule, task, found)

    def _switch(
        self,
        demand: Demand,
        offered: OfferedDemand,
        task: PeriodicTask,
        schedule: CyclicSchedule,
        at_s: float,
        label: str,
    ) -> Decision:
        old = self._current
        moved = [
            t.period for i, t in enumerate(old.schedule.tasks) if old.schedule.by_task[i] != _rows(schedule, i, old)
        ]
        slot = self._boundary([task.period, *moved], at_s)
        self._begin(slot, schedule, (*old.demands, offered), (*old.starts, slot))
        return Decision(demand, True, "", slot, label)

    def _boundary(self, periods: Sequence[int], at_s: float) -> int:
        """The next slot that is a multiple of all ``periods``, not before the last switch and strictly after now."""
        now = max(math.ceil(at_s / self.compiler.slot_s - 1e-9), self._current.first)
        step = math.lcm(*periods)
        return -(-now // step) * step

    def _begin(
        self, slot: int, schedule: CyclicSchedule, demands: tuple[OfferedDemand, ...], starts: tuple[int, ...]
    ) -> None:
        self.epochs[-1] = replace(self._current, end=slot)
        self._current = Epoch(slot, None, schedule, demands, starts)
        self.epochs.append(self._current)


def _rows(schedule: CyclicSchedule, i: int, old: Epoch) -> tuple[object, ...]:
    """Runs of task ``i`` in the first hyperperiod of the old table."""
    return schedule.by_task[i][: len(old.schedule.by_task[i])]


def served_windows(
    epochs: Sequence[Epoch], slots: int
) -> list[tuple[str, int, int, int, frozenset[tuple[int, int, str]]]]:
    """Every window that the tables serve before slot ``slots``: ``(demand, instance, start, end, occupation)``.

    For checks and simulation.  A window counts if its release lies in the epoch and its demand has started.
    """
    rows = []
    for epoch in epochs:
        end = slots if epoch.end is None else min(epoch.end, slots)
        for i, task in enumerate(epoch.schedule.tasks):
            row, cycle = epoch.schedule.by_task[i], epoch.schedule.cycles[i]
            first = -(-max(epoch.first, epoch.starts[i]) // task.period)
            for k in range(first, -(-end // task.period)):
                around, inside = divmod(k, len(row))
                shift = around * cycle
                taken = frozenset(
                    (a + shift, b + shift, q) for a, b, qubits in epoch.schedule.occupation(row[inside]) for q in qubits
                )
                rows.append((task.name, k, row[inside].start + shift, row[inside].end + shift, taken))
    return rows
