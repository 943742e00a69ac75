"""A scenario as the executor sees it: chance behind the back of a policy."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from schedcore.executor import Arrival, Cancellation, CapacityStep, Disruption
from schedcore.model import Problem, Tick
from schedcore.replay.disruptions import OnBreak
from schedcore.replay.interruptions import merge, work
from schedcore.replay.scenario import NEVER, Scenario

if TYPE_CHECKING:
    from schedcore.executor import Executor


class OnlineScenario:
    """A :class:`~schedcore.executor.Realisation` that tells the executor what happens in a scenario.

    The numbers are those of a fixed-order replay: attempt ``k`` at a task takes and brings the same
    wherever it is made.  An attempt that a failure destroyed is made again with the same number.

    Where the policy decides, units of a resource have no numbers.  With ``OnBreak.RESUME`` work is
    suspended while *all* units of one of its resources are down (and once suspended also over closures);
    if only some are, what runs goes on, and nothing starts beyond the units that are left.  With
    ``OnBreak.RESTART`` the attempts started last are destroyed until the rest fits.

    Parameters
    ----------
    scenario
        The world.
    until
        Failures are drawn up to this tick; a run that reaches it must be repeated with a later one.
    """

    def __init__(self, scenario: Scenario, until: Tick) -> None:
        self.scenario, self.bound, self.until = scenario, scenario.bound, until
        self.executor: Executor | None = None
        """The executor that asks; what depends on the tick of a start needs its clock."""
        self.failed: set[int] = set()
        """Tasks whose last attempt failed."""
        self._made: dict[int, int] = {}
        """Attempts at each task that came to their end."""
        self._outcomes: dict[tuple[int, int], bool] = {}
        self.downs: dict[int, list[tuple[Tick, Tick, int]]] = {
            r: scenario.downs(r, until) for r in sorted(self.bound.downs.keys() | self.bound.breakdowns.keys())
        }

    def duration_of(self, task: int, mode: int, attempt: int, planned: Tick) -> Tick:
        """Ticks of the attempt that starts now, time for which it is suspended included."""
        assert self.executor is not None, "bind the executor before it starts anything"
        now = self.executor.now
        ticks = self.scenario.duration(task, mode, self._made.get(task, 0), planned, now)
        if self.bound.on_break is OnBreak.RESTART or not self.downs or not ticks:
            return ticks
        demands = self.bound.problem.tasks[task].modes[mode].demands
        outages = merge(
            (begin, end) for d in demands for begin, end, unit in self.downs.get(d.resource, ()) if unit == 0
        )
        if not any(end > now and begin < now + ticks for begin, end in outages):
            return ticks
        closed = merge(stretch for d in demands for stretch in closures(self.bound.problem, d.resource, d.amount))
        return work(now, [ticks], outages, closed, OnBreak.RESUME)[-1].end - now

    def succeeds(self, task: int, mode: int, attempt: int) -> bool:
        """Whether the task is done with: it succeeded, or it was the last attempt that its noise allows."""
        if (task, attempt) not in self._outcomes:
            number = self._made.get(task, 0)
            self._made[task] = number + 1
            good = self.scenario.succeeds(task, mode, number)
            last = number + 1 >= self.bound.noise[task][mode].most_attempts
            if last and not good:
                self.failed.add(task)
            self._outcomes[task, attempt] = good or last
        return self._outcomes[task, attempt]

    def disruptions(self) -> Sequence[Disruption]:
        """Capacity steps, arrivals and cancellations of this scenario."""
        events: list[Disruption] = []
        for r, intervals in self.downs.items():
            events += self._steps(r, intervals)
        events += [Arrival(at, task) for task, at in self.bound.arrivals.items() if at > 0]
        events += [Cancellation(at, task) for task, at in self.bound.cancelled.items()]
        return events

    def _steps(self, r: int, intervals: list[tuple[Tick, Tick, int]]) -> list[CapacityStep]:
        running: Literal["finish", "abort"] = "finish" if self.bound.on_break is OnBreak.RESUME else "abort"
        steps: list[CapacityStep] = []
        for tick in sorted({t for begin, end, _ in intervals for t in (begin, end) if t < NEVER}):
            limit = min((unit for begin, end, unit in intervals if begin <= tick < end), default=None)
            if not steps or steps[-1].capacity != limit:
                steps.append(CapacityStep(tick, r, limit, running))
        return steps


def closures(problem: Problem, resource: int, amount: int) -> list[tuple[Tick, Tick]]:
    """Stretches in which the calendar of ``resource`` leaves fewer than ``amount`` units."""
    calendar = getattr(problem.resources[resource], "calendar", None)
    if calendar is None:
        return []
    ends = [*(tick for tick, _ in calendar.points[1:]), NEVER]
    return [(b, e) for (b, value), e in zip(calendar.points, ends, strict=True) if value < amount]
