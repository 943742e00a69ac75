"""Periodic tasks: templates that are unrolled into plain tasks over a hyperperiod, exactly or not at all."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from schedcore.errors import ModelError
from schedcore.model.cycle import Cycle
from schedcore.model.fields import as_tuple, check_int, check_items, check_name
from schedcore.model.problem import Problem
from schedcore.model.relations import TimeLag
from schedcore.model.task import Edge, Task
from schedcore.model.time import MAX_TICK, Tick


@dataclass(frozen=True, slots=True)
class Periodic:
    """A group of tasks that is released every ``period`` ticks.

    Parameters
    ----------
    name
        Unique name; instance ``k`` becomes the job ``name#k`` with tasks ``task#k``.
    tasks
        The template.  Releases, deadlines and due dates are relative to the release of the instance;
        ``job`` is ignored.
    lags
        Between tasks of the template, by position in ``tasks``.
    period
        Ticks between releases, at least 1.
    offset
        Release of instance 0.
    relative_deadline
        Latest end of every task of an instance after its release; ``None``: none.
    jitter_max
        Bound on ``|distance of the starts of the first task in consecutive instances - period|``;
        ``None``: none.
    """

    name: str
    tasks: tuple[Task, ...]
    period: Tick
    lags: tuple[TimeLag, ...] = ()
    offset: Tick = 0
    relative_deadline: Tick | None = None
    jitter_max: Tick | None = None

    def __post_init__(self) -> None:
        check_name(self.name, "periodic")
        where = f"periodic {self.name!r}"
        object.__setattr__(self, "tasks", as_tuple(self.tasks, f"{where}.tasks"))
        object.__setattr__(self, "lags", as_tuple(self.lags, f"{where}.lags"))
        check_items(self.tasks, Task, f"{where}.tasks")
        check_items(self.lags, TimeLag, f"{where}.lags")
        if not self.tasks:
            raise ModelError("the template has no tasks", where=where, remedy="give at least one task")
        check_int(self.period, 1, MAX_TICK, f"{where}.period")
        check_int(self.offset, 0, MAX_TICK, f"{where}.offset")
        if self.relative_deadline is not None:
            check_int(self.relative_deadline, 1, MAX_TICK, f"{where}.relative_deadline")
        if self.jitter_max is not None:
            check_int(self.jitter_max, 0, MAX_TICK, f"{where}.jitter_max")
        for lag in self.lags:
            if max(lag.a, lag.b) >= len(self.tasks) or lag.iterations:
                raise ModelError(
                    f"lag from {lag.a} to {lag.b}",
                    where=f"{where}.lags",
                    remedy="name tasks of the template, within one instance",
                )


def hyperperiod(periodics: Sequence[Periodic]) -> Tick:
    """Least common multiple of the periods."""
    return math.lcm(*(p.period for p in periodics)) if periodics else 1


def unroll(
    problem: Problem,
    periodics: Sequence[Periodic],
    *,
    horizon: Tick | None = None,
    cyclic: bool = False,
    max_instances: int = 10_000,
) -> Problem:
    """``problem`` with the instances of ``periodics`` as plain tasks.

    Parameters
    ----------
    horizon
        Instances released before it are made; ``None`` means the hyperperiod.
    cyclic
        Make the result a cyclic problem whose period is the hyperperiod: work may then run across
        its end into the next round, and ``jitter_max`` also binds the last instance and the first of
        the next round.  Needs ``horizon = None``.
    max_instances
        Limit on the number of instances.

    Raises
    ------
    ModelError
        If there would be more than ``max_instances``: nothing is ever approximated.  Also if the
        problem has a cycle already, or ``cyclic`` is given with a horizon or without periodic tasks.
    """
    if cyclic and (not periodics or horizon is not None):
        raise ModelError(
            "cyclic needs periodic tasks and no horizon", where="unroll", remedy="leave cyclic or the horizon out"
        )
    if periodics and problem.cycle is not None:
        raise ModelError(
            "the problem has a cycle already", where="unroll", remedy="leave its cycle out and unroll with cyclic=True"
        )
    if not periodics:
        return problem
    if horizon is not None:
        check_int(horizon, 0, MAX_TICK, "unroll.horizon")
    whole = hyperperiod(periodics)
    end = whole if horizon is None else horizon
    counts = [max(0, -(-(end - (0 if cyclic else p.offset)) // p.period)) for p in periodics]
    if sum(counts) > max_instances or end > MAX_TICK:
        periods = ", ".join(f"{p.name}: {p.period}" for p in list(periodics)[:6])
        raise ModelError(
            f"{sum(counts)} instances up to tick {end} exceed the limit of {max_instances} (least common multiple of "
            f"the periods: {whole}; {periods})",
            where="unroll",
            remedy="choose periods with a smaller common multiple, or give a horizon; max_instances raises the limit",
        )
    tasks, lags, jobs = list(problem.tasks), list(problem.lags), list(problem.jobs)
    for periodic, count in zip(periodics, counts, strict=True):
        heads: list[int] = []
        for k in range(count):
            base, released = len(tasks), periodic.offset + k * periodic.period
            heads.append(base)
            tasks += [_instance(t, f"#{k}", released, periodic.relative_deadline, len(jobs)) for t in periodic.tasks]
            lags += [dataclasses.replace(lag, a=lag.a + base, b=lag.b + base) for lag in periodic.lags]
            jobs.append(f"{periodic.name}#{k}")
        if periodic.jitter_max is None:
            continue
        low, high = periodic.period - periodic.jitter_max, periodic.period + periodic.jitter_max
        lags += [TimeLag(a, b, low, high, Edge.START, Edge.START) for a, b in itertools.pairwise(heads)]
        if cyclic and len(heads) > 1:
            lags.append(TimeLag(heads[-1], heads[0], low, high, Edge.START, Edge.START, iterations=1))
    return problem.replace(
        tasks=tuple(tasks),
        lags=tuple(lags),
        jobs=tuple(jobs),
        cycle=Cycle(whole, whole) if cyclic else None,
    )


def _instance(task: Task, suffix: str, released: Tick, relative_deadline: Tick | None, job: int) -> Task:
    limits = [d + released for d in (task.deadline, relative_deadline) if d is not None]
    return dataclasses.replace(
        task,
        name=task.name + suffix,
        job=job,
        release=task.release + released,
        deadline=min(limits) if limits else None,
        due=None if task.due is None else task.due + released,
    )
