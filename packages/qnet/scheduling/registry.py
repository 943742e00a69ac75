"""The periodic schedulers under their labels, and the one call that uses them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from qnet.scheduling.budget_segments import segment_placer
from qnet.scheduling.budget_single import schedule_with_budgets
from qnet.scheduling.clairvoyant import schedule_clairvoyant
from qnet.scheduling.cyclic import CyclicSchedule, Miss, Run, broken_bound
from qnet.scheduling.edf import place_block, place_pattern, schedule_component
from qnet.scheduling.strict import schedule_strict
from qnet.scheduling.task import PeriodicTask, components, hyperperiod
from schedcore.errors import NoScheduleError, unknown_name

Component: TypeAlias = Callable[[Sequence[PeriodicTask]], "list[Run] | Miss"]


@dataclass(frozen=True, slots=True)
class Scheduler:
    """A periodic scheduler.

    ``whole_network``: the network is one processor (family PTS), otherwise components are scheduled separately.
    ``preemptive``: instances may be interrupted at segment ends.
    """

    label: str
    summary: str
    component: Component
    whole_network: bool = False
    preemptive: bool = False


_OWN, _REST, _ALL = segment_placer("own"), segment_placer("rest"), segment_placer("all")

SCHEDULERS: dict[str, Scheduler] = {
    s.label: s
    for s in (
        Scheduler(
            "pts-np-edf",
            "one protocol at a time, earliest deadline first",
            lambda tasks: schedule_component(tasks, place_block),
            whole_network=True,
        ),
        Scheduler(
            "pts-cedf",
            "one protocol at a time, clairvoyant EDF with idle time",
            schedule_clairvoyant,
            whole_network=True,
        ),
        Scheduler(
            "pts-pb",
            "one protocol at a time, interrupted within a budget, least budget first",
            schedule_with_budgets,
            whole_network=True,
            preemptive=True,
        ),
        Scheduler(
            "rcpsp-np-fpr",
            "earliest deadline first, all qubits of a protocol reserved while it runs",
            lambda tasks: schedule_component(tasks, place_block),
        ),
        Scheduler(
            "rcpsp-np-edf",
            "earliest deadline first, every qubit reserved in its own slots",
            lambda tasks: schedule_component(tasks, place_pattern),
        ),
        Scheduler(
            "rcpsp-cedf",
            "clairvoyant EDF with full reservation",
            lambda tasks: schedule_component(tasks, place_block, clairvoyant=True),
        ),
        Scheduler(
            "rcpsp-pb-fpr",
            "EDF, interrupted within a budget, all qubits reserved in every segment",
            lambda tasks: schedule_component(tasks, _ALL),
            preemptive=True,
        ),
        Scheduler(
            "rcpsp-pbs",
            "EDF, interrupted within a budget, qubits of the rest reserved in every segment",
            lambda tasks: schedule_component(tasks, _REST),
            preemptive=True,
        ),
        Scheduler(
            "rcpsp-pb",
            "EDF, interrupted within a budget, every qubit reserved in its own slots",
            lambda tasks: schedule_component(tasks, _OWN),
            preemptive=True,
        ),
        Scheduler(
            "rcpsp-strict",
            "every task starts at the same phase of each period: no jitter (ours)",
            schedule_strict,
        ),
    )
}
"""The nine published schedulers, and one of our own."""

PUBLISHED = tuple(label for label in SCHEDULERS if label != "rcpsp-strict")


def get_scheduler(label: str) -> Scheduler:
    """The scheduler called ``label``, whatever its case; raises ``UnknownNameError`` with near misses."""
    if label.lower() not in SCHEDULERS:
        raise unknown_name("scheduler", label, SCHEDULERS, where="scheduler")
    return SCHEDULERS[label.lower()]


def try_schedule(tasks: Sequence[PeriodicTask], label: str, slot_s: float) -> CyclicSchedule | Miss:
    """The cyclic schedule of ``tasks`` by the scheduler ``label``, or the first miss.

    Raises
    ------
    InputError
        A hyperperiod is too large.
    UnknownNameError
        There is no such scheduler.
    """
    scheduler = get_scheduler(label)
    position = {id(task): i for i, task in enumerate(tasks)}
    runs: list[Run] = []
    cycles = [1] * len(tasks)
    if scheduler.whole_network:
        # One processor: all tasks use the same "qubit" all the time; interruptions need the real ones.
        alone = [replace(t, masks={"network": (1 << t.slots) - 1}) for t in tasks]
        groups = [list(tasks) if scheduler.preemptive else alone]
        members = [list(tasks)] if tasks else []
    else:
        members = components(tasks)
        groups = members
    for part, original in zip(groups, members):
        found = scheduler.component(part)
        if isinstance(found, Miss):
            return found
        cycle = hyperperiod(task.period for task in part)
        places = [position[id(task)] for task in original]
        for place in places:
            cycles[place] = cycle
        runs += [run._replace(task=places[run.task]) for run in found]
    made = CyclicSchedule(tuple(tasks), tuple(sorted(runs)), tuple(cycles), slot_s, scheduler.label)
    return broken_bound(made) or made


def schedule(tasks: Sequence[PeriodicTask], label: str, slot_s: float) -> CyclicSchedule:
    """As :func:`try_schedule`, with a miss raised as ``NoScheduleError``."""
    found = try_schedule(tasks, label, slot_s)
    if isinstance(found, Miss):
        raise NoScheduleError(
            f"{label} finds no schedule: {found}", where="schedule", remedy="lower the rates or drop a demand"
        )
    return found
