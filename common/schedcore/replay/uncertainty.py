"""``Uncertainty``: everything that may go otherwise than planned, stated by names.

An uncertainty is independent of any problem; :meth:`Uncertainty.bind` attaches it to one and refuses
names that the problem does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from schedcore.errors import InputError, unknown_name
from schedcore.model import Problem, Renewable, Reservoir, Tick, Unary, find_holds
from schedcore.replay.disruptions import (
    Breakdowns,
    CapacityStep,
    Disruption,
    LawChange,
    OnBreak,
    ResourceDown,
    TaskArrival,
    TaskCancelled,
)
from schedcore.replay.noise import CERTAIN, Noise


@dataclass(frozen=True)
class Uncertainty:
    """Laws and disruptions.

    The noise of a task in a mode is the first that exists of: ``modes[task name, mode id]``,
    ``tasks[task name]``, ``tags[tag]`` for the task's tags in their order, ``default``, none.
    Holds have no duration of their own: tags and default pass them by, and naming one is an error.

    Parameters
    ----------
    default, tags, tasks, modes
        Noise, as above.
    breakdowns
        Failures of resources, at most one process per resource.
    disruptions
        Events at known ticks.
    on_break
        What becomes of a task whose resource goes down while it runs.
    """

    default: Noise | None = None
    tags: Mapping[str, Noise] = field(default_factory=dict)
    tasks: Mapping[str, Noise] = field(default_factory=dict)
    modes: Mapping[tuple[str, int], Noise] = field(default_factory=dict)
    breakdowns: tuple[Breakdowns, ...] = ()
    disruptions: tuple[Disruption, ...] = ()
    on_break: OnBreak = OnBreak.RESUME

    def __post_init__(self) -> None:
        object.__setattr__(self, "breakdowns", tuple(self.breakdowns))
        object.__setattr__(self, "disruptions", tuple(self.disruptions))
        try:
            object.__setattr__(self, "on_break", OnBreak(self.on_break))
        except ValueError:
            raise InputError(
                f"on_break is {self.on_break!r}", where="uncertainty.on_break", remedy="use 'resume' or 'restart'"
            ) from None
        failing = [b.resource for b in self.breakdowns]
        for name in failing:
            if failing.count(name) > 1:
                raise InputError(
                    f"resource {name!r} has two failure processes", where="uncertainty.breakdowns", remedy="keep one"
                )

    def bind(self, problem: Problem) -> BoundUncertainty:
        """This uncertainty for ``problem``.

        Raises
        ------
        UnknownNameError
            If it names a task, tag, mode or resource that the problem lacks.
        InputError
            If it gives noise to a hold, breaks a reservoir, or cancels a task that a hold is tied to.
        """
        return BoundUncertainty(problem, self)

    def as_dict(self) -> dict[str, Any]:
        """JSON data, schema ``sched.uncertainty/1``."""
        from schedcore.replay.codec import uncertainty_to_dict

        return uncertainty_to_dict(self)

    @classmethod
    def from_dict(cls, data: object) -> Uncertainty:
        """Inverse of :meth:`as_dict`; raises :class:`FormatError` with the place of the fault."""
        from schedcore.replay.codec import uncertainty_from_dict

        return uncertainty_from_dict(data)


@dataclass(frozen=True, slots=True)
class DownRule:
    """``[begin, end)`` during which the units ``first_unit`` and above of a resource are down."""

    begin: Tick
    end: Tick | None
    first_unit: int


class BoundUncertainty:
    """An uncertainty with the ids of a problem in place of names.

    Attributes
    ----------
    noise
        ``noise[task][mode]``.
    downs
        ``{resource id: planned down intervals}``.
    breakdowns
        ``{resource id: (process, first unit that fails)}``.
    cancelled, arrivals
        ``{task id: tick}``; the earliest cancellation and the latest arrival count.
    law_changes
        ``(tick, noise, {task ids} or None for all)`` by tick.
    """

    def __init__(self, problem: Problem, uncertainty: Uncertainty) -> None:
        self.problem = problem
        self.uncertainty = uncertainty
        self.on_break = uncertainty.on_break
        self.holds = find_holds(problem)
        self._hold_tasks = {hold.task for hold in self.holds}
        self._task_tags = {tag for task in problem.tasks for tag in task.tags}
        self._check_names()
        self.noise: tuple[tuple[Noise, ...], ...] = tuple(
            tuple(self._noise_of(i, m) for m in range(len(task.modes))) for i, task in enumerate(problem.tasks)
        )
        self.breakdowns = {
            (r := self._resource(b.resource, "breakdowns")): (b, self._first_unit(r, b.units))
            for b in uncertainty.breakdowns
        }
        self.downs: dict[int, list[DownRule]] = {}
        self.cancelled: dict[int, Tick] = {}
        self.arrivals: dict[int, Tick] = {}
        self.law_changes: list[tuple[Tick, Noise, frozenset[int] | None]] = []
        steps: dict[int, list[CapacityStep]] = {}
        for event in uncertainty.disruptions:
            if isinstance(event, ResourceDown):
                r = self._resource(event.resource, "disruptions")
                rule = DownRule(event.begin, event.end, self._first_unit(r, event.units))
                self.downs.setdefault(r, []).append(rule)
            elif isinstance(event, CapacityStep):
                steps.setdefault(self._resource(event.resource, "disruptions"), []).append(event)
            elif isinstance(event, TaskCancelled):
                task = problem.task_id(event.task)
                self.cancelled[task] = min(event.at, self.cancelled.get(task, event.at))
            elif isinstance(event, TaskArrival):
                task = problem.task_id(event.task)
                self.arrivals[task] = max(event.at, self.arrivals.get(task, event.at))
            else:
                self.law_changes.append((event.at, event.noise, self._targets(event)))
        self.law_changes.sort(key=lambda change: change[0])
        for r, events in steps.items():
            self._add_steps(r, sorted(events, key=lambda e: e.at))
        for hold in self.holds:
            for task in (hold.task, hold.opens[0], hold.closes[0]):
                if task in self.cancelled:
                    raise InputError(
                        f"task {problem.tasks[task].name!r} is cancelled, but hold "
                        f"{problem.tasks[hold.task].name!r} depends on it",
                        where="disruptions",
                        remedy="cancel none of the tasks that a hold joins",
                    )

    def noise_at(self, task: int, mode: int, start: Tick) -> Noise:
        """The noise of an attempt that starts at ``start``; success and attempts never change."""
        noise = self.noise[task][mode]
        for at, changed, targets in self.law_changes:
            if at > start:
                break
            if task not in self._hold_tasks and (targets is None or task in targets):
                noise = Noise(changed.law, changed.relative, noise.success, noise.attempts)
        return noise

    def is_hold(self, task: int) -> bool:
        """Whether ``task`` is a hold."""
        return task in self._hold_tasks

    def _check_names(self) -> None:
        problem, u = self.problem, self.uncertainty
        for name in u.tags:
            if name not in self._task_tags:
                raise unknown_name("tag", name, self._task_tags, where="uncertainty.tags")
        named = {problem.task_id(name) for name in u.tasks}
        for name, mode in u.modes:
            task = problem.task_id(name)
            named.add(task)
            if not 0 <= mode < len(problem.tasks[task].modes):
                raise InputError(
                    f"task {name!r} has no mode {mode}",
                    where="uncertainty.modes",
                    remedy=f"it has modes 0 to {len(problem.tasks[task].modes) - 1}",
                )
        for task in sorted(named & self._hold_tasks):
            raise InputError(
                f"task {problem.tasks[task].name!r} is a hold and has no duration of its own",
                where="uncertainty.tasks",
                remedy="give noise to the tasks that it is tied to",
            )

    def _noise_of(self, task: int, mode: int) -> Noise:
        if task in self._hold_tasks:
            return CERTAIN
        u, name = self.uncertainty, self.problem.tasks[task].name
        if (name, mode) in u.modes:
            return u.modes[name, mode]
        if name in u.tasks:
            return u.tasks[name]
        for tag in self.problem.tasks[task].tags:
            if tag in u.tags:
                return u.tags[tag]
        return CERTAIN if u.default is None else u.default

    def _resource(self, name: str, where: str) -> int:
        r = self.problem.resource_id(name)
        if isinstance(self.problem.resources[r], Reservoir):
            raise InputError(
                f"{name!r} is a reservoir", where=where, remedy="only unary and renewable resources go down"
            )
        return r

    def _first_unit(self, r: int, units: int | None) -> int:
        capacity = capacity_of(self.problem, r)
        if units is not None and units > capacity:
            raise InputError(
                f"{units} units of {self.problem.resources[r].name!r} go down, it has {capacity}",
                where="disruptions",
                remedy="leave units out to break all of them",
            )
        return 0 if units is None else capacity - units

    def _add_steps(self, r: int, steps: list[CapacityStep]) -> None:
        capacity = capacity_of(self.problem, r)
        for i, step in enumerate(steps):
            until = steps[i + 1].at if i + 1 < len(steps) else None
            if step.capacity > capacity:
                raise InputError(
                    f"capacity {step.capacity} of {self.problem.resources[r].name!r} is above its static {capacity}",
                    where="disruptions",
                    remedy="give the resource the larger capacity, and a calendar",
                )
            if step.capacity < capacity and until != step.at:
                self.downs.setdefault(r, []).append(DownRule(step.at, until, step.capacity))

    def _targets(self, event: LawChange) -> frozenset[int] | None:
        if not event.tasks and not event.tags:
            return None
        for tag in event.tags:
            if tag not in self._task_tags:
                raise unknown_name("tag", tag, self._task_tags, where="law_change.tags")
        tasks = {self.problem.task_id(name) for name in event.tasks}
        wanted = set(event.tags)
        tasks |= {i for i, task in enumerate(self.problem.tasks) if wanted & set(task.tags)}
        return frozenset(tasks)


def capacity_of(problem: Problem, resource: int) -> int:
    """Static capacity of a unary or renewable resource."""
    r = problem.resources[resource]
    if isinstance(r, Unary):
        return 1
    assert isinstance(r, Renewable)
    return r.capacity
