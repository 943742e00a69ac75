"""One way to break each rule: a small problem, a schedule that keeps all rules, and one that breaks exactly one.

:data:`MINIMAL` has a hand-made example per code.  :func:`break_case` lays one broken rule over any valid case, without
touching what is there.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable
from typing import NamedTuple

from strategies_core import Case

from schedcore.check import ViolationCode
from schedcore.model import (
    Cycle,
    Demand,
    Edge,
    Effect,
    Mode,
    ModeLink,
    Problem,
    ProblemBuilder,
    Renewable,
    Reservoir,
    Schedule,
    Selection,
    SelectionKind,
    StepProfile,
    Task,
    TimeLag,
    Unary,
)


class Mutation(NamedTuple):
    """``valid`` keeps all rules of ``problem``; ``broken`` has one violation with these fields."""

    problem: Problem
    valid: Schedule
    broken: Schedule
    tasks: tuple[int, ...]
    resource: int | None
    at: int | None
    amount: int


def _two_tasks(**options: object) -> ProblemBuilder:
    b = ProblemBuilder("minimal")
    b.task("a", 3, **options)
    b.task("b", 4)
    return b


_VALID = Schedule([(0, 0, 0, 3), (1, 0, 3, 7)])


def _unknown_task() -> Mutation:
    return Mutation(_two_tasks().build(), _VALID, Schedule([*_VALID, (2, 0, 5, 6)]), (2,), None, 5, 1)


def _duplicate_task() -> Mutation:
    return Mutation(_two_tasks().build(), _VALID, Schedule([*_VALID, (0, 0, 9, 12)]), (0,), None, 9, 1)


def _missing_task() -> Mutation:
    return Mutation(_two_tasks().build(), _VALID, Schedule([(0, 0, 0, 3)]), (1,), None, None, 1)


def _unknown_mode() -> Mutation:
    return Mutation(_two_tasks().build(), _VALID, Schedule([(0, 1, 0, 3), (1, 0, 3, 7)]), (0,), None, 0, 1)


def _duration() -> Mutation:
    # 3 to 5 ticks are allowed, 7 are used: 2 too many.
    problem = _two_tasks(duration_max=5).build()
    return Mutation(problem, _VALID, Schedule([(0, 0, 0, 7), (1, 0, 3, 7)]), (0,), None, 0, 2)


def _release() -> Mutation:
    problem = _two_tasks(release=4).build()
    return Mutation(
        problem, Schedule([(0, 0, 4, 7), (1, 0, 0, 4)]), Schedule([(0, 0, 1, 4), (1, 0, 0, 4)]), (0,), None, 1, 3
    )


def _deadline() -> Mutation:
    problem = _two_tasks(deadline=3).build()
    return Mutation(problem, _VALID, Schedule([(0, 0, 2, 5), (1, 0, 3, 7)]), (0,), None, 5, 2)


def _horizon() -> Mutation:
    b = _two_tasks()
    b.horizon(7)
    return Mutation(b.build(), _VALID, Schedule([(0, 0, 0, 3), (1, 0, 8, 12)]), (1,), None, 12, 5)


def _calendar() -> Mutation:
    b = ProblemBuilder("minimal")
    b.task("a", 4, on=b.unary("m", breaks=[(4, 6)]))
    return Mutation(b.build(), Schedule([(0, 0, 0, 4)]), Schedule([(0, 0, 3, 7)]), (0,), 0, 4, 1)


def _overlap() -> Mutation:
    b = ProblemBuilder("minimal")
    m = b.unary("m")
    b.task("a", 3, on=m)
    b.task("b", 4, on=m)
    # b starts at 1 and a ends at 3: 2 ticks of overlap.
    return Mutation(b.build(), _VALID, Schedule([(0, 0, 0, 3), (1, 0, 1, 5)]), (0, 1), 0, 1, 2)


def _setup() -> Mutation:
    b = ProblemBuilder("minimal")
    m = b.unary("m", transition=[[0, 2], [0, 0]])
    b.task("a", 3, on=m, state=0)
    b.task("b", 4, on=m, state=1)
    # From state 0 to 1 takes 2: b may start at 5, starts at 4.
    return Mutation(
        b.build(), Schedule([(0, 0, 0, 3), (1, 0, 5, 9)]), Schedule([(0, 0, 0, 3), (1, 0, 4, 8)]), (0, 1), 0, 4, 1
    )


def _capacity() -> Mutation:
    b = ProblemBuilder("minimal")
    r = b.renewable("r", 4)
    b.task("a", 3, demands={r: 3})
    b.task("b", 4, demands={r: 4})
    # 3 + 4 units during [1, 3), 3 above 4.
    return Mutation(b.build(), _VALID, Schedule([(0, 0, 0, 3), (1, 0, 1, 5)]), (0, 1), 0, 1, 3)


def _reservoir(*, low: bool) -> Mutation:
    b = ProblemBuilder("minimal")
    sign = 1 if low else -1
    s = b.reservoir("s", initial=0, minimum=0 if low else -5, maximum=5 if low else 0)
    b.task("a", 3, effects=[b.effect(s, 2 * sign, at="end")])
    b.task("b", 4, effects=[b.effect(s, -2 * sign, at="start")])
    # At tick 3 both changes meet and cancel out; one tick earlier two units are missing (or too many).
    return Mutation(b.build(), _VALID, Schedule([(0, 0, 0, 3), (1, 0, 2, 6)]), (1,), 0, 2, 2)


def _lag_min() -> Mutation:
    b = ProblemBuilder("minimal")
    x, y = b.task("a", 3), b.task("b", 4)
    b.lag(x.end, y.start, min=0)
    return Mutation(b.build(), _VALID, Schedule([(0, 0, 0, 3), (1, 0, 1, 5)]), (0, 1), None, 1, 2)


def _lag_max() -> Mutation:
    b = ProblemBuilder("minimal")
    x, y = b.task("a", 3), b.task("b", 4)
    b.lag(x.start, y.end, max=7)
    return Mutation(b.build(), _VALID, Schedule([(0, 0, 0, 3), (1, 0, 5, 9)]), (0, 1), None, 9, 2)


def _selection() -> Mutation:
    b = ProblemBuilder("minimal")
    b.select("exactly_one", b.task("a", 3, optional=True), b.task("b", 4, optional=True))
    return Mutation(b.build(), Schedule([(0, 0, 0, 3)]), _VALID, (0, 1), None, None, 1)


def _mode_link() -> Mutation:
    b = ProblemBuilder("minimal")
    x = b.task("a", modes=[b.mode(3), b.mode(3)])
    y = b.task("b", modes=[b.mode(4), b.mode(4)])
    b.mode_link(x, 1, y, [1])
    broken = Schedule([(0, 1, 0, 3), (1, 0, 3, 7)])
    return Mutation(b.build(), _VALID, broken, (0, 1), None, 3, 1)


MINIMAL: dict[ViolationCode, Callable[[], Mutation]] = {
    ViolationCode.UNKNOWN_TASK: _unknown_task,
    ViolationCode.DUPLICATE_TASK: _duplicate_task,
    ViolationCode.MISSING_TASK: _missing_task,
    ViolationCode.UNKNOWN_MODE: _unknown_mode,
    ViolationCode.DURATION: _duration,
    ViolationCode.RELEASE: _release,
    ViolationCode.DEADLINE: _deadline,
    ViolationCode.HORIZON: _horizon,
    ViolationCode.CALENDAR: _calendar,
    ViolationCode.OVERLAP: _overlap,
    ViolationCode.SETUP: _setup,
    ViolationCode.CAPACITY: _capacity,
    ViolationCode.RESERVOIR_LOW: lambda: _reservoir(low=True),
    ViolationCode.RESERVOIR_HIGH: lambda: _reservoir(low=False),
    ViolationCode.LAG_MIN: _lag_min,
    ViolationCode.LAG_MAX: _lag_max,
    ViolationCode.SELECTION: _selection,
    ViolationCode.MODE_LINK: _mode_link,
}


def break_case(rng: random.Random, case: Case, code: ViolationCode) -> tuple[Case, int] | None:
    """``case`` with one more rule that its schedule breaks once, and the amount; ``None`` where it has no room."""
    return _Breaker(rng, case).apply(code)


class _Breaker:
    def __init__(self, rng: random.Random, case: Case) -> None:
        self.rng = rng
        self.problem, self.schedule = case
        self.amount = rng.randint(1, 4)
        self.placed = rng.choice(case.schedule.placements)

    def apply(self, code: ViolationCode) -> tuple[Case, int] | None:
        return getattr(self, f"_{code.value.lower()}")()

    def _with(self, amount: int = 1, extra: list[tuple[int, int, int, int]] | None = None, **changes: object):
        schedule = Schedule([*self.schedule.placements, *(extra or [])], cycle=self.schedule.cycle)
        return Case(self.problem.replace(**changes), schedule), amount

    def _task(self, task: int, **changes: object) -> tuple[Task, ...]:
        tasks = list(self.problem.tasks)
        tasks[task] = dataclasses.replace(tasks[task], **changes)
        return tuple(tasks)

    def _mode(self, tasks: tuple[Task, ...], task: int, mode: int, **changes: object) -> tuple[Task, ...]:
        changed = list(tasks)
        modes = list(changed[task].modes)
        modes[mode] = dataclasses.replace(modes[mode], **changes)
        changed[task] = dataclasses.replace(changed[task], modes=tuple(modes))
        return tuple(changed)

    def _demanding(self, resource: int, amounts: dict[int, int]) -> tuple[Task, ...]:
        tasks = self.problem.tasks
        for task, amount in amounts.items():
            mode = self.schedule.of(task).mode
            demands = (*tasks[task].modes[mode].demands, Demand(resource, amount))
            tasks = self._mode(tasks, task, mode, demands=demands)
        return tasks

    def _new_tasks(self, *tasks: Task) -> tuple[Task, ...]:
        return (*self.problem.tasks, *tasks)

    def _unknown_task(self):
        task = self.rng.choice([-1, len(self.problem.tasks), len(self.problem.tasks) + 7])
        return self._with(extra=[(task, 0, 3, 5)])

    def _duplicate_task(self):
        p = self.placed
        return self._with(extra=[(p.task, 0, p.start + self.amount, p.end)])

    def _missing_task(self):
        return self._with(tasks=self._new_tasks(Task("new", (Mode(1),))))

    def _unknown_mode(self):
        new = len(self.problem.tasks)
        mode = self.rng.choice([-1, 1, 5])
        return self._with(tasks=self._new_tasks(Task("new", (Mode(1),))), extra=[(new, mode, 0, 1)])

    def _duration(self):
        new, high = len(self.problem.tasks), self.problem.horizon or 10
        task = Task("new", (Mode(high + self.amount),))
        return self._with(self.amount, tasks=self._new_tasks(task), extra=[(new, 0, 0, high)])

    def _release(self):
        release = self.placed.start + self.amount
        return self._with(self.amount, tasks=self._task(self.placed.task, release=release))

    def _deadline(self):
        deadline = self.placed.end - self.amount
        if deadline < 0:
            return None
        return self._with(self.amount, tasks=self._task(self.placed.task, deadline=deadline))

    def _horizon(self):
        last = self.schedule.makespan
        if last < self.amount or sum(p.end > last - self.amount for p in self.schedule) != 1:
            return None
        return self._with(self.amount, horizon=last - self.amount)

    def _running(self):
        p = self.placed
        return p if p.end > p.start and self.problem.cycle is None else None

    def _calendar(self):
        p, new = self._running(), len(self.problem.resources)
        if p is None:
            return None
        closed = self.rng.randrange(p.start, p.end)
        calendar = StepProfile.closed(9, [(closed, closed + 2)], during=1)
        resource = Renewable("new", 9, calendar)
        tasks = self._demanding(new, {p.task: 1 + self.amount})
        return self._with(self.amount, resources=(*self.problem.resources, resource), tasks=tasks)

    def _overlap(self):
        first = self.placed
        for second in self.schedule:
            late = (second.start, second.task) > (first.start, first.task)
            if late and second.start < first.end and second.end > second.start and self.problem.cycle is None:
                tasks = self._demanding(len(self.problem.resources), {first.task: 1, second.task: 1})
                amount = min(first.end, second.end) - second.start
                return self._with(amount, resources=(*self.problem.resources, Unary("new")), tasks=tasks)
        return None

    def _setup(self):
        first = self.placed
        if any(isinstance(r, Unary) and r.transition for r in self.problem.resources) or self.problem.cycle:
            return None
        for second in self.schedule:
            if second.start >= first.end > first.start and second.end > second.start:
                modes = [self.problem.tasks[p.task].modes[p.mode] for p in (first, second)]
                if any(m.duration == 0 for m in modes):
                    continue
                ticks = second.start - first.end + self.amount
                resource = Unary("new", None, ((0, ticks), (0, 0)))
                tasks = list(self._demanding(len(self.problem.resources), {first.task: 1, second.task: 1}))
                for p, state in ((first, 0), (second, 1)):
                    tasks[p.task] = dataclasses.replace(tasks[p.task], state_before=state, state_after=state)
                return self._with(self.amount, resources=(*self.problem.resources, resource), tasks=tuple(tasks))
        return None

    def _capacity(self):
        p = self.placed
        if p.end == p.start:
            return None
        rounds = -(-(p.end - p.start) // self.schedule.cycle) if self.schedule.cycle else 1
        resource = Renewable("new", 2)
        tasks = self._demanding(len(self.problem.resources), {p.task: 2 + self.amount})
        amount = rounds * (2 + self.amount) - 2
        return self._with(amount, resources=(*self.problem.resources, resource), tasks=tasks)

    def _reservoir(self, sign: int):
        p, new = self.placed, len(self.problem.resources)
        mode = self.problem.tasks[p.task].modes[p.mode]
        bounds = (0, 100) if sign < 0 else (-100, 0)
        effect = Effect(new, sign * self.amount, self.rng.choice(list(Edge)))
        tasks = self._mode(self.problem.tasks, p.task, p.mode, effects=(*mode.effects, effect))
        return self._with(self.amount, resources=(*self.problem.resources, Reservoir("new", 0, *bounds)), tasks=tasks)

    def _reservoir_low(self):
        return self._reservoir(-1)

    def _reservoir_high(self):
        return self._reservoir(1)

    def _lag(self, *, low: bool):
        p, q = self.placed, self.rng.choice(self.schedule.placements)
        if p.task == q.task:
            return None
        distance = q.end - p.start
        limits = (distance + self.amount, None) if low else (None, distance - self.amount)
        lag = TimeLag(p.task, q.task, *limits, Edge.START, Edge.END)
        return self._with(self.amount, lags=(*self.problem.lags, lag))

    def _lag_min(self):
        return self._lag(low=True)

    def _lag_max(self):
        return self._lag(low=False)

    def _selection(self):
        new = len(self.problem.tasks)
        absent = [Task(f"new{i}", (Mode(1),), optional=True) for i in range(self.amount)]
        members = (self.placed.task, *range(new, new + self.amount))
        selection = Selection(members, SelectionKind.IMPLIES)
        return self._with(self.amount, tasks=self._new_tasks(*absent), selections=(*self.problem.selections, selection))

    def _mode_link(self):
        new = len(self.problem.tasks)
        task = Task("new", (Mode(0), Mode(0)))
        link = ModeLink(self.placed.task, self.placed.mode, new, (1,))
        return self._with(
            tasks=self._new_tasks(task), mode_links=(*self.problem.mode_links, link), extra=[(new, 0, 0, 0)]
        )


def cyclic(problem: Problem, period: int) -> Problem:
    """``problem`` with a fixed cycle."""
    return problem.replace(cycle=Cycle(period, period))
